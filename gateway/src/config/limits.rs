//! Bounds on everything that a stranger could make grow. Each has a default that is right without a file.

use std::time::Duration;

use policies::reader::Table;

/// Every bound of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Requests under way at once, until their answer's head.
    pub requests: usize,
    /// Bytes of one request's or answer's head.
    pub head_bytes: usize,
    /// Header lines of one request or answer.
    pub headers: usize,
    /// Bytes of a form posted to the portal.
    pub form_bytes: usize,
    /// Bytes that the page rewriter of one answer may keep.
    pub page_bytes: usize,
    /// Bytes of one inline script or style that are held back and judged.
    pub inline_bytes: usize,
    /// How long a visitor may take to send a request's head.
    pub head_wait: Duration,
    /// How long an idle connection to a visitor stays open.
    pub idle_wait: Duration,
    /// How long connecting to an origin may take.
    pub connect_wait: Duration,
    /// How long an origin may take until its answer's head: long polls are answers that take long.
    pub answer_wait: Duration,
    /// How long a body may stand still in either direction.
    pub body_wait: Duration,
    /// How long a choice may wait for its commit.
    pub commit_wait: Duration,
    /// How long requests under way may take to end when the gateway stops.
    pub stop_wait: Duration,
    /// How many idle connections to one origin are kept.
    pub origin_idle: usize,
    /// Expired cookies per answer.
    pub expiries: usize,
    /// Megabytes that the database may take; 0: as the disk allows.
    pub database_mb: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            requests: 4_096,
            head_bytes: 64 * 1024,
            headers: 200,
            form_bytes: 16 * 1024,
            page_bytes: 1024 * 1024,
            inline_bytes: 256 * 1024,
            head_wait: Duration::from_secs(30),
            idle_wait: Duration::from_secs(75),
            connect_wait: Duration::from_secs(10),
            answer_wait: Duration::from_secs(300),
            body_wait: Duration::from_secs(300),
            commit_wait: Duration::from_secs(3),
            stop_wait: Duration::from_secs(20),
            origin_idle: 64,
            expiries: 20,
            database_mb: 0,
        }
    }
}

impl Limits {
    /// Bytes that the database may take; None: as the disk allows.
    #[must_use]
    pub fn database_bytes(&self) -> Option<u64> {
        (self.database_mb > 0).then(|| u64::from(self.database_mb) * 1_048_576)
    }
}

/// Reads `[limits]`; what isn't written keeps its default. Times are whole seconds.
pub(super) fn read(mut table: Table<'_, '_>) -> Limits {
    let mut limits = Limits::default();
    let mut count = |key, bounds, to: &mut usize| {
        if let Some(written) = table.integer(key, bounds).and_then(|written| usize::try_from(written).ok()) {
            *to = written;
        }
    };
    count("connections", 1..=1_000_000, &mut limits.connections);
    count("requests", 1..=1_000_000, &mut limits.requests);
    count("head_bytes", 8_192..=1_048_576, &mut limits.head_bytes);
    count("headers", 20..=1_000, &mut limits.headers);
    count("form_bytes", 1_024..=1_048_576, &mut limits.form_bytes);
    count("page_bytes", 65_536..=67_108_864, &mut limits.page_bytes);
    count("inline_bytes", 1_024..=1_048_576, &mut limits.inline_bytes);
    count("origin_idle", 0..=10_000, &mut limits.origin_idle);
    count("expiries", 1..=100, &mut limits.expiries);
    let mut wait = |key, to: &mut Duration| {
        if let Some(written) = table.integer(key, 1..=3_600).and_then(|written| u64::try_from(written).ok()) {
            *to = Duration::from_secs(written);
        }
    };
    wait("head_seconds", &mut limits.head_wait);
    wait("idle_seconds", &mut limits.idle_wait);
    wait("connect_seconds", &mut limits.connect_wait);
    wait("answer_seconds", &mut limits.answer_wait);
    wait("body_seconds", &mut limits.body_wait);
    wait("commit_seconds", &mut limits.commit_wait);
    wait("stop_seconds", &mut limits.stop_wait);
    if let Some(written) = table.integer("database_mb", 0..=1_048_576).and_then(|written| u32::try_from(written).ok()) {
        limits.database_mb = written;
    }
    table.finish();
    // What is held back for judging is part of what a page may hold back.
    limits.inline_bytes = limits.inline_bytes.min(limits.page_bytes / 2);
    limits
}
