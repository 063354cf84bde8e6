//! Load from programs that others wrote and know: wrk, as fast as the contestant answers, and h2load for a fixed rate and HTTP/2. Refuses a run with
//! a failed request. Invariant: fifty connections, from the second core, for a fixed time.

use std::path::{Path, PathBuf};
use std::process::Command;

use gateway_tests::folders;

use crate::cores::{self, OTHER_CORE};
use crate::work::HOST;

/// Connections of every run.
pub(crate) const CONNECTIONS: usize = 50;
/// Requests of the slow pace in a second, over all connections.
pub(crate) const PACE: usize = 3_000;
/// HTTP/2: requests at once on one connection.
const STREAMS: usize = 4;

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// HTTP/1.1, each connection's next request when it has its answer.
    Clear,
    /// HTTP/1.1 in clear, [`PACE`] requests a second. (h2load sends them in bursts, so that a latency is the time to serve a burst.)
    Paced,
    /// HTTP/1.1 inside TLS.
    Tls,
    /// HTTP/2 inside TLS.
    Http2,
}

impl Manner {
    /// Whether a contestant is asked by its TLS address.
    pub(crate) fn is_tls(self) -> bool {
        matches!(self, Self::Tls | Self::Http2)
    }
}

/// What a run came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) requests: f64,
    pub(crate) per_second: f64,
    /// Microseconds.
    pub(crate) p50: f64,
    /// Microseconds.
    pub(crate) p99: f64,
}

/// A run of so many seconds; `scratch` is a folder for h2load's notes. The error says how the program failed.
pub(crate) async fn run(
    manner: Manner,
    address: (u16, &str),
    headers: &[(&'static str, String)],
    seconds: u32,
    scratch: &Path,
) -> Result<Load, String> {
    let (port, path) = address;
    let scheme = if manner.is_tls() { "https" } else { "http" };
    let url = format!("{scheme}://127.0.0.1:{port}{path}");
    match manner {
        Manner::Clear | Manner::Tls => wrk(&url, headers, seconds).await,
        Manner::Paced | Manner::Http2 => h2load(manner, &url, headers, seconds, scratch).await,
    }
}

async fn wrk(url: &str, headers: &[(&'static str, String)], seconds: u32) -> Result<Load, String> {
    let mut command = cores::pinned(OTHER_CORE, "wrk");
    let connections = CONNECTIONS.to_string();
    command.args(["--threads", "1", "--timeout", "10s", "--connections", &connections]);
    command.arg("--duration").arg(format!("{seconds}s"));
    command.arg("--script").arg(file("figures.lua")).arg("--header").arg(format!("Host: {HOST}"));
    for (name, value) in headers {
        command.arg("--header").arg(format!("{name}: {value}"));
    }
    command.arg(url);
    let text = said(command).await?;
    let line = text.lines().find_map(|line| line.strip_prefix("figures "));
    let line = line.unwrap_or_else(|| panic!("wrk told no figures: {text}"));
    let figures: Vec<f64> = line.split(' ').filter_map(|figure| figure.parse().ok()).collect();
    let [requests, microseconds, p50, p99, failed] = figures[..] else { panic!("wrk told {line}") };
    assert!(failed == 0.0 && requests > 0.0, "{url}: {failed} of {requests} requests failed: {text}");
    Ok(Load { requests, per_second: requests * 1e6 / microseconds, p50, p99 })
}

async fn h2load(
    manner: Manner,
    url: &str,
    headers: &[(&'static str, String)],
    seconds: u32,
    scratch: &Path,
) -> Result<Load, String> {
    let notes = scratch.join("requests.log");
    std::fs::remove_file(&notes).ok();
    let mut command = cores::pinned(OTHER_CORE, "h2load");
    command.arg(format!("--clients={CONNECTIONS}")).arg(format!("--duration={seconds}"));
    command.arg(format!("--log-file={}", notes.display()));
    match manner {
        Manner::Paced => {
            command.args(["--h1", "--max-concurrent-streams=1"]).arg(format!("--rps={}", PACE / CONNECTIONS))
        }
        Manner::Clear | Manner::Tls | Manner::Http2 => command.arg(format!("--max-concurrent-streams={STREAMS}")),
    };
    command.arg(format!("--header=:authority: {HOST}"));
    for (name, value) in headers {
        command.arg(format!("--header={name}: {value}"));
    }
    command.arg(url);
    let text = said(command).await?;
    let mut times = times(&notes, url);
    assert!(!times.is_empty(), "{url}: h2load noted no request: {text}");
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    let requests = times.len() as f64;
    Ok(Load { requests, per_second: requests / f64::from(seconds), p50: at(0.50), p99: at(0.99) })
}

/// Microseconds of each request: h2load notes start, status and duration.
fn times(notes: &PathBuf, url: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(notes).unwrap_or_else(|error| panic!("h2load left no notes: {error}"));
    let rows = text.lines().map(|line| {
        let mut fields = line.split('\t').skip(1);
        let (status, time) = (fields.next(), fields.next().and_then(|time| time.parse().ok()));
        assert!(status == Some("200"), "{url}: a request was answered with {status:?}");
        time.unwrap_or_else(|| panic!("h2load noted {line}"))
    });
    rows.collect()
}

/// What a program printed, or why it failed.
async fn said(command: Command) -> Result<String, String> {
    let name = command.get_args().nth(2).unwrap_or_default().to_string_lossy().into_owned();
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true).stdin(std::process::Stdio::null());
    let output = command.output().await.map_err(|error| format!("can't start {name}: {error}; run `make bench`"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(text);
    }
    Err(format!("{name} ended with {} (is it installed? `make bench` brings it): {text}{complaints}", output.status))
}

/// A file beside this one.
pub(crate) fn file(name: &str) -> PathBuf {
    folders::repository().join("tests").join("bench").join("contest").join(name)
}
