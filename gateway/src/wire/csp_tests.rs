//! Policies as sites write them, and what becomes of them.

use proptest::prelude::*;

use super::{OwnFiles, Policy, Sandbox};

const OWN: &str = "https://shop.example/.consent/";

fn files() -> OwnFiles {
    OwnFiles {
        address: OWN.to_owned(),
        hashes: ["sha256-one=".to_owned(), "sha256-two=".to_owned()].into(),
        nonce: Some("A".to_owned()),
    }
}

fn check(policy: &str, expect: &str) {
    let expect = expect.replace("OWN", OWN);
    assert_eq!(files().mend_list(policy), Some(expect), "{policy}");
}

fn stays(policy: &str) {
    assert_eq!(files().mend_list(policy), None, "{policy}");
}

#[test]
fn what_is_allowed_already_stays() {
    stays("");
    stays("frame-ancestors 'none'; upgrade-insecure-requests");
    stays("default-src 'self' 'wasm-unsafe-eval'");
    stays("script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; connect-src *");
    stays("script-src 'nonce-A' 'strict-dynamic' 'unsafe-eval'; object-src 'none'; base-uri 'none'");
    stays("script-src https: 'unsafe-inline' 'unsafe-eval'; trusted-types *");
    stays("trusted-types; img-src *");
}

#[test]
fn scripts_are_allowed_by_address_and_under_strict_dynamic_by_nonce_or_hash() {
    check("script-src 'nonce-A'", "script-src 'nonce-A' OWN 'wasm-unsafe-eval'");
    check("script-src 'sha256-theirs='", "script-src 'sha256-theirs=' OWN 'wasm-unsafe-eval'");
    check("script-src 'unsafe-inline'", "script-src 'unsafe-inline' OWN 'wasm-unsafe-eval'");
    check("script-src 'nonce-A' 'strict-dynamic'", "script-src 'nonce-A' 'strict-dynamic' 'wasm-unsafe-eval'");
    check(
        "script-src 'nonce-B' 'strict-dynamic' 'unsafe-eval'",
        "script-src 'nonce-B' 'strict-dynamic' 'unsafe-eval' 'sha256-one=' 'sha256-two='",
    );
    check(
        "Script-Src 'none'; script-src-elem 'nonce-A'",
        "Script-Src OWN 'wasm-unsafe-eval'; script-src-elem 'nonce-A' OWN",
    );
}

#[test]
fn a_directive_that_the_default_stands_for_is_made_of_it() {
    check("default-src 'self'", "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'");
    check(
        "default-src 'none'",
        "default-src 'none'; script-src OWN 'wasm-unsafe-eval'; connect-src OWN; style-src OWN",
    );
    check(
        "default-src 'none'; script-src 'nonce-A'; style-src 'self'; require-trusted-types-for 'script';",
        "default-src 'none'; script-src 'nonce-A' OWN 'wasm-unsafe-eval'; style-src 'self'; require-trusted-types-for 'script'; connect-src OWN",
    );
    check(
        "default-src 'self'; connect-src 'none'; style-src-elem https://cdn.example",
        "default-src 'self'; connect-src OWN; style-src-elem https://cdn.example OWN; script-src 'self' 'wasm-unsafe-eval'",
    );
}

#[test]
fn forms_and_makers_are_admitted_where_a_list_leaves_them_out() {
    check("form-action 'none'", "form-action OWN");
    check("form-action https://pay.example", "form-action https://pay.example OWN");
    stays("form-action 'self' https://pay.example");
    check("trusted-types app 'allow-duplicates'", "trusted-types app 'allow-duplicates' consent");
    check("trusted-types 'none'", "trusted-types consent");
    check(" form-action 'none'x 'NONE'", " form-action 'none'x OWN");
    stays("trusted-types app consent");
}

#[test]
fn every_policy_of_a_list_is_mended_by_itself() {
    check(
        "default-src 'self' 'wasm-unsafe-eval', script-src 'none'",
        "default-src 'self' 'wasm-unsafe-eval', script-src OWN 'wasm-unsafe-eval'",
    );
}

#[test]
fn of_directives_with_one_name_the_first_counts() {
    check(
        "connect-src 'self'; form-action 'none'; form-action *",
        "connect-src 'self'; form-action OWN; form-action *",
    );
}

#[test]
fn a_sandbox_says_what_it_leaves() {
    let check = |list: &str, scripts: bool, forms: bool| {
        assert_eq!(Sandbox::of_list(list), Sandbox { scripts, forms }, "{list}");
    };
    check("default-src 'self'", true, true);
    check("sandbox", false, false);
    check("sandbox allow-forms allow-same-origin", false, true);
    check("sandbox allow-scripts allow-forms, SANDBOX allow-scripts", true, false);
}

fn policy() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("default-src"),
        Just("script-src"),
        Just("Script-Src-Elem"),
        Just("style-src"),
        Just("connect-src"),
        Just("form-action"),
        Just("img-src"),
        Just("trusted-types"),
        Just("sandbox"),
        Just("x"),
    ];
    let source = prop_oneof![
        Just("'self'"),
        Just("'none'"),
        Just("*"),
        Just("'unsafe-inline'"),
        Just("'strict-dynamic'"),
        Just("'nonce-A'"),
        Just("'nonce-B'"),
        Just("https://a.example"),
        Just("'unsafe-eval'"),
        Just("https:"),
    ];
    let directive = (name, proptest::collection::vec(source, 0..4))
        .prop_map(|(name, sources)| format!("{name} {}", sources.join(" ")));
    proptest::collection::vec(directive, 0..5).prop_map(|all| all.join("; "))
}

proptest! {
    #[test]
    fn what_is_mended_needs_no_mending_and_loses_nothing(policy in policy()) {
        let Some(mended) = files().mend(&policy) else { return Ok(()) };
        prop_assert_eq!(files().mend(&mended), None, "{} became {}", policy, mended);
        let (before, after) = (Policy::read(&policy), Policy::read(&mended));
        for (one, other) in before.directives.iter().zip(&after.directives) {
            prop_assert_eq!(one.name, other.name);
            let kept = one.sources.iter().filter(|source| **source != "'none'");
            for source in kept {
                prop_assert!(other.sources.contains(source), "{} lost {}", mended, source);
            }
        }
        // Neither a nonce nor a hash comes to a list that rests on 'unsafe-inline'.
        for directive in after.directives.iter().filter(|directive| directive.sources.contains(&"'unsafe-inline'")) {
            let strict = directive.sources.contains(&"'strict-dynamic'");
            let hashes = directive.sources.iter().any(|source| source.starts_with("'sha256-"));
            prop_assert!(strict || !hashes, "{}", mended);
        }
    }

    #[test]
    fn no_text_is_too_strange(policy in "\\PC*") {
        let mended = files().mend_list(&policy);
        prop_assert!(mended.is_none_or(|mended| mended.len() >= policy.trim().len().saturating_sub(20)));
        prop_assert_eq!(Sandbox::of_list(&policy).forms, Sandbox::of_list(&format!("{policy}, x")).forms);
    }
}
