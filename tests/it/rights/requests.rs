//! Requests that visitors send: received once, bounded, sealed, and seen again by their reference alone.

use gateway_tests::wait;

use super::{consent, me, origin, plan, post, stands_in, within};
use crate::store::lock;
use crate::visitors::{chosen, page, state};

const ABOUT: &str = "Where-did-you-get-my-number";

fn form(kind: &str, about: &str, more: &str) -> String {
    format!("kind={kind}&about={about}&reply=&{more}")
}

#[tokio::test]
async fn a_request_gets_a_reference_and_stands_by_it_and_nothing_of_it_is_readable() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let sent = post(address, "requests", &form("access", ABOUT, ""), "").await;
    assert_eq!((sent.status, sent.header("cache-control").as_deref()), (200, Some("no-store")), "{}", sent.text());
    let reference = within(&sent.text(), "consent-reference").to_owned();
    assert_eq!(reference.len(), 29, "{reference}");
    let found = post(address, "request", &format!("reference={}", reference.to_lowercase()), "").await;
    assert_eq!((found.status, within(&found.text(), "consent-status")), (200, "Waiting for an answer"));
    assert!(!found.text().contains(ABOUT), "who has a reference sees where it stands, not what was written");
    for wrong in
        ["", "0000-0000-0000-0000-0000-0000", "what", &reference.replace('-', "").replacen(|_: char| true, "", 1)]
    {
        let heard = post(address, "request", &format!("reference={wrong}"), "").await;
        assert_eq!(heard.status, 404, "{wrong}");
        assert!(heard.text().contains("There is no request with this reference."));
    }
    assert!(!stands_in(&gateway.data(), ABOUT), "it is sealed");
    assert!(!stands_in(&gateway.data(), &reference) && !gateway.log().contains(&reference), "so is its reference");
    assert!(!gateway.log().contains(ABOUT));
}

#[tokio::test]
async fn a_form_sent_twice_is_one_request_and_one_gone_back_to_is_another() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let shown = me(address, "").await;
    let (_, rest) = shown.split_once("name=\"reference\" value=\"").expect("a fresh reference");
    let fresh = rest.split('"').next().expect("a value");
    let more = format!("reference={fresh}");
    let given = async |about: &str| {
        let heard = post(address, "requests", &form("correction", about, &more), "").await;
        within(&heard.text(), "consent-reference").to_owned()
    };
    assert_eq!(given("one").await, fresh);
    assert_eq!(given("one").await, fresh);
    assert_ne!(given("two").await, fresh, "what was typed anew is not lost");
    let said = super::officer(gateway.folder(), &["list"]).1;
    assert_eq!(said.matches("correction").count(), 2, "{said}");
    assert_ne!(within(&me(address, "").await, "consent-request"), fresh);
}

#[tokio::test]
async fn what_does_not_fit_is_said_and_kept_in_the_form() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let check = async |fields: &str, status: u16| {
        let heard = post(address, "requests", fields, "").await;
        assert_eq!(heard.status, status, "{fields}: {}", heard.text());
        heard.text()
    };
    let long = "a".repeat(2_001);
    for fields in [
        form("access", "", ""),
        form("access", "%20%0a", ""),
        form("access", &long, ""),
        form("access", "a%E2%80%AEb", ""),
        form("resumption", "x", ""),
        form("other", "x", ""),
        "about=x".to_owned(),
        "kind=complaint&about=x&reply=a%0d%0ab".to_owned(),
    ] {
        let text = check(&fields, 422).await;
        assert!(text.contains("id=\"consent-problem\"") && !text.contains("consent-taken"), "{fields}");
    }
    let kept = check("kind=complaint&about=%3Cb%3Ehello&reply=a%0ab", 422).await;
    assert!(kept.contains("&#60;b&#62;hello</textarea>") && kept.contains("value=\"complaint\" selected"), "{kept}");
    let korean = "%EA%B0%80".repeat(2_000);
    check(&form("access", &korean, ""), 200).await;
    check(&form("access", "twice&about=x", ""), 400).await;
    for number in 0..9 {
        check(&form("access", &format!("x{number}"), ""), 200).await;
    }
    let full = check(&form("access", "x", ""), 429).await;
    assert!(full.contains("privacy@our-site.example"), "whoever is turned away is told where to write: {full}");
}

#[tokio::test]
async fn optional_use_rests_while_a_request_to_delete_waits() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    let granted = async || state(address, &[("Cookie", &cookie)]).await["granted"].as_array().map(Vec::len);
    post(address, "requests", &form("access", "x", ""), &cookie).await;
    assert_eq!(granted().await, Some(4), "to see is not to suspend");
    let sent = post(address, "requests", &form("deletion", "all", ""), &cookie).await;
    let reference = within(&sent.text(), "consent-reference").to_owned();
    assert_eq!(granted().await, Some(1), "at once");
    page(address, "/", &[("Cookie", &format!("{cookie}; _ga=1"))]).await;
    assert!(origin.last_at("/").cookie_names().is_empty());
    assert!(me(address, &cookie).await.contains("id=\"consent-pending\""));
    let another = chosen(address, "accept_all", &[]).await;
    assert_eq!(state(address, &[("Cookie", &another)]).await["granted"].as_array().map(Vec::len), Some(4));
    let (done, said) = super::officer(gateway.folder(), &["answer", &reference, "--words", "Deleted on our side."]);
    assert!(done, "{said}");
    wait::until_true("the answer ends the rest", || async { granted().await == Some(4) }).await;
    let found = post(address, "request", &format!("reference={reference}"), "").await.text();
    assert!(found.contains("Deleted on our side.") && within(&found, "consent-status") == "Answered", "{found}");
}

#[tokio::test]
async fn a_store_that_can_not_write_gives_no_reference() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    let held = lock(&gateway.data()).await;
    let heard = post(address, "requests", &form("deletion", "remember-me", ""), &cookie).await;
    drop(held);
    assert_eq!(heard.status, 503, "{}", heard.text());
    let text = heard.text();
    assert!(text.contains("remember-me</textarea>") && !text.contains("id=\"consent-taken\""), "{text}");
    assert!(heard.set_cookie("consent").is_none() && !consent(&post(address, "suspend", "", &cookie).await).is_empty());
}
