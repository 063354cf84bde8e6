//! The weight of every document's rules, and that rows say what the policy says.

use policies::consent::{Exceptions, ItemKey};
use policies::rules::NamePattern;
use policies::{Decision, Mode, PurposeSet, Regime};

use super::GuardRules;
use crate::config::{self, SiteConfig};

/// What the rules of one site may weigh, in bytes of gzip.
const BUDGET: usize = 8_000;

fn documents() -> Vec<std::path::PathBuf> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/documents");
    let folders = std::fs::read_dir(root).unwrap().map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap());
    folders.flatten().map(|file| file.unwrap().path()).collect()
}

fn site(policy: &std::path::Path, more: &str) -> SiteConfig {
    let text = format!(
        "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"a\"\norigin = \"http://127.0.0.1:1\"\npolicy = \"{}\"\n{more}\n",
        policy.display()
    );
    config::compile(&text, std::path::Path::new("gateway.toml"), policies::Timestamp(0)).unwrap().sites.remove(0)
}

fn starter(more: &str) -> SiteConfig {
    site(&documents().into_iter().find(|path| path.ends_with("opt-in.toml")).unwrap(), more)
}

#[test]
fn every_policy_s_rules_stay_within_their_budget() {
    assert!(documents().len() >= 8);
    for path in documents() {
        let size = GuardRules::new(&site(&path, "")).file.gzip.len();
        assert!(size <= BUDGET, "{}: {size}", path.display());
    }
}

#[test]
fn rows_begin_with_the_place_of_their_purpose() {
    let config = starter("unknown = \"quarantine\"\ncap_lifetimes = true");
    let rules = GuardRules::new(&config);
    let text = String::from_utf8(rules.file.raw.to_vec()).unwrap();
    assert!(text.starts_with(&format!("window.consentRules={{edition:\"{}\",purposes:[\"necessary\"", rules.edition)));
    assert!(text.contains("unknown:1"), "{text}");
    let analytics = config.policy.index_of("analytics").unwrap().place();
    for row in [",\"_ga\":[", "[0,\"_ga_\",[", ",\"google-analytics.com\":[[\"\",["] {
        assert!(text.contains(&format!("{row}{analytics},")), "{row} in {text}");
    }
    assert_ne!(
        rules.edition,
        GuardRules::new(&starter("unknown = \"quarantine\"")).edition,
        "another switch, other rules"
    );
}

#[test]
fn the_guard_is_told_what_says_something() {
    let config = starter("");
    let (policy, rules) = (&config.policy, GuardRules::new(&config));
    let check = |decision: Decision, expect: &[(&str, &str)]| {
        let told = rules.told(policy, &decision);
        let told: Vec<(&str, &str)> = told.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(told, expect);
    };
    let none = Decision::without_grant(policy, Regime::OptIn);
    check(none, &[("granted", "necessary"), ("owed", "yes")]);
    let none = Decision { prompt: false, ..none };
    check(none, &[("granted", "necessary")]);
    let optional = policy.ids(policy.optional()).join(" ");
    check(
        Decision { refused_by_visitor: policy.optional(), ..none },
        &[("granted", "necessary"), ("denied", &optional)],
    );
    check(Decision { mode: Mode::Session, ..none }, &[("granted", "necessary"), ("mode", "session")]);
    check(Decision { mode: Mode::Ask, ..none }, &[("granted", "necessary"), ("ask", &optional), ("mode", "ask")]);
    let analytics: PurposeSet = policy.index_of("analytics").into_iter().collect();
    let asked = policy.ids(policy.optional().without(analytics)).join(" ");
    check(
        Decision { mode: Mode::Ask, overruled: analytics, ..none },
        &[("granted", "necessary"), ("ask", &asked), ("mode", "ask")],
    );

    let key = ItemKey::of_cookie(&NamePattern::Exact("_ga".to_owned()));
    let (number, _) = rules.items[&key];
    for (allowed, told) in [(true, number.to_string()), (false, format!("-{number}"))] {
        let exceptions = Exceptions::NONE.with(key, allowed).unwrap();
        check(Decision { exceptions, ..none }, &[("granted", "necessary"), ("single", &told)]);
    }
}
