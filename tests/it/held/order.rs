//! When a woken script runs: in the page's order, deferred ones and modules after it, `async` ones whenever they come.

use serde_json::json;

use super::{ADVERTISING, Page, STATISTICS, external, inline, marked};

#[tokio::test]
async fn classic_scripts_run_in_document_order_inline_and_external_mixed() {
    let body = [
        inline("ran.push('first');"),
        external("", "/slow.js"),
        inline("ran.push('third');"),
        external("", "/fourth.js"),
        inline("ran.push('fifth');"),
    ];
    let page = Page::new("", &body.concat())
        .file("/slow.js", "for (let until = performance.now() + 100; performance.now() < until;); ran.push('second');")
        .file("/fourth.js", "ran.push('fourth');");
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["first", "second", "third", "fourth", "fifth"]).await;
    assert_eq!(stage.asked(), ["/slow.js", "/fourth.js"], "each was asked for once");
}

#[tokio::test]
async fn an_async_script_keeps_nobody_waiting() {
    let body = [external("async", "/gone.js"), external("async", "/async.js"), inline("ran.push('inline');")];
    let page = Page::new("", &body.concat()).file("/async.js", "ran.push('async');");
    let stage = page.open().await;
    stage.accept().await;
    stage.browser.until("ran.length === 2").await;
    let ran = stage.browser.run("return ran.sort();").await;
    assert_eq!(ran, json!(["async", "inline"]));
}

#[tokio::test]
async fn deferred_scripts_and_modules_run_after_the_others_in_order() {
    let body = [
        external("defer", "/deferred.js"),
        external("type=module", "/module.js"),
        marked("type=module", "ran.push('inline module');"),
        external("defer", "/last.js"),
        inline("window.set = 'by the page'; ran.push('inline');"),
    ];
    let page = Page::new("", &body.concat())
        .file("/deferred.js", "ran.push('deferred ' + window.set);")
        .file("/module.js", "import { name } from './part.mjs.js'; ran.push(name);")
        .file("/part.mjs.js", "export const name = 'module';")
        .file("/last.js", "ran.push('last');");
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["inline", "deferred by the page", "module", "inline module", "last"]).await;
}

#[tokio::test]
async fn a_script_for_browsers_without_modules_stays_asleep() {
    let body = [external("nomodule", "/old.js"), external("type=module", "/new.js"), inline("ran.push('inline');")];
    let page = Page::new("", &body.concat()).file("/old.js", "ran.push('old');").file("/new.js", "ran.push('new');");
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["inline", "new"]).await;
}

#[tokio::test]
async fn two_grants_at_once_wake_each_tag_once() {
    let body = [external("", "/one.js"), inline("ran.push('two');"), external("", "/three.js")].concat();
    let page = Page::new("", &body).file("/one.js", "ran.push('one');").file("/three.js", "ran.push('three');");
    let stage = page.cacheable().open().await;
    stage.browser.until("document.querySelector('#consent-banner:not([hidden])')").await;
    stage.press_accept().await;
    // The same module, asked again twice while the first waking waits for the third party.
    let again = "const loaded = performance.getEntriesByType('resource').map(entry => entry.name).filter(name => /consent.[0-9a-f]+.js$/.test(name));
        const modules = await Promise.all(loaded.map(name => import(name).catch(() => ({}))));
        const waking = modules.filter(module => module.wakeHeld);
        waking.forEach(module => { module.wakeHeld('analytics marketing'); module.wakeHeld('analytics'); });
        return waking.length;";
    let again = format!("return (async () => {{ {again} }})();");
    assert_eq!(stage.browser.run(&again).await, 1, "the waking module was loaded");
    stage.ran_once_each(&["one", "two", "three"]).await;
    assert_eq!(stage.asked(), ["/one.js", "/three.js"]);
}

#[tokio::test]
async fn only_what_was_granted_wakes() {
    let advertising = format!("<script src=\"{ADVERTISING}/pixel.js\"></script>");
    let both = format!(
        "<script>if (window.never) fetch('{STATISTICS}/x'), fetch('{ADVERTISING}/y'); ran.push('both');</script>"
    );
    let page = Page::new("", &[advertising, both, external("", "/one.js")].concat())
        .file("/one.js", "ran.push('one');")
        .file("/pixel.js", "ran.push('pixel');");
    let stage = page.open().await;
    crate::stage::taken_over(&stage.browser).await;
    stage.browser.click("#consent-choose > summary").await;
    stage.browser.click("#consent-form input[name=purpose][value=analytics]").await;
    stage.browser.click("#consent-save").await;
    stage.ran_once_each(&["one"]).await;
    assert_eq!(stage.asked(), ["/one.js"]);
}
