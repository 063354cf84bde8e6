//! Words to pick from: settings, menus, pages. A word that is not in its list is not taken, so nothing that a
//! visitor writes reaches a cookie or a page through here.

/// Something to pick from: the word in cookies and addresses, and what it is called in Korean and English.
pub(crate) type Word = (&'static str, &'static str, &'static str);

/// One entry of a row of links to pick from.
#[derive(Debug)]
pub(crate) struct Pick {
    pub(crate) name: &'static str,
    pub(crate) link: String,
    pub(crate) chosen: bool,
}

/// The word itself if it is one of these.
pub(crate) fn known(asked: &str, words: &[Word]) -> Option<&'static str> {
    words.iter().map(|word| word.0).find(|word| *word == asked)
}

/// What was opened lately, the latest first, three at most; `.` stands between.
pub(crate) fn lately(known: &str, opened: &str) -> Vec<String> {
    let earlier = known.split('.').filter(|word| !word.is_empty() && *word != opened);
    std::iter::once(opened).chain(earlier).take(3).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_what_was_opened_lately_stay_short() {
        let check = |known: &str, opened: &str, expect: &str| assert_eq!(lately(known, opened).join("."), expect);
        check("", "a", "a");
        check("a.b", "c", "c.a.b");
        check("a.b.c", "d", "d.a.b");
        check("a.b.c", "c", "c.a.b");
    }

    #[test]
    fn only_words_of_the_list_are_known() {
        const WORDS: [Word; 2] = [("table", "표", "table"), ("pictures", "그림", "pictures")];
        assert_eq!(known("table", &WORDS), Some("table"));
        assert_eq!(known("<b>", &WORDS), None);
        assert_eq!(known("", &WORDS), None);
    }
}
