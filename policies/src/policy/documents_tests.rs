//! Every policy that comes with the product compiles and keeps what it should.

use std::path::Path;

use super::compile;
use crate::policy::Policy;
use crate::rules::catalog::Catalog;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/documents"))
}

fn documents() -> Vec<(String, Policy)> {
    let catalog = Catalog::bundled().expect("the catalogue is sound");
    let mut found = Vec::new();
    for service in std::fs::read_dir(folder()).expect("the documents").map(|entry| entry.expect("an entry").path()) {
        for file in std::fs::read_dir(&service).expect("a service").map(|entry| entry.expect("an entry").path()) {
            let source = std::fs::read_to_string(&file).expect("a file");
            let policy = compile(&source, &catalog).unwrap_or_else(|faults| panic!("{}: {faults:#?}", file.display()));
            found.push((file.strip_prefix(folder()).expect("inside").display().to_string(), policy));
        }
    }
    found
}

#[test]
fn every_document_compiles() {
    let names: Vec<String> = documents().into_iter().map(|(name, _)| name).collect();
    for expected in [
        "ezcare",
        "jmpsystem",
        "officemessenger",
        "qsolution",
        "remotemeeting",
        "starter/opt-in",
        "starter/opt-out",
        "starter/notice",
    ] {
        assert!(names.iter().any(|name| name.starts_with(expected)), "{expected} in {names:?}");
    }
}

#[test]
fn a_service_file_is_named_by_its_day_of_effect() {
    for (name, policy) in documents().iter().filter(|(name, _)| !name.starts_with("starter")) {
        assert!(name.ends_with(&format!("/{}.toml", policy.effective)), "{name} takes effect on {}", policy.effective);
    }
}

#[test]
fn every_declared_cookie_and_tracker_names_its_recipient() {
    for (name, policy) in documents() {
        let recipients = policy
            .cookies
            .declared()
            .map(|rule| &rule.recipient)
            .chain(policy.trackers.declared().map(|rule| &rule.recipient));
        for recipient in recipients {
            assert!(policy.recipients.contains_key(recipient), "{name}: {recipient}");
        }
    }
}

#[test]
fn every_optional_purpose_of_a_service_has_a_cookie_or_tracker() {
    for (name, policy) in documents().iter().filter(|(name, _)| !name.starts_with("starter")) {
        for (index, purpose) in policy.indexed().filter(|(_, purpose)| purpose.is_optional()) {
            let declared = policy.cookies.declared().any(|rule| rule.purpose == index)
                || policy
                    .trackers
                    .declared()
                    .any(|rule| rule.usage == crate::rules::tracker::TrackerUse::Purpose(index));
            assert!(declared, "{name}: nothing serves {}", purpose.id);
        }
    }
}
