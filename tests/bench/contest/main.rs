//! The performance contest: the gateway beside nginx, nginx with lua, HAProxy and Pingora, on three kinds of work, in turn, on one machine with two
//! cores; also over TLS and HTTP/2, with idle connections, and while connections come and go. Its result are ratios of one round
//! ([`rounds`]), never absolute figures; a machine that does something else meanwhile spoils them. Refuses to measure a contestant whose output is
//! wrong ([`check`]). Invariant: nothing leaves loopback, and all that was started has ended when this program has, after Ctrl-C and failures too.
//!
//! `make bench` brings what is needed. By environment: `CONTEST_ROUNDS` (5), `CONTEST_SECONDS` of each run (2), `CONTEST_ONLY` (contestants and works
//! by name, parted by commas: `nginx,gateway,json,page,asked,download,paced,tls,http2,idle,churn`; all without it),
//! `CONTEST_CHURN_SECONDS` (20; an hour is 3600). How long it will take is told at its start: about fifteen minutes with all.

mod check;
mod contestants;
mod cores;
mod goals;
mod idle;
mod load;
mod origin;
mod plan;
mod report;
mod rounds;
mod spread;
mod visitor;
mod work;

use std::io::Write as _;
use std::process::ExitCode;

use gateway_tests::certificates::Authority;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use contestants::{Contestant, Kind, Stage};
use load::Manner;
use origin::Origin;
use plan::Plan;
use report::Findings;
use work::{HOST, Work};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if std::env::args().any(|argument| argument == origin::ROLE) {
        origin::serve().await;
    }
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return ExitCode::FAILURE;
    };
    // Whichever comes first, the other's future is dropped here, and with it the handles of all that was started.
    tokio::select! {
        () = contest(Plan::read()) => ExitCode::SUCCESS,
        _ = interrupt.recv() => ExitCode::FAILURE,
        _ = terminate.recv() => ExitCode::FAILURE,
    }
}

async fn contest(mut plan: Plan) {
    work::check();
    cores::check();
    let mut notes = plan.trimmed();
    tell(&format!("the contest takes about {} minutes; run nothing beside it", plan.minutes()));
    let stage = stage(&mut notes).await;
    let mut contestants = Vec::new();
    for &kind in &plan.kinds {
        match kind.start(&stage).await {
            Some(contestant) => contestants.push(contestant),
            None => notes.push(format!("{} was not built and is missing.", kind.name())),
        }
    }
    notes.iter().for_each(|sentence| tell(sentence));
    for contestant in &contestants {
        check::check(contestant, &plan.manners()).await;
        tell(&format!("{}: the output is right", contestant.kind.name()));
    }
    let scratch = TempDir::with_prefix("contest-").expect("a temporary folder can be made");
    let programme = plan.programme();
    let runs = rounds::all(&programme, &contestants, scratch.path()).await;
    drop(contestants);
    let (idle, churn) = memory(&plan, &stage).await;
    let goals = goals::all(&runs, &idle);
    let text = report::write(&Findings { programme, runs, idle, churn, goals, notes });
    write!(std::io::stdout().lock(), "\n{text}\n").ok();
}

async fn memory(plan: &Plan, stage: &Stage) -> (Vec<idle::Idle>, Vec<(Kind, Vec<f64>)>) {
    let (mut idle, mut churn) = (Vec::new(), Vec::new());
    for &kind in plan.kinds.iter().filter(|kind| **kind != Kind::Direct) {
        if plan.idle {
            tell(&format!("{}: memory with idle connections", kind.name()));
            idle.extend(idle::waiting(kind, stage).await);
        }
        if let (Kind::Gateway, Some(seconds)) = (kind, plan.churn_seconds) {
            churn.extend(idle::churning(kind, stage, seconds).await.map(|looks| (kind, looks)));
        }
    }
    (idle, churn)
}

/// The origin, the certificate, and what peers put into pages: as much as the gateway does, which is asked first.
async fn stage(notes: &mut Vec<String>) -> Stage {
    let identity = Authority::fresh().identity(&[HOST, "127.0.0.1"]);
    let mut stage = Stage { origin: Origin::start().await, identity, banner: String::new(), link: String::new() };
    let gateway: Contestant = Kind::Gateway.start(&stage).await.expect("the gateway starts");
    let (asked, refused) = (check::put_in(&gateway, Work::PageAsked).await, check::put_in(&gateway, Work::Page).await);
    stage.banner = check::snippet(Work::PageAsked, asked);
    stage.link = check::snippet(Work::Page, refused);
    notes.push(format!(
        "Put into the page: scripts' tags and the banner for who has not answered, about {asked} bytes; scripts' tags and the link to the settings for \
         who refused, about {refused}. Peers put in as many bytes."
    ));
    stage
}

/// Progress goes to the error output, so that the tables can be kept alone.
fn tell(sentence: &str) {
    writeln!(std::io::stderr().lock(), "{sentence}").ok();
}

/// Every manner in which something may be asked.
const MANNERS: [Manner; 4] = [Manner::Clear, Manner::Paced, Manner::Tls, Manner::Http2];
