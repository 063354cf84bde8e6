//! The gateway's configuration for the demo, composed without a file: one site per origin, each with its bundled
//! policy. The demo's collectors are added to the policies' text, so that what visitors read is what is enforced.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use http::Uri;
use policies::Timestamp;
use policies::policy::history::History;
use policies::rules::catalog::Catalog;

use super::Error;
use super::revision::Revision;
use super::service::Service;
use crate::config::{
    Bodies, Config, DEFAULT_PREFIX, Front, HostMode, Life, Limits, Look, PageGroups, Records, Settings, SiteConfig,
    Statistics, Switches, Unknown, usual_workers,
};

/// Where and when the demo is.
pub(crate) struct At {
    /// Where visitors connect.
    pub(crate) listen: SocketAddr,
    /// Where owners connect.
    pub(crate) admin: SocketAddr,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// When it starts.
    pub(crate) now: Timestamp,
    /// The days that follow from that.
    pub(crate) revision: Revision,
}

/// Everything that the gateway serves in the demo. `origins` stand in the order of [`Service::ALL`].
pub(crate) fn config(at: At, origins: impl Iterator<Item = SocketAddr>) -> Result<Config, Error> {
    let catalog = Catalog::bundled().map_err(|faults| Error::Policy { site: "catalogue", faults })?;
    let sites = Service::ALL.into_iter().zip(origins).map(|(service, origin)| site(service, origin, &at, &catalog));
    let sites = sites.collect::<Result<_, _>>()?;
    let At { listen, admin, data, .. } = at;
    Ok(Config {
        listen: vec![listen],
        admin: Some(admin),
        records: Records::within(&data),
        data,
        front: Front::default(),
        store: None,
        access_log: None,
        workers: usual_workers(),
        limits: Limits::usual(usual_workers()),
        statistics: Statistics::default(),
        tried_alone: false,
        sites,
        forgiven: Vec::new(),
        catalog: Arc::new(catalog),
    })
}

fn site(service: Service, origin: SocketAddr, at: &At, catalog: &Catalog) -> Result<SiteConfig, Error> {
    let file = |(place, source): (usize, &&str)| {
        let dated = at.revision.dated(service, place, source);
        (format!("{} {}", service.key(), place + 1), format!("{dated}{}", service.more_policy()))
    };
    let files = service.policy_sources().iter().enumerate().map(file).collect();
    let history = History::compile(files, catalog).map_err(|faults| Error::Policy {
        site: service.key(),
        faults: faults.into_iter().map(|(_, fault)| fault).collect(),
    })?;
    let (life, first) = Life::simple(history, at.now);
    Ok(SiteConfig {
        name: service.key().to_owned(),
        hosts: service.hosts(),
        origin: Uri::try_from(format!("http://{origin}")).map_err(Error::Address)?,
        origin_ca: None,
        origin_name: None,
        host: HostMode::Visitor,
        regime: first.regime,
        regions: first.regions,
        policy: first.policy,
        policy_source: first.source,
        bodies: Bodies::default(),
        life,
        unknown: Unknown::Observe,
        origin_key: None,
        guardian_key: None,
        webhooks: Vec::new(),
        cacheable: false,
        shadow: false,
        plain: false,
        prefix: DEFAULT_PREFIX.to_owned(),
        hsts: None,
        languages: crate::config::Languages::default(),
        wording: Arc::default(),
        look: Look::default(),
        switches: Switches::default(),
        other_tool: first.other_tool,
        page_groups: PageGroups::default(),
        policy_missing: false,
        settings: Settings::of([("site.name".to_owned(), service.key().to_owned())].into()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::hits::Collector;
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000);

    fn composed() -> Config {
        let loopback = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (listen, admin, data) = (loopback(8080), loopback(8081), PathBuf::from("data"));
        let at = At { listen, admin, data, now: NOW, revision: Revision::on(NOW.date()) };
        config(at, (4000..4006).map(loopback)).unwrap()
    }

    #[test]
    fn every_site_has_a_policy_without_faults_and_a_host_of_its_own() {
        let config = composed();
        let hosts: Vec<&str> = config.sites.iter().flat_map(|site| site.hosts.iter().map(String::as_str)).collect();
        assert_eq!(
            hosts,
            [
                "localhost",
                "127.0.0.1",
                "ezcare.localhost",
                "jmpsystem.localhost",
                "officemessenger.localhost",
                "qsolution.localhost",
                "remotemeeting.localhost"
            ]
        );
    }

    #[test]
    fn one_site_is_in_the_time_of_its_notice_and_the_others_have_changed_before() {
        for site in composed().sites {
            let (history, day) = (&site.life.history, site.life.day(NOW));
            let announced = history.announced(day).map(|version| version.policy.effective);
            let revision = Revision::on(NOW.date());
            match site.name.as_str() {
                "remotemeeting" => {
                    assert_eq!((site.policy.effective, announced), (revision.present(), Some(revision.next())));
                    let notice = announced.map(|next| next.day_number() - day.day_number());
                    assert!(notice.is_some_and(|days| days > 20), "{notice:?}");
                }
                "demo" => assert_eq!((history.versions().len(), announced), (1, None)),
                name => assert_eq!((history.earlier(day).count(), announced), (1, None), "{name}"),
            }
            let found = if site.name == "demo" { Vec::new() } else { history.findings() };
            assert!(found.iter().all(|one| one.severity == policies::policy::check::Severity::Advice), "{found:#?}");
        }
    }

    #[test]
    fn the_collectors_are_declared_where_their_tags_stand() {
        let config = composed();
        let site = config.sites.last().unwrap();
        for collector in Collector::ALL {
            let rule = site.policy.trackers.find(collector.host(), "/tag.js");
            assert!(rule.is_some_and(|rule| rule.source.is_declared()), "{}", collector.host());
        }
    }

    #[test]
    fn every_cookie_that_a_demo_site_sets_stands_in_its_policy() {
        let config = composed();
        let check = |site: &str, names: &[&str]| {
            let site = config.sites.iter().find(|known| known.name == site).unwrap();
            for name in names {
                let rule = site.policy.cookies.find(name.as_bytes());
                assert!(rule.is_some_and(|rule| rule.source.is_declared()), "{} {name}", site.name);
            }
        };
        check("demo", &["demo_lang"]);
        check("ezcare", &["ez_form", "EZSESSION", "facility_code", "saved_id", "sort_order", "ez_rows", "ez_menu"]);
        check("jmpsystem", &["JMPSESSION", "jmp_font", "jmp_view", "jmp_recent", "jmp_field", "jmp_visit"]);
        check("officemessenger", &["om_form", "OMSESSION", "om_lang", "om_popup_closed", "om_layout", "om_recent"]);
        check("qsolution", &["QSSESSION", "qs_start", "qs_font", "qs_form"]);
        let tracking = ["rm_visit", "rm_path", "rm_interest", "rm_event", "rm_ad", "_ga", "_fbp"];
        check("remotemeeting", &tracking);
        check("remotemeeting", &["RMSESSION", "rm_device", "rm_rooms"]);
    }
}
