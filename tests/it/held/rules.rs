//! What a page demands of its scripts holds for woken ones: nonces, integrity, Trusted Types, import maps; and what a script knows of itself.

use super::{Page, STATISTICS, external, inline, marked};

const SOUND: &str = "sha256-XPtooiuwkRcrWUT8RdLYw3fZPdunLIL6QQcc6+twPWs=";

#[tokio::test]
async fn a_script_knows_itself_and_keeps_its_attributes() {
    let code = "const me = document.currentScript; ran.push([me.id, me.dataset.site, me.parentNode.id, me.nextElementSibling.id].join());";
    let body = format!(
        "<div id=box>{}<i id=after></i></div><div id=other>{}<i id=behind></i></div>",
        marked("id=me data-site=7", code),
        external(
            "id=it data-site=8 crossorigin=anonymous referrerpolicy=origin onload=\"ran.push('onload')\"",
            "/me.js"
        ),
    );
    let page = Page::new("", &body).file(
        "/me.js",
        "{ const me = document.currentScript; ran.push([me.id, me.dataset.site, me.parentNode.id, me.nextElementSibling.id, me.crossOrigin, me.referrerPolicy].join()); }",
    );
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["me,7,box,after", "it,8,other,behind,anonymous,origin", "onload"]).await;
}

#[tokio::test]
async fn a_nonce_is_kept() {
    let body =
        [external("nonce=n1", "/one.js"), marked("nonce=n1", "ran.push('inline');"), inline("ran.push('no nonce');")];
    let policy = "script-src 'self' 'nonce-n1' 'wasm-unsafe-eval'; style-src 'self'";
    let page =
        Page::new("", &body.concat()).file("/one.js", "ran.push('one');").header("content-security-policy", policy);
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["one", "inline"]).await;
}

#[tokio::test]
async fn what_strangers_write_with_marks_like_ours_gets_no_handler_and_no_link() {
    let body = "<img id=image data-consent-hold=analytics data-consent-src=/none.png data-consent-onerror=\"ran.push('handler')\">\
                <a id=link data-consent-hold=analytics data-consent-href=\"javascript:ran.push('link')\">a link</a>\
                <p data-consent-first=\"https://connect.facebook.net/first.js\">text</p>";
    let page = Page::new("", &[body, &inline("ran.push('own');")].concat()).file("/first.js", "ran.push('first');");
    let stage = page.open().await;
    stage.accept().await;
    stage.browser.until("document.querySelector('#image').hasAttribute('src')").await;
    let left = "return [document.querySelector('#image').hasAttribute('onerror'), document.querySelector('#link').hasAttribute('href')];";
    assert_eq!(stage.browser.run(left).await, serde_json::json!([false, false]));
    stage.ran_once_each(&["own"]).await;
}

#[tokio::test]
async fn integrity_is_kept_and_still_refuses_what_was_changed() {
    let body = [
        external(&format!("crossorigin integrity={SOUND}"), "/sound.js"),
        external(&format!("crossorigin integrity={SOUND} onerror=\"ran.push('refused')\""), "/changed.js"),
        inline("ran.push('end');"),
    ];
    let page = Page::new("", &body.concat())
        .file("/sound.js", "ran.push('sound');")
        .file("/changed.js", "ran.push('changed');");
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["sound", "refused", "end"]).await;
}

#[tokio::test]
async fn a_page_that_demands_trusted_types_is_served() {
    let body = [
        external("onload=\"ran.push('onload')\"", "/one.js"),
        inline("ran.push('inline'); document.write('<b id=bold>bold</b><script>ran.push(\"written\");<\\/script>');"),
        format!("<iframe id=frame srcdoc=\"<p id=in>in</p><img src='{STATISTICS}/pixel.png'>\"></iframe>"),
    ];
    let page = Page::new("", &body.concat())
        .file("/one.js", "ran.push('one');")
        .header("content-security-policy", "require-trusted-types-for 'script'");
    let stage = page.open().await;
    // document.write is a demand's matter too: what the page itself writes must be trusted, and it says so with a policy of its own.
    stage.browser.run("trustedTypes.createPolicy('default', { createHTML: text => text });").await;
    stage.accept().await;
    stage.ran_once_each(&["one", "onload", "inline", "written"]).await;
    assert!(stage.browser.has("#bold").await);
}

#[tokio::test]
async fn a_page_that_names_its_makers_has_the_gateway_s_among_them() {
    let page = Page::new("", &external("", "/one.js"))
        .file("/one.js", "ran.push('one');")
        .header("content-security-policy", "require-trusted-types-for 'script'; trusted-types own");
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["one"]).await;
}

#[tokio::test]
async fn a_page_whose_script_allows_no_other_maker_is_offered_a_reload() {
    // What a script makes is not there to be mended on the way.
    let demand = "<script>const demand = document.createElement('meta'); demand.httpEquiv = 'Content-Security-Policy';\
                  demand.content = \"require-trusted-types-for 'script'; trusted-types own\"; document.head.append(demand);</script>";
    let page = Page::new(demand, &external("", "/one.js")).file("/one.js", "ran.push('one');");
    let stage = page.open().await;
    stage.accept().await;
    stage.browser.until("document.querySelector('#consent-settings button')").await;
    assert!(stage.browser.text("#consent-settings p").await.contains("loaded again"));
    assert_eq!(stage.origin.seen_at("/").len(), 1, "nothing is loaded again by itself");
    stage.browser.click("#consent-settings button").await;
    // Parsed by the browser, an address needs no maker.
    stage.browser.until("window.ran?.length === 1 && !document.querySelector('#consent-settings button')").await;
}

#[tokio::test]
async fn an_import_map_with_a_held_module_is_whole_after_the_offered_reload() {
    let head = format!(
        "<script type=importmap>{{\"imports\":{{\"own\":\"data:text/javascript,\",\"stats\":\"{STATISTICS}/stats.js\"}}}}</script>"
    );
    let body =
        "<script type=module>import 'own'; import * as stats from 'stats'; ran.push(stats.name ?? 'without');</script>";
    let page = Page::new(&head, body).file("/stats.js", "export const name = 'with';");
    let stage = page.open().await;
    stage.browser.until("ran.length === 1").await;
    assert_eq!(stage.browser.run("return ran;").await, serde_json::json!(["without"]), "the page's own module runs");
    stage.press_accept().await;
    stage.browser.until("document.querySelector('#consent-settings button')").await;
    stage.browser.click("#consent-settings button").await;
    stage.browser.until("window.ran?.[0] === 'with'").await;
}

#[tokio::test]
async fn a_tag_that_says_so_waits_for_the_offered_reload() {
    let page = Page::new("", &external("data-consent-reload", "/one.js")).file("/one.js", "ran.push('one');");
    let stage = page.open().await;
    stage.accept().await;
    stage.browser.until("document.querySelector('#consent-settings button')").await;
    assert!(stage.asked().is_empty(), "{:?}", stage.asked());
    stage.browser.click("#consent-settings button").await;
    stage.browser.until("window.ran?.length === 1").await;
}
