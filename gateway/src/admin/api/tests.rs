//! The API beside its document: neither has what the other lacks, and every mistake is told in the one shape.

use std::collections::BTreeSet;

use http::StatusCode;
use http::header::{ALLOW, CONTENT_TYPE, HOST};
use http_body_util::Full;
use policies::Timestamp;
use serde_json::Value;

use super::*;
use crate::config::Config;

const NOON: Timestamp = Timestamp(1_709_208_000);

fn config() -> Config {
    let text = "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"http://127.0.0.1:3000\"\n";
    crate::config::compile(text, std::path::Path::new("gateway.toml"), NOON).unwrap()
}

async fn told(method: &str, target: &str, media: &str, body: &str) -> (StatusCode, http::HeaderMap, Value) {
    let (_folder, books) = crate::books::sample();
    let request =
        http::Request::builder().method(method).uri(target).header(HOST, "localhost").header(CONTENT_TYPE, media);
    let request = request.body(Full::<bytes::Bytes>::from(body.to_owned())).unwrap();
    let (head, body) = crate::admin::answer(request, &books, &config(), NOON).await.into_parts();
    let bytes = crate::admin::whole(body, 1 << 24).await.unwrap();
    (head.status, head.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

#[test]
fn the_router_and_the_document_have_the_same_paths_methods_and_parameters() {
    let document = document();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameter = |parameter: &Value| {
                let named = parameter["$ref"].as_str().map(|at| at.trim_start_matches('#').to_owned());
                let parameter = named.map_or(parameter, |at| document.pointer(&at).unwrap());
                (parameter["in"] == "query").then(|| parameter["name"].as_str().unwrap().to_owned())
            };
            let parameters =
                operation["parameters"].as_array().map(|all| all.iter().filter_map(parameter).collect::<Vec<_>>());
            described.insert((path.clone(), method.to_uppercase(), parameters.unwrap_or_default()));
        }
    }
    let mut routed = BTreeSet::new();
    for (path, _, methods, known) in ROUTES {
        for method in methods.split(", ").filter(|method| *method != "HEAD") {
            let parameters =
                if method == "POST" { Vec::new() } else { known.iter().map(|&name| name.to_owned()).collect() };
            routed.insert((format!("{PREFIX}{path}"), method.to_owned(), parameters));
        }
    }
    assert_eq!(described, routed);
}

#[tokio::test]
async fn the_document_names_the_sites() {
    let (_, _, document) = told("GET", "/api/v1/openapi.json", "", "").await;
    assert_eq!(document.pointer("/components/schemas/Site/enum"), Some(&json!(["shop"])));
}

#[tokio::test]
async fn every_mistake_is_a_problem_that_says_what_is_allowed() {
    let check = async |method: &str, target: &str, media: &str, body: &str, expect: u16, detail: &str| {
        let (status, headers, problem) = told(method, target, media, body).await;
        assert_eq!(
            (status.as_u16(), &headers[CONTENT_TYPE]),
            (expect, &http::HeaderValue::from_static("application/problem+json")),
            "{target}: {problem}"
        );
        assert_eq!(problem["status"], expect);
        assert!(problem["detail"].as_str().unwrap().contains(detail), "{target}: {problem}");
        if expect == 405 {
            assert!(headers.contains_key(ALLOW));
        }
    };
    let get = async |target: &str, expect: u16, detail: &str| check("GET", target, "", "", expect, detail).await;
    get("/api/v1/nothing", 404, "openapi.json").await;
    get("/api/v1/figures?site=else", 400, "site: there is no such site; there are: shop").await;
    get("/api/v1/figures?form=2024-01-01", 400, "there are: site, period, from, to, every, only, by").await;
    get("/api/v1/figures?site=shop&site=shop", 400, "twice").await;
    get("/api/v1/figures?from=", 400, "from: it has no value").await;
    get("/api/v1/figures?from=2024-02-30", 400, "from: a day is written like").await;
    get("/api/v1/figures?every=decade", 400, "auto, hour, day, week, month").await;
    get("/api/v1/figures?only=phone", 400, "only: it is written like device=phone").await;
    get("/api/v1/figures?from=2024-02-02&to=2024-02-01", 422, "from: the period ends on 2024-02-01").await;
    get("/api/v1/figures?from=2000-01-01&to=2024-01-01&every=hour", 422, "every: by hour at most").await;
    get("/api/v1/figures?only=device%3Dphone&by=device", 422, "by: it can't stand beside only").await;
    get("/api/v1/definitions?lang=ko", 400, "query").await;
    check("POST", "/api/v1/figures", "", "", 405, "GET, HEAD").await;
    check("DELETE", "/api/v1/notes/x?site=shop", "", "", 400, "id: it must be a whole number").await;
    check("DELETE", "/api/v1/notes/1", "", "", 400, "site: it has no value").await;
    check("POST", "/api/v1/notes", "text/plain", "{}", 415, "application/json").await;
    check("POST", "/api/v1/notes", "application/json", "{}", 400, "YYYY-MM-DD").await;
    let note = |day: &str, words: &str| json!({ "site": "shop", "day": day, "words": words }).to_string();
    check("POST", "/api/v1/notes", "application/json", &note("1700-01-01", "a"), 422, "1990").await;
    check("POST", "/api/v1/notes", "application/json", &note("2024-01-01", "  "), 422, "1 to 200 letters").await;
}

#[tokio::test]
async fn a_note_is_made_by_json() {
    let note = json!({ "site": "shop", "day": "2024-02-29", "words": " new \n prices " }).to_string();
    let (status, _, told) = told("POST", "/api/v1/notes", "application/json; charset=utf-8", &note).await;
    assert_eq!((status.as_u16(), &told["words"]), (201, &json!("new prices")));
}
