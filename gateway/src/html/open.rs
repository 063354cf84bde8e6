//! An element under reading whose text is judged when it has come.
//!
//! Refuses to read it: that is the page's. Invariant: what may still change stays in the window.

use super::Marked;
use super::refusal::{Inline, Purposes};
use super::scan::Tag;

/// The element, and where its text starts.
pub(super) struct Open {
    pub(super) what: Content,
    /// Where its text starts.
    pub(super) start: usize,
    pub(super) as_xml: bool,
}

/// What its text is.
pub(super) enum Content {
    Noscript,
    Style,
    /// A script, whose tag may have to change.
    Script {
        tag: Tag,
        module: bool,
    },
    /// A script that another consent tool put to sleep.
    Marked {
        tag: Tag,
        marked: Marked,
        module: bool,
    },
    /// What an AMP element is told, which waits with it.
    Configuration {
        tag: Tag,
        purposes: Purposes,
    },
    /// An import map or speculation rules, whose tag may have to say what is missing.
    List {
        tag: Tag,
        kind: Inline,
    },
}

impl Open {
    /// What must be held back from here on.
    pub(super) const fn from(&self) -> usize {
        match &self.what {
            Content::Noscript | Content::Style => self.start,
            Content::Script { tag, .. }
            | Content::Marked { tag, .. }
            | Content::List { tag, .. }
            | Content::Configuration { tag, .. } => tag.at.start,
        }
    }

    /// Whether its first bytes are judged alone where it is too long.
    pub(super) const fn has_bound(&self) -> bool {
        matches!(
            self.what,
            Content::Style | Content::Script { .. } | Content::Marked { .. } | Content::Configuration { .. }
        )
    }
}
