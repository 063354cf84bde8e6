//! An installed Chromium, told by its DevTools protocol over two pipes to open pages and to say what they called and kept.
//!
//! Refuses to wait without a bound, to use anybody's own profile, and to read values of cookies. Invariant: the browser and its folder are
//! gone when this is.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use policies::rules::StorageArea;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout, timeout_at};

use super::found::{Found, Kept};

/// Names that the browser goes by.
const NAMES: [&str; 6] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "brave-browser"];

const ARGUMENTS: [&str; 9] = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--remote-debugging-pipe",
];

/// The browser speaks on its third and fourth file; a shell puts its own input and output there.
const PIPES: &str = "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long a page may take to load.
const LOADING: Duration = Duration::from_secs(15);

/// How long a page is watched after it has loaded: trackers often wait a moment.
const WATCHED: Duration = Duration::from_secs(3);

/// The longest message that is read: a page's links and cookies fit.
const LONGEST_MESSAGE: u64 = 16 << 20;

/// Why the browser could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It did not start.
    #[error("{program} can't be started")]
    Start {
        /// Which.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// It went away, or said what nobody understands.
    #[error("the browser ended the conversation; try it again, or leave it out with --no-browser")]
    Gone,
    /// It did not answer.
    #[error("the browser gave no answer within {} s; leave it out with --no-browser", PATIENCE.as_secs())]
    Silent,
}

/// The browser that is installed, by `CHROME` or by its usual names.
pub(crate) fn installed() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROME") {
        return Some(PathBuf::from(named));
    }
    let folders = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    let places = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}

/// Whether it has to run without its sandbox, which root can't have.
pub(crate) fn lacks_sandbox() -> bool {
    rustix::process::geteuid().is_root()
}

/// A running browser with one page.
pub(crate) struct Chromium {
    /// Ends with this.
    _child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What has come of the next message: a wait that is given up loses nothing.
    partial: Vec<u8>,
    events: VecDeque<Value>,
    session: Option<String>,
    last: u64,
    profile: PathBuf,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser may still write there for a moment; what it leaves lies in the system's folder for such things.
        std::fs::remove_dir_all(&self.profile).ok();
    }
}

impl Chromium {
    /// Starts it with a profile of its own below `folder`.
    pub(crate) async fn start(program: &Path, folder: &Path, more: &[String]) -> Result<Self, Error> {
        let start = |source| Error::Start { program: program.to_owned(), source };
        let profile = folder.join("browser");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", PIPES, "sh"]).arg(program).args(ARGUMENTS);
        command.arg(format!("--user-data-dir={}", profile.display())).args(more);
        if lacks_sandbox() {
            command.arg("--no-sandbox");
        }
        command.arg("about:blank").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(start)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Err(Error::Gone) };
        let mut browser = Self {
            _child: child,
            input,
            output: BufReader::new(output),
            partial: Vec::new(),
            events: VecDeque::new(),
            session: None,
            last: 0,
            profile,
        };
        browser.open_page().await?;
        Ok(browser)
    }

    async fn open_page(&mut self) -> Result<(), Error> {
        let page = self.call("Target.createTarget", json!({ "url": "about:blank" })).await?;
        let attached =
            self.call("Target.attachToTarget", json!({ "targetId": page["targetId"], "flatten": true })).await?;
        self.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Network.enable"] {
            self.call(domain, json!({})).await?;
        }
        Ok(())
    }

    /// Opens a page, watches it, and notes what it called. Returns the addresses that it links to.
    pub(crate) async fn visit(&mut self, address: &str, found: &mut Found) -> Result<Vec<String>, Error> {
        self.events.clear();
        self.call("Page.navigate", json!({ "url": address })).await?;
        let loaded = Instant::now() + LOADING;
        let mut until = loaded;
        while let Some(event) = self.event_before(until).await? {
            match event["method"].as_str() {
                Some("Network.requestWillBeSent") => {
                    found.called(event["params"]["request"]["url"].as_str().unwrap_or_default());
                }
                Some("Page.loadEventFired") => until = (Instant::now() + WATCHED).min(loaded),
                _ => {}
            }
        }
        let links = "[...document.links].map((link) => link.href).slice(0, 500)";
        Ok(strings(&self.evaluate(links).await?))
    }

    /// Notes what the browser keeps: cookies of every host, keys of the page's own storage.
    pub(crate) async fn note_kept(&mut self, now: policies::Timestamp, found: &mut Found) -> Result<(), Error> {
        let cookies = self.call("Storage.getCookies", json!({})).await?;
        for cookie in cookies["cookies"].as_array().into_iter().flatten() {
            let text = |key: &str| cookie[key].as_str().unwrap_or_default().to_owned();
            let ends = cookie["expires"].as_f64().filter(|ends| *ends > 0.0);
            #[allow(clippy::cast_possible_truncation, reason = "seconds since 1970, far below the bound")]
            let life = ends.map(|ends| ends as i64 - now.0);
            found.kept(Kept { name: text("name"), host: text("domain"), life });
        }
        for (area, keys) in
            [(StorageArea::Local, "Object.keys(localStorage)"), (StorageArea::Session, "Object.keys(sessionStorage)")]
        {
            strings(&self.evaluate(keys).await?).iter().for_each(|key| found.key(area, key));
        }
        Ok(())
    }

    async fn evaluate(&mut self, expression: &str) -> Result<Value, Error> {
        let evaluated =
            self.call("Runtime.evaluate", json!({ "expression": expression, "returnByValue": true })).await?;
        Ok(evaluated["result"]["value"].clone())
    }

    /// Sends one command and waits for its answer; what happens meanwhile is kept for later.
    async fn call(&mut self, method: &str, params: Value) -> Result<Value, Error> {
        self.last += 1;
        let of_browser = method.starts_with("Target.") || method.starts_with("Storage.");
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = self.session.as_deref().filter(|_| !of_browser) {
            message["sessionId"] = json!(session);
        }
        self.input.write_all(format!("{message}\0").as_bytes()).await.map_err(|_| Error::Gone)?;
        let answer = timeout(PATIENCE, async {
            loop {
                let mut told = self.message().await?;
                if told["id"] == self.last {
                    return Ok(told["result"].take());
                }
                self.events.push_back(told);
            }
        });
        answer.await.map_err(|_| Error::Silent)?
    }

    /// What happened next, or None when the time is up.
    async fn event_before(&mut self, until: Instant) -> Result<Option<Value>, Error> {
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        if Instant::now() >= until {
            return Ok(None);
        }
        match timeout_at(until, self.message()).await {
            Ok(message) => message.map(Some),
            Err(_) => Ok(None),
        }
    }

    async fn message(&mut self) -> Result<Value, Error> {
        let room = LONGEST_MESSAGE.saturating_sub(self.partial.len() as u64);
        let mut bounded = (&mut self.output).take(room);
        bounded.read_until(0, &mut self.partial).await.map_err(|_| Error::Gone)?;
        let message = std::mem::take(&mut self.partial);
        serde_json::from_slice(message.strip_suffix(b"\0").ok_or(Error::Gone)?).map_err(|_| Error::Gone)
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
