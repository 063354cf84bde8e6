//! What visitors come through before a site answers: certificates, redirects to https, and proxies in front that
//! are believed. Refuses switches that would do nothing, or would believe anybody.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::header::HeaderName;
use policies::policy::FileWord;
use policies::reader::Table;

use super::country_table::CountryTable;
use super::file::read_address;
use super::{Prefix, Scheme};

/// The way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Front {
    /// Certificates, where this process ends TLS itself; the first also for those who ask for no name or another.
    pub certificates: Vec<TlsFiles>,
    /// How visitors reach it, unless a believed proxy says otherwise.
    pub public_scheme: Scheme,
    /// Plain listeners that lead to https; whom a believed proxy calls an https visitor is served.
    pub redirect_http: Vec<SocketAddr>,
    /// Whether visitors who came by http, as a believed proxy says, are led to https.
    pub https_only: bool,
    /// The port of https as browsers see it.
    pub https_port: u16,
    /// Whether every connection of visitors begins with a PROXY protocol head.
    pub proxy_protocol: bool,
    /// Who is believed about the visitor.
    pub trust: Trust,
    /// Who knows in which country a visitor is.
    pub countries: Countries,
}

/// Headers that mean something else.
const SPOKEN_FOR: [&str; 6] = ["cookie", "host", "authorization", "content-length", "content-type", "connection"];

impl Default for Front {
    fn default() -> Self {
        Self {
            certificates: Vec::new(),
            public_scheme: Scheme::Http,
            redirect_http: Vec::new(),
            https_only: false,
            https_port: 443,
            proxy_protocol: false,
            trust: Trust::default(),
            countries: Countries::default(),
        }
    }
}

/// Who knows in which country a visitor is. A believed proxy's header goes before the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Countries {
    /// The header in which believed proxies write the country.
    pub header: Option<HeaderName>,
    /// The header in which they write what ISO 3166-2 puts behind it.
    pub subdivision: Option<HeaderName>,
    /// The country of an address.
    pub table: Option<Arc<CountryTable>>,
}

impl Countries {
    /// The headers that only believed proxies may write.
    pub fn headers(&self) -> impl Iterator<Item = &HeaderName> {
        self.header.iter().chain(&self.subdivision)
    }
}

/// A certificate chain and its key, PEM files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TlsFiles {
    /// The chain, the leaf first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Which proxies in front are believed, and which headers they write themselves. What else they hand on is a
/// stranger's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust {
    /// By address prefix.
    pub proxies: Vec<Prefix>,
    /// What they write.
    pub headers: Vec<ProxyHeader>,
}

impl Default for Trust {
    fn default() -> Self {
        Self { proxies: Vec::new(), headers: vec![ProxyHeader::XForwardedFor, ProxyHeader::XForwardedProto] }
    }
}

impl Trust {
    /// Whether an address is a believed proxy's.
    #[must_use]
    pub fn believes(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|prefix| prefix.contains(address))
    }

    /// Whether believed proxies write this header themselves.
    #[must_use]
    pub fn reads(&self, header: ProxyHeader) -> bool {
        self.headers.contains(&header)
    }
}

/// A header by which a proxy tells of the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeader {
    /// `Forwarded`.
    Forwarded,
    /// `X-Forwarded-For`.
    XForwardedFor,
    /// `X-Forwarded-Proto`.
    XForwardedProto,
    /// `X-Forwarded-Host`.
    XForwardedHost,
}

impl FileWord for ProxyHeader {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("forwarded", Self::Forwarded),
        ("x-forwarded-for", Self::XForwardedFor),
        ("x-forwarded-proto", Self::XForwardedProto),
        ("x-forwarded-host", Self::XForwardedHost),
    ];
}

impl Front {
    /// The same with paths relative to a folder.
    pub(super) fn below(mut self, folder: &Path) -> Self {
        for files in &mut self.certificates {
            files.certificate = folder.join(&files.certificate);
            files.key = folder.join(&files.key);
        }
        self
    }
}

/// Reads the keys of the way in from the root table.
pub(super) fn read(root: &mut Table<'_, '_>) -> Front {
    let certificates = root.table("tls").map(read_certificates).unwrap_or_default();
    let ends_tls = !certificates.is_empty();
    let public_scheme = root.word("public_scheme").unwrap_or(if ends_tls { Scheme::Https } else { Scheme::Http });
    let redirects = root.strings("redirect_http");
    let redirect_http = redirects.iter().filter_map(|written| read_address(root, "redirect_http", written)).collect();
    let https_port = root.integer("https_port", 1..=65_535).and_then(|port| u16::try_from(port).ok()).unwrap_or(443);
    let front = Front {
        certificates,
        public_scheme,
        redirect_http,
        https_only: root.boolean("https_only").unwrap_or(false),
        https_port,
        proxy_protocol: root.boolean("proxy_protocol").unwrap_or(false),
        trust: read_trust(root),
        countries: read_countries(root),
    };
    check(root, &front);
    front
}

fn read_certificates(mut table: Table<'_, '_>) -> Vec<TlsFiles> {
    let more = table.tables("certificates");
    let single = more.is_empty() || table.has("certificate") || table.has("key");
    let single = if single { read_files(&mut table) } else { None };
    let more = more.into_iter().filter_map(|mut table| {
        let files = read_files(&mut table);
        table.finish();
        files
    });
    let certificates = single.into_iter().chain(more).collect();
    table.finish();
    certificates
}

fn read_files(table: &mut Table<'_, '_>) -> Option<TlsFiles> {
    let (certificate, key) = (table.string("certificate"), table.string("key"));
    let (certificate, key) = (table.needed("certificate", certificate), table.needed("key", key));
    Some(TlsFiles { certificate: certificate?.into(), key: key?.into() })
}

fn read_trust(root: &mut Table<'_, '_>) -> Trust {
    let written = root.strings("trusted_proxies");
    let proxies = written.iter().filter_map(|written| {
        let prefix = Prefix::parse(written);
        if prefix.is_none() {
            root.fault("trusted_proxies", format!("\"{written}\" is not an address or prefix such as \"10.0.0.0/8\""));
        }
        prefix
    });
    let mut trust = Trust { proxies: proxies.collect(), ..Trust::default() };
    if root.has("proxy_headers") {
        trust.headers = root.words("proxy_headers");
    }
    if trust.reads(ProxyHeader::Forwarded) && trust.headers.len() > 1 {
        root.fault(
            "proxy_headers",
            "names \"forwarded\" beside others: name what the proxies write, and drop the rest",
        );
    }
    trust
}

fn read_countries(root: &mut Table<'_, '_>) -> Countries {
    let mut header = |key| {
        let written = root.string(key)?;
        let name = HeaderName::try_from(written.as_str()).ok().filter(|name| !SPOKEN_FOR.contains(&name.as_str()));
        if name.is_none() {
            root.fault(key, format!("\"{written}\" is no header that could tell it, such as \"CF-IPCountry\""));
        }
        name
    };
    let (header, subdivision) = (header("country_header"), header("subdivision_header"));
    if subdivision.is_some() && header.is_none() {
        root.fault("subdivision_header", "needs country_header: a subdivision alone is of no country");
    }
    Countries { header, subdivision, table: None }
}

fn check(root: &Table<'_, '_>, front: &Front) {
    let nobody = front.trust.proxies.is_empty();
    if !front.redirect_http.is_empty() && front.public_scheme == Scheme::Http {
        root.fault("redirect_http", "leads to https, which nobody serves: write [tls], or public_scheme = \"https\"");
    }
    if front.https_only && front.public_scheme == Scheme::Http {
        root.fault("https_only", "leads to https, which nobody serves: write public_scheme = \"https\"");
    }
    if front.https_only && nobody {
        root.fault("https_only", "needs trusted_proxies: only they can tell that a visitor came by http");
    }
    if root.has("proxy_headers") && nobody {
        root.fault("proxy_headers", "needs trusted_proxies: the proxies that write them");
    }
    if front.countries.header.is_some() && nobody {
        root.fault("country_header", "needs trusted_proxies: anybody could write it");
    }
    if front.proxy_protocol && nobody {
        root.fault("proxy_protocol", "needs trusted_proxies: the balancers whose word is taken");
    }
}
