//! One task for each receiver: takes what waits for it, oldest first, and goes on until nothing does. A receiver that is
//! away is asked with one message after ever longer pauses, and costs nobody else anything.
//!
//! Refuses to keep what waits in memory beyond one batch. Invariant: a row goes from the store only after the receiver
//! answered 2xx, or when it is too old or one too many.

use std::sync::Arc;
use std::time::Duration;

use policies::Timestamp;
use policies::time::DAY;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::post::{self, Outcome};
use super::{Receiver, Receivers};
use crate::store::{Owed, Settled, Store};
use crate::telemetry::Telemetry;

/// Reads the clock.
pub type Clock = fn() -> Timestamp;

/// Rows that are read at once.
const BATCH: usize = 64;
/// Messages under way at once to one receiver.
const TOGETHER: usize = 8;
/// For so many seconds a row may wait.
const OLDEST: i64 = 7 * DAY;
/// The pause after a receiver was away, and the longest; it doubles in between.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);
/// Seconds until a refused message is sent again, how many times as long after each refusal, and the most.
const AFTER_REFUSAL: (i64, i64, i64) = (30, 4, 6 * 3_600);
/// The same for a message that found the receiver away: another is tried before it, since it may be this one that the
/// receiver fails at.
const AFTER_AWAY: (i64, i64, i64) = (1, 2, 300);
/// How often the store is looked at although nothing here told that there is something: another process may have written.
const LOOK: Duration = Duration::from_secs(5);
/// How often old rows are given up.
const TIDY: Duration = Duration::from_secs(3_600);

/// Tells the receivers in force, as they change.
pub async fn run(mut current: watch::Receiver<Arc<Receivers>>, store: Store, telemetry: Arc<Telemetry>, clock: Clock) {
    loop {
        let receivers = Arc::clone(&current.borrow_and_update());
        let mut tasks = JoinSet::new();
        if !receivers.all.is_empty() {
            tasks.spawn(tidy(store.clone(), clock));
        }
        for receiver in &receivers.all {
            let (store, telemetry) = (store.clone(), Arc::clone(&telemetry));
            tasks.spawn(Postman { receiver: Arc::clone(receiver), store, telemetry, clock }.run());
        }
        if current.changed().await.is_err() {
            return;
        }
        // What is under way to receivers that stay is sent again, under the same id.
        tasks.shutdown().await;
    }
}

/// Gives up what waits for too long, and says so.
async fn tidy(store: Store, clock: Clock) {
    let mut told = store.lost();
    loop {
        let now = clock();
        // Where the store can't write, nothing is posted either; it is tried again.
        store.tidy_outbox(now, Timestamp(now.0.saturating_sub(OLDEST))).await.ok();
        let lost = store.lost();
        if lost > told {
            tracing::warn!(
                count = lost - told,
                "webhooks were given up: they waited for a week, or more than limits.webhook_queue did"
            );
            told = lost;
        }
        tokio::time::sleep(TIDY).await;
    }
}

/// Serves one receiver.
struct Postman {
    receiver: Arc<Receiver>,
    store: Store,
    telemetry: Arc<Telemetry>,
    clock: Clock,
}

/// What one round came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    /// There may be more.
    Done,
    /// Nothing is due before then.
    Idle(Duration),
    /// The receiver is away.
    Away,
}

impl Postman {
    async fn run(self) {
        let mut posted = self.store.posted();
        let mut pause = FIRST_PAUSE;
        loop {
            posted.mark_unchanged();
            match self.round().await {
                Round::Done => pause = FIRST_PAUSE,
                // The sender lives as long as the store that this holds.
                Round::Idle(wait) => drop(tokio::time::timeout(wait, posted.changed()).await),
                Round::Away => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    async fn round(&self) -> Round {
        let now = (self.clock)();
        let Ok(mut rows) = self.store.archive().owed(self.receiver.id, BATCH).await else { return Round::Idle(LOOK) };
        let next = rows.iter().map(|row| row.due.0).filter(|due| *due > now.0).min();
        rows.retain(|row| row.due.0 <= now.0);
        if rows.is_empty() {
            let wait = next.and_then(|due| u64::try_from(due - now.0).ok()).map_or(LOOK, Duration::from_secs);
            return Round::Idle(wait.min(LOOK));
        }
        let mut settled = Settled::default();
        let is_there = self.send_all(rows, &mut settled).await;
        self.settle(settled).await;
        if is_there { Round::Done } else { Round::Away }
    }

    /// Whether the receiver is there. The first message goes alone: nobody is asked eight times whether they are there.
    async fn send_all(&self, rows: Vec<Owed>, settled: &mut Settled) -> bool {
        let mut rows = rows.into_iter();
        let mut together = 1;
        loop {
            let mut under_way: JoinSet<(Owed, Outcome)> =
                rows.by_ref().take(together).map(|row| self.send(row)).collect();
            if under_way.is_empty() {
                return true;
            }
            let mut is_there = true;
            while let Some(sent) = under_way.join_next().await {
                is_there &= sent.is_ok_and(|(row, outcome)| self.note(&row, &outcome, settled));
            }
            if !is_there {
                return false;
            }
            together = TOGETHER;
        }
    }

    fn send(&self, row: Owed) -> impl Future<Output = (Owed, Outcome)> + Send + 'static {
        let (receiver, now) = (Arc::clone(&self.receiver), (self.clock)());
        async move {
            let outcome = post::send(&receiver, &row.record, now).await;
            (row, outcome)
        }
    }

    /// Whether the receiver is there.
    fn note(&self, row: &Owed, outcome: &Outcome, settled: &mut Settled) -> bool {
        let (word, why, waits) = match outcome {
            Outcome::Told => {
                self.telemetry.webhook_told(&self.receiver.site);
                settled.told.push(row.seq);
                return true;
            }
            Outcome::Refused(why) => ("refused", why, AFTER_REFUSAL),
            Outcome::Away(why) => ("away", why, AFTER_AWAY),
        };
        self.telemetry.webhook_failed(&self.receiver.site, self.receiver.authority(), word, why);
        settled.later.push((row.seq, Timestamp((self.clock)().0.saturating_add(wait(row.failures, waits)))));
        matches!(outcome, Outcome::Refused(_))
    }

    /// What was told must be noted before anything else is read, or it would be told again.
    async fn settle(&self, settled: Settled) {
        if settled == Settled::default() {
            return;
        }
        let mut pause = FIRST_PAUSE;
        while self.store.settle(settled.clone()).await.is_err() {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// Seconds until a message that failed so often before is sent again.
fn wait(failures: u32, (first, times, most): (i64, i64, i64)) -> i64 {
    times.checked_pow(failures).and_then(|factor| factor.checked_mul(first)).map_or(most, |seconds| seconds.min(most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_failed_comes_again_ever_later() {
        let check = |failures, waits, expect| assert_eq!(wait(failures, waits), expect, "{failures}");
        check(0, AFTER_REFUSAL, 30);
        check(1, AFTER_REFUSAL, 120);
        check(5, AFTER_REFUSAL, 6 * 3_600);
        check(u32::MAX, AFTER_REFUSAL, 6 * 3_600);
        check(0, AFTER_AWAY, 1);
        check(8, AFTER_AWAY, 256);
        check(9, AFTER_AWAY, 300);
    }
}
