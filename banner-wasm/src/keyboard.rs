//! The banner's keys: Escape closes the list of purposes, and the first link leads behind the banner.
//!
//! Refuses to close the banner itself, since leaving without an answer is no choice, and to catch keys anywhere but
//! inside it. Invariant: focus never stands on something that a key has just hidden.

use crate::dom;
use crate::view::View;

/// Listens for keys inside the banner, and for its first link.
pub(crate) fn attach(view: &View) {
    skip(view);
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

/// The link's address would be a page of its own to a site that keeps its place behind the `#`.
fn skip(view: &View) {
    let end = view.end.clone();
    if let Some(first) = view.form.first_child() {
        dom::listen(&first, "click", move |event| {
            event.prevent_default();
            end.set_tab_index(-1);
            end.focus();
        });
    }
}
