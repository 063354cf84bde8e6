//! What is held this time, as the environment says. Refuses words that it doesn't know, with those that it does. Invariant: plain nginx always takes
//! part, since every ratio is to it.

use crate::MANNERS;
use crate::contestants::{Kind, MOST_CONNECTIONS};
use crate::cores;
use crate::idle::STEPS;
use crate::load::Manner;
use crate::rounds::{Programme, TRIALS, Trial};
use crate::work::Work;

/// Descriptors that a program needs beside those of its idle connections.
const OTHER_DESCRIPTORS: usize = 500;

/// The words of `CONTEST_ONLY` that name no contestant and no work.
const PACED: &str = "paced";
const TLS: &str = "tls";
const HTTP2: &str = "http2";
const IDLE: &str = "idle";
const CHURN: &str = "churn";

/// Who does what, and how often.
pub(crate) struct Plan {
    rounds: usize,
    seconds: u32,
    pub(crate) kinds: Vec<Kind>,
    trials: Vec<Trial>,
    /// Whether memory with idle connections is looked at.
    pub(crate) idle: bool,
    /// How long connections come and go; None: not at all.
    pub(crate) churn_seconds: Option<u64>,
}

impl Plan {
    /// Reads the environment.
    pub(crate) fn read() -> Self {
        let only = std::env::var("CONTEST_ONLY").unwrap_or_default();
        let only: Vec<&str> = only.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        let strange: Vec<_> = only.iter().filter(|word| !words().any(|known| known == **word)).collect();
        let known = words().collect::<Vec<_>>().join(", ");
        assert!(strange.is_empty(), "CONTEST_ONLY doesn't know {strange:?}; it knows {known}");
        let asked = |word: &str| only.contains(&word);
        // Of contestants and of what they do, the side that isn't named is whole.
        let all_kinds = !Kind::ALL.iter().any(|kind| asked(kind.name()));
        let all_works = !only.iter().any(|word| !Kind::ALL.iter().any(|kind| kind.name() == *word));
        let kinds = Kind::ALL.into_iter().filter(|kind| all_kinds || *kind == Kind::Nginx || asked(kind.name()));
        let trials = TRIALS.into_iter().filter(|trial| all_works || asked(word_of(trial)));
        let churn_seconds = u64::from(number("CONTEST_CHURN_SECONDS", 20));
        Self {
            rounds: number("CONTEST_ROUNDS", 5).max(1) as usize,
            seconds: number("CONTEST_SECONDS", 2).max(1),
            kinds: kinds.collect(),
            trials: trials.collect(),
            idle: all_works || asked(IDLE),
            churn_seconds: (churn_seconds > 0 && (all_works || asked(CHURN))).then_some(churn_seconds),
        }
    }

    /// The rounds.
    pub(crate) fn programme(&self) -> Programme {
        Programme { rounds: self.rounds, seconds: self.seconds, trials: self.trials.clone() }
    }

    /// Every manner in which something is asked.
    pub(crate) fn manners(&self) -> Vec<Manner> {
        MANNERS.into_iter().filter(|manner| self.trials.iter().any(|trial| trial.manner == *manner)).collect()
    }

    /// Leaves out what this machine can't do; sentences that say so.
    pub(crate) fn trimmed(&mut self) -> Vec<String> {
        let (most, needed) = (cores::widen_descriptors(), MOST_CONNECTIONS * 2 + OTHER_DESCRIPTORS);
        if !self.idle || most >= needed {
            return Vec::new();
        }
        self.idle = false;
        vec![format!(
            "Idle connections were not counted: {} of them need {needed} open files, and {most} are allowed.",
            STEPS[2]
        )]
    }

    /// How long it will take, about.
    pub(crate) fn minutes(&self) -> u64 {
        let runs: usize = self.trials.iter().map(|trial| self.able(trial)).sum();
        let seconds = runs as f64 * (self.rounds as f64 * f64::from(self.seconds) + 1.0) * 1.1;
        let idle = if self.idle { self.kinds.len() as f64 * 12.0 } else { 0.0 };
        ((seconds + idle + self.churn_seconds.unwrap_or_default() as f64) / 60.0).ceil() as u64
    }

    fn able(&self, trial: &Trial) -> usize {
        self.kinds.iter().filter(|kind| kind.does(trial.work, trial.manner)).count()
    }
}

fn words() -> impl Iterator<Item = &'static str> {
    let works = ["json", "page", "asked", "download", PACED, TLS, HTTP2, IDLE, CHURN];
    Kind::ALL.into_iter().map(Kind::name).chain(works)
}

/// The word of `CONTEST_ONLY` for a row.
fn word_of(trial: &Trial) -> &'static str {
    match (trial.manner, trial.work) {
        (Manner::Paced, _) => PACED,
        (Manner::Tls, _) => TLS,
        (Manner::Http2, _) => HTTP2,
        (Manner::Clear, Work::Json) => "json",
        (Manner::Clear, Work::Page) => "page",
        (Manner::Clear, Work::PageAsked) => "asked",
        (Manner::Clear, Work::Download) => "download",
    }
}

fn number(name: &str, usual: u32) -> u32 {
    let Ok(text) = std::env::var(name) else { return usual };
    text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number, not {text:?}"))
}
