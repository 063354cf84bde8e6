//! What a request tells of its visitor. Reading never fails: whatever is damaged, missing or doubtful reads as
//! no consent. Of the address only the network is kept.

mod address;
mod navigation;

pub use address::Peer;
pub use navigation::Navigation;

use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::request::Parts;
use policies::{Decision, Lang, Signals, Timestamp, Token, decide};

use crate::config::{Doubt, Outcome, Prefix, Scheme};
use crate::runtime::Runtime;
use crate::site::Site;
use crate::wire::{cookie_header, list};

/// One visitor, as one request shows them.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Their sealed choice, if it opened.
    pub token: Option<Token>,
    /// What their browser signals.
    pub signals: Signals,
    /// How their browser reached us.
    pub scheme: Scheme,
    /// The `Host` as they see it, with its port.
    pub host: String,
    /// Languages that they read, by preference: their own pick first.
    pub langs: Vec<Lang>,
    /// Whether they go to a page, and from where.
    pub navigation: Navigation,
    /// Whether the nearest hop is a proxy that is believed.
    pub behind_trusted_proxy: bool,
    /// Whether a consent cookie came that nobody here sealed.
    pub broken_token: bool,
    /// Where they come from, cut to a network.
    pub network: String,
}

impl Visitor {
    /// Reads a request to a site.
    #[must_use]
    pub fn read(parts: &Parts, host: &str, site: &Site, runtime: &Runtime, peer: &Peer) -> Self {
        let trusted = runtime.trusted_proxies.iter().any(|prefix| prefix.contains(peer.address.ip()));
        let scheme = address::scheme(&parts.headers, peer, trusted, site.public_scheme);
        let token =
            own_cookies(&parts.headers, scheme).find_map(|value| runtime.seal.open_token(&site.config.name, value));
        let broken_token = token.is_none() && own_cookies(&parts.headers, scheme).next().is_some();
        let pick = token.and_then(|token| token.lang);
        Self {
            token,
            signals: Signals { gpc: parts.headers.get_all("sec-gpc").iter().any(|value| value == "1") },
            scheme,
            host: address::public_host(&parts.headers, host, trusted),
            langs: langs(pick, &parts.headers),
            navigation: Navigation::read(parts),
            behind_trusted_proxy: trusted,
            broken_token,
            network: Prefix::around(address::client(&parts.headers, peer, &runtime.trusted_proxies)).to_string(),
        }
    }

    /// What holds for this request.
    #[must_use]
    pub fn decision(&self, site: &Site, now: Timestamp) -> Decision {
        let config = &site.config;
        if self.broken_token && config.switches.on_doubt.outcome(Doubt::BrokenToken) == Outcome::Closed {
            return Decision::without_grant(&config.policy, config.regime);
        }
        decide(&config.policy, config.regime, self.token.as_ref(), self.signals, now)
    }

    /// The language to speak to them, given what the page itself is written in.
    #[must_use]
    pub fn lang(&self, page: Option<Lang>) -> Lang {
        let pick = self.token.and_then(|token| token.lang);
        pick.or(page).or_else(|| self.langs.first().copied()).unwrap_or(Lang::En)
    }
}

fn own_cookies(headers: &HeaderMap, scheme: Scheme) -> impl Iterator<Item = &[u8]> {
    let name = Site::cookie_name(scheme).as_bytes();
    let pairs = headers.get_all(COOKIE).iter().flat_map(|line| cookie_header::pairs(line.as_bytes()));
    pairs.filter(move |pair| pair.name == name).map(|pair| pair.value)
}

fn langs(pick: Option<Lang>, headers: &HeaderMap) -> Vec<Lang> {
    let weighed = headers.get_all(ACCEPT_LANGUAGE).iter().flat_map(|line| list::weighed(line.as_bytes()));
    let accepted =
        weighed.filter(|item| item.weight > 0).filter_map(|item| Lang::of_tag(std::str::from_utf8(item.item).ok()?));
    let mut langs: Vec<Lang> = pick.into_iter().collect();
    for lang in accepted {
        if !langs.contains(&lang) {
            langs.push(lang);
        }
    }
    langs
}
