//! A round: all works in one transaction, each kind in as few statements as it needs.
//!
//! It refuses to say Ok before the server said that it is committed. Invariant: kinds are written in one order, so that gateways
//! that write at the same time don't wait for each other in a circle.

use std::collections::BTreeMap;

use deadpool_postgres::ClientWrapper;
use tokio_postgres::Error as Failure;

use super::counts::{self, Sign};
use super::outbox::Posting;
use super::transaction::{End, Transaction};
use crate::store::outbox::{Change, Rules};
use crate::store::rows::{Batch, ContentKind};
use crate::store::writer::Work;

/// How a round ended.
pub(super) enum Outcome {
    Done(Change),
    /// Nothing of it is stored.
    Failed(Failure),
    /// It is stored with this change, or not at all.
    Unknown {
        number: String,
        failure: Failure,
        change: Change,
    },
}

/// Writes the works, and takes back what is in excess.
pub(super) async fn round(client: &ClientWrapper, works: &[Work], excess: &[Batch], rules: &Rules) -> Outcome {
    let written = async {
        let transaction = Transaction::begin(client).await?;
        let change = write(&transaction, works, excess, rules).await?;
        Ok((transaction, change))
    };
    let (transaction, change) = match written.await {
        Ok(written) => written,
        Err(failure) => return Outcome::Failed(failure),
    };
    match transaction.commit().await {
        End::Committed => Outcome::Done(change),
        End::Failed(failure) => Outcome::Failed(failure),
        End::Unknown { number, failure } => Outcome::Unknown { number, failure, change },
    }
}

async fn write(
    transaction: &Transaction<'_>,
    works: &[Work],
    excess: &[Batch],
    rules: &Rules,
) -> Result<Change, Failure> {
    let mut posting = Posting::new(rules);
    let mut contents = BTreeMap::new();
    for work in works {
        match work {
            Work::Record(_) | Work::Agreement { .. } => {}
            Work::Content { kind, hash, bytes } => {
                contents.insert((kind.name(), hash), (*kind, bytes));
            }
            Work::Settled(settled) => posting.settle(transaction, settled).await?,
            Work::Tidy { now, oldest } => posting.tidy(transaction, *now, *oldest).await?,
            Work::Trial => try_out(transaction).await?,
            Work::Batch(_) => {}
        }
    }
    for ((_, hash), (kind, bytes)) in contents {
        counts::keep(transaction, kind, hash, bytes).await?;
    }
    let batches = works.iter().filter_map(|work| if let Work::Batch(batch) = work { Some(batch) } else { None });
    counts::add(transaction, batches, Sign::Add).await?;
    counts::add(transaction, excess.iter(), Sign::TakeBack).await?;
    posting.end(transaction).await
}

/// Takes room as a record would, and gives it back.
async fn try_out(transaction: &Transaction<'_>) -> Result<(), Failure> {
    let (hash, bytes) = ([0_u8; 32], vec![0_u8; 8_192]);
    counts::keep(transaction, ContentKind::Banner, &hash, &bytes).await?;
    let asked = "DELETE FROM content WHERE kind = $1 AND hash = $2";
    transaction.execute(asked, &[&ContentKind::Banner.name(), &&hash[..]]).await.map(drop)
}
