//! The rounds: every contestant does every work for a fixed time, in an order that turns with each round. Refuses to compare across rounds: what the
//! machine did meanwhile is in both halves of a ratio. Invariant: processor time is that of the contestant's processes from before a run to after it.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use crate::contestants::{Contestant, Kind};
use crate::cores;
use crate::load::{self, Load, Manner};
use crate::spread::Spread;
use crate::work::Work;

/// How often a run is begun before its failure ends the contest.
const TRIES: usize = 3;

/// A row of the contest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trial {
    pub(crate) work: Work,
    pub(crate) manner: Manner,
    pub(crate) title: &'static str,
}

const fn trial(work: Work, manner: Manner, title: &'static str) -> Trial {
    Trial { work, manner, title }
}

/// (a), as fast as it goes.
pub(crate) const JSON: Trial = trial(Work::Json, Manner::Clear, "(a) 1 KiB of JSON");
/// (a), at a fixed rate.
pub(crate) const PACED: Trial = trial(Work::Json, Manner::Paced, "(a) at 3,000 requests a second");
/// (b), for who refused.
pub(crate) const PAGE: Trial = trial(Work::Page, Manner::Clear, "(b) page of 64 KiB, visitor refused");
/// (c).
pub(crate) const DOWNLOAD: Trial = trial(Work::Download, Manner::Clear, "(c) download of 1 MiB");

/// Every row.
pub(crate) const TRIALS: [Trial; 9] = [
    JSON,
    PACED,
    PAGE,
    trial(Work::PageAsked, Manner::Clear, "(b) page of 64 KiB, visitor not yet asked: banner"),
    DOWNLOAD,
    trial(Work::Json, Manner::Tls, "(a) inside TLS"),
    trial(Work::Page, Manner::Tls, "(b) inside TLS, visitor refused"),
    trial(Work::Json, Manner::Http2, "(a) by HTTP/2"),
    trial(Work::Page, Manner::Http2, "(b) by HTTP/2, visitor refused"),
];

/// One contestant's run.
pub(crate) struct Run {
    pub(crate) round: usize,
    pub(crate) trial: Trial,
    pub(crate) kind: Kind,
    pub(crate) load: Load,
    /// Microseconds of processor time for a request.
    pub(crate) cost: f64,
    /// Which part of its core it used.
    pub(crate) busy: f64,
}

/// How the contest is held.
pub(crate) struct Programme {
    pub(crate) rounds: usize,
    pub(crate) seconds: u32,
    pub(crate) trials: Vec<Trial>,
}

/// Every run of every round; round 0 warms everybody and is not kept.
pub(crate) async fn all(programme: &Programme, contestants: &[Contestant], scratch: &Path) -> Vec<Run> {
    let mut runs = Vec::new();
    for round in 0..=programme.rounds {
        for &trial in &programme.trials {
            let mut able: Vec<_> = contestants.iter().filter(|each| each.kind.does(trial.work, trial.manner)).collect();
            let turn = round.checked_rem(able.len()).unwrap_or_default();
            able.rotate_left(turn);
            for contestant in able {
                let seconds = if round == 0 { 1 } else { programme.seconds };
                let run = run(round, trial, contestant, seconds, scratch).await;
                runs.extend((round > 0).then_some(run));
            }
        }
        writeln!(std::io::stderr().lock(), "round {round} of {} is over", programme.rounds).ok();
    }
    runs
}

/// A run; one whose load program dies is made again, [`TRIES`] times in all. (h2load does that now and then while it stops.)
async fn run(round: usize, trial: Trial, contestant: &Contestant, seconds: u32, scratch: &Path) -> Run {
    let Trial { work, manner, .. } = trial;
    let door = contestant.door(manner);
    let headers = work.headers(&door.consent);
    let mut failures = Vec::new();
    while failures.len() < TRIES {
        let started = Instant::now();
        let before = cores::time_of(door.group);
        match load::run(manner, (door.port, work.path()), &headers, seconds, scratch).await {
            Ok(load) => {
                let spent = cores::time_of(door.group).saturating_sub(before).as_secs_f64();
                let busy = spent / started.elapsed().as_secs_f64();
                return Run { round, trial, kind: contestant.kind, load, cost: spent * 1e6 / load.requests, busy };
            }
            Err(failure) => failures.push(failure),
        }
    }
    panic!("{}, {}: {}\n{}", contestant.kind.name(), trial.title, failures.join("\n"), contestant.complaints());
}

/// A contestant's figure over nginx's of the same round, in each round.
pub(crate) fn ratio(runs: &[Run], trial: Trial, kind: Kind, of: impl Fn(&Run) -> f64) -> Option<Spread> {
    ratio_to(runs, trial, kind, Kind::Nginx, of)
}

/// A contestant's figure over another's of the same round, in each round.
pub(crate) fn ratio_to(
    runs: &[Run],
    trial: Trial,
    kind: Kind,
    other: Kind,
    of: impl Fn(&Run) -> f64,
) -> Option<Spread> {
    let ours = runs.iter().filter(|run| run.trial == trial && run.kind == kind);
    let ratios = ours.filter_map(|run| {
        let theirs = runs.iter().find(|each| each.trial == trial && each.kind == other && each.round == run.round)?;
        Some(of(run) / of(theirs))
    });
    Spread::of(ratios)
}

/// The middle of a figure over all rounds, as it was measured.
pub(crate) fn plain(runs: &[Run], trial: Trial, kind: Kind, of: impl Fn(&Run) -> f64) -> Option<Spread> {
    Spread::of(runs.iter().filter(|run| run.trial == trial && run.kind == kind).map(of))
}
