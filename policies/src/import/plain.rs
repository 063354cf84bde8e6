//! Plain text: a line is a block; lines with tabs in them are rows of a table.
//!
//! Refuses to guess at markup. Invariant: every word of the text is in a block, in order.

use super::document::{Document, Shape};

/// Reads plain text.
pub(super) fn read(text: &str) -> Document {
    let mut document = Document::default();
    let mut table = None;
    for (number, line) in text.lines().enumerate() {
        let number = number + 1;
        let cells: Vec<String> = line.trim().split('\t').map(str::to_owned).collect();
        if cells.len() > 1 {
            let table = *table.get_or_insert_with(|| document.next_table());
            document.push_row(&cells, number, table);
            continue;
        }
        if !line.trim().is_empty() {
            table = None;
        }
        let shape = if line.trim_start().starts_with("- ") { Shape::Item } else { Shape::Plain };
        document.push(line, number, shape);
    }
    document
}
