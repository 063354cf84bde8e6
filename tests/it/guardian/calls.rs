//! The site's own server says that a guardian agreed, in a call that it signs. The example that the product ships makes the calls; what is changed
//! about one is changed after it was signed. Refuses a signer of its own.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, folders, wait};

use super::{child, consent, origin, post, set, shown, text};
use crate::faults::clocks;
use crate::store::ask;
use crate::visitors::HOST;

const KEY: &str = "guardian_key_file = \"shop.key\"";

/// Calls with the shipped example; `twist` is Python between signing and sending: it may change `url`, `body`, `headers` and `now`.
fn call(gateway: &Gateway, code: &str, purposes: &[&str], twist: (&str, &str)) -> (u16, String) {
    let script = "import json, sys, time\n\
                  sys.path.insert(0, sys.argv[1])\n\
                  import guardian, urllib.request\n\
                  url, now, ground = sys.argv[3], time.time(), 'verified by phone'\n\
                  body = json.dumps({'reference': sys.argv[4], 'purposes': sys.argv[7:], 'ground': ground}).encode()\n\
                  exec(sys.argv[5])\n\
                  headers = guardian.signed(guardian.read_key(sys.argv[2]), url, body, now)\n\
                  exec(sys.argv[6])\n\
                  print(*guardian.send(urllib.request.Request(url, data=body, headers=headers, method='POST')))";
    let examples = folders::repository().join("gateway/packaging/sign");
    let mut python = Command::new("python3");
    python.args(["-B", "-c", script]).arg(examples).arg(gateway.folder().join("shop.key"));
    python.arg(gateway.url("/.consent/guardian")).args([code, twist.0, twist.1]).args(purposes);
    let output = python.output().expect("Python is there: run `make deps`");
    let said = printed(&output);
    let (status, answer) = said.split_once(' ').unwrap_or_else(|| panic!("no answer: {said}"));
    (status.parse().unwrap_or_else(|_| panic!("no status: {said}")), answer.trim().to_owned())
}

const PLAIN: (&str, &str) = ("", "");

#[tokio::test]
async fn a_sites_server_says_what_it_verified_and_the_browser_has_it() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, KEY)).start().await;
    let address = gateway.address();
    let key = gateway.folder().join("shop.key");
    assert_eq!(std::fs::metadata(&key).expect("a key was made").permissions().mode() & 0o777, 0o600);
    let (cookie, code) = child(address).await;
    let example = folders::repository().join("gateway/packaging/sign/guardian.py");
    let mut command = Command::new("python3");
    command.arg("-B").arg(example).arg(&key).arg(gateway.url("/.consent/guardian")).args([&code, "analytics"]);
    let output = command.output().expect("Python is there: run `make deps`");
    assert!(output.status.success() && printed(&output).starts_with("200 {\"record\":\""), "{}", printed(&output));
    let granted = consent(&post(address, "reference", "", &cookie).await);
    assert_eq!(set(address, &granted).await, ["_ga"]);
    let record = "select act, granted, speaker, ground from record where act = 'guardian'";
    assert_eq!(ask(&gateway.data(), record), "[('guardian', 'analytics', 'site', None)]");

    let withdrawn = consent(&post(address, "choice", "act=withdraw", &granted).await);
    let (again, _) = call(&gateway, &code, &["analytics"], PLAIN);
    assert_eq!(again, 200, "the same call again is taken,");
    let looked = post(address, "reference", "", &withdrawn).await;
    assert!(set(address, &consent(&looked)).await.is_empty(), "and brings nothing back");
    assert_eq!(ask(&gateway.data(), record), "[('guardian', 'analytics', 'site', None)]");
    assert_eq!(call(&gateway, &code, &["marketing"], PLAIN).0, 409, "a code serves once");
}

#[tokio::test]
async fn a_call_that_is_not_the_sites_own_whole_and_fresh_is_not_taken() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, KEY)).start().await;
    let (_, code) = child(gateway.address()).await;
    let check = |before: &str, after: &str, status: u16, words: &str| {
        let (got, said) = call(&gateway, &code, &["analytics"], (before, after));
        assert!(got == status && said.contains(words), "{before} {after}: {got} {said}");
    };
    check("", "body = body.replace(b'analytics', b'marketing')", 403, "Content-Digest");
    check("", "headers['Content-Digest'] = 'sha-256=:AAAA:'", 403, "Content-Digest");
    check("", "headers.pop('Content-Digest')", 403, "Content-Digest");
    check("now -= 301", "", 403, "five minutes");
    check("now += 310", "", 403, "five minutes");
    check("", "headers['Signature-Input'] = headers['Signature-Input'].replace(' \"@path\"', '')", 403, "must cover");
    check(
        "",
        "headers['Signature-Input'] = headers['Signature-Input'].replace('consent=', 'other=')",
        403,
        "must cover",
    );
    check("", "headers.pop('Signature')", 403, "the signature is not");
    check("", "headers['Signature'] = 'consent=:' + 'A' * 43 + '=:'", 403, "the signature is not");
    check("url = url.replace('127.0.0.1', 'other.example')", "url = sys.argv[3]", 403, "the signature is not");
    check("url = url.replace('guardian', 'choice')", "url = sys.argv[3]", 403, "the signature is not");
    check("", "headers['Content-Type'] = 'text/plain'", 415, "application/json");
    check("body = b' ' * 5000", "", 413, "too large");
    check("body = b'{}'", "", 400, "reference");
    check("body = body.replace(b'ground', b'name')", "", 400, "name");
    check("body = body.replace(b'analytics', b'bogus')", "", 422, "bogus");
    check("body = body.replace(b'analytics', b'necessary')", "", 422, "needs nobody's consent");
    check("body = body.replace(sys.argv[4].encode(), b'0000-0000-0000-0000')", "", 422, "was not given");
    assert_eq!(ask(&gateway.data(), "select count(*) from record where act = 'guardian'"), "[(0,)]");
    assert_eq!(call(&gateway, &code, &["analytics"], PLAIN).0, 200);
}

#[tokio::test]
async fn a_guardians_grant_ends_like_any_other_and_the_child_alone_can_not_renew_it() {
    let origin = origin().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let clock = folder.path().join("clock");
    clocks::step(&clock, -400);
    let gateway = clocks::following(Gateway::configured(&text(&origin, KEY)), &clock).start().await;
    let address = gateway.address();
    let (cookie, code) = child(address).await;
    assert_eq!(call(&gateway, &code, &["analytics"], ("now -= 400 * 86400", "")).0, 200);
    let granted = consent(&post(address, "reference", "", &cookie).await);
    let renewed = async || post(address, "choice", "act=custom&purpose=analytics", &granted).await;
    assert_eq!((renewed().await.status, set(address, &granted).await), (303, vec!["_ga".to_owned()]));
    clocks::step(&clock, -200);
    let half = ("now -= 200 * 86400", "");
    wait::until_true("half a year has passed", || async { call(&gateway, &code, &["analytics"], half).0 != 403 }).await;
    let saved = consent(&renewed().await);
    assert_eq!(set(address, &saved).await, ["_ga"]);
    clocks::step(&clock, 0);
    wait::until_true("the grant is over", || async { set(address, &granted).await.is_empty() }).await;
    assert!(set(address, &saved).await.is_empty(), "saving it again renewed nothing");
    assert!(renewed().await.text().contains("Are you 14 or older?"));
    let under = consent(&post(address, "choice", "act=custom&purpose=analytics&age=no", &granted).await);
    assert!(set(address, &under).await.is_empty());
    let anew = consent(&post(address, "reference", "", &granted).await);
    assert!(shown(address, &anew).await.is_some_and(|fresh| fresh != code), "a guardian can be asked again");
}

#[tokio::test]
async fn without_a_key_nobody_can_call() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, "")).start().await;
    let headers = [("Content-Type", "application/json")];
    let heard =
        Client::connect(gateway.address(), HOST).await.request("POST", "/.consent/guardian", &headers, b"{}").await;
    assert_eq!(heard.status, 404);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let check = |site: &str, words: &str| {
        std::fs::write(folder.path().join("gateway.toml"), text(&origin, site)).expect("a folder can be written");
        let told = printed(&command(folder.path(), &["check", "--config", "gateway.toml"]));
        assert!(told.contains(words), "{told}");
    };
    check(KEY, "no faults");
    let plain = text(&origin, KEY).replace("ask_age = true", "");
    std::fs::write(folder.path().join("gateway.toml"), plain).expect("a folder can be written");
    let told = printed(&command(folder.path(), &["check", "--config", "gateway.toml"]));
    assert!(told.contains("guardian_key_file: needs ask_age = true"), "{told}");
}
