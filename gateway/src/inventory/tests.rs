//! The inventory as the proxy and the store use it.

use policies::purpose::PurposeIndex;
use policies::rules::{CookieRule, Lifetime, NamePattern, RuleSource};
use policies::{Text, Timestamp};

use super::rows::Line;
use super::*;
use crate::config::HostMode;
use crate::site::{self, Site};
use crate::store::{SameSite, SeenIn, Unsaved};

fn rule() -> CookieRule {
    CookieRule {
        pattern: NamePattern::Prefix(String::from("_ga_")),
        purpose: PurposeIndex::new(1).unwrap(),
        recipient: String::from("google"),
        what: Text::new(String::from("방문 수"), String::from("visits")),
        lifetime: Lifetime::Session,
        on_request: false,
        despite_catalog: None,
        source: RuleSource::Policy,
    }
}

fn line<'a>(name: &'a [u8], path: &'a [u8]) -> Line<'a> {
    Line {
        name,
        rule: None,
        domain: None,
        path,
        partitioned: false,
        secure: false,
        http_only: true,
        same_site: SameSite::Unset,
        lifetime: 0,
    }
}

fn empty() -> Inventory {
    Inventory::new(8, Vec::new())
}

fn saw_line(inventory: &Inventory, line: &Line<'_>, now: Timestamp) {
    lock(&inventory.site("shop")).saw_line("shop", SeenIn::Response, line, false, now);
}

fn saw_name(inventory: &Inventory, name: &[u8], returned: bool, now: Timestamp) {
    let line = Line::of_request(name, None);
    lock(&inventory.site("shop")).saw_line("shop", SeenIn::Request, &line, returned, now);
}

#[test]
fn what_workers_saw_again_counts_once_wherever_it_is_read() {
    let site = site::sample("http://127.0.0.1:1", HostMode::Visitor);
    let first = Inventory::new(8, Vec::new());
    let workers = [first.for_another(), first.for_another()];
    let from = |last: u8| Some(Prefix::around([198, 51, last, 7].into()));
    for second in 1..=10 {
        for worker in &workers {
            worker.saw_in_request(&site, b"_ga", Treatment::Enforce, false, from(1), Timestamp(second));
            worker.saw_in_request(&site, b"theme", Treatment::Enforce, false, from(1), Timestamp(second));
        }
    }
    let counts = |inventory: &Inventory| -> Vec<(String, u64, i64)> {
        inventory.rows(&site.config.name).into_iter().map(|row| (row.key, row.count, row.last_seen.0)).collect()
    };
    assert_eq!(counts(&first), [("_ga".to_owned(), 20, 10)], "one network alone lists no name that nobody declares");
    for network in 2..=5 {
        workers[0].saw_in_request(&site, b"theme", Treatment::Enforce, false, from(network), Timestamp(11));
    }
    workers[1].saw_in_request(&site, b"theme", Treatment::Enforce, false, from(1), Timestamp(12));
    workers[1].saw_in_request(&site, b"theme", Treatment::Enforce, false, from(1), Timestamp(13));
    workers[1].saw_in_request(&site, b"_ga", Treatment::Enforce, true, from(1), Timestamp(14));
    assert_eq!(counts(&workers[0]), [("_ga".to_owned(), 21, 14), ("theme".to_owned(), 3, 13)]);
    assert_eq!(first.take(100, true).seen.iter().map(|row| row.count).sum::<u64>(), 24);
    assert!(first.take(100, true).is_empty());
}

#[test]
fn what_comes_back_after_a_refusal_is_counted_with_the_name() {
    let inventory = Inventory::new(10, Vec::new());
    saw_name(&inventory, b"theme", true, Timestamp(1));
    saw_name(&inventory, b"theme", true, Timestamp(2));
    saw_name(&inventory, b"theme", false, Timestamp(3));
    let rows = inventory.rows("shop");
    assert_eq!(rows.iter().map(|row| (row.count, row.returned)).collect::<Vec<_>>(), [(3, 2)]);
    let batch = inventory.take(10, true);
    assert_eq!(batch.seen.first().map(|row| row.returned), Some(2));
    inventory.put_back(batch);
    assert_eq!(inventory.take(10, true).seen.first().map(|row| row.returned), Some(2), "nothing is lost");
    assert!(inventory.take(10, true).seen.is_empty(), "and nothing counted twice");
}

#[test]
fn a_family_is_one_row_and_its_places_are_known() {
    let (inventory, rule) = (empty(), rule());
    let analytics = Line { rule: Some((&rule, "analytics")), domain: Some(b"Shop.Example"), ..line(b"_ga_AB12", b"/") };
    saw_line(&inventory, &analytics, Timestamp(100));
    let longer = Line { name: b"_ga_CD34", lifetime: 500, secure: true, ..analytics };
    saw_line(&inventory, &longer, Timestamp(200));
    saw_line(&inventory, &Line { partitioned: true, path: b"/a", ..analytics }, Timestamp(300));
    let place = |path: &str, partitioned, secure| Place {
        domain: Some(String::from("shop.example")),
        path: path.to_owned(),
        partitioned,
        secure,
    };
    assert_eq!(inventory.places_of("shop", "_ga_*"), [place("/", false, true), place("/a", true, false)]);
    assert_eq!(inventory.places_of("other", "_ga_*"), []);
    let rows = inventory.rows("shop");
    let first = &rows[0];
    assert_eq!((first.count, first.lifetime, first.declared), (2, 500, Some(0)));
    assert_eq!((first.first_seen, first.last_seen), (Timestamp(100), Timestamp(200)));
    assert_eq!(first.purpose.as_deref(), Some("analytics"));
}

#[test]
fn a_name_in_requests_is_listed_until_a_response_shows_it() {
    let inventory = empty();
    saw_name(&inventory, b"theme", false, Timestamp(1));
    saw_name(&inventory, b"theme", false, Timestamp(2));
    assert_eq!(inventory.rows("shop")[0].seen_in, SeenIn::Request);
    assert_eq!(inventory.rows("shop")[0].count, 2);
    assert_eq!(inventory.places_of("shop", "theme"), []);
    saw_line(&inventory, &line(b"theme", b"/"), Timestamp(3));
    let rows = inventory.rows("shop");
    assert_eq!((rows.len(), rows[0].seen_in), (1, SeenIn::Response));
    saw_line(&inventory, &line(b"cart", b"/"), Timestamp(3));
    saw_name(&inventory, b"cart", false, Timestamp(4));
    assert_eq!(inventory.rows("shop").len(), 2);
}

#[test]
fn visitors_can_fill_only_their_share() {
    let inventory = empty();
    for name in [b"aa", b"bb", b"cc", b"dd"] {
        saw_name(&inventory, name, false, Timestamp(1));
    }
    assert_eq!((inventory.rows("shop").len(), inventory.dropped("shop")), (2, 2));
    for path in [b"/1", b"/2", b"/3", b"/4", b"/5", b"/6", b"/7", b"/8", b"/9"] {
        saw_line(&inventory, &line(b"sid", path), Timestamp(1));
    }
    assert_eq!((inventory.places_of("shop", "sid").len(), inventory.dropped("shop")), (8, 3));
    saw_line(&inventory, &line(b"sid", &[b'/'; 2000]), Timestamp(1));
    saw_line(&inventory, &line(b"sid", b"/\xff"), Timestamp(1));
    assert_eq!(inventory.dropped("shop"), 5);
}

#[test]
fn each_sighting_is_stored_once() {
    let inventory = empty();
    let counts = |inventory: &Inventory| -> Vec<u64> {
        let batch = inventory.take(100, false);
        let counts = batch.seen.iter().map(|row| row.count).collect();
        inventory.put_back(Batch::default());
        counts
    };
    saw_line(&inventory, &line(b"sid", b"/"), Timestamp(0));
    assert_eq!(counts(&inventory), [1]);
    assert_eq!(counts(&inventory), [0; 0]);
    saw_line(&inventory, &line(b"sid", b"/"), Timestamp(10));
    assert_eq!(counts(&inventory), [0; 0], "a count alone waits");
    saw_line(&inventory, &line(b"sid", b"/"), Timestamp(60));
    let batch = inventory.take(100, false);
    inventory.put_back(batch);
    assert_eq!(counts(&inventory), [2], "what could not be stored comes again");
    saw_line(&inventory, &Line { secure: true, ..line(b"sid", b"/") }, Timestamp(61));
    assert_eq!(counts(&inventory), [1], "a change is stored at once");
    saw_line(&inventory, &Line { secure: true, ..line(b"sid", b"/") }, Timestamp(62));
    assert_eq!(inventory.take(100, true).seen[0].count, 1, "nothing is left behind at the end");
    let stored = inventory.rows("shop");
    let again = Inventory::new(8, stored.clone());
    assert_eq!(again.rows("shop"), stored);
    assert!(again.take(100, false).is_empty());
}

#[test]
fn a_batch_takes_no_more_than_asked() {
    let inventory = empty();
    for path in [b"/1", b"/2", b"/3"] {
        saw_line(&inventory, &line(b"sid", path), Timestamp(1));
    }
    assert_eq!(
        [inventory.take(2, false).seen.len(), inventory.take(2, false).seen.len(), inventory.take(2, false).seen.len()],
        [2, 1, 0]
    );
}

#[test]
fn the_shadow_counts_and_is_bounded() {
    let shadow = Shadow::new();
    assert_eq!(shadow.text(), "");
    for _ in 0..3 {
        shadow.would_strip("shop", Stripped::RequestCookie, "analytics", "_ga_*");
    }
    for number in 0..2_010 {
        shadow.would_strip("shop", Stripped::Tag, "marketing", &format!("{number}.example"));
    }
    let (rows, rest) = shadow.rows("shop");
    assert_eq!((rows.len(), rest, rows[0].count), (2_000, 11, 3));
    assert!(shadow.text().contains("analytics") && shadow.text().contains("and 11 times something else"));
    assert_eq!(shadow.rows("other"), (Vec::new(), 0));
}

fn site() -> Arc<Site> {
    Arc::new(site::sample("http://127.0.0.1:9", HostMode::Visitor))
}

fn networks(count: u8) -> impl Iterator<Item = Prefix> {
    (0..count).map(|number| Prefix::around([203, 0, number, 9].into()))
}

#[test]
fn a_name_that_nobody_declares_is_listed_after_five_networks() {
    let (inventory, site) = (empty(), site());
    let sent = |inventory: &Inventory, count: u8| {
        for network in networks(count) {
            inventory.saw_in_request(&site, b"user_20241101", Treatment::Enforce, false, Some(network), Timestamp(5));
        }
        inventory.rows(&site.config.name).into_iter().map(|row| (row.key, row.count)).collect::<Vec<_>>()
    };
    inventory.saw_in_request(&site, b"theme", Treatment::Enforce, false, None, Timestamp(5));
    assert_eq!(sent(&inventory, 4), []);
    assert!(inventory.take(9, true).is_empty());
    assert_eq!(sent(&inventory, 5), [(String::from("user_#"), 1)]);
    assert_eq!(sent(&inventory, 1), [(String::from("user_#"), 2)], "what is listed needs no networks");
    let alone = empty().saying_at_once(true);
    assert_eq!(sent(&alone, 9), [], "what is said at once is kept nowhere");
    assert!(alone.take(9, true).is_empty());
    let reported = empty();
    networks(5).for_each(|network| reported.reported(&site, b"theme", Some(network), Timestamp(5)));
    assert_eq!(reported.rows(&site.config.name).len(), 1);
}

#[test]
fn a_line_is_noted_where_a_browser_keeps_it() {
    let check = |line: &str, target: &str, expect: Place| {
        let (inventory, site) = (empty(), site());
        let cookie = SetCookie::parse(line.as_bytes());
        for network in networks(5) {
            assert_eq!(inventory.places(&site, b"sid"), [], "{line}");
            inventory.saw(Sighting {
                site: &site,
                judgement: Judgement::Unknown,
                cookie: &cookie,
                target,
                treatment: Treatment::Enforce,
                from: Some(network),
                now: Timestamp(9),
            });
        }
        assert_eq!(inventory.places(&site, b"sid"), [expect], "{line}");
    };
    let place = |domain: Option<&str>, path: &str, partitioned, secure| Place {
        domain: domain.map(str::to_owned),
        path: path.to_owned(),
        partitioned,
        secure,
    };
    check("sid=1", "/", place(None, "/", false, false));
    check("sid=1", "/shop/cart?x=/y/z", place(None, "/shop", false, false));
    check("sid=1; Path=/a; Domain=.Shop.Example", "/b/c", place(Some("shop.example"), "/a", false, false));
    check("sid=1; Secure; Partitioned; Path=x", "/b/", place(None, "/b", true, true));
}

#[test]
fn shadow_mode_lists_what_goes_through() {
    let (inventory, shadowed) = (empty(), site());
    let rule = rule();
    let cookie = SetCookie::parse(b"_ga_AB12=1; Max-Age=60");
    for treatment in [Treatment::Shadow, Treatment::Enforce] {
        for judgement in [Judgement::Refused(&rule), Judgement::Granted(&rule), Judgement::Unknown] {
            let site = &shadowed;
            let (target, from, now) = ("/", None, Timestamp(9));
            inventory.saw(Sighting { site, judgement, cookie: &cookie, target, treatment, from, now });
        }
    }
    inventory.would_hold(&shadowed, "ads.example", "marketing");
    let (rows, _) = inventory.shadow().rows(&shadowed.config.name);
    let listed: Vec<_> = rows.iter().map(|row| (row.what, row.name.as_str(), row.count)).collect();
    assert_eq!(listed, [(Stripped::SetCookie, "_ga_*", 1), (Stripped::Tag, "ads.example", 1)]);
}
