//! Programs that ask: the same numbers in JSON, JSON lines and CSV, and an API that keeps to its own document.

use std::process::Command;

use gateway_tests::folders;
use gateway_tests::gateway::printed;
use serde_json::Value;

use super::{get, json};
use crate::demo::Demo;

const ASKED: &str = "site=remotemeeting&period=30d&every=week&only=device%3Dphone";

#[tokio::test]
async fn page_json_lines_and_table_tell_the_same_numbers() {
    let demo = Demo::start().await;
    let answer = json(demo.admin, &format!("/api/v1/figures?{ASKED}")).await;
    let part = &answer["parts"][0];
    assert_eq!(
        (&part["value"], &answer["dimension"], &answer["time_zone"]),
        (&"phone".into(), &"device".into(), &"Asia/Seoul".into())
    );
    let visits = part["totals"]["visits"].as_u64().unwrap_or_else(|| panic!("{answer:#}"));
    assert!(visits > 1_000 && visits.is_multiple_of(5), "{visits}");

    let lines = get(demo.admin, &format!("/api/v1/figures.jsonl?{ASKED}")).await.text();
    let lines: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect();
    let steps = answer["steps"].as_array().map_or(0, Vec::len);
    assert_eq!(lines.len(), 2 * (steps + 1), "each step and the total, of the whole and of the part");
    let total = lines.last().expect("lines");
    assert_eq!((&total["state"], &total["figures"]), (&"total".into(), &part["totals"]));
    assert!(lines.iter().all(|line| line["definitions"] == answer["definitions"]));

    let heard = get(demo.admin, &format!("/api/v1/figures.csv?{ASKED}")).await;
    let name = heard.header("content-disposition").unwrap_or_default();
    assert!(
        name.contains("remotemeeting") && name.contains(&format!("definitions-{}.csv", answer["definitions"])),
        "{name}"
    );
    let text = heard.text();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let column = rows[0].iter().position(|name| *name == "\"visits\"").expect("a column of visits");
    assert_eq!(rows.last().map(|row| row[column]), Some(visits.to_string().as_str()));
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{text}");

    let page = get(demo.admin, &format!("/?lang=en&{ASKED}")).await.text();
    let digits = visits.to_string();
    let (thousands, rest) = digits.split_at(digits.len() - 3);
    assert!(page.contains(&format!("<dd class=\"large\">{thousands},{rest}</dd>")), "{visits}: {page}");
}

#[tokio::test]
async fn the_api_keeps_to_its_document_whatever_it_is_asked() {
    let demo = Demo::start().await;
    let document = format!("http://{}/api/v1/openapi.json", demo.admin);
    let mut command = Command::new(folders::schemathesis());
    command
        .arg("--config-file")
        .arg(folders::fixture("schemathesis").join("schemathesis.toml"))
        .args(["run", &document]);
    command.args(["--workers", "1", "--max-examples", "8", "--seed", "1", "--no-color"]);
    let folder = tempfile::TempDir::new().expect("a temporary folder can be made");
    command.current_dir(folder.path());
    let output = command.output().expect("schemathesis runs");
    assert!(output.status.success(), "{}", printed(&output));
}
