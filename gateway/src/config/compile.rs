//! Makes a [`Config`] of a file, or of the command line's few words. Relative paths are relative to the file.
//! Faults of the file and of every policy it names are told together, each with its file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use policies::Timestamp;
use policies::policy::Fault;
use policies::policy::history::{History, Version};
use policies::policy::wording::Wording;
use policies::reader::read_file;
use policies::rules::catalog::Catalog;

use super::bodies::{self, Named};
use super::country_table::CountryTable;
use super::file::{self, ConfigFile, SiteFile};
use super::life::{self, LifeKeys};
use super::origin;
use super::other_tool::OtherToolFile;
use super::regions::{self, Around, RegionsFile};
use super::statistics::{PageGroups, Statistics};
use super::webhooks;
use super::{
    Config, Countries, Doubt, Enforced, Front, HostMode, Life, Limits, Look, Outcome, Postgres, Records, Settings,
    SiteConfig, Switches, Unknown, usual_workers,
};

/// The reserved path, unless a site's configuration names another.
pub const DEFAULT_PREFIX: &str = "/.consent/";

/// The policy of a site that names none: opt-in.
pub const STARTER: &str = include_str!("../../../policies/documents/starter/opt-in.toml");

/// One fault and the file it stands in.
pub type FileFault = (PathBuf, Fault);

/// Reads and compiles a configuration file with the policies it names. Each site's policy is the version in force at `now`.
///
/// # Errors
/// Every fault of every file, each with its file.
pub fn load(path: &Path, now: Timestamp) -> Result<Config, Vec<FileFault>> {
    let fault = |fault: Fault| vec![(path.to_owned(), fault)];
    let source =
        std::fs::read_to_string(path).map_err(|error| fault(Fault::new("", 0, format!("can't be read: {error}"))))?;
    compile(&source, path, now)
}

/// Compiles the text of a configuration file as [`load`] does; `path` is where it stands, for relative paths and messages.
///
/// # Errors
/// Every fault of every file, each with its file.
pub fn compile(source: &str, path: &Path, now: Timestamp) -> Result<Config, Vec<FileFault>> {
    let read = read_file(source, file::read);
    let mut faults: Vec<FileFault> = read.faults.into_iter().map(|fault| (path.to_owned(), fault)).collect();
    let Some(mut file) = read.value else { return Err(faults) };
    let folder = path.parent().unwrap_or(Path::new(""));
    let with_table = file.country_table.is_some();
    file.front.countries.table = country_table(&file, folder, path, &mut faults);
    let countries = file.front.countries.clone();
    check_hosts(&file, path, &mut faults);
    let catalog = bundled_catalog(&mut faults);
    let data = folder.join(&file.data);
    let store = file.store.as_ref().and_then(|(written, at)| {
        let read = Postgres::named(written, folder);
        read.map_err(|message| faults.push((path.to_owned(), at.fault(message)))).ok()
    });
    let mut forgiven = Vec::new();
    let compiled = file.sites.into_iter().filter_map(|site| {
        let place = Place { folder, path, data: &data, catalog: &catalog, countries: &countries, with_table, now };
        compile_site(site, &place, &mut faults, &mut forgiven)
    });
    let sites: Vec<SiteConfig> = compiled.collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let records = file.records.below(folder, &data);
    Ok(Config {
        listen: file.listen,
        admin: file.admin,
        data,
        store,
        front: file.front.below(folder),
        access_log: file.access_log.map(|log| folder.join(log)),
        records,
        workers: file.workers,
        limits: file.limits,
        statistics: file.statistics,
        tried_alone: false,
        sites: Settings::told(sites, source),
        forgiven,
        catalog: Arc::new(catalog),
    })
}

/// Where a site is described.
struct Place<'p> {
    folder: &'p Path,
    path: &'p Path,
    data: &'p Path,
    catalog: &'p Catalog,
    countries: &'p Countries,
    /// Whether a table of networks is named, even one with faults.
    with_table: bool,
    /// When it is read.
    now: Timestamp,
}

fn country_table(
    file: &ConfigFile,
    folder: &Path,
    path: &Path,
    faults: &mut Vec<FileFault>,
) -> Option<Arc<CountryTable>> {
    let (written, at) = file.country_table.as_ref()?;
    let table = folder.join(written);
    let in_place = |fault: Fault| match fault.line {
        0 => (path.to_owned(), at.fault(format!("{} {}", table.display(), fault.message))),
        _ => (table.clone(), fault),
    };
    let loaded = CountryTable::load(&table);
    loaded.map_err(|found| faults.extend(found.into_iter().map(in_place))).ok().map(Arc::new)
}

/// The data folder that a configuration file names, and its sites; whatever else is wrong with it. For commands beside
/// a gateway that runs, which must work while somebody is half way through a change.
///
/// # Errors
/// A sentence, where the file can't be read at all.
pub fn places(path: &Path) -> Result<(PathBuf, Vec<String>), String> {
    let source =
        std::fs::read_to_string(path).map_err(|error| format!("{}: can't be read: {error}", path.display()))?;
    let file =
        read_file(&source, file::read).value.ok_or_else(|| format!("{}: is no configuration", path.display()))?;
    let sites = file.sites.into_iter().map(|site| site.name).collect();
    Ok((path.parent().unwrap_or(Path::new("")).join(file.data), sites))
}

/// The files that a configuration is made of, as far as it can be read: itself, and the policies and tables that it names.
#[must_use]
pub fn files(path: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_to_string(path).ok().and_then(|source| read_file(&source, file::read).value);
    let (sites, table) = read.map(|file| (file.sites, file.country_table)).unwrap_or_default();
    let folder = path.parent().unwrap_or(Path::new(""));
    let policies = sites.into_iter().flat_map(|site| {
        let policy = site.policy.map(|policy| folder.join(policy));
        let versions =
            policy.map_or_else(Vec::new, |policy| life::versions_in(&policy).unwrap_or_else(|_| vec![policy]));
        let beside: Vec<_> = versions.iter().flat_map(|version| bodies::beside(version)).collect();
        let named = site.policy_body.map(|(body, _)| folder.join(body));
        versions.into_iter().chain(beside).chain(named)
    });
    let table = table.map(|(table, _)| folder.join(table));
    std::iter::once(path.to_owned()).chain(policies).chain(table).collect()
}

/// A fault as people are told it: `file:line: key: message`.
#[must_use]
pub fn told((path, fault): &FileFault) -> String {
    let place = match (path.as_os_str().is_empty(), fault.line) {
        (true, _) => String::new(),
        (false, 0) => format!("{}: ", path.display()),
        (false, line) => format!("{}:{line}: ", path.display()),
    };
    let key = if fault.key.is_empty() { String::new() } else { format!("{}: ", fault.key) };
    format!("{place}{key}{}", fault.message)
}

/// What the command line says instead of a file.
#[derive(Clone, Debug)]
pub struct OriginOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The origin's URL.
    pub origin: String,
    /// A policy file, or a folder of versions; None: the starter policy, opt-in.
    pub policy: Option<PathBuf>,
    /// The data folder.
    pub data: PathBuf,
    /// The admin listener; None: none.
    pub admin: Option<SocketAddr>,
    /// Whether to strip nothing.
    pub shadow: bool,
    /// Which `Host` the origin is told; None: the visitor's for loopback http origins, else the origin's.
    pub host: Option<HostMode>,
}

/// The configuration of one site for every host, as the command line implies it. Its policy is the version in force at `now`.
///
/// # Errors
/// Every fault, each with its file; faults of the command line itself stand under the empty path.
pub fn for_origin(options: OriginOptions, now: Timestamp) -> Result<Config, Vec<FileFault>> {
    let mut faults = Vec::new();
    let catalog = bundled_catalog(&mut faults);
    let nowhere = policies::reader::At { key: String::new(), line: 0 };
    let site = SiteFile {
        at: nowhere.clone(),
        name: "site".to_owned(),
        hosts: Vec::new(),
        origin: Some(options.origin),
        origin_ca: None,
        origin_name: None,
        origin_name_at: nowhere.clone(),
        host: options.host,
        policy: options.policy.map(|path| path.to_string_lossy().into_owned()),
        policy_at: nowhere.clone(),
        policy_body: None,
        life: LifeKeys::default(),
        origin_at: nowhere,
        regime: None,
        regions: RegionsFile::default(),
        unknown: Unknown::Observe,
        tell_origin: false,
        origin_key_file: None,
        guardian_key_file: None,
        webhooks: Vec::new(),
        cacheable: false,
        shadow: options.shadow,
        prefix: DEFAULT_PREFIX.to_owned(),
        hsts: None,
        languages: super::Languages::default(),
        wording: Wording::default(),
        look: Look::default(),
        switches: Switches::default(),
        other_tool: OtherToolFile::default(),
        page_groups: PageGroups::default(),
    };
    let (nowhere, countries) = (Path::new(""), Countries::default());
    let place = Place {
        folder: nowhere,
        path: nowhere,
        data: nowhere,
        catalog: &catalog,
        countries: &countries,
        with_table: false,
        now,
    };
    let site = compile_site(site, &place, &mut faults, &mut Vec::new());
    match site {
        Some(site) if faults.is_empty() => Ok(Config {
            listen: vec![options.listen],
            admin: options.admin,
            records: Records::within(&options.data),
            data: options.data,
            store: None,
            front: Front::default(),
            access_log: None,
            workers: usual_workers(),
            limits: Limits::usual(usual_workers()),
            statistics: Statistics::default(),
            tried_alone: options.shadow && options.listen.ip().is_loopback(),
            sites: vec![Settings::implied(site)],
            forgiven: Vec::new(),
            catalog: Arc::new(catalog),
        }),
        _ => Err(faults),
    }
}

fn bundled_catalog(faults: &mut Vec<FileFault>) -> Catalog {
    Catalog::bundled().unwrap_or_else(|found| {
        faults.extend(found.into_iter().map(|fault| (PathBuf::from("the bundled catalogue"), fault)));
        Catalog::default()
    })
}

fn compile_site(
    site: SiteFile,
    place: &Place<'_>,
    faults: &mut Vec<FileFault>,
    forgiven: &mut Vec<FileFault>,
) -> Option<SiteConfig> {
    let Place { folder, path, data, catalog, now, .. } = *place;
    let origin = site.origin.as_deref().map(origin::parse).and_then(|origin| {
        origin.map_err(|message| faults.push((path.to_owned(), site.origin_at.fault(message)))).ok()
    });
    if let (Some(name), Some(origin)) = (&site.origin_name, &origin)
        && let Err(message) = origin::check_name(name, origin)
    {
        faults.push((path.to_owned(), site.origin_name_at.fault(message)));
    }
    let mut missing = Vec::new();
    let written = site.policy.as_ref().map(|policy| folder.join(policy));
    let history = life::read_history(written.as_deref(), (path, &site.policy_at), catalog, &mut missing);
    let may_miss = site.switches.on_doubt.outcome(Doubt::PolicyMissing) == Outcome::Open;
    let policy_missing = history.is_none() && may_miss;
    if may_miss {
        forgiven.extend(missing)
    } else {
        faults.extend(missing)
    }
    let in_its_place = || if may_miss { life::starter(catalog, faults) } else { None };
    let history = Arc::new(history.or_else(in_its_place)?);
    let mut found = Vec::new();
    let under = |version: &Version| enforced(&site, version, &history, place, &mut found);
    let (life, first) = Life::begin(Arc::clone(&history), site.life.clone(), now, faults, under);
    let webhooks = webhooks::compile(site.webhooks, &site.name, (folder, data), &mut found);
    faults.extend(found.into_iter().map(|fault| (path.to_owned(), fault)));
    let named = Named {
        body: site.policy_body.as_ref().map(|(body, at)| (body.as_str(), at.clone())),
        policy: written.as_deref(),
        config: path,
        folder,
    };
    let bodies = bodies::read(&named, &history, faults);
    let origin = origin?;
    let origin_key =
        site.origin_key_file.map_or_else(|| data.join(format!("origin-{}.key", site.name)), |file| folder.join(file));
    let local = origin.scheme_str() == Some("http") && origin.host().is_some_and(origin::is_loopback);
    Some(SiteConfig {
        name: site.name,
        hosts: site.hosts,
        host: site.host.unwrap_or(if local { HostMode::Visitor } else { HostMode::Origin }),
        origin,
        origin_ca: site.origin_ca.map(|ca| folder.join(ca)),
        origin_name: site.origin_name,
        regime: first.regime,
        regions: first.regions,
        policy: first.policy,
        policy_source: first.source,
        bodies,
        life,
        unknown: site.unknown,
        origin_key: site.tell_origin.then_some(origin_key),
        guardian_key: site.guardian_key_file.map(|file| folder.join(file)),
        webhooks,
        cacheable: site.cacheable,
        shadow: site.shadow,
        plain: false,
        prefix: site.prefix,
        hsts: site.hsts,
        languages: site.languages,
        wording: Arc::new(site.wording),
        look: site.look,
        switches: site.switches,
        other_tool: first.other_tool,
        page_groups: site.page_groups,
        policy_missing,
        settings: Settings::default(),
    })
}

/// What a site enforces under one version of its policy.
fn enforced(
    site: &SiteFile,
    version: &Version,
    history: &History,
    place: &Place<'_>,
    faults: &mut Vec<Fault>,
) -> Enforced {
    let policy = &version.policy;
    let regime = site.regime.unwrap_or(policy.regime);
    let told_by = place.countries.headers().cloned().collect();
    let around = Around { regime, at: &site.at, policy, told_by, with_table: place.with_table };
    let (regions, mut found) = regions::compile(&site.regions, around);
    // A purpose of another version is no mistake: the table is one for all of them.
    let is_known = |id: &str| history.versions().iter().any(|version| version.policy.index_of(id).is_some());
    let (other_tool, wrong) = site.other_tool.compile(policy, is_known);
    found.extend(wrong);
    // What is wrong under every version is told once.
    found.retain(|fault| !faults.contains(fault));
    faults.extend(found);
    Enforced { policy: Arc::clone(policy), source: Arc::clone(&version.source), regime, regions, other_tool }
}

fn check_hosts(file: &ConfigFile, path: &Path, faults: &mut Vec<FileFault>) {
    let mut fault =
        |site: &SiteFile, key: &str, message: String| faults.push((path.to_owned(), site.at.fault_at(key, message)));
    for (place, site) in file.sites.iter().enumerate() {
        let earlier = file.sites.get(..place).unwrap_or_default();
        if earlier.iter().any(|other| other.name == site.name) {
            fault(site, "name", format!("\"{}\" is the name of an earlier site", site.name));
        }
        if site.hosts.is_empty() && file.sites.len() > 1 {
            fault(site, "hosts", "is missing: with several sites each names its hosts".to_owned());
        }
        for host in site.hosts.iter().filter(|host| earlier.iter().any(|other| other.hosts.contains(host))) {
            fault(site, "hosts", format!("\"{host}\" belongs to an earlier site"));
        }
    }
}
