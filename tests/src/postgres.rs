//! A real PostgreSQL of the test's own: a cluster in a temporary folder that listens on a socket there and nowhere else. Refuses root: where the
//! test is root, the server is the system's user for it. Invariant: a guard ends the server and removes the folder when this process ends, however it does.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The name of the cluster's one user, its owner.
const USER: &str = "gateway";

/// Where Debian puts servers, one folder a version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// What every cluster here says: durable as an operator's, small, silent to the network.
const SETTINGS: &str = "listen_addresses = ''\nfsync = on\nfull_page_writes = on\nsynchronous_commit = on\nshared_buffers = '32MB'\n\
    max_connections = 120\nlog_min_messages = warning\nlog_line_prefix = '%m %d '\n";

/// When the server ends without a word of this process, the guard's standard input ends too.
const GUARD: &str = "cat >/dev/null; \"$0\" -D \"$1/data\" -m immediate -s -w stop 2>/dev/null; rm -rf \"$1\"";

/// How a server is stopped.
#[derive(Clone, Copy, Debug)]
pub enum Stop {
    /// In order, with connections cut.
    Fast,
    /// As a machine that loses its power.
    Immediate,
}

/// A cluster.
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    guard: Child,
    databases: AtomicUsize,
    /// On loopback; None: only its socket.
    port: Option<u16>,
}

/// A database of a cluster, dropped with this handle.
pub struct Database<'c> {
    cluster: &'c Cluster,
    name: String,
}

impl Cluster {
    /// The one that all tests of this process share.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::own(""))
    }

    /// One for a single test, which may stop it; `settings` are lines of `postgresql.conf`.
    pub fn own(settings: &str) -> Self {
        Self::made(settings, None)
    }

    /// One that listens on loopback too, by TLS where this certificate and key are its own.
    pub fn encrypted(certificate: &Path, key: &Path) -> Self {
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("loopback has a free port").port();
        let (certificate, key) = (certificate.display(), key.display());
        let settings = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nssl = on\nssl_cert_file = '{certificate}'\nssl_key_file = '{key}'\n"
        );
        Self::made(&settings, Some(port))
    }

    fn made(settings: &str, port: Option<u16>) -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("pg").tempdir().expect("a temporary folder can be made").keep();
        let user = other_user();
        Self::give(&folder);
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD]).arg(programs.join("pg_ctl")).arg(&folder).stdin(Stdio::piped());
        let guard = as_user(guard, user, &folder).process_group(0).spawn().expect("there is a shell");
        let cluster = Self { folder, programs, user, guard, databases: AtomicUsize::new(0), port };
        let made = ["-D", "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
        cluster.run("initdb", &made);
        let socket = format!("unix_socket_directories = '{}'\n", cluster.folder.display());
        let conf = cluster.folder.join("data/postgresql.conf");
        let usual = std::fs::read_to_string(&conf).expect("initdb writes the configuration");
        std::fs::write(&conf, format!("{usual}\n{SETTINGS}{socket}{settings}\n")).expect("the configuration is ours");
        cluster.start();
        cluster
    }

    /// Starts the server again after [`Self::stop`].
    pub fn start(&self) {
        self.run("pg_ctl", &["-D", "data", "-l", "log", "-s", "-w", "-t", "60", "start"]);
    }

    /// Stops the server.
    pub fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        self.run("pg_ctl", &["-D", "data", "-m", mode, "-s", "-w", "stop"]);
    }

    /// An empty database.
    pub fn fresh(&self) -> Database<'_> {
        self.fresh_with("")
    }

    /// An empty database, made with these further words, such as a tablespace.
    pub fn fresh_with(&self, words: &str) -> Database<'_> {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.ask("postgres", &format!("create database {name} {words}"));
        Database { cluster: self, name }
    }

    /// What psql answers, a line for each row, columns parted by `|`.
    pub fn ask(&self, database: &str, statement: &str) -> String {
        let output = self.psql(database, statement).output().expect("psql runs");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The folder that holds data, log and socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives a file or folder to the server's user.
    pub fn give(path: &Path) {
        if let Some((user, group)) = other_user() {
            std::os::unix::fs::chown(path, Some(user), Some(group)).expect("root may give a file away");
        }
    }

    /// What the server wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn psql(&self, database: &str, statement: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", USER, "-d", database, "-c", statement]);
        psql.arg("-h").arg(&self.folder).stdin(Stdio::null());
        psql.args(self.port.map(|port| format!("--port={port}")));
        psql
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).stdin(Stdio::null());
        // The server inherits the output that pg_ctl was given; a pipe would be waited for until the server ends.
        let said = std::fs::OpenOptions::new().create(true).append(true).open(self.folder.join("said"));
        let said = said.expect("the cluster's folder can be written");
        command.stdout(said.try_clone().expect("a file can be shared")).stderr(said);
        let status = as_user(command, self.user, &self.folder).status().expect("the program runs");
        let said = std::fs::read_to_string(self.folder.join("said")).unwrap_or_default();
        assert!(status.success(), "{program}: {said}\n{}", self.log());
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        self.guard.wait().ok();
    }
}

impl Database<'_> {
    /// What a gateway's configuration calls it.
    pub fn url(&self) -> String {
        format!("postgres:///{}?host={}&user={USER}", self.name, self.cluster.folder.display())
    }

    /// The same by TCP, as if by this name.
    pub fn url_of_host(&self, name: &str) -> String {
        let port = self.cluster.port.expect("the cluster listens on loopback");
        format!("postgres://{USER}@{name}:{port}/{}?hostaddr=127.0.0.1", self.name)
    }

    /// Its name in the cluster.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What psql answers in it; see [`Cluster::ask`].
    pub fn ask(&self, statement: &str) -> String {
        self.cluster.ask(&self.name, statement)
    }

    /// A psql that runs beside the test.
    pub fn psql(&self, statement: &str) -> Command {
        self.cluster.psql(&self.name, statement)
    }

    /// Cuts every connection to it; how many there were.
    pub fn cut(&self) -> usize {
        let cut = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'", self.name);
        self.cluster.ask("postgres", &cut).lines().count()
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // With the cluster stopped it goes with the folder.
        let dropped = format!("drop database if exists {} with (force)", self.name);
        self.cluster.psql("postgres", &dropped).output().ok();
    }
}

fn as_user(mut command: Command, user: Option<(u32, u32)>, folder: &Path) -> Command {
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command.current_dir(folder).env("LC_ALL", "C");
    command
}

/// The newest server that is installed.
fn programs() -> PathBuf {
    let versions =
        std::fs::read_dir(VERSIONS).into_iter().flatten().flatten().map(|version| version.path().join("bin"));
    let newest = versions.filter(|programs| programs.join("initdb").exists()).max();
    newest.unwrap_or_else(|| panic!("there is no PostgreSQL in {VERSIONS}: run `make deps`"))
}

/// Whom a server runs as where this process is root: the package's own user, else nobody.
fn other_user() -> Option<(u32, u32)> {
    let status = std::fs::read_to_string("/proc/self/status").expect("a process can read its status");
    let mut own = status.lines().find_map(|line| line.strip_prefix("Uid:")).into_iter().flat_map(str::split_whitespace);
    if own.nth(1) != Some("0") {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("users can be listed");
    let found = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).filter_map(|field| field.parse().ok());
        Some((fields.next()?, fields.next()?))
    };
    Some(found("postgres").or_else(|| found("nobody")).expect("there is a user that is not root"))
}
