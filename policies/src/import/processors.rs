//! To whom a site entrusts work with people's data: tables, labelled lines, pairs of work and company.
//!
//! Refuses work as a name. Invariant: a processor's name stands on the page as it is told.

use super::Found;
use super::cookie;
use super::document::{Block, Document, Shape};
use super::marker;
use super::outline::Part;
use super::retention_table::{Rows, tables};
use super::vocabulary;
use super::words::{self, letters};

/// The longest name in letters.
const LONGEST: usize = 40;

/// Reads them from the sections about entrusting.
pub(super) fn read(document: &Document, part: &Part) -> Vec<Found<String>> {
    let blocks: Vec<Block> = part.about("processors").flat_map(|section| cookie::body(document, section)).collect();
    let mut found: Vec<Found<String>> = Vec::new();
    for rows in tables(&blocks) {
        found.extend(of_table(&rows));
    }
    if found.is_empty() {
        found = listed(&blocks);
    }
    let mut once: Vec<Found<String>> = Vec::new();
    for name in found {
        if !once.iter().any(|known| known.value == name.value) {
            once.push(name);
        }
    }
    once
}

fn of_table(rows: &Rows<'_>) -> Vec<Found<String>> {
    let Some((head, line)) = rows.first() else { return Vec::new() };
    let says = |cell: &str, id: &str| letters(cell) <= 24 && words::any(vocabulary::of(id), cell);
    let is_name_head = |cell: &str| {
        says(cell, "processor_column")
            && !(says(cell, "work_label") && !cell.contains("받는") && !cell.contains("수탁"))
    };
    let named = head.iter().position(|cell| is_name_head(cell));
    if let Some(column) = named {
        // A table on its side: the heads are the first column.
        let sideways = column == 0
            && rows.len() <= 4
            && rows.iter().skip(1).any(|(cells, _)| cells.first().is_some_and(|cell| says(cell, "work_label")));
        if sideways {
            return head.iter().skip(1).flat_map(|cell| names(cell, *line)).collect();
        }
        return rows
            .iter()
            .skip(1)
            .flat_map(|(cells, line)| cells.get(column).map(|cell| names(cell, *line)).unwrap_or_default())
            .collect();
    }
    let sideways = rows.iter().find(|(cells, _)| cells.first().is_some_and(|cell| is_name_head(cell)));
    if let Some((cells, line)) = sideways {
        return cells.iter().skip(1).flat_map(|cell| names(cell, *line)).collect();
    }
    // Without heads: the column whose cells speak least of work.
    let working = |column: usize| {
        rows.iter()
            .filter(|(cells, _)| cells.get(column).is_some_and(|cell| words::any(vocabulary::of("work"), cell)))
            .count()
    };
    let column = usize::from(working(0) > working(1));
    rows.iter().flat_map(|(cells, line)| cells.get(column).map(|cell| names(cell, *line)).unwrap_or_default()).collect()
}

/// Companies in one cell, parted by commas.
fn names(cell: &str, line: usize) -> Vec<Found<String>> {
    let mut parts: Vec<String> = vec![String::new()];
    let mut depth = 0i32;
    for letter in cell.chars() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        if depth <= 0 && matches!(letter, ',' | '、' | ';' | '·' | '/' | '\n') {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    // `Gana, Inc.` is one company.
    let mut whole: Vec<String> = Vec::new();
    for part in parts {
        let legal = ["Inc", "Ltd", "LLC", "Co", "Corp", "GmbH", "Pte", "S.A"]
            .iter()
            .any(|form| part.trim().starts_with(form) && letters(&part) <= form.len() + 5);
        match whole.last_mut() {
            Some(last) if legal => *last = format!("{last}, {}", part.trim()),
            _ => whole.push(part),
        }
    }
    let named = whole.into_iter().map(|part| {
        part.trim().trim_end_matches(['등', '.', ' ']).trim().trim_start_matches(['-', '•', '·', ' ']).to_owned()
    });
    let named = named.filter(|name| {
        letters(name) >= 2 && letters(name) <= LONGEST && !super::heading::is_sentence(name) && !is_none(name)
    });
    named.map(|value| Found { value, line, sure: true }).collect()
}

fn is_none(name: &str) -> bool {
    ["없음", "해당 없음", "해당없음", "-", "N/A", "없습니다"].contains(&name)
}

fn listed(blocks: &[Block]) -> Vec<Found<String>> {
    let plain = || blocks.iter().filter(|block| !matches!(block.shape, Shape::Row(..)));
    let mut found: Vec<Found<String>> = plain().flat_map(labelled).collect();
    if found.is_empty() {
        found = plain().flat_map(paired).collect();
    }
    found
}

/// `수탁업체 : 가나, 다라`
fn labelled(block: &Block) -> Vec<Found<String>> {
    let text = block.text.as_str();
    let label = |phrase: &words::Phrase| {
        let found = phrase.find(text)?;
        let before = text.get(..found.start)?;
        let after = text.get(found.end..)?.trim_start();
        let after = match after.strip_prefix('(') {
            Some(inside) => inside.split_once(')').map_or(after, |(_, rest)| rest.trim_start()),
            None => after.strip_prefix('명').unwrap_or(after),
        };
        let value = after.trim_start().strip_prefix([':', '：', '-'])?;
        (letters(before) <= 12).then_some(value)
    };
    let Some(value) = vocabulary::of("processor_label").iter().filter_map(label).next() else { return Vec::new() };
    let labels = vocabulary::of("work_label");
    let end = labels
        .iter()
        .filter_map(|phrase| phrase.find(value))
        .filter(|found| value.get(found.end..).is_some_and(|after| after.trim_start().starts_with([':', '：', '('])))
        .map(|found| found.start)
        .min();
    let value = value
        .get(..end.unwrap_or(value.len()))
        .unwrap_or(value)
        .trim()
        .trim_end_matches(['-', '/', '|', ',', '○', '▶', ' ']);
    names(value, block.line)
}

/// `배송 업무 : 가나택배`, `가나택배 : 배송 업무`, `가나택배 - 배송`
fn paired(block: &Block) -> Vec<Found<String>> {
    let text = marker::parse(&block.text).map_or(block.text.as_str(), |marked| marked.rest);
    if super::heading::is_sentence(text) || letters(text) > 120 {
        return Vec::new();
    }
    let parts = text.split_once([':', '：', '→']).or_else(|| text.split_once(" - ")).or_else(|| text.split_once(" – "));
    let Some((one, other)) = parts else {
        return in_brackets(text, block.line);
    };
    let (one, other) = (one.trim(), other.trim());
    let works = |side: &str| words::any(vocabulary::of("work"), side);
    let label = |side: &str| letters(side) <= 10 && words::any(vocabulary::of("work_label"), side) && !works(side);
    if one.is_empty() || other.is_empty() || label(one) || letters(one) > 60 {
        return Vec::new();
    }
    match (works(one), works(other)) {
        (true, false) => names(other, block.line),
        (false, true) if letters(one) <= LONGEST => names(one, block.line),
        (true, true) if ends_in_work(one) && !ends_in_work(other) => names(other, block.line),
        (true, true) if ends_in_work(other) && !ends_in_work(one) && letters(one) <= LONGEST => names(one, block.line),
        (true, true) if is_company(other) => names(other, block.line),
        (true, true) if is_company(one) => names(one, block.line),
        _ => Vec::new(),
    }
}

/// A company may have a word of work in its name, but its name rarely ends with one.
fn ends_in_work(text: &str) -> bool {
    let text = text.trim_end_matches([' ', '.', ')']);
    vocabulary::of("work").iter().any(|work| {
        (0..text.len()).rev().filter_map(|at| text.get(at..)).take(12).any(|end| work.find(end) == Some(0..end.len()))
    })
}

fn is_company(text: &str) -> bool {
    words::any(vocabulary::phrases("corporate", "marks"), text)
}

/// `가나택배(배송)`
fn in_brackets(text: &str, line: usize) -> Vec<Found<String>> {
    let Some((before, rest)) = text.rsplit_once('(') else { return Vec::new() };
    let works =
        rest.trim_end().ends_with(')') && words::any(vocabulary::of("work"), rest) && letters(before) <= LONGEST;
    if works { names(before, line) } else { Vec::new() }
}
