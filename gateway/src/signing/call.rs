//! A call that a site's own server signs (RFC 9421, HMAC-SHA-256) over method, authority, path and the digest of its body
//! (RFC 9530), with the time.
//!
//! Refuses a signature that leaves one of these out, and one that is older or younger than [`TOLERANCE`]; within that a call
//! can be sent again, and must then change nothing. Invariant: whoever hasn't the key can change no bit of it.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use policies::Timestamp;

use super::SharedKey;
use super::message;

/// Seconds that a call may be under way, and the two clocks apart.
const TOLERANCE: i64 = 300;

/// What a signature must cover, in any order.
const COVERED: [&str; 4] = ["@method", "@authority", "@path", "content-digest"];

/// A call as it came.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    /// `@method`.
    pub method: &'c str,
    /// `@authority`; see [`super::authority`].
    pub authority: &'c str,
    /// `@path`, as it was asked for.
    pub path: &'c str,
    /// The whole value of `Content-Digest`.
    pub content_digest: &'c str,
    /// Its member `sha-256`.
    pub sha_256: &'c str,
    /// Our member of `Signature-Input`.
    pub input: &'c str,
    /// Our member of `Signature`.
    pub signature: &'c str,
}

/// Why a call is nobody's that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The parameters.
    #[error(
        "Signature-Input must cover \"@method\", \"@authority\", \"@path\" and \"content-digest\" and nothing else, with created"
    )]
    Input,
    /// The time.
    #[error("created is more than five minutes away from this clock")]
    Time,
    /// The body.
    #[error("Content-Digest is not the SHA-256 of the body")]
    Digest,
    /// The signature.
    #[error("the signature is not that of the site's guardian key")]
    Signature,
}

impl Call<'_> {
    /// Whether who has the key made this call, with this body, just now.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn verify(&self, key: &SharedKey, body: &[u8], now: Timestamp) -> Result<(), CallError> {
        let (names, created) = read_input(self.input).ok_or(CallError::Input)?;
        let covers = names.len() == COVERED.len() && COVERED.iter().all(|name| names.contains(name));
        if !covers {
            return Err(CallError::Input);
        }
        if now.0.abs_diff(created) > TOLERANCE.unsigned_abs() {
            return Err(CallError::Time);
        }
        let right = STANDARD.encode(digest::digest(&digest::SHA256, body));
        if bytes_of(self.sha_256) != Some(right.as_str()) {
            return Err(CallError::Digest);
        }
        let components: Vec<(&str, &str)> = names.iter().map(|name| (*name, self.component(name))).collect();
        let base = message::base(&components, self.input);
        let signed = bytes_of(self.signature).is_some_and(|given| key.has_signed(base.as_bytes(), given));
        if signed { Ok(()) } else { Err(CallError::Signature) }
    }

    fn component(&self, name: &str) -> &str {
        match name {
            "@method" => self.method,
            "@authority" => self.authority,
            "@path" => self.path,
            _ => self.content_digest,
        }
    }
}

/// `:…:`, the bytes of a structured field in base64.
fn bytes_of(written: &str) -> Option<&str> {
    written.strip_prefix(':')?.strip_suffix(':')
}

/// The names that are covered, and when it was signed. Written otherwise than signers write it, it can't be what was signed.
fn read_input(input: &str) -> Option<(Vec<&str>, i64)> {
    let (names, parameters) = input.strip_prefix('(')?.split_once(')')?;
    let bare = names.split(' ').map(|written| written.strip_prefix('"')?.strip_suffix('"'));
    let covered = bare.collect::<Option<Vec<_>>>()?;
    let mut created = parameters.split(';').filter_map(|parameter| parameter.strip_prefix("created="));
    let time = created.next()?.parse().ok()?;
    created.next().is_none().then_some((covered, time))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000);
    const BODY: &[u8] = b"{\"reference\":\"x\"}";
    const ORDER: [&str; 4] = ["@method", "@authority", "@path", "content-digest"];

    fn key() -> SharedKey {
        SharedKey::of_bytes(&[7; 32])
    }

    fn digest_of(body: &[u8]) -> String {
        format!(":{}:", STANDARD.encode(digest::digest(&digest::SHA256, body)))
    }

    fn value<'v>(name: &str, digest: &'v str) -> &'v str {
        match name {
            "@method" => "POST",
            "@authority" => "shop.example",
            "@path" => "/.consent/guardian",
            "content-digest" => digest,
            _ => "x",
        }
    }

    /// Signs these names at a time, changes what `change` says, and checks.
    fn check(names: &[&str], created: i64, change: impl Fn(&mut Call<'_>), expect: Result<(), CallError>) {
        let sha_256 = digest_of(BODY);
        let whole = format!("sha-256={sha_256}");
        let components: Vec<_> = names.iter().map(|name| (*name, value(name, &whole))).collect();
        let signature = message::sign(&key(), &components, created, ";keyid=\"k\";alg=\"hmac-sha256\"");
        let mut call = Call {
            method: "POST",
            authority: "shop.example",
            path: "/.consent/guardian",
            content_digest: &whole,
            sha_256: &sha_256,
            input: &signature.input,
            signature: &signature.value,
        };
        change(&mut call);
        assert_eq!(call.verify(&key(), BODY, NOW), expect, "{names:?} {created} {call:?}");
    }

    #[test]
    fn who_has_the_key_is_known_whatever_the_order() {
        check(&ORDER, NOW.0, |_| {}, Ok(()));
        check(&["content-digest", "@path", "@method", "@authority"], NOW.0 - 300, |_| {}, Ok(()));
        check(&ORDER, NOW.0 + 300, |_| {}, Ok(()));
    }

    #[test]
    fn every_part_is_bound() {
        let wrong = Err(CallError::Signature);
        check(&ORDER, NOW.0, |call| call.method = "PUT", wrong);
        check(&ORDER, NOW.0, |call| call.authority = "other.example", wrong);
        check(&ORDER, NOW.0, |call| call.path = "/other/guardian", wrong);
        check(&ORDER, NOW.0, |call| call.content_digest = "sha-256=:AAAA:", wrong);
        check(&ORDER, NOW.0, |call| call.signature = ":AAAA:", wrong);
        check(&ORDER, NOW.0, |call| call.signature = "", wrong);
        check(&ORDER, NOW.0, |call| call.sha_256 = ":AAAA:", Err(CallError::Digest));
        for seconds in [-301, 301, i64::MIN / 2] {
            check(&ORDER, NOW.0.saturating_add(seconds), |_| {}, Err(CallError::Time));
        }
        let other = SharedKey::of_bytes(&[8; 32]);
        assert!(!other.has_signed(b"x", &key().sign(b"x")) && key().has_signed(b"x", &key().sign(b"x")));
    }

    #[test]
    fn what_is_not_covered_is_not_taken() {
        let wrong = Err(CallError::Input);
        for missing in ORDER {
            let names: Vec<&str> = ORDER.into_iter().filter(|name| *name != missing).collect();
            check(&names, NOW.0, |_| {}, wrong);
        }
        check(&["@method", "@authority", "@path", "content-digest", "date"], NOW.0, |_| {}, wrong);
        check(&["@method", "@method", "@path", "content-digest"], NOW.0, |_| {}, wrong);
        for input in ["", "()", "(\"@method\"", "();created=1", "(\"a\"b\");created=1", "(\"\");created=1"] {
            check(&ORDER, NOW.0, |call| call.input = input, wrong);
        }
        let twice = "(\"@method\" \"@authority\" \"@path\" \"content-digest\");created=1;created=1790000000";
        check(&ORDER, NOW.0, |call| call.input = twice, wrong);
    }
}
