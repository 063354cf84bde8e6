//! What people read, by language. A text is never half there: a policy that lacks Korean or English is a fault; what else it
//! has is its own choice. Refuses to guess: a language tag that isn't surely one of ours is none.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

/// A language that people are spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lang {
    /// Korean.
    Ko,
    /// English.
    En,
    /// Japanese.
    Ja,
    /// Chinese in simplified letters.
    ZhHans,
    /// German.
    De,
    /// French.
    Fr,
}

impl Lang {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 6] = [Self::Ko, Self::En, Self::Ja, Self::ZhHans, Self::De, Self::Fr];

    /// What every policy has, and what staff's own pages are written in.
    pub const NEEDED: [Self; 2] = [Self::Ko, Self::En];

    /// The BCP 47 tag, as short as it is sure.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
            Self::Ja => "ja",
            Self::ZhHans => "zh-Hans",
            Self::De => "de",
            Self::Fr => "fr",
        }
    }

    /// Reads a BCP 47 tag, in any case: `ko-KR` is Korean. Chinese counts by its letters, or where it says none by its
    /// place: `zh`, `zh-CN` and `zh-Hans-HK` are simplified, `zh-TW` and `zh-Hant` are not. None for other languages.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let mut parts = tag.trim().split(['-', '_']);
        let primary = parts.next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            return is_simplified(&parts.collect::<Vec<_>>()).then_some(Self::ZhHans);
        }
        Self::ALL.into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.tag()))
    }

    /// The language of a tag, of those that every policy has.
    #[must_use]
    pub fn needed_of_tag(tag: &str) -> Option<Self> {
        Self::of_tag(tag).filter(|lang| Self::NEEDED.contains(lang))
    }

    /// The language that stands beside this one where two are shown: English, and Korean beside English.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::En => Self::Ko,
            Self::Ko | Self::Ja | Self::ZhHans | Self::De | Self::Fr => Self::En,
        }
    }
}

/// Whether Chinese with these further parts of its tag is written in simplified letters.
fn is_simplified(parts: &[&str]) -> bool {
    let names = |names: &[&str]| parts.iter().any(|part| names.iter().any(|name| part.eq_ignore_ascii_case(name)));
    names(&["hans"]) || !names(&["hant", "tw", "hk", "mo"])
}

/// One text in the languages that it was written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The Korean text, not empty.
    pub ko: String,
    /// The English text, not empty.
    pub en: String,
    /// What it was also written in; none of them empty.
    pub others: BTreeMap<Lang, String>,
}

impl Text {
    /// A text in Korean and English.
    #[must_use]
    pub const fn new(ko: String, en: String) -> Self {
        Self { ko, en, others: BTreeMap::new() }
    }

    /// The text for who reads this language, and the language that it is in: the same, or English where it was not written
    /// in that.
    #[must_use]
    pub fn said_in(&self, lang: Lang) -> (Lang, &str) {
        match lang {
            Lang::Ko => (lang, &self.ko),
            Lang::En => (lang, &self.en),
            Lang::Ja | Lang::ZhHans | Lang::De | Lang::Fr => {
                self.others.get(&lang).map_or((Lang::En, &self.en), |text| (lang, text))
            }
        }
    }

    /// The text for who reads this language.
    #[must_use]
    pub fn in_lang(&self, lang: Lang) -> &str {
        self.said_in(lang).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_by_its_primary_subtag_and_chinese_by_its_letters() {
        let check = |tag: &str, expect: Option<Lang>| assert_eq!(Lang::of_tag(tag), expect, "{tag}");
        check("ko", Some(Lang::Ko));
        check("KO-kr", Some(Lang::Ko));
        check(" en_US", Some(Lang::En));
        check("ja-JP", Some(Lang::Ja));
        check("de-AT", Some(Lang::De));
        check("fr-CA", Some(Lang::Fr));
        for simplified in ["zh", "zh-CN", "ZH-sg", "zh-Hans", "zh-hans-CN", "zh-Hans-HK", "zh_CN"] {
            check(simplified, Some(Lang::ZhHans));
        }
        for traditional in ["zh-TW", "zh-HK", "zh-MO", "zh-Hant", "zh-Hant-TW", "zh-yue-HK"] {
            check(traditional, None);
        }
        for other in ["kok", "", "den", "yue", "*", "-"] {
            check(other, None);
        }
        assert_eq!(Lang::needed_of_tag("de"), None);
    }

    #[test]
    fn every_language_reads_its_own_tag() {
        for lang in Lang::ALL {
            assert_eq!(Lang::of_tag(lang.tag()), Some(lang));
        }
    }

    #[test]
    fn a_text_that_was_not_written_in_a_language_is_said_in_english() {
        let mut text = Text::new("가게".into(), "shop".into());
        text.others.insert(Lang::De, "Laden".into());
        assert_eq!(text.said_in(Lang::Ko), (Lang::Ko, "가게"));
        assert_eq!(text.said_in(Lang::De), (Lang::De, "Laden"));
        assert_eq!(text.said_in(Lang::Fr), (Lang::En, "shop"));
    }
}
