//! Which blocks could be headings, how likely each is, and where a heading ends that shares its line with text.
//!
//! Refuses sentences. Invariant: what a candidate calls its title is the beginning of its block, and its lead is the rest.

use super::document::{Block, Shape};
use super::marker::{self, Marked, Style};
use super::vocabulary;
use super::words::{Phrase, is_separator, letters};

/// The longest heading in letters.
const LONGEST: usize = 70;

/// Words that headings end with.
const LAST_WORDS: [&str; 14] =
    ["사항", "방법", "목적", "기간", "항목", "조치", "대책", "연락처", "의무", "안내", "기관", "정의", "총칙", "구제"];

/// Words with which a heading goes on after one of those.
const CONNECTORS: [&str; 8] = ["및", "와", "과", "또는", "등", "/", "·", "에"];

/// How a heading is told from other text on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// By a mark with a number.
    Numbered(Style),
    /// By a sign, or brackets.
    Signed(Style),
    /// By its markup.
    Heading(u8),
    /// By being bold.
    Strong,
    /// By its words alone.
    Plain,
}

/// A block that may be a heading.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) block: usize,
    pub(super) kind: Kind,
    pub(super) number: Option<u32>,
    pub(super) title: String,
    /// What stands behind the title on its line.
    pub(super) lead: String,
    pub(super) score: i32,
    pub(super) topical: bool,
}

/// Every way in which a block may be a heading.
pub(super) fn candidates(blocks: &[Block], at: usize) -> Vec<Candidate> {
    let Some(block) = blocks.get(at) else { return Vec::new() };
    if matches!(block.shape, Shape::Row(..)) {
        return Vec::new();
    }
    let marked = marker::parse(&block.text);
    let text = marked.map_or(block.text.as_str(), |marked| marked.rest);
    let Some((title, lead)) = split(text, marked).filter(|(title, _)| !is_sentence(title)) else { return Vec::new() };
    let (score, topical) = score(title, &block.shape, marked);
    let number = marked.and_then(|marked| marked.number);
    let has_text = !lead.is_empty();
    let candidate = |kind: Kind, score: i32| Candidate {
        block: at,
        kind,
        number,
        title: title.to_owned(),
        lead: lead.to_owned(),
        score,
        topical,
    };
    let mut found = Vec::new();
    match marked {
        Some(Marked { style, number: Some(_), .. }) => found.push(candidate(Kind::Numbered(style), score)),
        Some(Marked { style, .. }) => found.push(candidate(Kind::Signed(style), score - 5)),
        None if topical && !has_text && !is_policy_title(title) && (is_about_data(title) || ends_as_heading(title)) => {
            found.push(candidate(Kind::Plain, score - 12))
        }
        None => {}
    }
    match block.shape {
        Shape::Heading(level) if !is_policy_title(&block.text) => found.push(candidate(Kind::Heading(level), score)),
        Shape::Strong if !is_policy_title(&block.text) => found.push(candidate(Kind::Strong, score)),
        _ => {}
    }
    found
}

/// `…에 관한 사항`, `…방법`, `USE OF COOKIES`
fn ends_as_heading(title: &str) -> bool {
    let capitals = title.is_ascii() && !title.contains(|letter: char| letter.is_ascii_lowercase());
    letters(title) >= 6 && (capitals || LAST_WORDS.iter().any(|last| title.ends_with(last)))
}

/// The title of a whole policy, alone on its line.
pub(super) fn is_policy_title(text: &str) -> bool {
    is_title(text, vocabulary::phrases("titles", "policy"))
}

/// The title of other texts that stand on the same page.
pub(super) fn is_terms_title(text: &str) -> bool {
    is_title(text, vocabulary::phrases("titles", "terms")) && !is_policy_title(text)
}

fn is_title(text: &str, phrases: &[Phrase]) -> bool {
    let found = phrases.iter().filter_map(|phrase| phrase.find(text)).next();
    let unmarked = marker::parse(text).is_none_or(|marked| marked.number.is_none());
    let Some(found) = found else { return false };
    let after = text.get(found.end..).unwrap_or_default().trim_start();
    // `…방침의 변경` is a section of it.
    let of_it = after.starts_with(['의', '에', '을', '를', '은', '이', '변', '개', '공', '동', '고']);
    unmarked && letters(text) <= 40 && letters(after) <= 14 && !of_it && !is_sentence(text)
}

pub(super) fn is_about_data(text: &str) -> bool {
    vocabulary::phrases("about", "data").iter().any(|phrase| phrase.find_in_heading(text).is_some())
        || !topics(text).is_empty()
            && letters(text) <= 30
            && vocabulary::phrases("topics", "cookie").iter().any(|phrase| phrase.find_in_heading(text).is_some())
}

/// What a heading is about.
pub(super) fn topics(title: &str) -> Vec<&'static str> {
    let known = vocabulary::list("topics").iter();
    let about = known.filter(|known| known.phrases.iter().any(|phrase| phrase.find_in_heading(title).is_some()));
    about.map(|known| known.id.as_str()).collect()
}

fn score(title: &str, shape: &Shape, marked: Option<Marked<'_>>) -> (i32, bool) {
    let length = letters(title);
    let topical = !topics(title).is_empty();
    let mut score = if topical { 20 } else { 0 };
    score += if is_about_data(title) { 8 } else { 0 };
    score += match shape {
        Shape::Heading(_) => 12,
        Shape::Strong => 6,
        _ => 0,
    };
    score -= if title.contains([':', '：']) { 12 } else { 0 };
    score -= if title.chars().filter(char::is_ascii_digit).count() >= 6 { 15 } else { 0 };
    score -= if length > 45 { 10 } else { 0 };
    let article = marked.is_some_and(|marked| matches!(marked.style, Style::Article | Style::Chapter));
    score += if article { 8 } else { 0 };
    (score, topical)
}

/// Whether it ends as a sentence does.
pub(super) fn is_sentence(text: &str) -> bool {
    let text = text.trim_end_matches(['.', ' ', ')', ';', '。']);
    let polite = [
        "니다",
        "한다",
        "된다",
        "시오",
        "세요",
        "습니다",
        "하며",
        "이며",
        "있다",
        "없다",
        "하고",
        "경우",
        "않음",
        "합니다만",
    ];
    let foreign = text.split_whitespace().count() > 10 && text.is_ascii();
    foreign || polite.iter().any(|end| text.ends_with(end))
}

/// The title, and what stands behind it on the same line. None for what can't be a heading.
fn split<'a>(text: &'a str, marked: Option<Marked<'_>>) -> Option<(&'a str, &'a str)> {
    let article = marked.is_some_and(|marked| matches!(marked.style, Style::Article | Style::Chapter));
    if article && let Some(parts) = in_brackets(text) {
        return Some(parts);
    }
    let whole = trimmed(text);
    // Entries that begin on the heading's line end it.
    if let Some((title, lead)) = before_entries(text).filter(|_| marked.is_some_and(|marked| marked.number.is_some())) {
        return Some((trimmed(title), lead));
    }
    let numbered = marked.is_some_and(|marked| marked.number.is_some());
    let plain = letters(whole) <= LONGEST && !is_sentence(whole) && !whole.contains([':', '：']);
    if plain && !(numbered && letters(whole) > 45) {
        return (!whole.is_empty()).then_some((whole, ""));
    }
    if !numbered {
        return (letters(whole) <= LONGEST && !whole.is_empty()).then_some((whole, ""));
    }
    let (title, lead) = glued(text).or_else(|| plain.then_some((whole, "")))?;
    Some((trimmed(title), lead))
}

fn trimmed(text: &str) -> &str {
    text.trim().trim_end_matches([':', '：', ';', '.']).trim()
}

/// `(목적) 이 방침은 …`
fn in_brackets(text: &str) -> Option<(&str, &str)> {
    let pairs = [('(', ')'), ('[', ']'), ('【', '】'), ('〔', '〕'), ('<', '>'), ('「', '」')];
    let (open, close) = pairs.into_iter().find(|(open, _)| text.starts_with(*open))?;
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        depth += i32::from(letter == open) - i32::from(letter == close);
        if depth == 0 {
            let inside = text.get(open.len_utf8()..at)?.trim();
            let lead = text.get(at + close.len_utf8()..)?.trim();
            return (letters(inside) <= LONGEST && !inside.is_empty()).then_some((inside, lead));
        }
    }
    None
}

/// `개인정보의 수집 목적 가. 회원 관리`
fn before_entries(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    for word in text.split_inclusive(' ') {
        let lone = word.ends_with(' ') && matches!(word.trim(), "가." | "①" | "1)" | "(1)" | "가)" | "-" | "○" | "1.");
        if lone && at > 0 && letters(text.get(..at)?) >= 4 {
            let (title, lead) = text.split_at_checked(at)?;
            return (letters(title) <= 45 && !topics(title).is_empty() && !is_sentence(trimmed(title)))
                .then_some((title, lead));
        }
        at += word.len();
    }
    None
}

/// A title with text behind it: as many words as headings are made of.
fn glued(text: &str) -> Option<(&str, &str)> {
    let mut end = 0;
    let mut at = 0;
    let mut words = text.split_inclusive(' ').peekable();
    while let Some(word) = words.next() {
        let bare = word.trim().trim_end_matches([':', '：']);
        let colon = bare.len() < word.trim().len();
        let separator = bare.chars().all(|letter| is_separator(letter) || letter == ':');
        let entry = marker::parse(word).is_some_and(|marked| marked.rest.is_empty());
        if !separator && (entry || !is_heading_word(bare)) {
            break;
        }
        at += word.len();
        if !separator {
            end = at;
        }
        let goes_on = words.peek().is_some_and(|next| CONNECTORS.contains(&next.trim()));
        if colon || !goes_on && LAST_WORDS.iter().any(|last| bare.ends_with(last)) {
            break;
        }
    }
    let (title, lead) = text.split_at_checked(end)?;
    let title = title.trim();
    let long_enough = letters(title) >= 4 || title.contains("총칙");
    (long_enough && letters(title) <= LONGEST).then(|| (title, lead.trim_start_matches([':', '：', '-', ' ']).trim()))
}

/// Whether a word is made of heading words alone.
fn is_heading_word(word: &str) -> bool {
    let letters: Vec<char> = word.chars().map(super::words::fold).collect();
    let mut reached = vec![false; letters.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    let known = HEADING_WORDS.as_slice();
    for at in 0..letters.len() {
        if reached.get(at) != Some(&true) {
            continue;
        }
        let rest = letters.get(at..).unwrap_or_default();
        for part in known.iter().filter(|part| rest.starts_with(part)) {
            if let Some(end) = reached.get_mut(at + part.len()) {
                *end = true;
            }
        }
    }
    !letters.is_empty() && letters.len() <= LONGEST && reached.last() == Some(&true)
}

static HEADING_WORDS: std::sync::LazyLock<Vec<Vec<char>>> = std::sync::LazyLock::new(|| {
    vocabulary::phrases("heading_words", "words").iter().filter_map(Phrase::only_part).collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_ends_where_the_text_begins() {
        let check = |text: &str, title: &str, lead: &str| {
            let marked = marker::parse(text);
            let found = split(marked.map_or(text, |marked| marked.rest), marked);
            assert_eq!(found, Some((title, lead)), "{text}");
        };
        check("제3조(쿠키의 운영) 회사는 씁니다.", "쿠키의 운영", "회사는 씁니다.");
        check("4. 개인정보의 위탁 회사는 맡기지 않습니다.", "개인정보의 위탁", "회사는 맡기지 않습니다.");
        check("4. 개인정보의 위탁", "개인정보의 위탁", "");
        check("■ 쿠키의 설치·운영 및 거부", "쿠키의 설치·운영 및 거부", "");
        check("5. 보유 기간: 회원 탈퇴 시까지", "보유 기간", "회원 탈퇴 시까지");
    }

    #[test]
    fn titles_of_whole_texts_are_told_from_sentences() {
        assert!(is_policy_title("㈜가나다 개인정보처리방침") && is_policy_title("개인정보 취급방침"));
        assert!(!is_policy_title("본 개인정보 처리방침은 다음과 같이 구성되어 있습니다."));
        assert!(!is_policy_title("9. 개인정보 처리방침의 변경에 관한 사항"));
        assert!(is_terms_title("서비스 이용약관"));
    }
}
