//! Who of the staff looked at what people's evidence says, as the contents of an entry: canonical JSON (RFC 8785), texts alone.
//!
//! Refuses to be written without a reason. Invariant: it names whose record it was, never what that said.

use std::collections::BTreeMap;

use policies::Timestamp;

use super::letters::moment;
use super::{Entry, EntryClass, EntryId};

/// Letters of a reason or an account.
const LONGEST: usize = 200;

/// One look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access<'a> {
    /// Who.
    pub account: &'a str,
    /// From where, such as `command line`.
    pub source: &'a str,
    /// What was done, such as `requests show`.
    pub action: &'a str,
    /// Whose or which: an id, or what was asked for.
    pub whose: &'a str,
    /// Why.
    pub reason: &'a str,
}

/// Why a look isn't noted, and so not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoReason {
    /// None is given.
    #[error("say why you look, with --reason: it goes into the record of staff access")]
    Missing,
    /// Too long, or more than a line.
    #[error("a reason, and an account, is one line of at most {LONGEST} letters")]
    Unwritable,
}

impl Access<'_> {
    /// The entry of it.
    ///
    /// # Errors
    /// See [`NoReason`].
    pub fn entry(&self, id: EntryId, site: &str, subject: Option<[u8; 16]>, at: Timestamp) -> Result<Entry, NoReason> {
        let is_line = |text: &str| text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
        if self.reason.trim().is_empty() || self.account.trim().is_empty() {
            return Err(NoReason::Missing);
        }
        if !is_line(self.reason) || !is_line(self.account) {
            return Err(NoReason::Unwritable);
        }
        let at_written = moment(at);
        let fields = BTreeMap::from([
            ("account", self.account.trim()),
            ("action", self.action),
            ("at", at_written.as_str()),
            ("reason", self.reason.trim()),
            ("site", site),
            ("source", self.source),
            ("type", "access"),
            ("whose", self.whose),
        ]);
        // Of texts under texts nothing can fail.
        let contents = serde_json::to_vec(&fields).unwrap_or_default();
        Ok(Entry { id, site: site.to_owned(), class: EntryClass::Access, subject, made: at, ends: None, contents })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_says_who_at_what_and_why_or_is_none() {
        let access = Access {
            account: "kim",
            source: "command line",
            action: "requests show",
            whose: "00ff",
            reason: " a call ",
        };
        let entry = access.entry([1; 16], "shop", Some([2; 16]), Timestamp(0)).unwrap();
        assert_eq!(
            String::from_utf8(entry.contents).unwrap(),
            "{\"account\":\"kim\",\"action\":\"requests show\",\"at\":\"1970-01-01T00:00:00Z\",\"reason\":\"a call\",\
             \"site\":\"shop\",\"source\":\"command line\",\"type\":\"access\",\"whose\":\"00ff\"}"
        );
        assert_eq!((entry.class, entry.subject), (EntryClass::Access, Some([2; 16])));
        let check = |access: Access<'_>, expect| {
            assert_eq!(access.entry([1; 16], "shop", None, Timestamp(0)).unwrap_err(), expect);
        };
        check(Access { reason: " ", ..access }, NoReason::Missing);
        check(Access { reason: "two\nlines", ..access }, NoReason::Unwritable);
        check(Access { account: &"x".repeat(201), ..access }, NoReason::Unwritable);
    }
}
