//! File descriptors: a visitor costs one, a request under way one more. The system's first limit is often a thousand, for
//! programs of another kind; the process takes what it may have, and says when that is less than its bounds promise.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Limits;

/// What the process needs beside visitors and origins: listeners, the store, owners, the log.
const OWN: u64 = 128;

/// Takes as many as the system lets this process have.
pub(super) fn raise(limits: &Limits) {
    let had = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: had.maximum, maximum: had.maximum });
    let have = if raised.is_ok() { had.maximum } else { had.current };
    let wanted = u64::try_from(limits.connections + limits.requests).unwrap_or(u64::MAX).saturating_add(OWN);
    if let Some(have) = have.filter(|have| *have < wanted) {
        tracing::warn!("this process may open {have} files; limits.connections and limits.requests need {wanted}");
    }
}
