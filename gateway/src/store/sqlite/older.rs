//! What versions before the log kept: records in columns, in the clear. They become entries, in the order in which they were
//! stored, and the table goes.
//!
//! It refuses to skip a record. Invariant: after it, nothing that a record says stands in the clear.

use policies::consent::{Circumstances, Mode, Speaker};
use policies::{Act, Lang, PolicyVersion, Record, Regime, Signals, Timestamp};
use rusqlite::{Row, Transaction, params};

use super::entries::Logging;
use super::read::word;
use crate::store::Error;
use crate::store::notary::{Notary, entry_of};

const RECORDS: &str = "SELECT id, site, visitor, made, act, granted, refused, policy, lang, regime, gpc, mode, late,
    allowed_singly, refused_singly, speaker, ground, words, seq FROM record WHERE seq > ? ORDER BY seq LIMIT 500";

/// Makes entries of all records.
pub(super) fn take_over(transaction: &Transaction<'_>, notary: &Notary) -> rusqlite::Result<()> {
    let mut logging = Logging::new(transaction);
    let mut last = i64::MIN;
    loop {
        let mut statement = transaction.prepare_cached(RECORDS)?;
        let rows = statement.query_map(params![last], |row| Ok((record(row)?, row.get::<_, i64>(18)?)))?;
        let some = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        let Some((_, newest)) = some.last() else { break };
        last = *newest;
        for (record, _) in &some {
            logging.add(&notary.seal(&entry_of(record)).map_err(unsealed)?)?;
        }
    }
    logging.end(notary)?;
    transaction.execute_batch("DROP TABLE record")
}

fn unsealed(error: Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let ids = |text: String| text.split_ascii_whitespace().map(str::to_owned).collect();
    let names = |text: String| text.lines().map(str::to_owned).collect();
    let mode = |name: &str| [Mode::AsSet, Mode::Session, Mode::Ask].into_iter().find(|mode| mode.name() == name);
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
        mode: word(row, 11, mode)?,
        late: row.get(12)?,
        speaker: word(row, 15, Speaker::of_name)?,
        ground: row.get(16)?,
        words: row.get(17)?,
        circumstances: Circumstances::default(),
    })
}
