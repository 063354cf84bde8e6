//! The admin pages as a browser asks for them, over a real store.

use std::sync::Arc;

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
use http::request::Parts;
use http::{HeaderMap, Request, StatusCode};
use http_body::Body;
use policies::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::books::Shelf;
use crate::inventory::Inventory;
use crate::store::{ALL_SITES, Batch, Cell, Counts, FigureRow, Measure, PurposeMeasure, SameSite, SeenIn, SeenRow};

const NOON: Timestamp = Timestamp(1_709_208_000);

fn seen(key: &str, purpose: Option<&str>, lifetime: i64) -> SeenRow {
    SeenRow {
        site: String::from("shop"),
        key: key.to_owned(),
        domain: None,
        path: String::from("/"),
        partitioned: false,
        seen_in: SeenIn::Response,
        secure: true,
        http_only: true,
        same_site: SameSite::Lax,
        declared: purpose.map(|_| 86_400),
        lifetime,
        purpose: purpose.map(str::to_owned),
        first_seen: NOON,
        last_seen: NOON,
        count: 1_234_567,
        returned: 0,
    }
}

async fn books() -> (TempDir, Books) {
    let (folder, books) = crate::books::sample();
    let figures = (0..40_u64).flat_map(|day| {
        let mut counts = Counts::default();
        counts.add(Measure::Visits, 20 + day * 7 % 31);
        counts.add(Measure::Owed, 5 + day % 4);
        counts.add(Measure::AcceptAll, day * 5 % 9);
        counts.add(Measure::RefuseAll, day * 3 % 7);
        counts.add_of_purpose("analytics", PurposeMeasure::Granted, day * 5 % 9);
        let at = NOON.0 / 3_600 + i64::try_from(day).unwrap() * 24;
        ["shop", ALL_SITES].map(|site| {
            let cell = Cell { site: site.to_owned(), at, ..Cell::default() };
            FigureRow { cell, counts: counts.clone() }
        })
    });
    books.store.add(Batch { figures: figures.collect(), ..Batch::default() }).await.unwrap();
    let rows = vec![
        seen("zz_session", Some("necessary"), 0),
        seen("_ga_*", Some("analytics"), 63_072_000),
        seen("<b>odd</b>", None, 0),
        seen("PHPSESSID", None, 0),
        SeenRow { seen_in: SeenIn::Request, path: String::new(), ..seen("theme", None, 0) },
    ];
    let inventory = Arc::new(Inventory::new(100, rows));
    (folder, Books::new(Shelf { inventory, ..Shelf::clone(&books) }))
}

fn get(target: &str) -> Parts {
    Request::get(target).header(HOST, "localhost:9900").body(()).unwrap().into_parts().0
}

async fn ask(request: &Parts, books: &Books) -> (StatusCode, HeaderMap, String) {
    let sites = [String::from("shop"), String::from("blog")];
    let (head, body) = answer(request, books, &sites, NOON.date()).await.into_parts();
    let mut body = body;
    let frame = std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await;
    let bytes = frame.and_then(|frame| frame.unwrap().into_data().ok()).unwrap_or_default();
    (head.status, head.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn the_dashboard_counts_what_waits_in_memory() {
    let (_folder, books) = books().await;
    let (status, headers, html) = ask(&get("/?lang=en"), &books).await;
    assert_eq!(status, StatusCode::OK);
    assert!(headers[CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none'; style-src 'self'"));
    assert!(html.contains("<svg class=\"chart\" role=\"img\"") && html.contains("2024-01-31 – 2024-02-29"), "{html}");
    assert!(html.contains("Accept all") && !html.contains("<script") && !html.contains(" style="));
    let (_, _, korean) = ask(&get("/"), &books).await;
    assert!(korean.contains("lang=\"en\""));
    let (_, _, korean) = ask(&get("/?lang=ko&site=shop"), &books).await;
    assert!(korean.contains("<html lang=\"ko\">") && korean.contains("모두 거부"));
    assert!(korean.contains("/?lang=en&amp;site=shop") && korean.contains("value=\"shop\" selected"));
}

#[tokio::test]
async fn the_numbers_are_there_as_json() {
    let (_folder, books) = books().await;
    let (_, headers, json) = ask(&get("/stats.json?from=2024-02-29&to=2024-02-29"), &books).await;
    assert_eq!(headers[CONTENT_TYPE], "application/json");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["totals"]["visits"], 20);
    assert_eq!(json["days"].as_array().map(Vec::len), Some(1));
    let (_, _, json) = ask(&get("/inventory.json"), &books).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["cookies"][0]["state"], "undeclared");
    assert!(json["cookies"][0].get("value").is_none());
}

#[tokio::test]
async fn problems_come_first_and_names_are_escaped() {
    let (_folder, books) = books().await;
    let (_, _, html) = ask(&get("/inventory"), &books).await;
    assert!(html.contains("necessary? ("), "what a label says of an undeclared name is marked as hearsay: {html}");
    assert!(!html.contains("<b>") && html.contains("1,234,567"));
    let places: Vec<_> = ["odd", "theme", "_ga_*", "zz_session"].map(|name| html.find(name)).into_iter().collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert_eq!(html.matches("class=\"problem\"").count(), 4);
    books.inventory.shadow().would_strip("blog", crate::inventory::Stripped::Tag, "marketing", "ads.example");
    let (_, _, html) = ask(&get("/shadow"), &books).await;
    assert!(html.contains("ads.example"));
}

#[tokio::test]
async fn all_else_is_refused() {
    let (_folder, books) = books().await;
    let request = |method: &str, target: &str, host: &str| {
        Request::builder().method(method).uri(target).header(HOST, host).body(()).unwrap().into_parts().0
    };
    let check = async |method: &str, target: &str, host: &str, expect: u16| {
        let (status, headers, _) = ask(&request(method, target, host), &books).await;
        assert_eq!(status.as_u16(), expect, "{method} {target} {host}");
        assert_eq!(headers["cache-control"], "no-store");
    };
    check("GET", "/", "127.0.0.1", 200).await;
    check("GET", "/admin.css", "[::1]:1", 200).await;
    check("GET", "/", "rebound.example", 421).await;
    check("POST", "/", "localhost", 405).await;
    check("GET", "/secret", "localhost", 404).await;
    let (status, _, body) = ask(&request("HEAD", "/", "localhost"), &books).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
}
