//! Whether the gateways that share a store run the same: the one that begins or reloads last says which policies and keys are in force, by
//! their ids, and each looks every ten seconds whether those are its own.
//!
//! Refuses to change anything by what it reads: it tells the log and the metrics, and an operator reloads. Invariant: ids only, never a key.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use tokio::sync::watch;

use crate::config::{Config, SiteConfig};
use crate::ledger::HeadKey;
use crate::ledger::letters::hex;
use crate::seal::Seal;
use crate::store::{InForce, Store};
use crate::telemetry::Telemetry;

/// How often the store is asked, before chance spreads the gateways.
const LOOKS: Duration = Duration::from_secs(10);

/// Says what this gateway runs, and compares, until the configuration's sender is gone. Does nothing where the store is a file.
pub(super) async fn run(mut current: watch::Receiver<Arc<Config>>, store: Store, telemetry: Arc<Telemetry>) {
    if !store.is_shared() {
        return;
    }
    let mut told = BTreeSet::new();
    loop {
        let config = Arc::clone(&current.borrow_and_update());
        let own = in_force(&config);
        let mut announced = store.announce(own.clone()).await.is_ok();
        loop {
            let waited = tokio::time::timeout(jittered(LOOKS), current.changed()).await;
            match waited {
                Ok(Ok(())) => break,
                Ok(Err(_)) => return,
                Err(_) if !announced => announced = store.announce(own.clone()).await.is_ok(),
                Err(_) => look(&own, &store, &telemetry, &mut told).await,
            }
        }
    }
}

async fn look(own: &[InForce], store: &Store, telemetry: &Telemetry, told: &mut BTreeSet<(String, String, String)>) {
    // A store that is away is told by whoever needs it.
    let Ok(others) = store.archive().in_force().await else { return };
    let differing = others
        .into_iter()
        .filter(|other| own.iter().any(|own| own.site == other.site && own.what == other.what && own.id != other.id));
    let differing: BTreeSet<_> = differing.map(|other| (other.site, other.what, other.id)).collect();
    for (site, what, id) in differing.difference(told) {
        tracing::warn!(
            site,
            what,
            id,
            "another gateway of this store runs another version: reload this one, or that one, with the same files"
        );
    }
    if differing.is_empty() && !told.is_empty() {
        tracing::info!("all gateways of this store run the same again");
    }
    telemetry.metrics.fleet_differs(differing.len());
    *told = differing;
}

/// What is in force here: every version of each site's policy, and the keys that sealed cookies and receipts hang on.
fn in_force(config: &Config) -> Vec<InForce> {
    let row = |site: &str, what: &str, id: String| InForce { site: site.to_owned(), what: what.to_owned(), id };
    let policies = config.sites.iter().map(|site| row(&site.name, "policy", versions(site)));
    let seal = Seal::existing(&config.data).ok().map(|seal| row("", "consent.key", seal.id()));
    let receipt = HeadKey::open(&config.records.receipt_key).ok();
    let receipt = receipt.map(|key| row("", "receipt.key", hex(&key.name())));
    policies.chain(seal).chain(receipt).collect()
}

fn versions(site: &SiteConfig) -> String {
    let mut context = Context::new(&SHA256);
    for version in site.life.history.versions() {
        context.update(&version.policy.version.0);
    }
    hex(context.finish().as_ref().get(..8).unwrap_or_default())
}

/// Within a fifth of the time, so that many gateways don't ask at once.
fn jittered(time: Duration) -> Duration {
    let mut random = [0];
    aws_lc_rs::rand::fill(&mut random).ok();
    time * 4 / 5 + time * 2 / 5 * u32::from(random[0]) / 255
}
