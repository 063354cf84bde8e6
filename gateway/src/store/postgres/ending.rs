//! What becomes of entries at the end of their time: which are due, which keys are spent, and what leaves for the archive.
//!
//! It refuses to take the deletion of a row for destruction: old versions of rows and the server's logs still have it, closed. Invariant: as
//! in a file's store, what is destroyed has its key noted as spent.

use policies::time::DAY;
use policies::{Date, Timestamp};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as Failure, Row};

use super::connect::{Trouble, running};
use super::entries::{self, signed, unsigned};
use super::figures;
use super::proofs::{COLUMNS, WIDTH, sealed};
use super::read::{Reading, bytes, limit};
use super::transaction::Transaction;
use crate::ledger::{EntryClass, EntryId};
use crate::store::Error;
use crate::store::ending::{Aging, Ending, Sealed};
use crate::store::figures::Grain;
use crate::store::rows::ContentKind;
use crate::vault::{KeyId, Wrapped};

/// A choice holds no longer than a browser keeps a cookie: 400 days.
const LONGEST_LIFE: i64 = 400 * DAY;

/// Choices: until they were replaced, or ran out.
const CHOICES: &str = "SELECT id, seq, made, least(coalesce(ends, made + $6), (SELECT min(n.made) FROM entry n
        WHERE n.site = e.site AND n.subject = e.subject AND n.class = $2 AND n.seq > e.seq))
    FROM entry e WHERE site = $1 AND class = $2 AND made < $3 AND seq > $4 ORDER BY seq LIMIT $5";

/// Requests: until the last step of the same one.
const REQUESTS: &str = "SELECT id, seq, made, coalesce((SELECT max(n.made) FROM entry n
        WHERE n.site = e.site AND n.subject = e.subject AND n.class = $2), made)
    FROM entry e WHERE site = $1 AND class = $2 AND made < $3 AND seq > $4 ORDER BY seq LIMIT $5";

/// What is about a moment.
const MOMENTS: &str = "SELECT id, seq, made, made FROM entry
    WHERE site = $1 AND class = $2 AND made < $3 AND seq > $4 ORDER BY seq LIMIT $5";

const SEALED: &str =
    "SELECT {}, numbered.place FROM named JOIN entry USING (site, made, id) LEFT JOIN numbered USING (site, id)
    WHERE named.id = ANY($1)";

const WRAP: &str = "UPDATE entry SET key = anew.key, wrapped = anew.wrapped
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS anew (id, key, wrapped) JOIN named ON named.id = anew.id
    WHERE entry.site = named.site AND entry.made = named.made AND entry.id = named.id";

impl Reading {
    /// Entries of a class that were made before a moment, oldest stored first.
    pub(in crate::store) fn aging(
        &self,
        site: &str,
        class: EntryClass,
        before: Timestamp,
        after: i64,
        most: usize,
    ) -> Result<Vec<Aging>, Error> {
        let (name, most) = (class.name(), limit(most));
        let values: [&(dyn ToSql + Sync); 6] = [&site, &name, &before.0, &after, &most, &LONGEST_LIFE];
        let rows = match class {
            EntryClass::Consent => self.ask(CHOICES, &values)?,
            EntryClass::Request => self.ask(REQUESTS, &values[..5])?,
            EntryClass::Access | EntryClass::Destruction | EntryClass::Configuration => {
                self.ask(MOMENTS, &values[..5])?
            }
        };
        let read = |row: &Row| {
            let (made, ended) = (Timestamp(row.try_get(2)?), Timestamp(row.try_get(3)?));
            Ok(Aging { id: bytes(row, 0)?, seq: row.try_get(1)?, made, ended })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }

    /// When the oldest choice that is kept was made, of any site: a step from site to site along the index.
    pub(in crate::store) fn oldest_choice(&self) -> Result<Option<Timestamp>, Error> {
        let asked = "WITH RECURSIVE of (site) AS (SELECT min(site) FROM entry
                UNION ALL SELECT (SELECT min(site) FROM entry WHERE site > of.site) FROM of WHERE of.site IS NOT NULL)
            SELECT min((SELECT min(made) FROM entry WHERE site = of.site AND class = 'consent')) FROM of";
        let rows = self.ask(asked, &[])?;
        let oldest = rows.first().map(|row| row.try_get::<_, Option<i64>>(0)).transpose().map_err(running)?;
        Ok(oldest.flatten().map(Timestamp))
    }

    /// How many contents that records name were shown last before a day.
    pub(in crate::store) fn unshown(&self, before: Date) -> Result<u64, Error> {
        let asked = "SELECT count(*) FROM content WHERE kind = ANY($1) AND last < $2";
        let rows = self.ask(asked, &[&kinds(), &before.day_number()])?;
        let count = rows.first().map(|row| row.try_get(0)).transpose().map_err(running)?;
        Ok(count.map_or(0, unsigned))
    }

    /// Sizes of heads before a moment behind which another stands that was signed on the same day; the first head is none of them.
    pub(in crate::store) fn crowded_heads(&self, before: Timestamp, most: usize) -> Result<Vec<u64>, Error> {
        let asked = "SELECT size FROM head h WHERE made < $1 AND size > (SELECT min(size) FROM head)
                AND (SELECT made FROM head n WHERE n.size > h.size ORDER BY n.size LIMIT 1) / 86400 = made / 86400
            ORDER BY size LIMIT $2";
        let rows = self.ask(asked, &[&before.0, &limit(most)])?;
        rows.iter().map(|row| row.try_get(0).map(unsigned)).collect::<Result<_, _>>().map_err(running)
    }

    /// Keys under which something was destroyed, and that have not gone yet.
    pub(in crate::store) fn spent(&self) -> Result<Vec<KeyId>, Error> {
        let rows = self.ask("SELECT key FROM spent ORDER BY key", &[])?;
        rows.iter().map(|row| bytes(row, 0)).collect::<Result<_, _>>().map_err(running)
    }

    /// Entries under a key.
    pub(in crate::store) fn under(&self, key: KeyId, most: usize) -> Result<Vec<(EntryId, Wrapped)>, Error> {
        let rows =
            self.ask("SELECT id, key, wrapped FROM entry WHERE key = $1 LIMIT $2", &[&&key[..], &limit(most)])?;
        let read = |row: &Row| Ok((bytes(row, 0)?, Wrapped { by: bytes(row, 1)?, bytes: row.try_get(2)? }));
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }

    /// Entries as they lie there.
    pub(in crate::store) fn sealed(&self, ids: &[EntryId]) -> Result<Vec<Sealed>, Error> {
        let asked: Vec<_> = ids.iter().map(|id| &id[..]).collect();
        let rows = self.ask(&SEALED.replace("{}", COLUMNS), &[&asked])?;
        let read = |row: &Row| {
            let place: Option<i64> = row.try_get(WIDTH)?;
            Ok(Sealed { entry: sealed(row)?, place: place.map(unsigned) })
        };
        let mut found: Vec<Sealed> = rows.iter().map(read).collect::<Result<_, _>>().map_err(running)?;
        found.sort_by_key(|found| ids.iter().position(|id| *id == found.entry.id));
        Ok(found)
    }
}

pub(super) async fn end(transaction: &Transaction<'_>, ending: &Ending) -> Result<(), Trouble> {
    match ending {
        Ending::Wrapped(wrapped) => wrap(transaction, wrapped).await?,
        Ending::KeyGone(key) => {
            transaction.execute("DELETE FROM spent WHERE key = $1", &[&&key[..]]).await?;
        }
        Ending::Archived(ids) => entries::take_out(transaction, ids).await?,
        Ending::Spent(keys) => {
            let keys: Vec<_> = keys.iter().map(|key| &key[..]).collect();
            let noted = "INSERT INTO spent (key) SELECT * FROM unnest($1::bytea[]) ON CONFLICT DO NOTHING";
            transaction.execute(noted, &[&keys]).await?;
        }
        Ending::Contents { before } => {
            let deleted = "DELETE FROM content WHERE kind = ANY($1) AND last < $2";
            transaction.execute(deleted, &[&kinds(), &before.day_number()]).await?;
        }
        Ending::Heads(sizes) => {
            let sizes: Vec<i64> = sizes.iter().map(|size| signed(*size)).collect();
            transaction.execute("DELETE FROM head WHERE size = ANY($1)", &[&sizes]).await?;
        }
        Ending::Counts { site, before } => {
            figures::forget(transaction, Grain::Hour, site, before.day_number() * 24).await?;
            figures::forget(transaction, Grain::Day, site, before.day_number()).await?;
        }
        Ending::Hours { site, before } => {
            figures::forget(transaction, Grain::Hour, site, before.day_number() * 24).await?;
        }
        Ending::Runs { before } => {
            transaction.execute("DELETE FROM run WHERE until < $1", &[&before.0]).await?;
        }
    }
    Ok(())
}

/// Kinds of contents that records name.
fn kinds() -> Vec<&'static str> {
    ContentKind::NAMED_BY_RECORDS.into_iter().map(ContentKind::name).collect()
}

async fn wrap(transaction: &Transaction<'_>, wrapped: &[(EntryId, Wrapped)]) -> Result<(), Failure> {
    let ids: Vec<_> = wrapped.iter().map(|(id, _)| &id[..]).collect();
    let keys: Vec<_> = wrapped.iter().map(|(_, wrapped)| &wrapped.by[..]).collect();
    let bytes: Vec<_> = wrapped.iter().map(|(_, wrapped)| wrapped.bytes.as_slice()).collect();
    transaction.execute(WRAP, &[&ids, &keys, &bytes]).await.map(drop)
}
