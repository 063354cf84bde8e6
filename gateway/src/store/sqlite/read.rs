//! Reading: questions that people ask, on a connection that can't write.
//!
//! It refuses to keep anything open longer than one question. Invariant: every answer is bounded by its caller.

use std::path::Path;
use std::time::Duration;

use policies::consent::{Circumstances, Mode, Reference, Speaker};
use policies::{Act, Date, Lang, PolicyVersion, Record, Regime, Signals, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Error, open_to_read, running};
use crate::store::outbox::{Owed, ReceiverId};
use crate::store::rows::{ContentKind, SameSite, SeenIn, SeenRow, TallyRow};

/// The columns that [`record`] reads, in its order.
const RECORD: &str = "SELECT id, site, visitor, made, act, granted, refused, policy, lang, regime, gpc, mode, late,
        allowed_singly, refused_singly, speaker, ground, words FROM record";

const OWED: &str =
    "SELECT r.id, r.site, r.visitor, r.made, r.act, r.granted, r.refused, r.policy, r.lang, r.regime, r.gpc,
        r.mode, r.late, r.allowed_singly, r.refused_singly, r.speaker, r.ground, r.words, o.seq, o.due, o.failures
    FROM outbox o JOIN record r ON r.id = o.record WHERE o.receiver = ?1 ORDER BY o.due, o.seq LIMIT ?2";

const TALLY: &str = "SELECT site, day, policy, kind, name, count FROM tally
    WHERE day BETWEEN ?1 AND ?2 AND (?3 IS NULL OR site = ?3) ORDER BY day, site, policy, kind, name LIMIT ?4";

const SEEN: &str = "SELECT site, key, domain, path, partitioned, seen_in, secure, http_only, same_site, declared,
    lifetime, purpose, first_seen, last_seen, count, returned FROM seen WHERE ?1 IS NULL OR site = ?1
    ORDER BY site, key, domain, path LIMIT ?2";

/// The one connection that reads.
pub(in crate::store) struct Reading {
    connection: Connection,
}

impl Reading {
    pub(in crate::store) fn open(path: &Path, lock_wait: Duration) -> Result<Self, Error> {
        open_to_read(path, lock_wait).map(|connection| Self { connection })
    }

    pub(in crate::store) fn record(&self, id: [u8; 16]) -> Result<Option<Record>, Error> {
        let sql = format!("{RECORD} WHERE id = ?");
        self.connection.query_row(&sql, params![id], record).optional().map_err(running)
    }

    pub(in crate::store) fn agreement(&self, site: &str, reference: Reference) -> Result<Option<Record>, Error> {
        let sql = format!("{RECORD} WHERE id = (SELECT record FROM agreement WHERE site = ? AND reference = ?)");
        self.connection.query_row(&sql, params![site, reference.0], record).optional().map_err(running)
    }

    pub(in crate::store) fn newest(&self, site: Option<&str>, most: usize) -> Result<Vec<Record>, Error> {
        let sql = format!("{RECORD} WHERE ?1 IS NULL OR site = ?1 ORDER BY seq DESC LIMIT ?2");
        self.all(&sql, params![site, limit(most)], record)
    }

    pub(in crate::store) fn content(&self, kind: ContentKind, hash: [u8; 32]) -> Result<Option<Vec<u8>>, Error> {
        self.connection
            .query_row("SELECT bytes FROM content WHERE kind = ? AND hash = ?", params![kind.name(), hash], |row| {
                row.get(0)
            })
            .optional()
            .map_err(running)
    }

    pub(in crate::store) fn tallies(
        &self,
        site: Option<&str>,
        from: Date,
        to: Date,
        most: usize,
    ) -> Result<Vec<TallyRow>, Error> {
        self.all(TALLY, params![from.day_number(), to.day_number(), site, limit(most)], |row| {
            Ok(TallyRow {
                site: row.get(0)?,
                day: Date::of_day_number(row.get(1)?),
                policy: PolicyVersion(row.get(2)?),
                kind: row.get(3)?,
                name: row.get(4)?,
                count: count(row, 5)?,
            })
        })
    }

    pub(in crate::store) fn last_day(&self, site: Option<&str>) -> Result<Option<Date>, Error> {
        let sql = "SELECT max(day) FROM tally WHERE ?1 IS NULL OR site = ?1";
        let day: Option<i64> = self.connection.query_row(sql, params![site], |row| row.get(0)).map_err(running)?;
        Ok(day.map(Date::of_day_number))
    }

    pub(in crate::store) fn seen(&self, site: Option<&str>, most: usize) -> Result<Vec<SeenRow>, Error> {
        self.all(SEEN, params![site, limit(most)], seen)
    }

    pub(in crate::store) fn owed(&self, receiver: ReceiverId, most: usize) -> Result<Vec<Owed>, Error> {
        self.all(OWED, params![receiver, limit(most)], |row| {
            Ok(Owed { seq: row.get(18)?, due: Timestamp(row.get(19)?), failures: row.get(20)?, record: record(row)? })
        })
    }

    fn all<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        let ask =
            || self.connection.prepare_cached(sql)?.query_map(values, read)?.collect::<rusqlite::Result<Vec<_>>>();
        ask().map_err(running)
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let ids = |text: String| text.split_ascii_whitespace().map(str::to_owned).collect();
    let names = |text: String| text.lines().map(str::to_owned).collect();
    Ok(Record {
        id: row.get(0)?,
        site: row.get(1)?,
        visitor: row.get(2)?,
        made: Timestamp(row.get(3)?),
        act: word(row, 4, Act::of_name)?,
        granted: ids(row.get(5)?),
        refused: ids(row.get(6)?),
        allowed_singly: names(row.get(13)?),
        refused_singly: names(row.get(14)?),
        policy: PolicyVersion(row.get(7)?),
        lang: row.get::<_, Option<String>>(8)?.as_deref().and_then(Lang::of_tag),
        regime: word(row, 9, Regime::of_name)?,
        signals: Signals { gpc: row.get(10)? },
        mode: word(row, 11, |name| {
            [Mode::AsSet, Mode::Session, Mode::Ask].into_iter().find(|mode| mode.name() == name)
        })?,
        late: row.get(12)?,
        speaker: word(row, 15, Speaker::of_name)?,
        ground: row.get(16)?,
        words: row.get(17)?,
        circumstances: Circumstances::default(),
    })
}

fn seen(row: &Row<'_>) -> rusqlite::Result<SeenRow> {
    let domain: String = row.get(2)?;
    Ok(SeenRow {
        site: row.get(0)?,
        key: row.get(1)?,
        domain: (!domain.is_empty()).then_some(domain),
        path: row.get(3)?,
        partitioned: row.get(4)?,
        seen_in: word(row, 5, |name| [SeenIn::Response, SeenIn::Request].into_iter().find(|seen| seen.name() == name))?,
        secure: row.get(6)?,
        http_only: row.get(7)?,
        same_site: word(row, 8, |name| SameSite::ALL.into_iter().find(|same_site| same_site.name() == name))?,
        declared: row.get(9)?,
        lifetime: row.get(10)?,
        purpose: row.get(11)?,
        first_seen: Timestamp(row.get(12)?),
        last_seen: Timestamp(row.get(13)?),
        count: count(row, 14)?,
        returned: count(row, 15)?,
    })
}

fn word<T>(row: &Row<'_>, column: usize, read: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    read(&text).ok_or_else(|| {
        let unknown = format!("the word {text:?} means nothing to this version");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, unknown.into())
    })
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|count| u64::try_from(count).unwrap_or_default())
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}
