//! Who runs the site, and what it is called: from the words in which a policy introduces itself.
//!
//! Refuses to look beyond its title and opening words. Invariant: a name is a few words that stand on the page.

use super::Found;
use super::document::{Block, Document};
use super::heading;
use super::names::{LONGEST, is_generic, plain_name, quoted, service_name, trimmed};
use super::outline::Part;
use super::vocabulary;
use super::words::{self, Phrase, letters};

type Name = Option<Found<String>>;

/// The service, then the operator.
pub(super) fn read(document: &Document, part: &Part) -> (Name, Name) {
    let mut opening: Vec<Block> = document.blocks.get(part.opening.clone()).unwrap_or_default().to_vec();
    let first = part.sections.first();
    opening.extend(first.into_iter().flat_map(|section| super::cookie::body(document, section).into_iter().take(3)));
    let named = named_after(&opening, vocabulary::phrases("addressed", "service"));
    let generated = generated(&opening);
    let operator = generated
        .as_ref()
        .map(|(operator, _)| operator.clone())
        .or_else(|| foreign(&opening))
        .or_else(|| addressed(&opening))
        .or_else(|| subject(&opening))
        .or_else(|| titled(&opening))
        .or_else(|| anywhere(document, part));
    let service = generated
        .and_then(|(_, service)| service)
        .or(named)
        .or_else(|| run(&opening))
        .or_else(|| beside_title(&opening, operator.as_ref()))
        .or_else(|| {
            titled(&opening).filter(|title| operator.as_ref().is_none_or(|operator| title.value != operator.value))
        })
        .or_else(|| {
            operator.as_ref().map(|found| Found { value: plain_name(&found.value), line: found.line, sure: false })
        });
    (service, operator)
}

/// `<주식회사 가나>('www.gana.example'이하 '가나')은(는)`
fn generated(opening: &[Block]) -> Option<(Found<String>, Name)> {
    for block in opening {
        let text = block.text.trim_start_matches(['‘', '\'', '"', '“', ' ']);
        let Some(rest) = text.strip_prefix(['<', '〈', '＜', '「']) else { continue };
        let Some((inside, after)) = rest.split_once(['>', '〉', '＞', '」']) else { continue };
        let short: String = after.trim_start().chars().take(80).collect();
        let introduces = ["(", "은(", "은 ", "는 ", "이(", "은‘", "는("].iter().any(|next| short.starts_with(next));
        if letters(inside) > LONGEST || !introduces || heading::is_policy_title(&block.text) {
            continue;
        }
        let operator = Found { value: inside.trim().to_owned(), line: block.line, sure: true };
        let service = short.split_once("이하").and_then(|(_, called)| quoted(called)).filter(|name| !is_generic(name));
        return Some((operator, service.map(|value| Found { value, line: block.line, sure: true })));
    }
    None
}

/// `가나소프트(이하 '회사')는`
fn addressed(opening: &[Block]) -> Name {
    let known = vocabulary::phrases("addressed", "company");
    for block in opening {
        let general = Phrase::read("이하");
        let called = words::first(known, &block.text).or_else(|| {
            let found = general.find(&block.text)?;
            let after: String = block.text.get(found.end..)?.chars().take(30).collect();
            quoted(&after).map(|_| found)
        });
        let Some(called) = called else { continue };
        let before = block.text.get(..called.start)?;
        let before = before.trim_end().trim_end_matches(['(', ',', ' ', '[', '"', '“', '<']);
        // `'가나'는 (이하 '회사'는)`
        let quotes = ['\'', '’', '"', '”', '>', '」', '㈜', ')'];
        let before = before.strip_suffix("은(는)").or_else(|| before.strip_suffix("(은)는")).unwrap_or(before);
        let topic = before.strip_suffix(['는', '은']).filter(|bare| letters(bare) > 2);
        let doer = before.strip_suffix(['가', '이']).filter(|bare| bare.trim_end().ends_with(quotes));
        let before = topic.or(doer).unwrap_or(before);
        let before = match before.rfind('(') {
            // An address or another name in the same brackets.
            Some(open) if !is_mark(before, open) && !before.get(open..)?.contains(')') => before.get(..open)?,
            _ => before,
        };
        let name = last_name(before);
        if !name.is_empty() && letters(name) <= LONGEST && !is_generic(name) {
            return Some(Found { value: name.to_owned(), line: block.line, sure: true });
        }
    }
    None
}

/// `Gana Labs, Inc. ("Gana", "we")`
fn foreign(opening: &[Block]) -> Name {
    opening.iter().find_map(|block| {
        let at =
            block.text.find("(\"").or_else(|| block.text.find("(“")).or_else(|| block.text.find("(hereinafter"))?;
        let before = block.text.get(..at)?.trim();
        // As far back as words have capitals.
        let begins = |word: &&str| {
            word.starts_with(|first: char| first.is_ascii_uppercase() || first == '&') || ["of", "and"].contains(word)
        };
        let words: Vec<&str> = before.split_whitespace().collect();
        let count = words.iter().rev().take_while(|word| begins(word)).count();
        let name = words.get(words.len() - count..)?.join(" ");
        let name = name.trim_start_matches("The ").trim();
        let fits =
            name.is_ascii() && letters(name) > 1 && letters(name) <= LONGEST && name.split_whitespace().count() <= 6;
        let named = name.starts_with(|first: char| first.is_ascii_uppercase());
        (fits && named && !is_generic(name)).then(|| Found { value: name.to_owned(), line: block.line, sure: true })
    })
}

/// Whether the bracket at this place is that of `(주)`.
fn is_mark(text: &str, open: usize) -> bool {
    let rest = text.get(open..).unwrap_or_default();
    ["(주)", "(재)", "(사)", "(유)"].iter().any(|mark| rest.starts_with(mark))
}

/// The name at the end of a text: as far back as names go.
fn last_name(text: &str) -> &str {
    let text = trimmed(text);
    if let Some(inner) = text.strip_suffix(['\'', '’', '"', '”', '>', '」', '〉']) {
        let open = inner.rfind(['\'', '‘', '"', '“', '<', '「', '〈']);
        if let Some(name) = open
            .and_then(|open| inner.get(open..))
            .and_then(|rest| rest.char_indices().nth(1).and_then(|(at, _)| rest.get(at..)))
        {
            return name.trim();
        }
    }
    let breaks = [
        ". ",
        ", ",
        "입니다",
        "합니다",
        ": ",
        "여러분",
        "저희 ",
        "본 ",
        "에서 ",
        "하는 ",
        "운영하는",
        "제공하는",
        "되는 ",
        "으로 ",
        "운영하는 ",
        "The ",
        "by ",
        "인 ",
    ];
    let start = breaks.iter().filter_map(|part| text.rfind(part).map(|at| at + part.len())).max().unwrap_or(0);
    trimmed(text.get(start..).unwrap_or(text))
}

/// `주식회사 가나는 개인정보를 …`: the one who does something in the opening words.
fn subject(opening: &[Block]) -> Name {
    for block in opening.iter().filter(|block| letters(&block.text) > 25 && speaks(&block.text)) {
        for particle in [
            "은(는)",
            "(은)는",
            "은 ",
            "는 ",
            "은(는) ",
            "에서는 ",
            "에서 ",
            "은‘",
            "이(가)",
            " respects ",
            " is committed",
            " values ",
            " (\"we",
            " takes ",
        ] {
            let Some(at) = block.text.find(particle) else { continue };
            let name = trimmed(block.text.get(..at)?);
            let name = name.split(['(', '（']).next().filter(|_| !name.starts_with('(')).map_or(name, str::trim);
            let name = trimmed(name.strip_prefix("저희 ").unwrap_or(name));
            let plausible =
                !name.is_empty() && letters(name) <= 24 && name.split_whitespace().count() <= 4 && !is_generic(name);
            let other = [
                "개인정보",
                "방침",
                "이용자",
                "고객",
                "회원",
                "정보주체",
                "귀하",
                "회사",
                "쿠키",
                "저희",
                "This",
                "Your",
            ]
            .iter()
            .any(|word| name.contains(word));
            if plausible && !other {
                return Some(Found { value: name.to_owned(), line: block.line, sure: false });
            }
        }
    }
    None
}

/// Whether a line can be the one in which somebody introduces themselves.
fn speaks(text: &str) -> bool {
    heading::is_about_data(text) || words::any(vocabulary::phrases("corporate", "marks"), text)
}

/// `㈜가나 개인정보처리방침`
fn titled(opening: &[Block]) -> Name {
    let titles = vocabulary::phrases("titles", "policy");
    opening.iter().filter(|block| heading::is_policy_title(&block.text)).find_map(|block| {
        let at = words::first(titles, &block.text)?;
        // A trail of links leads to it.
        let before = block.text.get(..at.start)?.rsplit(['>', '›', '»']).next().unwrap_or_default();
        let before = trimmed(before).trim_end_matches('의').trim();
        let before = trimmed(before.split(['|', '(']).next().filter(|_| !before.starts_with('(')).unwrap_or(before));
        let says = !before.is_empty()
            && !before.contains(['○', 'O', '〇', '◯']) | before.is_ascii()
            && letters(before) <= LONGEST
            && !words::any(vocabulary::phrases("titles", "earlier"), before)
            && before.chars().any(char::is_alphabetic);
        says.then(|| Found { value: before.to_owned(), line: block.line, sure: false })
    })
}

/// `가나소프트(나라케어) 개인정보 처리방침`
fn beside_title(opening: &[Block], operator: Option<&Found<String>>) -> Name {
    let block = opening.iter().find(|block| heading::is_policy_title(&block.text))?;
    let (before, rest) = block.text.split_once('(')?;
    let (inside, _) = rest.split_once(')')?;
    let company = operator.is_some_and(|operator| plain_name(before) == plain_name(&operator.value));
    let fits = company && letters(inside) > 1 && !inside.contains("이하");
    fits.then(|| Found { value: inside.trim().to_owned(), line: block.line, sure: false })
}

/// `프로그램 나라케어(이하 '서비스')`
fn named_after(opening: &[Block], phrases: &[Phrase]) -> Name {
    opening.iter().find_map(|block| {
        let called = words::first(phrases, &block.text)?;
        let before = block.text.get(..called.start)?.trim_end().trim_end_matches(['(', ',', ' ']);
        let runs = words::first(vocabulary::phrases("addressed", "runs"), before);
        let before = runs.and_then(|runs| before.get(runs.end..)).unwrap_or(before);
        let name = service_name(last_name(before))?;
        (!is_generic(&name)).then_some(Found { value: name, line: block.line, sure: true })
    })
}

/// `가나에서 운영하는 나라미팅 홈페이지`
fn run(opening: &[Block]) -> Name {
    opening.iter().find_map(|block| {
        let said = words::first(vocabulary::phrases("addressed", "runs"), &block.text)?;
        let after = block.text.get(said.end..)?.trim_start();
        let ends =
            ["(", "（", "은 ", "는 ", "을 ", "를 ", "에 ", "이 ", ",", "의 ", "에서", "은(", "와 ", "과 ", "이하", "."];
        let end = ends.iter().filter_map(|part| after.find(part)).min().unwrap_or(after.len());
        let name = service_name(after.get(..end)?)?;
        (!is_generic(&name)).then_some(Found { value: name, line: block.line, sure: true })
    })
}

/// A company's name by its mark, wherever it stands first.
fn anywhere(document: &Document, part: &Part) -> Name {
    let marks = vocabulary::phrases("corporate", "marks");
    let blocks = document.blocks.get(part.whole.clone()).unwrap_or_default().iter().take(40);
    blocks
        .filter_map(|block| {
            let found = words::first(marks, &block.text)?;
            let from = block.text.get(found.start..)?;
            let end = from
                .char_indices()
                .skip(found.len().min(4))
                .find(|(_, letter)| !letter.is_alphanumeric() && !" &.()㈜".contains(*letter))
                .map_or(from.len(), |(at, _)| at);
            let name = from.get(..end)?;
            let name: Vec<&str> =
                name.split_whitespace().take(if name.starts_with("주식회사 ") { 2 } else { 1 }).collect();
            let name = name.join(" ");
            let name = name.trim_end_matches(['는', '은', '의', '이', '가']).trim();
            (letters(name) > 3 && letters(name) <= LONGEST).then(|| Found {
                value: name.to_owned(),
                line: block.line,
                sure: false,
            })
        })
        .next()
}
