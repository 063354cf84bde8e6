//! Wakes held tags once the choice is stored.
//!
//! The banner goes first: the closing is drawn before any third-party script takes the thread. Refuses to wake without
//! a grant. Invariant: a tag wakes once, since waking takes its mark away.

use alloc::string::String;

use crate::dom;

/// Wakes the tags of these purposes (ids with spaces between) after the next frame.
pub(crate) fn release(granted: &str) {
    if granted.trim().is_empty() {
        return;
    }
    let granted = String::from(granted);
    dom::after_paint(move || dom::wake_answered(&granted));
}
