//! TLS towards visitors and origins: certificates by name, versions, new files while it runs, the way from http to https, names of origins.
//! Refuses to trust the gateway's word on a certificate: the client verifies it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway_tests::certificates::Authority;
use gateway_tests::client::fetch_h2_tls;
use gateway_tests::gateway::{command, printed};
use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, Origin, RawOrigin, Reply, wait};
use rustls::pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::visitors::{HOST, NAVIGATION, page};

const OTHER: &str = "other.example";
const EMPTY: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n";

/// Certificates in a folder of their own.
struct Files {
    authority: Authority,
    folder: TempDir,
}

impl Files {
    fn new() -> Self {
        Self { authority: Authority::fresh(), folder: tempfile::tempdir().expect("a temporary folder can be made") }
    }

    /// Writes a certificate for these names below `place`, over an older one; its keys of the configuration.
    fn issue(&self, place: &str, names: &[&str]) -> String {
        let folder = self.place(place);
        let (certificate, key) = self.authority.identity(names).write(&folder);
        format!("certificate = \"{}\"\nkey = \"{}\"\n", certificate.display(), key.display())
    }

    fn place(&self, place: &str) -> PathBuf {
        let folder = self.folder.path().join(place);
        std::fs::create_dir_all(&folder).expect("a temporary folder can be written");
        folder
    }

    /// One certificate for the shop.
    fn single(&self) -> String {
        format!("[tls]\n{}", self.issue("one", &[HOST]))
    }
}

fn text(origin: &str, keys: &str, site: &str) -> String {
    format!("listen = [\"127.0.0.1:0\"]\n{keys}\n[[sites]]\nname = \"shop\"\norigin = \"{origin}\"\n{site}\n")
}

async fn origin() -> RawOrigin {
    RawOrigin::start(|_| Answer::text(EMPTY)).await
}

/// The leaf that is shown to who asks for `name`; no name is sent where that is an address. Nothing is verified.
async fn shown(address: SocketAddr, name: &str, authority: &Authority) -> CertificateDer<'static> {
    let mut config = Arc::unwrap_or_clone(authority.client(&["http/1.1"]));
    config.dangerous().set_certificate_verifier(Arc::new(gateway_tests::certificates::Anything));
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let stream = TcpStream::connect(address).await.expect("the gateway listens");
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("TLS");
    stream.get_ref().1.peer_certificates().and_then(<[_]>::first).expect("a certificate").clone().into_owned()
}

#[tokio::test]
async fn the_certificate_is_the_one_that_bears_the_asked_name() {
    let (origin, files) = (origin().await, Files::new());
    let certificates: String = [("a", &[HOST, "www.shop.example"][..]), ("b", &["*.other.example", OTHER])]
        .iter()
        .map(|(place, names)| format!("[[tls.certificates]]\n{}", files.issue(place, names)))
        .collect();
    let gateway = Gateway::configured(&text(&origin.url(), &certificates, "")).start().await;
    let client = || files.authority.client(&["http/1.1"]);
    for name in [HOST, "WWW.shop.example", OTHER, "deep.other.example"] {
        let mut client = Client::connect_tls(gateway.address(), name, client()).await;
        assert_eq!(client.get("/", &[]).await.status, 200, "{name}");
    }
    let first = shown(gateway.address(), HOST, &files.authority).await;
    assert_ne!(shown(gateway.address(), OTHER, &files.authority).await, first);
    assert_eq!(shown(gateway.address(), "nobody.example", &files.authority).await, first, "an unknown name: the first");
    assert_eq!(shown(gateway.address(), "127.0.0.1", &files.authority).await, first, "no name: the first");
}

#[tokio::test]
async fn tls_1_2_and_1_3_are_spoken_and_older_ones_refused() {
    let (origin, files) = (origin().await, Files::new());
    let gateway = Gateway::configured(&text(&origin.url(), &files.single(), "")).start().await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let config = files.authority.client_of(&["http/1.1"], &[version]);
        let mut client = Client::connect_tls(gateway.address(), HOST, config).await;
        assert_eq!(client.get("/", &[]).await.status, 200, "{version:?}");
    }
    let hear = async |minor: u8| {
        let mut client = Client::connect(gateway.address(), HOST).await;
        client.send(&hello(minor)).await;
        client.exactly(7).await
    };
    assert_eq!(hear(3).await.first(), Some(&22), "the very hello is answered where it speaks of TLS 1.2");
    for older in [1, 2] {
        let heard = hear(older).await;
        assert!(heard.starts_with(&[21, 3]) && heard.ends_with(&[2, 70]), "an alert, protocol_version: {heard:?}");
    }
}

/// A client's hello by TLS 1.`minor - 1` in exact bytes.
fn hello(minor: u8) -> Vec<u8> {
    let groups = [0, 10, 0, 4, 0, 2, 0, 23];
    let signatures = [0, 13, 0, 4, 0, 2, 4, 3];
    let extensions = [&[0, 16][..], &groups, &signatures].concat();
    // A random, no session, one suite (ECDHE-ECDSA, AES-128-GCM), no compression.
    let body = [&[3, minor][..], &[7; 32], &[0], &[0, 2, 0xc0, 0x2b], &[1, 0], &extensions].concat();
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).expect("a short hello");
    let message = [&[1, 0, 0, length(&body)][..], &body].concat();
    [&[22, 3, 1, 0, length(&message)][..], &message].concat()
}

#[tokio::test]
async fn new_certificate_files_are_used_without_cutting_anybody_off() {
    let (origin, files) = (origin().await, Files::new());
    let gateway = Gateway::configured(&text(&origin.url(), &files.single(), "")).start().await;
    let mut kept = Client::connect_tls(gateway.address(), HOST, files.authority.client(&["http/1.1"])).await;
    assert_eq!(kept.get("/", &[]).await.status, 200);
    let old = shown(gateway.address(), HOST, &files.authority).await;
    files.issue("one", &[HOST]);
    wait::until_true("the new certificate is shown", || async {
        shown(gateway.address(), HOST, &files.authority).await != old
    })
    .await;
    gateway.says("the certificates were read again").await;
    assert_eq!(kept.get("/", &[]).await.status, 200, "who was connected stays connected");
}

#[tokio::test]
async fn a_broken_new_certificate_is_told_once_and_the_old_one_kept() {
    let (origin, files) = (origin().await, Files::new());
    let gateway = Gateway::configured(&text(&origin.url(), &files.single(), "")).start().await;
    let old = shown(gateway.address(), HOST, &files.authority).await;
    let (certificate, key) = (files.place("one").join("certificate.pem"), files.place("one").join("key.pem"));
    let good = (read(&certificate), read(&key));
    let write = |file: &Path, text: &str| std::fs::write(file, text).expect("a temporary folder can be written");
    let check = async |words: &str| {
        gateway.says(words).await;
        assert_eq!(shown(gateway.address(), HOST, &files.authority).await, old, "{words}");
    };
    files.issue("two", &[HOST]);
    write(&key, &read(&files.place("two").join("key.pem")));
    check("key.pem: the key doesn't fit the certificate").await;
    write(&key, &good.1);
    write(&certificate, "no certificate at all");
    check("no certificate stands in it").await;
    files.authority.expired(&[HOST]).write(&files.place("one"));
    check("the certificate has expired").await;
    std::fs::remove_file(&certificate).expect("it was there");
    check("No such file").await;
    // Nothing of it is told again while the files stay as they are: a later change is told after it.
    files.issue("one", &[HOST]);
    gateway.says("the certificates were read again").await;
    let told = gateway.log().lines().filter(|line| line.contains("certificate.pem can't be used")).count();
    assert_eq!(told, 3, "each names the file: {}", gateway.log());
    assert_eq!(gateway.log().matches("the old certificates stay in use").count(), 4, "{}", gateway.log());
    assert_ne!(shown(gateway.address(), HOST, &files.authority).await, old);
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).expect("the file was written")
}

#[tokio::test]
async fn a_reload_takes_other_certificates_or_stays_as_it_is() {
    let (origin, files) = (origin().await, Files::new());
    let gateway = Gateway::configured(&text(&origin.url(), &files.single(), "")).start().await;
    let old = shown(gateway.address(), HOST, &files.authority).await;
    let file = gateway.folder().join("gateway.toml");
    let write = |keys: &str| std::fs::write(&file, text(&origin.url(), keys, "")).expect("it can be written");
    write("[tls]\ncertificate = \"nowhere.pem\"\nkey = \"nowhere.key\"\n");
    gateway.reload();
    gateway.says("nowhere.pem").await;
    assert_eq!(shown(gateway.address(), HOST, &files.authority).await, old);
    write(&format!("[tls]\n{}", files.issue("two", &[HOST])));
    gateway.reload();
    gateway.says("the configuration was read again").await;
    assert_ne!(shown(gateway.address(), HOST, &files.authority).await, old);
}

#[tokio::test]
async fn faults_of_certificates_are_told_beforehand() {
    let files = Files::new();
    let folder = files.folder.path();
    let check = |keys: &str, words: &[&str]| {
        let text = text("https://127.0.0.1:1", keys, "origin_ca = \"garbage.pem\"");
        std::fs::write(folder.join("gateway.toml"), text).expect("a temporary folder can be written");
        let output = command(folder, &["check", "--config", "gateway.toml"]);
        let told = printed(&output);
        assert!(!output.status.success() && words.iter().all(|words| told.contains(words)), "{words:?}: {told}");
    };
    std::fs::write(folder.join("garbage.pem"), "nothing").expect("a temporary folder can be written");
    let (one, two) = (files.issue("one", &[HOST]), files.issue("two", &[HOST]));
    check(&format!("[tls]\n{one}"), &["garbage.pem: the certificate authorities can't be read", "1 fault"]);
    let mixed = one.lines().next().into_iter().chain(two.lines().nth(1)).collect::<Vec<_>>().join("\n");
    let gone = "[[tls.certificates]]\ncertificate = \"gone.pem\"\nkey = \"gone.key\"";
    check(
        &format!("[tls]\n{mixed}\n{gone}"),
        &["two/key.pem: the key doesn't fit", "gone.pem can't be used", "garbage.pem", "3 faults"],
    );
    check("[tls]\ncertificate = \"x.pem\"", &["tls.key"]);
}

#[tokio::test]
async fn a_certificate_that_is_out_of_date_at_start_is_served_with_a_warning() {
    let (origin, files) = (origin().await, Files::new());
    let keys = files.single();
    files.authority.expired(&[HOST]).write(&files.place("one"));
    let gateway = Gateway::configured(&text(&origin.url(), &keys, "")).start().await;
    gateway.says("certificate.pem: the certificate has expired").await;
    let old = shown(gateway.address(), HOST, &files.authority).await;
    files.issue("one", &[HOST]);
    wait::until_true("the renewed one is shown", || async {
        shown(gateway.address(), HOST, &files.authority).await != old
    })
    .await;
    let mut client = Client::connect_tls(gateway.address(), HOST, files.authority.client(&["http/1.1"])).await;
    assert_eq!(client.get("/", &[]).await.status, 200);
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_cut_off() {
    let (origin, files) = (origin().await, Files::new());
    let keys = format!("{}[limits]\nhead_seconds = 1\n", files.single());
    let gateway = Gateway::configured(&text(&origin.url(), &keys, "")).start().await;
    let mut silent = Client::connect(gateway.address(), HOST).await;
    let mut halted = Client::connect(gateway.address(), HOST).await;
    halted.send(&hello(3)[..20]).await;
    assert!(silent.rest().await.is_empty() && halted.rest().await.is_empty());
}

const REDIRECTING: &str = "redirect_http = [\"127.0.0.1:0\"]\n";

#[tokio::test]
async fn plain_http_is_led_to_https() {
    let (origin, files) = (origin().await, Files::new());
    let site = format!("hosts = [\"{HOST}\"]\nhsts_days = 30");
    let keys = |port: &str| format!("{REDIRECTING}{port}\n{}", files.single());
    let gateway = Gateway::configured(&text(&origin.url(), &keys(""), &site)).listeners(2).start().await;
    let plain = gateway.addresses[1];
    let host = format!("{HOST}:8080");
    for (method, path) in
        [("GET", "/a%20b?c=d&e"), ("POST", "/.consent/choice"), ("HEAD", "/"), ("GET", "//evil.example/")]
    {
        let heard = Client::connect(plain, &host).await.request(method, path, &[], b"").await;
        assert_eq!(heard.status, 308, "{method} {path}");
        assert_eq!(heard.header("location"), Some(format!("https://{HOST}{path}")));
        assert_eq!(heard.header("strict-transport-security"), None, "not over http");
    }
    assert_eq!(Client::fetch(plain, "nobody.example", "/", &[]).await.status, 421);
    let lies = [("X-Forwarded-Proto", "https")];
    assert_eq!(Client::fetch(plain, HOST, "/", &lies).await.status, 308, "strangers are not believed");
    assert!(origin.asked().is_empty());
    let gateway =
        Gateway::configured(&text(&origin.url(), &keys("https_port = 8443"), &site)).listeners(2).start().await;
    let heard = Client::fetch(gateway.addresses[1], HOST, "/x", &[]).await;
    assert_eq!(heard.header("location"), Some(format!("https://{HOST}:8443/x")));
}

#[tokio::test]
async fn https_only_leads_visitors_on_where_a_proxy_ends_tls() {
    let origin = origin().await;
    let keys = "public_scheme = \"https\"\nhttps_only = true\ntrusted_proxies = [\"127.0.0.1\"]";
    let site = format!("hosts = [\"{HOST}\"]\nhsts_days = 1\nhsts_subdomains = true");
    let gateway = Gateway::configured(&text(&origin.url(), keys, &site)).start().await;
    let heard = Client::fetch(gateway.address(), HOST, "/x?y", &[("X-Forwarded-Proto", "http")]).await;
    assert_eq!((heard.status, heard.header("location")), (308, Some(format!("https://{HOST}/x?y"))));
    assert_eq!(heard.header("strict-transport-security"), None);
    assert_eq!(heard.header("cache-control").as_deref(), Some("no-store"), "a cache may not part the schemes");
    let heard = Client::fetch(gateway.address(), HOST, "/x?y", &[("X-Forwarded-Proto", "https")]).await;
    assert_eq!(heard.status, 200);
    assert_eq!(heard.header("strict-transport-security").as_deref(), Some("max-age=86400; includeSubDomains"));
}

#[tokio::test]
async fn strict_transport_is_told_on_every_answer_and_the_origins_own_word_wins() {
    let files = Files::new();
    let origin = Origin::start(|seen| match seen.path_only() {
        "/own" => Reply::page("own").with("strict-transport-security", "max-age=7"),
        _ => Reply::page("<!doctype html><title>T</title><p>page"),
    });
    let (origin, gone) = (origin.await, gateway_tests::origin::free_address().await);
    let sites = format!(
        "hosts = [\"{HOST}\"]\nhsts_days = 365\n[[sites]]\nname = \"down\"\nhosts = [\"{OTHER}\"]\norigin = \"http://{gone}\"\nhsts_days = 0\n\
         [[sites]]\nname = \"without\"\nhosts = [\"without.example\"]\norigin = \"{}\"",
        origin.url()
    );
    let tls = format!("[tls]\n{}", files.issue("one", &[HOST, OTHER, "without.example", "nobody.example"]));
    let gateway = Gateway::configured(&text(&origin.url(), &tls, &sites)).start().await;
    let check = async |host: &str, path: &str, status: u16, expect: Option<&str>| {
        let tls = files.authority.client(&["http/1.1"]);
        let heard = Client::connect_tls(gateway.address(), host, tls).await.get(path, &NAVIGATION).await;
        assert_eq!(heard.status, status, "{host}{path}");
        let lines = heard.all("strict-transport-security");
        assert_eq!(lines, expect.into_iter().collect::<Vec<_>>(), "{host}{path}");
    };
    let year = Some("max-age=31536000");
    check(HOST, "/", 200, year).await;
    check(HOST, "/.consent/state", 200, year).await;
    check(HOST, "/.consent/nothing", 404, year).await;
    check(HOST, "/own", 200, Some("max-age=7")).await;
    check(OTHER, "/", 502, Some("max-age=0")).await;
    check("without.example", "/", 200, None).await;
    check("nobody.example", "/", 421, None).await;
    let over_h2 = fetch_h2_tls(gateway.address(), HOST, "/", &NAVIGATION, files.authority.client(&["h2"])).await;
    assert_eq!(over_h2.header("strict-transport-security").as_deref(), year);
}

#[tokio::test]
async fn an_https_origin_is_verified_by_the_name_it_is_given() {
    let files = Files::new();
    let ca = files.authority.write(files.folder.path());
    let tls = files.authority.identity(&["shop.internal"]).server(&["http/1.1"]);
    let origin = Origin::start_tls(tls, |_| Reply::page("<!doctype html><title>T</title><p>inside")).await;
    let url = format!("https://{}", origin.address);
    let check = async |name: &str, status: u16| {
        let site = format!("origin_ca = \"{}\"\n{name}", ca.display());
        let gateway = Gateway::configured(&text(&url, "", &site)).start().await;
        let heard = page(gateway.address(), "/", &[]).await;
        assert_eq!(heard.status, status, "{name}: {}", heard.text());
    };
    check("origin_name = \"shop.internal\"", 200).await;
    assert_eq!(origin.last_at("/").header("host"), Some(origin.address.to_string()), "the name is for TLS alone");
    origin.forget();
    check("", 502).await;
    check("origin_name = \"other.internal\"", 502).await;
    assert!(origin.seen().is_empty());
    let folder = files.folder.path();
    for (origin, name, words) in
        [("http://127.0.0.1:1", "shop.internal", "is not https"), (&*url, "a b", "is not a name")]
    {
        let text = text(origin, "", &format!("origin_name = \"{name}\""));
        std::fs::write(folder.join("gateway.toml"), text).expect("a temporary folder can be written");
        let told = printed(&command(folder, &["check", "--config", "gateway.toml"]));
        assert!(told.contains("sites[0].origin_name") && told.contains(words), "{told}");
    }
}
