//! Memory: with connections that have had one exchange and wait, and over a time in which connections come and go. Refuses to look at a process that has
//! done other work before: each contestant is started anew. Invariant: every connection counted is open when memory is read.

use std::io::Write as _;
use std::time::{Duration, Instant};

use gateway_tests::Client;

use crate::contestants::{Contestant, Kind, MOST_CONNECTIONS, Stage};
use crate::cores;
use crate::load::Manner;
use crate::visitor::connect;
use crate::work::Work;

/// At how many waiting connections memory is read.
pub(crate) const STEPS: [usize; 3] = [50, 1_000, MOST_CONNECTIONS];
/// Connections that come and go at once.
const WAVE: usize = 200;
/// Times at which memory is read while connections come and go.
const LOOKS: u32 = 8;

/// A contestant's memory in KiB: before anybody came, and at each step.
pub(crate) struct Idle {
    pub(crate) kind: Kind,
    pub(crate) start: f64,
    pub(crate) steps: Vec<f64>,
}

impl Idle {
    /// KiB for each connection between the first and the last step.
    pub(crate) fn each(&self) -> f64 {
        let (first, last) = (self.steps.first(), self.steps.last());
        let grown = last.zip(first).map_or(f64::NAN, |(last, first)| last - first);
        grown / (STEPS[2] - STEPS[0]) as f64
    }
}

/// A contestant's memory with idle connections; None where it can't be had.
pub(crate) async fn waiting(kind: Kind, stage: &Stage) -> Option<Idle> {
    let contestant = kind.start(stage).await?;
    let group = contestant.door(Manner::Clear).group;
    let start = cores::memory_of(group);
    let mut open = Vec::with_capacity(MOST_CONNECTIONS);
    let mut steps = Vec::new();
    for step in STEPS {
        while open.len() < step {
            open.push(exchange(&contestant).await);
        }
        steps.push(cores::memory_of(group));
    }
    drop(open);
    Some(Idle { kind, start, steps })
}

/// A connection that has had its exchange.
async fn exchange(contestant: &Contestant) -> Client {
    let door = contestant.door(Manner::Clear);
    let mut client = connect(door.port, false).await;
    let headers = Work::Json.headers(&door.consent);
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let heard = client.get(Work::Json.path(), &headers).await;
    assert_eq!(heard.status, 200, "{}: an exchange failed: {}", contestant.kind.name(), contestant.complaints());
    client
}

/// Memory in KiB at each look, while waves of connections come, exchange and go for so long.
pub(crate) async fn churning(kind: Kind, stage: &Stage, seconds: u64) -> Option<Vec<f64>> {
    let contestant = kind.start(stage).await?;
    let group = contestant.door(Manner::Clear).group;
    let (started, between) = (Instant::now(), Duration::from_secs(seconds) / LOOKS);
    let mut looks = Vec::new();
    for look in 1..=LOOKS {
        let mut connections = 0;
        // Whole waves alone: what is open when memory is read must be the same each time.
        loop {
            let mut wave = Vec::with_capacity(WAVE);
            while wave.len() < WAVE {
                wave.push(exchange(&contestant).await);
            }
            connections += wave.len();
            if started.elapsed() >= between * look {
                looks.push(cores::memory_of(group));
                break;
            }
        }
        let memory = looks.last().copied().unwrap_or_default();
        let name = kind.name();
        writeln!(std::io::stderr().lock(), "{name}: {memory:.0} KiB after {connections} more connections").ok();
    }
    Some(looks)
}
