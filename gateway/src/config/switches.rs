//! A site's switches for bringing the gateway in and taking it out: where nothing is touched, where enforcement has
//! begun, and what each doubt does.
//!
//! Refuses a pattern that could be read in two ways. Invariant: without a word in the file everything is enforced and
//! every doubt has its safe outcome.

use policies::policy::FileWord;
use policies::reader::Table;

/// Most patterns of one list.
const MOST_PATTERNS: usize = 200;

/// The switches of one site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Paths where requests and answers pass untouched.
    pub bypass_paths: Vec<PathPattern>,
    /// Paths where the site enforces; empty: everywhere.
    pub enforce_paths: Vec<PathPattern>,
    /// The share of networks, in percent, for which the site enforces.
    pub enforce_share: u8,
    /// What each doubt does.
    pub on_doubt: OnDoubt,
    /// Whether answers tell in `Server-Timing` how long they took.
    pub server_timing: bool,
    /// Whether cookies that last longer than the policy declares are cut to that.
    pub cap_lifetimes: bool,
    /// Whether who accepts something optional is asked if they are old enough to agree alone (14, PIPA art. 22-2).
    pub ask_age: bool,
    /// Whether pages report names of cookies that nobody speaks of.
    pub report_unknown: bool,
    /// Whether pages have `window.consent`.
    pub page_api: bool,
    /// What Google's tags are told, and when they may load.
    pub consent_mode: ConsentMode,
    /// Whether known trackers on the site's own paths are found by the shape of their addresses and scripts.
    pub tag_gateways: bool,
}

/// Google's consent mode, version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentMode {
    /// Google's tags are told nothing.
    Off,
    /// They are told what is granted, and load when something is.
    Basic,
    /// They load before the visitor has answered, too, told that everything is denied. What was refused stays away.
    Advanced,
}

impl FileWord for ConsentMode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("off", Self::Off), ("basic", Self::Basic), ("advanced", Self::Advanced)];
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            bypass_paths: Vec::new(),
            enforce_paths: Vec::new(),
            enforce_share: 100,
            on_doubt: OnDoubt::default(),
            server_timing: false,
            cap_lifetimes: false,
            ask_age: false,
            report_unknown: false,
            page_api: false,
            consent_mode: ConsentMode::Basic,
            tag_gateways: true,
        }
    }
}

/// What happens where the gateway can't know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Tracking stays out, even if it costs the answer.
    Closed,
    /// The answer goes on, unjudged.
    Open,
}

impl Outcome {
    /// The word in the file, in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
        }
    }
}

impl FileWord for Outcome {
    const WORDS: &'static [(&'static str, Self)] = &[("closed", Self::Closed), ("open", Self::Open)];
}

/// What can be in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// A page has a tag, or a nesting, for which the rewriter has no memory.
    PageTooLarge,
    /// A page comes in a content coding that can't be read.
    UnknownCoding,
    /// A page is written in a charset that can't be read.
    UnknownCharset,
    /// A consent cookie came that nobody here sealed.
    BrokenToken,
    /// The site's policy can't be read at start.
    PolicyMissing,
    /// A choice was made under another version of the policy. Open, a refusal would become a grant: always closed.
    OtherPolicy,
    /// A choice can't be stored. Open, a grant would have no record: always closed.
    StoreDown,
}

impl Doubt {
    /// The key in the file, and the word in logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PageTooLarge => "page_too_large",
            Self::UnknownCoding => "unknown_coding",
            Self::UnknownCharset => "unknown_charset",
            Self::BrokenToken => "broken_token",
            Self::PolicyMissing => "policy_missing",
            Self::OtherPolicy => "other_policy",
            Self::StoreDown => "store_down",
        }
    }
}

/// The outcome of each doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnDoubt {
    page_too_large: Outcome,
    unknown_coding: Outcome,
    unknown_charset: Outcome,
    broken_token: Outcome,
    policy_missing: Outcome,
}

impl Default for OnDoubt {
    /// What can only cost consent is closed; what would cost whole pages that were never tracked is open.
    fn default() -> Self {
        Self {
            page_too_large: Outcome::Closed,
            unknown_coding: Outcome::Open,
            unknown_charset: Outcome::Open,
            broken_token: Outcome::Closed,
            policy_missing: Outcome::Closed,
        }
    }
}

impl OnDoubt {
    /// What the site chose for this doubt.
    #[must_use]
    pub const fn outcome(&self, doubt: Doubt) -> Outcome {
        match doubt {
            Doubt::PageTooLarge => self.page_too_large,
            Doubt::UnknownCoding => self.unknown_coding,
            Doubt::UnknownCharset => self.unknown_charset,
            Doubt::BrokenToken => self.broken_token,
            Doubt::PolicyMissing => self.policy_missing,
            Doubt::OtherPolicy | Doubt::StoreDown => Outcome::Closed,
        }
    }

    fn read(mut table: Table<'_, '_>) -> Self {
        let mut chosen = Self::default();
        for (doubt, outcome) in [
            (Doubt::PageTooLarge, &mut chosen.page_too_large),
            (Doubt::UnknownCoding, &mut chosen.unknown_coding),
            (Doubt::UnknownCharset, &mut chosen.unknown_charset),
            (Doubt::BrokenToken, &mut chosen.broken_token),
            (Doubt::PolicyMissing, &mut chosen.policy_missing),
        ] {
            *outcome = table.word(doubt.name()).unwrap_or(*outcome);
        }
        table.finish();
        chosen
    }
}

/// A path, or with `*` at its end every path that begins so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    beginning: String,
    whole: bool,
}

impl PathPattern {
    /// Reads `/path` or `/path/*`.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        let (beginning, whole) = written.strip_suffix('*').map_or((written, true), |beginning| (beginning, false));
        let plain = beginning.starts_with('/')
            && beginning.bytes().all(|byte| byte.is_ascii_graphic() && !b"*?#%\\".contains(&byte))
            && is_one_reading(beginning);
        plain.then(|| Self { beginning: beginning.to_owned(), whole })
    }

    /// Whether a request's path is meant. A path that the origin might read as another one never is: who hides a path
    /// gets what holds everywhere else.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let fits = if self.whole { path == self.beginning } else { path.starts_with(&self.beginning) };
        fits && is_one_reading(path)
    }
}

/// Whether no server makes another path of it: no dot segments, empty segments, backslashes or encoded ones of these.
fn is_one_reading(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let encoded = ["%2e", "%2f", "%5c", "%25", "%00"].iter().any(|code| lower.contains(code));
    !encoded && !path.contains("//") && !path.contains('\\') && !path.split('/').any(|part| part == "." || part == "..")
}

/// Reads the switches of a `[[sites]]` table.
pub(super) fn read(table: &mut Table<'_, '_>) -> Switches {
    let share = table.integer("enforce_share", 0..=100).and_then(|share| u8::try_from(share).ok());
    Switches {
        bypass_paths: patterns(table, "bypass_paths"),
        enforce_paths: patterns(table, "enforce_paths"),
        enforce_share: share.unwrap_or(100),
        on_doubt: table.table("on_doubt").map(OnDoubt::read).unwrap_or_default(),
        server_timing: table.boolean("server_timing").unwrap_or(false),
        cap_lifetimes: table.boolean("cap_lifetimes").unwrap_or(false),
        ask_age: table.boolean("ask_age").unwrap_or(false),
        report_unknown: table.boolean("report_unknown").unwrap_or(false),
        page_api: table.boolean("page_api").unwrap_or(false),
        consent_mode: table.word("consent_mode").unwrap_or(ConsentMode::Basic),
        tag_gateways: table.boolean("tag_gateways").unwrap_or(true),
    }
}

fn patterns(table: &mut Table<'_, '_>, key: &'static str) -> Vec<PathPattern> {
    let written = table.strings(key);
    if written.len() > MOST_PATTERNS {
        table.fault(key, format!("names {} paths: at most {MOST_PATTERNS}", written.len()));
    }
    let read = |written: &String| {
        let pattern = PathPattern::parse(written);
        if pattern.is_none() {
            table.fault(key, format!("\"{written}\" is no path: write \"/path\", or \"/path/*\" for all below it"));
        }
        pattern
    };
    written.iter().take(MOST_PATTERNS).filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_path_or_a_beginning() {
        let check = |pattern: &str, path: &str, expect: bool| {
            assert_eq!(PathPattern::parse(pattern).unwrap().matches(path), expect, "{pattern} {path}");
        };
        check("/pay", "/pay", true);
        check("/pay", "/pay/", false);
        check("/pay/*", "/pay/card", true);
        check("/pay/*", "/payments", false);
        check("/pay/*", "/pay/../shop", false);
        check("/pay/*", "/pay/%2E%2e/shop", false);
        check("/pay/*", "/pay//shop", false);
        check("/pay/*", "/pay/%2fshop", false);
        check("/pay/*", "/pay/%EA%B0%80", true);
        check("/*", "/anything", true);
        for wrong in ["", "pay", "/a*b", "/a?b", "/a/../b", "//a", "/%61", "/a b"] {
            assert_eq!(PathPattern::parse(wrong), None, "{wrong}");
        }
    }
}
