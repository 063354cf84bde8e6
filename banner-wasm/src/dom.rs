//! The page, as far as the banner needs it. The one file that speaks to the browser's objects.
//!
//! The bindings are written by hand, because a whole `web-sys` type costs more bytes than the few properties used here.
//! Refuses `innerHTML` and its kin: nothing here makes markup out of text. Invariant: no call below throws in a browser
//! that runs WebAssembly.

use alloc::boxed::Box;
use alloc::string::String;
use core::cell::Cell;

use wasm_bindgen::prelude::*;

/// In so many milliseconds a page that is seen has drawn a frame, on slow phones too.
const NO_FRAME_AFTER: u32 = 250;

#[wasm_bindgen]
extern "C" {
    /// An element of the page, or the document itself.
    #[derive(Clone)]
    pub type Node;

    #[wasm_bindgen(method, js_name = getElementById)]
    pub(crate) fn by_id(document: &Node, id: &str) -> Option<Node>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn body(document: &Node) -> Option<Node>;
    #[wasm_bindgen(method, getter, js_name = documentElement)]
    pub(crate) fn document_element(document: &Node) -> Option<Node>;
    #[wasm_bindgen(method, getter, js_name = activeElement)]
    pub(crate) fn active_element(document: &Node) -> Option<Node>;

    #[wasm_bindgen(method, getter, js_name = URL)]
    pub(crate) fn address(document: &Node) -> String;

    #[wasm_bindgen(method, js_name = requestSubmit)]
    pub(crate) fn submit_by(form: &Node, button: &Node);
    #[wasm_bindgen(method)]
    pub(crate) fn contains(node: &Node, other: &Node) -> bool;
    #[wasm_bindgen(method, getter, js_name = isConnected)]
    pub(crate) fn is_connected(node: &Node) -> bool;
    #[wasm_bindgen(method)]
    pub(crate) fn prepend(node: &Node, first: &Node);
    #[wasm_bindgen(method)]
    pub(crate) fn remove(node: &Node);
    #[wasm_bindgen(method)]
    pub(crate) fn focus(node: &Node);
    #[wasm_bindgen(method, setter, js_name = tabIndex)]
    pub(crate) fn set_tab_index(node: &Node, place: i32);
    #[wasm_bindgen(method, getter)]
    pub(crate) fn open(details: &Node) -> bool;
    #[wasm_bindgen(method, setter)]
    pub(crate) fn set_open(details: &Node, open: bool);
    #[wasm_bindgen(method, setter)]
    pub(crate) fn set_hidden(node: &Node, hidden: bool);
    #[wasm_bindgen(method, setter)]
    pub(crate) fn set_disabled(button: &Node, disabled: bool);
    #[wasm_bindgen(method, setter, js_name = textContent)]
    pub(crate) fn set_text(node: &Node, text: &str);
    #[wasm_bindgen(method, getter, js_name = firstElementChild)]
    pub(crate) fn first_child(node: &Node) -> Option<Node>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn value(button: &Node) -> String;
    #[wasm_bindgen(method, js_name = getAttribute)]
    pub(crate) fn attribute(node: &Node, name: &str) -> Option<String>;
    #[wasm_bindgen(method, js_name = addEventListener)]
    fn add_listener(node: &Node, event: &str, listener: &JsValue);

    /// An event of the page.
    pub type Occurrence;

    #[wasm_bindgen(method, js_name = preventDefault)]
    pub(crate) fn prevent_default(event: &Occurrence);
    #[wasm_bindgen(method, getter)]
    pub(crate) fn submitter(event: &Occurrence) -> Option<Node>;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn key(event: &Occurrence) -> String;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn persisted(event: &Occurrence) -> bool;

    /// Calls back when children come or go.
    #[derive(Clone)]
    pub(crate) type MutationObserver;

    #[wasm_bindgen(constructor)]
    fn new(changed: &JsValue) -> MutationObserver;
    #[wasm_bindgen(method, js_name = observe)]
    fn observe_with(observer: &MutationObserver, node: &Node, options: &JsValue);

    /// The fields of a form, as they would be posted.
    type FormData;

    #[wasm_bindgen(constructor)]
    fn new(form: &Node) -> FormData;

    /// Fields in form encoding.
    pub(crate) type URLSearchParams;

    #[wasm_bindgen(constructor)]
    fn new(fields: &FormData) -> URLSearchParams;
    #[wasm_bindgen(method)]
    pub(crate) fn append(fields: &URLSearchParams, name: &str, value: &str);

    /// How a request is made.
    pub(crate) type RequestOptions;

    #[wasm_bindgen(method, setter)]
    pub(crate) fn set_body(options: &RequestOptions, body: &URLSearchParams);

    /// Something that comes later.
    pub(crate) type Promise;

    #[wasm_bindgen(method, js_name = then)]
    fn then_call(promise: &Promise, came: &JsValue, failed: &JsValue);

    /// An answer of the gateway.
    #[derive(Clone)]
    pub(crate) type Response;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn status(response: &Response) -> u16;
    #[wasm_bindgen(method)]
    pub(crate) fn text(response: &Response) -> Promise;
    #[wasm_bindgen(method)]
    pub(crate) fn json(response: &Response) -> Promise;

    /// What the gateway knows of this visitor.
    pub(crate) type VisitorState;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn decided(state: &VisitorState) -> bool;
    #[wasm_bindgen(method, getter)]
    pub(crate) fn granted(state: &VisitorState) -> Option<Node>;
    #[wasm_bindgen(method)]
    pub(crate) fn join(list: &Node, between: &str) -> String;

    #[wasm_bindgen(js_name = addEventListener)]
    fn add_window_listener(event: &str, listener: &JsValue);
    #[wasm_bindgen(js_name = requestAnimationFrame)]
    fn request_frame(callback: &JsValue);
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &JsValue, milliseconds: u32);
    #[wasm_bindgen(js_namespace = JSON, js_name = parse)]
    fn parse_json(text: &str) -> JsValue;
    #[wasm_bindgen(js_name = fetch)]
    pub(crate) fn fetch(address: &str, options: &RequestOptions) -> Promise;
    /// Tells the guard that there is an answer; it wakes the held tags of what is granted, in document order. Without a
    /// guard those of these purposes wake. Written in JavaScript: see `guard/start.js` and `guard/waking`.
    #[wasm_bindgen(js_name = wakeAnswered)]
    pub(crate) fn wake_answered(granted: &str);
}

/// A Rust function as the browser calls it. It lives as long as the page: the banner's listeners are never taken off.
fn callback(call: impl Fn(JsValue) + 'static) -> JsValue {
    Closure::<dyn Fn(JsValue)>::wrap_aborting(Box::new(call)).into_js_value()
}

/// Calls `heard` for each event of this name at `node`.
pub(crate) fn listen(node: &Node, event: &str, heard: impl Fn(Occurrence) + 'static) {
    node.add_listener(event, &callback(move |event| heard(event.unchecked_into())));
}

/// Calls `heard` for each event of this name at the window.
pub(crate) fn listen_window(event: &str, heard: impl Fn(Occurrence) + 'static) {
    add_window_listener(event, &callback(move |event| heard(event.unchecked_into())));
}

/// Calls `changed` when children come or go in an observed node.
pub(crate) fn observer(changed: impl Fn() + 'static) -> MutationObserver {
    MutationObserver::new(&callback(move |_| changed()))
}

/// Observes the direct children of `node`; a second call for the same node changes nothing.
pub(crate) fn observe(observer: &MutationObserver, node: &Node) {
    observer.observe_with(node, &parse_json(r#"{"childList":true}"#));
}

/// Calls `came` with the promise's value, or `failed`.
pub(crate) fn then<T: JsCast>(promise: &Promise, came: impl Fn(T) + 'static, failed: impl Fn() + 'static) {
    promise.then_call(&callback(move |value| came(value.unchecked_into())), &callback(move |_| failed()));
}

/// Calls `call` once, when the browser has drawn the next frame and done what was waiting then. A page that nobody sees
/// draws none: there it is called all the same.
pub(crate) fn after_paint(call: impl Fn() + 'static) {
    let called = Cell::new(false);
    let once = callback(move |_| {
        if !called.replace(true) {
            call();
        }
    });
    set_timeout(&once, NO_FRAME_AFTER);
    request_frame(&callback(move |_| set_timeout(&once, 0)));
}

/// Calls `call` once, after so many milliseconds.
pub(crate) fn after(milliseconds: u32, call: impl Fn() + 'static) {
    set_timeout(&callback(move |_| call()), milliseconds);
}

/// The fields of the form in form encoding, without the pressed button's.
pub(crate) fn fields(form: &Node) -> URLSearchParams {
    URLSearchParams::new(&FormData::new(form))
}

/// Request options from their JSON form: constant text is smaller than a setter for each.
pub(crate) fn options(json: &str) -> RequestOptions {
    parse_json(json).unchecked_into()
}
