//! Shapes and loaders of the bundled catalogue: what sites were seen to forward, and what comes near it and is a site's own.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::policy::compile;
use crate::policy::tests::SAMPLE;
use crate::rules::TrackerRules;
use crate::rules::catalog::Catalog;

/// The rules of a policy with a purpose of every category.
static RULES: LazyLock<TrackerRules> = LazyLock::new(|| {
    let catalog = Catalog::bundled().expect("the bundled catalogue has no faults");
    compile(SAMPLE, &catalog).expect("the sample has no faults").trackers
});

fn service(address: &str) -> Option<&'static str> {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    RULES.shape(path, query).map(|rule| rule.recipient.as_str())
}

#[test]
fn what_services_send_is_known_at_any_path() {
    let check = |address: &str, expect: &str| assert_eq!(service(address), Some(expect), "{address}");
    check("/metrics/g/collect?v=2&tid=G-6ZT8F1MF6V&gtm=45je&_p=1", "google-analytics");
    check("/g/collect?tid=G-6ZT8F1MF6V&v=2", "google-analytics");
    check(
        "/pntd/ag/g/c?v=2&tid=G-Q57CXMB28P&gtm=45g92e69u2v871577823&gcs=G111&gcd=13v3v3v3v5l1&en=page_view",
        "google-analytics",
    );
    check("/anything?v=2&tid=%47-Q57CXMB28P&gtm=45g92e69", "google-analytics");
    check("/anything?v=2&tid=G-Q57CXMB28P&en=page_view&dl=https%3A%2F%2Fshop.example%2F", "google-analytics");
    check("/j/collect?v=1&tid=UA-1-1", "google-analytics");
    check("/metrics/gtag/js?id=G-6ZT8F1MF6V&l=dataLayer", "google-analytics");
    check("/metrics/gtag/js?id=AW-11252321380", "google-ads");
    check("/gtm.js?id=GTM-56CMP8K&gtm_auth=x", "google-tag-manager");
    check("/ns.html?id=GTM-56CMP8K", "google-tag-manager");
    check("/ufxf/?id=G-6RN1VRRKRM&cx=c&gtm=4e61k2", "google-analytics");
    check("/pntd/g/d/ccm/conversion/969809790/?random=1&en=conversion&gtm=45892e69&gcs=G111&gcd=13v3", "google-ads");
    check("/4vu8/d/ccm/form-data/11252321380?gtm=45je", "google-ads");
    check("/4vu8/a?id=AW-11252321380&v=3&t=t", "google-tag-manager");
    check("/4vu8/_/service_worker/69f0/sw.js?path=%2F4vu8", "google-tag-manager");
    check("/4vu8/_/service_worker/69f0/sw_iframe.html?origin=https%3A%2F%2Fshop.example&1p=1", "google-tag-manager");
    check("/plugins/gtg/measurement.php?id=G-6ZT8F1MF6V&s=%2Fgtag%2Fjs", "google-analytics");
    check("/m?id=G-6ZT8F1MF6V&s=/g/collect%3Fv=2", "google-analytics");
    check("/m?id=AW-1&geo=KR&s=/as/d/ccm/conversion", "google-ads");
    check("/px/tr/?id=1&ev=PageView&dl=x&rl=&if=false&ts=1&sw=1", "meta");
    check("/tr?id=1&ev=PageView&noscript=1", "meta");
    check("/stats/matomo.php?action_name=x&idsite=1&rec=1&r=2", "matomo");
    check("/b/ss/suite/1/JS-2.22.0/s1?AQB=1&ndh=1", "adobe-analytics");
    check("/ee/v1/interact?configId=a&requestId=b", "adobe-experience-cloud");
    check("/ym/watch/1?wmode=7&page-url=x&browser-info=y", "yandex-metrica");
    check("/ingest/i/v0/e/?ip=0&_=1730000000000&ver=1.177.0", "posthog");
}

#[test]
fn what_comes_near_is_the_sites_own() {
    for address in [
        "/g/collect",
        "/g/collect?v=2",
        "/g/collect?v=2&tid=123",
        "/g/collect?v=1&tid=G-1",
        "/g/collect?v=22&tid=G-1",
        "/g/collect?xv=2&tid=G-1",
        "/blog/collect?v=2&tid=G-1",
        "/g/collector?v=2&tid=G-1",
        "/product?id=G-100",
        "/product?id=G-100&gtm=4",
        "/metrics/?id=GTM-56CMP8K",
        "/gtag/js",
        "/gtag/js?id=",
        "/gtag/js?id=g-1",
        "/gtag/js/?id=G-1",
        "/gtm.js?id=AW-1",
        "/docs/gtm.js?v=3",
        "/service_worker/sw.js?path=/",
        "/sw.js?origin=x",
        "/tr?id=1&ev=PageView",
        "/tr?lang=tr&id=1",
        "/trips?id=1&ev=a&noscript=1",
        "/matomo.php",
        "/matomo.php?module=CoreAdminHome&idsite=1",
        "/b/ss/list?page=2",
        "/v1/collect?configId=a",
        "/watch/123?page-url=x",
        "/i/v0/e/?ver=2",
        "/search?q=v%3D2%26tid%3DG-1%26gtm%3D4",
        "/?gtm=45&gcd=",
        "/?s=/gtag/js&id=1",
        "/?s=gtag&id=G-1",
        "/collect?v=1&tid=UA",
    ] {
        assert_eq!(service(address), None, "{address}");
    }
}

#[test]
fn a_key_is_written_in_four_ways() {
    let check = |written: &str, query: &str, expect: bool| {
        let key = QueryKey::parse(written).unwrap_or_else(|| panic!("{written}"));
        assert_eq!(key.is_in(query), expect, "{written} {query}");
    };
    check("ev", "ev", true);
    check("ev", "a=1&ev=", true);
    check("ev", "eve=1", false);
    check("v=2", "v=1&v=2", true);
    check("v=2", "v=2x", false);
    check("v=2", "%76=%32", true);
    check("s=/g/c*", "s=%2fg%2Fcollect", true);
    check("id=G-*|AW-*", "id=AW-1", true);
    check("id=G-*|AW-*", "id=GTM-1", false);
    check("a=%*", "a=%zz", true);
    for wrong in ["", "=2", "v=", "v=2|", "v=*", "v=a*b", "a b", "키"] {
        assert_eq!(QueryKey::parse(wrong), None, "{wrong}");
    }
}

const GTAG: &str = "\n// Copyright 2012 Google Inc. All rights reserved.\n \n(function(){\n\nvar data = {\n\"resource\": {\n  \"version\":\"1\",\n";

#[test]
fn a_script_is_known_by_how_it_begins() {
    let of = |head: &str| RULES.loaders().iter().find(|rule| rule.matches(head)).map(|rule| rule.recipient.as_str());
    let check = |head: &str, expect: Option<&str>| assert_eq!(of(head), expect, "{head}");
    check(GTAG, Some("google-tag-manager"));
    check(&format!("{GTAG}\"tags\":[{{\"vtp_instanceDestinationId\":\"G-1\"}}]"), Some("google-analytics"));
    check(&format!("{GTAG}\"tags\":[{{\"vtp_instanceDestinationId\":\"AW-1\"}}]"), Some("google-ads"));
    check(&format!("\u{feff}  {GTAG}"), Some("google-tag-manager"));
    check(&format!("var own = 1;{GTAG}"), None);
    check("// Copyright 2012 Google Inc. All rights reserved.\nvar chart = {};", None);
    let facebook = "/**\n* Copyright (c) 2017-present, Facebook, Inc. All rights reserved.\n*/\n";
    check(&format!("{facebook}fbq.version=\"2.9.92\";\nfbq._releaseSegment = \"stable\";"), Some("meta"));
    check(&format!("{facebook}FB.init=function(){{}}"), None);
    check("/*!!\n * Matomo - free/libre analytics platform\n *\n * JavaScript tracking client\n", Some("matomo"));
    check("/*!\n * Matomo - free/libre analytics platform\n *\n * UI\n", None);
    check("", None);
    for cut in (0..=GTAG.len()).filter_map(|at| GTAG.get(..at)) {
        assert!(RULES.loaders().iter().any(|rule| rule.may_match(cut)), "{cut:?}");
    }
    assert!(!RULES.loaders().iter().any(|rule| rule.may_match("!function(){")));
}

proptest! {
    #[test]
    fn matching_never_panics_and_needs_a_query(path in any::<String>(), query in any::<String>()) {
            let found = RULES.shape(&path, &query);
            prop_assert!(found.is_none() || !query.is_empty());
        prop_assert_eq!(RULES.shape(&path, ""), None);
        for rule in RULES.loaders() {
            prop_assert!(!rule.matches(&query) || rule.may_match(&query));
        }
    }

    #[test]
    fn the_order_of_pairs_says_nothing(
        path in "(/[a-z]{0,3}){0,2}(/g/collect|/tr/?|/matomo.php|/gtag/js)?",
        pairs in prop::collection::vec("(v|tid|id|ev|gtm|gcd|idsite|rec|noscript|cx|s)=(2|1|c|G-1|AW-1|45je|%47-1|/gtag/js)?", 0..8)
            .prop_flat_map(|pairs| (Just(pairs.clone()), Just(pairs).prop_shuffle())),
    ) {
            let (one, other) = (pairs.0.join("&"), pairs.1.join("&"));
        prop_assert_eq!(RULES.shape(&path, &one), RULES.shape(&path, &other));
    }
}
