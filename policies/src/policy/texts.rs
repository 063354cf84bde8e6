//! The words of banner, settings page and policy page that come with this version, one file per language. What a site says
//! instead is [`super::wording`]'s.
//!
//! They are read into typed fields, so that a page can't ask for a word that isn't there. Refuses a file that lacks a
//! word or has one that nobody asks for. Invariant: all bundled files have the same words, none of them empty.

use std::sync::LazyLock;

use super::Fault;
use crate::reader::{Table, read_file};
use crate::text::Lang;

/// The file of a language.
const fn source(lang: Lang) -> &'static str {
    match lang {
        Lang::Ko => include_str!("../../texts/ko.toml"),
        Lang::En => include_str!("../../texts/en.toml"),
        Lang::Ja => include_str!("../../texts/ja.toml"),
        Lang::ZhHans => include_str!("../../texts/zh-Hans.toml"),
        Lang::De => include_str!("../../texts/de.toml"),
        Lang::Fr => include_str!("../../texts/fr.toml"),
    }
}

/// Makes a struct per table of the file, with a field per word, and the code that reads it.
macro_rules! words {
    ($($(#[$about:meta])* $table:ident $Table:ident { $($word:ident)* })*) => {
        /// Every word, in one language.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Texts {
            /// Whether somebody has read the file whole: only then it is picked for a visitor who didn't ask for it.
            pub reviewed: bool,
            $($(#[$about])* pub $table: $Table,)*
        }

        impl Texts {
            fn read(root: &mut Table<'_, '_>) -> Option<Self> {
                let reviewed = root.boolean("reviewed");
                let reviewed = root.needed("reviewed", reviewed);
                $(let $table = root.table(stringify!($table));
                let $table = root.needed(stringify!($table), $table).and_then($Table::read);)*
                Some(Self { reviewed: reviewed?, $($table: $table?,)* })
            }

            /// Every table by its name in the file, with its words by key, to put others in their place.
            pub(super) fn tables_mut(&mut self) -> Vec<(&'static str, Vec<(&'static str, &mut String)>)> {
                vec![$((stringify!($table), self.$table.words_mut()),)*]
            }

            /// The word of a table's key.
            pub(super) fn word(&self, table: &str, key: &str) -> Option<&str> {
                match table {
                    $(stringify!($table) => self.$table.by_key(key),)*
                    _ => None,
                }
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

            fn words_mut(&mut self) -> Vec<(&'static str, &mut String)> {
                vec![$((word_key(stringify!($word)), &mut self.$word),)*]
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
        skip accept refuse choose save always if_refused on_request recipients no_cookies policy this_language failed
        settings blocked reload again privacy_choices opt_out_honoured
    }
    /// What the settings page says.
    settings SettingsTexts {
        title asked_by opt_in opt_out notice current none made saved act_accept_all act_refuse_all act_custom act_withdraw
        act_ask_each_time act_single act_guardian act_imported unrecorded changed changed_refused changed_in_part changed_holds gpc gpc_rule purposes save withdraw withdraw_about cookies cookies_about
        cookies_none cookies_own cookies_notice unknown back language single single_about as_purpose allow refuse keep keep_as_set keep_session
        shared ask ask_about came_back delete whose
    }
    /// What is said around the ways to refuse that browsers have.
    browsers BrowsersTexts { title about yours desktop }
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
    /// What the page on a visitor's own records says.
    me MeTexts {
        link title about number number_about no_number no_number_about records records_none records_unread
        records_newest records_apart when act granted refused version nothing download correct correct_about ending withdraw
        withdraw_about erase erase_about erase_law stays stays_row stays_register stays_register_unsaid stays_told stays_log
        stays_backup stays_outside erased erased_none erased_law not_erased suspension suspend suspend_about suspended
        resume resume_about pending resumed not_resumed
    }
    /// What is said around requests and complaints.
    requests RequestsTexts {
        title about kind access correction deletion suspension resumption complaint words words_about reply
        reply_about rests kept send agent find reference look taken unknown unread status received due ended open
        delayed answered declined answer ground appeal badly full not_stored done_suspended done_resumed
        done_erased done_law letter_answered letter_delayed letter_refused letter_objection
    }
    /// What a receipt says, and the page that checks one.
    receipt ReceiptTexts {
        link title about show show_about none gone who when valid given refused nothing to how how_to number log placed pending
        issued download download_older once whole check_link check_title check_about paste file check good no_proof
        bad_shape bad_key bad_signature bad_log keys
    }
    /// What stands in a held frame's place.
    placeholder PlaceholderTexts { heading recipient what purpose once always always_about }
    /// What is said around the versions of a policy, and where two are compared.
    versions VersionsTexts {
        title reason in_force announced earlier not_in_force not_yet coming present read compare compare_now
        feed compared compared_about same subject before after why ordinary material nothing
    }
    /// What is said of those who receive something, and of bodies that help.
    parties PartiesTexts {
        party first third provided provided_about entrusted entrusted_about abroad abroad_about items serves period
        how_to_refuse in_settings always unsaid redress redress_about phone collection destruction exercise safety
    }
    /// What the policy page says around the policy.
    policy PolicyTexts {
        title operator contact announced effective assumed version regime opt_in opt_out notice_only refusal allow_all
        ask_each_time refuse_all session_only purposes cookies trackers what collects lifetime recipient
        exceptions exceptions_about recipients company country privacy retention record period basis copies law
        internal_policy consent changes ordinary material rights access correction deletion suspension withdrawal
        settings
    }
    /// What the notice of a change of the policy says.
    notice NoticeTexts { label coming since reason compare dismiss }
    /// What is said when something can't be done.
    error ErrorTexts {
        bad_request cross_site not_found method policy_changed too_large not_stored origin_down origin_slow
        origin_broken busy wrong_host internal too_many
    }
    /// How periods are said; `{n}` is a number from two.
    period PeriodTexts { session years months days one_year one_month one_day }
    /// How a day is said; `first` is the first of a month.
    date DateTexts {
        whole first january february march april may june july august september october november december
    }
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
        static TEXTS: LazyLock<[Texts; 6]> = LazyLock::new(|| Lang::ALL.map(embedded));
        let [ko, en, ja, zh_hans, de, fr] = &*TEXTS;
        match lang {
            Lang::Ko => ko,
            Lang::En => en,
            Lang::Ja => ja,
            Lang::ZhHans => zh_hans,
            Lang::De => de,
            Lang::Fr => fr,
        }
    }
}

/// The embedded files are part of the program, as its code is: the tests below read them.
fn embedded(lang: Lang) -> Texts {
    Texts::parse(source(lang)).unwrap_or_else(|faults| unreachable!("the embedded words are at fault: {faults:?}"))
}

/// A field named by a keyword of the language is written with a mark that the file doesn't have.
fn word_key(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_whole_and_calls_its_language_by_a_name_of_its_own() {
        let mut names = Vec::new();
        for lang in Lang::ALL {
            assert_eq!(Texts::parse(source(lang)).as_ref(), Ok(Texts::bundled(lang)), "{lang:?}");
            names.push(&Texts::bundled(lang).banner.this_language);
        }
        assert_eq!(names, ["한국어", "English", "日本語", "简体中文", "Deutsch", "Français"]);
    }

    #[test]
    fn a_missing_an_unknown_and_an_empty_word_are_reported_at_once() {
        let source = source(Lang::En)
            .replace("accept = \"Accept all\"", "accpet = \"Accept all\"")
            .replace("refuse = \"Refuse all\"", "refuse = \"\"");
        let faults: Vec<String> = Texts::parse(&source).unwrap_err().iter().map(ToString::to_string).collect();
        for key in ["banner.accept", "banner.accpet", "banner.refuse"] {
            assert!(faults.iter().any(|fault| fault.contains(key)), "{key}: {faults:?}");
        }
    }

    #[test]
    fn a_file_says_whether_it_was_reviewed() {
        let unread = source(Lang::De).replace("reviewed = true", "reviewed = false");
        assert_eq!(Texts::parse(&unread).map(|texts| texts.reviewed), Ok(false));
        let silent = source(Lang::De).replace("reviewed = true", "");
        assert!(Texts::parse(&silent).unwrap_err().iter().any(|fault| fault.key == "reviewed"));
    }

    #[test]
    fn all_languages_fill_the_same_places() {
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
        for lang in Lang::ALL {
            assert_eq!(places(source(lang)), places(source(Lang::En)), "{lang:?}");
        }
    }

    #[test]
    fn a_country_is_found_by_its_code() {
        assert_eq!(Texts::bundled(Lang::En).country.by_key("in"), Some("India"));
        assert_eq!(Texts::bundled(Lang::Ko).country.by_key("kr"), Some("대한민국"));
        assert_eq!(Texts::bundled(Lang::Ko).country.by_key("xx"), None);
    }
}
