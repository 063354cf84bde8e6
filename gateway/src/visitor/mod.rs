//! What a request tells of its visitor. Reading never fails: whatever is damaged, missing or doubtful reads as
//! no consent. No address is kept.

mod address;
mod navigation;

pub use address::Peer;
pub use navigation::Navigation;

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;
use policies::{Lang, Signals, Token};

use crate::config::Scheme;
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
    /// The language that their browser asks for first, of those that we speak.
    pub browser_lang: Option<Lang>,
    /// Whether they go to a page, and from where.
    pub navigation: Navigation,
    /// Whether the nearest hop is a proxy that is believed.
    pub behind_trusted_proxy: bool,
}

impl Visitor {
    /// Reads a request to a site.
    #[must_use]
    pub fn read(parts: &Parts, host: &str, site: &Site, runtime: &Runtime, peer: &Peer) -> Self {
        let trusted = runtime.trusted_proxies.iter().any(|prefix| prefix.contains(peer.address.ip()));
        let scheme = address::scheme(&parts.headers, peer, trusted, site.public_scheme);
        let token =
            own_cookies(&parts.headers, scheme).find_map(|value| runtime.seal.open_token(&site.config.name, value));
        Self {
            token,
            signals: Signals { gpc: parts.headers.get_all("sec-gpc").iter().any(|value| value == "1") },
            scheme,
            host: address::public_host(&parts.headers, host, trusted),
            browser_lang: accepted_lang(&parts.headers),
            navigation: Navigation::read(parts),
            behind_trusted_proxy: trusted,
        }
    }

    /// The language to speak to them, given what the page itself is written in.
    #[must_use]
    pub fn lang(&self, page: Option<Lang>) -> Lang {
        let pick = self.token.and_then(|token| token.lang);
        pick.or(page).or(self.browser_lang).unwrap_or(Lang::En)
    }
}

fn own_cookies(headers: &HeaderMap, scheme: Scheme) -> impl Iterator<Item = &[u8]> {
    let name = Site::cookie_name(scheme).as_bytes();
    cookie_header::all_pairs(headers).filter(move |pair| pair.name == name).map(|pair| pair.value)
}

fn accepted_lang(headers: &HeaderMap) -> Option<Lang> {
    let weighed = headers.get_all(ACCEPT_LANGUAGE).iter().flat_map(|line| list::weighed(line.as_bytes()));
    weighed.filter(|item| item.weight > 0).find_map(|item| Lang::of_tag(std::str::from_utf8(item.item).ok()?))
}
