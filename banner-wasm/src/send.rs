//! Posts a choice and asks for a visitor's state: the two words that the banner exchanges with the gateway.
//!
//! The fields are read from the form as the browser would post it, so that the form without script and the banner say
//! the same. Refuses to read anything of the page but that form. Invariant: every request ends in one call back.

use alloc::string::String;

use policies::banner::{FIELD_ACT, PATH_CHOICE, PATH_STATE};

use crate::dom::{self, Node, Response, VisitorState};
use crate::state::Event;

const POST: &str =
    r#"{"method":"POST","headers":{"Accept":"text/plain"},"credentials":"same-origin","keepalive":true}"#;
const ASK: &str = r#"{"cache":"no-store","credentials":"same-origin"}"#;

/// Posts the form's fields with this act to `address`. `done` hears the outcome with the body of the answer: the
/// granted purposes, or a sentence.
pub(crate) fn post(form: &Node, address: &str, act: &str, done: impl Fn(Event, &str) + Clone + 'static) {
    let fields = dom::fields(form);
    fields.append(FIELD_ACT, act);
    let options = dom::options(POST);
    options.set_body(&fields);
    let lost = done.clone();
    dom::then(
        &dom::fetch(address, &options),
        move |response: Response| {
            let status = response.status();
            let (done, cut) = (done.clone(), done.clone());
            // A grant is only as good as its list: an answer cut short counts as none.
            dom::then(
                &response.text(),
                move |body: wasm_bindgen::JsValue| {
                    done(Event::Answered(status), &body.as_string().unwrap_or_default());
                },
                move || cut(Event::Unreachable, ""),
            );
        },
        move || lost(Event::Unreachable, ""),
    );
}

/// Asks whether this visitor has a choice by now; `decided` hears the granted purposes if so. A failure is silent:
/// the form stands, and its own post will tell.
pub(crate) fn ask(address: &str, decided: impl Fn(&str) + Clone + 'static) {
    dom::then(
        &dom::fetch(address, &dom::options(ASK)),
        move |response: Response| {
            let decided = decided.clone();
            dom::then(
                &response.json(),
                move |state: VisitorState| {
                    if state.decided() {
                        decided(&state.granted().map(|list| list.join(" ")).unwrap_or_default());
                    }
                },
                || (),
            );
        },
        || (),
    );
}

/// The address of the state, beside that of the choice.
pub(crate) fn state_address(choice: &str) -> Option<String> {
    let mut address = String::from(choice.strip_suffix(PATH_CHOICE)?);
    address.push_str(PATH_STATE);
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::state_address;

    #[test]
    fn the_state_stands_beside_the_choice() {
        assert_eq!(state_address("/.consent/choice").as_deref(), Some("/.consent/state"));
        assert_eq!(state_address("/elsewhere"), None);
    }
}
