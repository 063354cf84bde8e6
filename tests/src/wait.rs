//! Waiting for something that another process does: look, pause shortly, look again, give up with a sentence. Refuses to wait
//! without a bound. Invariant: a pause here never decides a result, it only spaces the looks.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long any awaited thing may take on two busy cores before the test gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);

const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Looks until `look` yields something; panics with `what` after [`PATIENCE`].
pub async fn until<T, Look, Answer>(what: &str, mut look: Look) -> T
where
    Look: FnMut() -> Answer,
    Answer: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "waited {} s in vain: {what}", PATIENCE.as_secs());
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Looks until `holds` is true; panics with `what` after [`PATIENCE`].
pub async fn until_true<Look, Answer>(what: &str, mut holds: Look)
where
    Look: FnMut() -> Answer,
    Answer: Future<Output = bool>,
{
    until(what, || {
        let answer = holds();
        async move { answer.await.then_some(()) }
    })
    .await;
}

/// Awaits one future; panics with `what` when it takes longer than [`PATIENCE`].
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(value) => value,
        Err(_) => panic!("waited {} s in vain: {what}", PATIENCE.as_secs()),
    }
}
