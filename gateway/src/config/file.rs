//! The configuration file as it was written: typed, with places, nothing yet looked up. Refuses unknown keys.

use std::net::SocketAddr;

use policies::Regime;
use policies::policy::FileWord;
use policies::policy::wording::Wording;
use policies::reader::{At, Table};

use super::life::{self, LifeKeys};
use super::other_tool::{self, OtherToolFile};
use super::records::{self, RecordsFile};
use super::regions::{self, RegionsFile};
use super::statistics::{self, PageGroups, Statistics};
use super::webhooks::{self, WebhookFile};
use super::{
    ConsentMode, Front, HostMode, Hsts, Languages, Limits, Look, Scheme, Switches, Unknown, front, languages, limits,
    look, switches,
};

/// Everything that the file says.
#[derive(Debug)]
pub(super) struct ConfigFile {
    pub(super) listen: Vec<SocketAddr>,
    pub(super) admin: Option<SocketAddr>,
    pub(super) data: String,
    pub(super) store: Option<(String, At)>,
    pub(super) front: Front,
    pub(super) country_table: Option<(String, At)>,
    pub(super) access_log: Option<String>,
    pub(super) records: RecordsFile,
    pub(super) workers: usize,
    pub(super) limits: Limits,
    pub(super) statistics: Statistics,
    pub(super) sites: Vec<SiteFile>,
}

/// One `[[sites]]`.
#[derive(Debug)]
pub(super) struct SiteFile {
    pub(super) at: At,
    pub(super) name: String,
    pub(super) hosts: Vec<String>,
    /// None only beside a fault.
    pub(super) origin: Option<String>,
    pub(super) origin_at: At,
    pub(super) origin_ca: Option<String>,
    pub(super) origin_name: Option<String>,
    pub(super) origin_name_at: At,
    pub(super) host: Option<HostMode>,
    pub(super) policy: Option<String>,
    pub(super) policy_at: At,
    pub(super) policy_body: Option<(String, At)>,
    pub(super) life: LifeKeys,
    pub(super) regime: Option<Regime>,
    pub(super) regions: RegionsFile,
    pub(super) unknown: Unknown,
    pub(super) tell_origin: bool,
    pub(super) origin_key_file: Option<String>,
    pub(super) guardian_key_file: Option<String>,
    pub(super) webhooks: Vec<WebhookFile>,
    pub(super) cacheable: bool,
    pub(super) shadow: bool,
    pub(super) prefix: String,
    pub(super) hsts: Option<Hsts>,
    pub(super) languages: Languages,
    pub(super) wording: Wording,
    pub(super) look: Look,
    pub(super) switches: Switches,
    pub(super) other_tool: OtherToolFile,
    pub(super) page_groups: PageGroups,
}

impl FileWord for Scheme {
    const WORDS: &'static [(&'static str, Self)] = &[("http", Self::Http), ("https", Self::Https)];
}

impl FileWord for HostMode {
    const WORDS: &'static [(&'static str, Self)] = &[("visitor", Self::Visitor), ("origin", Self::Origin)];
}

impl FileWord for Unknown {
    const WORDS: &'static [(&'static str, Self)] =
        &[("observe", Self::Observe), ("quarantine", Self::Quarantine), ("deny", Self::Deny)];
}

/// Reads the root table. None means that something needed was missing; the table has told what.
pub(super) fn read(root: &mut Table<'_, '_>) -> Option<ConfigFile> {
    let written = root.strings("listen");
    let listen: Vec<SocketAddr> = written.iter().filter_map(|address| read_address(root, "listen", address)).collect();
    if written.is_empty() {
        root.fault("listen", "is missing: write listen = [\"127.0.0.1:9000\"]");
    }
    let admin = root.string("admin").and_then(|address| read_address(root, "admin", &address));
    let data = root.string("data").unwrap_or_else(|| "data".to_owned());
    let store = root.string("store").map(|written| (written, root.at_key("store")));
    let front = front::read(root);
    let country_table = root.string("country_table").map(|path| (path, root.at_key("country_table")));
    let access_log = root.string("access_log");
    let records = root.table("records").map(records::read).unwrap_or_default();
    let written = root.integer("workers", 1..=limits::MOST_WORKERS).and_then(|written| usize::try_from(written).ok());
    let workers = written.unwrap_or_else(limits::usual_workers);
    let limits = root.table("limits").map(|table| limits::read(table, workers));
    let limits = limits.unwrap_or_else(|| Limits::usual(workers));
    let statistics = root.table("statistics").map(statistics::read).unwrap_or_default();
    let sites: Vec<SiteFile> = root.tables("sites").into_iter().map(read_site).collect();
    if !root.has("sites") {
        root.fault("sites", "is missing: write [[sites]] with name, origin and policy");
    }
    Some(ConfigFile {
        listen,
        admin,
        data,
        store,
        front,
        country_table,
        access_log,
        records,
        workers,
        limits,
        statistics,
        sites,
    })
}

pub(super) fn read_address(table: &Table<'_, '_>, key: &str, written: &str) -> Option<SocketAddr> {
    let address = written.parse().ok();
    if address.is_none() {
        table.fault(
            key,
            format!("\"{written}\" is not an address with a port, such as \"127.0.0.1:9000\" or \"[::1]:9000\""),
        );
    }
    address
}

fn read_site(mut table: Table<'_, '_>) -> SiteFile {
    let at = table.at();
    let name = table.string("name");
    let name = table.needed("name", name).filter(|name| {
        let fits = name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !fits {
            table.fault("name", "may hold only letters, digits, '-', '_' and '.', at most 64");
        }
        fits
    });
    let hosts: Vec<String> = table.strings("hosts").iter().map(|host| host.to_ascii_lowercase()).collect();
    for host in hosts.iter().filter(|host| host.contains(['/', ' ']) || (host.contains(':') && !host.starts_with('[')))
    {
        table.fault("hosts", format!("\"{host}\" must be a host name without scheme, port or path"));
    }
    let origin = table.string("origin");
    let origin = table.needed("origin", origin);
    let (policy_at, origin_at) = (table.at_key("policy"), table.at_key("origin"));
    let (origin_name, origin_name_at) = (table.string("origin_name"), table.at_key("origin_name"));
    let (origin_ca, host, policy) = (table.string("origin_ca"), table.word("host"), table.string("policy"));
    let life = life::read(&mut table);
    let policy_body = table.string("policy_body").map(|written| (written, table.at_key("policy_body")));
    let (regime, unknown) = (table.word("regime"), table.word("unknown").unwrap_or(Unknown::Observe));
    let regions = regions::read(&mut table);
    let cacheable = table.boolean("cacheable").unwrap_or(false);
    let (tell_origin, origin_key_file) = read_tell_origin(&mut table, cacheable);
    let guardian_key_file = table.string("guardian_key_file");
    let webhooks = webhooks::read(&mut table);
    let shadow = table.boolean("shadow").unwrap_or(false);
    let prefix = table.string("prefix").unwrap_or_else(|| super::DEFAULT_PREFIX.to_owned());
    let well_formed = prefix.len() > 2
        && prefix.starts_with('/')
        && prefix.ends_with('/')
        && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte))
        && !prefix.contains("//")
        && !prefix.contains("/../");
    if !well_formed {
        table.fault("prefix", "must be a path with a slash at both ends, such as \"/.consent/\"");
    }
    let hsts = read_hsts(&mut table);
    let languages = languages::read(&mut table);
    let wording = table.table("words").map(Wording::read).unwrap_or_default();
    let look = table.table("look").map(look::read).unwrap_or_default();
    let switches = switches::read(&mut table);
    if cacheable && switches.consent_mode == ConsentMode::Advanced {
        table.fault(
            "consent_mode",
            "can't be \"advanced\" with cacheable: one page for all can't hang on what one visitor refused",
        );
    }
    if guardian_key_file.is_some() && !switches.ask_age {
        table.fault("guardian_key_file", "needs ask_age = true");
    }
    let other_tool = other_tool::read(&mut table);
    if other_tool.takes_grants() && switches.ask_age {
        table.fault("import_grants", "can't be with ask_age: nobody was asked there if they may agree alone");
    }
    let page_groups = statistics::read_groups(&mut table);
    table.finish();
    SiteFile {
        at,
        // A site with a fault is still read to its end, so that its other faults are told as well.
        name: name.unwrap_or_default(),
        hosts,
        origin,
        origin_ca,
        origin_name,
        origin_name_at,
        host,
        policy,
        policy_at,
        policy_body,
        life,
        origin_at,
        regime,
        regions,
        unknown,
        tell_origin,
        origin_key_file,
        guardian_key_file,
        webhooks,
        cacheable,
        shadow,
        prefix,
        hsts,
        languages,
        wording,
        look,
        switches,
        other_tool,
        page_groups,
    }
}

fn read_tell_origin(table: &mut Table<'_, '_>, cacheable: bool) -> (bool, Option<String>) {
    let tell_origin = table.boolean("tell_origin").unwrap_or(false);
    let key_file = table.string("origin_key_file");
    if key_file.is_some() && !tell_origin {
        table.fault("origin_key_file", "needs tell_origin = true");
    }
    if tell_origin && cacheable {
        table.fault("tell_origin", "can't be with cacheable: one page for all can't hang on what one visitor granted");
    }
    (tell_origin, key_file)
}

fn read_hsts(table: &mut Table<'_, '_>) -> Option<Hsts> {
    let days = table.integer("hsts_days", 0..=3_650).and_then(|days| u32::try_from(days).ok());
    let subdomains = table.boolean("hsts_subdomains");
    if days.is_none() && subdomains.is_some() {
        table.fault("hsts_subdomains", "needs hsts_days");
    }
    Some(Hsts { days: days?, subdomains: subdomains.unwrap_or(false) })
}
