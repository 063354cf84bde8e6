//! The words of banner, settings page and policy page: the same for every site, one file per language.
//!
//! They are read into typed fields, so that a page can't ask for a word that isn't there. Refuses a file that lacks a
//! word or has one that nobody asks for. Invariant: both bundled files have the same words, none of them empty.

use std::sync::LazyLock;

use super::Fault;
use crate::reader::{Table, read_file};
use crate::text::Lang;

const KOREAN: &str = include_str!("../../texts/ko.toml");
const ENGLISH: &str = include_str!("../../texts/en.toml");

/// Makes a struct per table of the file, with a field per word, and the code that reads it.
macro_rules! words {
    ($($(#[$about:meta])* $table:ident $Table:ident { $($word:ident)* })*) => {
        /// Every word, in one language.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Texts {
            $($(#[$about])* pub $table: $Table,)*
        }

        impl Texts {
            fn read(root: &mut Table<'_, '_>) -> Option<Self> {
                $(let $table = root.table(stringify!($table));
                let $table = root.needed(stringify!($table), $table).and_then($Table::read);)*
                Some(Self { $($table: $table?,)* })
            }
        }

        $($(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $Table {
            $(#[doc = concat!("The word `", stringify!($table), ".", stringify!($word), "` of the file.")]
            pub $word: String,)*
        }

        impl $Table {
            fn read(mut table: Table<'_, '_>) -> Option<Self> {
                $(let $word = table.string(word_key(stringify!($word)));
                let $word = table.needed(word_key(stringify!($word)), $word);)*
                table.finish();
                Some(Self { $($word: $word?,)* })
            }

            /// The word of a key that is known only when the program runs.
            #[must_use]
            pub fn by_key(&self, key: &str) -> Option<&str> {
                [$((word_key(stringify!($word)), self.$word.as_str()),)*]
                    .into_iter()
                    .find_map(|(known, word)| (known == key).then_some(word))
            }
        })*
    };
}

words! {
    /// What the banner says.
    banner BannerTexts {
        accept refuse choose save always if_refused on_request recipients no_cookies policy this_language failed
        settings blocked reload again
    }
    /// What the settings page says.
    settings SettingsTexts {
        title asked_by opt_in opt_out notice current none made act_accept_all act_refuse_all act_custom act_withdraw
        act_ask_each_time act_single act_guardian act_imported unrecorded changed changed_refused gpc gpc_rule purposes save withdraw withdraw_about cookies cookies_about
        cookies_none cookies_own unknown back single single_about as_purpose allow refuse keep keep_as_set keep_session
        shared ask ask_about came_back delete whose
    }
    /// What is asked where cookies are confirmed one by one.
    ask AskTexts {
        title about allow refuse always allow_all refuse_all waiting lost what whose lifetime
    }
    /// What the question about age says.
    age AgeTexts { title question about yes no }
    /// What the page on a guardian's consent says.
    guardian GuardianTexts {
        link title about give give_about code use_it until check none_yet expired kept
    }
    /// What stands in a held frame's place.
    placeholder PlaceholderTexts { heading recipient what purpose once always always_about }
    /// What the policy page says around the policy.
    policy PolicyTexts {
        title operator contact announced effective assumed version regime opt_in opt_out notice_only refusal allow_all
        ask_each_time refuse_all session_only purposes cookies trackers what collects lifetime recipient
        exceptions exceptions_about recipients company country privacy retention record period basis law
        internal_policy consent changes ordinary material rights access correction deletion suspension withdrawal
        settings
    }
    /// What is said when something can't be done.
    error ErrorTexts {
        bad_request cross_site not_found method policy_changed too_large not_stored origin_down origin_slow
        origin_broken busy wrong_host internal too_many
    }
    /// How periods are said; `{n}` is a number from two.
    period PeriodTexts { session years months days one_year one_month one_day }
    /// What countries are called, by ISO 3166 alpha-2 in lower case.
    country CountryTexts {
        au ca ch cn de es fi fr gb hk ie il r#in it jp kr mt nl nz ru se sg tw us vn zz
    }
}

impl Texts {
    /// Reads a file of words.
    ///
    /// # Errors
    /// Every word that is missing, empty or unknown, with its line.
    pub fn parse(source: &str) -> Result<Self, Vec<Fault>> {
        read_file(source, Self::read).whole()
    }

    /// The words that come with this version.
    #[must_use]
    pub fn bundled(lang: Lang) -> &'static Self {
        static TEXTS: LazyLock<[Texts; 2]> = LazyLock::new(|| [KOREAN, ENGLISH].map(embedded));
        let [korean, english] = &*TEXTS;
        match lang {
            Lang::Ko => korean,
            Lang::En => english,
        }
    }
}

/// The embedded files are part of the program, as its code is: the tests below read them.
fn embedded(source: &str) -> Texts {
    Texts::parse(source).unwrap_or_else(|faults| unreachable!("the embedded words are at fault: {faults:?}"))
}

/// A field named by a keyword of the language is written with a mark that the file doesn't have.
fn word_key(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_whole() {
        for (lang, source) in [(Lang::Ko, KOREAN), (Lang::En, ENGLISH)] {
            assert_eq!(Texts::parse(source).as_ref(), Ok(Texts::bundled(lang)));
        }
    }

    #[test]
    fn a_missing_an_unknown_and_an_empty_word_are_reported_at_once() {
        let source = ENGLISH
            .replace("accept = \"Accept all\"", "accpet = \"Accept all\"")
            .replace("refuse = \"Refuse all\"", "refuse = \"\"");
        let faults: Vec<String> = Texts::parse(&source).unwrap_err().iter().map(ToString::to_string).collect();
        for key in ["banner.accept", "banner.accpet", "banner.refuse"] {
            assert!(faults.iter().any(|fault| fault.contains(key)), "{key}: {faults:?}");
        }
    }

    #[test]
    fn both_languages_fill_the_same_places() {
        let places = |source: &str| -> Vec<String> {
            let lines = source.lines().filter(|line| line.contains(" = "));
            lines
                .map(|line| {
                    let mut found: Vec<&str> = line.split(['{', '}']).skip(1).step_by(2).collect();
                    found.sort_unstable();
                    format!("{} {found:?}", line.split(' ').next().unwrap_or_default())
                })
                .collect()
        };
        assert_eq!(places(KOREAN), places(ENGLISH));
    }

    #[test]
    fn a_country_is_found_by_its_code() {
        assert_eq!(Texts::bundled(Lang::En).country.by_key("in"), Some("India"));
        assert_eq!(Texts::bundled(Lang::Ko).country.by_key("kr"), Some("대한민국"));
        assert_eq!(Texts::bundled(Lang::Ko).country.by_key("xx"), None);
    }
}
