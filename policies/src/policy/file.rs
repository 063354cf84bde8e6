//! A policy file as it was written: every value typed and with its place, nothing yet checked against anything
//! else. [`super::compile`] makes a [`super::Policy`] of it. Refuses unknown keys.

use super::{Contact, CookieSection, Handling, Notice, Redress, Regime, Retention, Right};
use crate::purpose::{Category, Purpose};
use crate::reader::{At, Table};
use crate::rules::{Lifetime, NamePattern, Recipient, Relation, StorageArea};
use crate::text::Text;
use crate::time::{Date, Period};

/// The only format there is so far.
const FORMAT: i64 = 1;

/// Everything that a policy file says.
#[derive(Debug)]
pub(super) struct PolicyFile {
    pub(super) service: Text,
    pub(super) operator: Text,
    pub(super) announced: Option<Date>,
    pub(super) effective: Date,
    pub(super) reason: Option<Text>,
    pub(super) home: String,
    pub(super) assumed: Vec<String>,
    pub(super) regime: Regime,
    pub(super) rights: Vec<Right>,
    pub(super) contact: Contact,
    pub(super) notice: Notice,
    pub(super) section: CookieSection,
    pub(super) purposes: Vec<(At, Purpose)>,
    pub(super) recipients: Vec<(String, Recipient)>,
    pub(super) handling: Handling,
    /// None where none is written: then those of the operator's country help.
    pub(super) redress: Option<Vec<Redress>>,
    pub(super) services: Vec<ServiceFile>,
    pub(super) cookies: Vec<CookieFile>,
    pub(super) storage: Vec<StorageFile>,
    pub(super) trackers: Vec<TrackerFile>,
    pub(super) retention: Vec<RetentionFile>,
}

/// One `[[retention]]`.
#[derive(Debug)]
pub(super) struct RetentionFile {
    pub(super) at: At,
    /// Without its purpose, which only the whole policy knows.
    pub(super) row: Retention,
    pub(super) purpose: Option<String>,
}

/// One `[[services]]`: a catalogued service taken over.
#[derive(Debug)]
pub(super) struct ServiceFile {
    pub(super) at: At,
    pub(super) catalog: String,
    pub(super) purpose: Option<String>,
    pub(super) period: Option<Period>,
    pub(super) relation: Option<Relation>,
    pub(super) how_to_refuse: Option<Text>,
}

/// What is said alike of cookies and of keys of browser storage.
#[derive(Debug)]
pub(super) struct KeptFile {
    pub(super) at: At,
    pub(super) pattern: NamePattern,
    pub(super) purpose: String,
    pub(super) recipient: String,
    pub(super) what: Text,
    pub(super) lifetime: Lifetime,
}

/// One `[[cookies]]`.
#[derive(Debug)]
pub(super) struct CookieFile {
    pub(super) kept: KeptFile,
    pub(super) on_request: bool,
    pub(super) despite_catalog: Option<Text>,
}

/// One `[[storage]]`.
#[derive(Debug)]
pub(super) struct StorageFile {
    pub(super) area: StorageArea,
    pub(super) kept: KeptFile,
}

/// One `[[trackers]]`.
#[derive(Debug)]
pub(super) struct TrackerFile {
    pub(super) at: At,
    pub(super) host: String,
    pub(super) path: String,
    pub(super) purpose: String,
    pub(super) recipient: String,
    pub(super) what: Text,
    pub(super) lifetime: Option<Period>,
}

/// Reads the root table. None means that something needed was missing; the table has told what.
pub(super) fn read(root: &mut Table<'_, '_>) -> Option<PolicyFile> {
    let format = root.integer("format", 1..=FORMAT);
    root.needed("format", format);
    let (service, operator) = (root.text("service"), root.text("operator"));
    let (announced, effective) = (root.date("announced"), root.date("effective"));
    let reason = root.text("reason");
    let home = read_country(root, "home").unwrap_or_else(|| "KR".to_owned());
    let regime = root.word("regime");
    let contact = root.table("contact").and_then(read_contact);
    let section = root.table("section").and_then(read_section);
    let mut purposes = Vec::new();
    for table in root.tables("purposes") {
        purposes.extend(read_purpose(table));
    }
    if !root.has("purposes") {
        root.fault("purposes", "is missing: write at least [[purposes]] with id = \"necessary\"");
    }
    let recipients: Vec<_> = root.named_tables("recipients").into_iter().filter_map(read_recipient).collect();
    let services: Vec<_> = root.tables("services").into_iter().filter_map(read_service).collect();
    let cookies: Vec<_> = root.tables("cookies").into_iter().filter_map(read_cookie).collect();
    let storage: Vec<_> = root.tables("storage").into_iter().filter_map(read_storage).collect();
    let trackers: Vec<_> = root.tables("trackers").into_iter().filter_map(read_tracker).collect();
    let retention: Vec<_> = root.tables("retention").into_iter().filter_map(read_retention).collect();
    let notice = root.table("notice").map(read_notice).unwrap_or_default();
    let handling = root.table("handling").map(read_handling).unwrap_or_default();
    let bodies: Vec<_> = root.tables("redress").into_iter().filter_map(read_redress).collect();
    let redress = root.has("redress").then_some(bodies);
    let (assumed, rights) = (root.strings("assumed"), root.words("rights"));
    Some(PolicyFile {
        service: root.needed("service", service)?,
        operator: root.needed("operator", operator)?,
        announced,
        effective: root.needed("effective", effective)?,
        reason,
        home,
        assumed,
        regime: root.needed("regime", regime)?,
        rights,
        contact: root.needed("contact", contact)?,
        notice,
        section: root.needed("section", section)?,
        purposes,
        recipients,
        handling,
        redress,
        services,
        cookies,
        storage,
        trackers,
        retention,
    })
}

fn read_contact(mut table: Table<'_, '_>) -> Option<Contact> {
    let (role, address) = (table.text("role"), table.string("address"));
    let contact = (table.needed("role", role), table.needed("address", address));
    let phone = table.string("phone");
    table.finish();
    Some(Contact { role: contact.0?, address: contact.1?, phone })
}

fn read_handling(mut table: Table<'_, '_>) -> Handling {
    let handling = Handling {
        collection: table.text("collection"),
        destruction: table.text("destruction"),
        exercise: table.text("exercise"),
        safety: table.text("safety"),
    };
    table.finish();
    handling
}

/// One body that helps.
pub(super) fn read_redress(mut table: Table<'_, '_>) -> Option<Redress> {
    let (name, address) = (table.text("name"), table.string("address"));
    let (name, address) = (table.needed("name", name), table.needed("address", address));
    let phone = table.string("phone");
    table.finish();
    Some(Redress { name: name?, address: address?, phone })
}

fn read_notice(mut table: Table<'_, '_>) -> Notice {
    let mut days = |key| table.integer(key, 0..=365).and_then(|days| u16::try_from(days).ok());
    let notice = Notice { ordinary_days: days("ordinary_days"), material_days: days("material_days") };
    table.finish();
    notice
}

fn read_section(mut table: Table<'_, '_>) -> Option<CookieSection> {
    let title = table.text("title");
    let title = table.needed("title", title);
    let paragraphs = table.texts("paragraphs");
    if paragraphs.is_empty() {
        table.fault("paragraphs", "needs at least one paragraph { ko = \"…\", en = \"…\" }");
    }
    let refusal_modes = table.words("refusal_modes");
    table.finish();
    Some(CookieSection { title: title?, paragraphs, refusal_modes })
}

fn read_purpose(mut table: Table<'_, '_>) -> Option<(At, Purpose)> {
    let at = table.at();
    let id = table.string("id");
    let id = table.needed("id", id);
    let category = table.word::<Category>("category");
    let category = table.needed("category", category);
    let (name, about) = (table.text("name"), table.text("about"));
    let (name, about) = (table.needed("name", name), table.needed("about", about));
    let consequence = table.text("consequence");
    let meaning_since = table.date("meaning_since");
    table.finish();
    Some((at, Purpose { id: id?, category: category?, name: name?, about: about?, consequence, meaning_since }))
}

fn read_recipient((key, mut table): (String, Table<'_, '_>)) -> Option<(String, Recipient)> {
    let (company, privacy) = (table.text("company"), table.string("privacy"));
    let (company, privacy) = (table.needed("company", company), table.needed("privacy", privacy));
    let country = read_country(&mut table, "country");
    let country = table.needed("country", country);
    let (items, period, how_to_refuse) = (table.text("items"), table.period("period"), table.text("how_to_refuse"));
    let relation = table.word("relation").unwrap_or(Relation::Processor);
    table.finish();
    let (company, country, privacy) = (company?, country?, privacy?);
    Some((key, Recipient { company, country, privacy, items, period, relation, how_to_refuse }))
}

fn read_country(table: &mut Table<'_, '_>, key: &'static str) -> Option<String> {
    let country = table.string(key)?;
    let fits = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    if !fits {
        table.fault(key, "must be two capital letters (ISO 3166), such as \"KR\"");
    }
    fits.then_some(country)
}

fn read_service(mut table: Table<'_, '_>) -> Option<ServiceFile> {
    let at = table.at();
    let catalog = table.string("catalog");
    let catalog = table.needed("catalog", catalog);
    let (purpose, period) = (table.string("purpose"), table.period("period"));
    let (relation, how_to_refuse) = (table.word("relation"), table.text("how_to_refuse"));
    table.finish();
    Some(ServiceFile { at, catalog: catalog?, purpose, period, relation, how_to_refuse })
}

/// Reads `name`, `prefix` or `suffix`: exactly one.
pub(crate) fn read_pattern(table: &mut Table<'_, '_>) -> Option<NamePattern> {
    let (name, prefix, suffix) = (table.string("name"), table.string("prefix"), table.string("suffix"));
    let mut written = [name.map(NamePattern::Exact), prefix.map(NamePattern::Prefix), suffix.map(NamePattern::Suffix)];
    let count = written.iter().flatten().count();
    if count != 1 {
        table.report(table.at().fault("needs exactly one of name, prefix, suffix"));
        return None;
    }
    written.iter_mut().find_map(Option::take)
}

/// Reads a lifetime: a period or `"session"`.
pub(crate) fn read_lifetime(table: &mut Table<'_, '_>) -> Option<Lifetime> {
    let written = table.string("lifetime")?;
    let lifetime = match written.as_str() {
        "session" => Some(Lifetime::Session),
        period => Period::parse(period).map(Lifetime::Period),
    };
    if lifetime.is_none() {
        table.fault("lifetime", format!("is \"{written}\": write \"session\" or a period such as \"P30D\" or \"P2Y\""));
    }
    lifetime
}

fn read_kept(table: &mut Table<'_, '_>) -> Option<KeptFile> {
    let at = table.at();
    let pattern = read_pattern(table);
    let (purpose, recipient, what) = (table.string("purpose"), table.string("recipient"), table.text("what"));
    let (purpose, recipient) = (table.needed("purpose", purpose), table.needed("recipient", recipient));
    let what = table.needed("what", what);
    let lifetime = read_lifetime(table);
    let lifetime = table.needed("lifetime", lifetime);
    let (pattern, purpose, recipient) = (pattern?, purpose?, recipient?);
    Some(KeptFile { at, pattern, purpose, recipient, what: what?, lifetime: lifetime? })
}

fn read_cookie(mut table: Table<'_, '_>) -> Option<CookieFile> {
    let kept = read_kept(&mut table);
    let on_request = table.boolean("on_request").unwrap_or(false);
    let despite_catalog = table.text("despite_catalog");
    table.finish();
    Some(CookieFile { kept: kept?, on_request, despite_catalog })
}

fn read_storage(mut table: Table<'_, '_>) -> Option<StorageFile> {
    let area = table.word("area");
    let area = table.needed("area", area);
    let kept = read_kept(&mut table);
    table.finish();
    Some(StorageFile { area: area?, kept: kept? })
}

fn read_tracker(mut table: Table<'_, '_>) -> Option<TrackerFile> {
    let at = table.at();
    let host = table.string("host");
    let host = table.needed("host", host).filter(|host| {
        let fits = !host.contains(['/', ':', '*', ' ']) && !host.bytes().any(|byte| byte.is_ascii_uppercase());
        if !fits {
            table.fault(
                "host",
                "must be a host name in lower case without scheme, port or stars; subdomains are covered by themselves",
            );
        }
        fits
    });
    // Browsers ask for letters beyond ASCII in punycode.
    let host = host.and_then(|host| {
        let ascii = idna::domain_to_ascii(&host).ok();
        if ascii.is_none() {
            table.fault("host", format!("\"{host}\" is not a name that a host can have"));
        }
        ascii
    });
    let path = table.string("path").unwrap_or_default();
    if !path.is_empty() && !path.starts_with('/') {
        table.fault("path", "must begin with a slash");
    }
    let (purpose, recipient, what) = (table.string("purpose"), table.string("recipient"), table.text("what"));
    let (purpose, recipient) = (table.needed("purpose", purpose), table.needed("recipient", recipient));
    let what = table.needed("what", what);
    let lifetime = table.period("lifetime");
    table.finish();
    Some(TrackerFile { at, host: host?, path, purpose: purpose?, recipient: recipient?, what: what?, lifetime })
}

fn read_retention(mut table: Table<'_, '_>) -> Option<RetentionFile> {
    let at = table.at();
    let (record, period, basis) = (table.text("record"), table.period("period"), table.word("basis"));
    let (record, period) = (table.needed("record", record), table.needed("period", period));
    let basis = table.needed("basis", basis);
    let (law, classes, purpose) = (table.text("law"), table.words("classes"), table.string("purpose"));
    table.finish();
    let row = Retention { record: record?, period: period?, basis: basis?, law, classes, purpose: None };
    Some(RetentionFile { at, row, purpose })
}
