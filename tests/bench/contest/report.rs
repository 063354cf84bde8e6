//! What the contest came to, as Markdown for people and JSON for programs, on standard output and under `target/bench`. Refuses absolute figures in the
//! tables: they are the machine's. Invariant: every ratio is to plain nginx, of the same round.

use std::fmt::Write as _;

use gateway_tests::folders;
use serde_json::{Value, json};

use crate::contestants::Kind;
use crate::goals::Goal;
use crate::idle::{Idle, STEPS};
use crate::load::{CONNECTIONS, Manner};
use crate::rounds::{self, Programme, Run, Trial};

/// All that was found.
pub(crate) struct Findings {
    pub(crate) programme: Programme,
    pub(crate) runs: Vec<Run>,
    pub(crate) idle: Vec<Idle>,
    /// Memory while connections came and went.
    pub(crate) churn: Vec<(Kind, Vec<f64>)>,
    pub(crate) goals: Vec<Goal>,
    /// What one should know of them, in sentences.
    pub(crate) notes: Vec<String>,
}

/// Writes both files; the Markdown.
pub(crate) fn write(findings: &Findings) -> String {
    let folder = folders::repository().join("target").join("bench");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    let text = markdown(findings);
    std::fs::write(folder.join("contest.md"), &text).expect("the target folder can be written");
    std::fs::write(folder.join("contest.json"), format!("{:#}\n", figures(findings)))
        .expect("the target folder can be written");
    text
}

fn markdown(findings: &Findings) -> String {
    let Programme { rounds, seconds, .. } = findings.programme;
    let mut text = format!(
        "# Contest\n\n{rounds} rounds of {seconds} s, {CONNECTIONS} connections, the contestant alone on one core, origin and load on another. Ratios to \
         plain nginx in the same round: the median and, in brackets, the quartiles. *core*: the part of its core that the contestant used; well under 1 \
         the load was the bottleneck, and only processor time says something.\n"
    );
    for note in &findings.notes {
        write!(text, "\n{note}\n").ok();
    }
    for &trial in &findings.programme.trials {
        table(&mut text, findings, trial);
    }
    idle_table(&mut text, &findings.idle);
    churn_table(&mut text, &findings.churn);
    goal_table(&mut text, &findings.goals);
    text
}

fn table(text: &mut String, findings: &Findings, trial: Trial) {
    write!(text, "\n## {}\n\n", trial.title).ok();
    text.push_str("| | processor time a request | requests a second | p50 | p99 | core |\n|---|---|---|---|---|---|\n");
    for kind in Kind::ALL {
        let ratio = |of: fn(&Run) -> f64| rounds::ratio(&findings.runs, trial, kind, of);
        let Some(cost) = ratio(|run| run.cost) else { continue };
        let others = [ratio(|run| run.load.per_second), ratio(|run| run.load.p50), ratio(|run| run.load.p99)];
        write!(text, "| {} | {cost}", kind.name()).ok();
        for (place, other) in others.into_iter().enumerate() {
            // At a fixed rate everybody has the same.
            let says = !(place == 0 && trial.manner == Manner::Paced);
            let other = other.filter(|_| says).map_or_else(|| String::from("-"), |other| other.to_string());
            write!(text, " | {other}").ok();
        }
        let busy = rounds::plain(&findings.runs, trial, kind, |run| run.busy).map_or(f64::NAN, |busy| busy.median);
        writeln!(text, " | {busy:.2} |").ok();
    }
}

fn idle_table(text: &mut String, idle: &[Idle]) {
    if idle.is_empty() {
        return;
    }
    text.push_str("\n## Memory with idle connections\n\nMiB (PSS) before anybody came and with so many open connections that had one exchange each.\n\n");
    text.push_str("| | start");
    for step in STEPS {
        write!(text, " | {step}").ok();
    }
    text.push_str(" | x nginx | KiB each |\n|---|---|---|---|---|---|---|\n");
    let nginx = idle.iter().find(|idle| idle.kind == Kind::Nginx).and_then(|idle| idle.steps.last());
    for idle in idle {
        write!(text, "| {} | {:.1}", idle.kind.name(), idle.start / 1024.0).ok();
        for step in &idle.steps {
            write!(text, " | {:.1}", step / 1024.0).ok();
        }
        let ratio = idle.steps.last().zip(nginx).map_or(f64::NAN, |(own, nginx)| own / nginx);
        writeln!(text, " | {ratio:.1} | {:.1} |", idle.each()).ok();
    }
}

fn churn_table(text: &mut String, churn: &[(Kind, Vec<f64>)]) {
    if churn.is_empty() {
        return;
    }
    text.push_str(
        "\n## Memory while connections come and go\n\nMiB (PSS) with 200 open, after equal stretches of time.\n\n",
    );
    for (kind, looks) in churn {
        let looks: Vec<String> = looks.iter().map(|look| format!("{:.1}", look / 1024.0)).collect();
        writeln!(text, "- {}: {}", kind.name(), looks.join(", ")).ok();
    }
}

fn goal_table(text: &mut String, goals: &[Goal]) {
    text.push_str("\n## Goals\n\n| | goal | measured | |\n|---|---|---|---|\n");
    for Goal { text: name, limit, measured, is_met } in goals {
        let (measured, word) = match (measured, is_met) {
            (None, _) => (String::from("-"), "not measured"),
            (Some(measured), true) => (measured.to_string(), "met"),
            (Some(measured), false) => (measured.to_string(), "not met"),
        };
        writeln!(text, "| {name} | {limit} | {measured} | {word} |").ok();
    }
}

/// Everything as it was measured, in microseconds and KiB.
fn figures(findings: &Findings) -> Value {
    let runs = findings.runs.iter().map(|run| {
        json!({
            "round": run.round, "trial": run.trial.title, "contestant": run.kind.name(), "requests": run.load.requests,
            "requests_a_second": run.load.per_second, "p50": run.load.p50, "p99": run.load.p99,
            "processor_time": run.cost, "core": run.busy,
        })
    });
    let idle = findings.idle.iter().map(|idle| {
        json!({ "contestant": idle.kind.name(), "start": idle.start, "connections": STEPS, "memory": idle.steps, "each": idle.each() })
    });
    let churn = findings.churn.iter().map(|(kind, looks)| json!({ "contestant": kind.name(), "memory": looks }));
    let goals = findings.goals.iter().map(|goal| {
        let measured = goal.measured.map(|measured| measured.json());
        json!({ "goal": goal.text, "limit": goal.limit, "measured": measured, "met": goal.is_met })
    });
    json!({
        "runs": runs.collect::<Vec<_>>(), "idle": idle.collect::<Vec<_>>(), "churn": churn.collect::<Vec<_>>(),
        "goals": goals.collect::<Vec<_>>(), "notes": findings.notes,
    })
}
