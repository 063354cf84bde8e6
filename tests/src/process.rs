//! Child processes in a group of their own, ended as a group by the handle that started them. Refuses to end anything by name.
//! Invariant: dropping the handle leaves no process of the group behind.

use std::ffi::OsStr;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::wait::within;

/// At most this many lines of a child's output are kept.
const LINES_KEPT: usize = 4_000;

/// The lines a child wrote, growing while it runs.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// What was written until now.
    pub fn so_far(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All of it as one text.
    pub fn text(&self) -> String {
        self.so_far().join("\n")
    }

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < LINES_KEPT {
            lines.push(line);
        }
    }

    fn fill_from(&self, stream: impl AsyncRead + Unpin + Send + 'static) {
        let lines = self.clone();
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream).lines();
            while let Ok(Some(line)) = reader.next_line().await {
                lines.push(line);
            }
        });
    }
}

/// A running child with its output.
pub struct Process {
    child: tokio::process::Child,
    group: Option<u32>,
    /// Standard output, by line.
    pub output: Lines,
    /// Standard error, by line.
    pub complaints: Lines,
}

impl Process {
    /// Starts a command with no input; `name` only serves the message when it can't be started.
    pub fn start(name: &str, mut command: Command) -> Self {
        use std::os::unix::process::CommandExt;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut command = tokio::process::Command::from(command);
        command.kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("can't start {name}: {error}; run `make deps`"));
        let (output, complaints) = (Lines::default(), Lines::default());
        output.fill_from(child.stdout.take().expect("the output was piped"));
        complaints.fill_from(child.stderr.take().expect("the error output was piped"));
        let group = child.id();
        Self { child, group, output, complaints }
    }

    /// The number of its process group, for reading what the group costs.
    pub fn group(&self) -> u32 {
        self.group.expect("a started child has a number")
    }

    /// Sends a signal by name (`HUP`, `TERM`) to the child alone.
    pub fn signal(&self, name: &str) {
        let Some(id) = self.child.id() else { panic!("the child ended before {name}: {}", self.complaints.text()) };
        run("kill", ["-s", name, &id.to_string()]);
    }

    /// How much memory the child holds, in KiB.
    pub fn resident_kib(&self) -> usize {
        let id = self.child.id().expect("the child runs");
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("a running child has a status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a status tells the memory");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// The child's threads: their names, and how often each has waited for something.
    pub fn threads(&self) -> Vec<(String, u64)> {
        let id = self.child.id().expect("the child runs");
        let tasks = std::fs::read_dir(format!("/proc/{id}/task")).expect("a running child's threads can be listed");
        let about = tasks.flatten().filter_map(|task| {
            let status = std::fs::read_to_string(task.path().join("status")).ok()?;
            let said = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
            Some((said("Name:")?.to_owned(), said("voluntary_ctxt_switches:")?.parse().ok()?))
        });
        about.collect()
    }

    /// How many descriptors the child has open.
    pub fn descriptors(&self) -> usize {
        let id = self.child.id().expect("the child runs");
        std::fs::read_dir(format!("/proc/{id}/fd")).expect("a running child's descriptors can be listed").count()
    }

    /// Lets the child have so many descriptors and no more.
    pub fn limit_descriptors(&self, most: usize) {
        let id = self.child.id().expect("the child runs").to_string();
        let limited = run("prlimit", ["--pid", &id, &format!("--nofile={most}:{most}")]);
        assert!(limited, "the limit of open files can't be set to {most}");
    }

    /// Waits for the end of the child.
    pub async fn ended(&mut self) -> ExitStatus {
        within("a child process ends", self.child.wait()).await.expect("a child's status can be read")
    }

    /// The status if the child has ended already.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child's status can be asked for")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A browser's helpers outlive a killed parent; their group does not outlive this.
        if let Some(group) = self.group {
            run("kill", ["-s", "KILL", "--", &format!("-{group}")]);
        }
    }
}

/// Runs a command of the system quietly; whether it succeeded.
fn run<S: AsRef<OsStr>>(program: &str, arguments: impl IntoIterator<Item = S>) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
