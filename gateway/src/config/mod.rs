//! What the operator wrote, as meant: valid by construction. [`load`] reads a file and tells every fault of it
//! and of the policies it names at once; [`for_origin`] makes the configuration that the command line implies.

mod bodies;
mod compile;
mod country;
mod country_table;
mod file;
mod front;
mod life;
mod limits;
pub mod look;
mod origin;
mod other_tool;
mod records;
mod regions;
mod settings;
mod statistics;
mod languages;
mod store;
mod switches;
mod webhooks;

pub use bodies::{Bodies, unmarked};
pub use compile::{DEFAULT_PREFIX, FileFault, OriginOptions, STARTER, compile, files, for_origin, load, places, told};
pub use country::Country;
pub use country_table::CountryTable;
pub use front::{Countries, Front, ProxyHeader, TlsFiles, Trust};
pub use languages::Languages;
pub use life::{Enforced, Life, Sources, day_of, sources, start_of, usual_zone};
pub use limits::{Limits, USUAL_HEADERS, usual_workers};
pub use look::Look;
pub use other_tool::OtherTool;
pub use records::Records;
pub use regions::Regions;
pub use settings::{Changed, Settings};
pub use statistics::{LEAST_THRESHOLD, MOST_PAGE_GROUPS, PageGroups, Statistics};
pub use store::Postgres;
pub use switches::{ConsentMode, Doubt, OnDoubt, Outcome, PathPattern, Switches};
pub use webhooks::Webhook;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http::Uri;
use policies::policy::wording::Wording;
use policies::rules::catalog::Catalog;
use policies::{Policy, Regime};

/// Everything that one process serves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where visitors connect; at least one.
    pub listen: Vec<SocketAddr>,
    /// Where owners and analysts connect: loopback unless written otherwise. None: no admin listener.
    pub admin: Option<SocketAddr>,
    /// The data folder.
    pub data: PathBuf,
    /// Where evidence and counts are stored; None: in the data folder.
    pub store: Option<Postgres>,
    /// What visitors come through: TLS, redirects, proxies in front.
    pub front: Front,
    /// Where answered requests are written; None: nowhere.
    pub access_log: Option<PathBuf>,
    /// Where the evidence lies.
    pub records: Records,
    /// Threads that answer visitors, each with listeners and pools of connections to origins of its own; at least 1.
    pub workers: usize,
    /// Bounds.
    pub limits: Limits,
    /// What is told of counts.
    pub statistics: Statistics,
    /// Whether somebody tries a site out alone: shadow mode on loopback by the command line.
    pub tried_alone: bool,
    /// At least one.
    pub sites: Vec<SiteConfig>,
    /// Faults of policies without which a site was told to pass untouched; such a site has
    /// [`policy_missing`](SiteConfig::policy_missing).
    pub forgiven: Vec<FileFault>,
    /// What is known of cookies and trackers; compiled in.
    pub catalog: Arc<Catalog>,
}

/// How a visitor's browser reaches a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// By TLS, ended here or in front.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// One site.
#[derive(Clone, Debug)]
pub struct SiteConfig {
    /// Its name in records, statistics and logs.
    pub name: String,
    /// Hosts in lower case without port; empty: every host.
    pub hosts: Vec<String>,
    /// Scheme and authority of the origin.
    pub origin: Uri,
    /// More certificate authorities for an https origin, a PEM file.
    pub origin_ca: Option<PathBuf>,
    /// The name that an https origin's certificate must bear, where it isn't the host's.
    pub origin_name: Option<String>,
    /// Which `Host` the origin is told.
    pub host: HostMode,
    /// The version of its policy that is enforced.
    pub policy: Arc<Policy>,
    /// That file's text, kept as evidence of what was shown.
    pub policy_source: Arc<str>,
    /// The owner's own pages for versions of it.
    pub bodies: Bodies,
    /// Every version, and when each holds.
    pub life: Life,
    /// How it asks where no region says otherwise.
    pub regime: Regime,
    /// How it asks in which part of the world, and how long answers hold.
    pub regions: Regions,
    /// What happens to cookies that nobody speaks of.
    pub unknown: Unknown,
    /// The key with which the origin is told what visitors grant; None: it isn't told.
    pub origin_key: Option<PathBuf>,
    /// The key with which its server signs what guardians agreed to; None: only officers tell.
    pub guardian_key: Option<PathBuf>,
    /// Who is told of its choices.
    pub webhooks: Vec<Webhook>,
    /// Whether one HTML serves all visitors, so that shared caches may keep it.
    pub cacheable: bool,
    /// Whether it only judges and lists, and strips nothing.
    pub shadow: bool,
    /// Whether it is another machine's site, tried out over http on loopback: its cookies are kept there without `Secure`.
    pub plain: bool,
    /// The reserved path, with a slash at both ends.
    pub prefix: String,
    /// What browsers are told of https, if anything.
    pub hsts: Option<Hsts>,
    /// What it speaks.
    pub languages: Languages,
    /// What it says around its policy: the built-in words, and the owner's own.
    pub wording: Arc<Wording>,
    /// How banner, settings and prompts look.
    pub look: Look,
    /// Where it acts, and what doubts do.
    pub switches: Switches,
    /// What is done about another consent tool in its pages.
    pub other_tool: OtherTool,
    /// The parts of it that pages are counted by.
    pub page_groups: PageGroups,
    /// Whether its policy could not be read: the starter policy stands in its place, and nothing is done by it.
    pub policy_missing: bool,
    /// Its configuration as written, for the evidence.
    pub settings: Settings,
}

impl SiteConfig {
    /// The same site under another version of its policy.
    #[must_use]
    pub fn under(&self, enforced: &Enforced) -> Self {
        let Enforced { policy, source, regime, regions, other_tool } = enforced.clone();
        Self { policy, policy_source: source, regime, regions, other_tool, ..self.clone() }
    }
}

/// `Strict-Transport-Security` (RFC 6797).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hsts {
    /// For so many days from each answer; 0 takes an earlier word back.
    pub days: u32,
    /// Whether it holds for subdomains too.
    pub subdomains: bool,
}

/// Which `Host` the origin is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostMode {
    /// The visitor's.
    Visitor,
    /// The origin's own; its redirects and cookie domains are mapped back.
    Origin,
}

/// What happens to cookies without a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Pass, and list for the owner.
    Observe,
    /// Not newly set; what visitors already have still reaches the origin.
    Quarantine,
    /// Stripped both ways.
    Deny,
}

/// An address prefix, such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix {
    /// The address.
    pub address: std::net::IpAddr,
    /// How many leading bits count.
    pub bits: u8,
}

impl Prefix {
    /// Reads `address/bits`, or a bare address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: std::net::IpAddr = address.trim().parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits: u8 = bits.map_or(Some(most), |bits| bits.trim().parse().ok())?;
        let prefix = (bits <= most).then_some(Self { address, bits })?;
        // `::ffff:10.0.0.0/104` is `10.0.0.0/8`.
        let mapped = address.is_ipv6() && address.to_canonical().is_ipv4();
        Some(match bits.checked_sub(96).filter(|_| mapped) {
            Some(bits) => Self { address: address.to_canonical(), bits },
            None => prefix,
        })
    }

    /// The network around an address that may be written down: a /24, or a /48 of IPv6.
    #[must_use]
    pub fn around(address: std::net::IpAddr) -> Self {
        use std::net::IpAddr::{V4, V6};
        match address.to_canonical() {
            V4(address) => Self { address: V4((address.to_bits() & !0xff).into()), bits: 24 },
            V6(address) => Self { address: V6((address.to_bits() >> 80 << 80).into()), bits: 48 },
        }
    }

    /// Whether an address lies in it. An IPv4 address written as IPv6 is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: std::net::IpAddr) -> bool {
        use std::net::IpAddr::{V4, V6};
        match (self.address.to_canonical(), address.to_canonical()) {
            (V4(prefix), V4(address)) => {
                same_bits(u128::from(prefix.to_bits()) << 96, u128::from(address.to_bits()) << 96, self.bits)
            }
            (V6(prefix), V6(address)) => same_bits(prefix.to_bits(), address.to_bits(), self.bits),
            _ => false,
        }
    }
}

impl std::fmt::Display for Prefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

fn same_bits(one: u128, two: u128, bits: u8) -> bool {
    (one ^ two).checked_shr(128 - u32::from(bits)).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::Prefix;

    #[test]
    fn a_prefix_holds_what_begins_like_it() {
        let check = |prefix: &str, address: &str, expect: bool| {
            let prefix = Prefix::parse(prefix).unwrap_or_else(|| panic!("{prefix}"));
            assert_eq!(prefix.contains(address.parse().unwrap()), expect, "{prefix:?} {address}");
        };
        check("10.0.0.0/8", "10.255.0.1", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("10.0.0.0/8", "::ffff:10.0.0.1", true);
        check("10.0.0.7", "10.0.0.7", true);
        check("10.0.0.7", "10.0.0.6", false);
        check("0.0.0.0/0", "203.0.113.9", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("2001:db8::/32", "2001:db8:1::1", true);
        check("2001:db8::/32", "2001:db9::1", false);
        check("::/0", "10.0.0.1", false);
        check("::ffff:10.0.0.0/104", "10.9.9.9", true);
        check("::ffff:10.0.0.0/104", "11.0.0.1", false);
        for wrong in ["10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0", "", "/8", "shop.example"] {
            assert_eq!(Prefix::parse(wrong), None, "{wrong}");
        }
    }
}
