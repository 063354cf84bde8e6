//! Pages with security policies of their own, in a real browser: the guard runs, the banner is taken over, a choice is posted, held tags wake,
//! and what the page's policy forbade stays forbidden. Refuses to read policies: what counts is what the browser ran and refused.

use gateway_tests::certificates::Authority;
use gateway_tests::{Browser, Client, Gateway, Origin, Reply, Seen, wait};
use serde_json::json;

use crate::stage::{SHOP, closed, taken_over};

const TRACKER: &str = "static.hotjar.com";

/// A page with an inline script and one from elsewhere that its policy forbids, and a held tag that it allows.
fn page(head: &str) -> String {
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>A page</title>{head}<script nonce=n0>window.ran = ['own'];</script>\
         <script src=\"https://{TRACKER}/c.js\" nonce=n0></script></head><body><h1>A page</h1><p>Text.</p></body></html>"
    )
}

struct Setting {
    tracker: Origin,
    gateway: Gateway,
    browser: Browser,
    _origin: Origin,
}

impl Setting {
    async fn of(header: &'static str, value: &'static str, head: &'static str) -> Self {
        let site = move |seen: &Seen| match seen.path_only() {
            "/favicon.ico" => Reply::status(404),
            _ if header.is_empty() => Reply::page(page(head)),
            _ => Reply::page(page(head)).with(header, value),
        };
        let origin = Origin::start(site).await;
        let identity = Authority::fresh().identity(&[TRACKER]);
        let script = |_: &Seen| Reply::of("text/javascript", "(window.ran = window.ran || []).push('tracker');");
        let tracker = Origin::start_tls(identity.server(&["h2", "http/1.1"]), script).await;
        let gateway = Gateway::before(&origin.url()).start().await;
        let plan = Browser::plan().host("shop.example", 80, gateway.address().port());
        let browser = plan.trackers(&[TRACKER], tracker.address.port()).start().await;
        browser.open(SHOP).await;
        Self { tracker, gateway, browser, _origin: origin }
    }

    /// What the browser refused to load or run for the page's policy.
    async fn refused(&self) -> Vec<String> {
        let errors = self.browser.errors().await;
        errors
            .into_iter()
            .filter(|error| error.contains("Content Security Policy") || error.contains("TrustedScript"))
            .collect()
    }

    /// Everything of the gateway's works, and the page's own scripts as before.
    async fn works(&self, case: &str) {
        assert_eq!(
            self.browser.run("return [!!window.consentGuard, window.ran];").await,
            json!([true, ["own"]]),
            "{case}"
        );
        assert_eq!(self.refused().await, Vec::<String>::new(), "{case}");
        assert!(self.tracker.seen().is_empty(), "{case}");
        taken_over(&self.browser).await;
        let seen = "getComputedStyle(document.querySelector('#consent-banner')).position == 'fixed'";
        self.browser.until(seen).await;
        self.browser.click("#consent-accept").await;
        closed(&self.browser).await;
        wait::until_true(&format!("{case}: the held tag wakes"), || async { !self.tracker.seen().is_empty() }).await;
        self.browser.until("window.ran.join() == 'own,tracker'").await;
        assert_eq!(self.refused().await, Vec::<String>::new(), "{case}, after the choice");
        self.browser.open(&format!("{SHOP}/next")).await;
        self.browser.until("window.ran.join() == 'own,tracker'").await;
        assert_eq!(self.refused().await, Vec::<String>::new(), "{case}, the next page");
    }
}

const ENFORCED: &str = "content-security-policy";

#[tokio::test]
async fn under_the_usual_policies_guard_and_banner_run_and_the_page_s_own_scripts_too() {
    for policy in [
        "default-src 'self'; script-src 'nonce-n0'",
        "default-src 'none'; script-src 'nonce-n0'; require-trusted-types-for 'script'",
        "script-src 'nonce-n0' 'strict-dynamic'; style-src 'nonce-n0'; connect-src 'none'; form-action 'none'; object-src 'none'; base-uri 'none'",
        "script-src 'unsafe-inline' https://static.hotjar.com; connect-src https://api.example; form-action https://pay.example",
        "script-src 'none'; script-src-elem 'nonce-n0' https://static.hotjar.com, connect-src 'none'",
    ] {
        Setting::of(ENFORCED, policy, "").await.works(policy).await;
    }
}

#[tokio::test]
async fn where_only_hashes_are_trusted_the_gateway_s_own_are_named() {
    // The digest of the page's own inline script.
    let policy =
        "script-src 'sha256-YSCuI9AJrH/kUUI312/GkOHkXHrM+44TM3+oMHe9T4g=' 'strict-dynamic'; connect-src 'none'";
    let setting = Setting::of(ENFORCED, policy, "").await;
    assert_eq!(setting.browser.run("return [!!window.consentGuard, window.ran];").await, json!([true, ["own"]]));
    taken_over(&setting.browser).await;
    setting.browser.click("#consent-accept").await;
    closed(&setting.browser).await;
    setting.browser.open(&format!("{SHOP}/next")).await;
    let state = "return [!!window.consentGuard, !!document.querySelector('#consent-banner')];";
    assert_eq!(setting.browser.run(state).await, json!([true, false]), "the next page is of who granted");
}

#[tokio::test]
async fn policies_in_meta_tags_and_those_that_only_report_are_mended_too() {
    let meta = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'nonce-n0'; style-src 'nonce-n0'\">";
    Setting::of("", "", meta).await.works("in a meta tag").await;
    let report = "default-src 'none'; script-src 'nonce-n0'";
    Setting::of("content-security-policy-report-only", report, "").await.works("report only").await;
}

#[tokio::test]
async fn a_base_element_leads_nothing_of_the_gateway_s_astray() {
    let setting = Setting::of("", "", "<base href=\"https://elsewhere.example/deep/\">").await;
    setting.works("with a base").await;
    setting.browser.click("#consent-settings-link").await;
    setting.browser.until("location.pathname == '/.consent/settings' && location.host == 'shop.example'").await;
}

#[tokio::test]
async fn a_sandbox_without_scripts_has_the_form_and_one_without_forms_the_link() {
    let setting = Setting::of(ENFORCED, "sandbox allow-same-origin allow-forms", "").await;
    assert!(setting.browser.has("#consent-form").await);
    setting.browser.click("#consent-refuse").await;
    setting
        .browser
        .until("document.querySelector('#consent-settings-link') && !document.querySelector('#consent-form')")
        .await;
    let setting = Setting::of(ENFORCED, "sandbox allow-same-origin", "").await;
    assert!(!setting.browser.has("#consent-form").await && setting.browser.has("#consent-settings-link").await);
}

#[tokio::test]
async fn a_policy_that_needs_nothing_and_what_is_no_page_stay_byte_for_byte() {
    let policy = "default-src 'self' 'wasm-unsafe-eval';img-src  *";
    let setting = Setting::of(ENFORCED, policy, "").await;
    let policies = async |headers: &[(&str, &str)]| {
        let heard = Client::fetch(setting.gateway.address(), "shop.example", "/", headers).await;
        heard.all(ENFORCED)
    };
    let page = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
    assert_eq!(policies(&page).await, [policy]);
    let setting = Setting::of(ENFORCED, "default-src 'none'", "").await;
    let heard = Client::fetch(
        setting.gateway.address(),
        "shop.example",
        "/",
        &[("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "cors")],
    )
    .await;
    assert_eq!(heard.all(ENFORCED), ["default-src 'none'"], "what a script fetches is no page of its own");
}
