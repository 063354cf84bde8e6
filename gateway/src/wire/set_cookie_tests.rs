//! What a browser reads in a `Set-Cookie` line; the `cookie` crate is the oracle where it follows the standard.

use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_700_000_000;

fn check_name(line: &str, name: &str, value: &str, judged: &str) {
    let cookie = SetCookie::parse(line.as_bytes());
    assert_eq!(cookie.name, name.as_bytes(), "name of {line:?}");
    assert_eq!(cookie.value, value.as_bytes(), "value of {line:?}");
    assert_eq!(cookie.judged_name(), judged.as_bytes(), "judged name of {line:?}");
}

#[test]
fn names_and_values() {
    check_name("a=1; Path=/", "a", "1", "a");
    check_name(" a = \"x y\" ;Secure", "a", "\"x y\"", "a");
    check_name("a==b=", "a", "=b=", "a");
    check_name("=_ga=1", "", "_ga=1", "_ga");
    check_name("_ga; Path=/", "", "_ga", "_ga");
    check_name("= =_ga=1", "", "=_ga=1", "_ga");
    check_name("", "", "", "");
    check_name(";Path=/", "", "", "");
}

#[test]
fn attributes_in_any_case_last_wins() {
    let line = b"a=1; PATH=/x; domain=.Shop.Example; SECURE; httponly; samesite=LAX; Partitioned; max-age=5; path=/y";
    let cookie = SetCookie::parse(line);
    assert_eq!(cookie.path, Some(&b"/y"[..]));
    assert_eq!(cookie.domain, Some(&b"Shop.Example"[..]));
    assert!(cookie.secure && cookie.http_only && cookie.partitioned);
    assert_eq!(cookie.same_site, Some(SameSite::Lax));
    assert_eq!(cookie.max_age, Some(5));
    let empty = SetCookie::parse(b"a=1; Domain=x.example; Domain=; Path=/x; Path=y; SameSite=Lax; SameSite=odd");
    assert_eq!((empty.domain, empty.path, empty.same_site), (None, None, None));
}

fn check_deletion(attributes: &str, expect: bool) {
    let line = format!("a=1; {attributes}");
    assert_eq!(SetCookie::parse(line.as_bytes()).is_deletion(NOW), expect, "{line}");
}

#[test]
fn deletion_as_a_browser_computes_it() {
    check_deletion("Max-Age=0", true);
    check_deletion("Max-Age=-1", true);
    check_deletion("Max-Age=1", false);
    check_deletion("Max-Age=1; Max-Age=0", true);
    check_deletion("Max-Age=0; Max-Age=1", false);
    check_deletion("Max-Age=0; Max-Age=soon", true);
    check_deletion("Max-Age=99999999999999999999999", false);
    check_deletion("Max-Age=-99999999999999999999999", true);
    check_deletion("Max-Age=+0", false);
    check_deletion("Max-Age=", false);
    check_deletion("Expires=Thu, 01 Jan 1970 00:00:00 GMT", true);
    check_deletion("Expires=Fri, 31 Dec 9999 23:59:59 GMT", false);
    check_deletion("Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", false);
    check_deletion("Max-Age=0; Expires=Fri, 31 Dec 9999 23:59:59 GMT", true);
    check_deletion("Expires=0", false);
    check_deletion("Path=/", false);
    check_deletion(&format!("Max-Age=0{}", "0".repeat(1024)), false);
}

#[test]
fn either_lifetime_keeps_a_cookie_beyond_the_session() {
    let check = |line: &str, expect: bool| assert_eq!(SetCookie::parse(line.as_bytes()).is_session(), expect, "{line}");
    check("a=1; Path=/", true);
    check("a=1; Max-Age=x; Expires=y", true);
    check("a=1; Max-Age=5", false);
    check("a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT", false);
}

fn unpredictable() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..120),
        "[a=; ]{0,12}(; ?(Max-Age|Expires|Domain|Path|Secure|SameSite)=?[0-9a-z./-]{0,8}){0,5}"
            .prop_map(String::into_bytes),
    ]
}

proptest! {
    #[test]
    fn every_line_reads(line in unpredictable()) {
        let cookie = SetCookie::parse(&line);
        prop_assert!(!cookie.judged_name().contains(&b'='));
        prop_assert!(!cookie.name.contains(&b';') && !cookie.value.contains(&b';'));
    }

    #[test]
    fn agrees_with_the_cookie_crate(
        name in "[a-zA-Z0-9_]{1,8}", value in "[a-zA-Z0-9_=-]{0,8}", path in "/[a-z]{0,4}", domain in "[a-z]{1,4}\\.example",
        age in 1_i64..100_000, secure: bool, http_only: bool, site in "(Lax|Strict|None)",
    ) {
        let mut line = format!("{name}={value}; Path={path}; Domain=.{domain}; Max-Age={age}; SameSite={site}");
        if secure { line.push_str("; Secure"); }
        if http_only { line.push_str("; HttpOnly"); }
        let theirs = cookie::Cookie::parse(line.clone()).unwrap();
        let ours = SetCookie::parse(line.as_bytes());
        prop_assert_eq!(ours.name, theirs.name().as_bytes());
        prop_assert_eq!(ours.value, theirs.value().as_bytes());
        prop_assert_eq!(ours.path, theirs.path().map(str::as_bytes));
        prop_assert_eq!(ours.domain, theirs.domain().map(str::as_bytes));
        prop_assert_eq!(ours.max_age, theirs.max_age().map(|age| age.whole_seconds()));
        prop_assert_eq!(ours.secure, theirs.secure().unwrap_or(false));
        prop_assert_eq!(ours.http_only, theirs.http_only().unwrap_or(false));
        let their_site = theirs.same_site().map(|s| s.to_string());
        prop_assert_eq!(ours.same_site.map(|s| format!("{s:?}")), their_site);
    }
}
