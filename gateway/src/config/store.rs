//! Where evidence and counts are stored: in the data folder, or in a PostgreSQL database that several gateways share.
//!
//! Refuses a way in the clear to another machine, and to repeat what stands in an address: it may hold a password. Invariant: neither
//! `Debug` nor a message shows more of it than database and hosts.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::config::{Host, SslMode};

/// Where Debian's server has its socket.
const USUAL_SOCKET: &str = "/var/run/postgresql";
/// How long each address of a server may take to answer, unless its URL says otherwise.
const CONNECT: Duration = Duration::from_secs(3);
/// When a connection that says nothing is asked whether it lives.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// When a connection is given up whose other end takes nothing.
const UNTAKEN: Duration = Duration::from_secs(10);

const EXAMPLE: &str = "write it as \"postgres://user@host/database\", \"env:NAME\" for an environment variable that holds it, or \"file:PATH\" for a file that does";

/// A PostgreSQL database.
#[derive(Clone, PartialEq, Eq)]
pub struct Postgres {
    server: tokio_postgres::Config,
    shown: String,
    encrypted: bool,
    authorities: Option<PathBuf>,
}

impl Postgres {
    /// What the driver is told.
    #[must_use]
    pub const fn server(&self) -> &tokio_postgres::Config {
        &self.server
    }

    /// Whether the way to it is TLS, with its certificate checked.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whose certificates it may show; None: those the system trusts.
    #[must_use]
    pub fn authorities(&self) -> Option<&Path> {
        self.authorities.as_deref()
    }

    /// Reads what names a database: a URL, `env:NAME` or `file:PATH`; relative paths are relative to the folder.
    ///
    /// # Errors
    /// A sentence that repeats nothing of the URL.
    pub fn named(written: &str, folder: &Path) -> Result<Self, String> {
        told_elsewhere(written, folder).and_then(|url| Self::parse(url.trim(), folder))
    }

    /// Reads a URL; a relative `sslrootcert` is relative to the folder.
    ///
    /// # Errors
    /// A sentence that repeats nothing of it.
    pub fn parse(url: &str, folder: &Path) -> Result<Self, String> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(format!("is no address of a PostgreSQL database: {EXAMPLE}"));
        }
        let (plain, mode, authorities) = without_tls(url);
        // The parser's own words may repeat the address.
        let mut server = tokio_postgres::Config::from_str(&plain).map_err(|_| {
            format!("can't be read (a character of a password may have to be written as %XX): {EXAMPLE}")
        })?;
        if server.get_hosts().is_empty() && server.get_hostaddrs().is_empty() {
            server.host_path(USUAL_SOCKET);
        }
        let encrypted = encryption(&server, mode.as_deref())?;
        server.ssl_mode(if encrypted { SslMode::Require } else { SslMode::Disable });
        if server.get_connect_timeout().is_none() {
            server.connect_timeout(CONNECT);
        }
        if server.get_application_name().is_none() {
            server.application_name("consent-gateway");
        }
        server.keepalives_idle(KEEPALIVE).tcp_user_timeout(UNTAKEN);
        let shown = shown(&server);
        Ok(Self { server, shown, encrypted, authorities: authorities.map(|file| folder.join(file)) })
    }
}

/// Database and hosts.
impl std::fmt::Display for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

/// As [`std::fmt::Display`]: the driver's own would name the user.
impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Postgres({})", self.shown)
    }
}

fn told_elsewhere(written: &str, folder: &Path) -> Result<String, String> {
    if let Some(name) = written.strip_prefix("env:") {
        return std::env::var(name).map_err(|_| format!("names the environment variable {name}, which is not set"));
    }
    if let Some(file) = written.strip_prefix("file:") {
        let file = folder.join(file);
        return std::fs::read_to_string(&file)
            .map_err(|error| format!("names the file {}, which can't be read: {error}", file.display()));
    }
    Ok(written.to_owned())
}

/// The address without what it says of TLS, which is this program's to settle; `sslmode` and `sslrootcert`.
fn without_tls(url: &str) -> (String, Option<String>, Option<String>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None, None) };
    let (mut mode, mut authorities, mut rest) = (None, None, Vec::new());
    for pair in query.split('&') {
        let decoded = form_urlencoded::parse(pair.as_bytes()).next();
        match decoded.as_ref().map(|(key, value)| (&**key, &**value)) {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => authorities = Some(value.to_owned()),
            _ => rest.push(pair),
        }
    }
    let mark = if rest.is_empty() { "" } else { "?" };
    (format!("{base}{mark}{}", rest.join("&")), mode, authorities)
}

fn encryption(server: &tokio_postgres::Config, mode: Option<&str>) -> Result<bool, String> {
    match (mode, is_this_machine(server)) {
        (None | Some("disable" | "allow" | "prefer"), true) => Ok(false),
        (None | Some("require" | "verify-ca" | "verify-full"), _) => Ok(true),
        (Some("disable" | "allow" | "prefer"), false) => Err(
            "has an sslmode that lets evidence travel in the clear to another machine: leave sslmode out, and the server's certificate is checked; its authority is named by sslrootcert"
                .to_owned(),
        ),
        (Some(_), _) => Err("has an unknown sslmode: leave it out, or write sslmode=verify-full".to_owned()),
    }
}

/// Whether every host is a socket or loopback.
fn is_this_machine(server: &tokio_postgres::Config) -> bool {
    let addresses = server.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().all(std::net::IpAddr::is_loopback);
    }
    server.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Unix(_) => true,
    })
}

fn shown(server: &tokio_postgres::Config) -> String {
    let mut shown = format!("the PostgreSQL database {}", server.get_dbname().unwrap_or("of the user's own name"));
    for (place, host) in server.get_hosts().iter().enumerate() {
        let parting = if place == 0 { " at " } else { ", " };
        // Writing to a string can't fail.
        match host {
            Host::Tcp(name) => write!(shown, "{parting}{name}").ok(),
            Host::Unix(folder) => write!(shown, "{parting}{}", folder.display()).ok(),
        };
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Postgres, String> {
        Postgres::parse(url, Path::new("/etc/gateway"))
    }

    #[test]
    fn the_way_is_encrypted_unless_it_stays_on_this_machine() {
        let check = |url: &str, expect: Result<bool, &str>| match (parse(url), expect) {
            (Ok(read), Ok(encrypted)) => assert_eq!(read.is_encrypted(), encrypted, "{url}"),
            (Err(told), Err(part)) => assert!(told.contains(part), "{url}: {told}"),
            (read, expect) => panic!("{url}: {read:?}, not {expect:?}"),
        };
        check("postgres://u@db.example/consent", Ok(true));
        check("postgres://u@db.example/consent?sslmode=require", Ok(true));
        check("postgres://u@db.example/consent?sslmode=disable", Err("in the clear"));
        check("postgres://u@db.example/consent?sslmode=prefer", Err("in the clear"));
        check("postgres://u@127.0.0.1,db.example/consent?sslmode=allow", Err("in the clear"));
        check("postgres://u@localhost/consent?sslmode=prefer&hostaddr=10.0.0.1", Err("in the clear"));
        check("postgres://u@db.example/consent?sslmode=verify", Err("unknown sslmode"));
        check("postgres://u@localhost/consent", Ok(false));
        check("postgres://u@[::1]/consent?sslmode=verify-full", Ok(true));
        check("postgres:///consent", Ok(false));
        check("postgres:///consent?host=/tmp/socket", Ok(false));
        check("postgresql://a,b/consent?target_session_attrs=read-write", Ok(true));
        check("mysql://u@localhost/consent", Err("no address"));
        check("postgres://u@localhost:port/consent", Err("can't be read"));
        check("postgres://u@localhost/consent?secret=1", Err("can't be read"));
    }

    #[test]
    fn nothing_secret_is_shown() {
        let read = parse("postgres://anna:pa55word@db.example:5433/consent?sslrootcert=ca.pem").unwrap();
        for shown in [format!("{read:?}"), read.to_string(), parse("postgres://anna:pa55word@h:x/").unwrap_err()] {
            assert!(!shown.contains("pa55word") && !shown.contains("anna"), "{shown}");
        }
        assert_eq!(read.to_string(), "the PostgreSQL database consent at db.example");
        assert_eq!(read.authorities(), Some(Path::new("/etc/gateway/ca.pem")));
        assert_eq!(read.server().get_password(), Some(&b"pa55word"[..]));
    }
}
