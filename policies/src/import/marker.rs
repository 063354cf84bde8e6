//! What stands before a heading or an entry: `제1조`, `1.`, `(1)`, `①`, `Ⅳ.`, `가.`, `■`, `[…]`.
//!
//! Refuses dates, versions and measures, which begin with a number too. Invariant: what is left of the text is its end.

/// A way of marking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Style {
    /// `제1조`, `Article 1`.
    Article,
    /// `제1장`, `Chapter 1`.
    Chapter,
    /// `1.`
    Dot,
    /// `1)`
    Paren,
    /// `(1)`
    Parens,
    /// `①`
    Circled,
    /// `Ⅳ.`, `IV.`
    Roman,
    /// `가.`
    Hangul,
    /// `A.`
    Letter,
    /// `1 `, with nothing behind the number.
    Bare,
    /// `【1】`, `[1]`
    Boxed,
    /// A sign.
    Symbol(char),
    /// `[…]`, `【…】`
    Bracket,
}

/// A text with its mark taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marked<'a> {
    pub(super) style: Style,
    pub(super) number: Option<u32>,
    pub(super) rest: &'a str,
}

/// The order of letters in lists.
const HANGUL: &str = "가나다라마바사아자차카타파하";

/// Signs that stand before headings and entries.
const SYMBOLS: &str = "οо■□▣◆◇●○◎▶▷►▪▫◈★☆※❏❑•·-–—*➢✓✔ㅇㅁ◦￭";

const SMALL_ROMAN: [&str; 20] = [
    "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii",
    "xviii", "xix", "xx",
];

/// The greatest number of a section.
const MOST: u32 = 60;

/// Takes the mark off a text.
pub(super) fn parse(text: &str) -> Option<Marked<'_>> {
    let text = text.trim();
    article(text)
        .or_else(|| numbered(text))
        .or_else(|| circled(text))
        .or_else(|| roman(text))
        .or_else(|| lettered(text))
        .or_else(|| bracketed(text))
        .or_else(|| symbol(text))
}

/// Whether the text is a mark and nothing else.
pub(super) fn is_lone(text: &str) -> bool {
    let bare = text.len() <= 2 && text.parse::<u32>().is_ok_and(|number| (1..=30).contains(&number));
    bare || parse(text).is_some_and(|marked| marked.rest.is_empty() && marked.number.is_some())
}

fn article(text: &str) -> Option<Marked<'_>> {
    let korean = text.strip_prefix('제');
    let english = ["Article ", "ARTICLE ", "Section ", "SECTION ", "Chapter ", "CHAPTER "];
    let rest = korean.or_else(|| english.iter().find_map(|word| text.strip_prefix(word)))?.trim_start();
    let (number, rest) = count(rest)?;
    let rest = rest.trim_start();
    let (style, rest) = match korean {
        Some(_) => match rest.strip_prefix('조') {
            Some(rest) => (Style::Article, rest),
            None => (Style::Chapter, rest.strip_prefix('장').or_else(|| rest.strip_prefix('절'))?),
        },
        None => (Style::Article, rest),
    };
    let ends = rest.chars().next().is_none_or(|next| next.is_whitespace() || "([【〔<「.:-–,".contains(next));
    ends.then(|| marked(style, number, rest))
}

fn marked(style: Style, number: u32, rest: &str) -> Marked<'_> {
    Marked { style, number: Some(number), rest: rest.trim_start_matches(['.', ':', ' ', '-', '–', ',']).trim() }
}

fn count(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    let number = digits.parse().ok().filter(|number| *number <= MOST)?;
    Some((number, rest))
}

fn numbered(text: &str) -> Option<Marked<'_>> {
    if let Some(inside) = text.strip_prefix('(') {
        let (number, rest) = count(inside)?;
        return Some(marked(Style::Parens, number, rest.strip_prefix(')')?));
    }
    let (number, rest) = count(text)?;
    let mut letters = rest.chars();
    let (first, second) = (letters.next(), letters.next());
    match first {
        // `\.` is how Markdown keeps a number from becoming a list.
        Some('\\') => Some(marked(Style::Dot, number, rest.trim_start_matches(['\\', '.', ')']))),
        Some('.' | '．') if !second.is_some_and(|next| next.is_ascii_digit()) && !is_date(rest) => {
            Some(marked(Style::Dot, number, rest.trim_start_matches(['.', '．'])))
        }
        Some(')') => Some(marked(Style::Paren, number, rest.trim_start_matches(')'))),
        Some(' ') if second.is_some_and(char::is_alphabetic) && text.len() <= 240 => {
            Some(marked(Style::Bare, number, rest))
        }
        _ => None,
    }
}

/// `. 3. 2부터`: another number and a dot.
fn is_date(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['.', ' ']);
    count(rest).is_some_and(|(_, rest)| rest.starts_with(['.', '월', '일']))
}

fn circled(text: &str) -> Option<Marked<'_>> {
    let first = text.chars().next()?;
    let from = |base: char, number: u32| Some(u32::from(first) - u32::from(base) + number);
    let number = match first {
        '①'..='⑳' => from('①', 1),
        '⑴'..='⒇' => from('⑴', 1),
        '❶'..='❿' => from('❶', 1),
        '➀'..='➉' => from('➀', 1),
        '➊'..='➓' => from('➊', 1),
        '⒈'..='⒛' => from('⒈', 1),
        _ => None,
    }?;
    Some(marked(Style::Circled, number, text.get(first.len_utf8()..)?))
}

fn roman(text: &str) -> Option<Marked<'_>> {
    let first = text.chars().next()?;
    if let number @ 0..=11 = u32::from(first).wrapping_sub(u32::from('Ⅰ')) {
        return Some(marked(Style::Roman, number + 1, text.get(first.len_utf8()..)?));
    }
    let (word, rest) = text.split_at_checked(text.find(['.', ')'])?)?;
    let at = SMALL_ROMAN.iter().position(|roman| roman.eq_ignore_ascii_case(word))?;
    let capital = word.chars().all(|letter| letter.is_ascii_uppercase());
    let rest = rest.get(1..)?;
    (capital && rest.starts_with(' ')).then(|| marked(Style::Roman, u32::try_from(at).unwrap_or_default() + 1, rest))
}

fn lettered(text: &str) -> Option<Marked<'_>> {
    let mut letters = text.chars();
    let (first, second) = (letters.next()?, letters.next()?);
    let rest = letters.as_str();
    if !matches!(second, '.' | ')') {
        return None;
    }
    if let Some(at) = HANGUL.chars().position(|letter| letter == first) {
        return Some(marked(Style::Hangul, u32::try_from(at).unwrap_or_default() + 1, rest));
    }
    let capital = first.is_ascii_uppercase() && rest.starts_with(' ');
    capital.then(|| marked(Style::Letter, u32::from(first) - u32::from('A') + 1, rest))
}

fn bracketed(text: &str) -> Option<Marked<'_>> {
    let pairs = [('[', ']'), ('【', '】'), ('〔', '〕'), ('<', '>'), ('《', '》'), ('〈', '〉')];
    let (_, close) = pairs.into_iter().find(|(open, _)| text.starts_with(*open))?;
    let behind = text.get(text.chars().next()?.len_utf8()..)?.trim_start();
    if let Some((number, rest)) = count(behind)
        && let Some(rest) = rest.trim_start().strip_prefix(close)
    {
        return Some(marked(Style::Boxed, number, rest));
    }
    let inside = text.get(text.chars().next()?.len_utf8()..)?.strip_suffix(close)?;
    (!inside.contains(close)).then(|| Marked { style: Style::Bracket, number: None, rest: inside.trim() })
}

fn symbol(text: &str) -> Option<Marked<'_>> {
    let first = text.chars().next().filter(|letter| SYMBOLS.contains(*letter))?;
    let rest = text.get(first.len_utf8()..)?.trim_start();
    // A list's dash before a number that counts.
    let inner = if first == '-' { None } else { parse(rest).filter(|inner| inner.number.is_some()) };
    match inner {
        Some(inner) => Some(inner),
        None if matches!(first, 'ㅇ' | 'ο' | 'о' | 'ㅁ' | '*' | '·')
            && !text.get(first.len_utf8()..)?.starts_with(' ') =>
        {
            None
        }
        None => Some(Marked { style: Style::Symbol(first), number: None, rest }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_off() {
        let check = |text: &str, style: Style, number: u32, rest: &str| {
            let number = (number > 0).then_some(number);
            assert_eq!(parse(text), Some(Marked { style, number, rest }), "{text}");
        };
        check("제1조(목적) 이 방침은", Style::Article, 1, "(목적) 이 방침은");
        check("제 12 조 [위탁]", Style::Article, 12, "[위탁]");
        check("제2장 쿠키", Style::Chapter, 2, "쿠키");
        check("1. 목적", Style::Dot, 1, "목적");
        check("01. 목적", Style::Dot, 1, "목적");
        check("3.목적", Style::Dot, 3, "목적");
        check("10) 목적", Style::Paren, 10, "목적");
        check("(2) 목적", Style::Parens, 2, "목적");
        check("⑪ 목적", Style::Circled, 11, "목적");
        check("Ⅸ. 목적", Style::Roman, 9, "목적");
        check("IV. Cookies", Style::Roman, 4, "Cookies");
        check("라. 목적", Style::Hangul, 4, "목적");
        check("■ 목적", Style::Symbol('■'), 0, "목적");
        check("■ 3. 목적", Style::Dot, 3, "목적");
        check("[목적]", Style::Bracket, 0, "목적");
        check("【3】 목적", Style::Boxed, 3, "목적");
        check("7 목적", Style::Bare, 7, "목적");
    }

    #[test]
    fn what_only_begins_with_a_number_has_no_mark() {
        let check = |text: &str| assert_eq!(parse(text), None, "{text}");
        check("2021. 3. 2부터");
        check("3. 2. 시행");
        check("1.5배");
        check("제3자 제공");
        check("제29조에 따라");
        check("5년");
        check("30일간");
        check("");
    }

    #[test]
    fn a_mark_alone_waits_for_its_title() {
        assert!(is_lone("1.") && is_lone("제3조") && is_lone("07") && is_lone("Ⅱ."));
        assert!(!is_lone("1. 목적") && !is_lone("2024") && !is_lone("-"));
    }
}
