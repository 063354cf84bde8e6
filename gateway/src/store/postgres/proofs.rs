//! Reading entries and what proves them.
//!
//! It refuses to show what doesn't open: an entry whose key was destroyed is gone. Invariant: a proof is of the newest head of one
//! moment.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error as Failure, IsolationLevel, Row};

use super::connect::running;
use super::entries::{FIND, columns, signed, unsigned};
use super::read::{Reading, bytes, limit};
use crate::ledger::merkle::{self, Node};
use crate::ledger::{Entry, EntryClass, EntryId, Hash, Head, Proof, Proven};
use crate::store::rows::{Asked, Numbered};
use crate::store::{Error, Reason};
use crate::vault::{self, SealedEntry, Wrapped};

/// The columns that [`sealed`] reads, in its order.
pub(super) const COLUMNS: &str =
    "entry.id, entry.site, entry.class, entry.subject, entry.made, entry.ends, entry.leaf, entry.key,
    entry.wrapped, entry.body";

/// How many columns [`sealed`] reads; a question's own stand behind them.
pub(super) const WIDTH: usize = 10;

const HEAD: &str = "SELECT size, made, root, key, signature FROM head";

const PROVEN: &str = "SELECT {}, numbered.place FROM named JOIN entry USING (site, made, id)
    LEFT JOIN numbered USING (site, id) WHERE named.id = $1 LIMIT 1";

const ENTRIES: &str =
    "SELECT {}, entry.seq FROM entry WHERE ($1::text IS NULL OR site = $1) AND ($2::text IS NULL OR class = $2)
    AND ($3::bytea IS NULL OR subject = $3) AND made >= $4 AND made < $5 AND seq > $6 ORDER BY seq LIMIT $7";

impl Reading {
    /// None where it isn't there, or was destroyed.
    pub(in crate::store) fn proven(&self, id: EntryId) -> Result<Option<Proven>, Error> {
        let found = self.wait_for(async {
            let mut connection = self.connection().await?;
            let moment = moment(&mut connection).await.map_err(running)?;
            let asked = PROVEN.replace("{}", COLUMNS);
            let Some(row) = moment.query_opt(asked.as_str(), &[&&id[..]]).await.map_err(running)? else {
                return Ok(None);
            };
            let place: Option<i64> = row.try_get(WIDTH).map_err(running)?;
            let proof = match place {
                Some(place) => proof(&moment, unsigned(place)).await?,
                None => None,
            };
            Ok(Some((sealed(&row).map_err(running)?, proof)))
        })?;
        let Some((sealed, proof)) = found else { return Ok(None) };
        Ok(self.opened(sealed)?.map(|(entry, salt)| Proven { entry, salt, proof }))
    }

    /// That a leaf stands at a place.
    pub(in crate::store) fn proof(&self, place: u64) -> Result<Option<Proof>, Error> {
        self.wait_for(async {
            let mut connection = self.connection().await?;
            let moment = moment(&mut connection).await.map_err(running)?;
            proof(&moment, place).await
        })
    }

    /// The newest head.
    pub(in crate::store) fn head(&self) -> Result<Option<Head>, Error> {
        let rows = self.ask(&format!("{HEAD} ORDER BY size DESC LIMIT 1"), &[])?;
        rows.first().map(head).transpose().map_err(running)
    }

    /// Heads by size, from one on.
    pub(in crate::store) fn heads(&self, from: u64, most: usize) -> Result<Vec<Head>, Error> {
        let rows =
            self.ask(&format!("{HEAD} WHERE size >= $1 ORDER BY size LIMIT $2"), &[&signed(from), &limit(most)])?;
        rows.iter().map(head).collect::<Result<_, _>>().map_err(running)
    }

    /// The newest head, and the path to it from the first leaves. None where the log is shorter.
    pub(in crate::store) fn growth(&self, from: u64) -> Result<Option<(Head, Vec<Hash>)>, Error> {
        self.wait_for(async {
            let mut connection = self.connection().await?;
            let moment = moment(&mut connection).await.map_err(running)?;
            let newest = format!("{HEAD} ORDER BY size DESC LIMIT 1");
            let found = moment.query_opt(newest.as_str(), &[]).await.map_err(running)?;
            let new = found.as_ref().map(head).transpose().map_err(running)?;
            let Some(new) = new.filter(|new| from <= new.size) else { return Ok(None) };
            let path = with_nodes(&moment, |find| merkle::consistency(from, new.size, find)).await?;
            Ok(Some((new, path)))
        })
    }

    /// The leaves of the log from a place on.
    pub(in crate::store) fn leaves(&self, from: u64, most: usize) -> Result<Vec<Hash>, Error> {
        let asked = "SELECT hash FROM node WHERE level = 0 AND place >= $1 ORDER BY place LIMIT $2";
        let rows = self.ask(asked, &[&signed(from), &limit(most)])?;
        rows.iter().map(|row| bytes(row, 0)).collect::<Result<_, _>>().map_err(running)
    }

    /// The oldest first. `most` bounds what is looked at.
    pub(in crate::store) fn entries(&self, asked: &Asked, most: usize) -> Result<Vec<Numbered>, Error> {
        let (class, subject) = (asked.class.map(EntryClass::name), asked.subject.as_ref().map(|subject| &subject[..]));
        let from = asked.from.map_or(i64::MIN, |from| from.0);
        let until = asked.until.map_or(i64::MAX, |until| until.0);
        let after = asked.after.unwrap_or(i64::MIN);
        let values: [&(dyn ToSql + Sync); 7] = [&asked.site, &class, &subject, &from, &until, &after, &limit(most)];
        let rows = self.ask(&ENTRIES.replace("{}", COLUMNS), &values)?;
        let mut entries = Vec::with_capacity(rows.len());
        for row in &rows {
            let entry = self.opened(sealed(row).map_err(running)?)?.map(|(entry, _)| entry);
            entries.push(Numbered { seq: row.try_get(WIDTH).map_err(running)?, entry });
        }
        Ok(entries)
    }

    /// What a row says; None where its key was destroyed.
    pub(super) fn opened(&self, sealed: SealedEntry) -> Result<Option<(Entry, [u8; 32])>, Error> {
        match self.vault().open(sealed) {
            Ok(opened) => Ok(Some(opened)),
            Err(vault::Error::Destroyed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// One moment for all that is read: entries come in meanwhile.
async fn moment(connection: &mut deadpool_postgres::Object) -> Result<Transaction<'_>, Failure> {
    connection.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await
}

async fn proof(moment: &Transaction<'_>, place: u64) -> Result<Option<Proof>, Error> {
    let newest = format!("{HEAD} ORDER BY size DESC LIMIT 1");
    let Some(row) = moment.query_opt(newest.as_str(), &[]).await.map_err(running)? else { return Ok(None) };
    let head = head(&row).map_err(running)?;
    if place >= head.size {
        return Ok(None);
    }
    let path = with_nodes(moment, |find| merkle::inclusion(place, head.size, find)).await?;
    Ok(Some(Proof { place, path, head }))
}

type Find<'f> = dyn FnMut(Node) -> Result<Hash, Missing> + 'f;

/// A hash that isn't among those that were fetched.
struct Missing;

/// Walks twice: first to learn which nodes are needed, then with them all in hand.
async fn with_nodes<T>(
    moment: &Transaction<'_>,
    walk: impl Fn(&mut Box<Find<'_>>) -> Result<T, Missing>,
) -> Result<T, Error> {
    let mut needed = Vec::new();
    let mut note: Box<Find<'_>> = Box::new(|node| {
        needed.push(node);
        Ok([0; 32])
    });
    walk(&mut note).ok();
    drop(note);
    let (levels, places) = columns(&needed);
    let rows = moment.query(FIND, &[&levels, &places]).await.map_err(running)?;
    let mut found = HashMap::new();
    for row in &rows {
        let level = row.try_get::<_, i16>(0).map_err(running)?;
        let place = row.try_get(1).map_err(running)?;
        let node = Node { level: u8::try_from(level).unwrap_or(u8::MAX), place: unsigned(place) };
        found.insert(node, bytes(row, 2).map_err(running)?);
    }
    let mut find: Box<Find<'_>> = Box::new(|node| found.get(&node).copied().ok_or(Missing));
    walk(&mut find).map_err(|Missing| Error::unavailable(Reason::Log))
}

pub(super) fn sealed(row: &Row) -> Result<SealedEntry, Failure> {
    let class: &str = row.try_get(2)?;
    let subject: Option<&[u8]> = row.try_get(3)?;
    Ok(SealedEntry {
        id: bytes(row, 0)?,
        site: row.try_get(1)?,
        // A class of a newer version doesn't open as another.
        class: EntryClass::of_name(class).unwrap_or(EntryClass::Configuration),
        subject: subject.and_then(|subject| subject.try_into().ok()),
        made: policies::Timestamp(row.try_get(4)?),
        ends: row.try_get::<_, Option<i64>>(5)?.map(policies::Timestamp),
        leaf: bytes(row, 6)?,
        wrapped: Wrapped { by: bytes(row, 7)?, bytes: row.try_get(8)? },
        body: row.try_get(9)?,
    })
}

fn head(row: &Row) -> Result<Head, Failure> {
    Ok(Head {
        size: unsigned(row.try_get(0)?),
        made: policies::Timestamp(row.try_get(1)?),
        root: bytes(row, 2)?,
        key: bytes(row, 3)?,
        signature: bytes(row, 4)?,
    })
}
