//! Hits of trackers to the site's own host: stopped without a grant, untouched with one.

use gateway_tests::{Client, Gateway, Origin, Reply};

use super::{HIT, gateway, told};
use crate::visitors::{HOST, chosen};

async fn site() -> Origin {
    Origin::start(|_| Reply::of("text/plain", "own")).await
}

/// The statuses that a hit and a path of the site's own get.
async fn statuses(gateway: &Gateway, headers: &[(&str, &str)]) -> (u16, u16) {
    let hit = Client::fetch(gateway.address(), HOST, HIT, headers).await;
    let own = Client::fetch(gateway.address(), HOST, "/metrics/g/collect?page=2", headers).await;
    (hit.status, own.status)
}

#[tokio::test]
async fn no_hit_reaches_the_origin_before_an_answer_or_after_a_refusal() {
    let origin = site().await;
    let gateway = gateway(&origin, "").await;
    let refusal = chosen(gateway.address(), "refuse_all", &[]).await;
    let unanswered: &[(&str, &str)] = &[];
    for headers in [unanswered, &[("Cookie", refusal.as_str())]] {
        let mut client = Client::connect(gateway.address(), HOST).await;
        for path in [
            HIT,
            "/stats/matomo.php?idsite=1&rec=1",
            "/px/tr?id=1&ev=PageView&noscript=1",
            "/%67/collect?tid=G-1&%76=2",
        ] {
            for (method, body) in [("GET", ""), ("HEAD", ""), ("POST", "en=scroll"), ("OPTIONS", "")] {
                let heard = client.request(method, path, headers, body.as_bytes()).await;
                assert_eq!((heard.status, heard.body.len()), (204, 0), "{method} {path}");
                assert_eq!(heard.header("cache-control").as_deref(), Some("no-store"), "{method} {path}");
                assert!(heard.all("set-cookie").is_empty(), "{method} {path}");
            }
        }
        assert_eq!(statuses(&gateway, headers).await, (204, 200), "the site's own path passes");
    }
    let reached: Vec<String> = origin.seen().into_iter().map(|seen| seen.path).collect();
    assert_eq!(reached, ["/metrics/g/collect?page=2"; 2]);
    let metrics = told(&gateway, "/metrics").await;
    assert!(metrics.contains("consent_gateway_stopped_requests_total{site=\"shop\",what=\"hit\"} 34"), "{metrics}");
    let log = std::fs::read_to_string(gateway.folder().join("access.log")).unwrap_or_default();
    assert!(!log.contains("G-TEST000") && !gateway.log().contains("G-TEST000"), "no query is written: {log}");
}

#[tokio::test]
async fn a_granted_hit_passes_as_it_came() {
    let origin = Origin::start(|_| Reply::of("image/gif", "GIF89a").with("cache-control", "public, max-age=9")).await;
    let gateway = gateway(&origin, "").await;
    let grant = chosen(gateway.address(), "custom", &["analytics"]).await;
    let mut client = Client::connect(gateway.address(), HOST).await;
    let heard = client.request("POST", HIT, &[("Cookie", &grant), ("Content-Type", "text/plain")], b"en=scroll").await;
    assert_eq!((heard.status, heard.text().as_str()), (200, "GIF89a"));
    assert_eq!(heard.header("cache-control").as_deref(), Some("private, max-age=9"), "for this visitor alone");
    let seen = origin.last_at("/metrics/g/collect");
    assert_eq!((seen.path.as_str(), &seen.body[..]), (HIT, &b"en=scroll"[..]));
    // What was granted are statistics, and no adverts.
    let advert = "/metrics/d/ccm/conversion/1/?gtm=45je&gcd=13l3";
    let heard = Client::fetch(gateway.address(), HOST, advert, &[("Cookie", &grant)]).await;
    assert_eq!((heard.status, origin.seen().len()), (204, 1));
}

#[tokio::test]
async fn switches_keep_their_meaning() {
    let origin = site().await;
    let own_rule = "policy = \"policy.toml\"\n";
    let starter = include_str!("../../../policies/documents/starter/opt-in.toml");
    let rule = format!(
        "{starter}\n[[trackers]]\nhost = \"{HOST}\"\npath = \"/metrics/\"\npurpose = \"necessary\"\nrecipient = \"operator\"\n\
         what = {{ ko = \"오류\", en = \"errors\" }}\n"
    );
    for (more, expect) in [
        ("", 204),
        ("tag_gateways = true\n", 204),
        ("cacheable = true\n", 204),
        ("tag_gateways = false\n", 200),
        ("bypass_paths = [\"/metrics/*\"]\n", 200),
        ("enforce_paths = [\"/new/*\"]\n", 200),
        ("regime = \"notice\"\n", 200),
        (own_rule, 200),
    ] {
        let text =
            format!("listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"shop\"\norigin = \"{}\"\n{more}", origin.url());
        let plan = Gateway::configured(&text);
        plan.write("policy.toml", &rule);
        let gateway = plan.start().await;
        assert_eq!(statuses(&gateway, &[]).await, (expect, 200), "{more}");
    }
}

#[tokio::test]
async fn under_advanced_consent_mode_googles_hits_pass_until_they_are_refused() {
    let origin = site().await;
    let gateway = gateway(&origin, "consent_mode = \"advanced\"\n").await;
    assert_eq!(statuses(&gateway, &[]).await, (200, 200), "nobody has spoken against it");
    let refusal = chosen(gateway.address(), "refuse_all", &[]).await;
    assert_eq!(statuses(&gateway, &[("Cookie", &refusal)]).await, (204, 200));
    assert_eq!(statuses(&gateway, &[("Sec-GPC", "1")]).await, (204, 200));
}

#[tokio::test]
async fn shadow_mode_lets_hits_go_and_lists_them() {
    let origin = site().await;
    let gateway = gateway(&origin, "shadow = true\n").await;
    assert_eq!(statuses(&gateway, &[]).await, (200, 200));
    let listed = told(&gateway, "/shadow?lang=en").await;
    assert!(listed.contains("request of a tracker") && listed.contains("google-analytics"), "{listed}");
    assert!(!listed.contains("G-TEST000"), "{listed}");
}
