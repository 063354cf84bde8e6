//! The admin pages as a browser asks for them, and the API as a program does, over a real store.

use std::sync::Arc;

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, LOCATION};
use http::{HeaderMap, Request, StatusCode};
use policies::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::books::Shelf;
use crate::inventory::Inventory;
use crate::store::{SameSite, SeenIn, SeenRow};

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

fn books() -> (TempDir, Books) {
    let (folder, books) = crate::books::sample();
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

fn config() -> Config {
    let site = |name: &str| {
        format!("[[sites]]\nname = \"{name}\"\nhosts = [\"{name}.example\"]\norigin = \"http://127.0.0.1:3000\"\n")
    };
    let text = format!("listen = [\"127.0.0.1:0\"]\n{}{}", site("shop"), site("blog"));
    crate::config::compile(&text, std::path::Path::new("gateway.toml"), NOON).unwrap()
}

fn request(method: &str, target: &str) -> Request<Full<Bytes>> {
    Request::builder().method(method).uri(target).header(HOST, "localhost:9900").body(Full::default()).unwrap()
}

async fn told(request: Request<Full<Bytes>>, books: &Books) -> (StatusCode, HeaderMap, String) {
    let (head, body) = answer(request, books, &config(), NOON).await.into_parts();
    let bytes = whole(body, 1 << 24).await.unwrap();
    (head.status, head.headers, String::from_utf8(bytes.to_vec()).unwrap())
}

async fn ask(target: &str, books: &Books) -> (StatusCode, HeaderMap, String) {
    told(request("GET", target), books).await
}

async fn json(target: &str, books: &Books) -> serde_json::Value {
    let (status, headers, body) = ask(target, books).await;
    assert_eq!(
        (status.as_u16(), &headers[CONTENT_TYPE]),
        (200, &http::HeaderValue::from_static("application/json")),
        "{target}: {body}"
    );
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn the_page_is_one_document_with_one_script_of_our_own() {
    let (_folder, books) = books();
    let (status, headers, html) = ask("/?lang=en", &books).await;
    assert_eq!(status, StatusCode::OK, "{html}");
    let policy = headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{policy}");
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert!(html.contains("<script src=\"/admin.js\" defer></script>") && !html.contains(" style="));
    let (_, headers, script) = ask("/admin.js", &books).await;
    assert_eq!(headers[CONTENT_TYPE], "text/javascript; charset=utf-8");
    assert!(script.len() < 3 << 10, "{}", script.len());
    let (_, headers, _) = ask("/api/v1/sites", &books).await;
    assert!(!headers[CONTENT_SECURITY_POLICY].to_str().unwrap().contains("script-src"));
}

#[tokio::test]
async fn a_view_is_an_address_and_what_is_wrong_in_it_is_said() {
    let (_folder, books) = books();
    let (_, _, html) = ask("/?lang=ko&site=shop&period=7d&compare=none", &books).await;
    assert!(html.contains("<html lang=\"ko\">") && html.contains("value=\"shop\" selected"), "{html}");
    assert!(html.contains("value=\"7d\" selected") && !html.contains(" checked"), "{html}");
    assert!(html.contains("2024년 2월 23일 – 2024년 2월 29일") && html.contains("Asia/Seoul"), "{html}");
    assert!(html.contains("/?lang=en&amp;site=shop&#38;period=7d"), "the other language shows the same: {html}");
    let (status, _, html) = ask("/?lang=en&site=nowhere&from=yesterday&only=shoe=44", &books).await;
    assert_eq!(status, StatusCode::OK, "a page shows the usual instead");
    for fault in ["there are: shop, blog", "a day is written like 2024-02-29", "written like device=phone"] {
        assert!(html.contains(fault), "{fault}: {html}");
    }
}

#[tokio::test]
async fn notes_are_added_and_removed_by_this_listeners_own_pages_alone() {
    let (_folder, books) = books();
    let post = |target: &str, from: &str, form: &str| {
        let request = Request::post(target).header(HOST, "localhost:9900").header("sec-fetch-site", from);
        request.body(Full::from(form.to_owned())).unwrap()
    };
    let form = "site=shop&day=2024-02-28&words=campaign+%3Cbegan%3E&back=site%3Dshop%0d%0aX-Y:1";
    let (status, ..) = told(post("/notes", "cross-site", form), &books).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, headers, _) = told(post("/notes", "same-origin", form), &books).await;
    assert_eq!((status.as_u16(), headers[LOCATION].to_str().unwrap()), (303, "/?site=shopX-Y:1#events"));
    let notes = json("/api/v1/notes?site=shop&from=2024-02-28&to=2024-02-28", &books).await;
    assert_eq!(notes["notes"][0]["words"], "campaign <began>");
    let (_, _, html) = ask("/?lang=en&site=shop", &books).await;
    assert!(html.contains("campaign &#60;began&#62;"), "{html}");
    let id = notes["notes"][0]["id"].to_string();
    let remove = format!("site=shop&id={id}&back=");
    assert_eq!(told(post("/notes/remove", "same-site", &remove), &books).await.0, StatusCode::FORBIDDEN);
    assert_eq!(told(post("/notes/remove", "same-origin", &remove), &books).await.0, StatusCode::SEE_OTHER);
    assert_eq!(json("/api/v1/notes?site=shop", &books).await["notes"], serde_json::json!([]));
    for wrong in ["site=shop&day=2024-02-28&words=", "site=else&day=2024-02-28&words=a", "site=shop&day=soon&words=a"] {
        assert_eq!(
            told(post("/notes", "same-origin", wrong), &books).await.0,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong}"
        );
    }
    let long = format!("site=shop&day=2024-02-28&words={}", "a".repeat(LONGEST_BODY));
    assert_eq!(told(post("/notes", "same-origin", &long), &books).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn problems_come_first_and_names_are_escaped() {
    let (_folder, books) = books();
    let (_, _, html) = ask("/inventory", &books).await;
    assert!(html.contains("necessary? ("), "what a label says of an undeclared name is marked as hearsay: {html}");
    assert!(!html.contains("<b>") && html.contains("1,234,567"));
    let places: Vec<_> = ["odd", "theme", "_ga_*", "zz_session"].map(|name| html.find(name)).into_iter().collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
    assert_eq!(html.matches("class=\"problem\"").count(), 4);
    books.inventory.shadow().would_strip("blog", crate::inventory::Stripped::Tag, "marketing", "ads.example");
    let (_, _, html) = ask("/shadow", &books).await;
    assert!(html.contains("ads.example"));
}

#[tokio::test]
async fn the_inventory_is_there_as_json() {
    let (_folder, books) = books();
    let json = json("/inventory.json", &books).await;
    assert_eq!(json["cookies"][0]["state"], "undeclared");
    assert!(json["cookies"][0].get("value").is_none());
}

#[tokio::test]
async fn all_else_is_refused() {
    let (_folder, books) = books();
    let check = async |method: &str, target: &str, host: &str, expect: u16| {
        let request = Request::builder().method(method).uri(target).header(HOST, host).body(Full::default()).unwrap();
        let (status, headers, _) = told(request, &books).await;
        assert_eq!(status.as_u16(), expect, "{method} {target} {host}");
        assert_eq!(headers["cache-control"], "no-store");
    };
    check("GET", "/", "127.0.0.1", 200).await;
    check("GET", "/admin.css", "[::1]:1", 200).await;
    check("GET", "/", "rebound.example", 421).await;
    check("POST", "/", "localhost", 405).await;
    check("GET", "/notes", "localhost", 405).await;
    check("GET", "/secret", "localhost", 404).await;
    let (status, _, body) = told(request("HEAD", "/"), &books).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
}
