//! Envelopes: bytes that only this gateway, or another with the same key, can open again, and only for the visitor and
//! site they were closed for (AES-256-GCM, with keys of their own derived from the seal's).
//!
//! Refuses whatever was changed by a bit. Invariant: nobody who carries an envelope can read it.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Seal;

/// Bytes of the nonce, which stands before what is closed.
const NONCE_BYTES: usize = 12;
/// The longest text that is looked at.
const LONGEST: usize = 16 * 1024;

impl Seal {
    /// Closes bytes for a visitor of a site; None where the system has no random bytes.
    #[must_use]
    pub fn enclose(&self, site: &str, visitor: &[u8; 16], bytes: &[u8]) -> Option<String> {
        let key = envelope_key(self.keys.first()?)?;
        let mut closed = bytes.to_vec();
        let nonce = key.seal_in_place_append_tag(bound_to(site, visitor), &mut closed).ok()?;
        let mut envelope = nonce.as_ref().to_vec();
        envelope.extend(closed);
        Some(URL_SAFE_NO_PAD.encode(envelope))
    }

    /// What [`Seal::enclose`] closed for this visitor of this site; None for anything else.
    #[must_use]
    pub fn disclose(&self, site: &str, visitor: &[u8; 16], envelope: &str) -> Option<Vec<u8>> {
        if envelope.len() > LONGEST {
            return None;
        }
        let envelope = URL_SAFE_NO_PAD.decode(envelope).ok()?;
        let (nonce, closed) = envelope.split_at_checked(NONCE_BYTES)?;
        let open = |key: &hmac::Key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut bytes = closed.to_vec();
            let opened = envelope_key(key)?.open_in_place(nonce, bound_to(site, visitor), &mut bytes).ok()?.len();
            bytes.truncate(opened);
            Some(bytes)
        };
        self.keys.iter().find_map(open)
    }
}

fn envelope_key(key: &hmac::Key) -> Option<RandomizedNonceKey> {
    RandomizedNonceKey::new(&AES_256_GCM, hmac::sign(key, b"envelope\0").as_ref()).ok()
}

fn bound_to(site: &str, visitor: &[u8; 16]) -> Aad<Vec<u8>> {
    Aad::from([site.as_bytes(), &[0], visitor].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_opens_for_its_visitor_and_site_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let seal = Seal::open(folder.path()).expect("a new key");
        let (mine, other) = ([1; 16], [2; 16]);
        let envelope = seal.enclose("shop", &mine, b"a=1; Path=/").expect("random bytes");
        assert!(!envelope.contains("a=1") && envelope != seal.enclose("shop", &mine, b"a=1; Path=/").expect("bytes"));
        assert_eq!(seal.disclose("shop", &mine, &envelope).as_deref(), Some(&b"a=1; Path=/"[..]));
        assert_eq!(seal.disclose("shop", &other, &envelope), None);
        assert_eq!(seal.disclose("other", &mine, &envelope), None);
        for cut in 0..envelope.len() {
            assert_eq!(seal.disclose("shop", &mine, envelope.get(..cut).expect("ascii")), None, "cut at {cut}");
        }
        let changed = envelope.replace(envelope.get(20..21).expect("ascii"), "-");
        assert!(changed == envelope || seal.disclose("shop", &mine, &changed).is_none());
        let (_elsewhere, strange) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        assert_eq!(Seal::open(strange.path()).expect("a key").disclose("shop", &mine, &envelope), None);
    }
}
