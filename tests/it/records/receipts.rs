//! Receipts without a browser: whose they are, what is on them, who can check them, and that nothing of them can be changed. Refuses to trust
//! the gateway's own check alone: a program in another language says the same.

use std::collections::BTreeSet;

use gateway_tests::Client;
use serde_json::Value;

use super::{checked_in_python, granted, opened, receipt, records, saved, shop};
use crate::visitors::HOST;

#[tokio::test]
async fn a_grant_s_receipt_says_what_was_chosen_and_two_programs_can_prove_it() {
    let (_origin, gateway) = shop("").await;
    let cookie = granted(&gateway, "analytics").await;
    let page = opened(&gateway, "receipt?lang=en", &cookie).await;
    assert_eq!(page.status, 200);
    assert!(page.header("cache-control").is_some_and(|value| value.contains("no-store")));
    assert!(page.text().contains("id=\"consent-receipt\"") && page.text().contains("form=jsonld"), "{}", page.text());
    let heard = opened(&gateway, "receipt?lang=en&form=jsonld", &cookie).await;
    assert!(heard.header("content-disposition").is_some_and(|value| value.starts_with("attachment;")));
    let text = heard.text();
    let value: Value = serde_json::from_str(&text).expect("a receipt is JSON");
    let record = &value["consent_record"];
    assert_eq!(record["record"]["schema_version"], "ISO/IEC TS 27560:2023");
    assert_eq!(record["choice"]["surface"], "settings");
    assert_eq!(record["pii_processing"]["language"], "en");
    assert_eq!(record["event"][0]["validity_duration"], "PT31536000S");
    for named in ["form", "style", "configuration", "product"] {
        assert!(record["shown"][named].is_string(), "{named}: {text}");
    }
    let states: Vec<(&str, &str)> = record["pii_processing"]["purposes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|purpose| (purpose["purpose"].as_str().unwrap_or_default(), purpose["state"].as_str().unwrap_or_default()))
        .collect();
    assert!(states.contains(&("analytics", "given")) && states.contains(&("marketing", "refused")), "{states:?}");
    assert!(value["log"]["head"]["size"].as_u64().is_some_and(|size| size > 0), "it has a place at once: {text}");

    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (genuine, said) = checked_in_python(&gateway, folder.path(), &text).await;
    assert!(genuine && said.contains("granted: analytics"), "{said}");
    let file = folder.path().join("receipt.jsonld");
    let keys = folder.path().join("keys.json");
    let (file, keys) = (file.to_str().expect("a path"), keys.to_str().expect("a path"));
    let (well, said) = records(&gateway, &["verify", file, "--key", keys]);
    assert!(well && said.contains("granted: analytics") && said.contains("it stands in the log"), "{said}");

    // The log goes on; the receipt's log is its beginning.
    for _ in 0..3 {
        granted(&gateway, "marketing").await;
    }
    let (well, said) = records(&gateway, &["verify", file, "--config", "gateway.toml"]);
    assert!(well && said.contains("and begins with the receipt's"), "{said}");
}

#[tokio::test]
async fn nothing_on_a_receipt_can_be_changed() {
    let (_origin, gateway) = shop("").await;
    let text = receipt(&gateway, &granted(&gateway, "analytics").await).await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let number = |key: &str| {
        let value: Value = serde_json::from_str(&text).expect("JSON");
        format!("\"{key}\": {}", value["log"][key].as_u64().or(value["log"]["head"][key].as_u64()).expect("a number"))
    };
    let changes = [
        ("\"given\"".to_owned(), "\"refused\"".to_owned()),
        ("\"custom\"".to_owned(), "\"accept_all\"".to_owned()),
        (number("size"), "\"size\": 999".to_owned()),
        (number("place"), "\"place\": 99".to_owned()),
        ("\"language\": \"en\"".to_owned(), "\"language\": \"ko\"".to_owned()),
        ("\"issued\": \"2".to_owned(), "\"issued\": \"1".to_owned()),
        ("\"salt\": \"".to_owned(), "\"salt\": \"00".to_owned()),
    ];
    for (what, other) in &changes {
        let changed = text.replacen(what.as_str(), other, 1);
        assert_ne!(changed, text, "{what}");
        let (genuine, said) = checked_in_python(&gateway, folder.path(), &changed).await;
        assert!(!genuine && said.starts_with("no receipt of theirs"), "{what}: {said}");
        let (well, said) = records(
            &gateway,
            &["verify", folder.path().join("receipt.jsonld").to_str().expect("a path"), "--config", "gateway.toml"],
        );
        assert!(!well && said.lines().count() == 1, "{what}: {said}");
        assert!(check(&gateway, &changed).await.contains("consent-verdict"), "{what}");
        assert!(!check(&gateway, &changed).await.contains("was made out here and is unchanged"), "{what}");
    }
    assert!(check(&gateway, &text).await.contains("The receipt was made out here and is unchanged."));
    let other = shop("").await;
    assert!(check(&other.1, &text).await.contains("a key that is not used here"), "another gateway's key is another");
}

/// What the portal's page says of a text.
pub(super) async fn check(gateway: &gateway_tests::Gateway, text: &str) -> String {
    let body = format!("--x\r\nContent-Disposition: form-data; name=\"receipt\"\r\n\r\n{text}\r\n--x--\r\n");
    let headers = [("Content-Type", "multipart/form-data; boundary=x"), ("Accept", "text/html")];
    let mut client = Client::connect(gateway.address(), HOST).await;
    let heard = client.request("POST", "/.consent/check?lang=en", &headers, body.as_bytes()).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    heard.text()
}

#[tokio::test]
async fn nobody_gets_another_s_receipt_and_no_script_gets_any() {
    let (_origin, gateway) = shop("").await;
    let (one, two) = (granted(&gateway, "analytics").await, granted(&gateway, "marketing").await);
    let ids: BTreeSet<String> = [receipt(&gateway, &one).await, receipt(&gateway, &two).await]
        .map(|text| {
            let value: Value = serde_json::from_str(&text).expect("JSON");
            value["consent_record"]["record"]["pii_principal_id"].to_string()
        })
        .into();
    assert_eq!(ids.len(), 2, "each has their own number");
    let none = "There is no receipt to show";
    let forged = one.replace("consent=", "consent=A");
    for cookie in ["", forged.as_str(), "consent=AAAA"] {
        let heard = opened(&gateway, "receipt?lang=en", cookie).await;
        assert!(heard.status == 200 && heard.text().contains(none), "{cookie}");
        assert_eq!(opened(&gateway, "receipt?lang=en&form=jsonld", cookie).await.status, 404, "{cookie}");
    }
    let fetched = async |headers: &[(&str, &str)]| {
        let all = [&[("Cookie", one.as_str())][..], headers].concat();
        Client::fetch(gateway.address(), HOST, "/.consent/receipt?form=jsonld", &all).await.status
    };
    for headers in [
        &[("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "cors"), ("Accept", "text/html")][..],
        &[("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Mode", "navigate"), ("Accept", "text/html")],
        &[("Sec-Fetch-Dest", "script")],
        &[("Accept", "*/*")],
        &[("Accept", "text/html"), ("X-Requested-With", "XMLHttpRequest")],
        &[("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "cors"), ("Accept", "text/vnd.turbo-stream.html, text/html")],
    ] {
        assert_eq!(fetched(headers).await, 404, "{headers:?}");
    }
    assert_eq!(fetched(&[("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")]).await, 200);
}

#[tokio::test]
async fn a_refusal_s_receipt_is_in_its_answer_and_nowhere_else() {
    let (_origin, gateway) = shop("").await;
    let heard = saved(&gateway, "act=refuse_all&receipt=yes", "", &[]).await;
    assert_eq!(heard.status, 200, "{}", heard.text());
    assert!(heard.text().contains("consent-once") && heard.text().contains("data:application/json;base64,"));
    let cookie = heard.set_cookie("consent").expect("the refusal is kept");
    let data = heard.text().split("base64,").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    let text = base64_decoded(&data.expect("the receipt stands in the link"));
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["consent_record"]["record"].get("pii_principal_id"), None);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (genuine, said) = checked_in_python(&gateway, folder.path(), &text).await;
    assert!(genuine && said.ends_with("granted:"), "{said}");
    let later = opened(&gateway, "receipt?lang=en", &cookie).await;
    assert!(later.text().contains("There is no receipt to show"), "{}", later.text());
    assert!(!later.text().contains(value["consent_record"]["record"]["record_id"].as_str().expect("a number")));
    // Who doesn't ask for one goes back to where they came from, as ever; a script gets words.
    assert_eq!(saved(&gateway, "act=refuse_all", "", &[]).await.status, 303);
    let fetched = saved(&gateway, "act=refuse_all&receipt=yes", "", &[]).await;
    assert_eq!(fetched.status, 200);
    let by_script = [("Sec-Fetch-Mode", "cors")];
    let state = crate::visitors::state(gateway.address(), &[]).await;
    let form =
        format!("policy={}&lang=en&back=%2F&act=refuse_all&receipt=yes", state["policy"].as_str().expect("a policy"));
    let origin = format!("http://{HOST}");
    let own =
        [&[("Accept", "text/html"), ("Origin", origin.as_str()), ("Sec-Fetch-Dest", "empty")][..], &by_script].concat();
    let heard = Client::connect(gateway.address(), HOST).await.post_form("/.consent/choice", &own, &form).await;
    assert_eq!(heard.status, 303, "what a script posts is answered as ever");
}

fn base64_decoded(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().take_while(|letter| *letter != b'=') {
        bits = bits << 6 | LETTERS.iter().position(|known| *known == letter).expect("base64") as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    String::from_utf8(bytes).expect("text")
}

#[tokio::test]
async fn a_withdrawal_names_what_it_withdraws_and_the_older_form_tells_grants_alone() {
    let (_origin, gateway) = shop("").await;
    let cookie = granted(&gateway, "analytics").await;
    let before: Value = serde_json::from_str(&receipt(&gateway, &cookie).await).expect("JSON");
    let older = opened(&gateway, "receipt?lang=en&form=kantara", &cookie).await;
    let older: Value = serde_json::from_str(&older.text()).expect("JSON");
    assert_eq!(older["version"], "KI-CR-v1.1.0");
    assert_eq!(older["services"][0]["purposes"].as_array().map(Vec::len), Some(1));
    let heard = saved(&gateway, "act=withdraw&receipt=yes", &cookie, &[]).await;
    let data = heard.text().split("base64,").nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
    let after: Value = serde_json::from_str(&base64_decoded(&data.expect("a receipt"))).expect("JSON");
    assert_eq!(after["consent_record"]["choice"]["replaces"], before["consent_record"]["record"]["record_id"]);
    assert_eq!(after["consent_record"]["event"][0]["event_state"], "withdrawn");
    assert_eq!(
        after["consent_record"]["record"]["pii_principal_id"], before["consent_record"]["record"]["pii_principal_id"],
        "who takes a grant back is the one who gave it"
    );
}

#[tokio::test]
async fn a_record_says_from_which_country_where_the_site_s_terms_hang_on_it() {
    const REGIONS: &str =
        "regime = \"opt-in\"\n[[sites.regions]]\ncountries = [\"KR\"]\nregime = \"opt-out\"\ngrant_months = 6\n";
    let (_origin, gateway) = shop(REGIONS).await;
    let told = async |more: &[(&str, &str)]| {
        let heard = saved(&gateway, "act=custom&purpose=analytics", "", more).await;
        let cookie = heard.set_cookie("consent").expect("a consent cookie");
        let receipt: Value = serde_json::from_str(&receipt(&gateway, &cookie).await).expect("JSON");
        let record = &receipt["consent_record"];
        let (choice, event) = (&record["choice"], &record["event"][0]);
        [choice["country"].clone(), choice["regime"].clone(), event["validity_duration"].clone()]
    };
    let [country, regime, six_months] = told(&[("X-Country", "KR")]).await;
    assert_eq!((country, regime), (Value::from("KR"), Value::from("opt-out")));
    let [country, _, a_year] = told(&[("X-Country", "BR")]).await;
    assert_eq!((country, &a_year), (Value::from("BR"), &Value::from("PT31536000S")));
    assert_ne!(six_months, a_year);
    let [country, regime, strictest] = told(&[]).await;
    assert_eq!((country, regime, strictest), (Value::Null, Value::from("opt-in"), six_months));
}

#[tokio::test]
async fn a_form_with_a_file_is_bounded_and_a_stranger_s_is_not_read() {
    let (_origin, gateway) = shop("").await;
    let post = async |headers: &[(&str, &str)], body: &[u8]| {
        let mut client = Client::connect(gateway.address(), HOST).await;
        client.request("POST", "/.consent/check", headers, body).await.status
    };
    let multipart = ("Content-Type", "multipart/form-data; boundary=x");
    let large =
        [&b"--x\r\nContent-Disposition: form-data; name=\"receipt\"\r\n\r\n"[..], &vec![b'a'; 300_000], b"\r\n--x--"]
            .concat();
    assert_eq!(post(&[multipart], &large).await, 413);
    assert_eq!(post(&[multipart], b"--x\r\nbroken").await, 400);
    assert_eq!(post(&[("Content-Type", "text/plain")], b"{}").await, 415);
    assert_eq!(post(&[multipart, ("Sec-Fetch-Site", "cross-site")], b"--x--").await, 403);
}
