//! The pages in Chromium: for axe-core, for the eye, with and without the script.

use gateway_tests::{Browser, folders, wait};
use serde_json::json;

use crate::access::{check_none, key, media, seen_by_axe, view};
use crate::demo::Demo;

const VIEW: &str = "site=remotemeeting&period=30d";

/// What is cut off or sticks out of the view; what scrolls within its own box may.
const CUT: &str = "const wide = innerWidth;
    const inside = each => each.closest('.wide, .heard, svg');
    const shown = [...document.querySelectorAll('body *')].filter(each => each.checkVisibility() && !inside(each));
    return shown.filter(each => { const box = each.getBoundingClientRect(); return box.left < -0.5 || box.right > wide + 0.5; })
        .map(each => `${each.localName}.${each.className} ${each.textContent.trim().slice(0, 40)}`);";

async fn picture(browser: &Browser, name: &str, (width, height): (u32, u32)) {
    view(browser, width, height).await;
    assert_eq!(browser.run(CUT).await, json!([]), "{name}");
    let whole = browser.run("return Math.min(document.documentElement.scrollHeight, 9000);").await;
    view(browser, width, whole.as_u64().and_then(|whole| whole.try_into().ok()).unwrap_or(height)).await;
    browser.picture(&folders::pictures().join(format!("dashboard-{name}.png"))).await;
    view(browser, width, height).await;
}

#[tokio::test]
async fn axe_finds_nothing_in_the_statistics_and_a_chart_tells_its_numbers_to_the_keyboard() {
    let demo = Demo::start().await;
    let browser = Browser::plan().start().await;
    let mut found = Vec::new();
    // Between them the two languages show every width and both schemes.
    for (lang, phone, desk) in [("ko", "light", "dark"), ("en", "dark", "light")] {
        let page = format!("http://{}/?lang={lang}&{VIEW}", demo.admin);
        browser.open(&page).await;
        browser.run("document.querySelectorAll('details').forEach(each => each.open = true);").await;
        found.extend(seen_by_axe(&browser, lang, "statistics").await);
        browser.open(&page).await;
        media(&browser, "", &[("prefers-color-scheme", phone)]).await;
        picture(&browser, &format!("{lang}-360-{phone}"), (360, 740)).await;
        media(&browser, "", &[("prefers-color-scheme", desk)]).await;
        picture(&browser, &format!("{lang}-1280-{desk}"), (1280, 900)).await;
    }
    media(&browser, "print", &[]).await;
    browser.open(&format!("http://{}/report?lang=ko&{VIEW}", demo.admin)).await;
    picture(&browser, "ko-print", (718, 1016)).await;
    media(&browser, "", &[]).await;
    check_none(&found);

    browser.open(&format!("http://{}/?lang=en&{VIEW}", demo.admin)).await;
    view(&browser, 1280, 900).await;
    browser.run("document.querySelector('#agree .drawing').focus();").await;
    key(&browser, "Home", 36).await;
    let row = "document.querySelector('#agree tbody tr')";
    browser
        .until(&format!("document.querySelector('#agree .tip')?.innerText.includes({row}.cells[1].textContent)"))
        .await;
    browser.picture(&folders::pictures().join("dashboard-tip.png")).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new(), "the security policy lets all of it be");
    browser.run("const only = document.querySelector('select[name=of]'); only.value = 'device=phone'; only.dispatchEvent(new Event('change', { bubbles: true }));").await;
    browser
        .until(
            "document.querySelector('select[name=of]').value == 'device=phone' && location.search.includes('device')",
        )
        .await;
}

#[tokio::test]
async fn without_script_the_form_asks_for_another_view_and_a_note_is_added_and_removed() {
    let demo = Demo::start().await;
    let browser = Browser::plan().without_script().start().await;
    browser.open(&format!("http://{}/?lang=en&{VIEW}", demo.admin)).await;
    browser.click("form.controls button").await;
    wait::until_true("the form has asked", || async { browser.location().await.contains("compare=before") }).await;
    browser.type_into("form.note [name=words]", "new prices <b>").await;
    browser.click("form.note button").await;
    let remove = "#events button[aria-label*='new prices <b>']";
    wait::until_true("the note stands there", || async { browser.has(remove).await }).await;
    browser.click(remove).await;
    wait::until_true("the note is gone", || async { browser.has("#events").await && !browser.has(remove).await }).await;
}
