//! Rows that are moved to another store, or from one.
//!
//! It refuses to change what is there already, but counts. Invariant: adopting the same rows twice is adopting them once.

use tokio_postgres::Row;

use super::connect::{Trouble, running};
use super::counts::{self, Sign};
use super::ending;
use super::entries::{self, signed, unsigned};
use super::figures;
use super::notes;
use super::proofs::{COLUMNS, WIDTH, sealed};
use super::read::{Reading, bytes, limit};
use super::transaction::Transaction;
use crate::ledger::{Hash, Head};
use crate::store::Error;
use crate::store::ending::{Ending, Sealed};
use crate::store::moving::{Adopted, Agreed, Content, MARK, Posted};
use crate::store::notes::Noted;
use crate::store::rows::Batch;

const STORED: &str = "SELECT {}, numbered.place, entry.seq FROM entry LEFT JOIN numbered USING (site, id)
    WHERE entry.seq > $1 ORDER BY entry.seq LIMIT $2";
const CONTENT: &str = "INSERT INTO content (kind, hash, bytes, last) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
const NODES: &str =
    "INSERT INTO node (level, place, hash) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
    ON CONFLICT DO NOTHING";
const HEAD: &str =
    "INSERT INTO head (size, made, root, key, signature) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const PLACES: &str =
    "INSERT INTO numbered (site, id, place) SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[])
    ON CONFLICT DO NOTHING";
const AGREED: &str =
    "INSERT INTO agreement (site, reference, record, made) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
const POSTED: &str = "INSERT INTO outbox (site, receiver, record, due, failures, since) SELECT $1, $2, $3, $4, $5, $6
    WHERE NOT EXISTS (SELECT FROM outbox WHERE receiver = $2 AND record = $3)";

impl Reading {
    /// Entries as they lie there, in the order of storing.
    pub(in crate::store) fn stored(&self, after: i64, most: usize) -> Result<Vec<(i64, Sealed)>, Error> {
        let rows = self.ask(&STORED.replace("{}", COLUMNS), &[&after, &limit(most)])?;
        let read = |row: &Row| {
            let place: Option<i64> = row.try_get(WIDTH)?;
            Ok((row.try_get(WIDTH + 1)?, Sealed { entry: sealed(row)?, place: place.map(unsigned) }))
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }

    pub(in crate::store) fn contents(&self, after: Option<(String, Hash)>, most: usize) -> Result<Vec<Content>, Error> {
        let (kind, hash) = after.unwrap_or_default();
        // As SQLite compares: by bytes.
        let asked = "SELECT kind, hash, bytes, last FROM content WHERE (kind COLLATE \"C\", hash) > ($1, $2)
            ORDER BY kind COLLATE \"C\", hash LIMIT $3";
        let rows = self.ask(asked, &[&kind, &&hash[..], &limit(most)])?;
        let read = |row: &Row| {
            let (hash, bytes) = (bytes(row, 1)?, row.try_get(2)?);
            Ok(Content { kind: row.try_get(0)?, hash, bytes, last: row.try_get(3)? })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }

    pub(in crate::store) fn agreements(
        &self,
        after: Option<(String, [u8; 10])>,
        most: usize,
    ) -> Result<Vec<Agreed>, Error> {
        let (site, reference) = after.unwrap_or_default();
        let asked =
            "SELECT site, reference, record, made FROM agreement WHERE (site COLLATE \"C\", reference) > ($1, $2)
            ORDER BY site COLLATE \"C\", reference LIMIT $3";
        let rows = self.ask(asked, &[&site, &&reference[..], &limit(most)])?;
        let read = |row: &Row| {
            let (reference, record) = (bytes(row, 1)?, bytes(row, 2)?);
            Ok(Agreed { site: row.try_get(0)?, reference, record, made: row.try_get(3)? })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }

    pub(in crate::store) fn waiting_posts(&self, after: i64, most: usize) -> Result<Vec<Posted>, Error> {
        let asked = "SELECT site, seq, receiver, record, due, failures::bigint, since FROM outbox WHERE seq > $1
            ORDER BY seq LIMIT $2";
        let rows = self.ask(asked, &[&after, &limit(most)])?;
        let read = |row: &Row| {
            Ok(Posted {
                site: row.try_get(0)?,
                seq: row.try_get(1)?,
                receiver: bytes(row, 2)?,
                record: bytes(row, 3)?,
                due: row.try_get(4)?,
                failures: row.try_get(5)?,
                since: row.try_get(6)?,
            })
        };
        rows.iter().map(read).collect::<Result<_, _>>().map_err(running)
    }
}

pub(super) async fn adopt(transaction: &Transaction<'_>, adopted: &Adopted) -> Result<(), Trouble> {
    match adopted {
        Adopted::Mark(source) => drop(transaction.execute(CONTENT, &[&MARK, &&source[..], &&b""[..], &0_i64]).await?),
        Adopted::Unmark => drop(transaction.execute("DELETE FROM content WHERE kind = $1", &[&MARK]).await?),
        Adopted::Contents(contents) => {
            for Content { kind, hash, bytes, last } in contents {
                transaction.execute(CONTENT, &[kind, &&hash[..], bytes, last]).await?;
            }
        }
        Adopted::Nodes(nodes) => {
            let levels: Vec<_> = nodes.iter().map(|(node, _)| i16::from(node.level)).collect();
            let places: Vec<_> = nodes.iter().map(|(node, _)| signed(node.place)).collect();
            let hashes: Vec<_> = nodes.iter().map(|(_, hash)| &hash[..]).collect();
            transaction.execute(NODES, &[&levels, &places, &hashes]).await?;
        }
        Adopted::Heads(heads) => {
            for Head { size, made, root, key, signature } in heads {
                let row: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
                    [&signed(*size), &made.0, &&root[..], &&key[..], &&signature[..]];
                transaction.execute(HEAD, &row).await?;
            }
        }
        Adopted::Entries(sealed) => adopt_entries(transaction, sealed).await?,
        Adopted::Agreed(agreed) => {
            for Agreed { site, reference, record, made } in agreed {
                transaction.execute(AGREED, &[site, &&reference[..], &&record[..], made]).await?;
            }
        }
        Adopted::Posted(posted) => {
            for Posted { site, receiver, record, due, failures, since, .. } in posted {
                let failures = i32::try_from(*failures).unwrap_or(i32::MAX);
                let row: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                    [site, &&receiver[..], &&record[..], due, &failures, since];
                transaction.execute(POSTED, &row).await?;
            }
        }
        Adopted::Spent(keys) => ending::end(transaction, &Ending::Spent(keys.clone())).await?,
        Adopted::Figures(grain, rows) => figures::put(transaction, *grain, rows.iter(), Sign::Replace).await?,
        Adopted::Runs(runs) => figures::add_runs(transaction, runs.iter()).await?,
        Adopted::Seen(seen) => {
            let batch = Batch { seen: seen.clone(), ..Batch::default() };
            counts::add(transaction, std::iter::once(&batch), Sign::Replace).await?;
        }
        Adopted::Notes(all) => {
            for note in all {
                notes::note(transaction, &Noted::Add(note.clone())).await?;
            }
        }
    }
    Ok(())
}

async fn adopt_entries(transaction: &Transaction<'_>, sealed: &[Sealed]) -> Result<(), Trouble> {
    entries::add(transaction, sealed.iter().map(|sealed| &sealed.entry).collect()).await?;
    let placed = || sealed.iter().filter_map(|sealed| Some((&sealed.entry, signed(sealed.place?))));
    let sites: Vec<_> = placed().map(|(entry, _)| entry.site.as_str()).collect();
    let ids: Vec<_> = placed().map(|(entry, _)| &entry.id[..]).collect();
    let places: Vec<_> = placed().map(|(_, place)| place).collect();
    transaction.execute(PLACES, &[&sites, &ids, &places]).await?;
    Ok(())
}
