//! The bundled catalogue: what is never held, and how names and hosts are found.

use super::*;
use crate::policy::compile;
use crate::policy::tests::SAMPLE;

/// Every host and path beginning that is never held.
fn never_held(catalog: &Catalog) -> Vec<(&str, &str)> {
    let rows = catalog.services().flat_map(|service| &service.trackers);
    rows.filter(|row| row.tier == Tier::NeverHold).map(|row| (row.host.as_str(), row.path.as_str())).collect()
}

#[test]
fn payment_login_and_captcha_are_never_held_by_a_rule_for_their_domain() {
    let catalog = Catalog::bundled().unwrap();
    let places = never_held(&catalog);
    let known: [&str; 17] = [
        "stdpay.inicis.com",
        "web.nicepay.co.kr",
        "js.tosspayments.com",
        "online-pay.kakaopay.com",
        "nsp.pay.naver.com",
        "pay.kcp.co.kr",
        "www.paypal.com",
        "js.stripe.com",
        "www.google.com",
        "www.gstatic.com",
        "js.hcaptcha.com",
        "challenges.cloudflare.com",
        "kauth.kakao.com",
        "nid.naver.com",
        "accounts.google.com",
        "appleid.cdn-apple.com",
        "nice.checkplus.co.kr",
    ];
    for host in known {
        assert!(places.iter().any(|(known, _)| *known == host), "{host} is not in the tier");
    }
    // The broadest rules that a policy can write: each parent domain, and each host that is shared as a whole.
    let parents = places.iter().filter_map(|(host, _)| host.split_once('.')).map(|(_, parent)| parent);
    let shared = places.iter().filter(|(_, path)| !path.is_empty()).map(|(host, _)| *host);
    let mut broad: Vec<&str> = parents.filter(|parent| parent.contains('.')).chain(shared).collect();
    broad.retain(|host| !places.contains(&(host, "")));
    broad.sort_unstable();
    broad.dedup();
    let rule = |host: &&str| {
        format!(
            "[[trackers]]\nhost = \"{host}\"\npurpose = \"marketing\"\nrecipient = \"operator\"\n\
             what = {{ ko = \"모두\", en = \"everything\" }}\n"
        )
    };
    let policy = compile(&format!("{SAMPLE}\n{}", broad.iter().map(rule).collect::<String>()), &catalog).unwrap();
    for (host, path) in &places {
        let found = policy.trackers.find(host, if path.is_empty() { "/" } else { path });
        assert_eq!(found.map(|rule| rule.usage), Some(TrackerUse::NeverHold), "{host}{path}");
    }
    let held = policy.trackers.find("elsewhere.inicis.com", "/").map(|rule| rule.usage);
    assert!(matches!(held, Some(TrackerUse::Purpose(_))), "the broad rules are in force: {held:?}");
}
