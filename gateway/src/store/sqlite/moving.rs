//! Rows that are moved to another store, or from one.
//!
//! It refuses to change what is there already, but counts. Invariant: adopting the same rows twice is adopting them once.

use rusqlite::{Row, Transaction, params};

use super::entries::{COLUMNS, WIDTH, insert, sealed, signed, unsigned};
use super::notes;
use super::read::limit;
use super::write::{SEEN, add_seen};
use super::{Error, Reading, figures};
use crate::ledger::Hash;
use crate::store::ending::Sealed;
use crate::store::moving::{Adopted, Agreed, Content, MARK, Posted};
use crate::store::notes::Noted;

const CONTENT: &str =
    "INSERT INTO content (kind, hash, bytes, last) VALUES (?, ?, ?, ?) ON CONFLICT (kind, hash) DO NOTHING";
const NODE: &str = "INSERT INTO node (level, place, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
const HEAD: &str = "INSERT INTO head (size, made, root, key, signature) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
const AGREED: &str = "INSERT INTO agreement (site, reference, record, made) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
const POSTED: &str = "INSERT INTO outbox (receiver, record, due, failures, since) SELECT ?1, ?2, ?3, ?4, ?5
    WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE receiver = ?1 AND record = ?2)";

impl Reading {
    /// Entries as they lie there, in the order of storing.
    pub(in crate::store) fn stored(&self, after: i64, most: usize) -> Result<Vec<(i64, Sealed)>, Error> {
        let sql = format!("SELECT {COLUMNS}, place, seq FROM entry WHERE seq > ? ORDER BY seq LIMIT ?");
        self.all(&sql, params![after, limit(most)], |row| {
            let place: Option<i64> = row.get(WIDTH)?;
            Ok((row.get(WIDTH + 1)?, Sealed { entry: sealed(row)?, place: place.map(unsigned) }))
        })
    }

    pub(in crate::store) fn contents(&self, after: Option<(String, Hash)>, most: usize) -> Result<Vec<Content>, Error> {
        let (kind, hash) = after.unwrap_or_default();
        let sql = "SELECT kind, hash, bytes, last FROM content WHERE (kind, hash) > (?, ?) ORDER BY kind, hash LIMIT ?";
        let read =
            |row: &Row<'_>| Ok(Content { kind: row.get(0)?, hash: row.get(1)?, bytes: row.get(2)?, last: row.get(3)? });
        self.all(sql, params![kind, hash, limit(most)], read)
    }

    pub(in crate::store) fn agreements(
        &self,
        after: Option<(String, [u8; 10])>,
        most: usize,
    ) -> Result<Vec<Agreed>, Error> {
        let (site, reference) = after.unwrap_or_default();
        let sql = "SELECT site, reference, record, made FROM agreement WHERE (site, reference) > (?, ?)
            ORDER BY site, reference LIMIT ?";
        self.all(sql, params![site, reference, limit(most)], |row| {
            Ok(Agreed { site: row.get(0)?, reference: row.get(1)?, record: row.get(2)?, made: row.get(3)? })
        })
    }

    pub(in crate::store) fn waiting_posts(&self, after: i64, most: usize) -> Result<Vec<Posted>, Error> {
        let sql = "SELECT e.site, o.seq, o.receiver, o.record, o.due, o.failures, o.since
            FROM outbox o JOIN entry e ON e.id = o.record WHERE o.seq > ? ORDER BY o.seq LIMIT ?";
        self.all(sql, params![after, limit(most)], |row| {
            Ok(Posted {
                site: row.get(0)?,
                seq: row.get(1)?,
                receiver: row.get(2)?,
                record: row.get(3)?,
                due: row.get(4)?,
                failures: row.get(5)?,
                since: row.get(6)?,
            })
        })
    }
}

pub(super) fn adopt(transaction: &Transaction<'_>, adopted: &Adopted) -> rusqlite::Result<()> {
    let execute =
        |sql: &str, values: &[&dyn rusqlite::ToSql]| transaction.prepare_cached(sql)?.execute(values).map(drop);
    match adopted {
        Adopted::Mark(source) => execute(CONTENT, &[&MARK, source, &Vec::<u8>::new(), &0]),
        Adopted::Unmark => execute("DELETE FROM content WHERE kind = ?", &[&MARK]),
        Adopted::Contents(contents) => {
            let row = |content: &Content| {
                let Content { kind, hash, bytes, last } = content;
                execute(CONTENT, &[kind, hash, bytes, last])
            };
            contents.iter().try_for_each(row)
        }
        Adopted::Nodes(nodes) => {
            nodes.iter().try_for_each(|(node, hash)| execute(NODE, &[&node.level, &signed(node.place), hash]))
        }
        Adopted::Heads(heads) => heads.iter().try_for_each(|head| {
            execute(HEAD, &[&signed(head.size), &head.made.0, &head.root, &head.key, &head.signature])
        }),
        Adopted::Entries(entries) => {
            entries.iter().try_for_each(|sealed| insert(transaction, &sealed.entry, sealed.place.map(signed)).map(drop))
        }
        Adopted::Agreed(agreed) => agreed
            .iter()
            .try_for_each(|agreed| execute(AGREED, &[&agreed.site, &agreed.reference, &agreed.record, &agreed.made])),
        Adopted::Posted(posted) => posted.iter().try_for_each(|posted| {
            let Posted { receiver, record, due, failures, since, .. } = posted;
            execute(POSTED, &[receiver, record, due, failures, since])
        }),
        Adopted::Spent(keys) => {
            keys.iter().try_for_each(|key| execute("INSERT INTO spent (key) VALUES (?) ON CONFLICT DO NOTHING", &[key]))
        }
        Adopted::Figures(grain, rows) => figures::replace(transaction, *grain, rows),
        Adopted::Runs(runs) => figures::add_runs(transaction, runs),
        Adopted::Seen(rows) => {
            let replacing =
                SEEN.replace("count = count + ", "count = ").replace("returned = returned + ", "returned = ");
            let mut statement = transaction.prepare_cached(&replacing)?;
            rows.iter().try_for_each(|row| add_seen(&mut statement, row))
        }
        Adopted::Notes(all) => all.iter().try_for_each(|note| notes::note(transaction, &Noted::Add(note.clone()))),
    }
}
