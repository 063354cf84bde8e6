//! What becomes of entries at the end of their time: which are due, which keys are spent, and moving what a law keeps.
//!
//! It refuses to decide: the table of a policy does. Invariant: an entry that leaves for the archive keeps its key; one that is destroyed
//! has its key noted as spent.

use policies::time::DAY;
use policies::{Date, Timestamp};
use rusqlite::{Transaction, named_params, params};

use super::entries::{COLUMNS, WIDTH, sealed, signed, unsigned};
use super::{Error, Reading, entries, figures, running};
use crate::ledger::{EntryClass, EntryId};
use crate::store::ending::{Aging, Ending, Sealed};
use crate::store::figures::Grain;
use crate::store::rows::ContentKind;
use crate::store::sqlite::read::limit;
use crate::vault::{KeyId, Wrapped};

/// A choice holds no longer than a browser keeps a cookie: 400 days.
const LONGEST_LIFE: i64 = 400 * DAY;

/// Choices: until they were replaced, or ran out.
const CHOICES: &str = "SELECT id, seq, made, min(coalesce(ends, made + :life), coalesce((SELECT min(n.made) FROM entry n
        WHERE n.site = e.site AND n.subject = e.subject AND n.class = 'consent' AND n.seq > e.seq), 9223372036854775807))
    FROM entry e WHERE site = :site AND class = 'consent' AND made < :before AND seq > :after ORDER BY seq LIMIT :most";

/// Requests: until the last step of the same one.
const REQUESTS: &str = "SELECT id, seq, made, coalesce((SELECT max(n.made) FROM entry n
        WHERE n.site = e.site AND n.subject = e.subject AND n.class = 'request'), made)
    FROM entry e WHERE site = :site AND class = 'request' AND made < :before AND seq > :after ORDER BY seq LIMIT :most";

/// What is about a moment.
const MOMENTS: &str = "SELECT id, seq, made, made FROM entry
    WHERE site = :site AND class = :class AND made < :before AND seq > :after ORDER BY seq LIMIT :most";

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
        let read = |row: &rusqlite::Row<'_>| {
            let (made, ended) = (Timestamp(row.get(2)?), Timestamp(row.get(3)?));
            Ok(Aging { id: row.get(0)?, seq: row.get(1)?, made, ended })
        };
        let (before, most) = (before.0, limit(most));
        match class {
            EntryClass::Consent => self.all(
                CHOICES,
                named_params! { ":life": LONGEST_LIFE, ":site": site, ":before": before, ":after": after, ":most": most },
                read,
            ),
            EntryClass::Request => self.all(
                REQUESTS,
                named_params! { ":site": site, ":before": before, ":after": after, ":most": most },
                read,
            ),
            EntryClass::Access | EntryClass::Destruction | EntryClass::Configuration => self.all(
                MOMENTS,
                named_params! {
                    ":site": site, ":class": class.name(), ":before": before, ":after": after, ":most": most
                },
                read,
            ),
        }
    }

    /// When the oldest choice that is kept was made, of any site: a step from site to site along the index.
    pub(in crate::store) fn oldest_choice(&self) -> Result<Option<Timestamp>, Error> {
        let sql = "WITH RECURSIVE of (site) AS (SELECT min(site) FROM entry
                UNION ALL SELECT (SELECT min(site) FROM entry WHERE site > of.site) FROM of WHERE of.site IS NOT NULL)
            SELECT min((SELECT min(made) FROM entry WHERE site = of.site AND class = 'consent')) FROM of";
        let oldest: Option<i64> = self.connection.query_row(sql, [], |row| row.get(0)).map_err(running)?;
        Ok(oldest.map(Timestamp))
    }

    /// How many contents that records name were shown last before a day.
    pub(in crate::store) fn unshown(&self, before: Date) -> Result<u64, Error> {
        let count = |kind: ContentKind| -> rusqlite::Result<i64> {
            let sql = "SELECT count(*) FROM content WHERE kind = ? AND last < ?";
            self.connection.query_row(sql, params![kind.name(), before.day_number()], |row| row.get(0))
        };
        let counts = ContentKind::NAMED_BY_RECORDS.into_iter().map(count).collect::<rusqlite::Result<Vec<_>>>();
        counts.map(|counts| counts.into_iter().map(unsigned).sum()).map_err(running)
    }

    /// Sizes of heads before a moment behind which another stands that was signed on the same day; the first head is none of them.
    pub(in crate::store) fn crowded_heads(&self, before: Timestamp, most: usize) -> Result<Vec<u64>, Error> {
        let sql = "SELECT size FROM head h WHERE made < ? AND size > (SELECT min(size) FROM head)
                AND (SELECT made FROM head n WHERE n.size > h.size ORDER BY n.size LIMIT 1) / 86400 = made / 86400
            ORDER BY size LIMIT ?";
        self.all(sql, params![before.0, limit(most)], |row| row.get(0).map(unsigned))
    }

    /// Keys under which something was destroyed, and that have not gone yet.
    pub(in crate::store) fn spent(&self) -> Result<Vec<KeyId>, Error> {
        self.all("SELECT key FROM spent ORDER BY key", [], |row| row.get(0))
    }

    /// Entries under a key.
    pub(in crate::store) fn under(&self, key: KeyId, most: usize) -> Result<Vec<(EntryId, Wrapped)>, Error> {
        let sql = "SELECT id, key, wrapped FROM entry WHERE key = ? LIMIT ?";
        self.all(sql, params![key, limit(most)], |row| {
            Ok((row.get(0)?, Wrapped { by: row.get(1)?, bytes: row.get(2)? }))
        })
    }

    /// Entries as they lie there.
    pub(in crate::store) fn sealed(&self, ids: &[EntryId]) -> Result<Vec<Sealed>, Error> {
        let sql = format!("SELECT {COLUMNS}, place FROM entry WHERE id = ?");
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(self.all(&sql, params![id], |row| {
                let place: Option<i64> = row.get(WIDTH)?;
                Ok(Sealed { entry: sealed(row)?, place: place.map(unsigned) })
            })?);
        }
        Ok(found)
    }
}

pub(super) fn end(transaction: &Transaction<'_>, ending: &Ending) -> rusqlite::Result<()> {
    match ending {
        Ending::Wrapped(wrapped) => {
            let mut statement = transaction.prepare_cached("UPDATE entry SET key = ?2, wrapped = ?3 WHERE id = ?1")?;
            for (id, Wrapped { by, bytes }) in wrapped {
                statement.execute(params![id, by, bytes])?;
            }
        }
        Ending::KeyGone(key) => {
            transaction.execute("DELETE FROM spent WHERE key = ?", params![key])?;
        }
        Ending::Archived(ids) => entries::take_out(transaction, ids)?,
        Ending::Spent(keys) => {
            let mut statement =
                transaction.prepare_cached("INSERT INTO spent (key) VALUES (?) ON CONFLICT DO NOTHING")?;
            for key in keys {
                statement.execute(params![key])?;
            }
        }
        Ending::Contents { before } => {
            let mut statement = transaction.prepare_cached("DELETE FROM content WHERE kind = ? AND last < ?")?;
            for kind in ContentKind::NAMED_BY_RECORDS {
                statement.execute(params![kind.name(), before.day_number()])?;
            }
        }
        Ending::Heads(sizes) => {
            let mut statement = transaction.prepare_cached("DELETE FROM head WHERE size = ?")?;
            for size in sizes {
                statement.execute(params![signed(*size)])?;
            }
        }
        Ending::Counts { site, before } => {
            figures::forget(transaction, Grain::Hour, site, before.day_number() * 24)?;
            figures::forget(transaction, Grain::Day, site, before.day_number())?;
        }
        Ending::Hours { site, before } => {
            figures::forget(transaction, Grain::Hour, site, before.day_number() * 24)?;
        }
        Ending::Runs { before } => {
            transaction.execute("DELETE FROM run WHERE until < ?", params![before.0])?;
        }
    }
    Ok(())
}
