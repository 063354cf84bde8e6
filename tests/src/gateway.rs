//! The real gateway as a child process on ports of its own choosing, with its data in a folder that goes away with it. Refuses an old binary
//! ([`folders::gateway_binary`]). Invariant: what it wrote to its error output stands in every failure here.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};

use tempfile::TempDir;

use crate::folders;
use crate::process::Process;
use crate::wait::{self, PATIENCE};

/// A gateway about to be started.
pub struct Plan {
    arguments: Vec<OsString>,
    variables: Vec<(String, OsString)>,
    folder: TempDir,
    wanted: usize,
    with_admin: bool,
}

/// A running gateway.
pub struct Gateway {
    process: Process,
    folder: TempDir,
    /// Where it listens for visitors, in the order of its configuration.
    pub addresses: Vec<SocketAddr>,
    /// Where it listens for the owner; none with a configuration file that names none.
    pub admin: Option<SocketAddr>,
}

impl Plan {
    /// With this policy file instead of the starter's.
    #[must_use]
    pub fn policy(self, file: &Path) -> Self {
        self.option("--policy", file)
    }

    /// With a data folder that outlives this process.
    #[must_use]
    pub fn data(mut self, folder: &Path) -> Self {
        let at = self.arguments.iter().position(|argument| argument == "--data").expect("a plan has a data folder");
        self.arguments[at + 1] = folder.into();
        self
    }

    /// With one more flag.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Self {
        self.arguments.push(flag.into());
        self
    }

    /// With one more option and its value.
    #[must_use]
    pub fn option(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.arguments.push(name.into());
        self.arguments.push(value.into());
        self
    }

    /// With an environment variable.
    #[must_use]
    pub fn variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((String::from(name), value.into()));
        self
    }

    /// Writes one more file into the working folder, such as a policy that the configuration names.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).expect("a temporary folder can be written");
    }

    /// The folder it will run in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Waiting for so many listeners (default 1).
    #[must_use]
    pub fn listeners(mut self, wanted: usize) -> Self {
        self.wanted = wanted;
        self
    }

    /// Starts it and waits until it listens.
    pub async fn start(self) -> Gateway {
        let mut command = Command::new(folders::gateway_binary());
        command.args(&self.arguments).current_dir(self.folder.path());
        command.envs(self.variables);
        let process = Process::start("the gateway", command);
        let mut gateway = Gateway { process, folder: self.folder, addresses: Vec::new(), admin: None };
        let started = std::time::Instant::now();
        loop {
            gateway.read_addresses();
            if gateway.addresses.len() >= self.wanted && (gateway.admin.is_some() || !self.with_admin) {
                return gateway;
            }
            let ended = gateway.process.has_ended();
            assert!(ended.is_none(), "the gateway ended at start ({ended:?}): {}", gateway.log());
            assert!(started.elapsed() < PATIENCE, "the gateway does not listen: {}", gateway.log());
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}

impl Gateway {
    /// In front of one origin, with the starter policy unless the plan says otherwise; any Host is this site.
    pub fn before(origin: &str) -> Plan {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let data = folder.path().join("data");
        let plan = Plan { arguments: Vec::new(), variables: Vec::new(), folder, wanted: 1, with_admin: true };
        let plan = plan.flag("run").option("--listen", "127.0.0.1:0").option("--admin", "127.0.0.1:0");
        plan.option("--origin", origin).option("--data", data)
    }

    /// With a configuration file of this text, written into the working folder as `gateway.toml`.
    pub fn configured(text: &str) -> Plan {
        let folder = TempDir::new().expect("a temporary folder can be made");
        let file = folder.path().join("gateway.toml");
        std::fs::write(&file, text).expect("a temporary folder can be written");
        let with_admin = text.lines().any(|line| line.starts_with("admin = "));
        let plan = Plan { arguments: Vec::new(), variables: Vec::new(), folder, wanted: 1, with_admin };
        plan.flag("run").option("--config", file)
    }

    /// The first address for visitors.
    pub fn address(&self) -> SocketAddr {
        *self.addresses.first().expect("a started gateway listens")
    }

    /// A URL on the first address.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// The folder it runs in, with `data` and, where configured by file, `gateway.toml`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its data folder, where [`Gateway::before`] chose it.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What it wrote, standard output first.
    pub fn log(&self) -> String {
        format!("{}\n{}", self.process.output.text(), self.process.complaints.text())
    }

    /// Waits until its log holds the words.
    pub async fn says(&self, words: &str) {
        let what = format!("the gateway's log says {words:?}");
        let seen = tokio::time::timeout(PATIENCE, async {
            wait::until_true(&what, || async { self.log().contains(words) }).await;
        });
        assert!(seen.await.is_ok(), "{what}, but it is: {}", self.log());
    }

    /// Asks it to read its configuration again.
    pub fn reload(&self) {
        self.process.signal("HUP");
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Asks it to finish.
    pub fn finish(&self) {
        self.process.signal("TERM");
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        self.process.ended().await
    }

    /// How much memory it holds, in KiB.
    pub fn resident_kib(&self) -> usize {
        self.process.resident_kib()
    }

    /// The names of its threads.
    pub fn threads(&self) -> Vec<String> {
        self.process.threads().into_iter().map(|(name, _)| name).collect()
    }

    /// How many workers have waited for something more than a few times: each of their sleeps is one.
    pub fn busy_workers(&self) -> usize {
        let threads = self.process.threads();
        threads.iter().filter(|(name, waits)| name.starts_with("worker") && *waits > 10).count()
    }

    /// How many descriptors it has open.
    pub fn descriptors(&self) -> usize {
        self.process.descriptors()
    }

    /// Lets it have so many descriptors and no more.
    pub fn limit_descriptors(&self, most: usize) {
        self.process.limit_descriptors(most);
    }

    /// Ends it without a word, as a failing machine would.
    pub fn kill(&self) {
        self.process.signal("KILL");
    }

    fn read_addresses(&mut self) {
        let lines = self.process.output.so_far();
        let listening = lines.iter().filter_map(|line| line.strip_prefix("listening "));
        self.addresses = listening.filter_map(address_of).collect();
        self.admin = lines.iter().filter_map(|line| line.strip_prefix("admin ")).find_map(address_of);
    }
}

/// Runs the gateway's binary to its end with these arguments.
pub fn command(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(folders::gateway_binary());
    command.args(arguments).current_dir(folder).stdin(std::process::Stdio::null());
    command.output().expect("the gateway's binary runs")
}

/// What [`command`] printed, both streams.
pub fn printed(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn address_of(url: &str) -> Option<SocketAddr> {
    let (_, rest) = url.trim().split_once("://")?;
    rest.split(['/', ' ']).next()?.parse().ok()
}
