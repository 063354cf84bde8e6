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
        let lost = metrics.lost_lines.clone();
        let (path, file) = (path.to_owned(), BufWriter::new(file));
        let writer = Writer { path, file, unflushed: 0, failing: false, lost: lost.clone() };
        std::thread::Builder::new().name(String::from("access log")).spawn(move || writer.run(&inbox))?;
        Ok(Self { jobs, lost })
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
    /// Lines that the file may not hold yet.
    unflushed: u64,
    lost: Counter,
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
        self.unflushed += 1;
        if let Err(error) = self.file.write_all(&text) {
            self.fail(&error);
        }
    }

    fn flush(&mut self) {
        match self.file.flush() {
            Ok(()) if self.unflushed == 0 => {}
            Ok(()) => (self.unflushed, self.failing) = (0, false),
            Err(error) => self.fail(&error),
        }
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

    /// Once per change of state, not per line.
    fn fail(&mut self, error: &std::io::Error) {
        if !std::mem::replace(&mut self.failing, true) {
            tracing::error!(%error, "the access log can't be written; its lines are lost until it can");
        }
        self.lost.inc_by(std::mem::take(&mut self.unflushed));
        // What could not be written must not be written twice, nor grow.
        if let Ok(file) = append_to(&self.path) {
            let (_, _) = std::mem::replace(&mut self.file, BufWriter::new(file)).into_parts();
        }
    }
}

fn append_to(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().append(true).create(true).mode(0o640).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;
    use std::time::Instant;

    fn line() -> Line {
        Line {
            time: String::from("2026-03-01T00:00:00Z"),
            id: String::new(),
            site: String::from("shop"),
            method: String::from("GET"),
            path: "/".repeat(900),
            status: 200,
            bytes: 1,
            complete: true,
            milliseconds: 1,
            network: String::new(),
            basis: "default",
            treatment: "enforce",
            cookies_kept_back: 0,
            set_cookies_dropped: 0,
            cookies_expired: 0,
        }
    }

    #[test]
    fn a_line_without_room_is_counted_and_nobody_waits() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        // Both ends open and nobody reading: after some pages the writer stands still.
        let reader = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let metrics = Metrics::default();
        let log = AccessLog::open(&pipe, 16, &metrics).unwrap();
        let begun = Instant::now();
        (0..2_000).for_each(|_| log.write(line()));
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        assert!(metrics.lost_lines.get() > 1_000, "{}", metrics.lost_lines.get());
        drop(reader);
    }
}
