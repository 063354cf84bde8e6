//! What an origin is told of a visitor's choice: the granted purposes, signed. Everybody with the same grants at the same
//! authority is told the same, so that one signature serves them all for a while.
//!
//! Refuses to tell anything of the visitor. Invariant: a signature that goes out is at most [`FRESH`] seconds old.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock};

use http::HeaderValue;
use policies::Timestamp;

use super::SharedKey;
use super::message::{self, LABEL};

/// For how many seconds a signature is used again.
const FRESH: i64 = 60;
/// Most signatures that are kept: authorities may be a stranger's.
const MOST: usize = 1_024;

/// One site's word to its origin.
#[derive(Debug)]
pub struct OriginWord {
    key: SharedKey,
    said: RwLock<Said>,
}

#[derive(Debug, Default)]
struct Said {
    by_authority: HashMap<String, BTreeMap<u16, Granted>>,
    count: usize,
}

/// The three fields of one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// `Consent-Granted`.
    pub purposes: HeaderValue,
    /// Our member of `Signature-Input`.
    pub input: HeaderValue,
    /// Our member of `Signature`.
    pub signature: HeaderValue,
    created: i64,
}

impl OriginWord {
    /// A word signed with this key.
    #[must_use]
    pub fn new(key: SharedKey) -> Self {
        Self { key, said: RwLock::default() }
    }

    /// The same word, remembering for itself what it signed: for another worker.
    #[must_use]
    pub fn copied(&self) -> Self {
        Self::new(self.key.clone())
    }

    /// The id of its key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        self.key.id()
    }

    /// What to tell of a set of purposes (`bits` within the site's policy) at an authority as RFC 9421 2.2.3 writes it.
    /// None only if an id were no token, which policies rule out.
    pub fn granted(&self, bits: u16, authority: &str, now: Timestamp, ids: impl FnOnce() -> String) -> Option<Granted> {
        let known = self.said.read().unwrap_or_else(PoisonError::into_inner).find(bits, authority, now);
        if known.is_some() {
            return known;
        }
        let granted = self.signed(&ids(), authority, now)?;
        self.said.write().unwrap_or_else(PoisonError::into_inner).keep(bits, authority, granted.clone());
        Some(granted)
    }

    fn signed(&self, ids: &str, authority: &str, now: Timestamp) -> Option<Granted> {
        let components = [("consent-granted", ids), ("@authority", authority)];
        let more = format!(";keyid=\"{}\";alg=\"hmac-sha256\"", self.key.id());
        let signature = message::sign(&self.key, &components, now.0, &more);
        let field = |value: &str| HeaderValue::from_str(&format!("{LABEL}={value}")).ok();
        Some(Granted {
            purposes: HeaderValue::from_str(ids).ok()?,
            input: field(&signature.input)?,
            signature: field(&signature.value)?,
            created: now.0,
        })
    }
}

impl Said {
    fn find(&self, bits: u16, authority: &str, now: Timestamp) -> Option<Granted> {
        let granted = self.by_authority.get(authority)?.get(&bits)?;
        // A clock that was set back makes what is kept look young for long.
        (0..FRESH).contains(&(now.0 - granted.created)).then(|| granted.clone())
    }

    fn keep(&mut self, bits: u16, authority: &str, granted: Granted) {
        if self.count >= MOST {
            self.by_authority.clear();
            self.count = 0;
        }
        let of_authority = self.by_authority.entry(authority.to_owned()).or_default();
        if of_authority.insert(bits, granted).is_none() {
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word() -> OriginWord {
        OriginWord::new(SharedKey::of_bytes(&[7; 32]))
    }

    #[test]
    fn one_signature_serves_all_who_granted_alike_for_a_while() {
        let word = word();
        let tell = |bits, authority: &str, now| {
            word.granted(bits, authority, Timestamp(now), || format!("necessary, p{bits}")).unwrap()
        };
        let first = tell(3, "shop.example", 1_000);
        assert_eq!(first.purposes, "necessary, p3");
        let id = word.key_id();
        let input =
            format!("consent=(\"consent-granted\" \"@authority\");created=1000;keyid=\"{id}\";alg=\"hmac-sha256\"");
        assert_eq!(first.input, input.as_str());
        assert_eq!(tell(3, "shop.example", 1_059), first);
        assert_ne!(tell(3, "shop.example", 1_060), first);
        assert_ne!(tell(3, "shop.example", 999).input, first.input, "a clock set back is a clock");
        assert_ne!(tell(3, "other.example", 1_000).signature, first.signature);
        assert_ne!(tell(1, "shop.example", 1_000).signature, first.signature);
    }

    #[test]
    fn strangers_authorities_can_not_fill_the_memory() {
        let word = word();
        for number in 0..3 * MOST {
            word.granted(1, &format!("{number}.example"), Timestamp(5), || "necessary".to_owned());
            let said = word.said.read().unwrap();
            assert!(said.count <= MOST && said.by_authority.len() == said.count);
        }
    }
}
