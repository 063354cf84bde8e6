//! Requests that scripts make to trackers: none leaves before an answer or after a refusal, all leave after a grant, and the caller is told what a
//! broken network would tell.

use gateway_tests::{Reply, Seen};

use super::{Setting, accepted, refused, site};
use crate::stage::SHOP;

pub(super) const ASKS: &str = r#"
    const at = (name) => 'https://www.google-analytics.com/' + name;
    const told = window.told = {};
    const tell = (name) => (word) => () => { told[name] = word; };
    fetch(at('fetch'), { mode: 'no-cors' }).then(tell('fetch')('answered'), (error) => { told.fetch = error.name + ': ' + error.message; });
    fetch(new Request(at('request'), { mode: 'no-cors' })).then(tell('request')('answered'), tell('request')('failed'));
    const request = new XMLHttpRequest();
    request.onload = tell('xhr')('answered');
    request.onerror = tell('xhr')('failed');
    request.onloadend = () => { told.status = request.status; };
    request.open('POST', at('xhr'));
    request.setRequestHeader('content-type', 'text/plain');
    request.send('x');
    told.beacon = navigator.sendBeacon(at('beacon'), 'x');
    const socket = new WebSocket('wss://www.google-analytics.com/socket');
    socket.onopen = tell('socket')('answered');
    socket.onerror = tell('socket')('failed');
    told.kind = socket instanceof WebSocket && socket.constructor === WebSocket && WebSocket.OPEN === 1;
    const events = new EventSource(at('events'));
    events.onerror = tell('events')('failed');
    const frame = document.createElement('iframe');
    document.documentElement.append(frame);
    frame.contentWindow.fetch(at('frame'), { mode: 'no-cors' }).then(tell('frame')('answered'), tell('frame')('failed'));
    fetch('/own').then(tell('own')('answered'), tell('own')('failed'));
    fetch('https://unknown.invalid/x', { mode: 'no-cors' }).then(tell('unknown')('answered'), tell('unknown')('failed'));
"#;

const PATHS: [&str; 7] = ["/fetch", "/request", "/xhr", "/beacon", "/socket", "/events", "/frame"];
const TOLD: &str =
    "told.fetch && told.request && told.xhr && told.socket && told.events && told.frame && told.own && told.unknown";

fn asks(seen: &Seen) -> Reply {
    site(seen, ASKS, "")
}

#[tokio::test]
async fn unanswered_or_refused_no_request_leaves_and_callers_hear_of_a_broken_network() {
    let setting = Setting::of(asks).await;
    let browser = setting.browser().await;
    browser.open(SHOP).await;
    browser.until(TOLD).await;
    let told = browser.run("return told;").await;
    let expect = serde_json::json!({
        "fetch": "TypeError: Failed to fetch", "request": "failed", "xhr": "failed", "status": 0, "beacon": true, "socket": "failed",
        "events": "failed", "frame": "failed", "own": "answered", "unknown": "failed", "kind": true,
    });
    assert_eq!(told, expect);
    refused(&browser).await;
    browser.open(&format!("{SHOP}/next")).await;
    browser.until(TOLD).await;
    assert!(setting.collector.hits().is_empty(), "{:?}", setting.collector.requests());
    let counted = browser.run("return consentGuard.refused();").await;
    assert_eq!(counted, serde_json::json!({ "analytics": 7 }), "counted in the page");
}

#[tokio::test]
async fn after_accepting_every_request_leaves_and_is_answered() {
    let setting = Setting::of(asks).await;
    let browser = setting.browser().await;
    accepted(&browser).await;
    assert!(
        setting.collector.hits().is_empty(),
        "what was refused is not asked for later: {:?}",
        setting.collector.hits()
    );
    browser.open(&format!("{SHOP}/next")).await;
    setting.asked_for_all(&PATHS).await;
    browser.until(TOLD).await;
    let told = browser.run("return [told.fetch, told.request, told.frame, told.own, told.beacon];").await;
    assert_eq!(told, serde_json::json!(["answered", "answered", "answered", "answered", true]));
}
