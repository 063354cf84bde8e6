//! Reading entries and what proves them.
//!
//! It refuses to show what doesn't open: an entry whose key was destroyed is gone. Invariant: a proof is of the newest head.

use rusqlite::{OptionalExtension, Row, params, params_from_iter};

use super::entries::{COLUMNS, WIDTH, node, sealed, signed, unsigned};
use super::{Error, Reading, running};
use crate::ledger::{Entry, EntryId, Head, Proof, Proven, merkle};
use crate::store::rows::{Asked, Numbered};
use crate::vault::{self, SealedEntry};

const HEAD: &str = "SELECT size, made, root, key, signature FROM head";

impl Reading {
    /// None where it isn't there, or was destroyed.
    pub(in crate::store) fn proven(&self, id: EntryId) -> Result<Option<Proven>, Error> {
        let moment = self.moment()?;
        let sql = format!("SELECT {COLUMNS}, place FROM entry WHERE id = ?");
        let row = |row: &Row<'_>| Ok((sealed(row)?, row.get::<_, Option<i64>>(WIDTH)?));
        let found = moment.query_row(&sql, params![id], row).optional().map_err(running)?;
        let Some((sealed, place)) = found else { return Ok(None) };
        let Some((entry, salt)) = self.opened(sealed)? else { return Ok(None) };
        let proof = place.map(|place| self.proof_at(unsigned(place))).transpose()?.flatten();
        Ok(Some(Proven { entry, salt, proof }))
    }

    /// The newest head.
    pub(in crate::store) fn head(&self) -> Result<Option<Head>, Error> {
        let sql = format!("{HEAD} ORDER BY size DESC LIMIT 1");
        self.connection.query_row(&sql, [], head).optional().map_err(running)
    }

    /// The newest head, and the path to it from the first leaves. None where the log is shorter.
    pub(in crate::store) fn growth(&self, from: u64) -> Result<Option<(Head, Vec<crate::ledger::Hash>)>, Error> {
        let _moment = self.moment()?;
        let Some(new) = self.head()?.filter(|new| from <= new.size) else { return Ok(None) };
        let find = &mut |wanted| node(&self.connection, wanted);
        let path = merkle::consistency(from, new.size, find).map_err(running)?;
        Ok(Some((new, path)))
    }

    /// Heads by size, from one on.
    pub(in crate::store) fn heads(&self, from: u64, most: usize) -> Result<Vec<Head>, Error> {
        let sql = format!("{HEAD} WHERE size >= ? ORDER BY size LIMIT ?");
        self.all(&sql, params![signed(from), super::read::limit(most)], head)
    }

    /// The leaves of the log from a place on.
    pub(in crate::store) fn leaves(&self, from: u64, most: usize) -> Result<Vec<crate::ledger::Hash>, Error> {
        let sql = "SELECT hash FROM node WHERE level = 0 AND place >= ? ORDER BY place LIMIT ?";
        self.all(sql, params![signed(from), super::read::limit(most)], |row| row.get(0))
    }

    /// The oldest first. What was destroyed is left out; `most` bounds what is looked at.
    pub(in crate::store) fn entries(&self, asked: &Asked, most: usize) -> Result<Vec<Numbered>, Error> {
        let (sql, values) = question(asked, most);
        let rows = self.all(&sql, params_from_iter(values), |row| Ok((sealed(row)?, row.get::<_, i64>(WIDTH)?)))?;
        let mut entries = Vec::with_capacity(rows.len());
        for (sealed, seq) in rows {
            let entry = self.opened(sealed)?.map(|(entry, _)| entry);
            entries.push(Numbered { seq, entry });
        }
        Ok(entries)
    }

    /// That a leaf stands at a place.
    pub(in crate::store) fn proof(&self, place: u64) -> Result<Option<Proof>, Error> {
        let _moment = self.moment()?;
        self.proof_at(place)
    }

    /// Entries come in meanwhile: what is asked together is asked at one moment.
    fn moment(&self) -> Result<rusqlite::Transaction<'_>, Error> {
        self.connection.unchecked_transaction().map_err(running)
    }

    fn proof_at(&self, place: u64) -> Result<Option<Proof>, Error> {
        let Some(head) = self.head()?.filter(|head| place < head.size) else { return Ok(None) };
        let find = &mut |wanted| node(&self.connection, wanted);
        let path = merkle::inclusion(place, head.size, find).map_err(running)?;
        Ok(Some(Proof { place, path, head }))
    }

    /// What a row says; None where its key was destroyed.
    pub(super) fn opened(&self, sealed: SealedEntry) -> Result<Option<(Entry, [u8; 32])>, Error> {
        match self.vault.open(sealed) {
            Ok(opened) => Ok(Some(opened)),
            Err(vault::Error::Destroyed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn question(asked: &Asked, most: usize) -> (String, Vec<rusqlite::types::Value>) {
    let mut sql = format!("SELECT {COLUMNS}, seq FROM entry WHERE 1");
    let mut values: Vec<rusqlite::types::Value> = Vec::new();
    let mut and = |condition: &str, value: Option<rusqlite::types::Value>| {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(value);
        }
    };
    and(" AND site = ?", asked.site.clone().map(Into::into));
    and(" AND class = ?", asked.class.map(|class| class.name().to_owned().into()));
    and(" AND subject = ?", asked.subject.map(|subject| subject.to_vec().into()));
    and(" AND made >= ?", asked.from.map(|from| from.0.into()));
    and(" AND made < ?", asked.until.map(|until| until.0.into()));
    and(" AND seq > ?", asked.after.map(Into::into));
    and(" ORDER BY seq LIMIT ?", Some(super::read::limit(most).into()));
    (sql, values)
}

fn head(row: &Row<'_>) -> rusqlite::Result<Head> {
    Ok(Head {
        size: unsigned(row.get(0)?),
        made: policies::Timestamp(row.get(1)?),
        root: row.get(2)?,
        key: row.get(3)?,
        signature: row.get(4)?,
    })
}
