//! One sentence when an origin is not there at start, and one when it comes. Requests meanwhile are tried and
//! answered with 502; nothing waits for this.

use std::time::Duration;

use crate::config::SiteConfig;
use crate::origin;

/// The pause between two tries: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Looks at each origin until it answers once.
pub(super) async fn run(sites: Vec<SiteConfig>, wait: Duration) {
    let mut watches: tokio::task::JoinSet<()> = sites.into_iter().map(|site| watch(site, wait)).collect();
    while watches.join_next().await.is_some() {}
}

async fn watch(site: SiteConfig, wait: Duration) {
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
