//! The sites of the demo: their keys, hosts and the versions of their policies. It refuses to know what their pages look like.
//! A key is the site's name in the gateway, its host's first label and its name in the collectors' counts.

use policies::Lang;

/// One site that the demo serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// The page that explains the others.
    Guide,
    /// Office work of home-care centres.
    EzCare,
    /// A maker of business software.
    JmpSystem,
    /// A messenger for offices, with its admin pages.
    OfficeMessenger,
    /// Printed forms and the programs that fill them.
    QSolution,
    /// Video meetings; the one with analytics and marketing.
    RemoteMeeting,
}

impl Service {
    /// Every site, the guide first.
    pub(crate) const ALL: [Self; 6] =
        [Self::Guide, Self::EzCare, Self::JmpSystem, Self::OfficeMessenger, Self::QSolution, Self::RemoteMeeting];

    /// The site's name where machines read it.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Guide => "demo",
            Self::EzCare => "ezcare",
            Self::JmpSystem => "jmpsystem",
            Self::OfficeMessenger => "officemessenger",
            Self::QSolution => "qsolution",
            Self::RemoteMeeting => "remotemeeting",
        }
    }

    /// The name of its style sheet.
    pub(crate) const fn sheet(self) -> &'static str {
        match self {
            Self::Guide => "guide",
            _ => self.key(),
        }
    }

    /// The site with this key.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.key() == key)
    }

    /// The site's place in tables of counts.
    pub(crate) const fn place(self) -> usize {
        self as usize
    }

    /// What visitors call it.
    pub(crate) const fn name(self, lang: Lang) -> &'static str {
        let (ko, en) = match self {
            Self::Guide => ("데모 안내", "Demo guide"),
            Self::EzCare => ("이지케어", "EzCare"),
            Self::JmpSystem => ("제이엠피시스템", "JMP System"),
            Self::OfficeMessenger => ("오피스메신저", "Office Messenger"),
            Self::QSolution => ("큐솔루션", "QSolution"),
            Self::RemoteMeeting => ("리모트미팅", "RemoteMeeting"),
        };
        if matches!(lang, Lang::Ko) { ko } else { en }
    }

    /// The hosts that the gateway knows it by.
    pub(crate) fn hosts(self) -> Vec<String> {
        match self {
            Self::Guide => vec!["localhost".to_owned(), "127.0.0.1".to_owned()],
            _ => vec![format!("{}.localhost", self.key())],
        }
    }

    /// The versions of its policy, as bundled, the oldest first.
    pub(crate) const fn policy_sources(self) -> &'static [&'static str] {
        match self {
            Self::Guide => &[include_str!("guide_policy.toml")],
            Self::EzCare => &[
                include_str!("../../../policies/documents/ezcare/2017-03-02.toml"),
                include_str!("../../../policies/documents/ezcare/2019-06-01.toml"),
            ],
            Self::JmpSystem => &[
                include_str!("../../../policies/documents/jmpsystem/2022-06-01.toml"),
                include_str!("../../../policies/documents/jmpsystem/2024-02-01.toml"),
            ],
            Self::OfficeMessenger => &[
                include_str!("../../../policies/documents/officemessenger/2019-09-09.toml"),
                include_str!("../../../policies/documents/officemessenger/2021-07-01.toml"),
            ],
            Self::QSolution => &[
                include_str!("../../../policies/documents/qsolution/2015-02-15.toml"),
                include_str!("../../../policies/documents/qsolution/2017-10-01.toml"),
            ],
            Self::RemoteMeeting => &[
                include_str!("../../../policies/documents/remotemeeting/2017-04-03.toml"),
                include_str!("../../../policies/documents/remotemeeting/2019-07-01.toml"),
            ],
        }
    }

    /// What is added to its policy for the collectors that stand in for real third parties: those can't be
    /// reached from a demo that works without a network.
    pub(crate) const fn more_policy(self) -> &'static str {
        match self {
            Self::RemoteMeeting => include_str!("collectors_policy.toml"),
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_back_to_their_sites_and_places_to_their_rows() {
        for (place, service) in Service::ALL.into_iter().enumerate() {
            assert_eq!(Service::of_key(service.key()), Some(service));
            assert_eq!(service.place(), place);
        }
        assert_eq!(Service::of_key("elsewhere"), None);
    }
}
