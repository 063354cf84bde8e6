//! What a site speaks: the languages that visitors are offered, and those that are chosen for who asked for none.
//!
//! Refuses to choose what nobody has reviewed. Invariant: there is always a language to speak.

use policies::Lang;
use policies::policy::texts::Texts;
use policies::reader::Table;

/// The languages of one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Languages {
    offered: Vec<Lang>,
    picked: Vec<Lang>,
}

impl Default for Languages {
    /// All are offered; those are chosen whose words were reviewed.
    fn default() -> Self {
        let reviewed = |lang: &Lang| Texts::bundled(*lang).reviewed;
        Self { offered: Lang::ALL.to_vec(), picked: Lang::ALL.into_iter().filter(reviewed).collect() }
    }
}

impl Languages {
    /// What a visitor can choose from, in the order in which it is shown.
    #[must_use]
    pub fn offered(&self) -> &[Lang] {
        &self.offered
    }

    /// Whether a language may be chosen for a visitor by the page's or their browser's.
    #[must_use]
    pub fn may_pick(&self, lang: Lang) -> bool {
        self.picked.contains(&lang)
    }

    /// What is spoken to whom nothing fits: English where it is spoken at all.
    #[must_use]
    pub fn fallback(&self) -> Lang {
        let english = self.may_pick(Lang::En).then_some(Lang::En);
        english.or(self.picked.first().copied()).unwrap_or(Lang::En)
    }

    /// What the owner named is offered and chosen, reviewed or not.
    fn named(named: Vec<Lang>) -> Self {
        Self { offered: named.clone(), picked: named }
    }
}

/// Reads `languages` of a `[[sites]]` table.
pub(super) fn read(table: &mut Table<'_, '_>) -> Languages {
    if !table.has("languages") {
        return Languages::default();
    }
    let known = Lang::ALL.map(Lang::tag).join(", ");
    let mut named = Vec::new();
    for written in table.strings("languages") {
        match Lang::ALL.into_iter().find(|lang| lang.tag() == written) {
            Some(lang) if named.contains(&lang) => table.fault("languages", format!("\"{written}\" is there twice")),
            Some(lang) => named.push(lang),
            None => table.fault("languages", format!("\"{written}\" is none of {known}")),
        }
    }
    if named.is_empty() {
        table.fault("languages", format!("names none: write some of {known}, or leave the key out"));
    }
    Languages::named(named)
}

#[cfg(test)]
mod tests {
    use policies::reader::read_file;

    use super::*;

    #[test]
    fn an_owner_names_what_is_spoken() {
        let check = |text: &str, offered: &[Lang], fallback: Lang, faults: usize| {
            let reading = read_file(text, |table| Some(read(table)));
            let languages = reading.value.unwrap();
            assert_eq!((languages.offered(), languages.fallback()), (offered, fallback), "{text}");
            assert_eq!(reading.faults.len(), faults, "{text}: {:?}", reading.faults);
        };
        check("", &Lang::ALL, Lang::En, 0);
        check("languages = [\"ko\", \"en\"]", &[Lang::Ko, Lang::En], Lang::En, 0);
        check("languages = [\"de\", \"fr\"]", &[Lang::De, Lang::Fr], Lang::De, 0);
        check("languages = [\"ko\", \"xx\", \"ko\"]", &[Lang::Ko], Lang::Ko, 2);
        check("languages = []", &[], Lang::En, 1);
    }

    #[test]
    fn what_nobody_has_reviewed_is_offered_and_not_chosen() {
        let languages = Languages { offered: Lang::ALL.to_vec(), picked: Lang::NEEDED.to_vec() };
        assert!(!languages.may_pick(Lang::De) && languages.offered().contains(&Lang::De));
        for lang in Lang::ALL {
            assert_eq!(Languages::default().may_pick(lang), Texts::bundled(lang).reviewed, "{lang:?}");
        }
        assert!(Languages::named(vec![Lang::De]).may_pick(Lang::De), "the owner names it");
    }
}
