//! Listeners for what is over: a woken script that waits for the page is called all the same, once; the page's own listeners are not called again.

use serde_json::json;

use super::{Page, external, inline, marked};

const LISTENS: &str = "
    const say = name => event => ran.push(`${name} ${event.type} ${document.readyState} ${event.target === event.currentTarget}`);
    const twice = say('twice');
    addEventListener('load', say('window'));
    document.addEventListener('DOMContentLoaded', say('document'));
    document.addEventListener('DOMContentLoaded', { handleEvent: say('object') }, { once: true });
    document.addEventListener('DOMContentLoaded', twice); document.addEventListener('DOMContentLoaded', twice);
    const gone = say('gone'); addEventListener('load', gone); removeEventListener('load', gone);
    const abort = new AbortController(); addEventListener('load', say('aborted'), { signal: abort.signal }); abort.abort();";

const CALLED: [&str; 4] = [
    "document DOMContentLoaded complete true",
    "object DOMContentLoaded complete true",
    "twice DOMContentLoaded complete true",
    "window load complete true",
];

const OWN: &str = "<script>window.own = []; addEventListener('load', () => own.push('load')); document.addEventListener('DOMContentLoaded', () => own.push('ready'));
    onload = () => own.push('onload');</script>";

#[tokio::test]
async fn an_inline_script_that_waits_for_the_page_is_called_once() {
    let page = Page::new(OWN, &inline(&format!("{{ {LISTENS} }}")));
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&CALLED).await;
    assert_eq!(
        stage.browser.run("return own;").await,
        json!(["ready", "load", "onload"]),
        "the page's own once, as ever"
    );
}

#[tokio::test]
async fn so_is_an_external_one_after_everything_has_run() {
    let script: &'static str = Box::leak(format!("{{ {LISTENS} }}").into_boxed_str());
    let page =
        Page::new(OWN, &[external("", "/waits.js"), inline("ran.push('next');")].concat()).file("/waits.js", script);
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&[&["next"][..], &CALLED].concat()).await;
    assert_eq!(stage.browser.run("return own;").await, json!(["ready", "load", "onload"]));
}

#[tokio::test]
async fn so_is_a_module_and_what_a_callback_adds() {
    let script = "addEventListener('load', () => ran.push('module ' + document.readyState));
        setTimeout(() => document.addEventListener('DOMContentLoaded', () => ran.push('callback')), 0);";
    let page = Page::new(OWN, &external("type=module", "/waits.js")).file("/waits.js", script);
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["module complete", "callback"]).await;
    assert_eq!(stage.browser.run("return own;").await, json!(["ready", "load", "onload"]));
}

#[tokio::test]
async fn a_handler_set_as_a_property_is_called_once() {
    let body = [
        inline("window.onload = () => ran.push('replaced');"),
        external("", "/sets.js"),
        marked("id=x", "ran.push('first');"),
    ];
    let page =
        Page::new("", &body.concat()).file("/sets.js", "window.onload = event => ran.push('onload ' + event.type);");
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["first", "onload load"]).await;
}

#[tokio::test]
async fn what_the_page_adds_too_late_stays_its_own_affair() {
    let own = "<script>addEventListener('own', () => { addEventListener('load', () => ran.push('never')); });</script>";
    let page = Page::new(own, &[external("", "/one.js"), inline("dispatchEvent; ran.push('two');")].concat());
    let stage = page.file("/one.js", "ran.push('one');").open().await;
    stage.accept().await;
    stage.ran(&["one", "two"]).await;
    stage.browser.run("dispatchEvent(new Event('own'));").await;
    stage.ran_once_each(&["one", "two"]).await;
}
