//! What a browser keeps and sends back, line by line, as RFC 6265bis has it; and every difference to the `cookie` crate, by name.
//!
//! Refuses a difference without a reason. Invariant: the name that rules judge on the way in is the one they judge when the
//! browser sends the cookie back.

use proptest::prelude::*;

use super::{SameSite, SetCookie, cookie_header};

const NOW: i64 = 1_700_000_000;
const HOST: &[u8] = b"home.example.org";
const PATH: &[u8] = b"/cookie-parser";

/// A browser's store for one page over https, no wider than these cases (RFC 6265bis 5.7 and 5.8.3).
#[derive(Default)]
struct Jar {
    kept: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>,
}

impl Jar {
    fn set(&mut self, line: &[u8]) {
        // Control characters but the tab: the whole line is ignored (5.6, step 1).
        if line.iter().any(|&byte| (byte < 0x20 && byte != b'\t') || byte == 0x7f) {
            return;
        }
        let cookie = SetCookie::parse(line);
        let pair = cookie.name.len() + cookie.value.len();
        let of_this_host =
            cookie.domain.is_none_or(|domain| HOST.to_ascii_lowercase().ends_with(&domain.to_ascii_lowercase()));
        if pair == 0 || pair > 4096 || !of_this_host || !prefix_holds(&cookie) {
            return;
        }
        // The default path is the folder of the request's own.
        let path = cookie.path.unwrap_or(b"/").to_vec();
        self.kept.retain(|(name, _, at)| (name.as_slice(), at) != (cookie.name, &path));
        if !cookie.is_deletion(NOW) {
            self.kept.push((cookie.name.to_vec(), cookie.value.to_vec(), path));
        }
    }

    fn sent(&self) -> Vec<u8> {
        let here = |path: &[u8]| {
            PATH.strip_prefix(path)
                .is_some_and(|rest| path.ends_with(b"/") || rest.is_empty() || rest.starts_with(b"/"))
        };
        let mut pairs: Vec<_> = self.kept.iter().filter(|(_, _, path)| here(path)).collect();
        pairs.sort_by_key(|(_, _, path)| std::cmp::Reverse(path.len()));
        let written = pairs.iter().map(|(name, value, _)| match name.as_slice() {
            b"" => value.clone(),
            name => [name, b"=", value].concat(),
        });
        written.collect::<Vec<_>>().join(&b"; "[..])
    }
}

/// `__Secure-` and `__Host-`, in any case; a nameless cookie may not look like one (5.7, steps 20 to 22).
fn prefix_holds(cookie: &SetCookie<'_>) -> bool {
    let starts =
        |text: &[u8], prefix: &[u8]| text.get(..prefix.len()).is_some_and(|own| own.eq_ignore_ascii_case(prefix));
    let text = if cookie.name.is_empty() { cookie.value } else { cookie.name };
    let (secure, host) = (starts(text, b"__Secure-"), starts(text, b"__Host-"));
    if cookie.name.is_empty() {
        return !secure && !host;
    }
    (!secure || cookie.secure) && (!host || (cookie.secure && cookie.domain.is_none() && cookie.path == Some(b"/")))
}

fn check(lines: &[&str], expect: &str) {
    let mut jar = Jar::default();
    lines.iter().for_each(|line| jar.set(line.as_bytes()));
    assert_eq!(String::from_utf8_lossy(&jar.sent()), expect, "{lines:?}");
}

#[test]
fn names_and_values() {
    check(&["foo=bar"], "foo=bar");
    check(&["foo=bar; baz=qux"], "foo=bar");
    check(&["  foo =  bar  ; Path=/"], "foo=bar");
    check(&["\tfoo\t=\tbar\t"], "foo=bar");
    check(&["foo"], "foo");
    check(&["=foo"], "foo");
    check(&["==foo"], "=foo");
    check(&["foo="], "foo=");
    check(&["foo==bar"], "foo==bar");
    check(&["foo=b=a=r"], "foo=b=a=r");
    check(&["="], "");
    check(&[""], "");
    check(&["; foo=bar"], "");
    check(&[" ; Path=/"], "");
    check(&["foo bar=b a r"], "foo bar=b a r");
    check(&["caf\u{e9}=\u{65e5}"], "caf\u{e9}=\u{65e5}");
    check(&["foo=1", "bar=2"], "foo=1; bar=2");
    check(&["foo=1", "foo=2"], "foo=2");
    check(&["foo=1", "Foo=2"], "foo=1; Foo=2");
    check(&["foo=1,bar=2"], "foo=1,bar=2");
}

#[test]
fn quotes_mean_nothing() {
    check(&["foo=\"bar\""], "foo=\"bar\"");
    check(&["foo=\"bar; baz\"; Path=/"], "foo=\"bar");
    check(&["foo=\"b\\\"ar\""], "foo=\"b\\\"ar\"");
    check(&["\"foo\"=bar"], "\"foo\"=bar");
    check(&["foo=bar; Max-Age=\"0\""], "foo=bar");
    check(&["foo=bar; Path=\"/elsewhere\""], "foo=bar");
}

#[test]
fn attributes() {
    check(&["foo=bar; secure=false; HTTPONLY; version=1"], "foo=bar");
    check(&["foo=bar; Path=/cookie-parser"], "foo=bar");
    check(&["foo=bar; Path=/cookie"], "");
    check(&["foo=bar; Path=/cookie-parser/"], "");
    check(&["foo=bar; Path=relative"], "foo=bar");
    check(&["foo=bar; Path=/else; Path="], "foo=bar");
    check(&["foo=bar; Path=/; Path=/else"], "");
    check(&["a=1; Path=/", "b=2; Path=/cookie-parser"], "b=2; a=1");
    check(&["foo=bar; Domain=.example.org"], "foo=bar");
    check(&["foo=bar; Domain=HOME.example.org"], "foo=bar");
    check(&["foo=bar; Domain=other.example"], "");
    check(&["foo=bar; Domain=other.example; Domain="], "foo=bar");
    check(&["foo=bar; Domain=example.org; Domain=other.example"], "");
    check(&[&format!("foo=bar; Path=/{}", "x".repeat(1024))], "foo=bar");
    check(&[&format!("foo=bar; Path=/{}", "x".repeat(1023))], "");
}

#[test]
fn lifetimes() {
    check(&["foo=bar; Max-Age=10"], "foo=bar");
    check(&["foo=1", "foo=2; Max-Age=0"], "");
    check(&["foo=1", "foo=2; Max-Age=-10"], "");
    check(&["foo=1; Max-Age=1e3"], "foo=1");
    check(&["foo=1; Max-Age=10; Max-Age=0"], "");
    check(&["foo=1; Max-Age=0; Max-Age=10"], "foo=1");
    check(&["foo=1", "foo=2; Expires=Mon, 10 Dec 2007 17:02:24 GMT"], "");
    check(&["foo=1; Expires=Mon, 10 Dec 2007 17:02:24 GMT; Max-Age=10"], "foo=1");
    check(&["foo=1; Expires=Sun, 10 Dec 2090 17:02:24 GMT; Max-Age=0"], "");
    check(&["foo=1; Expires=10 December 2090 5:2:4"], "foo=1");
    check(&["foo=1; Expires=Sun/10/dec/2007/17:02:24"], "");
    check(&["foo=1; Expires=Thursday, 10-Dec-07 17:02:24 EST"], "");
    check(&["foo=1; Expires=never"], "foo=1");
    check(&["foo=1; Expires=Mon, 10 Dec 2007 17:02:24 GMT; Expires=never"], "");
    check(&["foo=1", "foo=; Path=/elsewhere; Max-Age=0"], "foo=1");
    check(&["foo=1; Max-Age=0; foo=2"], "");
}

#[test]
fn sizes() {
    let long = "x".repeat(4093);
    check(&[&format!("foo={long}")], &format!("foo={long}"));
    check(&[&format!("foo={long}x")], "");
    check(&["foo=1", &format!("foo={long}x")], "foo=1");
}

#[test]
fn control_characters_spoil_a_line() {
    for control in ["\0", "\x01", "\n", "\r", "\x1f", "\x7f"] {
        check(&[&format!("foo=b{control}ar")], "");
        check(&[&format!("fo{control}o=bar")], "");
        check(&[&format!("foo=bar; Path={control}/")], "");
    }
    check(&["foo=b\tar"], "foo=b\tar");
}

#[test]
fn prefixes() {
    check(&["__Secure-a=1; Secure"], "__Secure-a=1");
    check(&["__Secure-a=1"], "");
    check(&["__secure-a=1"], "");
    check(&["__Host-a=1; Secure; Path=/"], "__Host-a=1");
    check(&["__Host-a=1; Secure"], "");
    check(&["__HOST-a=1; Path=/"], "");
    check(&["__Host-a=1; Secure; Path=/; Domain=home.example.org"], "");
    check(&["__Host-a"], "");
    check(&["=__Host-a=1; Secure; Path=/"], "");
    check(&["=__Secure-a=1; Secure"], "");
}

/// Where the `cookie` crate reads a line in another way than browsers do, and why that is theirs to do.
fn differences(line: &str) -> Vec<&'static str> {
    let ours = SetCookie::parse(line.as_bytes());
    let Ok(theirs) = cookie::Cookie::parse(line) else { return vec!["pair"] };
    let same_site = theirs.same_site().map(|site| site.to_string());
    let fields = [
        ("name", ours.name == theirs.name().as_bytes()),
        ("value", ours.value == theirs.value().as_bytes()),
        ("domain", ours.domain == theirs.domain().map(str::as_bytes)),
        ("path", ours.path == theirs.path().map(str::as_bytes)),
        ("max-age", ours.max_age.map(|age| age.max(0)) == theirs.max_age().map(|age| age.whole_seconds())),
        ("expires", ours.expires == theirs.expires_datetime().map(|at| at.unix_timestamp())),
        ("samesite", ours.same_site.map(|site| format!("{site:?}")) == same_site),
        ("secure", ours.secure == theirs.secure().unwrap_or(false)),
        ("httponly", ours.http_only == theirs.http_only().unwrap_or(false)),
        ("partitioned", ours.partitioned == theirs.partitioned().unwrap_or(false)),
    ];
    fields.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
}

/// The reason for a difference, if there is one.
fn reason(field: &str, line: &str) -> Option<&'static str> {
    let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
    let values = |wanted: &str| -> Vec<String> {
        let named = attributes.split(';').map(|part| part.split_once('=').unwrap_or((part, "")));
        let of_it = named.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        of_it.map(|(_, value)| value.trim().to_owned()).collect()
    };
    let any = |wanted: &str, holds: fn(&str) -> bool| values(wanted).iter().any(|value| holds(value));
    match field {
        "pair" if pair.split_once('=').is_none_or(|(name, _)| name.trim().is_empty()) => {
            Some("browsers keep cookies without a name; the crate has none")
        }
        "domain" if any("domain", str::is_empty) => Some("an empty Domain, being the last, makes the cookie host-only"),
        "path" if any("path", |value| !value.starts_with('/')) => Some("a Path that is none means the default"),
        "max-age" if any("max-age", |value| value.is_empty() || value == "-") => {
            Some("browsers ignore an empty Max-Age")
        }
        "expires" => {
            values("expires").iter().any(|value| !is_imf_date(value)).then_some("browsers read far more dates")
        }
        "samesite"
            if any("samesite", |value| !["lax", "strict", "none"].contains(&value.to_ascii_lowercase().as_str())) =>
        {
            Some("a SameSite that is none of the words, being the last, means the default")
        }
        _ => None,
    }
}

fn is_imf_date(value: &str) -> bool {
    value.len() == 29 && value.ends_with(" GMT")
}

proptest! {
    #[test]
    fn every_difference_to_the_cookie_crate_has_a_reason(
        pair in "[ \t]?[a-z\"]{0,3}[ ]?=?[ ]?[a-z0-9=\"]{0,4}[ ]?",
        attributes in proptest::collection::vec(
            prop_oneof![
                "; ?(Domain|domain)(=\\.?[a-z]{0,3}\\.example|=|)",
                "; ?(Path|PATH)(=/?[a-z]{0,3}|)",
                "; ?[Mm]ax-[Aa]ge(=-?[0-9]{0,12}|=[a-z]{2}|)",
                "; ?SameSite(=(Lax|strict|None|odd)|=|)",
                "; ?(Secure|secure=false|HttpOnly|Partitioned|Version=1)",
                Just("; Expires=Wed, 21 Oct 2099 07:28:00 GMT".to_owned()),
                "; Expires=(Wed, 21-Oct-99 07:28:00 GMT|21 Oct 2099 7:28:0|never|)",
            ],
            0..5,
        ),
    ) {
        let line = format!("{pair}{}", attributes.concat());
        for field in differences(&line) {
            prop_assert!(reason(field, &line).is_some(), "{} differs in {:?}", field, line);
        }
    }

    #[test]
    fn a_cookie_is_judged_by_one_name_in_both_directions(line in "[ \t]?[a-z_\"= ]{0,8}(; ?(Secure|Path=/|Max-Age=5))?") {
        let mut jar = Jar::default();
        jar.set(line.as_bytes());
        let sent = jar.sent();
        let names: Vec<_> = cookie_header::pairs(&sent).map(|pair| pair.name.to_vec()).collect();
        let judged = SetCookie::parse(line.as_bytes());
        prop_assert!(names.iter().all(|name| name == judged.judged_name()), "{:?} is sent as {:?}", line, names);
    }

    #[test]
    fn the_cookie_crate_splits_a_header_as_we_do(value in "[a-c=; \"]{0,30}") {
        // The crate refuses pairs without a name or without `=`; browsers send them, and we judge them.
        let theirs: Vec<_> = cookie::Cookie::split_parse(value.clone()).filter_map(Result::ok).collect();
        let ours: Vec<_> = cookie_header::pairs(value.as_bytes())
            .filter(|pair| super::trim(pair.raw).iter().position(|&byte| byte == b'=').is_some_and(|at| at > 0))
            .collect();
        prop_assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            prop_assert_eq!((ours.name, ours.value), (theirs.name().as_bytes(), theirs.value().as_bytes()));
        }
    }
}

#[test]
fn the_words_of_samesite_are_three() {
    let site = |line: &str| SetCookie::parse(line.as_bytes()).same_site;
    assert_eq!(site("a=1; SameSite=STRICT"), Some(SameSite::Strict));
    assert_eq!(site("a=1; SameSite=Lax; SameSite"), None);
}
