//! The banner's keys: Escape closes the list of purposes.
//!
//! Refuses to close the banner itself, since leaving without an answer is no choice, and to catch keys anywhere but
//! inside it. Invariant: focus never stands on something that a key has just hidden.

use crate::dom;
use crate::view::View;

/// Listens for Escape inside the banner.
pub(crate) fn attach(view: &View) {
    let details = view.choose.clone();
    dom::listen(&view.root, "keydown", move |event| {
        if details.open() && event.key() == "Escape" {
            event.prevent_default();
            details.set_open(false);
            if let Some(summary) = details.first_child() {
                summary.focus();
            }
        }
    });
}
