//! The text of each policy in force or to come, and the owner's words around it, are kept as evidence of what visitors were
//! shown: at start, after each reload, and again until it is done where the store could not write. So nothing is left to do on
//! the day on which a version comes into force.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::configured;
use crate::config::{Config, SiteConfig};
use crate::proxy::now;
use crate::store::{ContentKind, Store};

/// The pause between two tries: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How often the store is told that these texts are still in force: it keeps what was, by the day.
const AGAIN: Duration = Duration::from_secs(6 * 3_600);

/// Keeps the texts of the configuration in force, as it changes.
pub(super) async fn run(mut current: watch::Receiver<Arc<Config>>, store: Store) {
    loop {
        let config = Arc::clone(&current.borrow_and_update());
        let all = async {
            for site in config.sites.iter().filter(|site| !site.policy_missing) {
                let later = site.life.later().iter().map(|(_, later)| &later.source);
                for source in std::iter::once(&site.policy_source).chain(later) {
                    keep(site, ContentKind::Policy, source, &store).await;
                }
                if site.wording.version().is_some() {
                    keep(site, ContentKind::Words, site.wording.source(), &store).await;
                }
                enter(site, &store).await;
            }
        };
        // A newer configuration doesn't wait for an older one's texts: they are no longer shown.
        let changed = tokio::select! {
            changed = current.changed() => Some(changed),
            () = all => tokio::time::timeout(AGAIN, current.changed()).await.ok(),
        };
        if changed.is_some_and(|changed| changed.is_err()) {
            return;
        }
    }
}

/// Enters a site's configuration, until it is done.
async fn enter(site: &SiteConfig, store: &Store) {
    let mut pause = FIRST_PAUSE;
    while let Err(error) = configured::entered(site, store, now()).await {
        if pause == FIRST_PAUSE {
            tracing::error!(
                site = site.name,
                error = &error as &dyn std::error::Error,
                "that the configuration changed could not be entered; it is tried again"
            );
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn keep(site: &SiteConfig, kind: ContentKind, text: &str, store: &Store) {
    let text = text.as_bytes();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text);
    let mut hash = [0; 32];
    hash.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    let mut pause = FIRST_PAUSE;
    while let Err(error) = store.keep_content(kind, hash, text.to_vec()).await {
        if pause == FIRST_PAUSE {
            tracing::error!(
                site = site.name,
                kind = kind.name(),
                error = &error as &dyn std::error::Error,
                "the policy's text could not be kept; it is tried again"
            );
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    if pause > FIRST_PAUSE {
        tracing::info!(site = site.name, "the policy's text is kept now");
    }
}
