//! What the operator wrote, as meant: valid by construction. [`load`] reads a file and tells every fault of it
//! and of the policies it names at once; [`for_origin`] makes the configuration that the command line implies.

mod compile;
mod file;
mod limits;
mod switches;

pub use compile::{DEFAULT_PREFIX, FileFault, OriginOptions, compile, for_origin, load, places};
pub use limits::Limits;
pub use switches::{Doubt, OnDoubt, Outcome, PathPattern, Switches};

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http::Uri;
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
    /// The certificate, where this process ends TLS itself.
    pub tls: Option<TlsFiles>,
    /// How visitors reach it, where another proxy in front ends TLS.
    pub public_scheme: Scheme,
    /// Proxies in front whose `X-Forwarded-*` headers are believed, by address prefix.
    pub trusted_proxies: Vec<Prefix>,
    /// Where answered requests are written; None: nowhere.
    pub access_log: Option<PathBuf>,
    /// Bounds.
    pub limits: Limits,
    /// At least one.
    pub sites: Vec<SiteConfig>,
    /// Faults of policies without which a site was told to pass untouched; such a site has
    /// [`policy_missing`](SiteConfig::policy_missing).
    pub forgiven: Vec<FileFault>,
}

/// A certificate chain and its key, PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
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
    /// Which `Host` the origin is told.
    pub host: HostMode,
    /// Its policy.
    pub policy: Arc<Policy>,
    /// The policy file's text, kept as evidence of what was shown.
    pub policy_source: Arc<str>,
    /// How it asks.
    pub regime: Regime,
    /// What happens to cookies that nobody speaks of.
    pub unknown: Unknown,
    /// Whether one HTML serves all visitors, so that shared caches may keep it.
    pub cacheable: bool,
    /// Whether it only judges and lists, and strips nothing.
    pub shadow: bool,
    /// The reserved path, with a slash at both ends.
    pub prefix: String,
    /// Where it acts, and what doubts do.
    pub switches: Switches,
    /// Whether its policy could not be read: the starter policy stands in its place, and nothing is done by it.
    pub policy_missing: bool,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
        let bits = bits.map_or(Some(most), |bits| bits.trim().parse().ok())?;
        (bits <= most).then_some(Self { address, bits })
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
