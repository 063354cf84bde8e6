//! A document as its reader sees it: blocks in order, each with its shape and the line of the file it begins on.
//!
//! Refuses to know what the words mean. Invariant: no block is empty, and blanks in a block are single.

/// The most blocks that are read of one document: a long policy has some thousand.
pub(super) const MOST_BLOCKS: usize = 50_000;

/// What a block looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A line or paragraph.
    Plain,
    /// A heading by its markup, 1 to 6.
    Heading(u8),
    /// A line that is bold as a whole.
    Strong,
    /// An entry of a list.
    Item,
    /// A row of a table: its cells, and which table of the document it is of.
    Row(Vec<String>, usize),
}

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// What is read, without markup; a row's cells are parted by blanks.
    pub(super) text: String,
    /// From 1.
    pub(super) line: usize,
    /// What it looks like.
    pub(super) shape: Shape,
}

/// A whole document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    /// In reading order.
    pub(super) blocks: Vec<Block>,
    tables: usize,
}

impl Document {
    /// Adds a block, unless there is nothing to read in it.
    pub(super) fn push(&mut self, text: &str, line: usize, shape: Shape) {
        let text = single_blanks(text);
        if !text.is_empty() && self.blocks.len() < MOST_BLOCKS {
            self.blocks.push(Block { text, line, shape });
        }
    }

    /// The number of a table that begins here.
    pub(super) const fn next_table(&mut self) -> usize {
        self.tables += 1;
        self.tables
    }

    /// Adds a row of a table.
    pub(super) fn push_row(&mut self, cells: &[String], line: usize, table: usize) {
        let cells: Vec<String> = cells.iter().map(|cell| single_blanks(cell)).collect();
        self.push(&cells.join(" "), line, Shape::Row(cells, table));
    }

    /// Puts a number that stands on a line of its own before the title that follows it.
    pub(super) fn join_lone_markers(&mut self) {
        let mut joined: Vec<Block> = Vec::with_capacity(self.blocks.len());
        for block in self.blocks.drain(..) {
            let lone = joined
                .last()
                .is_some_and(|last| !matches!(last.shape, Shape::Row(..)) && super::marker::is_lone(&last.text));
            let takes = lone && !matches!(block.shape, Shape::Row(..)) && block.text.chars().count() <= 60;
            match joined.last_mut() {
                Some(last) if takes => {
                    last.text = format!("{} {}", last.text, block.text);
                    if last.shape == Shape::Plain {
                        last.shape = block.shape;
                    }
                }
                _ => joined.push(block),
            }
        }
        self.blocks = joined;
    }
}

/// The text with single blanks between words and none around.
pub(super) fn single_blanks(text: &str) -> String {
    // Markup names letters that nobody sees, too.
    let text: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters that are in a text and not to be seen: soft hyphens, zero-width blanks, marks of direction.
pub(super) const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\0' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}
