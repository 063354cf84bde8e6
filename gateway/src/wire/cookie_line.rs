//! `Set-Cookie` lines made: without their lifetime, with another `Domain`, or as a deletion.
//!
//! Refuses to write a part that could open an attribute of its own. Invariant: of a line that came from an
//! origin, every segment that isn't spoken of here leaves byte for byte as it came.

use super::set_cookie::{SameSite, SetCookie, attribute};

/// The line without `Expires` and `Max-Age`: its cookie then ends with the browser's session.
///
/// A deletion would become a session cookie: ask [`SetCookie::is_deletion`] first.
#[must_use]
pub fn without_lifetime(line: &[u8]) -> Vec<u8> {
    rewrite(line, |name| {
        if name.eq_ignore_ascii_case(b"expires") || name.eq_ignore_ascii_case(b"max-age") {
            Fate::Drop
        } else {
            Fate::Keep
        }
    })
}

/// The line with a life of at most so many seconds; `None` where it lives no longer as it is.
///
/// `now` is in seconds since 1970; a session cookie lives no longer than any.
#[must_use]
pub fn with_life_at_most(line: &[u8], most: i64, now: i64) -> Option<Vec<u8>> {
    let cookie = SetCookie::parse(line);
    let life = cookie.max_age.or_else(|| Some(cookie.expires?.saturating_sub(now)))?;
    (life > most).then(|| {
        let mut cut = without_lifetime(line);
        if most > 0 {
            cut.extend(format!("; Max-Age={most}").bytes());
        }
        cut
    })
}

/// The line with a `Path`, for one that is sent from another place than it was set: without one that counts, a browser
/// takes the folder of the request.
#[must_use]
pub fn with_path(line: &[u8], folder: &[u8]) -> Vec<u8> {
    if SetCookie::parse(line).path.is_some() || !is_harmless(folder) {
        return line.to_vec();
    }
    [line, b"; Path=", folder].concat()
}

/// The line with another `Domain`, for an origin that lives under another host than its visitors see; `None`
/// drops it, which makes the cookie host-only. A line without a `Domain` stays as it is.
#[must_use]
pub fn with_domain(line: &[u8], domain: Option<&[u8]>) -> Vec<u8> {
    let domain = domain.filter(|d| is_harmless(d));
    // Browsers take the last one, so the last one is where the new value stands.
    let is_domain = |segment: &[u8]| attribute(segment).0.eq_ignore_ascii_case(b"domain");
    let count = line.split(|&b| b == b';').skip(1).filter(|segment| is_domain(segment)).count();
    let mut seen = 0;
    rewrite(line, |name| {
        if !name.eq_ignore_ascii_case(b"domain") {
            return Fate::Keep;
        }
        seen += 1;
        domain.filter(|_| seen == count).map_or(Fate::Drop, Fate::Value)
    })
}

/// The line without `Secure`, for a browser that comes by http. `SameSite=None` goes with it, which browsers take beside `Secure` alone.
#[must_use]
pub fn without_secure(line: &[u8]) -> Vec<u8> {
    let none = SetCookie::parse(line).same_site == Some(SameSite::None);
    rewrite(line, |name| {
        let goes = name.eq_ignore_ascii_case(b"secure") || (none && name.eq_ignore_ascii_case(b"samesite"));
        if goes { Fate::Drop } else { Fate::Keep }
    })
}

/// A line that makes a browser drop the cookie of this name, domain and path, in or out of a partition. All
/// four must be those it was set with. `None` where a part can't stand in a cookie line.
///
/// `secure` says that the visitor's connection is https; a partitioned cookie can't be deleted without it.
#[must_use]
pub fn deletion_line(
    name: &[u8],
    domain: Option<&[u8]>,
    path: Option<&[u8]>,
    secure: bool,
    partitioned: bool,
) -> Option<Vec<u8>> {
    let parts_are_harmless = domain.is_none_or(is_harmless) && path.is_none_or(is_harmless);
    if !parts_are_harmless || !is_harmless(name) || name.contains(&b'=') {
        return None;
    }
    let mut line = name.to_vec();
    // Browsers throw away a line with neither name nor value, so a nameless cookie is deleted with a value.
    line.extend_from_slice(if name.is_empty() { b"=deleted" } else { b"=" });
    line.extend_from_slice(b"; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0");
    for (attribute, value) in [(&b"; Domain="[..], domain), (b"; Path=", path)] {
        if let Some(value) = value {
            line.extend_from_slice(attribute);
            line.extend_from_slice(value);
        }
    }
    if secure || partitioned {
        // Without SameSite=None a response inside another site's frame may not touch the cookie.
        line.extend_from_slice(b"; Secure; SameSite=None");
    }
    if partitioned {
        line.extend_from_slice(b"; Partitioned");
    }
    debug_assert!(SetCookie::parse(&line).is_deletion(0), "a deletion line deletes");
    Some(line)
}

enum Fate<'a> {
    Keep,
    Drop,
    Value(&'a [u8]),
}

fn rewrite<'a>(line: &[u8], mut fate: impl FnMut(&[u8]) -> Fate<'a>) -> Vec<u8> {
    let mut segments = line.split(|&b| b == b';');
    let mut out = Vec::with_capacity(line.len());
    out.extend_from_slice(segments.next().unwrap_or_default());
    for segment in segments {
        let (name, _) = attribute(segment);
        match fate(name) {
            Fate::Keep => {
                out.push(b';');
                out.extend_from_slice(segment);
            }
            Fate::Drop => {}
            Fate::Value(value) => {
                out.extend_from_slice(b"; ");
                out.extend_from_slice(name);
                out.push(b'=');
                out.extend_from_slice(value);
            }
        }
    }
    out
}

/// No byte that ends a segment or a header line.
fn is_harmless(part: &[u8]) -> bool {
    part.iter().all(|&b| b != b';' && (b == b'\t' || b >= 0x20) && b != 0x7f)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(actual: &[u8], expect: &str) {
        assert_eq!(String::from_utf8_lossy(actual), expect);
    }

    #[test]
    fn without_secure_a_browser_that_comes_by_http_keeps_it() {
        check(&without_secure(b"a=1; Secure; Path=/;SameSite=None"), "a=1; Path=/");
        check(&without_secure(b"a=1; secure; SameSite=Lax"), "a=1; SameSite=Lax");
        check(&without_secure(b"secure; HttpOnly"), "secure; HttpOnly");
    }

    #[test]
    fn lifetime_goes_the_rest_stays() {
        check(
            &without_lifetime(b"a=1;  Path=/ ;expires=Thu, 01 Jan 2099 00:00:00 GMT;MAX-AGE = 5; Odd"),
            "a=1;  Path=/ ; Odd",
        );
        check(&without_lifetime(b"expires=5; Max-Age=6"), "expires=5");
        check(&without_lifetime(b"a=1"), "a=1");
    }

    #[test]
    fn a_life_is_cut_and_never_stretched() {
        let cut = |line: &str, most| {
            with_life_at_most(line.as_bytes(), most, 1_000).map(|line| String::from_utf8(line).unwrap())
        };
        assert_eq!(cut("a=1; Max-Age=500; Path=/", 100).as_deref(), Some("a=1; Path=/; Max-Age=100"));
        assert_eq!(cut("a=1; Expires=Thu, 01 Jan 2099 00:00:00 GMT", 60).as_deref(), Some("a=1; Max-Age=60"));
        assert_eq!(cut("a=1; Max-Age=500", 0).as_deref(), Some("a=1"));
        assert_eq!(cut("a=1; Max-Age=50; Expires=Thu, 01 Jan 2099 00:00:00 GMT", 60), None);
        assert_eq!(cut("a=1; Max-Age=60", 60), None);
        assert_eq!(cut("a=1", 0), None);
    }

    #[test]
    fn a_path_is_added_where_none_counts() {
        check(&with_path(b"a=1; Secure", b"/shop"), "a=1; Secure; Path=/shop");
        check(&with_path(b"a=1; Path=/x", b"/shop"), "a=1; Path=/x");
        check(&with_path(b"a=1; Path=x", b"/shop"), "a=1; Path=x; Path=/shop");
        check(&with_path(b"a=1", b"/;x"), "a=1");
    }

    #[test]
    fn domain_is_replaced_where_it_counts() {
        check(&with_domain(b"a=1; Domain=in.example; Path=/", Some(b"out.example")), "a=1; Domain=out.example; Path=/");
        check(&with_domain(b"a=1; domain=x;DOMAIN=.y;Secure", Some(b"z")), "a=1; DOMAIN=z;Secure");
        check(&with_domain(b"a=1; Domain=x; Path=/", None), "a=1; Path=/");
        check(&with_domain(b"a=1; Path=/", Some(b"z")), "a=1; Path=/");
        check(&with_domain(b"a=1; Domain=x", Some(b"z; Secure")), "a=1");
    }

    #[test]
    fn deletions_delete() {
        let line = deletion_line(b"_ga", Some(b"shop.example"), Some(b"/"), true, false).unwrap();
        let cookie = SetCookie::parse(&line);
        assert!(cookie.is_deletion(0) && cookie.secure && !cookie.partitioned);
        assert_eq!(
            (cookie.name, cookie.domain, cookie.path),
            (&b"_ga"[..], Some(&b"shop.example"[..]), Some(&b"/"[..]))
        );
        let nameless = deletion_line(b"", None, None, false, false).unwrap();
        assert!(!SetCookie::parse(&nameless).value.is_empty());
        assert!(SetCookie::parse(&deletion_line(b"a", None, None, false, true).unwrap()).secure);
        assert_eq!(deletion_line(b"a", Some(b"x; Path=/"), None, false, false), None);
        assert_eq!(deletion_line(b"a=b", None, None, false, false), None);
        assert_eq!(deletion_line(b"a", None, Some(b"/\r\nX: y"), false, false), None);
    }

    proptest! {
        #[test]
        fn nothing_but_the_lifetime_changes(line in "[a-z]=[a-z0-9]{0,3}(; ?(Max-Age|Expires|Path|Secure)(=[0-9a-z/]{0,4})?){0,5}") {
            let before = SetCookie::parse(line.as_bytes());
            let made = without_lifetime(line.as_bytes());
            let after = SetCookie::parse(&made);
            prop_assert!(after.is_session());
            prop_assert_eq!(after, SetCookie { max_age: None, expires: None, ..before });
        }

        #[test]
        fn nothing_but_the_domain_changes(line in "[a-z]=[a-z0-9]{0,3}(; ?(Domain|Path|Secure)(=[0-9a-z/]{0,4})?){0,5}") {
            let before = SetCookie::parse(line.as_bytes());
            let made = with_domain(line.as_bytes(), None);
            prop_assert_eq!(SetCookie::parse(&made), SetCookie { domain: None, ..before });
        }
    }
}
