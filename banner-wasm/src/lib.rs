//! The consent banner: takes over the plain form that the gateway rendered.
//!
//! It sends the choice without a page load, closes, and wakes the tags that were held. It refuses to change what the
//! form says: every word, purpose and default is the gateway's. Invariant: without it, or if it stops half-way, the
//! form still works by itself.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod dom;
mod keyboard;
mod release;
mod send;
mod state;
mod view;

use alloc::rc::Rc;
use alloc::string::String;
use core::cell::{Cell, OnceCell, RefCell};

use wasm_bindgen::prelude::*;

use crate::dom::MutationObserver;
pub use crate::dom::Node;
pub use crate::state::{Event, State, sentence};
use crate::view::View;

/// A page that removes the banner again and again is let win after this many rounds at one address.
const PUT_BACK_AT_MOST: u8 = 16;

/// How long an answer is waited for, in milliseconds.
const ANSWER_WITHIN: u32 = 15_000;

struct Banner {
    view: View,
    state: Cell<State>,
    choice_address: String,
    put_back: Cell<u8>,
    attempts: Cell<u32>,
    observer: OnceCell<MutationObserver>,
}

/// Takes over the banner of this page, if there is one.
#[wasm_bindgen]
pub fn start(document: &Node, cookies_enabled: bool) {
    let Some(view) = View::find(document.clone()) else { return };
    let Some(choice_address) = view.form.attribute("action") else { return };
    let banner = Rc::new(Banner {
        view,
        state: Cell::new(State::Asking),
        choice_address,
        put_back: Cell::new(PUT_BACK_AT_MOST),
        attempts: Cell::new(0),
        observer: OnceCell::new(),
    });
    if !cookies_enabled {
        banner.hear(Event::CookiesBlocked, "", None);
        return;
    }
    // As it is already; but what a press will run is compiled by now, and not while somebody waits for the press to be seen.
    banner.view.show(State::Asking, "", None);
    keyboard::attach(&banner.view);
    listen_to_buttons(&banner);
    stay_in_page(&banner);
    look_again(&banner, document);
}

impl Banner {
    fn hear(&self, event: Event, body: &str, pressed: Option<&Node>) {
        let before = self.state.get();
        let after = before.step(event);
        if after != before {
            self.state.set(after);
            self.view.show(after, body, pressed);
        }
    }

    fn observe_page(&self) {
        if let Some(observer) = self.observer.get() {
            self.view.parents().for_each(|parent| dom::observe(observer, &parent));
        }
    }
}

fn listen_to_buttons(banner: &Rc<Banner>) {
    let heard = banner.clone();
    dom::listen(&banner.view.form, "submit", move |event| {
        // An older browser doesn't say which button it was: its own post does.
        let Some(pressed) = event.submitter() else { return };
        if heard.state.get() == State::Leaving {
            return;
        }
        event.prevent_default();
        if !heard.state.get().takes_a_press() {
            return;
        }
        let attempt = heard.attempts.get().wrapping_add(1);
        heard.attempts.set(attempt);
        heard.hear(Event::Submitted, "", None);
        let (banner, button) = (heard.clone(), pressed.clone());
        // The press is seen first: making a request costs a slow phone more than a frame.
        dom::after_paint(move || send_choice(&banner, &button));
        let waiting = heard.clone();
        dom::after(ANSWER_WITHIN, move || {
            if waiting.attempts.get() == attempt {
                waiting.hear(Event::Unreachable, "", Some(&pressed));
            }
        });
    });
}

fn send_choice(banner: &Rc<Banner>, pressed: &Node) {
    let (heard, button) = (banner.clone(), pressed.clone());
    send::post(&banner.view.form, &banner.choice_address, &pressed.value(), move |event, body| {
        heard.hear(event, body, Some(&button));
        if event == Event::Answered(200) {
            release::release(body);
        } else if heard.state.get() == State::Leaving {
            heard.view.form.submit_by(&button);
        }
    });
}

/// A script that replaces or empties the body takes an unanswered banner with it, or the link to the settings. Some go from page to page that way:
/// each address has its own rounds.
fn stay_in_page(banner: &Rc<Banner>) {
    let watched = banner.clone();
    let at = RefCell::new(banner.view.address());
    let observer = dom::observer(move || {
        let open = watched.state.get().is_open();
        if !watched.view.is_gone(open) {
            return;
        }
        let now = watched.view.address();
        if *at.borrow() != now {
            *at.borrow_mut() = now;
            watched.put_back.set(PUT_BACK_AT_MOST);
        }
        let rounds = watched.put_back.get();
        if rounds > 0 {
            watched.put_back.set(rounds - 1);
            watched.view.put_back(open);
            watched.observe_page();
        }
    });
    banner.observer.set(observer).ok();
    banner.observe_page();
}

/// A page that comes back from the browser's memory shows the banner as it was left, though a choice may have been made
/// on another page since; and the guard hears of choices in other tabs. Neither is believed: the gateway is asked.
fn look_again(banner: &Rc<Banner>, document: &Node) {
    let Some(address) = send::state_address(&banner.choice_address) else { return };
    let banner = banner.clone();
    let look = move || {
        if banner.state.get().is_open() {
            let banner = banner.clone();
            send::ask(&address, move |granted| {
                banner.hear(Event::DecidedElsewhere, "", None);
                release::release(granted);
            });
        }
    };
    let also = look.clone();
    dom::listen(document, "consent-change", move |_| also());
    dom::listen_window("pageshow", move |event| {
        if event.persisted() {
            look();
        }
    });
}

#[cfg(target_arch = "wasm32")]
mod runtime {
    //! What a module without the standard library must bring itself.

    #[allow(unsafe_code, reason = "a global allocator is an unsafe trait; talc's is the smallest that frees")]
    #[global_allocator]
    static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

    /// A panic is a trap without words: they would cost kilobytes, and the plain form stands meanwhile.
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
