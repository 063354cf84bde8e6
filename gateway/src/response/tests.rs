//! What of an answer's head a visitor gets: cookies, redirects, hints, tags, and what caches are told.

use std::time::Duration;

use http::header::{CONNECTION, UPGRADE};
use policies::consent::{Exceptions, GrantIds};
use policies::{Act, Mode, PolicyVersion, PurposeSet, Regime, Signals, Token};

use super::*;
use crate::books;
use crate::config::HostMode;
use crate::held::{HeldLine, Kept};
use crate::html::TagJudge;
use crate::site;
use crate::visitor;
use crate::wire::header_map;

const NOW: Timestamp = Timestamp(1_700_000_000);

fn refused(names: &[impl AsRef<[u8]>]) -> Arc<Names> {
    Arc::new(Names { refused: names.iter().collect(), ..Names::default() })
}

fn exchange(treatment: Treatment, host: HostMode) -> Exchange {
    let site = site::sample("http://origin.example:3000", host);
    let visitor = visitor::sample();
    let decision = visitor.decision(&site, NOW);
    let class = Some(Class::of(&site, &visitor, &decision, 0, NOW));
    Exchange {
        site: Arc::new(site),
        visitor,
        decision,
        treatment,
        class,
        form_seal: String::new(),
        method: Method::GET,
        target: String::from("/shop/cart?x=1"),
        names: refused(&["_ga", "od d"]),
        kept_pages: Vec::new(),
        reads_trailers: false,
        now: NOW,
        patience: Patience { stall: Duration::from_secs(1), end: None },
    }
}

fn granting(mode: Mode) -> Exchange {
    let mut exchange = exchange(Treatment::Enforce, HostMode::Visitor);
    exchange.decision.granted = exchange.site.config.policy.all();
    exchange.decision.mode = mode;
    exchange
}

/// Which of these lines the visitor gets, and what is told of the others.
fn check_cookies(exchange: &Exchange, sent: &[&str], expect: &[&str], dropped: &[&str]) -> bool {
    let pairs: Vec<_> = sent.iter().map(|line| ("set-cookie", *line)).collect();
    let mut headers = header_map(&pairs);
    let (_folder, books) = books::sample();
    let outcome = set_cookie::judge(&mut headers, exchange, &books.inventory, &books.held);
    let kept: Vec<_> = headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().expect("text")).collect();
    assert_eq!(kept, expect, "{:?} {sent:?}", exchange.treatment);
    let told: Vec<_> = outcome.dropped.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    assert_eq!(told, dropped, "{:?} {sent:?}", exchange.treatment);
    outcome.granted
}

const LINES: [&str; 4] = ["own=1; Path=/", "_ga=1; Max-Age=60", "consent=forged", "_fbp=; Max-Age=0"];

#[test]
fn refused_cookies_are_dropped_as_far_as_is_enforced_and_ours_always() {
    let enforced = exchange(Treatment::Enforce, HostMode::Visitor);
    assert!(!check_cookies(&enforced, &LINES, &[LINES[0], LINES[3]], &["_ga", "consent"]));
    let through = [LINES[0], LINES[1], LINES[3]];
    let shadowed = exchange(Treatment::Shadow, HostMode::Visitor);
    assert!(!check_cookies(&shadowed, &LINES, &through, &["_ga", "consent"]));
    check_cookies(&exchange(Treatment::Bypass, HostMode::Visitor), &LINES, &through, &[]);
    let many: Vec<String> = (0..201).map(|at| format!("_ga_{at}=1")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let names: Vec<&str> = many.iter().take(200).filter_map(|line| line.strip_suffix("=1")).collect();
    check_cookies(&enforced, &many, &[], &names);
}

#[test]
fn what_was_granted_is_told_and_kept_as_the_visitor_chose() {
    let lines = ["own=1; Max-Age=60", "_ga=1; Path=/; Max-Age=60", "_fbp=1"];
    assert!(check_cookies(&granting(Mode::AsSet), &lines, &lines, &[]));
    assert!(check_cookies(&granting(Mode::Session), &lines, &[lines[0], "_ga=1; Path=/", lines[2]], &[]));
    assert!(!check_cookies(&granting(Mode::Session), &lines[..1], &lines[..1], &[]), "nobody was asked about it");
}

#[test]
fn cookies_of_the_origins_own_host_become_the_visitors() {
    for treatment in [Treatment::Enforce, Treatment::Bypass] {
        let mapped = |domain: &str, expect: &str| {
            let line = format!("own=1; Domain={domain}; Path=/");
            check_cookies(&exchange(treatment, HostMode::Origin), &[&line], &[expect], &[]);
            check_cookies(&exchange(treatment, HostMode::Visitor), &[&line], &[&line], &[]);
        };
        for own in ["origin.example", ".Origin.Example", "example"] {
            mapped(own, "own=1; Path=/");
        }
        for other in ["xorigin.example", "in.example", "an.origin.example", "origin.test"] {
            mapped(other, &format!("own=1; Domain={other}; Path=/"));
        }
    }
}

#[test]
fn redirects_to_the_origin_lead_to_the_visitors_host() {
    let check = |host: HostMode, location: &str, expect: &str| {
        let Exchange { site, visitor, .. } = exchange(Treatment::Enforce, host);
        for name in ["location", "content-location"] {
            let mut headers = header_map(&[(name, location)]);
            headers::map_locations(&mut headers, &site, &visitor);
            assert_eq!(headers, header_map(&[(name, expect)]), "{location}");
        }
    };
    check(HostMode::Origin, "http://origin.example:3000/a?b#c", "http://shop.example/a?b#c");
    check(HostMode::Origin, "https://ORIGIN.example:3000?b", "http://shop.example?b");
    check(HostMode::Origin, "//origin.example:3000#c", "//shop.example#c");
    for other in [
        "http://origin.example/a",
        "http://origin.example:3000.evil/",
        "/a//origin.example:3000/",
        "ftp://origin.example:3000/",
        "a",
    ] {
        check(HostMode::Origin, other, other);
    }
    check(HostMode::Visitor, "http://origin.example:3000/a", "http://origin.example:3000/a");
}

#[test]
fn a_default_port_is_no_other_origin() {
    let visitor = visitor::sample();
    for (origin, location) in [
        ("http://origin.example", "http://origin.example:80/a"),
        ("https://origin.example:443", "https://origin.example/a"),
        ("https://origin.example", "https://origin.example:443/a"),
    ] {
        let mut headers = header_map(&[("location", location)]);
        headers::map_locations(&mut headers, &site::sample(origin, HostMode::Origin), &visitor);
        assert_eq!(headers, header_map(&[("location", "http://shop.example/a")]), "{location}");
    }
}

#[test]
fn headers_of_the_hop_and_words_in_our_name_go() {
    let sent = [
        ("connection", "close, x-hop"),
        ("x-hop", "1"),
        ("te", "trailers"),
        ("upgrade", "websocket"),
        ("consent-debug-result", "forged"),
        ("x-own", "1"),
    ];
    let mut headers = header_map(&sent);
    headers::remove_hop_by_hop(StatusCode::OK, &mut headers);
    assert_eq!(headers, header_map(&[("x-own", "1")]));
    let mut headers = header_map(&sent);
    headers::remove_hop_by_hop(StatusCode::SWITCHING_PROTOCOLS, &mut headers);
    assert_eq!(
        (&headers[CONNECTION], &headers[UPGRADE], headers.len()),
        (&HeaderValue::from_static("upgrade"), &HeaderValue::from_static("websocket"), 3)
    );
}

struct Refused;

impl TagJudge for Refused {
    fn hold(&self, host: &str, _: &str, _: &str) -> Option<&str> {
        (host == "t.example").then_some("analytics")
    }
}

#[test]
fn hints_of_refused_trackers_go_line_by_line() {
    let check = |sent: &[&str], expect: &[&str]| {
        let pairs = |lines: &[&str]| -> HeaderMap {
            lines.iter().map(|line| (LINK, HeaderValue::from_str(line).expect("a value"))).collect()
        };
        let mut headers = pairs(sent);
        headers::gate_links(&mut headers, &Refused, &Base::of_page("https://shop.example/"));
        assert_eq!(headers, pairs(expect));
    };
    let (own, refused) = ("</a.css>; rel=preload", "<https://t.example/t.js>; rel=preload");
    check(&[own, refused], &[own]);
    check(&[own, &format!("{refused}, </b.css>; rel=preload")], &[own, "</b.css>; rel=preload"]);
    check(&[refused], &[]);
    check(&[own, own], &[own, own]);
}

#[test]
fn a_page_of_one_class_says_so_and_nothing_that_knows_no_class() {
    let check = |sent: &[(&str, &str)], cacheable: bool, changed: bool, expect: &[(&str, &str)]| {
        let mut exchange = exchange(Treatment::Enforce, HostMode::Visitor);
        let mut site = site::sample("http://origin.example:3000", HostMode::Visitor);
        site.config.cacheable = cacheable;
        exchange.site = Arc::new(site);
        let letters = exchange.class.as_ref().expect("a class").letters().to_owned();
        let mut headers = header_map(sent);
        mark_page(&mut headers, &exchange, changed);
        let expect: Vec<_> = expect.iter().map(|(name, value)| (*name, value.replace("CLASS", &letters))).collect();
        let expect: Vec<_> = expect.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(headers, header_map(&expect), "{sent:?}");
    };
    let sent = [
        ("etag", "\"v1\""),
        ("last-modified", "x"),
        ("accept-ranges", "bytes"),
        ("content-length", "5"),
        ("digest", "x"),
        ("cache-control", "public, max-age=9"),
        ("expires", "x"),
        ("surrogate-control", "max-age=9"),
    ];
    let private = [("cache-control", "private, no-cache"), ("vary", "Cookie, Sec-GPC, Accept-Language, Save-Data")];
    let tag = ("etag", "\"v1;c=CLASS\"");
    check(&sent, false, true, &[tag, private[0], private[1]]);
    check(&sent, false, false, &[tag, ("content-length", "5"), ("digest", "x"), private[0], private[1]]);
    check(&sent, true, true, &[tag, sent[5], sent[6], sent[7]]);
    check(&[("etag", "v1"), ("cache-control", "no-store")], false, true, &[("cache-control", "no-store"), private[1]]);
    check(&[tag, tag], true, true, &[]);
}

fn token(policy: PolicyVersion) -> Token {
    Token {
        policy,
        granted: PurposeSet::EMPTY,
        exceptions: Exceptions::NONE,
        act: Act::RefuseAll,
        mode: Mode::AsSet,
        regime: Regime::OptIn,
        lang: None,
        signals: Signals::default(),
        made: NOW,
        shared: false,
        sweep: None,
        unrecorded: None,
        ids: None,
        guardian: None,
        suspended: false,
    }
}

#[test]
fn where_each_is_confirmed_a_line_waits_until_it_is_answered_or_deleted() {
    let visitor = [1; 16];
    let mut asking = exchange(Treatment::Enforce, HostMode::Visitor);
    asking.decision.mode = Mode::Ask;
    let version = asking.site.config.policy.version;
    let ids = Some(GrantIds { visitor, record: [2; 16] });
    asking.visitor.token = Some(Token { mode: Mode::Ask, ids, ..token(version) });
    let (_folder, books) = books::sample();
    let check = |exchange: &Exchange, sent: &[&str], (held, lost): (usize, usize), waiting: &[&str]| {
        let pairs: Vec<_> = sent.iter().map(|line| ("set-cookie", *line)).collect();
        let outcome = set_cookie::judge(&mut header_map(&pairs), exchange, &books.inventory, &books.held);
        assert_eq!((outcome.held, outcome.lost), (held, lost), "{sent:?}");
        let lines = books.held.of("site", visitor, NOW);
        let lines: Vec<_> = lines.iter().map(|held| String::from_utf8_lossy(&held.line)).collect();
        assert_eq!(lines, waiting, "{sent:?}");
    };
    check(&asking, &["_ga=1", "own=1", "_fbp=2"], (2, 0), &["_ga=1", "_fbp=2"]);
    check(&asking, &["_ga=; Max-Age=0"], (0, 0), &["_fbp=2"]);
    check(&asking, &["_fbp=; Max-Age=0"], (0, 0), &[]);
    let many: Vec<String> = (0..12).map(|at| format!("_ga_{at}=1")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    check(&asking, &many, (10, 2), many.get(..10).expect("ten lines"));
    asking.visitor.token = None;
    check(&asking, &many, (0, 12), many.get(..10).expect("ten lines"));
    asking.treatment = Treatment::Shadow;
    check(&asking, &many, (0, 0), many.get(..10).expect("ten lines"));
}

#[test]
fn a_page_tells_of_all_that_waits_and_another_answer_of_its_own() {
    let visitor = [1; 16];
    let (_folder, books) = books::sample();
    for line in ["_ga=1", "_fbp=1", "_gid=1"] {
        let held = HeldLine { at: NOW, folder: b"/".to_vec(), line: line.as_bytes().to_vec() };
        assert_eq!(books.held.keep("site", visitor, held), Kept::Waiting);
    }
    let check = |mode: Mode, to_page: bool, known: bool, expect: usize| {
        let mut asked = exchange(Treatment::Enforce, HostMode::Visitor);
        asked.decision.mode = mode;
        asked.visitor.navigation.to_page = to_page;
        let ids = known.then_some(GrantIds { visitor, record: [2; 16] });
        asked.visitor.token = Some(Token { ids, ..token(asked.site.config.policy.version) });
        assert_eq!(waiting(&asked, &books, 1), expect, "{mode:?} {to_page} {known}");
    };
    check(Mode::Ask, true, true, 3);
    check(Mode::Ask, false, true, 1);
    check(Mode::AsSet, true, true, 1);
    check(Mode::Ask, true, false, 1);
}

#[test]
fn what_was_refused_is_expired_with_pages_alone_and_where_it_is_enforced() {
    let (_folder, books) = books::sample();
    let check = |treatment: Treatment, to_page: bool, room: usize, expect: usize| {
        let mut refused = exchange(treatment, HostMode::Visitor);
        refused.visitor.navigation.to_page = to_page;
        refused.decision.refused_by_visitor = refused.site.config.policy.optional();
        let limits = Limits { expiries: room, ..Limits::default() };
        let mut headers = HeaderMap::new();
        let due = vec![HeaderValue::from_static("_fbp=; Max-Age=0")];
        let count = expire(&mut headers, &refused, &books, &limits, due);
        assert_eq!((count, headers.get_all(SET_COOKIE).iter().count()), (expect, expect), "{treatment:?} {to_page}");
    };
    // The refused name is taken back at the host and at its own domain, beside what is due.
    check(Treatment::Enforce, true, 10, 3);
    check(Treatment::Enforce, true, 2, 2);
    check(Treatment::Enforce, false, 10, 0);
    check(Treatment::Shadow, true, 10, 0);
}

#[test]
fn an_answer_explains_itself_in_names_and_counts() {
    let check = |change: fn(&mut Exchange), expect: &[&str]| {
        let mut exchange = exchange(Treatment::Enforce, HostMode::Visitor);
        change(&mut exchange);
        let mut headers = header_map(&[("cache-control", "public")]);
        explain(&mut headers, &exchange, &Report { dropped: ["_fbp"].iter().collect(), expired: 3, page: true });
        let told = headers["consent-debug-result"].to_str().expect("text").to_owned();
        let words: Vec<&str> = told.split("; ").collect();
        for word in expect {
            assert!(words.contains(word), "{word} in {told}");
        }
        assert_eq!(headers["cache-control"], "no-store");
    };
    let always = ["site=site", "kept-back=2(_ga,od%20d)", "dropped=1(_fbp)", "expired=3", "page=judged", "lang=en"];
    check(|_| (), &always);
    check(|_| (), &["granted=necessary", "prompt=1", "choice=none", "gpc=0", "treatment=enforce"]);
    check(|exchange| exchange.visitor.broken_token = true, &["choice=broken"]);
    check(|exchange| exchange.visitor.token = Some(token(exchange.site.config.policy.version)), &["choice=current"]);
    check(|exchange| exchange.visitor.token = Some(token(PolicyVersion([0; 8]))), &["choice=of-another-policy"]);
    check(|exchange| exchange.visitor.signals.gpc = true, &["gpc=1"]);
    check(|exchange| exchange.class = None, &["class=none"]);
    check(|exchange| exchange.decision.prompt = false, &["prompt=0"]);
    check(|exchange| exchange.decision.granted = PurposeSet::EMPTY, &["granted="]);
    check(
        |exchange| exchange.names = refused(&[[b'n'; 65]; 21]),
        &[&*format!("kept-back=21({})", vec!["n".repeat(64); 20].join(","))],
    );
}
