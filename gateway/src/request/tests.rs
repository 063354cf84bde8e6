//! What an origin is sent: whole heads, by treatment, protocol and the site's switches.

use http_body_util::BodyExt;
use policies::Timestamp;

use super::*;
use crate::body::{empty, full};
use crate::config::Unknown;
use crate::site;
use crate::visitor;
use crate::wire::cookie_header::MOST_NAMES;
use crate::wire::header_map;
use crate::wire::names::NameList;

/// A request on its way.
struct Case {
    site: Site,
    visitor: Visitor,
    treatment: Treatment,
    version: Version,
    class: bool,
}

impl Case {
    fn new() -> Self {
        Self {
            site: site::sample("http://origin.example:3000", HostMode::Visitor),
            visitor: visitor::sample(),
            treatment: Treatment::Enforce,
            version: Version::HTTP_11,
            class: false,
        }
    }

    fn treated(treatment: Treatment) -> Self {
        Self { treatment, ..Self::new() }
    }

    fn send(&self, method: Method, target: &str, pairs: &[(&str, &str)], body: Body) -> (Request<Body>, Seen) {
        let now = Timestamp(1_700_000_000);
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().expect("a target");
        *request.version_mut() = self.version;
        *request.headers_mut() = header_map(pairs);
        let decision = self.visitor.decision(&self.site, now);
        let class = self.class.then(|| Class::of(&self.site, &self.visitor, &decision, 0, now));
        prepare(request, &self.site, &self.visitor, &decision, self.treatment, class.as_ref(), now).expect("a request")
    }

    fn get(&self, pairs: &[(&str, &str)]) -> (HeaderMap, Seen) {
        let (request, seen) = self.send(Method::GET, "/", pairs, empty());
        (request.into_parts().0.headers, seen)
    }

    /// The lines of one header that the origin gets.
    fn check(&self, name: &str, sent: &[(&str, &str)], expect: &[&str]) {
        let (headers, _) = self.get(sent);
        let lines: Vec<_> = headers.get_all(name).iter().map(|line| line.to_str().expect("text")).collect();
        assert_eq!(lines, expect, "{:?} {sent:?}", self.treatment);
    }
}

fn names(list: &NameList) -> Vec<&str> {
    list.iter().map(|name| std::str::from_utf8(name).expect("text")).collect()
}

const COOKIES: &[(&str, &str)] = &[("cookie", "a=1; _ga=x; consent=t;  novel=2"), ("cookie", "_fbp=1")];

#[test]
fn cookies_are_taken_out_as_far_as_is_enforced() {
    Case::new().check("cookie", COOKIES, &["a=1;  novel=2"]);
    Case::treated(Treatment::Shadow).check("cookie", COOKIES, &["a=1; _ga=x;  novel=2", "_fbp=1"]);
    Case::treated(Treatment::Bypass).check("cookie", COOKIES, &["a=1; _ga=x;  novel=2", "_fbp=1"]);
    Case::new().check("cookie", &[("cookie", "consent=t")], &[]);
    Case::new().check("cookie", &[], &[]);
    let mut denying = Case::new();
    denying.site.config.unknown = Unknown::Deny;
    denying.check("cookie", COOKIES, &[]);
    denying.treatment = Treatment::Shadow;
    denying.check("cookie", COOKIES, &["a=1; _ga=x;  novel=2", "_fbp=1"]);
}

#[test]
fn what_was_judged_is_told_by_name() {
    for (treatment, refused, unknown) in [
        (Treatment::Enforce, &["_ga", "_fbp"][..], &["a", "novel"][..]),
        (Treatment::Shadow, &["_ga", "_fbp"], &["a", "novel"]),
        (Treatment::Bypass, &[], &[]),
    ] {
        let (_, seen) = Case::treated(treatment).get(COOKIES);
        assert_eq!((names(&seen.names.refused), names(&seen.names.unknown)), (refused.to_vec(), unknown.to_vec()));
    }
    let many = (0..=MOST_NAMES).map(|at| format!("n{at}=1")).collect::<Vec<_>>().join(";");
    let (_, seen) = Case::new().get(&[("cookie", &many)]);
    assert_eq!(seen.names.unknown.len(), MOST_NAMES);
}

#[test]
fn only_http_2_parts_its_cookies_into_crumbs() {
    let two = &[("cookie", "a=1"), ("cookie", "b=2")];
    Case::new().check("cookie", two, &["a=1", "b=2"]);
    let modern = Case { version: Version::HTTP_2, ..Case::new() };
    modern.check("cookie", two, &["a=1; b=2"]);
    modern.check("cookie", &[("cookie", "a=1"), ("cookie", "_ga=2"), ("cookie", "b=2")], &["a=1; b=2"]);
    modern.check("cookie", &[("cookie", "a=1;b=2")], &["a=1;b=2"]);
}

#[test]
fn the_origin_is_told_who_is_in_front_and_by_nobody_else() {
    let (headers, _) = Case::new().get(&[
        ("host", "shop.example"),
        ("forwarded", "for=9.9.9.9"),
        ("x-forwarded-for", "9.9.9.9"),
        ("x-forwarded-port", "1"),
        ("x-real-ip", "9.9.9.9"),
        ("x_real_ip", "9.9.9.9"),
        ("consent-granted", "analytics"),
        ("connection", "x-of-this-hop"),
        ("x-of-this-hop", "1"),
        ("x-own", "1"),
    ]);
    let expect = header_map(&[
        ("host", "shop.example"),
        ("x-own", "1"),
        ("x-forwarded-for", "203.0.113.5, 10.0.0.1"),
        ("x-forwarded-host", "shop.example"),
        ("x-forwarded-proto", "http"),
    ]);
    assert_eq!(headers, expect);
}

#[test]
fn the_target_is_the_origins_and_so_is_the_host_where_the_site_says_so() {
    let mut case = Case::new();
    case.version = Version::HTTP_2;
    let (request, _) = case.send(Method::GET, "https://shop.example/a/b?c=%20d", &[], empty());
    assert_eq!(request.uri(), "/a/b?c=%20d");
    assert_eq!(
        (request.version(), &request.headers()["host"]),
        (Version::HTTP_11, &HeaderValue::from_static("shop.example"))
    );
    case.site = site::sample("http://origin.example:3000", HostMode::Origin);
    case.check("host", &[("host", "shop.example")], &["origin.example:3000"]);
    case.check("x-forwarded-host", &[("host", "shop.example")], &["shop.example"]);
}

#[test]
fn only_codings_that_can_be_judged_are_asked_for_where_anything_is_judged() {
    let sent =
        &[("accept-encoding", "deflate"), ("accept-encoding", "gzip;q=0.5, dcb, BR"), ("available-dictionary", ":a:")];
    for treatment in [Treatment::Enforce, Treatment::Shadow] {
        Case::treated(treatment).check("accept-encoding", sent, &["", "gzip;q=0.5, BR"]);
        Case::treated(treatment).check("available-dictionary", sent, &[]);
    }
    Case::treated(Treatment::Bypass).check("accept-encoding", sent, &["deflate", "gzip;q=0.5, dcb, BR"]);
    Case::new().check("accept-encoding", &[("accept-encoding", "gzip,  br")], &["gzip,  br"]);
}

#[test]
fn a_change_of_protocol_is_asked_for_alone_or_not_at_all() {
    let websocket = &[("connection", "keep-alive, Upgrade"), ("upgrade", "websocket"), ("te", "trailers")];
    Case::new().check("upgrade", websocket, &["websocket"]);
    Case::new().check("connection", websocket, &["upgrade"]);
    Case::new().check("te", websocket, &[]);
    Case { version: Version::HTTP_2, ..Case::new() }.check("upgrade", websocket, &[]);
    let asks = ("connection", "upgrade");
    Case::new().check("upgrade", &[asks, ("upgrade", "websocket"), ("content-length", "0")], &["websocket"]);
    for left_out in [
        &[("upgrade", "websocket")][..],
        &[asks],
        &[asks, ("upgrade", "websocket"), ("content-length", "5")],
        &[asks, ("upgrade", "websocket"), ("transfer-encoding", "chunked")],
        &[asks, ("upgrade", "websocket, other")],
        &[asks, ("upgrade", "websocket"), ("upgrade", "other")],
        &[asks, ("upgrade", "H2C")],
        &[asks, ("upgrade", "HTTP/3")],
        &[asks, ("upgrade", "tls/1.3, websocket")],
    ] {
        Case::new().check("upgrade", left_out, &[]);
    }
}

#[test]
fn a_body_of_unknown_length_is_said_to_be_one_with_every_method() {
    let coded = |pairs: &[(&str, &str)], body: Body| {
        let (request, _) = Case::new().send(Method::GET, "/", pairs, body);
        request.headers().contains_key(TRANSFER_ENCODING)
    };
    assert!(coded(&[], full("x")));
    assert!(!coded(&[("content-length", "1")], full("x")));
    assert!(!coded(&[], empty()));
}

#[tokio::test]
async fn trailers_say_nothing_that_a_header_may_not() {
    let trailers = header_map(&[
        ("x-checksum", "1"),
        ("cookie", "_ga=1"),
        ("host", "bank.example"),
        ("authorization", "x"),
        ("x-forwarded-for", "9.9.9.9"),
        ("consent-granted", "all"),
        ("upgrade", "h2c"),
    ]);
    let body = full("x").with_trailers(async move { Some(Ok(trailers)) }).boxed_unsync();
    let sent = [("trailer", "x-checksum"), ("te", "trailers"), ("connection", "te")];
    let (request, seen) = Case::new().send(Method::POST, "/", &sent, body);
    let mut body = request.into_body();
    let mut kept = None;
    while let Some(frame) = body.frame().await {
        kept = frame.expect("a frame").into_trailers().ok();
    }
    assert_eq!(kept, Some(header_map(&[("x-checksum", "1")])));
    assert!(seen.reads_trailers && !Case::new().get(&[]).1.reads_trailers);
}

#[test]
fn tags_of_pages_lose_their_class_for_readers_of_pages() {
    let mut case = Case { class: true, ..Case::new() };
    case.visitor.navigation.wants_html = true;
    let decision = case.visitor.decision(&case.site, Timestamp(1_700_000_000));
    let class = Class::of(&case.site, &case.visitor, &decision, 0, Timestamp(1_700_000_000));
    let tag = format!("\"v1;c={}\"", class.letters());
    case.check("if-none-match", &[("if-none-match", &tag)], &["\"v1\""]);
    case.check("if-none-match", &[("if-none-match", "\"v1\"")], &[]);
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(case.send(method, "/", &[("if-none-match", &tag)], empty()).1.kept_pages, [b"v1".to_vec()]);
    }
    assert!(case.send(Method::POST, "/", &[("if-none-match", &tag)], empty()).1.kept_pages.is_empty());
}

#[test]
fn a_body_is_too_large_by_what_is_announced() {
    let check = |announced: &str, most: u64, expect: bool| {
        assert_eq!(is_too_large(&header_map(&[("content-length", announced)]), most), expect, "{announced} {most}");
    };
    check("10", 10, false);
    check("11", 10, true);
    check("11", 0, false);
    check("many", 10, false);
    assert!(!is_too_large(&HeaderMap::new(), 10));
}
