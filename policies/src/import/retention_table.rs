//! Tables of what is kept: which column is the record, which the period, which the law, by the heads and by what stands below.
//!
//! Refuses tables of those to whom data is given. Invariant: a row gives as many entries as its cell has periods.

use super::Found;
use super::Kept;
use super::document::{Block, Shape};
use super::periods;
use super::retention;
use super::vocabulary;
use super::words::{self, letters};

/// The rows of one table, with their lines.
pub(super) type Rows<'a> = Vec<(&'a [String], usize)>;

/// The tables among some blocks, each with its head as its first row.
pub(super) fn tables(blocks: &[Block]) -> Vec<Rows<'_>> {
    let mut tables: Vec<(usize, Rows<'_>)> = Vec::new();
    for block in blocks {
        let Shape::Row(cells, number) = &block.shape else { continue };
        match tables.last_mut() {
            Some((last, rows)) if last == number => rows.push((cells, block.line)),
            _ => tables.push((*number, vec![(cells, block.line)])),
        }
    }
    tables.into_iter().map(|(_, rows)| rows).collect()
}

/// The entries of all tables. Where the section isn't about keeping, a column must be headed as a period.
pub(super) fn entries(blocks: &[Block], headed: bool) -> Vec<Found<Kept>> {
    tables(blocks).iter().flat_map(|rows| of_table(rows, headed)).collect()
}

fn of_table(rows: &Rows<'_>, headed: bool) -> Vec<Found<Kept>> {
    let Some((head, _)) = rows.first() else { return Vec::new() };
    let says = |cell: &str, id: &str| letters(cell) <= 16 && words::any(vocabulary::of(id), cell);
    let has_head = head.iter().all(|cell| periods::kept(cell).is_empty());
    let given = head.iter().any(|cell| {
        says(cell, "processor_column") || ["제공받는", "이전받는", "수탁"].iter().any(|word| cell.contains(word))
    });
    if given {
        return Vec::new();
    }
    let width = rows.iter().map(|(cells, _)| cells.len()).max().unwrap_or(0);
    let column = |test: &dyn Fn(&str) -> bool| {
        let share =
            |column: usize| rows.iter().filter(|(cells, _)| cells.get(column).is_some_and(|cell| test(cell))).count();
        (0..width)
            .map(|column| (share(column), column))
            .filter(|(share, _)| *share > 0)
            .max_by_key(|(share, column)| (*share, usize::MAX - *column))
            .map(|(_, column)| column)
    };
    let by_head = head.iter().position(|cell| has_head && says(cell, "reserved_label"));
    let Some(period_column) =
        by_head.or_else(|| if headed { None } else { column(&|cell| !periods::kept(cell).is_empty()) })
    else {
        return Vec::new();
    };
    let law_column = column(&|cell| retention::law_in(cell).is_some()).filter(|column| *column != period_column);
    let free = |column: usize| column != period_column && Some(column) != law_column;
    let record_column = (0..width)
        .filter(|column| free(*column) && has_head && !headed)
        .find(|column| head.get(*column).is_some_and(|cell| says(cell, "record_label") && !says(cell, "reason_label")))
        .or_else(|| (0..width).find(|column| free(*column)));
    let mut found = Vec::new();
    for (cells, line) in rows.iter().skip(usize::from(has_head)) {
        let kept = cells.get(period_column).map(|cell| periods::kept(cell)).unwrap_or_default();
        let law = law_column.and_then(|column| cells.get(column)).and_then(|cell| retention::law_in(cell));
        let record = record_column
            .and_then(|column| cells.get(column))
            .or_else(|| law_column.and_then(|column| cells.get(column)));
        if let (Some(period), Some(record)) = (kept.first(), record.filter(|record| letters(record) >= 2)) {
            let law = law.or_else(|| cells.iter().find_map(|cell| retention::law_in(cell)));
            found.push(retention::of_row(record, &period.iso, law, *line));
        }
    }
    found
}
