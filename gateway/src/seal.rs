//! The seal on the consent cookie: HMAC-SHA-256 (RFC 2104), cut to 128 bits, over the site's name and the token.
//! A token of one site says nothing at another. The first key seals; every key opens, so that keys can be changed.

mod envelope;
mod reference;

pub use reference::NotOurs;

use std::path::{Path, PathBuf};

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policies::consent::MAX_TOKEN_BYTES;
use policies::{PolicyVersion, Timestamp, Token};

use crate::key_file;

/// Bytes of the MAC that travel.
const MAC_BYTES: usize = 16;
/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of a form's seal: it guards a post for some days, and every byte travels with every banner.
const FORM_SEAL_BYTES: usize = 6;
/// Seconds for which forms share a seal.
const SEASON: i64 = 7 * policies::time::DAY;
/// The most keys that open.
const MAX_KEYS: usize = 8;
/// The longest cookie value that is looked at.
const MAX_COOKIE_BYTES: usize = (MAX_TOKEN_BYTES + MAC_BYTES) * 4 / 3 + 4;
/// The file in the data folder: one key a line in base64url, the sealing one first.
const KEY_FILE: &str = "consent.key";

/// Why there is no seal.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key file can't be read or made.
    #[error("{path}: the key of the consent cookie can't be read or made; check that the data folder is writable")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The key file holds something else.
    #[error(
        "{0}: must hold one to eight keys of 32 bytes in base64url, one a line; restore it, or remove it to make a new key (every visitor is then asked again)"
    )]
    Malformed(PathBuf),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// Seals and opens tokens.
#[derive(Clone)]
pub struct Seal {
    keys: Vec<hmac::Key>,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Seal({} keys)", self.keys.len())
    }
}

impl Seal {
    /// The seal of a data folder; makes the folder and a new key where there is none.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(data: &Path) -> Result<Self, Error> {
        let path = data.join(KEY_FILE);
        let failed = |source| Error::File { path: path.clone(), source };
        std::fs::create_dir_all(data).map_err(failed)?;
        let new = format!("{}\n", URL_SAFE_NO_PAD.encode(random::<KEY_BYTES>()?));
        let text = key_file::read_or_make(&path, &new).map_err(failed)?;
        Self::of_text(&text).ok_or(Error::Malformed(path))
    }

    fn of_text(text: &str) -> Option<Self> {
        let read = |line: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(line.trim()).ok().filter(|bytes| bytes.len() == KEY_BYTES)?;
            Some(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
        };
        let keys: Vec<hmac::Key> =
            text.lines().filter(|line| !line.trim().is_empty()).map(read).collect::<Option<_>>()?;
        (1..=MAX_KEYS).contains(&keys.len()).then_some(Self { keys })
    }

    /// Names the keys, whatever their order: nodes that open the same cookies have the same.
    #[must_use]
    pub fn id(&self) -> String {
        let mut names: Vec<_> = self.keys.iter().map(|key| hmac::sign(key, b"which key this is")).collect();
        names.sort_unstable_by(|one, other| one.as_ref().cmp(other.as_ref()));
        let names = names.iter().filter_map(|name| name.as_ref().get(..4));
        names.flatten().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The cookie value of a token at a site; well under 300 bytes.
    #[must_use]
    pub fn close(&self, site: &str, token: &Token) -> String {
        let mut sealed = token.encode();
        if let Some(key) = self.keys.first() {
            let mac = mac(key, site, &sealed);
            sealed.extend(mac.as_ref().iter().take(MAC_BYTES));
        }
        URL_SAFE_NO_PAD.encode(sealed)
    }

    /// The token of a cookie value; None for everything that [`Seal::close`] of this site didn't write.
    #[must_use]
    pub fn open_token(&self, site: &str, value: &[u8]) -> Option<Token> {
        Token::decode(&self.open_bytes(site, value)?).ok()
    }

    fn open_bytes(&self, label: &str, value: &[u8]) -> Option<Vec<u8>> {
        if value.len() > MAX_COOKIE_BYTES {
            return None;
        }
        let mut sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let length = sealed.len().checked_sub(MAC_BYTES)?;
        let (body, given) = sealed.split_at_checked(length)?;
        let fits = |key: &hmac::Key| {
            let right = mac(key, label, body);
            right
                .as_ref()
                .get(..MAC_BYTES)
                .is_some_and(|right| aws_lc_rs::constant_time::verify_slices_are_equal(right, given).is_ok())
        };
        if !self.keys.iter().any(fits) {
            return None;
        }
        sealed.truncate(length);
        Some(sealed)
    }

    /// What a form of a site carries so that its post is known as ours where a browser doesn't say where it comes from.
    /// The same for every visitor; good until the end of the next season.
    #[must_use]
    pub fn form_seal(&self, site: &str, policy: PolicyVersion, now: Timestamp) -> String {
        self.keys.first().map(|key| form_seal(key, site, policy, season(now))).unwrap_or_default()
    }

    /// Whether a form's seal is this site's, of this policy, and of this season or the one before.
    #[must_use]
    pub fn opens_form(&self, site: &str, policy: PolicyVersion, now: Timestamp, given: &str) -> bool {
        let fits = |key: &hmac::Key, season: i64| {
            let right = form_seal(key, site, policy, season);
            aws_lc_rs::constant_time::verify_slices_are_equal(right.as_bytes(), given.as_bytes()).is_ok()
        };
        let now = season(now);
        self.keys.iter().any(|key| fits(key, now) || fits(key, now - 1))
    }

    /// A record id for a token whose record is still owed: the same token always gives the same id, so that it
    /// is stored once however often it comes by; nobody without the key can compute it.
    #[must_use]
    pub fn late_record_id(&self, site: &str, token: &Token) -> [u8; 16] {
        let mut id = [0; 16];
        if let Some(key) = self.keys.first() {
            let mut text = token.encode();
            text.extend(b"late record");
            id.iter_mut().zip(mac(key, site, &text).as_ref()).for_each(|(to, from)| *to = *from);
        }
        id
    }

    /// The ids of a visitor and a record for an answer that was given to another consent tool: the same for the same answer,
    /// and told by nobody without the key. `id` is the random number that the tool gave to it.
    #[must_use]
    pub fn imported_ids(&self, site: &str, token: &Token, tool: &str, id: &str) -> ([u8; 16], [u8; 16]) {
        let (mut visitor, mut record) = ([0; 16], [0; 16]);
        if let Some(key) = self.keys.first() {
            let mut text = token.encode();
            text.extend(format!("imported from {tool}: {id}").bytes());
            let mac = mac(key, site, &text);
            let (first, second) = mac.as_ref().split_at_checked(16).unwrap_or_default();
            visitor.iter_mut().zip(first).for_each(|(to, from)| *to = *from);
            record.iter_mut().zip(second).for_each(|(to, from)| *to = *from);
        }
        (visitor, record)
    }
}

impl Seal {
    /// The seal of a data folder that a gateway uses already; makes nothing.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn existing(data: &Path) -> Result<Self, Error> {
        let path = data.join(KEY_FILE);
        let text = std::fs::read_to_string(&path).map_err(|source| Error::File { path: path.clone(), source })?;
        Self::of_text(&text).ok_or(Error::Malformed(path))
    }

    /// A signed time: whoever carries it was given it by somebody who can read the key. `label` says what for, and
    /// must be nobody's site.
    #[must_use]
    pub fn stamp(&self, label: &str, until: Timestamp) -> String {
        let mut stamp = until.0.to_be_bytes().to_vec();
        if let Some(key) = self.keys.first() {
            let mac = mac(key, label, &stamp);
            stamp.extend(mac.as_ref().iter().take(MAC_BYTES));
        }
        URL_SAFE_NO_PAD.encode(stamp)
    }

    /// Whether a stamp is signed for this label and its time is not over.
    #[must_use]
    pub fn stamp_holds(&self, label: &str, stamp: &[u8], now: Timestamp) -> bool {
        let Some(stamp) = self.open_bytes(label, stamp) else { return false };
        <[u8; 8]>::try_from(stamp).is_ok_and(|until| now.0 <= i64::from_be_bytes(until))
    }

    /// Where a text falls among a hundred places at a site: always the same, and nobody without the key can tell.
    #[must_use]
    pub fn place_in_hundred(&self, site: &str, text: &str) -> u8 {
        let Some(key) = self.keys.first() else { return 0 };
        let tag = mac(key, &format!("place:{site}"), text.as_bytes());
        let number = tag.as_ref().iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        u8::try_from(number % 100).unwrap_or_default()
    }
}

/// Random bytes of the system.
///
/// # Errors
/// The system has none.
pub fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Error::Random)?;
    Ok(bytes)
}

/// In which stretch of days a moment lies: what forms carry changes with it.
#[must_use]
pub const fn season(now: Timestamp) -> i64 {
    now.0.div_euclid(SEASON)
}

fn form_seal(key: &hmac::Key, site: &str, policy: PolicyVersion, season: i64) -> String {
    let body = [&b"form"[..], &policy.0, &season.to_be_bytes()].concat();
    let mac = mac(key, site, &body);
    URL_SAFE_NO_PAD.encode(mac.as_ref().get(..FORM_SEAL_BYTES).unwrap_or_default())
}

fn mac(key: &hmac::Key, site: &str, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    context.update(site.as_bytes());
    // No site's name holds a zero byte, so name and token can't run into each other.
    context.update(&[0]);
    context.update(body);
    context.sign()
}

#[cfg(test)]
mod tests {
    use super::*;
    use policies::consent::{Act, Mode, Signals};
    use policies::{PolicyVersion, PurposeSet, Regime, Timestamp};

    fn token() -> Token {
        Token {
            policy: PolicyVersion([3; 8]),
            granted: PurposeSet::from_bits(6),
            exceptions: policies::consent::Exceptions::NONE,
            shared: false,
            sweep: None,
            act: Act::Custom,
            mode: Mode::AsSet,
            regime: Regime::OptIn,
            lang: None,
            signals: Signals::default(),
            made: Timestamp(1_790_000_000),
            unrecorded: None,
            ids: Some(policies::consent::GrantIds { visitor: [1; 16], record: [2; 16] }),
            guardian: None,
            suspended: false,
        }
    }

    #[test]
    fn what_is_sealed_opens_at_its_site_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let seal = Seal::open(folder.path()).expect("a new key");
        let value = seal.close("shop", &token());
        assert!(value.len() < 300, "{}", value.len());
        assert_eq!(seal.open_token("shop", value.as_bytes()), Some(token()));
        assert_eq!(seal.open_token("other", value.as_bytes()), None);
        let again = Seal::open(folder.path()).expect("the same key");
        assert_eq!(again.open_token("shop", value.as_bytes()), Some(token()));
    }

    #[test]
    fn every_changed_byte_and_every_cut_breaks_the_seal() {
        let folder = tempfile::tempdir().expect("a folder");
        let seal = Seal::open(folder.path()).expect("a new key");
        let value = seal.close("shop", &token()).into_bytes();
        for place in 0..value.len() {
            let mut changed = value.clone();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            assert_eq!(seal.open_token("shop", &changed), None, "byte {place}");
            assert_eq!(seal.open_token("shop", &value[..place]), None, "cut at {place}");
        }
    }

    #[test]
    fn a_forms_seal_holds_at_its_site_and_policy_for_its_season() {
        let folder = tempfile::tempdir().expect("a folder");
        let seal = Seal::open(folder.path()).expect("a new key");
        let (policy, start) = (PolicyVersion([3; 8]), Timestamp(SEASON * 3000));
        let given = seal.form_seal("shop", policy, start);
        assert_eq!(given.len(), 8);
        let opens = |site: &str, policy, after: i64, given: &str| {
            seal.opens_form(site, policy, Timestamp(start.0 + after), given)
        };
        assert!(opens("shop", policy, 0, &given) && opens("shop", policy, 2 * SEASON - 1, &given));
        assert!(!opens("shop", policy, 2 * SEASON, &given) && !opens("shop", policy, -1, &given));
        assert!(!opens("other", policy, 0, &given) && !opens("shop", PolicyVersion([4; 8]), 0, &given));
        assert!(!opens("shop", policy, 0, "") && !opens("shop", policy, 0, "AAAAAAAA"));
    }

    #[test]
    fn an_older_key_still_opens() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = Seal::open(folder.path()).expect("a new key");
        let value = old.close("shop", &token());
        let path = folder.path().join(KEY_FILE);
        let kept = std::fs::read_to_string(&path).expect("the key");
        let fresh = URL_SAFE_NO_PAD.encode([9; KEY_BYTES]);
        std::fs::write(&path, format!("{fresh}\n{kept}")).expect("written");
        let new = Seal::open(folder.path()).expect("two keys");
        assert_eq!(new.open_token("shop", value.as_bytes()), Some(token()));
        assert_eq!(old.open_token("shop", new.close("shop", &token()).as_bytes()), None);
    }

    #[test]
    fn a_stamp_holds_for_its_label_until_its_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let seal = Seal::open(folder.path()).expect("a new key");
        let stamp = seal.stamp("a:b", Timestamp(100));
        let check = |label: &str, stamp: &str, now: i64, expect: bool| {
            assert_eq!(seal.stamp_holds(label, stamp.as_bytes(), Timestamp(now)), expect, "{label} {stamp} {now}");
        };
        check("a:b", &stamp, 100, true);
        check("a:b", &stamp, 101, false);
        check("a:c", &stamp, 100, false);
        check("a:b", &format!("{stamp}A"), 100, false);
        check("a:b", stamp.strip_prefix('A').unwrap_or_default(), 100, false);
        check("a:b", "", 100, false);
        check("shop", &seal.close("shop", &token()), 0, false);
        let places: std::collections::BTreeSet<u8> =
            (0..2_000).map(|n| seal.place_in_hundred("shop", &n.to_string())).collect();
        assert_eq!((places.len(), places.last()), (100, Some(&99)));
    }

    #[test]
    fn a_key_file_with_anything_else_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(KEY_FILE), "not a key\n").expect("written");
        assert!(matches!(Seal::open(folder.path()), Err(Error::Malformed(_))));
    }
}
