//! The operator's mistakes, one clear sentence each, with the key and the line. All are reported at once.

use alloc::string::String;
use core::fmt;

/// One mistake in a file that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The key's path, such as `cookies[2].purpose`; empty when the file itself is meant.
    pub key: String,
    /// The line in the file, from 1; 0 when no line can be named.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl Fault {
    /// A fault at a key.
    #[must_use]
    pub fn new(key: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { key: key.into(), line, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}
