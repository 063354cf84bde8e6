//! A page's own `Content-Security-Policy` and what is put into the page: how that is allowed to run.
//!
//! Refuses to weaken a policy for anybody else's files. Invariant: a nonce that it hands out is made of base64's letters, so it
//! can stand in an attribute.

use std::sync::Arc;

use http::header::{CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY};
use http::{HeaderMap, HeaderValue};

use super::{Exchange, page};
use crate::wire::csp::{OwnFiles, Sandbox};

/// What the policies in a page's head say to what is put in.
pub(super) struct PageRules {
    /// There is a policy.
    pub(super) any: bool,
    /// The nonce that scripts of this page carry.
    pub(super) nonce: Option<String>,
    /// What the page may do at all.
    pub(super) sandbox: Sandbox,
}

impl PageRules {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let policies = headers.get_all(CONTENT_SECURITY_POLICY).iter().filter_map(|value| value.to_str().ok());
        let sandbox = policies.map(Sandbox::of_list).fold(Sandbox { scripts: true, forms: true }, Sandbox::and);
        let nonce = nonce(headers).map(str::to_owned);
        Self { any: headers.contains_key(CONTENT_SECURITY_POLICY), nonce, sandbox }
    }
}

/// What policies are told of what is put in.
pub(super) fn own_files(exchange: &Exchange, nonce: Option<String>) -> OwnFiles {
    OwnFiles { address: exchange.own_address(), hashes: Arc::clone(&exchange.site.script_hashes), nonce }
}

/// Has a page's policies allow what is put in; those that only report too, so that reports stay quiet.
pub(super) fn mend(headers: &mut HeaderMap, exchange: &Exchange) {
    let names = [CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY_REPORT_ONLY];
    if !names.iter().any(|name| headers.contains_key(name)) || !page::takes_insertion(exchange, headers) {
        return;
    }
    let files = own_files(exchange, nonce(headers).map(str::to_owned));
    for (_, value) in headers.iter_mut().filter(|(name, _)| names.contains(name)) {
        let mended = value.to_str().ok().and_then(|list| files.mend_list(list));
        if let Some(mended) = mended.and_then(|list| HeaderValue::from_str(&list).ok()) {
            *value = mended;
        }
    }
}

/// The nonce that scripts of this page carry, if its policy has one: of the first directive that speaks of them.
fn nonce(headers: &HeaderMap) -> Option<&str> {
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
