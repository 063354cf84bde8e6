//! What follows from a site's configuration under one version of its policy, and how it judges a cookie name.

mod extras;
mod guard_rules;
mod notices;
mod sites;

pub use extras::Extras;
pub use guard_rules::{GuardRules, NEVER, declared_life};
pub use notices::Notice;
pub use sites::Sites;

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::quality::FixedState;
use policies::Decision;
use policies::consent::Verdict;
use policies::purpose::PurposeIndex;
use policies::rules::CookieRule;
use policies::rules::tracker::TrackerUse;

use crate::assets::{self, Made};
use crate::config::{ConsentMode, Scheme, SiteConfig, Unknown};

/// One site under one version of its policy, with the names that follow from its configuration.
#[derive(Clone, Debug)]
pub struct Site {
    /// What the operator wrote.
    pub config: SiteConfig,
    /// Its name, shared: metrics and logs name it with every request.
    pub label: Arc<str>,
    /// A number in its name's place, for look-ups: the same for the same name as long as this process runs.
    pub number: u64,
    /// What the guard in its pages goes by.
    pub rules: GuardRules,
    /// What stands beside the guard, where the site has switched something on.
    pub extras: Option<Extras>,
    /// The sheet of the owner's colours and places, where they have said any.
    pub look: Option<Made>,
    /// The same for what stands in a held frame's place.
    pub framed_look: Option<String>,
    /// Digests of the scripts that the gateway puts into its pages, as security policies write them, without quotes.
    pub script_hashes: Arc<[String]>,
}

/// How far the gateway acts on one request and its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// What is refused is taken away.
    Enforce,
    /// Everything is judged and listed, nothing is taken away and nobody is asked.
    Shadow,
    /// Nothing is judged: it passes as it came.
    Bypass,
}

impl Treatment {
    /// The word in logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Shadow => "shadow",
            Self::Bypass => "bypass",
        }
    }
}

/// What a site says of one cookie name under one decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement<'s> {
    /// Its purpose is granted, or the visitor's own act asks for it.
    Granted(&'s CookieRule),
    /// It is not granted.
    Refused(&'s CookieRule),
    /// The visitor is to be asked about it.
    Unanswered(&'s CookieRule),
    /// Nobody speaks of it.
    Unknown,
}

impl Site {
    fn of(config: &SiteConfig) -> Self {
        let (rules, extras) = (GuardRules::new(config), Extras::of(config));
        let made = std::iter::once(&rules.file).chain(extras.as_ref().map(|extras| &extras.file));
        let own =
            [&assets::GUARD, &assets::GLUE, &assets::LOADER, &assets::ASK].map(|asset| asset.integrity.to_owned());
        let script_hashes = made.map(|made| made.integrity.clone()).chain(own).collect();
        let (look, framed_look) = (config.look.sheet().map(Made::sheet), config.look.framed_sheet());
        let (label, number) = (Arc::from(config.name.as_str()), FixedState::default().hash_one(&config.name));
        Self { config: config.clone(), label, number, rules, extras, look, framed_look, script_hashes }
    }

    /// What the policy says of a name.
    #[must_use]
    pub fn judge(&self, decision: &Decision, name: &[u8]) -> Judgement<'_> {
        let Some(rule) = self.config.policy.cookies.find(name) else { return Judgement::Unknown };
        match decision.on_cookie(rule) {
            Verdict::Granted => Judgement::Granted(rule),
            Verdict::Refused => Judgement::Refused(rule),
            Verdict::Unanswered => Judgement::Unanswered(rule),
        }
    }

    /// Whether a cookie that a visitor has may reach the origin.
    #[must_use]
    pub fn reaches_origin(&self, judgement: Judgement<'_>) -> bool {
        match judgement {
            Judgement::Granted(_) => true,
            Judgement::Refused(_) | Judgement::Unanswered(_) => false,
            Judgement::Unknown => self.config.unknown != Unknown::Deny,
        }
    }

    /// Whether a cookie that the origin sets may reach the visitor.
    #[must_use]
    pub fn may_be_set(&self, judgement: Judgement<'_>) -> bool {
        match judgement {
            Judgement::Granted(_) => true,
            Judgement::Refused(_) | Judgement::Unanswered(_) => false,
            Judgement::Unknown => self.config.unknown == Unknown::Observe,
        }
    }

    /// The purpose that holds a request to a place back, if any.
    #[must_use]
    pub fn held_for(&self, decision: &Decision, host: &str, path: &str) -> Option<&str> {
        let rule = self.config.policy.trackers.find(host, path)?;
        self.waits_for(decision, rule.usage, &rule.recipient)
    }

    /// The service that an address has the shape of, and the purpose that holds it back, if any. A rule for the very place
    /// outweighs the shape.
    pub fn held_by_shape(
        &self,
        decision: &Decision,
        host: &str,
        path: &str,
        query: &str,
    ) -> Option<(&str, Option<&str>)> {
        let trackers = &self.config.policy.trackers;
        let shape = trackers.shape(path, query).filter(|_| self.config.switches.tag_gateways)?;
        let own = (shape.usage, shape.recipient.as_str());
        let (usage, recipient) = trackers.find(host, path).map_or(own, |rule| (rule.usage, rule.recipient.as_str()));
        Some((recipient, self.waits_for(decision, usage, recipient)))
    }

    /// The purpose that holds back a service's script that stands at a place of the site's own, if any. A rule for the very
    /// place outweighs the script.
    #[must_use]
    pub fn held_loader(&self, decision: &Decision, host: &str, path: &str, recipient: &str) -> Option<&str> {
        let trackers = &self.config.policy.trackers;
        if let Some(rule) = trackers.find(host, path) {
            return self.waits_for(decision, rule.usage, &rule.recipient);
        }
        let loader = trackers.loaders().iter().find(|rule| rule.recipient == recipient)?;
        self.waits_for(decision, loader.usage, recipient)
    }

    /// Services whose published snippet an inline script is, each with the purpose that holds it back.
    pub fn held_scripts<'s>(&'s self, decision: &Decision, script: &str) -> impl Iterator<Item = (&'s str, &'s str)> {
        let rules = self.config.policy.trackers.snippets(script);
        rules.filter_map(move |rule| {
            Some((rule.recipient.as_str(), self.waits_for(decision, rule.usage, &rule.recipient)?))
        })
    }

    fn waits_for(&self, decision: &Decision, usage: TrackerUse, recipient: &str) -> Option<&str> {
        match usage {
            TrackerUse::Purpose(purpose)
                if !decision.allows_service(purpose, recipient)
                    && !self.may_load_denied(decision, purpose, recipient) =>
            {
                self.config.policy.purpose(purpose).map(|purpose| purpose.id.as_str())
            }
            TrackerUse::Purpose(_) | TrackerUse::NeverHold => None,
        }
    }

    /// Whether a tag may load before any answer because it is told that everything is denied.
    fn may_load_denied(&self, decision: &Decision, purpose: PurposeIndex, recipient: &str) -> bool {
        let SiteConfig { switches, policy, .. } = &self.config;
        switches.consent_mode == ConsentMode::Advanced
            && policy.trackers.goes_by_consent_mode(recipient)
            && decision.leaves_open(purpose, recipient)
    }

    /// The name of the consent cookie: a browser keeps `__Host-` names to this very host, but only over TLS.
    #[must_use]
    pub const fn cookie_name(scheme: Scheme) -> &'static str {
        match scheme {
            Scheme::Http => "consent",
            Scheme::Https => "__Host-consent",
        }
    }

    /// The name of the cookie that remembers which notice of a change was dismissed.
    #[must_use]
    pub const fn notice_cookie_name(scheme: Scheme) -> &'static str {
        match scheme {
            Scheme::Http => "consent-notice",
            Scheme::Https => "__Host-consent-notice",
        }
    }

    /// Whether a cookie is the gateway's: no origin sees it or sets it.
    #[must_use]
    pub fn is_own_cookie(scheme: Scheme, name: &[u8]) -> bool {
        // Nearly every name ends here.
        let Some(rest) = name.strip_prefix(Self::cookie_name(scheme).as_bytes()) else { return false };
        rest.is_empty() || name == Self::notice_cookie_name(scheme).as_bytes()
    }
}

/// A host without its port; an IPv6 address keeps its brackets.
#[must_use]
pub fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((bare, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && (!bare.contains(':') || bare.ends_with(']')) =>
        {
            bare
        }
        _ => host,
    }
}

/// A site of the starter policy, opt-in, for the tests of other rooms.
#[cfg(test)]
pub(crate) fn sample(origin: &str, host: crate::config::HostMode) -> Site {
    let options = crate::config::OriginOptions {
        listen: "127.0.0.1:0".parse().expect("an address"),
        origin: origin.to_owned(),
        policy: None,
        data: std::path::PathBuf::from("unused"),
        admin: None,
        host: Some(host),
        shadow: false,
    };
    let config = crate::config::for_origin(options, policies::Timestamp(0)).expect("a site");
    Site::of(config.sites.first().expect("one site"))
}

#[cfg(test)]
mod tests {
    use super::without_port;

    #[test]
    fn a_port_is_taken_off_and_nothing_else() {
        let check = |host: &str, expect: &str| assert_eq!(without_port(host), expect, "{host}");
        check("shop.example", "shop.example");
        check("shop.example:8080", "shop.example");
        check("[::1]:8080", "[::1]");
        check("[::1]", "[::1]");
        check("::1", "::1");
    }
}
