//! The guard in pages and the gateway find the same rule for a name: the guard's own function, run by Node.js over the rules file that pages
//! are given, beside the compiled policy. Refuses a copy of that function: it is cut out of the guard's source.

use std::io::Write as _;
use std::process::{Command, Stdio};

use gateway::site::GuardRules;
use gateway::{config, site::Sites};
use gateway_tests::folders;
use policies::Timestamp;
use policies::rules::NamePattern;
use serde_json::{Value, json};

/// The function by which the guard finds a rule.
fn look_up() -> String {
    let path = folders::repository().join("banner-wasm/guard/guard.js");
    let guard = std::fs::read_to_string(path).expect("the guard's source");
    let from = guard.split_once("\nfunction lookUp").expect("the guard looks names up").1;
    let whole = from.split_once("\n}\n").expect("a function ends").0;
    format!("function lookUp{whole}\n}}")
}

/// What the guard finds for each name: the place of the purpose, or null.
fn found_by_guard(rules: &GuardRules, names: &[String]) -> Vec<Value> {
    let file = String::from_utf8(rules.file.raw.to_vec()).expect("rules are text");
    let script = format!(
        "const window = {{}};\n{file}\n{}\nconst names = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n\
         console.log(JSON.stringify(names.map((name) => lookUp(window.consentRules.cookies, name)?.[0] ?? null)));",
        look_up()
    );
    let mut node = Command::new("node")
        .args(["-e", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Node.js runs; run `make deps`");
    let mut input = node.stdin.take().expect("its input");
    input.write_all(json!(names).to_string().as_bytes()).expect("it reads");
    drop(input);
    let said = node.wait_with_output().expect("it ends");
    assert!(said.status.success());
    serde_json::from_slice(&said.stdout).expect("a list")
}

/// Names around a pattern: those it means, and near misses.
fn around(pattern: &NamePattern) -> Vec<String> {
    let (text, prefix, suffix) = match pattern {
        NamePattern::Exact(text) => (text, true, true),
        NamePattern::Prefix(text) => (text, true, false),
        NamePattern::Suffix(text) => (text, false, true),
    };
    let shorter: String = text.chars().take(text.chars().count().saturating_sub(1)).collect();
    let mut names =
        vec![text.clone(), shorter, text.to_uppercase(), format!("{text}x"), format!("x{text}"), format!("{text}_1")];
    if !(prefix && suffix) {
        names.push(format!("{text}{text}"));
    }
    names
}

#[test]
fn guard_and_gateway_find_the_same_rule_for_every_name() {
    let documents = folders::repository().join("policies/documents");
    let folders = std::fs::read_dir(documents).expect("policies").map(|folder| folder.expect("a folder").path());
    let files = folders
        .flat_map(|folder| std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()));
    let mut checked = 0;
    for file in files {
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"a\"\norigin = \"http://127.0.0.1:1\"\npolicy = \"{}\"\n",
            file.display()
        );
        let config =
            config::compile(&text, std::path::Path::new("gateway.toml"), Timestamp(0)).expect("a configuration");
        let sites = Sites::new(&config);
        let site = sites.find("any.example", Timestamp(0)).expect("the site");
        let cookies = &site.config.policy.cookies;
        let mut names: Vec<String> = cookies.iter().flat_map(|rule| around(&rule.pattern)).collect();
        names.extend(["__proto__", "constructor", "toString", "hasOwnProperty", "", "쿠키"].map(String::from));
        let expect: Vec<Value> = names
            .iter()
            .map(|name| cookies.find(name.as_bytes()).map_or(Value::Null, |rule| rule.purpose.place().into()))
            .collect();
        for ((name, expect), found) in names.iter().zip(expect).zip(found_by_guard(&site.rules, &names)) {
            assert_eq!(found, expect, "{name} under {}", file.display());
            checked += 1;
        }
    }
    assert!(checked > 3_000, "{checked}");
}
