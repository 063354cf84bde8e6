//! Shows a state: which parts of the banner stand, what they say, and where the focus goes.
//!
//! Refuses to decide anything; it is told. Invariant: the form and the settings link never show at once.

use alloc::string::String;

use policies::banner::{
    ACCEPT, BLOCKED_TEXT, CHOOSE, END, ERROR, FAILED_TEXT, FORM, REFUSE, ROOT, SAVE, SETTINGS, SETTINGS_LINK,
};

use crate::dom::Node;
use crate::state::{State, sentence};

/// The banner's elements. They are looked up once: a script that empties the page takes them out of the document, but
/// not from here.
pub(crate) struct View {
    document: Node,
    pub(crate) root: Node,
    pub(crate) form: Node,
    pub(crate) choose: Node,
    pub(crate) end: Node,
    buttons: [Node; 3],
    error: Node,
    settings: Node,
    link: Node,
}

impl View {
    /// The banner of this page, if it has a whole one.
    pub(crate) fn find(document: Node) -> Option<Self> {
        Some(Self {
            root: document.by_id(ROOT)?,
            form: document.by_id(FORM)?,
            choose: document.by_id(CHOOSE)?,
            end: document.by_id(END)?,
            buttons: [document.by_id(ACCEPT)?, document.by_id(REFUSE)?, document.by_id(SAVE)?],
            error: document.by_id(ERROR)?,
            settings: document.by_id(SETTINGS)?,
            link: document.by_id(SETTINGS_LINK)?,
            document,
        })
    }

    /// Makes the page show `state`. `body` is the gateway's sentence where a post failed; `pressed` the button that
    /// posted, which gets the focus back then.
    pub(crate) fn show(&self, state: State, body: &str, pressed: Option<&Node>) {
        let had_focus = self.has_focus() || pressed.is_some();
        for button in &self.buttons {
            button.set_disabled(state == State::Sending);
        }
        let failed = state == State::Failed;
        if failed {
            let fallback = self.root.attribute(FAILED_TEXT).unwrap_or_default();
            self.error.set_text(sentence(body, &fallback));
        }
        self.error.set_hidden(!failed);
        if !state.is_open() {
            self.root.remove();
        }
        self.settings.set_hidden(state.is_open());
        if state == State::Blocked {
            self.link.set_text(&self.settings.attribute(BLOCKED_TEXT).unwrap_or_default());
        }
        if !had_focus {
            return;
        }
        if state == State::Settled {
            self.link.focus();
        } else if let (true, Some(button)) = (failed, pressed) {
            button.focus();
        }
    }

    /// Whether a script took what should stand now out of the document.
    pub(crate) fn is_gone(&self, open: bool) -> bool {
        !self.settings.is_connected() || (open && !self.root.is_connected())
    }

    /// Puts what should stand back first in the body, if there is one. A script that goes to another page by replacing the body may have brought
    /// a copy along: it would ask again, and nobody listens to it.
    pub(crate) fn put_back(&self, open: bool) {
        let Some(body) = self.document.body() else { return };
        for id in [ROOT, SETTINGS] {
            while let Some(copy) = self.document.by_id(id) {
                copy.remove();
            }
        }
        body.prepend(&self.settings);
        if open {
            body.prepend(&self.root);
        }
    }

    /// The page's address: another one is another page, whoever brought it.
    pub(crate) fn address(&self) -> String {
        self.document.address()
    }

    /// The nodes whose children must be watched to see the banner go: a page can replace its body or its whole tree.
    pub(crate) fn parents(&self) -> impl Iterator<Item = Node> {
        [Some(self.document.clone()), self.document.document_element(), self.document.body()].into_iter().flatten()
    }

    fn has_focus(&self) -> bool {
        self.document.active_element().is_some_and(|active| self.root.contains(&active))
    }
}
