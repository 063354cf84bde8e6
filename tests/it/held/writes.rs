//! `document.write` of a woken script: it would empty the page; what it writes stands behind the tag instead, and its scripts run in order.

use serde_json::json;

use super::{Page, STATISTICS, external, inline};

#[tokio::test]
async fn what_an_inline_script_writes_stands_behind_it() {
    let body = format!(
        "<div id=box><i id=before></i>{}<i id=after></i></div>",
        inline(
            "document.write('<b id=one>1</b>', '<b id=two>2</b>'); document.writeln('<b id=three>3</b>'); ran.push(document.getElementById('two').textContent);"
        ),
    );
    let stage = Page::new("", &body).open().await;
    stage.accept().await;
    stage.ran(&["2"]).await;
    let order = "return [...document.querySelectorAll('#box > :not(script)')].map(element => element.id);";
    assert_eq!(stage.browser.run(order).await, json!(["before", "one", "two", "three", "after"]));
    assert!(stage.browser.has("#end").await, "the page is still there");
}

#[tokio::test]
async fn what_an_external_script_writes_stands_behind_it_scripts_and_all() {
    let body =
        format!("<div id=box>{}<i id=after></i></div>{}", external("", "/writes.js"), inline("ran.push('next');"));
    let page = Page::new("", &body)
        .file(
            "/writes.js",
            "ran.push('writes'); document.write('<b id=one>1</b><script src=\"https://static.hotjar.com/nested.js\"></scr' + 'ipt><script>ran.push(\"inline behind\");</scr' + 'ipt><b id=last>4</b>');",
        )
        .file("/nested.js", "ran.push('nested'); document.write('<b id=two>2</b><script>ran.push(\"deep\"); document.write(\"<b id=three>3</b>\");</scr' + 'ipt>');");
    let stage = page.open().await;
    stage.accept().await;
    stage.ran_once_each(&["writes", "nested", "deep", "inline behind", "next"]).await;
    let order = "return [...document.querySelectorAll('#box b')].map(element => element.id);";
    assert_eq!(stage.browser.run(order).await, json!(["one", "two", "three", "last"]));
    assert_eq!(stage.asked(), ["/writes.js", "/nested.js"]);
    assert!(stage.browser.has("#top").await && stage.browser.has("#end").await, "the page is still there");
}

#[tokio::test]
async fn what_is_written_in_pieces_is_put_together() {
    let code = "document.write('<ul id=list><li>'); document.write('a</li>'); document.write('<li>b'); document.write('</li></ul><p>open');
        document.write('<script>ran.push(document.querySelectorAll(\"#list li\").length);</scr'); document.write('ipt>');";
    let stage = Page::new("", &inline(code)).open().await;
    stage.accept().await;
    stage.browser.until("ran.length === 1").await;
    assert_eq!(stage.browser.run("return ran;").await, json!([2]));
}

#[tokio::test]
async fn a_script_in_the_head_writes_into_the_body() {
    let stage = Page::new(&inline("document.write('<b id=seen>seen</b>'); ran.push('ran');"), "").open().await;
    stage.accept().await;
    stage.ran(&["ran"]).await;
    assert!(stage.browser.has("body #seen").await);
}

#[tokio::test]
async fn a_write_that_comes_too_late_leaves_the_page_and_a_reload_is_offered() {
    let page = Page::new("", &external("", "/late.js")).file(
        "/late.js",
        "document.open(); setTimeout(() => { document.write('<p>everything else is gone</p>'); ran.push('late'); }, 0);",
    );
    let stage = page.open().await;
    stage.accept().await;
    stage.ran(&["late"]).await;
    assert!(stage.browser.has("#top").await && stage.browser.has("#end").await, "the page is still there");
    assert!(stage.browser.has("#consent-settings button").await);
}

#[tokio::test]
async fn the_pages_own_writes_are_its_own() {
    let own = "<script>addEventListener('own', () => { document.write('<p id=new>A new page.</p>'); document.close(); });</script>";
    let page =
        Page::new(own, &[external("", "/one.js"), format!("<img src='{STATISTICS}/pixel.png' alt=''>")].concat());
    let stage = page.file("/one.js", "ran.push('one');").open().await;
    stage.accept().await;
    stage.ran(&["one"]).await;
    stage.browser.run("dispatchEvent(new Event('own'));").await;
    stage.browser.until("document.querySelector('#new') && !document.querySelector('#end')").await;
}
