//! Counts, sightings and contents within a transaction, each kind in one statement.
//!
//! It refuses to touch rows in another order than that of their keys, so that two gateways never wait for each other. Invariant: what is
//! added can be taken away again, to the last count.

use std::collections::BTreeMap;

use policies::{Date, Timestamp};
use tokio_postgres::Error as Failure;

use super::figures;
use super::transaction::Transaction;
use crate::store::rows::{Batch, ContentKind, SeenRow};

const CONTENT: &str = "INSERT INTO content (kind, hash, bytes, last) VALUES ($1, $2, $3, $4)
    ON CONFLICT (kind, hash) DO UPDATE SET last = excluded.last WHERE content.last < excluded.last";

const SEEN: &str = "INSERT INTO seen (site, key, domain, path, partitioned, seen_in, secure, http_only, same_site,
        declared, lifetime, purpose, first_seen, last_seen, count, returned)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::text[], $7::bool[], $8::bool[],
        $9::text[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[])
    ON CONFLICT (site, key, domain, path, partitioned, seen_in) DO UPDATE SET
        secure = excluded.secure, http_only = excluded.http_only, same_site = excluded.same_site,
        declared = excluded.declared, purpose = excluded.purpose,
        lifetime = greatest(seen.lifetime, excluded.lifetime),
        first_seen = least(seen.first_seen, excluded.first_seen),
        last_seen = greatest(seen.last_seen, excluded.last_seen),
        count = seen.count + excluded.count, returned = seen.returned + excluded.returned";

/// Whether counts are added, or taken away that turned out to have been added before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Add,
    TakeBack,
    /// They take the place of what is there.
    Replace,
}

impl Sign {
    pub(super) fn of(self, count: u64) -> i64 {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        match self {
            Self::Add | Self::Replace => count,
            Self::TakeBack => -count,
        }
    }
}

pub(super) async fn keep(
    transaction: &Transaction<'_>,
    kind: ContentKind,
    hash: &[u8],
    bytes: &[u8],
    today: Date,
) -> Result<(), Failure> {
    transaction.execute(CONTENT, &[&kind.name(), &hash, &bytes, &today.day_number()]).await.map(drop)
}

/// All batches of a round.
pub(super) async fn add<'b>(
    transaction: &Transaction<'_>,
    batches: impl Iterator<Item = &'b Batch> + Clone,
    sign: Sign,
) -> Result<(), Failure> {
    figures::add(transaction, batches.clone().flat_map(|batch| &batch.figures), sign).await?;
    // A time that was counted twice is one.
    figures::add_runs(transaction, batches.clone().flat_map(|batch| &batch.runs)).await?;
    add_seen(transaction, batches, sign).await
}

type SeenKey<'r> = (&'r str, &'r str, &'r str, &'r str, bool, &'r str);

/// What was seen of one cookie at one place, over all batches of a round.
struct Sighting<'r> {
    row: &'r SeenRow,
    lifetime: i64,
    first: Timestamp,
    last: Timestamp,
    count: i64,
    returned: i64,
}

impl<'r> Sighting<'r> {
    const fn new(row: &'r SeenRow) -> Self {
        Self { row, lifetime: row.lifetime, first: row.first_seen, last: row.last_seen, count: 0, returned: 0 }
    }

    fn add(&mut self, row: &'r SeenRow, sign: Sign) {
        self.row = row;
        self.lifetime = self.lifetime.max(row.lifetime);
        self.first = self.first.min(row.first_seen);
        self.last = self.last.max(row.last_seen);
        self.count = self.count.saturating_add(sign.of(row.count));
        self.returned = self.returned.saturating_add(sign.of(row.returned));
    }
}

async fn add_seen<'b>(
    transaction: &Transaction<'_>,
    batches: impl Iterator<Item = &'b Batch>,
    sign: Sign,
) -> Result<(), Failure> {
    let mut sums: BTreeMap<SeenKey<'b>, Sighting<'b>> = BTreeMap::new();
    for row in batches.flat_map(|batch| &batch.seen) {
        let domain = row.domain.as_deref().unwrap_or_default();
        let key = (row.site.as_str(), row.key.as_str(), domain, row.path.as_str(), row.partitioned, row.seen_in.name());
        sums.entry(key).or_insert_with(|| Sighting::new(row)).add(row, sign);
    }
    if sums.is_empty() {
        return Ok(());
    }
    let (keys, rows): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
    let sites: Vec<_> = keys.iter().map(|key| key.0).collect();
    let names: Vec<_> = keys.iter().map(|key| key.1).collect();
    let domains: Vec<_> = keys.iter().map(|key| key.2).collect();
    let paths: Vec<_> = keys.iter().map(|key| key.3).collect();
    let partitioned: Vec<_> = keys.iter().map(|key| key.4).collect();
    let places: Vec<_> = keys.iter().map(|key| key.5).collect();
    let secure: Vec<_> = rows.iter().map(|seen| seen.row.secure).collect();
    let http_only: Vec<_> = rows.iter().map(|seen| seen.row.http_only).collect();
    let same_site: Vec<_> = rows.iter().map(|seen| seen.row.same_site.name()).collect();
    let declared: Vec<_> = rows.iter().map(|seen| seen.row.declared).collect();
    let lifetimes: Vec<_> = rows.iter().map(|seen| seen.lifetime).collect();
    let purposes: Vec<_> = rows.iter().map(|seen| seen.row.purpose.as_deref()).collect();
    let first: Vec<_> = rows.iter().map(|seen| seen.first.0).collect();
    let last: Vec<_> = rows.iter().map(|seen| seen.last.0).collect();
    let counts: Vec<_> = rows.iter().map(|seen| seen.count).collect();
    let returned: Vec<_> = rows.iter().map(|seen| seen.returned).collect();
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 16] = [
        &sites,
        &names,
        &domains,
        &paths,
        &partitioned,
        &places,
        &secure,
        &http_only,
        &same_site,
        &declared,
        &lifetimes,
        &purposes,
        &first,
        &last,
        &counts,
        &returned,
    ];
    let asked = if sign == Sign::Replace {
        SEEN.replace("seen.count + ", "").replace("seen.returned + ", "")
    } else {
        SEEN.to_owned()
    };
    transaction.execute(&asked, &values).await.map(drop)
}
