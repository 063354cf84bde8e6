//! Whether a visitor is told of a change of the policy, and which notice they have dismissed.
//!
//! Refuses to know who dismissed it: the cookie holds the version's hash, the same for everybody. Invariant: a notice that was
//! dismissed is not shown again.

use http::HeaderMap;
use policies::policy::PolicyVersion;
use policies::{Decision, Timestamp, Token};

use super::{Visitor, cookies_named};
use crate::config::Scheme;
use crate::site::{Notice, Site};

/// A request for the page that tells of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtNotice {
    dismissed: Option<PolicyVersion>,
}

impl AtNotice {
    /// None where the request is for another page.
    pub(super) fn read(headers: &HeaderMap, path: &str, site: &Site, scheme: Scheme) -> Option<Self> {
        (path == site.config.life.notice_path).then(|| Self { dismissed: dismissed(headers, scheme) })
    }
}

/// The version whose notice they dismissed.
fn dismissed(headers: &HeaderMap, scheme: Scheme) -> Option<PolicyVersion> {
    let mut values = cookies_named(headers, Site::notice_cookie_name(scheme));
    values.find_map(|value| PolicyVersion::parse(std::str::from_utf8(value).ok()?))
}

impl Visitor {
    /// The notice that stands in this very page: theirs, or where one page serves all, the one that somebody may be owed.
    #[must_use]
    pub fn notice_in_page(&self, site: &Site, decision: &Decision, now: Timestamp) -> Option<Notice> {
        if site.config.cacheable {
            return self.at_notice.and_then(|_| site.coming(now).or_else(|| site.come(now)));
        }
        self.notice(site, decision, now)
    }

    fn notice(&self, site: &Site, decision: &Decision, now: Timestamp) -> Option<Notice> {
        let AtNotice { dismissed } = self.at_notice?;
        due(site, self.token.as_ref(), decision, now).filter(|notice| dismissed != Some(notice.version))
    }

    /// The same for the page that is one for all, which asks from elsewhere.
    #[must_use]
    pub fn notice_elsewhere(
        &self,
        headers: &HeaderMap,
        site: &Site,
        decision: &Decision,
        now: Timestamp,
    ) -> Option<Notice> {
        let dismissed = dismissed(headers, self.scheme);
        due(site, self.token.as_ref(), decision, now).filter(|notice| dismissed != Some(notice.version))
    }
}

/// Everybody is told of what comes; of what came, who refused everything and is not asked again.
fn due(site: &Site, token: Option<&Token>, decision: &Decision, now: Timestamp) -> Option<Notice> {
    let refused_before = |token: &Token| token.policy != site.config.policy.version && token.is_pure_refusal();
    let told_of_it = || token.is_some_and(refused_before) && !decision.prompt;
    site.coming(now).or_else(|| if told_of_it() { site.come(now) } else { None })
}
