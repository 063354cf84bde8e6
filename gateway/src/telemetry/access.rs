//! The access log: one JSON object a line, written by a thread of its own from a bounded queue.
//!
//! Refuses cookies, queries, referrers and whole addresses: [`Line`] has no room for them. Invariant: whoever hands
//! in a line never waits; a line without room is counted and lost.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use serde::Serialize;

use super::Metrics;

/// Bytes of a path that are written.
const LONGEST_PATH: usize = 1_024;

/// How long the end waits for lines that are still queued.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// One answered request.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// When it came, RFC 3339 in UTC.
    pub time: String,
    /// The request's id, as the origin was told.
    pub id: String,
    /// The site; empty where no site was found.
    pub site: String,
    /// The method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The answer's status.
    pub status: u16,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// Whether the body was sent to its end.
    pub complete: bool,
    /// Milliseconds from the request's head to the end of the answer.
    pub milliseconds: u64,
    /// Where the visitor's address lies: a /24, or a /48 of IPv6.
    pub network: String,
    /// On what the decision rests.
    pub basis: &'static str,
    /// How far the site acted on it.
    pub treatment: &'static str,
    /// Cookies kept from the origin.
    pub cookies_kept_back: usize,
    /// `Set-Cookie` lines not handed on.
    pub set_cookies_dropped: usize,
    /// Cookies expired.
    pub cookies_expired: usize,
}

impl Line {
    /// A path as it is written: without its query, cut where it is longer than any that a person reads.
    #[must_use]
    pub fn path(target: &str) -> String {
        target.chars().take(LONGEST_PATH).collect()
    }
}

enum Job {
    Line(Box<Line>),
    Reopen,
    End(SyncSender<()>),
}

/// The way to the file; clones share it.
#[derive(Clone, Debug)]
pub struct AccessLog {
    jobs: SyncSender<Job>,
    lost: Counter,
}

impl AccessLog {
    /// Opens the file, made for its owner and group where it is missing, and starts the writer.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path, queue: usize, metrics: &Metrics) -> std::io::Result<Self> {
        let file = append_to(path)?;
        let (jobs, inbox) = sync_channel(queue.max(1));
        let writer = Writer { path: path.to_owned(), file: BufWriter::new(file), failing: false };
        std::thread::Builder::new().name(String::from("access log")).spawn(move || writer.run(&inbox))?;
        Ok(Self { jobs, lost: metrics.lost_lines.clone() })
    }

    /// Hands in a line; without room it is lost and counted.
    pub fn write(&self, line: Line) {
        if self.jobs.try_send(Job::Line(Box::new(line))).is_err() {
            self.lost.inc();
        }
    }

    /// Opens the file by its name again: the old one was moved away. Waits until the writer is told; call it off the
    /// paths that requests take.
    pub fn reopen(&self) {
        self.jobs.send(Job::Reopen).ok();
    }

    /// Writes what waits; afterwards nothing is written. Waits a moment; call it at the end.
    pub fn close(&self) {
        let (reply, ended) = sync_channel(1);
        if self.jobs.try_send(Job::End(reply)).is_ok() {
            ended.recv_timeout(LAST_WAIT).ok();
        }
    }
}

struct Writer {
    path: PathBuf,
    file: BufWriter<File>,
    /// Whether the last write failed, so that it is told once.
    failing: bool,
}

impl Writer {
    fn run(mut self, inbox: &Receiver<Job>) {
        while let Ok(job) = inbox.recv() {
            let mut next = Some(job);
            while let Some(job) = next {
                match job {
                    Job::Line(line) => self.line(&line),
                    Job::Reopen => self.reopen(),
                    Job::End(reply) => {
                        self.flush();
                        reply.try_send(()).ok();
                        return;
                    }
                }
                next = inbox.try_recv().ok();
            }
            self.flush();
        }
    }

    fn line(&mut self, line: &Line) {
        let Ok(mut text) = serde_json::to_vec(line) else { return };
        text.push(b'\n');
        let written = self.file.write_all(&text);
        self.tell(written);
    }

    fn flush(&mut self) {
        let flushed = self.file.flush();
        self.tell(flushed);
    }

    fn reopen(&mut self) {
        self.flush();
        match append_to(&self.path) {
            Ok(file) => {
                self.file = BufWriter::new(file);
                tracing::info!("the access log was opened again");
            }
            Err(error) => tracing::error!(%error, "the access log can't be opened again; the old file is kept"),
        }
    }

    fn tell(&mut self, outcome: std::io::Result<()>) {
        match outcome {
            Ok(()) => self.failing = false,
            Err(error) => {
                if !self.failing {
                    tracing::error!(%error, "the access log can't be written; its lines are lost until it can");
                }
                self.failing = true;
                // What could not be written must not be written twice, nor grow.
                if let Ok(file) = append_to(&self.path) {
                    let (_, _) = std::mem::replace(&mut self.file, BufWriter::new(file)).into_parts();
                }
            }
        }
    }
}

fn append_to(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}
