//! From memory to the store, every few seconds and at the stop, in batches.
//!
//! Refuses to lose or to double: what could not be stored goes back. Invariant: one batch is under way at a time
//! per caller, and its answer is always waited for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::store::{Error, Store, Unsaved};

/// How often counts are stored.
const EVERY: Duration = Duration::from_secs(5);

/// Rows in one batch.
const BATCH: usize = 1_000;

/// Stores what the sources count until `stop` is ready, and then the rest.
pub async fn flush(sources: Vec<Arc<dyn Unsaved>>, store: Store, stop: impl Future<Output = ()>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stop = std::pin::pin!(stop);
    loop {
        let last = tokio::select! {
            () = &mut stop => true,
            _ = ticks.tick() => false,
        };
        // The store has told why, once; what waits stays in memory and comes again.
        let stored = flush_once(&sources, &store, last).await;
        if last {
            if let Err(error) = stored {
                tracing::warn!(%error, "the last counts were lost");
            }
            return;
        }
    }
}

/// Stores what waits now. The future must not be dropped half way, or a batch is lost: give it a task of its own.
///
/// # Errors
/// [`Error::Unavailable`]; everything waits again.
pub async fn flush_once(sources: &[Arc<dyn Unsaved>], store: &Store, last: bool) -> Result<(), Error> {
    for source in sources {
        loop {
            let batch = source.take(BATCH, last);
            if batch.is_empty() {
                break;
            }
            let is_last_of_it = batch.figures.len() + batch.seen.len() < BATCH;
            if let Err(error) = store.add(batch.clone()).await {
                source.put_back(batch);
                return Err(error);
            }
            // What is counted meanwhile waits for the next time.
            if is_last_of_it {
                break;
            }
        }
    }
    Ok(())
}
