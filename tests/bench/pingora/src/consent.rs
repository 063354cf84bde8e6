//! Cookies: the consent cookie is checked, refused pairs and lines are found. Refuses a consent cookie whose seal is wrong. Invariant: what is kept
//! stays byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// The key that every contestant has.
const KEY: &[u8] = b"the key of the contest, 32 bytes";
/// What a consent cookie says before its seal.
const SAID_BYTES: usize = 14;

/// Which of preferences, analytics and marketing are granted.
pub(crate) type Granted = [bool; 3];

const ANALYTICS: usize = 1;
const MARKETING: usize = 2;

/// The names that are known, and the key's state.
pub(crate) struct Names {
    sealed: Hmac<Sha1>,
}

impl Names {
    pub(crate) fn new() -> Self {
        Self { sealed: Hmac::new_from_slice(KEY).expect("a key of any length will do") }
    }

    /// What a header's consent cookie grants, and the header without it and without refused pairs.
    pub(crate) fn request(&self, header: &[u8]) -> (Option<Granted>, Vec<u8>) {
        let pairs = || header.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let granted = pairs().find_map(|pair| pair.strip_prefix(b"consent=")).and_then(|value| self.open(value));
        let mut kept = Vec::with_capacity(header.len());
        for pair in pairs().filter(|pair| !pair.starts_with(b"consent=") && self.keeps(pair, granted)) {
            if !kept.is_empty() {
                kept.extend_from_slice(b"; ");
            }
            kept.extend_from_slice(pair);
        }
        (granted, kept)
    }

    /// Whether a pair, or a line that begins with one, may pass.
    pub(crate) fn keeps(&self, line: &[u8], granted: Option<Granted>) -> bool {
        let name = line.split(|&byte| byte == b'=').next().unwrap_or_default();
        purpose_of(name).is_none_or(|purpose| granted.is_some_and(|granted| granted[purpose]))
    }

    fn open(&self, value: &[u8]) -> Option<Granted> {
        let (said, seal) = value.split_at_checked(SAID_BYTES)?;
        let mut seal_bytes = [0; 24];
        let length = STANDARD.decode_slice(seal.strip_prefix(b".")?, &mut seal_bytes).ok()?;
        let mut mac = self.sealed.clone();
        mac.update(said);
        mac.verify_slice(seal_bytes.get(..length)?).ok()?;
        Some([said[0] == b'1', said[1] == b'1', said[2] == b'1'])
    }
}

fn purpose_of(name: &[u8]) -> Option<usize> {
    let exact = match name {
        b"_ga" | b"_gid" | b"_gat" | b"_clck" | b"_clsk" | b"__utma" => Some(ANALYTICS),
        b"_fbp" | b"_fbc" | b"__gads" | b"_ttp" | b"_uetsid" | b"_uetvid" => Some(MARKETING),
        _ => None,
    };
    let analytics: [&[u8]; 5] = [b"_ga_", b"_gat_", b"_hjSession", b"_pk_", b"_dc_gtm_"];
    let marketing: [&[u8]; 3] = [b"_gcl_", b"_gac_", b"_pin_"];
    let begins = |list: &[&[u8]]| list.iter().any(|prefix| name.starts_with(prefix));
    exact.or_else(|| begins(&analytics).then_some(ANALYTICS)).or_else(|| begins(&marketing).then_some(MARKETING))
}
