//! A round: all works in one transaction, each kind in as few statements as it needs.
//!
//! It refuses to say Ok before the server said that it is committed. Invariant: kinds are written in one order, so that gateways
//! that write at the same time don't wait for each other in a circle.

use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper;
use policies::Date;
use policies::time::DAY;
use tokio_postgres::Error as Failure;
use tokio_postgres::types::ToSql;

use super::connect::Trouble;
use super::counts::{self, Sign};
use super::ending;
use super::entries;
use super::moving;
use super::notes;
use super::outbox::Posting;
use super::transaction::{End, Transaction};
use crate::ledger::EntryClass;
use crate::ledger::merkle::Frontier;
use crate::store::notary::{Notary, Task};
use crate::store::outbox::{Change, Rules};
use crate::store::rows::{Batch, ContentKind, InForce};
use crate::store::writer::Work;

const AGREE: &str = "INSERT INTO agreement (site, reference, record, made) VALUES ($1, $2, $3, $4)
    ON CONFLICT (site, reference) DO NOTHING";
const FORGET: &str = "DELETE FROM agreement WHERE made < $1";

const ANNOUNCE: &str =
    "INSERT INTO in_force (site, what, id, since) VALUES ($1, $2, $3, extract(epoch FROM now())::bigint)
    ON CONFLICT (site, what) DO UPDATE SET id = excluded.id, since = excluded.since WHERE in_force.id <> excluded.id";

/// How long a browser may come for what was agreed; by then its code is long over, so that it can't serve again.
const KEPT: i64 = 30 * DAY;

/// What a round is written with.
pub(super) struct Desk<'d> {
    pub(super) notary: &'d Notary,
    pub(super) rules: &'d Rules,
    /// Counts to take back.
    pub(super) excess: &'d [Batch],
    /// The log's edge after this gateway's last round.
    pub(super) edge: Option<&'d Frontier>,
}

/// What a round did.
pub(super) struct Written {
    pub(super) change: Change,
    /// The log's edge now, where it was in hand.
    pub(super) edge: Option<Frontier>,
    /// Whether leaves still wait for their places.
    pub(super) waiting: bool,
}

/// How a round ended.
pub(super) enum Outcome {
    Done(Written),
    /// Nothing of it is stored.
    Failed(Trouble),
    /// It is stored as written, or not at all.
    Unknown {
        number: String,
        failure: Failure,
        written: Written,
    },
}

/// Writes the tasks, and takes back what is in excess.
pub(super) async fn round(client: &ClientWrapper, tasks: &[Task<'_>], desk: &Desk<'_>) -> Outcome {
    let write = async {
        let transaction = Transaction::begin(client).await?;
        let written = write(&transaction, tasks, desk).await?;
        Ok((transaction, written))
    };
    let (transaction, written) = match write.await {
        Ok(written) => written,
        Err(trouble) => return Outcome::Failed(trouble),
    };
    match transaction.commit().await {
        End::Committed => Outcome::Done(written),
        End::Failed(failure) => Outcome::Failed(failure.into()),
        End::Unknown { number, failure } => Outcome::Unknown { number, failure, written },
    }
}

async fn write(transaction: &Transaction<'_>, tasks: &[Task<'_>], desk: &Desk<'_>) -> Result<Written, Trouble> {
    let mut posting = Posting::new(desk.rules);
    let agreed = agree(transaction, tasks).await?;
    let entries = tasks.iter().zip(&agreed).filter(|(_, agreed)| **agreed);
    let entries = entries::add(transaction, entries.filter_map(|(task, _)| task.sealed.as_ref()).collect()).await?;
    for (sealed, _) in entries.iter().filter(|(sealed, _)| sealed.class == EntryClass::Consent) {
        posting.post(&sealed.site, sealed.id);
    }
    let mut contents = BTreeMap::new();
    for task in tasks {
        match task.work {
            Work::Record(_) | Work::Agreement { .. } | Work::Entry(_) | Work::Batch(_) => {}
            Work::Content { kind, hash, bytes } => {
                contents.insert((kind.name(), hash), (*kind, bytes));
            }
            Work::Adopt(adopted) => moving::adopt(transaction, adopted).await?,
            Work::Announce(in_force) => announce(transaction, in_force).await?,
            Work::Note(noted) => notes::note(transaction, noted).await?,
            Work::Destroy(ids) => entries::destroy(transaction, ids).await?,
            Work::End(ending) => ending::end(transaction, ending).await?,
            Work::Settled(settled) => posting.settle(transaction, settled).await?,
            Work::Tidy { now, oldest } => posting.tidy(transaction, *now, *oldest).await?,
            Work::Trial => try_out(transaction).await?,
        }
    }
    for ((_, hash), (kind, bytes)) in contents {
        counts::keep(transaction, kind, hash, bytes, desk.notary.today()).await?;
    }
    counts::add(transaction, batches(tasks), Sign::Add).await?;
    counts::add(transaction, desk.excess.iter(), Sign::TakeBack).await?;
    let change = posting.end(transaction).await?;
    // The log last, since from here on until the commit nobody else can number.
    let (edge, waiting) = entries::number(transaction, &entries, desk.edge, desk.notary).await?;
    Ok(Written { change, edge, waiting })
}

pub(super) fn batches<'t>(tasks: &'t [Task<'_>]) -> impl Iterator<Item = &'t Batch> + Clone {
    tasks.iter().filter_map(|task| if let Work::Batch(batch) = task.work { Some(batch) } else { None })
}

/// For each task whether its entry is to be added: an agreement's only if its code had not served yet.
async fn agree(transaction: &Transaction<'_>, tasks: &[Task<'_>]) -> Result<Vec<bool>, Trouble> {
    let mut agreed = Vec::with_capacity(tasks.len());
    for task in tasks {
        let Work::Agreement { reference, record } = task.work else {
            agreed.push(true);
            continue;
        };
        transaction.execute(FORGET, &[&record.made.0.saturating_sub(KEPT)]).await?;
        let row: [&(dyn ToSql + Sync); 4] = [&record.site, &&reference.0[..], &&record.id[..], &record.made.0];
        agreed.push(transaction.execute(AGREE, &row).await? > 0);
    }
    Ok(agreed)
}

async fn announce(transaction: &Transaction<'_>, in_force: &[InForce]) -> Result<(), Failure> {
    for InForce { site, what, id } in in_force {
        transaction.execute(ANNOUNCE, &[site, what, id]).await?;
    }
    Ok(())
}

/// Takes room as a record would, and gives it back.
async fn try_out(transaction: &Transaction<'_>) -> Result<(), Failure> {
    let (hash, bytes) = ([0_u8; 32], vec![0_u8; 8_192]);
    counts::keep(transaction, ContentKind::Banner, &hash, &bytes, Date::of_day_number(0)).await?;
    let asked = "DELETE FROM content WHERE kind = $1 AND hash = $2";
    transaction.execute(asked, &[&ContentKind::Banner.name(), &&hash[..]]).await.map(drop)
}
