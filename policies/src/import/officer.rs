//! What the officer is in the company: the word behind `직책`, or a known one beside the officer's title.
//!
//! Refuses names, and the deputy's role. Invariant: a role is at most a few words.

use super::Found;
use super::cookie;
use super::document::{Block, Document, Shape};
use super::outline::Part;
use super::vocabulary;
use super::words;

/// The longest role in letters.
const LONGEST: usize = 30;

/// Labels that end a role on the same line.
const NEXT: [&str; 30] = [
    "전화",
    "연락처",
    "이메일",
    "E-mail",
    "e-mail",
    "Email",
    "email",
    "E-Mail",
    "성명",
    "이름",
    "소속",
    "부서",
    "직급",
    "직위",
    "직책",
    "팩스",
    "FAX",
    "TEL",
    "Tel",
    "주소",
    "메일",
    "Phone",
    "phone",
    "Name",
    "Contact",
    "담당",
    "성 명",
    "휴대",
    "/",
    "|",
];

/// Reads it.
pub(super) fn read(document: &Document, part: &Part) -> Option<Found<String>> {
    let titled: Vec<Block> = part.about("officer").flat_map(|section| cookie::body(document, section)).collect();
    let whole = document.blocks.get(part.whole.clone()).unwrap_or_default();
    found(&titled).or_else(|| alone(&titled)).or_else(|| found(whole))
}

fn found(blocks: &[Block]) -> Option<Found<String>> {
    let officer = blocks.iter().position(|block| words::any(vocabulary::of("officer"), &block.text))?;
    let from = blocks.get(officer..)?;
    in_table(from).or_else(|| labelled(from)).or_else(|| beside(from))
}

/// `아무개 부장, 02-…` below the section's heading.
fn alone(blocks: &[Block]) -> Option<Found<String>> {
    let short = blocks
        .iter()
        .take(3)
        .filter(|block| words::letters(&block.text) <= 40 && !super::heading::is_sentence(&block.text));
    for block in short {
        let mut tokens =
            block.text.split(|letter: char| letter.is_whitespace() || ":：(),/[]<>".contains(letter)).skip(1);
        if let Some(role) = tokens.find(|token| is_known_role(token)) {
            return Some(Found { value: role.to_owned(), line: block.line, sure: false });
        }
    }
    None
}

/// A cell below or beside the label of roles.
fn in_table(blocks: &[Block]) -> Option<Found<String>> {
    let rows: Vec<(&Vec<String>, usize)> = blocks
        .iter()
        .filter_map(|block| match &block.shape {
            Shape::Row(cells, _) => Some((cells, block.line)),
            _ => None,
        })
        .collect();
    let is_label = |cell: &str| words::letters(cell) <= 8 && words::any(vocabulary::of("role_label"), cell);
    for (at, (cells, line)) in rows.iter().enumerate() {
        let Some(column) = cells.iter().position(|cell| is_label(cell)) else { continue };
        let beside = cells.get(column + 1).filter(|cell| is_role(cell) && cells.len() <= 3 || known(cell).is_some());
        let below = rows.get(at + 1).and_then(|(next, _)| next.get(column)).filter(|cell| is_role(cell));
        let value = beside.or(below)?;
        return Some(Found { value: value.trim().to_owned(), line: *line, sure: true });
    }
    None
}

fn labelled(blocks: &[Block]) -> Option<Found<String>> {
    for (at, block) in blocks.iter().enumerate() {
        if at > 0 && is_deputy_heading(&block.text) {
            return None;
        }
        for phrase in vocabulary::of("role_label") {
            let Some(label) = phrase.find(&block.text) else { continue };
            let after = block.text.get(label.end..)?.trim_start();
            let Some(value) = after.strip_prefix([':', '：', '-', '=']) else {
                continue;
            };
            let value = ends_before(value);
            if is_role(value) {
                return Some(Found { value: value.to_owned(), line: block.line, sure: true });
            }
        }
    }
    None
}

fn is_deputy_heading(text: &str) -> bool {
    words::letters(text) <= 24
        && words::any(vocabulary::of("deputy"), text)
        && !words::any(vocabulary::of("officer"), text)
}

/// What stands before the next label.
fn ends_before(value: &str) -> &str {
    let value = value.trim();
    let end = NEXT.iter().filter_map(|label| value.find(label)).filter(|at| *at > 0).min().unwrap_or(value.len());
    let value = value.get(..end).unwrap_or(value);
    value.trim_end_matches([' ', ',', '(', '[', '·', '-', ';', '○', '▶', '|']).trim()
}

fn is_role(value: &str) -> bool {
    let length = words::letters(value);
    (1..=LONGEST).contains(&length)
        && !value.contains('@')
        && !value.chars().any(|letter| letter.is_ascii_digit())
        && !value.contains("[")
}

fn known(text: &str) -> Option<&str> {
    let roles = vocabulary::phrases("roles", "names").iter();
    let found = roles.filter_map(|role| role.find(text)).max_by_key(|found| found.len())?;
    text.get(found)
}

/// `개인정보 보호책임자 : 아무개 팀장`
fn beside(blocks: &[Block]) -> Option<Found<String>> {
    let near = blocks.iter().take(12).take_while(|block| !is_deputy_heading(&block.text));
    for block in near {
        let named = words::first(vocabulary::of("officer"), &block.text);
        let name = ["성명", "성 명", "이름", "책임자"].iter().any(|label| block.text.contains(label));
        if words::letters(&block.text) > 80 || super::heading::is_sentence(&block.text) || !(named.is_some() || name) {
            continue;
        }
        let after = named.map_or(block.text.as_str(), |named| block.text.get(named.end..).unwrap_or_default());
        let mut tokens = after.split(|letter: char| letter.is_whitespace() || ":：(),/[]<>".contains(letter));
        if let Some(role) = tokens.find(|token| is_known_role(token)) {
            return Some(Found { value: role.to_owned(), line: block.line, sure: false });
        }
    }
    None
}

/// A word that is a role, or ends in one (`개발팀장`).
fn is_known_role(token: &str) -> bool {
    let length = words::letters(token);
    let plain = (2..=12).contains(&length);
    plain
        && vocabulary::phrases("roles", "names")
            .iter()
            .any(|role| role.find(token).is_some_and(|found| found.end == token.len()))
}
