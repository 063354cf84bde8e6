//! How far one request is acted on: the emergency switch, untouched paths, a preview, shadow mode, and the part of a
//! site where enforcement has begun, in this order. Also the operator's passes, which come in headers of their own.
//!
//! Refuses a pass that is not signed, or whose time is over: it is as if it weren't there. Invariant: neither pass
//! reaches the origin.

use http::HeaderMap;
use http::header::HeaderName;
use policies::Timestamp;

use crate::bypass::Bypass;
use crate::seal::Seal;
use crate::site::{Site, Treatment};
use crate::visitor::Visitor;
use crate::wire::hop;

/// What an operator may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Shows the decision about a request.
    Debug,
    /// Shows the site as it will be once everything is enforced.
    Preview,
}

impl Pass {
    /// The header that carries it.
    #[must_use]
    pub const fn header(self) -> HeaderName {
        match self {
            Self::Debug => HeaderName::from_static("consent-debug"),
            Self::Preview => HeaderName::from_static("consent-preview"),
        }
    }

    /// What its signature is over, beside the time. No site's name holds a colon.
    const fn label(self) -> &'static str {
        match self {
            Self::Debug => "operator:debug",
            Self::Preview => "operator:preview",
        }
    }

    /// A pass that holds until a time.
    #[must_use]
    pub fn issue(self, seal: &Seal, until: Timestamp) -> String {
        seal.stamp(self.label(), until)
    }

    /// Takes the pass out of a request, and tells whether it holds.
    pub fn take(self, headers: &mut HeaderMap, seal: &Seal, now: Timestamp) -> bool {
        let mut carried = headers.get_all(self.header()).iter();
        let only = carried.next().filter(|_| carried.next().is_none());
        let holds = only.is_some_and(|pass| seal.stamp_holds(self.label(), pass.as_bytes(), now));
        headers.remove(self.header());
        holds
    }
}

/// What an operator asked for with one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passes {
    /// The decision is to be told.
    pub debug: bool,
    /// Everything is to be enforced.
    pub preview: bool,
}

impl Passes {
    /// Takes both passes out of a request.
    pub fn take(headers: &mut HeaderMap, seal: &Seal, now: Timestamp) -> Self {
        if !headers.keys().any(|name| hop::is_ours(name.as_str())) {
            return Self::default();
        }
        Self { debug: Pass::Debug.take(headers, seal, now), preview: Pass::Preview.take(headers, seal, now) }
    }
}

/// How far this request is acted on.
#[must_use]
pub fn treatment(
    path: &str,
    site: &Site,
    visitor: &Visitor,
    passes: Passes,
    bypass: &Bypass,
    seal: &Seal,
) -> Treatment {
    let switches = &site.config.switches;
    let untouched = switches.bypass_paths.iter().any(|pattern| pattern.matches(path));
    if site.config.policy_missing || untouched || bypass.is_on(&site.config.name) {
        return Treatment::Bypass;
    }
    if passes.preview {
        return Treatment::Enforce;
    }
    let here = switches.enforce_paths.is_empty() || switches.enforce_paths.iter().any(|path_of| path_of.matches(path));
    if site.config.shadow || !here || !has_begun_for(visitor, site, seal) {
        return Treatment::Shadow;
    }
    Treatment::Enforce
}

/// Whether the visitor is in the share. Nothing is stored for it: the place is computed from the network that they
/// come from. Who has answered stays in, from wherever they come.
fn has_begun_for(visitor: &Visitor, site: &Site, seal: &Seal) -> bool {
    let share = site.config.switches.enforce_share;
    share >= 100 || visitor.token.is_some() || seal.place_in_hundred(&site.config.name, &visitor.network()) < share
}
