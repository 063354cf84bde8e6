//! Where held tags may stand besides the page itself: open shadow roots, declared or attached, and what scripts put in later.

use super::{Page, STATISTICS, external, inline};

#[tokio::test]
async fn tags_in_open_shadow_roots_wake() {
    let body = format!(
        "<div id=declared><template shadowrootmode=open>{}<img src='{STATISTICS}/declared.gif' alt=''><div><template shadowrootmode=open>{}</template></div></template></div>",
        external("", "/shadow.js"),
        inline("ran.push('deep');"),
    );
    let page = Page::new("", &body).file("/shadow.js", "ran.push('shadow');");
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["shadow", "deep"]).await;
    let asked = || async { stage.asked().iter().any(|path| path == "/declared.gif") };
    gateway_tests::wait::until_true("the picture in the shadow is asked for", asked).await;
}

#[tokio::test]
async fn tags_that_a_script_puts_in_later_wake() {
    let body = format!("<template id=stored>{}</template>", external("", "/stored.js"));
    let page = Page::new("", &[body, inline("ran.push('inline');")].concat()).file("/stored.js", "ran.push('stored');");
    let stage = page.open().await;
    stage.accept().await;
    stage.ran(&["inline"]).await;
    stage.browser.run("document.body.append(document.querySelector('#stored').content.cloneNode(true));").await;
    stage.ran_once_each(&["inline", "stored"]).await;
}

#[tokio::test]
async fn tags_of_the_one_page_for_all_wake_wherever_a_script_puts_them() {
    let page = Page::new("", &external("", "/one.js"))
        .file("/one.js", "ran.push('one');")
        .file("/late.js", "ran.push('late');");
    let stage = page.cacheable().open().await;
    stage.browser.until("document.querySelector('#consent-banner:not([hidden])')").await;
    stage.press_accept().await;
    stage.ran(&["one"]).await;
    let late = format!(
        "const tag = document.createElement('div'); tag.innerHTML = '<script type=text/plain data-consent-hold=analytics data-consent-src=\"{STATISTICS}/late.js\"></scr' + 'ipt>'; document.body.append(tag);"
    );
    stage.browser.run(&late).await;
    stage.ran_once_each(&["one", "late"]).await;
}
