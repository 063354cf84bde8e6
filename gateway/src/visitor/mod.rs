//! What a request tells of its visitor. Reading never fails: whatever is damaged, missing or doubtful reads as
//! no consent. Addresses are for the origin's eyes, never kept; of the visitor's only the network is.

mod approach;
mod imported;
mod navigation;
mod notice;
mod recent;
mod region;

pub use approach::{Approach, Entry, Peer};
pub use imported::Imported;
pub use navigation::Navigation;
pub use notice::AtNotice;
pub use recent::{Circumstances, Left, Names, Recent};

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method};
use policies::consent::Terms;
use policies::{Category, Decision, Lang, Policy, Signals, Timestamp, Token, decide};

use crate::config::{Country, Doubt, Languages, Outcome, Prefix, Scheme, SiteConfig};
use crate::consent_tools;
use crate::runtime::Runtime;
use crate::site::Site;
use crate::stats::{Region, SeenAs, Traits};
use crate::view::{Kept, OptOut};
use crate::wire::{cookie_header, list};

static SAVE_DATA: HeaderName = HeaderName::from_static("save-data");
static SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");

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
    /// Believed addresses, theirs first, the nearest hop's last; never empty.
    pub hops: Vec<IpAddr>,
    /// Whether the nearest hop is a proxy that is believed.
    pub by_proxy: bool,
    /// How the site asks where they are, and how long answers hold there.
    pub terms: Terms,
    /// Where they are, where the site's terms hang on that and it is known.
    pub country: Option<Country>,
    /// Whether a consent cookie came that nobody here sealed.
    pub broken_token: bool,
    /// What they answered to the consent tool that the site had before, where they have no token of ours.
    pub imported: Option<Imported>,
    /// Whether the token was made of that just now, so that the browser doesn't have it yet.
    pub adopted: bool,
    /// Whether their browser asks for less data.
    pub saves_data: bool,
    /// Some where they ask for the page that tells of changes.
    pub at_notice: Option<AtNotice>,
    /// What kind of device asks, and for whom; read for pages and posts alone.
    pub seen_as: SeenAs,
    /// Whether a request of theirs is pending that has what is optional suspended until it is answered.
    pub pending: bool,
    /// What their connection's last request said.
    pub recent: Recent,
}

impl Visitor {
    /// Reads a request to a site.
    #[must_use]
    pub fn read(
        parts: &Parts,
        approach: Approach,
        site: &Arc<Site>,
        runtime: &Runtime,
        recent: &Recent,
        now: Timestamp,
    ) -> Self {
        let (terms, country) = region::terms(&parts.headers, &approach, site, &runtime.front.countries);
        let Approach { hops, scheme, host, believed } = approach;
        let (token, came) = recent.token(&parts.headers, site, scheme, || {
            let mut came = false;
            let token = own_cookies(&parts.headers, scheme).find_map(|value| {
                came = true;
                runtime.seal.open_token(&site.config.name, value)
            });
            (token, came)
        });
        let broken_token = token.is_none() && came;
        let navigation = Navigation::read(parts);
        let imported = if token.is_none() { imported(&parts.headers, site, terms, now) } else { None };
        Self {
            token,
            signals: Signals { gpc: parts.headers.get_all(&SEC_GPC).iter().any(|value| value == "1") },
            scheme,
            host,
            browser_lang: accepted_lang(&parts.headers, &site.config.languages),
            seen_as: if navigation.to_page || parts.method == Method::POST {
                SeenAs::read(&parts.headers, navigation.ahead)
            } else {
                SeenAs::default()
            },
            navigation,
            by_proxy: believed,
            terms,
            country,
            broken_token,
            imported,
            adopted: false,
            saves_data: parts.headers.get(&SAVE_DATA).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"on")),
            hops,
            at_notice: AtNotice::read(&parts.headers, parts.uri.path(), site, scheme),
            pending: false,
            recent: recent.clone(),
        }
    }

    /// What pages and choices of theirs are counted under.
    #[must_use]
    pub fn traits(&self, site: &Site) -> Traits {
        let region = match self.country {
            Some(country) => Region::In(country),
            None if site.config.regions.tell_apart() => Region::Unknown,
            None => Region::NotAsked,
        };
        let Self { browser_lang: lang, seen_as, .. } = *self;
        Traits { lang, region, seen_as, regime: self.terms.regime, gpc: self.signals.gpc }
    }

    /// Where they come from, cut to a network: a few ask for it, and it is written only for them.
    #[must_use]
    pub fn network(&self) -> String {
        self.prefix().map(|network| network.to_string()).unwrap_or_default()
    }

    /// The same, not written.
    #[must_use]
    pub fn prefix(&self) -> Option<Prefix> {
        self.hops.first().map(|first| Prefix::around(*first))
    }

    /// The random number that their grants are known by.
    #[must_use]
    pub fn number(&self) -> Option<[u8; 16]> {
        Some(self.token?.ids?.visitor)
    }

    /// Whether their refusal is old enough to show: a browser may send for a moment what it has just been told to delete.
    #[must_use]
    pub fn has_settled(&self, now: Timestamp) -> bool {
        self.token.is_some_and(|token| token.made.plus_seconds(60) < now)
    }

    /// Whether all processing of what is optional is suspended: they asked for it themselves, or while a request is pending.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.pending || self.token.is_some_and(|token| token.suspended)
    }

    /// What holds for this request.
    #[must_use]
    pub fn decision(&self, site: &Site, now: Timestamp) -> Decision {
        let chosen = self.as_chosen(site, now);
        if self.pending { chosen.suspended(&site.config.policy) } else { chosen }
    }

    /// What would hold by another token.
    #[must_use]
    pub fn decision_by(&self, token: &Token, site: &Site, now: Timestamp) -> Decision {
        let chosen = decide(&site.config.policy, self.terms, Some(token), self.signals, now);
        if self.pending { chosen.suspended(&site.config.policy) } else { chosen }
    }

    /// What would hold if nothing were suspended: what the visitor chose, and chooses again where they save it unchanged.
    #[must_use]
    pub fn chosen(&self, site: &Site, now: Timestamp) -> Decision {
        let token = self.token.map(|token| Token { suspended: false, ..token });
        Self { token, pending: false, ..self.clone() }.decision(site, now)
    }

    fn as_chosen(&self, site: &Site, now: Timestamp) -> Decision {
        let config = &site.config;
        if self.broken_token && config.switches.on_doubt.outcome(Doubt::BrokenToken) == Outcome::Closed {
            return Decision::without_grant(&config.policy, self.terms.regime);
        }
        let decision = decide(&config.policy, self.terms, self.token.as_ref(), self.signals, now);
        match &self.imported {
            Some(imported) if self.token.is_none() => {
                decision.refusing(&config.policy, imported.refused, imported.is_whole(&config.policy))
            }
            _ => decision,
        }
    }

    /// What a form that asks them anew repeats of their answer to an earlier version.
    #[must_use]
    pub fn kept(&self, site: &Site, decision: &Decision, now: Timestamp) -> Kept {
        let carried = self.token.filter(|_| decision.prompt).and_then(|token| site.config.policy.carried(&token));
        let holds = |token: &Token| now < token.made.plus_seconds(self.terms.grant_seconds);
        let carried = carried.map(|carried| carried.token).filter(holds);
        carried.map_or_else(Kept::default, |token| Kept::of(&token, decision.granted))
    }

    /// What the law of their place has them told of opting out.
    #[must_use]
    pub fn opt_out(&self, decision: &Decision, policy: &Policy) -> OptOut {
        let spoken_of = policy.of_categories(Category::refused_by_gpc);
        let is_used = spoken_of.iter().any(|purpose| decision.granted.contains(purpose));
        match self.terms.american_opt_out {
            false => OptOut::Elsewhere,
            true if self.signals.gpc && !spoken_of.is_empty() && !is_used => OptOut::Honoured,
            true => OptOut::Open,
        }
    }

    /// The language to speak to them, given what the page itself is written in: their own pick, then the page's, then what
    /// their browser asks for.
    #[must_use]
    pub fn lang(&self, page: Option<Lang>, languages: &Languages) -> Lang {
        let pick = self.token.and_then(|token| token.lang);
        pick.or(page).or(self.browser_lang).unwrap_or(languages.fallback())
    }
}

/// A visitor of `shop.example` by http, without a choice, through one proxy, for the tests of other rooms.
#[cfg(test)]
pub(crate) fn sample() -> Visitor {
    let terms = crate::config::Regions::everywhere(policies::Regime::OptIn).terms(None);
    Visitor {
        token: None,
        signals: Signals { gpc: false },
        scheme: Scheme::Http,
        host: String::from("shop.example"),
        browser_lang: None,
        navigation: Navigation::default(),
        hops: vec![IpAddr::from([203, 0, 113, 5]), IpAddr::from([10, 0, 0, 1])],
        by_proxy: true,
        terms,
        country: None,
        broken_token: false,
        imported: None,
        adopted: false,
        saves_data: false,
        at_notice: None,
        seen_as: SeenAs::default(),
        pending: false,
        recent: Recent::default(),
    }
}

fn own_cookies(headers: &HeaderMap, scheme: Scheme) -> impl Iterator<Item = &[u8]> {
    cookies_named(headers, Site::cookie_name(scheme))
}

fn cookies_named<'h>(headers: &'h HeaderMap, name: &'static str) -> impl Iterator<Item = &'h [u8]> {
    let name = name.as_bytes();
    // Most requests have no choice with them, and every request is asked.
    let named = headers.get_all(COOKIE).iter().any(|line| memchr::memmem::find(line.as_bytes(), name).is_some());
    let most = if named { usize::MAX } else { 0 };
    cookie_header::all_pairs(headers).take(most).filter(move |pair| pair.name == name).map(|pair| pair.value)
}

/// Read only where the site says that the gateway takes another tool's place.
fn imported(headers: &HeaderMap, site: &Site, terms: Terms, now: Timestamp) -> Option<Imported> {
    let SiteConfig { other_tool, policy, .. } = &site.config;
    if !other_tool.replace {
        return None;
    }
    let values = |name: &str| {
        let named = cookie_header::all_pairs(headers).filter(|pair| pair.name == name.as_bytes());
        named.map(|pair| pair.value).collect()
    };
    Imported::of(&consent_tools::answers(values), other_tool, policy, terms, now)
}

fn accepted_lang(headers: &HeaderMap, languages: &Languages) -> Option<Lang> {
    let weighed = headers.get_all(ACCEPT_LANGUAGE).iter().flat_map(|line| list::weighed(line.as_bytes()));
    let spoken = |tag: &[u8]| Lang::of_tag(std::str::from_utf8(tag).ok()?).filter(|lang| languages.may_pick(*lang));
    weighed.filter(|item| item.weight > 0).find_map(|item| spoken(item.item))
}
