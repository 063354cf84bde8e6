//! The goals, and whether this contest's figures meet them. Refuses to call a goal met by a median alone where it says that the gateway is ahead of a peer:
//! then the quartile ranges of the two must not overlap either. Invariant: each goal is judged by ratios of one round, save memory, which is counted.

use crate::contestants::Kind;
use crate::idle::Idle;
use crate::rounds::{self, DOWNLOAD, JSON, PACED, PAGE, Run, Trial};
use crate::spread::Spread;

/// A goal with what was measured.
pub(crate) struct Goal {
    pub(crate) text: &'static str,
    pub(crate) limit: f64,
    pub(crate) measured: Option<Spread>,
    pub(crate) is_met: bool,
}

/// A cost that must stay at or under a limit times another's.
struct Cost {
    text: &'static str,
    trial: Trial,
    other: Kind,
    limit: f64,
}

const COSTS: [Cost; 6] = [
    Cost { text: "(a) processor time, x nginx", trial: JSON, other: Kind::Nginx, limit: 1.05 },
    Cost { text: "(a) processor time, x nginx with lua", trial: JSON, other: Kind::NginxLua, limit: 0.70 },
    Cost { text: "(a) processor time, filter on against off", trial: JSON, other: Kind::GatewayOff, limit: 1.08 },
    Cost { text: "(b) processor time, x nginx", trial: PAGE, other: Kind::Nginx, limit: 1.6 },
    Cost { text: "(b) processor time, x nginx with lua", trial: PAGE, other: Kind::NginxLua, limit: 0.6 },
    Cost { text: "(c) processor time, x nginx", trial: DOWNLOAD, other: Kind::Nginx, limit: 0.90 },
];

/// KiB for an idle connection.
const IDLE_KIB: f64 = 24.0;

/// Every goal that this contest can judge.
pub(crate) fn all(runs: &[Run], idle: &[Idle]) -> Vec<Goal> {
    let mut goals: Vec<Goal> = COSTS.iter().map(|cost| judged(cost, runs)).collect();
    let latency = rounds::ratio(runs, PACED, Kind::Gateway, |run| run.load.p99);
    goals.push(at_most("p99 at 3,000 requests a second, x nginx", 1.0, latency));
    let speed = rounds::ratio(runs, JSON, Kind::Gateway, |run| run.load.per_second);
    goals.push(Goal {
        text: "(a) requests a second, x nginx, at least",
        limit: 0.95,
        measured: speed,
        is_met: speed.is_some_and(|speed| speed.median >= 0.95),
    });
    let each = idle.iter().find(|idle| idle.kind == Kind::Gateway).map(Idle::each);
    goals.push(at_most("KiB for an idle connection", IDLE_KIB, Spread::of(each)));
    goals
}

fn at_most(text: &'static str, limit: f64, measured: Option<Spread>) -> Goal {
    Goal { text, limit, measured, is_met: measured.is_some_and(|measured| measured.median <= limit) }
}

fn judged(cost: &Cost, runs: &[Run]) -> Goal {
    let measured = rounds::ratio_to(runs, cost.trial, Kind::Gateway, cost.other, |run| run.cost);
    let goal = at_most(cost.text, cost.limit, measured);
    let is_ahead = cost.limit >= 1.0 || apart(cost, runs).unwrap_or(false);
    Goal { is_met: goal.is_met && is_ahead, ..goal }
}

/// Whether the gateway's range lies whole under the other's, both as ratios to nginx.
fn apart(cost: &Cost, runs: &[Run]) -> Option<bool> {
    let ratio = |kind| rounds::ratio(runs, cost.trial, kind, |run| run.cost);
    Some(ratio(Kind::Gateway)?.is_under(&ratio(cost.other)?))
}
