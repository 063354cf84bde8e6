//! A table of a page while it is read: rows of facts, or the layout of a page.
//!
//! Refuses to call a table of long cells one of facts. Invariant: a cell that spans rows is read in each of them.

use super::document::{Block, Shape, single_blanks};

/// The longest cell, in letters, of a table of facts.
const LONGEST_CELL: usize = 600;

/// The most blocks in one cell of such a table.
const MOST_IN_CELL: usize = 25;

#[derive(Default)]
struct Cell {
    blocks: Vec<Block>,
    rows: usize,
}

/// An open table.
pub(super) struct TableFrame {
    number: usize,
    rows: Vec<Vec<Cell>>,
    /// What stands in the table and in no cell, such as its caption.
    loose: Vec<Block>,
}

impl TableFrame {
    pub(super) const fn new(number: usize) -> Self {
        Self { number, rows: Vec::new(), loose: Vec::new() }
    }

    /// A row begins.
    pub(super) fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    /// A cell begins, which spans so many rows.
    pub(super) fn cell(&mut self, rows: usize) {
        if self.rows.is_empty() {
            self.row();
        }
        if let Some(row) = self.rows.last_mut() {
            row.push(Cell { blocks: Vec::new(), rows });
        }
    }

    pub(super) fn put(&mut self, words: &str, line: usize, shape: Shape) {
        self.put_block(Block { text: single_blanks(words), line, shape });
    }

    pub(super) fn put_block(&mut self, block: Block) {
        match self.rows.last_mut().and_then(|row| row.last_mut()) {
            Some(cell) => cell.blocks.push(block),
            None => self.loose.push(block),
        }
    }

    /// What is read: rows, or the text of the cells one after the other.
    pub(super) fn blocks(self) -> Vec<Block> {
        let facts = self.rows.iter().any(|row| row.len() > 1) && self.rows.iter().flatten().all(Cell::is_short);
        let mut blocks = self.loose;
        if !facts {
            blocks.extend(self.rows.into_iter().flatten().flat_map(|cell| cell.blocks));
            return blocks;
        }
        let mut spanning: Vec<(usize, usize, String)> = Vec::new();
        for row in &self.rows {
            let line = row.iter().flat_map(|cell| &cell.blocks).map(|block| block.line).next();
            let mut cells = Vec::new();
            let mut carried = std::mem::take(&mut spanning);
            let mut own = row.iter();
            loop {
                if let Some(at) = carried.iter().position(|(column, ..)| *column == cells.len()) {
                    let (column, left, text) = carried.remove(at);
                    cells.push(text.clone());
                    if left > 1 {
                        spanning.push((column, left - 1, text));
                    }
                } else if let Some(cell) = own.next() {
                    if cell.rows > 1 {
                        spanning.push((cells.len(), cell.rows - 1, cell.text()));
                    }
                    cells.push(cell.text());
                } else {
                    break;
                }
            }
            if let Some(line) = line {
                blocks.push(Block {
                    text: single_blanks(&cells.join(" ")),
                    line,
                    shape: Shape::Row(cells, self.number),
                });
            }
        }
        blocks
    }
}

impl Cell {
    fn is_short(&self) -> bool {
        let letters: usize = self.blocks.iter().map(|block| block.text.chars().count()).sum();
        let heading = self.blocks.iter().any(|block| matches!(block.shape, Shape::Heading(_)));
        letters <= LONGEST_CELL && self.blocks.len() <= MOST_IN_CELL && !heading
    }

    fn text(&self) -> String {
        self.blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}
