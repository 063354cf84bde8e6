//! What people read, in both languages. A text is never half there: a policy that lacks one language is a fault.

use alloc::string::String;

/// A language that people are spoken to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lang {
    /// Korean.
    Ko,
    /// English.
    En,
}

impl Lang {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Ko, Self::En];

    /// The BCP 47 primary subtag: `ko` or `en`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// Reads a BCP 47 tag by its primary subtag, in any case: `ko-KR` is Korean. None for other languages.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| primary.eq_ignore_ascii_case(lang.tag()))
    }

    /// The language that a page offers beside this one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Ko => Self::En,
            Self::En => Self::Ko,
        }
    }
}

/// One text in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The Korean text, not empty.
    pub ko: String,
    /// The English text, not empty.
    pub en: String,
}

impl Text {
    /// The text in one language.
    #[must_use]
    pub fn in_lang(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ko => &self.ko,
            Lang::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_by_its_primary_subtag() {
        let check = |tag: &str, expect: Option<Lang>| assert_eq!(Lang::of_tag(tag), expect, "{tag}");
        check("ko", Some(Lang::Ko));
        check("KO-kr", Some(Lang::Ko));
        check(" en_US", Some(Lang::En));
        check("kok", None);
        check("", None);
    }
}
