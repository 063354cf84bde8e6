//! What people write into a request: a line, or some lines.
//!
//! Refuses what is empty, too long, or holds letters that nobody can see. Invariant: what is taken reads the same everywhere.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

/// Letters that a line may have.
pub const LONGEST_LINE: usize = 200;
/// Letters of what a request is about.
pub const LONGEST_ABOUT: usize = 2_000;
/// Letters of an answer or a ground.
pub const LONGEST_WORDS: usize = 4_000;

/// Why something that was written isn't taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// There is nothing.
    Empty,
    /// It has more letters than this.
    TooLong(usize),
    /// It holds letters that nobody can see.
    Unseen,
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLong(most) => write!(f, "has more than {most} letters"),
            Self::Unseen => f.write_str("holds letters that nobody can see"),
        }
    }
}

impl core::error::Error for Unwritable {}

/// Reads one line, without the blanks around it.
///
/// # Errors
/// See [`Unwritable`].
pub fn line(written: &str) -> Result<String, Unwritable> {
    let line = bounded(written.trim(), LONGEST_LINE)?;
    if line.chars().any(is_unseen) { Err(Unwritable::Unseen) } else { Ok(line.to_owned()) }
}

/// Reads some lines, of at most `most` letters.
///
/// # Errors
/// See [`Unwritable`].
pub fn prose(written: &str, most: usize) -> Result<String, Unwritable> {
    // Forms end their lines in two letters.
    let lines = bounded(written.trim(), most.saturating_mul(2))?.replace("\r\n", "\n");
    let unseen = |letter: char| !matches!(letter, '\n' | '\t') && is_unseen(letter);
    if lines.chars().any(unseen) {
        return Err(Unwritable::Unseen);
    }
    if lines.chars().nth(most).is_some() { Err(Unwritable::TooLong(most)) } else { Ok(lines) }
}

fn bounded(written: &str, most: usize) -> Result<&str, Unwritable> {
    match written.chars().nth(most) {
        _ if written.is_empty() => Err(Unwritable::Empty),
        Some(_) => Err(Unwritable::TooLong(most)),
        None => Ok(written),
    }
}

/// Control letters, and those that turn the direction of what follows: they would show an officer another text than was written.
fn is_unseen(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(line("  a@b.example \n"), Ok("a@b.example".to_owned()));
        assert_eq!(line(" \t"), Err(Unwritable::Empty));
        for bad in ["a\nb", "a\u{0}b", "a\u{202e}b", "a\tb"] {
            assert_eq!(line(bad), Err(Unwritable::Unseen), "{bad:?}");
        }
        assert!(line(&"가".repeat(LONGEST_LINE)).is_ok());
        assert_eq!(line(&"가".repeat(LONGEST_LINE + 1)), Err(Unwritable::TooLong(LONGEST_LINE)));
    }

    #[test]
    fn prose_has_lines() {
        assert_eq!(prose(" one\r\ntwo\n", 9), Ok("one\ntwo".to_owned()));
        assert_eq!(prose("one\rtwo", 9), Err(Unwritable::Unseen));
        assert_eq!(prose("0123456789", 9), Err(Unwritable::TooLong(9)));
        assert_eq!(prose("01234\r\n678", 9), Ok("01234\n678".to_owned()));
    }
}
