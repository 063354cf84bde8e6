//! One sentence when an origin is not there at start, and one when it comes. Requests meanwhile are tried and
//! answered with 502; nothing waits for this.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::{Config, SiteConfig};
use crate::origin;

/// The pause between two tries: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Looks at each origin until it answers once; after a reload, at those of the new configuration.
pub(super) async fn run(mut current: watch::Receiver<Arc<Config>>) {
    loop {
        let config = Arc::clone(&current.borrow_and_update());
        let wait = config.limits.connect_wait;
        // What is still looked for goes with the set.
        let _looks: JoinSet<()> = config.sites.iter().cloned().map(|site| look_for(site, wait)).collect();
        if current.changed().await.is_err() {
            return;
        }
    }
}

async fn look_for(site: SiteConfig, wait: Duration) {
    let mut pause = FIRST_PAUSE;
    let mut told = false;
    while let Err(error) = origin::answers(&site.origin, wait).await {
        if !told {
            tracing::warn!(
                site = site.name,
                "the origin {} doesn't answer yet ({error}); visitors get 502 until it does",
                site.origin
            );
            told = true;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    if told {
        tracing::info!(site = site.name, "the origin {} answers now", site.origin);
    }
}
