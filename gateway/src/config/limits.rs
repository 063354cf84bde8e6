//! Bounds on everything that a stranger could make grow. Each has a default that is right without a file.

use std::time::Duration;

use policies::reader::Table;

/// Header lines of one head unless the file says otherwise: as many as hyper has room for without asking for memory.
pub const USUAL_HEADERS: usize = 100;
/// The most threads that answer visitors: more than any machine has cores for.
pub(super) const MOST_WORKERS: i64 = 256;
/// Idle connections to one origin that are kept unless the file says otherwise: at least, and by each worker.
const LEAST_USUAL_IDLE: usize = 64;
const USUAL_IDLE_BY_WORKER: usize = 32;

/// Workers unless the file says otherwise: one for each core that the system lets this process use.
#[must_use]
pub fn usual_workers() -> usize {
    let most = usize::try_from(MOST_WORKERS).unwrap_or(usize::MAX);
    std::thread::available_parallelism().map_or(1, usize::from).min(most)
}

/// Every bound of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one IPv4 address, or from one /56 of IPv6. Trusted proxies speak for many and are not
    /// counted by address. High enough for the thousands who share an address at a mobile carrier.
    pub connections_per_address: usize,
    /// Requests under way at once, until their answer's head.
    pub requests: usize,
    /// Bytes of one request's or answer's head.
    pub head_bytes: usize,
    /// Header lines of one request or answer.
    pub headers: usize,
    /// Bytes of a request's body; 0: as many as come.
    pub request_body_bytes: u64,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// Bytes that wait in either direction for one HTTP/2 request; four times as many for its connection.
    pub stream_bytes: u32,
    /// Requests that one connection may begin and give up; each whole answer allows one more again.
    pub resets: usize,
    /// 1xx answers of an origin to one request.
    pub interim_answers: u32,
    /// Bytes of a form posted to the portal.
    pub form_bytes: usize,
    /// Bytes that the page rewriter of one answer may keep.
    pub page_bytes: usize,
    /// Bytes of one inline script or style that are held back and judged.
    pub inline_bytes: usize,
    /// Bytes that a coded page may decode to.
    pub decoded_bytes: u64,
    /// How many times larger than its coded bytes a page may be, past its first eight megabytes.
    pub decoded_ratio: u64,
    /// Choices that wait to be written; one more is refused at once.
    pub store_queue: usize,
    /// Connections to a store on a server for questions; one more writes.
    pub store_connections: usize,
    /// How long a visitor may take to send a first byte, and a request's head.
    pub head_wait: Duration,
    /// How long an idle connection to a visitor stays open.
    pub idle_wait: Duration,
    /// How long connecting to an origin may take.
    pub connect_wait: Duration,
    /// How long an origin may take from the end of a request until its answer's head: long polls are answers that
    /// take long.
    pub answer_wait: Duration,
    /// How long an answer's body may stand still at the origin.
    pub body_wait: Duration,
    /// How long a visitor's body may stand still.
    pub upload_wait: Duration,
    /// How long a visitor may take nothing of an answer that is there.
    pub download_wait: Duration,
    /// How long a request and its answer may take in all; None: as long as they move.
    pub exchange_wait: Option<Duration>,
    /// How long a choice may wait for its commit.
    pub commit_wait: Duration,
    /// How long requests under way may take to end when the gateway stops.
    pub stop_wait: Duration,
    /// How many idle connections to one origin are kept, by all workers together.
    pub origin_idle: usize,
    /// Expired cookies per answer.
    pub expiries: usize,
    /// Cookies that wait for visitors' answers, of all visitors; each waits for ten minutes.
    pub held_lines: usize,
    /// Bytes of these.
    pub held_bytes: usize,
    /// Lines of the access log that may wait to be written.
    pub access_log_lines: usize,
    /// Choices that may wait for one receiver of webhooks; past that the oldest give way.
    pub webhook_queue: usize,
    /// Megabytes that the database may take; 0: as the disk allows.
    pub database_mb: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 1_000,
            requests: 4_096,
            head_bytes: 64 * 1024,
            headers: USUAL_HEADERS,
            request_body_bytes: 0,
            streams: 128,
            stream_bytes: 256 * 1024,
            resets: 200,
            interim_answers: 100,
            form_bytes: 64 * 1024,
            page_bytes: 1024 * 1024,
            decoded_bytes: 128 * 1024 * 1024,
            decoded_ratio: 200,
            store_queue: 4_096,
            store_connections: 4,
            inline_bytes: 256 * 1024,
            head_wait: Duration::from_secs(30),
            idle_wait: Duration::from_secs(75),
            connect_wait: Duration::from_secs(10),
            answer_wait: Duration::from_secs(300),
            body_wait: Duration::from_secs(300),
            upload_wait: Duration::from_secs(60),
            download_wait: Duration::from_secs(300),
            exchange_wait: None,
            commit_wait: Duration::from_secs(3),
            stop_wait: Duration::from_secs(20),
            origin_idle: LEAST_USUAL_IDLE,
            expiries: 20,
            held_lines: 20_000,
            held_bytes: 16 * 1024 * 1024,
            access_log_lines: 8_192,
            webhook_queue: 100_000,
            database_mb: 0,
        }
    }
}

impl Limits {
    /// The defaults for so many workers.
    #[must_use]
    pub fn usual(workers: usize) -> Self {
        let idle = workers.saturating_mul(USUAL_IDLE_BY_WORKER).max(LEAST_USUAL_IDLE);
        Self { origin_idle: idle, ..Self::default() }
    }

    /// How many idle connections to one origin each of so many workers keeps: one at least, unless none are kept.
    #[must_use]
    pub const fn origin_idle_each(&self, workers: usize) -> usize {
        self.origin_idle.div_ceil(if workers == 0 { 1 } else { workers })
    }

    /// Bytes that the database may take; None: as the disk allows.
    #[must_use]
    pub fn database_bytes(&self) -> Option<u64> {
        (self.database_mb > 0).then(|| u64::from(self.database_mb) * 1_048_576)
    }
}

/// Reads `[limits]`; what isn't written keeps its default for so many workers. Times are whole seconds.
pub(super) fn read(mut table: Table<'_, '_>, workers: usize) -> Limits {
    let mut limits = Limits::usual(workers);
    let mut count = |key, bounds, to: &mut usize| {
        if let Some(written) = table.integer(key, bounds).and_then(|written| usize::try_from(written).ok()) {
            *to = written;
        }
    };
    count("connections", 1..=1_000_000, &mut limits.connections);
    count("requests", 1..=1_000_000, &mut limits.requests);
    count("head_bytes", 8_192..=1_048_576, &mut limits.head_bytes);
    count("headers", 20..=1_000, &mut limits.headers);
    count("connections_per_address", 1..=1_000_000, &mut limits.connections_per_address);
    count("resets", 1..=100_000, &mut limits.resets);
    count("store_queue", 1..=1_000_000, &mut limits.store_queue);
    count("store_connections", 1..=64, &mut limits.store_connections);
    count("form_bytes", 1_024..=1_048_576, &mut limits.form_bytes);
    count("page_bytes", 65_536..=67_108_864, &mut limits.page_bytes);
    count("inline_bytes", 1_024..=1_048_576, &mut limits.inline_bytes);
    count("origin_idle", 0..=10_000, &mut limits.origin_idle);
    count("expiries", 1..=100, &mut limits.expiries);
    count("held_lines", 1..=10_000_000, &mut limits.held_lines);
    count("held_bytes", 8_192..=4_294_967_296, &mut limits.held_bytes);
    count("access_log_lines", 16..=1_000_000, &mut limits.access_log_lines);
    count("webhook_queue", 1..=1_000_000, &mut limits.webhook_queue);
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
    wait("upload_seconds", &mut limits.upload_wait);
    wait("download_seconds", &mut limits.download_wait);
    wait("commit_seconds", &mut limits.commit_wait);
    wait("stop_seconds", &mut limits.stop_wait);
    if let Some(written) = table.integer("database_mb", 0..=1_048_576).and_then(|written| u32::try_from(written).ok()) {
        limits.database_mb = written;
    }
    let mut small = |key, bounds, to: &mut u32| {
        if let Some(written) = table.integer(key, bounds).and_then(|written| u32::try_from(written).ok()) {
            *to = written;
        }
    };
    small("streams", 1..=10_000, &mut limits.streams);
    small("stream_bytes", 65_535..=16_777_216, &mut limits.stream_bytes);
    small("interim_answers", 1..=100_000, &mut limits.interim_answers);
    let mut large = |key, bounds, to: &mut u64| {
        if let Some(written) = table.integer(key, bounds).and_then(|written| u64::try_from(written).ok()) {
            *to = written;
        }
    };
    large("request_body_bytes", 0..=1 << 50, &mut limits.request_body_bytes);
    large("decoded_bytes", 1 << 20..=1 << 40, &mut limits.decoded_bytes);
    large("decoded_ratio", 1..=1_000_000, &mut limits.decoded_ratio);
    let mut seconds = 0;
    large("exchange_seconds", 0..=86_400, &mut seconds);
    limits.exchange_wait = (seconds > 0).then(|| Duration::from_secs(seconds));
    table.finish();
    // What is held back for judging is part of what a page may hold back.
    limits.inline_bytes = limits.inline_bytes.min(limits.page_bytes / 2);
    limits
}
