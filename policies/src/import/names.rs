//! What names are made of: the marks around them, words that say what kind of thing is called so, and words that name nobody.
//!
//! Refuses names that are longer than people write. Invariant: a name is a part of the text that it was taken from.

use super::vocabulary;
use super::words::letters;

/// The longest name in letters.
pub(super) const LONGEST: usize = 40;

/// Words that stand for somebody who has a name elsewhere.
pub(super) fn is_generic(name: &str) -> bool {
    let name = name.trim();
    [
        "회사",
        "당사",
        "본사",
        "서비스",
        "사이트",
        "홈페이지",
        "기관",
        "본회",
        "재단",
        "협회",
        "학교",
        "병원",
        "쇼핑몰",
        "몰",
        "앱",
        "본원",
        "센터",
        "Company",
        "company",
        "Service",
        "Services",
        "Site",
        "Website",
        "we",
        "We",
        "us",
        "our",
        "Us",
    ]
    .contains(&name)
}

/// What stands between the next quotation marks.
pub(super) fn quoted(text: &str) -> Option<String> {
    let marks = ['\'', '"', '‘', '’', '“', '”', '「', '」', '『', '』', '<', '>', '`'];
    let start = text.find(marks)?;
    let mark = text.get(start..)?.chars().next()?;
    let rest = text.get(start + mark.len_utf8()..)?;
    let inside = rest.get(..rest.find(marks)?)?.trim();
    (!inside.is_empty() && letters(inside) <= LONGEST).then(|| inside.to_owned())
}

/// The text without marks around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim()
        .trim_matches([
            '\'', '"', '‘', '’', '“', '”', '「', '」', '『', '』', '<', '>', ' ', '`', ',', '〈', '〉', '[', ']',
        ])
        .trim()
}

/// The name without what kind of thing it is.
pub(super) fn service_name(text: &str) -> Option<String> {
    let text = trimmed(text);
    if let Some(name) = quoted(text) {
        return Some(name);
    }
    let kinds = [
        "홈페이지",
        "웹사이트",
        "사이트",
        "서비스",
        "제품홈페이지",
        "쇼핑몰",
        "온라인",
        "앱",
        "어플리케이션",
        "애플리케이션",
        "모바일",
        "인터넷",
        "웹",
        "및",
        "등",
        "모든",
        "각종",
        "website",
        "app",
        "apps",
        "application",
        "platform",
        "mobile",
        "and",
        "service",
        "services",
        "online",
        "the",
    ];
    let mut words: Vec<&str> = text.split_whitespace().collect();
    while words.len() > 1 && words.last().is_some_and(|word| kinds.contains(word)) {
        words.pop();
    }
    // Korean says first what kind of thing it is.
    let latin = |word: &&str| word.is_ascii();
    let name = if words.len() > 2 && !words.iter().all(latin) {
        words.last().map(|word| (*word).to_owned())
    } else {
        Some(words.join(" "))
    }?;
    let name = trimmed(&name).to_owned();
    (!name.is_empty() && letters(&name) <= LONGEST && !kinds.contains(&name.as_str())).then_some(name)
}

/// A name without the words that say that it is a company's.
pub(super) fn plain_name(name: &str) -> String {
    let marks = vocabulary::phrases("corporate", "marks");
    let bare = marks.iter().fold(name.to_owned(), |name, mark| match mark.find(&name) {
        Some(found) => {
            let mut name = name;
            name.replace_range(found, "");
            name
        }
        None => name,
    });
    trimmed(&bare).to_owned()
}
