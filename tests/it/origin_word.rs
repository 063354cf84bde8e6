//! What the origin is told of a visitor's choice: the field, its signature, and that nobody else can say it. The examples that the product ships
//! are run on the bytes that the origin got. Refuses to sign by itself.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Gateway, Origin, Reply, Seen, folders, wait};

use crate::faults::clocks;
use crate::visitors::{chosen, page};

async fn origin() -> Origin {
    Origin::start(|seen| {
        let reply = Reply::of("application/json", "{}").with("cache-control", "public, max-age=60");
        reply.with("vary", if seen.path_only() == "/for-all" { "Accept" } else { "Consent-Granted" })
    })
    .await
}

fn text(origin: &Origin, site: &str) -> String {
    let site = format!("[[sites]]\nname = \"shop\"\norigin = \"{}\"\n{site}\n", origin.url());
    format!("listen = [\"127.0.0.1:0\"]\ndata = \"data\"\n{site}")
}

const TOLD: &str = "tell_origin = true";

/// One of the shipped examples on the headers of a request: what it says.
fn verified(program: &str, file: &str, key: &Path, authority: &str, headers: &str) -> String {
    let example = folders::repository().join("gateway/packaging/verify").join(file);
    let mut command = Command::new(program);
    command.arg(example).arg(key).arg(authority).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("can't start {program}: {error}; run `make deps`"));
    child.stdin.take().expect("an input").write_all(headers.as_bytes()).expect("the example reads");
    let output = child.wait_with_output().expect("the example ends");
    let said = printed(&output).trim().to_owned();
    assert_eq!(output.status.success(), said.starts_with("granted: "), "{program}: {said}");
    said
}

const EXAMPLES: [(&str, &str); 3] = [("python3", "granted.py"), ("node", "granted.mjs"), ("php", "granted.php")];

fn lines(seen: &Seen) -> String {
    seen.headers.iter().map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value))).collect()
}

#[tokio::test]
async fn the_origin_is_told_and_three_languages_can_prove_it() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, TOLD)).start().await;
    let key = gateway.folder().join("data/origin-shop.key");
    assert_eq!(std::fs::metadata(&key).expect("a key was made").permissions().mode() & 0o777, 0o600);
    let granted = chosen(gateway.address(), "custom", &["analytics"]).await;
    for (cookie, expect) in [("", "necessary"), (granted.as_str(), "necessary, analytics")] {
        page(gateway.address(), "/data", &[("Cookie", cookie)]).await;
        let asked = origin.last_at("/data");
        assert_eq!(asked.all("consent-granted"), [expect]);
        let (head, host) = (lines(&asked), asked.header("host").expect("a host"));
        for (program, file) in EXAMPLES {
            let check = |authority: &str, head: &str| verified(program, file, &key, authority, head);
            assert_eq!(check(&host, &head), format!("granted: {}", expect.replace(',', "")), "{program}: {head}");
            let refused = "not the gateway's word";
            assert_eq!(check("other.example", &head), refused, "{program}");
            assert_eq!(check(&host, &head.replace(expect, "necessary, marketing")), refused, "{program}");
            assert_eq!(check(&host, &head.replace("created=1", "created=2")), refused, "{program}");
            assert_eq!(check(&host, &head.replace("signature:", "x-signature:")), refused, "{program}");
        }
    }
    let id = origin.last_at("/data").header("signature-input").expect("an input");
    let id = id.split("keyid=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a key id").to_owned();
    gateway.says(&id).await;
    assert!(
        !gateway.log().contains(std::fs::read_to_string(&key).expect("a key").trim()),
        "the key itself is shown nowhere"
    );
}

#[tokio::test]
async fn an_old_word_is_not_taken_for_a_new_one() {
    let origin = origin().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let clock = folder.path().join("clock");
    clocks::step(&clock, -1);
    let gateway = clocks::following(Gateway::configured(&text(&origin, TOLD)), &clock).start().await;
    let key = gateway.folder().join("data/origin-shop.key");
    let said = async || {
        page(gateway.address(), "/data", &[]).await;
        let asked = origin.last_at("/data");
        verified("python3", "granted.py", &key, &asked.header("host").expect("a host"), &lines(&asked))
    };
    assert_eq!(said().await, "not the gateway's word", "it is a day old");
    clocks::step(&clock, 0);
    wait::until_true("it is signed anew", || async { said().await == "granted: necessary" }).await;
}

#[tokio::test]
async fn nobody_else_says_it_and_what_else_is_signed_stays() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, &format!("{TOLD}\norigin_key_file = \"shop.key\""))).start().await;
    let key = gateway.folder().join("shop.key");
    let bot = "bot=(\"@authority\");created=1;tag=\"web-bot-auth\"";
    let forged = "consent=(\"consent-granted\" \"@authority\");created=1;keyid=\"0\";alg=\"hmac-sha256\"";
    let headers = [
        ("Consent-Granted", "necessary, marketing"),
        ("Consent_Granted", "necessary, marketing"),
        ("Signature-Input", bot),
        ("Signature-Input", forged),
        ("Signature_Input", forged),
        ("Signature", "consent=:AAAA:, bot=:AAAA:"),
    ];
    page(gateway.address(), "/data", &headers).await;
    let asked = origin.last_at("/data");
    assert_eq!(asked.all("consent-granted"), ["necessary"]);
    assert_eq!((asked.all("consent_granted").len(), asked.all("signature_input").len()), (0, 0));
    let (inputs, values) = (asked.all("signature-input"), asked.all("signature"));
    assert_eq!((inputs.len(), inputs[0].as_str()), (2, bot), "{inputs:?}");
    assert_eq!((values.len(), values[0].as_str()), (2, "bot=:AAAA:"), "{values:?}");
    let host = asked.header("host").expect("a host");
    for (program, file) in EXAMPLES {
        assert_eq!(verified(program, file, &key, &host, &lines(&asked)), "granted: necessary");
    }
    // A quote that a stranger leaves open would swallow what follows.
    page(gateway.address(), "/data", &[("Signature-Input", "a=\""), ("Signature", "bot=:AAAA:")]).await;
    let asked = origin.last_at("/data");
    assert_eq!((asked.all("signature-input").len(), asked.all("signature").len()), (1, 1));
}

#[tokio::test]
async fn a_site_that_does_not_ask_for_it_tells_nothing_and_touches_no_signature() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, "")).start().await;
    let signed = [("Signature-Input", "consent=();created=1"), ("Signature", "consent=:AAAA:")];
    let heard = page(gateway.address(), "/data", &signed).await;
    let asked = origin.last_at("/data");
    assert!(asked.all("consent-granted").is_empty());
    assert_eq!(
        (asked.all("signature-input"), asked.all("signature")),
        (vec!["consent=();created=1".to_owned()], vec!["consent=:AAAA:".to_owned()])
    );
    assert_eq!(heard.all("cache-control"), ["public, max-age=60"]);
    assert!(!gateway.folder().join("data/origin-shop.key").exists());
}

#[tokio::test]
async fn an_answer_that_hangs_on_the_word_is_kept_by_no_shared_cache() {
    let origin = origin().await;
    let gateway = Gateway::configured(&text(&origin, TOLD)).start().await;
    let heard = page(gateway.address(), "/data", &[]).await;
    assert_eq!(heard.all("cache-control"), ["private, max-age=60"]);
    let vary = heard.all("vary").join(", ");
    assert!(["Consent-Granted", "Cookie", "Sec-GPC"].iter().all(|name| vary.contains(name)), "{vary}");
    let heard = page(gateway.address(), "/for-all", &[]).await;
    assert_eq!(
        (heard.all("cache-control"), heard.all("vary")),
        (vec!["public, max-age=60".to_owned()], vec!["Accept".to_owned()])
    );
}

#[tokio::test]
async fn what_can_not_be_told_is_a_fault() {
    let origin = origin().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let check = |site: &str, words: &str| {
        std::fs::write(folder.path().join("gateway.toml"), text(&origin, site)).expect("a folder can be written");
        let told = printed(&command(folder.path(), &["check", "--config", "gateway.toml"]));
        assert!(told.contains(words), "{told}");
    };
    check(TOLD, "no faults");
    check("origin_key_file = \"x\"", "origin_key_file: needs tell_origin = true");
    check(&format!("{TOLD}\ncacheable = true"), "tell_origin: can't be with cacheable");
    std::fs::write(folder.path().join("bad.key"), "no key\n").expect("a folder can be written");
    std::fs::write(
        folder.path().join("gateway.toml"),
        text(&origin, &format!("{TOLD}\norigin_key_file = \"bad.key\"")),
    )
    .expect("a folder can be written");
    for verb in ["run", "check"] {
        let output = command(folder.path(), &[verb, "--config", "gateway.toml"]);
        assert!(
            !output.status.success() && printed(&output).contains("bad.key: must hold one key"),
            "{}",
            printed(&output)
        );
    }
}
