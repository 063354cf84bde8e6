//! The two stores, by one suite: what either must do, and what a fault of its own kind does to it. Refuses a difference that isn't written down.
//! Invariant: a test of the suite runs on both, against real files and a real server.

mod conformance;
mod crashes;
mod evidence;
mod fleet;
mod moving;
mod older_counts;
mod population;
mod server;

use std::path::Path;
use std::time::Duration;

use gateway::config::Postgres;
use gateway::store::{Cell, Counts, FigureRow, Limits, Measure, Place, PurposeMeasure, Store};
use gateway_tests::postgres::{Cluster, Database};
use policies::consent::{Circumstances, Mode, Speaker};
use policies::{Act, Lang, PolicyVersion, Record, Regime, Signals, Timestamp};
use tempfile::TempDir;

/// Where the two are not one. Everything else is the same, and held by the suite.
pub(crate) struct Differences {
    /// An id is stored once over all sites, not once a site: a table that is sharded by site can't say more.
    pub(crate) ids_are_of_all_sites: bool,
    /// `limits.database_mb` bounds it: a server's disk is the server's to bound.
    pub(crate) size_is_bounded: bool,
    /// Rows of the outbox are held for whoever asked, since several gateways ask.
    pub(crate) owed_rows_are_held: bool,
    /// A data folder that vanishes is made again: a database isn't.
    pub(crate) is_made_again: bool,
}

/// A store of one kind, with a place of its own.
pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) database: Option<Database<'static>>,
    pub(crate) differences: Differences,
    /// Keys that lie elsewhere than in its folder.
    keys: Option<(gateway::vault::Folder, std::path::PathBuf)>,
}

impl Bench {
    /// With the keys of another, as a store that was moved has them.
    pub(crate) fn with_keys_of(self, other: &Self) -> Self {
        let Place { record_keys, receipt_key, .. } = other.place();
        Self { keys: Some((record_keys, receipt_key)), ..self }
    }

    pub(crate) fn sqlite() -> Self {
        let differences = Differences {
            ids_are_of_all_sites: true,
            size_is_bounded: true,
            owed_rows_are_held: false,
            is_made_again: true,
        };
        Self { folder: folder(), database: None, differences, keys: None }
    }

    pub(crate) fn postgres() -> Self {
        let differences = Differences {
            ids_are_of_all_sites: false,
            size_is_bounded: false,
            owed_rows_are_held: true,
            is_made_again: false,
        };
        Self { folder: folder(), database: Some(Cluster::shared().fresh()), differences, keys: None }
    }

    /// Where it lies; the same for every handle on it.
    pub(crate) fn place(&self) -> Place {
        let data = self.folder.path().join("data");
        let mut place = Place::in_folder(&data, || NOW);
        if let Some((record_keys, receipt_key)) = &self.keys {
            (place.record_keys, place.receipt_key) = (record_keys.clone(), receipt_key.clone());
        }
        match &self.database {
            Some(database) => place.on(postgres(database)),
            None => place,
        }
    }

    pub(crate) fn open(&self) -> Store {
        self.opened(&limits())
    }

    pub(crate) fn opened(&self, limits: &Limits) -> Store {
        Store::open(&self.place(), limits).expect("the store opens")
    }
}

/// What a configuration would make of a database's address.
pub(crate) fn postgres(database: &Database<'_>) -> Postgres {
    Postgres::parse(&database.url(), Path::new("")).expect("the harness writes an address")
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

/// What stores here have for a clock.
pub(crate) const NOW: Timestamp = Timestamp(1_790_000_000);

/// Bounds that two busy cores keep.
pub(crate) fn limits() -> Limits {
    Limits { wait: Duration::from_secs(20), lock_wait: Duration::from_secs(10), ..Limits::default() }
}

/// So many pages, each a visit that analytics could see, in an hour.
pub(crate) fn counted_once(site: &str, (dimension, value): (&str, &str), at: i64, count: u64) -> FigureRow {
    let mut counts = Counts::default();
    counts.add(Measure::Pages, count);
    counts.add(Measure::Visits, count);
    counts.add_of_purpose("analytics", PurposeMeasure::Seen, count);
    let cell = Cell { site: site.to_owned(), dimension: dimension.to_owned(), at, value: value.to_owned() };
    FigureRow { cell, counts }
}

/// A record of the number's own, with something in every field.
pub(crate) fn record(number: u16) -> Record {
    let mut id = [0; 16];
    id[..2].copy_from_slice(&number.to_be_bytes());
    Record {
        id,
        site: String::from("shop"),
        visitor: Some([7; 16]),
        made: Timestamp(1_789_000_000 + i64::from(number)),
        act: Act::Custom,
        granted: vec![String::from("analytics"), String::from("sort_order")],
        allowed_singly: vec![String::from("cookie:_ga")],
        refused_singly: vec![String::from("service:meta"), String::from("prefix:a b*")],
        refused: vec![String::from("marketing")],
        policy: PolicyVersion([1, 2, 3, 4, 5, 6, 7, 8]),
        words: Some([8, 7, 6, 5, 4, 3, 2, 1]),
        lang: Some(Lang::Ko),
        regime: Regime::OptIn,
        signals: Signals { gpc: true },
        mode: Mode::Session,
        late: false,
        speaker: Speaker::Visitor,
        ground: None,
        circumstances: Circumstances { valid_until: Some(Timestamp(1_790_000_000)), ..Circumstances::default() },
    }
}

/// Each test on both stores.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&crate::stores::Bench::sqlite()).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&crate::stores::Bench::postgres()).await;
            })*
        }
    };
}
pub(crate) use on_both;
