//! What a page's own `Content-Security-Policy` has for a script that is put into it: the nonce that lets it run.
//!
//! Refuses to change the policy. Invariant: what it hands out is made of base64's letters, so it can stand in an attribute.

use http::HeaderMap;
use http::header::CONTENT_SECURITY_POLICY;

/// The nonce that scripts of this page carry, if its policy has one: of the first directive that speaks of them.
pub(super) fn nonce(headers: &HeaderMap) -> Option<&str> {
    let policies = headers.get_all(CONTENT_SECURITY_POLICY).iter().filter_map(|value| value.to_str().ok());
    policies.flat_map(|value| value.split(',')).find_map(nonce_of)
}

fn nonce_of(policy: &str) -> Option<&str> {
    let directive = |wanted: &str| {
        let mut all = policy.split(';').map(str::split_ascii_whitespace);
        all.find_map(|mut words| words.next().filter(|name| name.eq_ignore_ascii_case(wanted)).map(|_| words))
    };
    let mut sources =
        directive("script-src-elem").or_else(|| directive("script-src")).or_else(|| directive("default-src"))?;
    sources.find_map(|source| {
        let nonce = source.strip_prefix("'nonce-")?.strip_suffix('\'')?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
        (!nonce.is_empty() && nonce.len() <= 128 && nonce.bytes().all(plain)).then_some(nonce)
    })
}

#[cfg(test)]
mod tests {
    use super::{nonce, nonce_of};
    use crate::wire::header_map;

    #[test]
    fn the_nonce_is_that_of_the_directive_that_speaks_of_scripts() {
        let check = |policy: &str, expect: Option<&str>| assert_eq!(nonce_of(policy), expect, "{policy}");
        check("script-src 'nonce-abc=' 'strict-dynamic'", Some("abc="));
        check("default-src 'self' 'nonce-d'; SCRIPT-SRC 'self' 'nonce-s'", Some("s"));
        check("default-src 'nonce-d'; img-src 'nonce-i'", Some("d"));
        check("default-src 'nonce-d'; script-src 'self'", None);
        check("script-src 'nonce-s'; script-src-elem 'nonce-e'", Some("e"));
        check("script-src 'nonce-' 'nonce-\"onload=x' 'sha256-abc'", None);
        check("", None);
    }

    #[test]
    fn of_several_policies_the_first_that_has_a_nonce_gives_it() {
        let check = |policies: &[&str], expect: Option<&str>| {
            let pairs: Vec<_> = policies.iter().map(|policy| ("content-security-policy", *policy)).collect();
            assert_eq!(nonce(&header_map(&pairs)), expect, "{policies:?}");
        };
        check(&[], None);
        check(&["script-src 'self'"], None);
        check(&["img-src 'self'", "script-src 'nonce-b'"], Some("b"));
        check(&["frame-ancestors 'none', script-src 'nonce-a'", "script-src 'nonce-b'"], Some("a"));
    }
}
