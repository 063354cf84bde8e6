//! Who is believed about the visitor: proxies in front by their headers, balancers by the PROXY protocol, and nobody else. Refuses to ask the
//! gateway's own log: what counts is what the origin is told.

use std::net::SocketAddr;
use std::process::Command;

use gateway_tests::certificates::Authority;
use gateway_tests::origin::free_address;
use gateway_tests::process::Process;
use gateway_tests::raw_origin::Answer;
use gateway_tests::{Client, Gateway, RawOrigin, wait};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::visitors::HOST;

const EMPTY: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n\r\n";
const OTHER: &str = "other.example";
const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

async fn origin() -> RawOrigin {
    RawOrigin::start(|_| Answer::text(EMPTY)).await
}

/// A gateway with these keys at its root, before one site of two hosts.
async fn gateway(origin: &RawOrigin, keys: &str) -> Gateway {
    let site = format!("[[sites]]\nname = \"shop\"\nhosts = [\"{HOST}\"]\norigin = \"{}\"\n", origin.url());
    let other = format!("[[sites]]\nname = \"other\"\nhosts = [\"{OTHER}\"]\norigin = \"{}\"\n", origin.url());
    Gateway::configured(&format!("listen = [\"127.0.0.1:0\"]\n{keys}\n{site}{other}")).start().await
}

/// What the origin was last told: the address list, the scheme, the host.
fn told(origin: &RawOrigin) -> (String, String, String) {
    let asked = origin.last();
    let value = |name: &str| {
        let lines = asked.lines(name);
        assert_eq!(lines.len(), 1, "{name} in {}", asked.head_text());
        lines[0].split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    (value("x-forwarded-for"), value("x-forwarded-proto"), value("x-forwarded-host"))
}

#[tokio::test]
async fn a_trusted_proxy_tells_the_visitors_address_and_scheme() {
    let origin = origin().await;
    let gateway = gateway(&origin, "trusted_proxies = [\"127.0.0.0/8\", \"10.0.0.0/8\"]").await;
    let check = async |headers: &[(&str, &str)], address: &str, scheme: &str| {
        Client::fetch(gateway.address(), HOST, "/", headers).await;
        let expect = (address.to_owned(), scheme.to_owned(), HOST.to_owned());
        assert_eq!(told(&origin), expect, "{headers:?}");
        assert!(origin.last().lines("forwarded").is_empty(), "{}", origin.last().head_text());
    };
    let list = "203.0.113.9, 198.51.100.7, 10.1.2.3";
    check(&[("X-Forwarded-For", list)], "198.51.100.7, 10.1.2.3, 127.0.0.1", "http").await;
    check(
        &[("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-For", "198.51.100.7")],
        "198.51.100.7, 127.0.0.1",
        "http",
    )
    .await;
    check(&[("X-Forwarded-Proto", "https")], "127.0.0.1", "https").await;
    check(&[("X-Forwarded-For", "unknown"), ("X-Forwarded-Proto", "http, https")], "127.0.0.1", "http").await;
    // What the proxy doesn't write itself, it hands on from strangers.
    check(&[("Forwarded", "for=203.0.113.9;proto=https"), ("X-Forwarded-Host", OTHER)], "127.0.0.1", "http").await;
}

#[tokio::test]
async fn a_proxy_outside_the_trusted_ones_is_a_stranger() {
    let origin = origin().await;
    let keys = "trusted_proxies = [\"10.0.0.0/8\"]\nproxy_headers = [\"x-forwarded-for\", \"x-forwarded-proto\", \"x-forwarded-host\"]";
    let gateway = gateway(&origin, keys).await;
    let lies = [("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", OTHER)];
    Client::fetch(gateway.address(), HOST, "/", &lies).await;
    assert_eq!(told(&origin), ("127.0.0.1".to_owned(), "http".to_owned(), HOST.to_owned()));
}

#[tokio::test]
async fn forwarded_is_read_where_the_proxy_writes_it_and_not_believed_in_doubt() {
    let origin = origin().await;
    let keys = "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]\nproxy_headers = [\"forwarded\"]";
    let gateway = gateway(&origin, keys).await;
    let check = async |value: &str, address: &str, scheme: &str| {
        let headers = [("Forwarded", value), ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https")];
        Client::fetch(gateway.address(), HOST, "/", &headers).await;
        assert_eq!(told(&origin), (address.to_owned(), scheme.to_owned(), HOST.to_owned()), "{value}");
    };
    let chain = "for=203.0.113.9;proto=http, for=\"198.51.100.7:4711\";proto=https, for=10.0.0.2;proto=http";
    check(chain, "198.51.100.7, 10.0.0.2, 127.0.0.1", "https").await;
    check("for=\"[2001:db8::7]\";proto=https", "2001:db8::7, 127.0.0.1", "https").await;
    for doubt in ["for=\"198.51.100.7, for=203.0.113.9;proto=https", "for=198.51.100.7;proto=https;x", "nonsense"] {
        check(doubt, "127.0.0.1", "http").await;
    }
}

#[tokio::test]
async fn the_host_that_a_proxy_tells_chooses_the_site_too() {
    let origin = origin().await;
    let keys = "trusted_proxies = [\"127.0.0.1\"]\nproxy_headers = [\"x-forwarded-host\"]";
    let gateway = gateway(&origin, keys).await;
    let fetch = async |host: &str, told: &str| {
        Client::fetch(gateway.address(), host, "/", &[("X-Forwarded-Host", told)]).await.status
    };
    assert_eq!(fetch("inner.invalid", OTHER).await, 200, "the told host is the one that counts");
    assert_eq!(told(&origin).2, OTHER);
    assert_eq!(origin.last().lines("host"), [format!("Host: {OTHER}")]);
    assert_eq!(fetch(HOST, "nobody.example").await, 421);
    assert_eq!(fetch(HOST, "a@b c").await, 200, "what is no host is not believed");
    assert_eq!(told(&origin).2, HOST);
}

#[tokio::test]
async fn a_trusted_proxys_word_on_the_scheme_outranks_this_hops_tls() {
    let origin = origin().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let authority = Authority::fresh();
    let (certificate, key) = authority.identity(&[HOST]).write(folder.path());
    let tls = format!("[tls]\ncertificate = \"{}\"\nkey = \"{}\"", certificate.display(), key.display());
    let gateway = gateway(&origin, &format!("trusted_proxies = [\"127.0.0.1\"]\n{tls}")).await;
    let mut client = Client::connect_tls(gateway.address(), HOST, authority.client(&["http/1.1"])).await;
    client.get("/", &[("X-Forwarded-Proto", "http")]).await;
    assert_eq!(told(&origin).1, "http", "the visitor came by http to the proxy");
    client.get("/", &[]).await;
    assert_eq!(told(&origin).1, "https");
}

#[tokio::test]
async fn behind_nginx_as_the_readme_has_it_strangers_are_still_not_believed() {
    let origin = origin().await;
    let gateway = gateway(&origin, "trusted_proxies = [\"127.0.0.2\"]\npublic_scheme = \"https\"").await;
    let readme = std::fs::read_to_string(gateway_tests::folders::repository().join("README.md")).expect("a README");
    let (_, section) = readme.split_once("### Behind another proxy").expect("a section on proxies");
    let row = section.lines().find(|line| line.starts_with("| nginx |")).expect("a row for nginx");
    let settings = row.split('`').nth(1).expect("nginx's settings");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let address = free_address().await;
    let paths: String =
        ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {name};\n")).concat();
    let text = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}\
         server {{ listen {address}; location / {{ proxy_bind 127.0.0.2; proxy_pass http://{}; {settings} }} }}\n}}\n",
        gateway.address()
    );
    std::fs::write(folder.path().join("nginx.conf"), text).expect("a temporary folder can be written");
    let mut command = Command::new("/usr/sbin/nginx");
    command.arg("-p").arg(folder.path()).args(["-c", "nginx.conf", "-e", "stderr"]);
    let nginx = Process::start("nginx", command);
    let what = "nginx listens";
    wait::until_true(what, || async { TcpStream::connect(address).await.is_ok() }).await;
    let lies = [
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", OTHER),
        ("Forwarded", "for=203.0.113.9;host=other.example"),
    ];
    let heard = Client::fetch(address, HOST, "/", &lies).await;
    assert_eq!(heard.status, 200, "{}", nginx.complaints.text());
    // nginx speaks plain http to the visitor here, and its own word is what counts.
    assert_eq!(told(&origin), ("127.0.0.1, 127.0.0.2".to_owned(), "http".to_owned(), HOST.to_owned()));
}

/// Writes bytes in pieces, and reads what comes back until the gateway closes or has answered.
async fn converse(address: SocketAddr, pieces: &[&[u8]]) -> String {
    let mut client = Client::connect(address, HOST).await;
    for piece in pieces {
        client.send(piece).await;
    }
    String::from_utf8_lossy(&client.rest().await).into_owned()
}

fn request() -> String {
    format!("GET / HTTP/1.1\r\nHost: {HOST}\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n")
}

#[tokio::test]
async fn the_proxy_protocol_names_the_visitor_in_both_versions() {
    let origin = origin().await;
    let gateway = gateway(&origin, "proxy_protocol = true\ntrusted_proxies = [\"127.0.0.1\"]").await;
    let request = request();
    let check = async |head: &[u8], expect: &str| {
        // In one piece: what follows the head in the same packet is not lost.
        let heard = converse(gateway.address(), &[&[head, request.as_bytes()].concat()]).await;
        assert!(heard.starts_with("HTTP/1.1 200"), "{expect}: {heard}");
        assert_eq!(told(&origin).0, expect);
    };
    check(b"PROXY TCP4 198.51.100.7 192.0.2.1 56324 443\r\n", "198.51.100.7").await;
    check(b"PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n", "2001:db8::7").await;
    check(b"PROXY UNKNOWN\r\n", "127.0.0.1").await;
    let four = [198, 51, 100, 7, 192, 0, 2, 1, 220, 4, 1, 187];
    check(&[SIGNATURE, b"\x21\x11\0\x0c", &four].concat(), "198.51.100.7").await;
    check(&[SIGNATURE, b"\x21\x11\x08\x0c", &four, &[0; 2_048]].concat(), "198.51.100.7").await;
    let six = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[7], &[0; 16], &[220, 4, 1, 187]].concat();
    check(&[SIGNATURE, b"\x21\x21\0\x24", &six].concat(), "2001:db8::7").await;
    check(&[SIGNATURE, b"\x20\0\0\0"].concat(), "127.0.0.1").await;
    // A told address that is a trusted proxy's own may tell on.
    check(b"PROXY TCP4 127.0.0.1 192.0.2.1 56324 443\r\n", "203.0.113.9, 127.0.0.1").await;
}

#[tokio::test]
async fn a_proxy_protocol_head_may_come_in_pieces_and_before_tls() {
    let origin = origin().await;
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let authority = Authority::fresh();
    let (certificate, key) = authority.identity(&[HOST]).write(folder.path());
    let tls = format!("[tls]\ncertificate = \"{}\"\nkey = \"{}\"", certificate.display(), key.display());
    let keys = format!("proxy_protocol = true\ntrusted_proxies = [\"127.0.0.1\"]\n{tls}");
    let gateway = gateway(&origin, &keys).await;
    let mut stream = TcpStream::connect(gateway.address()).await.expect("the gateway listens");
    stream.set_nodelay(true).expect("a socket takes its options");
    for byte in b"PROXY TCP4 198.51.100.7 192.0.2.1 56324 443\r\n" {
        tokio::io::AsyncWriteExt::write_all(&mut stream, &[*byte]).await.expect("the gateway reads");
    }
    let name = HOST.try_into().expect("a host name");
    let stream = tokio_rustls::TlsConnector::from(authority.client(&["http/1.1"])).connect(name, stream).await;
    let mut stream = stream.expect("TLS follows the head");
    tokio::io::AsyncWriteExt::write_all(&mut stream, request().as_bytes()).await.expect("the gateway reads");
    let mut heard = Vec::new();
    // Whoever closes without a word of TLS has still answered.
    stream.read_to_end(&mut heard).await.ok();
    assert!(heard.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&heard));
    assert_eq!(told(&origin), ("198.51.100.7".to_owned(), "https".to_owned(), HOST.to_owned()));
}

#[tokio::test]
async fn on_a_proxy_protocol_listener_everything_else_is_closed() {
    let origin = origin().await;
    let trusting =
        gateway(&origin, "proxy_protocol = true\ntrusted_proxies = [\"127.0.0.1\"]\n[limits]\nhead_seconds = 1").await;
    let request = request();
    let closed = async |gateway: &Gateway, bytes: &[u8]| {
        let heard = converse(gateway.address(), &[bytes]).await;
        assert!(heard.is_empty(), "{:?} was answered: {heard}", bytes.escape_ascii().to_string());
    };
    closed(&trusting, request.as_bytes()).await;
    closed(&trusting, format!("PROXY TCP4 nowhere 192.0.2.1 1 2\r\n{request}").as_bytes()).await;
    closed(&trusting, &[SIGNATURE, b"\x21\x11\x20\0", &[0; 64]].concat()).await;
    // A head that doesn't end is waited for within head_seconds.
    closed(&trusting, b"PROXY TCP4 198.51.100.7").await;
    closed(&trusting, b"").await;
    let strangers = gateway(&origin, "proxy_protocol = true\ntrusted_proxies = [\"10.0.0.0/8\"]").await;
    closed(&strangers, format!("PROXY TCP4 198.51.100.7 192.0.2.1 1 2\r\n{request}").as_bytes()).await;
    assert!(origin.asked().is_empty());
}

#[tokio::test]
async fn switches_that_would_believe_nobody_or_anybody_are_faults() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let check = |keys: &str, words: &str| {
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n{keys}\n[[sites]]\nname = \"shop\"\norigin = \"https://127.0.0.1:1\"\norigin_name = \"shop.internal\"\n"
        );
        std::fs::write(folder.path().join("gateway.toml"), text).expect("a temporary folder can be written");
        let output = gateway_tests::gateway::command(folder.path(), &["check", "--config", "gateway.toml"]);
        let told = gateway_tests::gateway::printed(&output);
        assert!(told.contains(words), "{keys}: {told}");
        assert_eq!(output.status.success(), words == "no faults", "{told}");
    };
    check("", "no faults");
    check("proxy_protocol = true", "proxy_protocol: needs trusted_proxies");
    check("https_only = true", "https_only: ");
    check("redirect_http = [\"127.0.0.1:0\"]", "redirect_http: leads to https, which nobody serves");
    check("trusted_proxies = [\"10.0.0.0/40\"]", "10.0.0.0/40");
    check("proxy_headers = [\"forwarded\"]", "proxy_headers: needs trusted_proxies");
    check("proxy_headers = [\"forwarded\", \"x-forwarded-for\"]", "proxy_headers: names \"forwarded\" beside others");
    check("proxy_headers = [\"x-real-ip\"]", "proxy_headers");
}
