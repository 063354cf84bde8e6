//! The five services' own policies, each in front of a site: what the text promises is shown, in every language, and holds. Refuses to know more
//! of a service than its document says.

use std::path::PathBuf;

use gateway_tests::{Gateway, Origin, Reply, folders};
use policies::rules::catalog::Catalog;
use policies::{Lang, Policy};

use crate::visitors::{chosen, page, state};

const SERVICES: [&str; 5] = ["ezcare", "jmpsystem", "officemessenger", "qsolution", "remotemeeting"];

fn document(service: &str) -> PathBuf {
    let folder = folders::repository().join("policies/documents").join(service);
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("each service has a folder").flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.pop().unwrap_or_else(|| panic!("{} is empty", folder.display()))
}

fn policy(service: &str) -> Policy {
    let source = std::fs::read_to_string(document(service)).expect("a policy file can be read");
    let catalog = Catalog::bundled().unwrap_or_else(|faults| panic!("{faults:?}"));
    policies::policy::compile(&source, &catalog).unwrap_or_else(|faults| panic!("{service}: {faults:?}"))
}

/// The text as a template writes it.
fn escaped(text: &str) -> String {
    text.replace('&', "&#38;").replace('<', "&#60;").replace('>', "&#62;").replace('"', "&#34;").replace('\'', "&#39;")
}

#[tokio::test]
async fn each_services_cookie_section_is_shown_in_every_language() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>T</title><body><p>x</p>")).await;
    for service in SERVICES {
        let policy = policy(service);
        let gateway = Gateway::before(&origin.url()).policy(&document(service)).start().await;
        for (lang, tag) in Lang::ALL.map(|lang| (lang, lang.tag())) {
            let banner = page(gateway.address(), "/", &[("Accept-Language", tag)]).await.text();
            let full = page(gateway.address(), &format!("/.consent/policy?lang={tag}"), &[]).await.text();
            for paragraph in &policy.section.paragraphs {
                let words = escaped(paragraph.in_lang(lang));
                assert!(banner.contains(&words), "{service} {tag}: the banner lacks {words}");
                assert!(full.contains(&words), "{service} {tag}: the policy page lacks {words}");
            }
            for purpose in &policy.purposes {
                let name = escaped(purpose.name.in_lang(lang));
                assert!(banner.contains(&name) && full.contains(&name), "{service} {tag}: {name}");
            }
            for record in &policy.retention {
                let name = escaped(record.record.in_lang(lang));
                assert!(full.contains(&name), "{service} {tag}: the retention of {name}");
            }
            assert!(full.contains(&escaped(&policy.contact.address)), "{service} {tag}: whom to write to");
            assert!(full.contains(&policy.effective.to_string()), "{service} {tag}: from when it holds");
        }
    }
}

#[tokio::test]
async fn each_services_purposes_can_be_granted_and_refused() {
    let origin = Origin::start(|_| Reply::page("<!doctype html><title>T</title>")).await;
    for service in SERVICES {
        let policy = policy(service);
        let gateway = Gateway::before(&origin.url()).policy(&document(service)).start().await;
        let optional = policy.ids(policy.optional());
        assert_eq!(state(gateway.address(), &[]).await["policy"], policy.version.to_string(), "{service}");
        let refused = chosen(gateway.address(), "refuse_all", &[]).await;
        let after = state(gateway.address(), &[("Cookie", &refused)]).await;
        assert_eq!(after["refused"], serde_json::json!(optional), "{service}");
        let accepted = chosen(gateway.address(), "accept_all", &[]).await;
        let after = state(gateway.address(), &[("Cookie", &accepted)]).await;
        assert_eq!(after["refused"], serde_json::json!([]), "{service}");
        if let [first, rest @ ..] = optional.as_slice() {
            let custom = chosen(gateway.address(), "custom", &[first]).await;
            let after = state(gateway.address(), &[("Cookie", &custom)]).await;
            assert_eq!(after["refused"], serde_json::json!(rest), "{service}: only {first} was chosen");
        }
    }
}

#[tokio::test]
async fn what_the_visitor_asked_for_is_kept_until_refused() {
    // EzCare remembers an id and a sort order on request only.
    let origin =
        Origin::start(|_| Reply::page("<!doctype html><title>T</title>").cookie("sort_order=name; Path=/")).await;
    let gateway = Gateway::before(&origin.url()).policy(&document("ezcare")).start().await;
    let heard = page(gateway.address(), "/", &[("Cookie", "sort_order=date")]).await;
    assert_eq!(heard.all("set-cookie"), ["sort_order=name; Path=/"], "asked for by the visitor's own act");
    assert_eq!(origin.last_at("/").cookie_names(), ["sort_order"]);
    let cookie = chosen(gateway.address(), "refuse_all", &[]).await;
    let both = format!("sort_order=date; {cookie}");
    let heard = page(gateway.address(), "/refused", &[("Cookie", &both)]).await;
    assert!(origin.last_at("/refused").cookie_names().is_empty(), "refused by the visitor");
    let lines = heard.all("set-cookie");
    assert!(!lines.iter().any(|line| line.starts_with("sort_order=name")), "{lines:?}");
}
