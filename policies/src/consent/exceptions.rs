//! Single answers within a purpose: this service, that cookie. Each is a key and a yes or no; what has none follows its
//! purpose. Refuses to grow: a token carries them all. Invariant: sorted by key, each key once.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::policy::Policy;
use crate::purpose::PurposeIndex;
use crate::rules::NamePattern;

/// The most single answers that one choice may hold.
pub const MAX_EXCEPTIONS: usize = 40;

/// What a visitor can answer singly, as 23 bits of a hash of its name: it must mean the same after the catalogue has
/// grown, so it is no place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemKey(u32);

const KEY_BITS: u32 = 23;

impl ItemKey {
    /// The key of one cookie, or one family of cookies.
    #[must_use]
    pub fn of_cookie(pattern: &NamePattern) -> Self {
        match pattern {
            NamePattern::Exact(name) => Self::hash(&[b"cookie", name.as_bytes()]),
            NamePattern::Prefix(prefix) => Self::hash(&[b"prefix", prefix.as_bytes()]),
            NamePattern::Suffix(suffix) => Self::hash(&[b"suffix", suffix.as_bytes()]),
        }
    }

    /// The key of all that one recipient gets for one purpose.
    #[must_use]
    pub fn of_service(purpose: PurposeIndex, recipient: &str) -> Self {
        Self::hash(&[b"service", &purpose.place().to_be_bytes(), recipient.as_bytes()])
    }

    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let bits = u32::from_str_radix(text, 16).ok().filter(|bits| plain && *bits < 1 << KEY_BITS)?;
        Some(Self(bits))
    }

    /// FNV-1a with a zero byte between the parts, folded.
    fn hash(parts: &[&[u8]]) -> Self {
        let bytes = parts.iter().flat_map(|part| part.iter().copied().chain([0]));
        let hash = bytes.fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self((hash >> KEY_BITS) ^ (hash & ((1 << KEY_BITS) - 1)))
    }
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06x}", self.0)
    }
}

/// Something that a policy lets visitors answer singly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its key.
    pub key: ItemKey,
    /// The purpose that it follows without an answer.
    pub purpose: PurposeIndex,
    /// For records: `cookie:_ga` or `service:meta`.
    pub name: String,
}

impl Policy {
    /// Everything optional that can be answered singly: services by recipient, and cookies.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        let optional = self.optional();
        let mut items: Vec<Item> = Vec::new();
        let mut add = |item: Item| {
            if optional.contains(item.purpose) && items.iter().all(|known| known.key != item.key) {
                items.push(item);
            }
        };
        for rule in self.cookies.iter() {
            add(Item::service(rule.purpose, &rule.recipient));
            let name = alloc::format!("cookie:{}", rule.pattern);
            add(Item { key: ItemKey::of_cookie(&rule.pattern), purpose: rule.purpose, name });
        }
        for (purpose, recipient) in self.trackers.served() {
            add(Item::service(purpose, recipient));
        }
        for rule in self.storage.iter() {
            add(Item::service(rule.purpose, &rule.recipient));
        }
        items
    }
}

impl Item {
    fn service(purpose: PurposeIndex, recipient: &str) -> Self {
        let key = ItemKey::of_service(purpose, recipient);
        Self { key, purpose, name: alloc::format!("service:{recipient}") }
    }
}

/// The single answers of one choice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Exceptions {
    /// Keys with the answer as their lowest bit; those past `length` are zero.
    entries: [u32; MAX_EXCEPTIONS],
    length: usize,
}

/// There is no room for one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

impl Exceptions {
    /// No single answer.
    pub const NONE: Self = Self { entries: [0; MAX_EXCEPTIONS], length: 0 };

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The answer for a key.
    #[must_use]
    pub fn answer(&self, key: ItemKey) -> Option<bool> {
        let place = self.written().binary_search_by_key(&key.0, |entry| entry >> 1).ok()?;
        self.written().get(place).map(|entry| entry & 1 == 1)
    }

    /// The same with this answer in place of an earlier one.
    ///
    /// # Errors
    /// There are [`MAX_EXCEPTIONS`] of others already.
    pub fn with(&self, key: ItemKey, allowed: bool) -> Result<Self, TooMany> {
        let others = self.iter().filter(|(known, _)| *known != key);
        Self::collect(others.chain([(key, allowed)])).ok_or(TooMany)
    }

    /// Those that are refusals.
    #[must_use]
    pub fn refusals(&self) -> Self {
        Self::collect(self.iter().filter(|(_, allowed)| !allowed)).unwrap_or(Self::NONE)
    }

    /// Whether something is allowed.
    #[must_use]
    pub fn allows_any(&self) -> bool {
        self.iter().any(|(_, allowed)| allowed)
    }

    /// Each with its answer, by key.
    pub fn iter(&self) -> impl Iterator<Item = (ItemKey, bool)> {
        self.written().iter().map(|entry| (ItemKey(entry >> 1), entry & 1 == 1))
    }

    /// Three bytes each, as a token carries them.
    pub(super) fn bytes(&self) -> impl Iterator<Item = u8> {
        self.written().iter().flat_map(|entry| entry.to_be_bytes().into_iter().skip(1))
    }

    /// Reads what [`Self::bytes`] wrote; None for any other order or number, or a key that stands twice.
    pub(super) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (entries, rest) = bytes.as_chunks::<3>();
        let read = Self::collect(entries.iter().map(|[high, middle, low]| {
            let entry = u32::from_be_bytes([0, *high, *middle, *low]);
            (ItemKey(entry >> 1), entry & 1 == 1)
        }))?;
        (rest.is_empty() && read.bytes().eq(bytes.iter().copied())).then_some(read)
    }

    fn collect(answers: impl Iterator<Item = (ItemKey, bool)>) -> Option<Self> {
        let mut collected = Self::NONE;
        for (key, allowed) in answers {
            *collected.entries.get_mut(collected.length)? = key.0 << 1 | u32::from(allowed);
            collected.length += 1;
        }
        let written = collected.entries.get_mut(..collected.length)?;
        written.sort_unstable();
        let twice = written.array_windows::<2>().any(|[one, next]| one >> 1 == next >> 1);
        (!twice).then_some(collected)
    }

    fn written(&self) -> &[u32] {
        self.entries.get(..self.length).unwrap_or_default()
    }
}

impl Default for Exceptions {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
