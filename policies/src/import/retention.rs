//! What is kept and how long: entries of lists, labelled lines, sentences and tables of the sections about keeping.
//!
//! Refuses the periods of those to whom data is given, and of logs under security. Invariant: a record is named by words of the page.

use super::cookie;
use super::document::{Block, Document, Shape};
use super::heading;
use super::marker;
use super::outline::{Part, Section};
use super::periods::{self, Period};
use super::retention_table;
use super::vocabulary;
use super::words::{self, Phrase, letters};
use super::{Found, Kept, KeptBy};

/// The longest name of a record in letters.
const LONGEST: usize = 90;

/// Reads all entries, each once.
pub(super) fn read(document: &Document, part: &Part) -> Vec<Found<Kept>> {
    let mut found: Vec<(Found<Kept>, bool)> = Vec::new();
    let titled: Vec<&Section> = part.sections.iter().filter(|section| is_about_keeping(&section.title)).collect();
    for section in &titled {
        found.extend(entries(&cookie::body(document, section)));
    }
    for section in part.sections.iter().filter(|section| !is_about_keeping(&section.title) && may_keep(&section.title))
    {
        found.extend(
            retention_table::entries(&cookie::body(document, section), true).into_iter().map(|kept| (kept, true)),
        );
    }
    once(found)
}

fn is_about_keeping(title: &str) -> bool {
    let topics = heading::topics(title);
    let others = ["third_party", "processors", "transfer", "security", "cookie", "behaviour"];
    topics.contains(&"retention") && !others.iter().any(|other| topics.contains(other))
}

fn may_keep(title: &str) -> bool {
    let topics = heading::topics(title);
    let others = ["third_party", "processors", "transfer", "security", "cookie", "behaviour", "officer"];
    !others.iter().any(|other| topics.contains(other))
}

/// What is said in a sentence counts only where no entry of a list says it.
fn once(found: Vec<(Found<Kept>, bool)>) -> Vec<Found<Kept>> {
    let listed: Vec<String> =
        found.iter().filter(|(_, entry)| *entry).map(|(kept, _)| kept.value.period.clone()).collect();
    let mut kept: Vec<Found<Kept>> = Vec::new();
    for (one, entry) in found {
        let said = !entry && listed.contains(&one.value.period);
        let twice = kept
            .iter()
            .any(|known| known.value.period == one.value.period && same(&known.value.record, &one.value.record));
        if !said && !twice {
            kept.push(one);
        }
    }
    kept
}

fn same(one: &str, other: &str) -> bool {
    let bare = |text: &str| text.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    bare(one) == bare(other)
}

/// What is known of the lines above.
#[derive(Default)]
struct Above {
    record: Option<(String, usize)>,
    law: Option<String>,
    /// The law that stands over several entries.
    heading_law: Option<String>,
    /// Whether laws are what the entries stand on.
    by_law: bool,
    /// Whether the record above has had its period.
    used: bool,
}

impl Above {
    /// Another record: what was said of the one before doesn't hold for it.
    fn next(&mut self, record: &str, line: usize) {
        self.record = Some((record.to_owned(), line));
        self.law = None;
        self.used = false;
    }

    fn law(&self) -> Option<String> {
        self.law.clone().or_else(|| self.heading_law.clone())
    }
}

/// The entries of a section's text, each with whether it is an entry of a list rather than a sentence.
fn entries(blocks: &[Block]) -> Vec<(Found<Kept>, bool)> {
    let mut found: Vec<(Found<Kept>, bool)> = Vec::new();
    found.extend(retention_table::entries(blocks, false).into_iter().map(|kept| (kept, true)));
    let mut above = Above::default();
    for block in blocks.iter().filter(|block| !matches!(block.shape, Shape::Row(..))) {
        let text = marker::parse(&block.text).map_or(block.text.as_str(), |marked| marked.rest);
        for piece in pieces(text) {
            line(piece, block.line, &mut above, &mut found);
        }
    }
    found
}

/// A line that lists several labelled facts, parted by dashes or strokes.
fn pieces(text: &str) -> Vec<&str> {
    let labelled = |piece: &&str| label(piece).is_some();
    for mark in [" - ", " / ", " | ", " · ", ", "] {
        let parts: Vec<&str> = text.split(mark).collect();
        let many = parts.iter().skip(1).filter(|part| labelled(part)).count();
        if parts.len() > 1 && many > 0 && many + 1 >= parts.len() {
            return parts;
        }
    }
    let several = periods::kept(text).len() > 1;
    let mut parts: Vec<&str> = text.split(" - ").collect();
    if several && parts.len() > 1 && parts.iter().filter(|part| !periods::kept(part).is_empty()).count() > 1 {
        parts.retain(|part| !part.trim().is_empty());
        return parts;
    }
    vec![text]
}

/// The label before a colon: which one, and what stands behind it.
fn label(text: &str) -> Option<(&'static str, &str)> {
    let (before, after) = text.split_once([':', '：'])?;
    let before = before.trim().trim_start_matches(['-', '·', '•', '*', ' ']);
    let is = |id: &str| {
        let mut phrases = vocabulary::of(id).iter();
        // `회원 보유기간` is a label still, `상담 기록` names what is kept.
        let more = if id == "reserved_label" { 2 } else { 0 };
        phrases.any(|phrase| phrase.find(before).is_some() && letters(before) <= phrase.len() + more)
    };
    let known = if is("reserved_label") {
        "period"
    } else if is("reason_label") {
        "reason"
    } else if is("record_label") {
        "record"
    } else if is("aside_label") {
        "aside"
    } else {
        return None;
    };
    Some((known, after.trim()))
}

fn line(text: &str, at: usize, above: &mut Above, found: &mut Vec<(Found<Kept>, bool)>) {
    match label(text) {
        Some(("aside", _)) if above.record.is_some() && !above.used => {}
        Some(("reason", after)) if !periods::kept(after).is_empty() && law_in(after).is_none() => {
            unlabelled(marker::parse(after).map_or(after, |marked| marked.rest), at, above, found);
        }
        Some(("reason", after)) => {
            if let Some(law) = law_in(after) {
                above.law = Some(law.clone());
                // Where the reason stands behind the period.
                if above.used
                    && let Some((last, _)) =
                        found.last_mut().filter(|(last, _)| last.value.law.is_none() && last.line + 3 >= at)
                {
                    last.value.law = Some(law);
                    last.value.basis = KeptBy::Law;
                }
            } else if (above.record.is_none() || above.used) && !after.is_empty() && letters(after) <= LONGEST {
                above.next(after, at);
            }
        }
        Some(("record", after)) if !after.is_empty() => {
            let kept = periods::kept(after);
            if kept.is_empty() {
                above.next(after, at);
            } else {
                unlabelled(after, at, above, found);
            }
        }
        Some(("period", after)) => {
            let first = periods::kept(after).into_iter().next();
            if let (Some(period), Some((record, line))) = (first, above.record.clone()) {
                let law = law_in(after).or_else(|| above.law());
                found.push((entry(&record, &period.iso, law, above.by_law, line), true));
                above.used = true;
            } else {
                unlabelled(after, at, above, found);
            }
        }
        _ => unlabelled(text, at, above, found),
    }
}

/// A line without a known label: `record : law, period`, `record period`, a law, a record, or words.
fn unlabelled(text: &str, at: usize, above: &mut Above, found: &mut Vec<(Found<Kept>, bool)>) {
    let kept = periods::kept(text);
    if kept.is_empty() {
        without_period(text, at, above);
        return;
    }
    if words::any(vocabulary::of("not_kept"), text) && !text.contains([':', '：']) {
        return;
    }
    let mut from = 0;
    for period in &kept {
        let said = text.get(from..period.place.start).unwrap_or_default();
        from = period.place.end;
        let sentence = heading::is_sentence(text) && !said.contains([':', '：']) && letters(text) > 45;
        let own = record_before(said);
        let law = law_in(said).or_else(|| law_after(text, period)).or_else(|| above.law());
        let record = own.map(|record| (record, at)).or_else(|| above.record.clone().filter(|_| !above.used));
        let Some((record, line)) = record else { continue };
        if letters(&record) < 2 || is_filler(&record) {
            continue;
        }
        found.push((entry(&record, &period.iso, law, above.by_law, line), !sentence));
        above.used = true;
    }
}

/// A law that stands in brackets behind the period.
fn law_after(text: &str, period: &Period) -> Option<String> {
    let after: String = text.get(period.place.end..)?.chars().take(50).collect();
    after
        .trim_start_matches(['간', ' ', '동', '안', '보', '관', '존', ','])
        .starts_with(['(', '[', '「'])
        .then(|| law_in(&after))
        .flatten()
}

fn without_period(text: &str, at: usize, above: &mut Above) {
    let law = law_in(text);
    let by_law = words::any(vocabulary::of("by_law"), text);
    let inner = words::any(vocabulary::of("inner"), text);
    let short = letters(text) <= LONGEST && !heading::is_sentence(text);
    if inner && short && !text.contains([':', '：']) {
        *above = Above::default();
        return;
    }
    if by_law || law.is_some() {
        above.by_law = true;
    }
    let only_law = law.as_ref().is_some_and(|law| letters(law) + 14 >= letters(text))
        || law.is_some() && heading::is_sentence(text);
    if only_law {
        above.heading_law = law;
        above.record = None;
    } else if short && letters(text) >= 3 {
        let record = text.split([':', '：']).next().unwrap_or(text).trim();
        above.next(record, at);
        if law.is_some() {
            above.law = law;
        }
    }
}

/// The record that stands before its period.
fn record_before(said: &str) -> Option<String> {
    let said = said.trim().trim_start_matches([',', ';', '.', ')', ' ', '-', '/', '·']).trim_start_matches("간").trim();
    if let Some((before, _)) = said.split_once([':', '：', '→', '⇒']) {
        return cleaned(before);
    }
    let said = after_law(said);
    // `기록은 소비자보호법에 따라`, `기록 - 법`
    let parts = [
        " - ",
        " – ",
        "(",
        "[",
        "은 ",
        "는 ",
        "을 ",
        "를 ",
        "에 대해",
        "의 경우",
        ",  ",
        " is ",
        " are ",
        " will ",
        " for ",
        " kept",
        " retained",
    ];
    // `또는`, `규정하는` and `받은` are no ends.
    let goes_on = ['또', '하', '되', '있', '없', '받', '르', '주', '같', '얻', '많', '남'];
    let ends = |part: &&str| {
        let mut found = said.match_indices(*part).map(|(at, _)| at);
        found.find(|at| *at > 0 && !said.get(..*at).is_some_and(|before| before.ends_with(goes_on)))
    };
    let end = parts.iter().filter_map(ends).min().unwrap_or(said.len());
    cleaned(said.get(..end)?)
}

/// What follows `…법에 따라` or `…법률에 의한`.
fn after_law(said: &str) -> &str {
    let ends = [
        "에 따라",
        "에 따른",
        "에 의거하여",
        "에 의거",
        "에 의한",
        "에 의해",
        "에 근거하여",
        "에 의하여",
        "에서 정한",
        "에서 규정한",
    ];
    let cut = ends.iter().filter_map(|end| said.rfind(end).map(|at| at + end.len())).max();
    let rest = cut.and_then(|cut| said.get(cut..)).map(|rest| rest.trim_start_matches([',', ' ']));
    rest.filter(|rest| letters(rest) >= 3 && !is_filler(rest)).unwrap_or(said)
}

fn cleaned(text: &str) -> Option<String> {
    let text = marker::parse(text.trim()).map_or(text.trim(), |marked| marked.rest);
    let text = text
        .trim()
        .trim_start_matches(['-', '·', '•', '*', ' ', ','])
        .trim_end_matches(['-', '–', ',', ' ', '(', '[', ';'])
        .trim();
    let text = text.strip_suffix(['은', '는', '을', '를']).filter(|bare| letters(bare) >= 3).unwrap_or(text);
    (letters(text) >= 2 && letters(text) <= LONGEST && !is_filler(text)).then(|| text.to_owned())
}

/// Words that lead to a period without naming what is kept.
fn is_filler(text: &str) -> bool {
    let fillers = [
        "탈퇴 후",
        "회원탈퇴 후",
        "회원 탈퇴 후",
        "탈퇴일로부터",
        "회원탈퇴일로부터",
        "종료 후",
        "계약 종료 후",
        "최대",
        "향후",
        "수집일로부터",
        "가입일로부터",
        "최종",
        "다만",
        "단",
        "및",
        "각",
        "해지 후",
        "이용계약 종료 후",
        "약",
    ];
    let bare = text.trim().trim_end_matches([',', '.', ' ']);
    fillers.contains(&bare)
        || bare.ends_with(" 후")
        || bare.ends_with(" 시")
        || label(&format!("{bare}:")).is_some_and(|(known, _)| known != "record")
}

fn entry(record: &str, period: &str, law: Option<String>, by_law: bool, line: usize) -> Found<Kept> {
    let inner = words::any(vocabulary::of("inner"), record);
    let basis = match &law {
        _ if inner => KeptBy::InternalPolicy,
        Some(_) => KeptBy::Law,
        None if by_law => KeptBy::Law,
        None if words::any(vocabulary::of("consent"), record) => KeptBy::Consent,
        None => KeptBy::InternalPolicy,
    };
    let value = Kept { record: record.trim().to_owned(), period: period.to_owned(), basis, law };
    Found { value, line, sure: true }
}

/// An entry of a table's row.
pub(super) fn of_row(record: &str, period: &str, law: Option<String>, line: usize) -> Found<Kept> {
    entry(record, period, law, false, line)
}

/// The law that a text names, as it is written there: a known one, or what stands in the marks that laws are quoted with.
pub(super) fn law_in(text: &str) -> Option<String> {
    let known = vocabulary::phrases("laws", "names").iter();
    let found = known
        .filter_map(|phrase: &Phrase| phrase.find_in_heading(text).map(|found| (phrase.len(), found)))
        .max_by_key(|(length, _)| *length);
    if let Some((_, found)) = found {
        return text.get(found).map(|law| law.trim().to_owned());
    }
    let (_, rest) = text.split_once(['「', '『'])?;
    let (law, _) = rest.split_once(['」', '』'])?;
    Some(law.trim().to_owned())
        .filter(|law| law.ends_with('법') || law.contains("법률") || law.contains("법 ") || law.contains("시행"))
}
