//! Entries and their log: adding, numbering and destroying, as parts of one transaction.
//!
//! It refuses to number while another gateway does: its entries wait then, and whoever has the log next gives them their places.
//! Invariant: places are given by one transaction at a time, and its head covers every leaf that it numbered.

use std::collections::{HashMap, HashSet};

use super::connect::Trouble;
use super::migrate::LOCKS;
use super::read::bytes;
use super::transaction::Transaction;
use crate::ledger::merkle::{Frontier, Node};
use crate::ledger::{EntryId, Hash};
use crate::store::notary::Notary;
use crate::vault::SealedEntry;

/// The advisory lock of whoever has the log in hand.
const LOCK_OF_LOG: i32 = 3;

/// Leaves that one round numbers beside its own.
const MOST_PENDING: i64 = 4_096;

const NAME: &str = "INSERT INTO named (site, id, made) SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[])
    ON CONFLICT (site, id) DO NOTHING RETURNING site, id";
const ADD: &str = "INSERT INTO entry (site, made, id, class, subject, ends, leaf, key, wrapped, body)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::text[], $5::bytea[], $6::bigint[], $7::bytea[],
        $8::bytea[], $9::bytea[], $10::bytea[])
    RETURNING site, id, seq";
const WAIT: &str = "INSERT INTO unnumbered (site, seq, id, leaf)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[])";
const PENDING: &str =
    "DELETE FROM unnumbered WHERE (site, seq) IN (SELECT site, seq FROM unnumbered ORDER BY seq LIMIT $1)
    RETURNING seq, site, id, leaf";
// An entry that was destroyed while it waited has a leaf, and no name any more.
const PLACE: &str = "INSERT INTO numbered (site, id, place)
    SELECT site, id, place FROM unnest($1::text[], $2::bytea[], $3::bigint[]) AS new (site, id, place)
    WHERE EXISTS (SELECT FROM named WHERE named.site = new.site AND named.id = new.id)";
const NODES: &str =
    "INSERT INTO node (level, place, hash) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])";
const HEAD: &str = "INSERT INTO head (size, made, root, key, signature) VALUES ($1, $2, $3, $4, $5)";

const NOTE_KEYS: &str = "INSERT INTO spent (key) SELECT DISTINCT entry.key FROM entry JOIN named USING (site, made, id)
    WHERE named.id = ANY($1) ON CONFLICT DO NOTHING";

/// What hangs on entries, and the entries last.
const TAKE_OUT: [&str; 4] = [
    "DELETE FROM outbox WHERE record = ANY($1)",
    "DELETE FROM agreement WHERE record = ANY($1)",
    "DELETE FROM entry USING named
        WHERE entry.site = named.site AND entry.made = named.made AND entry.id = named.id AND named.id = ANY($1)",
    "WITH gone AS (DELETE FROM named WHERE id = ANY($1) RETURNING site, id)
        DELETE FROM numbered USING gone WHERE numbered.site = gone.site AND numbered.id = gone.id",
];

/// A leaf that has no place yet.
struct Pending {
    seq: i64,
    site: String,
    id: EntryId,
    leaf: Hash,
}

/// Adds entries; those that are new.
pub(super) async fn add<'s>(
    transaction: &Transaction<'_>,
    mut sealed: Vec<&'s SealedEntry>,
) -> Result<Vec<(&'s SealedEntry, i64)>, Trouble> {
    if sealed.is_empty() {
        return Ok(Vec::new());
    }
    // Names are taken in their order, so that gateways which are handed the same ones don't wait for each other in a circle.
    let mut names: Vec<_> = sealed.iter().map(|sealed| (sealed.site.as_str(), &sealed.id[..], sealed.made.0)).collect();
    names.sort_unstable();
    let sites: Vec<_> = names.iter().map(|name| name.0).collect();
    let ids: Vec<_> = names.iter().map(|name| name.1).collect();
    let made: Vec<_> = names.iter().map(|name| name.2).collect();
    let rows = transaction.query(NAME, &[&sites, &ids, &made]).await?;
    let mut new = HashSet::new();
    for row in &rows {
        new.insert((row.try_get::<_, String>(0)?, bytes::<16>(row, 1)?));
    }
    // The same id twice in a round is new once.
    sealed.retain(|sealed| new.remove(&(sealed.site.clone(), sealed.id)));
    if sealed.is_empty() {
        return Ok(Vec::new());
    }
    let seqs = insert(transaction, &sealed).await?;
    let numbered = |sealed: &'s SealedEntry| seqs.get(&(sealed.site.clone(), sealed.id)).map(|seq| (sealed, *seq));
    Ok(sealed.into_iter().filter_map(numbered).collect())
}

/// Their numbers, in the order of storing.
async fn insert(
    transaction: &Transaction<'_>,
    sealed: &[&SealedEntry],
) -> Result<HashMap<(String, EntryId), i64>, Trouble> {
    let sites: Vec<_> = sealed.iter().map(|sealed| sealed.site.as_str()).collect();
    let made: Vec<_> = sealed.iter().map(|sealed| sealed.made.0).collect();
    let ids: Vec<_> = sealed.iter().map(|sealed| &sealed.id[..]).collect();
    let classes: Vec<_> = sealed.iter().map(|sealed| sealed.class.name()).collect();
    let subjects: Vec<_> = sealed.iter().map(|sealed| sealed.subject.as_ref().map(|subject| &subject[..])).collect();
    let ends: Vec<_> = sealed.iter().map(|sealed| sealed.ends.map(|ends| ends.0)).collect();
    let leaves: Vec<_> = sealed.iter().map(|sealed| &sealed.leaf[..]).collect();
    let keys: Vec<_> = sealed.iter().map(|sealed| &sealed.wrapped.by[..]).collect();
    let wrapped: Vec<_> = sealed.iter().map(|sealed| sealed.wrapped.bytes.as_slice()).collect();
    let bodies: Vec<_> = sealed.iter().map(|sealed| sealed.body.as_slice()).collect();
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 10] =
        [&sites, &made, &ids, &classes, &subjects, &ends, &leaves, &keys, &wrapped, &bodies];
    let rows = transaction.query(ADD, &values).await?;
    let mut seqs = HashMap::with_capacity(rows.len());
    for row in &rows {
        seqs.insert((row.try_get(0)?, bytes(row, 1)?), row.try_get(2)?);
    }
    Ok(seqs)
}

/// Numbers new entries and all that wait, where nobody else is about to; else they wait. The log's edge afterwards, where it
/// is known, and whether leaves still wait.
pub(super) async fn number(
    transaction: &Transaction<'_>,
    new: &[(&SealedEntry, i64)],
    known: Option<&Frontier>,
    notary: &Notary,
) -> Result<(Option<Frontier>, bool), Trouble> {
    let mut own: Vec<Pending> = new
        .iter()
        .map(|(sealed, seq)| Pending { seq: *seq, site: sealed.site.clone(), id: sealed.id, leaf: sealed.leaf })
        .collect();
    let has_log = transaction.query("SELECT pg_try_advisory_xact_lock($1, $2)", &[&LOCKS, &LOCK_OF_LOG]).await?;
    if !has_log.first().is_some_and(|row| row.get(0)) {
        wait(transaction, &own).await?;
        return Ok((None, true));
    }
    let mut pending = Vec::new();
    for row in &transaction.query(PENDING, &[&MOST_PENDING]).await? {
        pending.push(Pending { seq: row.try_get(0)?, site: row.try_get(1)?, id: bytes(row, 2)?, leaf: bytes(row, 3)? });
    }
    let more = i64::try_from(pending.len()).is_ok_and(|taken| taken >= MOST_PENDING);
    pending.append(&mut own);
    if pending.is_empty() {
        return Ok((None, false));
    }
    pending.sort_unstable_by_key(|pending| pending.seq);
    let frontier = frontier(transaction, known).await?;
    append(transaction, frontier, &pending, notary).await.map(|frontier| (Some(frontier), more))
}

async fn wait(transaction: &Transaction<'_>, own: &[Pending]) -> Result<(), Trouble> {
    if own.is_empty() {
        return Ok(());
    }
    let sites: Vec<_> = own.iter().map(|own| own.site.as_str()).collect();
    let seqs: Vec<_> = own.iter().map(|own| own.seq).collect();
    let ids: Vec<_> = own.iter().map(|own| &own.id[..]).collect();
    let leaves: Vec<_> = own.iter().map(|own| &own.leaf[..]).collect();
    transaction.execute(WAIT, &[&sites, &seqs, &ids, &leaves]).await?;
    Ok(())
}

async fn append(
    transaction: &Transaction<'_>,
    mut frontier: Frontier,
    pending: &[Pending],
    notary: &Notary,
) -> Result<Frontier, Trouble> {
    let (mut complete, mut places) = (Vec::new(), Vec::with_capacity(pending.len()));
    for leaf in pending.iter().map(|pending| pending.leaf) {
        places.push(signed(frontier.size()));
        frontier.append(leaf, |node, hash| complete.push((node, hash)));
    }
    let sites: Vec<_> = pending.iter().map(|pending| pending.site.as_str()).collect();
    let ids: Vec<_> = pending.iter().map(|pending| &pending.id[..]).collect();
    transaction.execute(PLACE, &[&sites, &ids, &places]).await?;
    let levels: Vec<_> = complete.iter().map(|(node, _)| i16::from(node.level)).collect();
    let nodes: Vec<_> = complete.iter().map(|(node, _)| signed(node.place)).collect();
    let hashes: Vec<_> = complete.iter().map(|(_, hash)| &hash[..]).collect();
    transaction.execute(NODES, &[&levels, &nodes, &hashes]).await?;
    let head = notary.head(frontier.size(), frontier.root());
    let row: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&signed(head.size), &head.made.0, &&head.root[..], &&head.key[..], &&head.signature[..]];
    transaction.execute(HEAD, &row).await?;
    Ok(frontier)
}

/// The log's edge: as known, unless another gateway has appended meanwhile.
async fn frontier(transaction: &Transaction<'_>, known: Option<&Frontier>) -> Result<Frontier, Trouble> {
    let rows = transaction.query("SELECT size, root FROM head ORDER BY size DESC LIMIT 1", &[]).await?;
    let size = rows.first().map(|row| row.try_get(0)).transpose()?.map_or(0, unsigned);
    // The root too: a database that was brought back from a backup may have grown to this size otherwise.
    let root = rows.first().map(|row| bytes(row, 1)).transpose()?;
    if let Some(known) = known.filter(|known| known.size() == size && Some(known.root()) == root) {
        return Ok(known.clone());
    }
    let needed = Frontier::needs(size);
    let (levels, places) = columns(&needed);
    let rows = transaction.query(FIND, &[&levels, &places]).await?;
    let mut peaks = Vec::with_capacity(needed.len());
    for row in &rows {
        peaks.push(bytes(row, 2)?);
    }
    Frontier::at(size, peaks).ok_or(Trouble::Log)
}

/// Nodes, in the order in which they are asked for.
pub(super) const FIND: &str = "SELECT node.level, node.place, node.hash
    FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS asked (level, place, number)
    JOIN node ON node.level = asked.level AND node.place = asked.place ORDER BY asked.number";

pub(super) fn columns(nodes: &[Node]) -> (Vec<i16>, Vec<i64>) {
    nodes.iter().map(|node| (i16::from(node.level), signed(node.place))).unzip()
}

/// Takes entries away, and notes under which keys they lay.
pub(super) async fn destroy(transaction: &Transaction<'_>, ids: &[EntryId]) -> Result<(), Trouble> {
    let named: Vec<_> = ids.iter().map(|id| &id[..]).collect();
    transaction.execute(NOTE_KEYS, &[&named]).await?;
    take_out(transaction, ids).await
}

/// Takes entries away whose keys stay.
pub(super) async fn take_out(transaction: &Transaction<'_>, ids: &[EntryId]) -> Result<(), Trouble> {
    let ids: Vec<_> = ids.iter().map(|id| &id[..]).collect();
    for statement in TAKE_OUT {
        transaction.execute(statement, &[&ids]).await?;
    }
    Ok(())
}

/// PostgreSQL's numbers are signed.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
