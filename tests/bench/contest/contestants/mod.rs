//! Who takes part: started on the first core, each from files of its own in a folder that goes away with it. Refuses to start what isn't installed,
//! with the command that brings it. Invariant: every process is ended by the handle that is kept here.

mod gateway;
mod peers;

use std::path::Path;
use std::sync::Arc;

use gateway_tests::certificates::Identity;
use gateway_tests::process::Process;
use gateway_tests::wait;
use tempfile::TempDir;

use crate::load::{self, Manner};
use crate::origin::Origin;
use crate::work::Work;

/// The most connections that a contestant is made for.
pub(crate) const MOST_CONNECTIONS: usize = 9_000;

/// The consent cookie that the peers seal: nothing is granted, HMAC-SHA1 with the key that stands in their files.
const PEERS_REFUSAL: &str = "consent=000-1790000000.maJDCv6ReTWywuAhYGm9Y+uNWQU=";
const PEERS_KEY: &str = "dGhlIGtleSBvZiB0aGUgY29udGVzdCwgMzIgYnl0ZXM=";

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nobody in between: the origin itself.
    Direct,
    Nginx,
    NginxLua,
    Haproxy,
    HaproxyFilter,
    Pingora,
    /// The gateway where it has nothing to decide: every path passes untouched.
    GatewayOff,
    Gateway,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Direct,
        Self::Nginx,
        Self::NginxLua,
        Self::Haproxy,
        Self::HaproxyFilter,
        Self::Pingora,
        Self::GatewayOff,
        Self::Gateway,
    ];

    /// In tables, and in `CONTEST_ONLY`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::NginxLua => "nginx-lua",
            Self::Haproxy => "haproxy",
            Self::HaproxyFilter => "haproxy-filter",
            Self::Pingora => "pingora",
            Self::GatewayOff => "gateway-off",
            Self::Gateway => "gateway",
        }
    }

    /// Whether cookies are filtered both ways.
    pub(crate) fn filters(self) -> bool {
        matches!(self, Self::NginxLua | Self::HaproxyFilter | Self::Pingora | Self::Gateway)
    }

    /// Whether tags are held in pages, too.
    pub(crate) fn rewrites(self) -> bool {
        self.filters() && self != Self::HaproxyFilter
    }

    /// Whether this work in this manner is comparable: a filtering contestant that leaves a page awake is not in its rows.
    pub(crate) fn does(self, work: Work, manner: Manner) -> bool {
        let speaks = !manner.is_tls() || matches!(self, Self::Nginx | Self::NginxLua | Self::Gateway);
        speaks && (self != Self::HaproxyFilter || !work.is_page())
    }

    /// Starts it before this origin; None where it can't be had, which is told.
    pub(crate) async fn start(self, stage: &Stage) -> Option<Contestant> {
        let folder = TempDir::with_prefix("contest-").expect("a temporary folder can be made");
        stage.write_into(folder.path());
        let doors = match self {
            Self::Direct => Doors::alone(None, stage.origin.door()),
            Self::Nginx | Self::NginxLua => peers::nginx(self.filters(), stage, folder.path()),
            Self::Haproxy | Self::HaproxyFilter => peers::haproxy(self.filters(), stage, folder.path()),
            Self::Pingora => peers::pingora(stage, folder.path())?,
            Self::GatewayOff | Self::Gateway => gateway::start(self.filters(), stage, folder.path()).await,
        };
        let contestant = Contestant { kind: self, doors, _folder: folder };
        contestant.listens().await;
        Some(contestant)
    }
}

/// What contestants stand before and are given.
pub(crate) struct Stage {
    pub(crate) origin: Origin,
    pub(crate) identity: Identity,
    /// What the rewriting peers put into pages: as many bytes as the gateway does.
    pub(crate) banner: String,
    pub(crate) link: String,
}

impl Stage {
    fn write_into(&self, folder: &Path) {
        self.identity.write(folder);
        for (name, text) in [("banner.html", &self.banner), ("link.html", &self.link)] {
            std::fs::write(folder.join(name), text).expect("a temporary folder can be written");
        }
    }
}

/// Where a contestant is asked, which processes that costs, and the cookie of a refusal there.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) port: u16,
    pub(crate) group: u32,
    pub(crate) consent: Arc<str>,
}

/// In clear, and inside TLS where there is such a door.
struct Doors {
    clear: Door,
    tls: Option<Door>,
    processes: Vec<Process>,
}

impl Doors {
    fn alone(process: Option<Process>, clear: Door) -> Self {
        Self { clear, tls: None, processes: process.into_iter().collect() }
    }
}

impl Origin {
    fn door(&self) -> Door {
        Door { port: self.port, group: self.process.group(), consent: PEERS_REFUSAL.into() }
    }
}

/// One that is running.
pub(crate) struct Contestant {
    pub(crate) kind: Kind,
    doors: Doors,
    _folder: TempDir,
}

impl Contestant {
    /// Where it is asked in this manner.
    pub(crate) fn door(&self, manner: Manner) -> &Door {
        if manner.is_tls() { self.doors.tls.as_ref().unwrap_or(&self.doors.clear) } else { &self.doors.clear }
    }

    async fn listens(&self) {
        for door in [Some(&self.doors.clear), self.doors.tls.as_ref()].into_iter().flatten() {
            let what = format!("{} listens ({})", self.kind.name(), self.complaints());
            let address = ("127.0.0.1", door.port);
            wait::until(&what, || async { tokio::net::TcpStream::connect(address).await.ok() }).await;
        }
    }

    /// What its processes said on their error output.
    pub(crate) fn complaints(&self) -> String {
        self.doors.processes.iter().map(|process| process.complaints.text()).collect()
    }
}

/// A file of the contest with its marks filled in: `@NAME@`, and `@FILTER@` before the lines that only a filtering contestant has.
fn filled(name: &str, filters: bool, marks: &[(&str, &str)]) -> String {
    let file = load::file("contestants").join(name);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("can't read {}: {error}", file.display()));
    let lines = text.lines().filter_map(|line| match line.strip_prefix("@FILTER@") {
        Some(line) => filters.then_some(line),
        None => Some(line),
    });
    let mut text = lines.flat_map(|line| [line, "\n"]).collect::<String>();
    for (mark, value) in marks {
        text = text.replace(&format!("@{mark}@"), value);
    }
    text
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}
