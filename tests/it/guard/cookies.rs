//! Cookies that scripts of a page write, by every way there is, and what they can read.

use gateway_tests::{Browser, Reply, Seen};

use super::{Setting, accepted, names, refused, site};
use crate::stage::{SHOP, closed};

/// Writes refusable cookies by many ways, and two that nobody refuses.
const WRITES: &str = r#"
    const life = '; path=/; max-age=9999';
    document.cookie = 'cart=1' + life;
    document.cookie = '_ga=instance' + life;
    document.cookie = '=_gid=nameless' + life;
    const setter = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').set;
    setter.call(document, '_gat=setter' + life);
    Reflect.set(document, 'cookie', '_fbp=reflected' + life);
    try { document.__defineSetter__; document.__lookupSetter__('cookie').call(document, '_fbc=looked up' + life); } catch {}
    document.cookie = 'theme=dark' + life;
"#;

const FRAMES: &str = r#"
    const place = document.getElementById('place');
    const frame = (set) => { const made = document.createElement('iframe'); set(made); place.append(made); return made; };
    const write = (name) => "document.cookie = '" + name + "=frame; path=/; max-age=9999'";
    frame(() => {}).contentDocument.cookie = '_clck=blank; path=/; max-age=9999';
    frame(() => {}); frames[frames.length - 1].document.cookie = '_clsk=by number; path=/; max-age=9999';
    frame((made) => { made.srcdoc = '<script>' + write('_hjSession_1') + '<\/script>'; });
    frame((made) => { made.src = 'javascript:' + write('_uetsid'); });
    const written = frame(() => {}).contentDocument;
    written.open(); written.write('<script>' + write('_uetvid') + '<\/script>'); written.close();
    place.insertAdjacentHTML('beforeend', '<iframe srcdoc="<script>' + write('_ttp') + '</scr' + 'ipt>"></iframe>');
    const pristine = frame(() => {}).contentWindow;
    Object.getOwnPropertyDescriptor(pristine.Document.prototype, 'cookie').set.call(document, '_scid=borrowed; path=/; max-age=9999');
    window.addEventListener('load', () => setTimeout(() => { window.done = true; }, 100));
"#;

const UNREFUSED: [&str; 2] = ["cart", "theme"];
const ALL: [&str; 13] = [
    "_clck",
    "_clsk",
    "_fbc",
    "_fbp",
    "_ga",
    "_gat",
    "_gid",
    "_hjSession_1",
    "_scid",
    "_ttp",
    "_uetsid",
    "_uetvid",
    "cart",
];

fn writes(seen: &Seen) -> Reply {
    site(seen, WRITES, FRAMES)
}

fn all() -> Vec<&'static str> {
    let mut all = [&ALL[..], &["theme"]].concat();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn without_the_gateway_every_way_sets_its_cookie() {
    let setting = Setting::of(writes).await;
    let browser = setting.browser_without().await;
    browser.open(SHOP).await;
    browser.until("window.done").await;
    // A nameless cookie has its name in its value.
    let names = names(&browser).await;
    let missing: Vec<_> =
        all().into_iter().filter(|name| *name != "_gid" && !names.contains(&(*name).into())).collect();
    assert!(missing.is_empty(), "{missing:?} of {names:?}");
}

#[tokio::test]
async fn unanswered_or_refused_no_way_sets_one_and_the_page_goes_on() {
    let setting = Setting::of(writes).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    browser.until("window.done").await;
    assert_eq!(names(&browser).await, UNREFUSED, "before any answer");
    refused(&browser).await;
    browser.open(&format!("{SHOP}/next")).await;
    browser.until("window.done").await;
    assert_eq!(names(&browser).await, UNREFUSED, "after the refusal");
    assert_eq!(browser.run("return document.cookie.split('; ').sort().join()").await, "cart=1,theme=dark");
    let errors: Vec<_> = browser.errors().await.into_iter().filter(|error| !error.contains("favicon")).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[tokio::test]
async fn after_accepting_every_way_works_as_without_the_gateway() {
    let setting = Setting::of(writes).await;
    let (without, browser) = (setting.browser_without().await, setting.browser().await);
    without.open(SHOP).await;
    without.until("window.done").await;
    accepted(&browser).await;
    browser.open(&format!("{SHOP}/next")).await;
    browser.until("window.done").await;
    let kept = |browser| async move {
        let mut kept: Vec<_> = Browser::cookies(browser).await;
        kept.retain(|cookie| cookie.name != "consent");
        kept.sort_by(|one, two| (&one.name, &one.value).cmp(&(&two.name, &two.value)));
        kept
    };
    assert_eq!(kept(&browser).await, kept(&without).await);
    let read = "return document.cookie.split('; ').sort().join()";
    assert_eq!(browser.run(read).await, without.run(read).await);
}

#[tokio::test]
async fn an_answer_counts_at_once_in_the_page_where_it_was_given() {
    let setting = Setting::of(writes).await;
    let browser = setting.browser().await;
    accepted(&browser).await;
    browser.until("(document.cookie = '_ga=later; path=/', document.cookie.includes('_ga=later'))").await;
    // Change of mind by the settings page: the page that follows takes away what scripts can reach.
    browser.click("#consent-settings-link").await;
    browser.click("#consent-refuse").await;
    browser.until("window.done").await;
    assert_eq!(names(&browser).await, UNREFUSED);
}

#[tokio::test]
async fn deletions_always_pass_and_refused_names_are_hidden_from_scripts_as_from_the_site() {
    let setting = Setting::of(|seen| site(seen, "", "")).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    // As a site's own server had set it before the gateway came.
    let own = "document.cookie = 'own=1; path=/'; return document.cookie;";
    assert_eq!(browser.run(own).await, "own=1");
    let set = serde_json::json!({ "name": "_ga", "value": "old", "domain": "shop.example", "path": "/" });
    browser.devtools("Network.setCookie", set).await;
    assert_eq!(browser.run("return document.cookie;").await, "own=1", "hidden");
    assert_eq!(names(&browser).await, ["_ga", "own"], "without an answer nothing is taken away");
    browser.run("document.cookie = '_ga=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT';").await;
    assert_eq!(names(&browser).await, ["own"]);
}

/// The cookie store is there in secure contexts alone: on loopback by its own name.
const STORE: &str = r#"
    const ends = Date.now() + 9999000;
    window.kept = (async () => {
        await cookieStore.set('_ga', '1');
        await cookieStore.set({ name: '_fbp', value: '1', expires: ends });
        await cookieStore.set({ name: 'cart', value: '1', expires: ends });
        return (await cookieStore.getAll()).map((cookie) => cookie.name).sort().join();
    })();
"#;

async fn stored(browser: &Browser, setting: &Setting, path: &str) -> serde_json::Value {
    browser.open(&format!("http://localhost:{}{path}", setting.gateway.address().port())).await;
    browser.run("return kept;").await
}

#[tokio::test]
async fn the_cookie_store_keeps_what_is_granted_for_as_long_as_the_visitor_said() {
    let setting = Setting::of(|seen| site(seen, STORE, "")).await;
    let browser = setting.browser().await;
    assert_eq!(stored(&browser, &setting, "/").await, "cart");
    assert_eq!(names(&browser).await, ["cart"]);
    assert_eq!(browser.run("return cookieStore.get('_ga');").await, serde_json::Value::Null);
    browser.click("#consent-accept").await;
    closed(&browser).await;
    assert_eq!(stored(&browser, &setting, "/granted").await, "_fbp,_ga,cart");
    let of_session = || async {
        let kept = browser.cookies().await.into_iter().filter(|cookie| cookie.session && cookie.name != "consent");
        kept.map(|cookie| cookie.name).collect::<Vec<_>>()
    };
    assert_eq!(of_session().await, ["_ga"], "the one without an end of its own");
    let settings =
        format!("http://localhost:{}/.consent/settings?lang=en&back=/session", setting.gateway.address().port());
    browser.open(&settings).await;
    browser.run("document.querySelector('[value=session]').checked = true").await;
    browser.click("#consent-accept").await;
    browser.until("location.pathname == '/session'").await;
    assert_eq!(browser.run("return kept;").await, "_fbp,_ga,cart");
    let mut session = of_session().await;
    session.sort_unstable();
    assert_eq!(session, ["_fbp", "_ga"], "the cart is necessary and stays");
    browser.run("return cookieStore.delete('_ga');").await;
    assert_eq!(names(&browser).await, ["_fbp", "cart"], "deletions pass");
}

#[tokio::test]
async fn under_a_policy_with_a_nonce_the_guard_runs_before_the_page_s_own_scripts() {
    let policed = |seen: &Seen| {
        match seen.path_only() {
        "/" | "/next" => Reply::page(
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title>\
             <script nonce=n0nce>document.cookie = '_ga=1; path=/'; document.cookie = 'cart=1; path=/'; window.ran = true;</script></head>\
             <body><h1>A page</h1></body></html>",
        )
        .with("content-security-policy", "default-src 'self'; script-src 'nonce-n0nce' 'strict-dynamic'; object-src 'none'"),
        _ => Reply::status(404),
    }
    };
    let setting = Setting::of(policed).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    assert_eq!(browser.run("return [window.ran, !!window.consentGuard];").await, serde_json::json!([true, true]));
    assert_eq!(names(&browser).await, ["cart"]);
}
