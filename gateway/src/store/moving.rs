//! A store's whole contents, taken over into another: entries as they are sealed, the log with its heads, contents, counts, sightings,
//! agreements, and what receivers are still to be told.
//!
//! It refuses a target that holds anything but a move from the same source that was broken off. Invariant: when it says that all was moved, the
//! target's own leaves make up the source's newest root, and both count the same.

use policies::{Date, Timestamp};

use super::ending::Sealed;
use super::figures::{Cell, FigureRow, Grain, RunRow};
use super::notes::Note;
use super::rows::SeenRow;
use super::writer::Work;
use super::{Archive, Error, Limits, Place, Store};
use crate::ledger::merkle::{Frontier, Node};
use crate::ledger::{Hash, Head};
use crate::vault::KeyId;

/// Rows that travel together.
const PAGE: usize = 500;

/// All days that anything can be of.
const FIRST_DAY: Date = Date { year: 1970, month: 1, day: 1 };
const LAST_DAY: Date = Date { year: 9999, month: 12, day: 31 };

/// The kind of content that marks a move under way; its hash names the source.
pub(super) const MARK: &str = "moving";

/// What was shown, under its kind's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// Its kind.
    pub(super) kind: String,
    /// Of its bytes.
    pub(super) hash: Hash,
    /// Itself.
    pub(super) bytes: Vec<u8>,
    /// The last day on which it was shown or in force, in days since 1970.
    pub(super) last: i64,
}

/// What a guardian's code served for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    /// The site's name.
    pub(super) site: String,
    /// The code.
    pub(super) reference: [u8; 10],
    /// The record.
    pub(super) record: [u8; 16],
    /// When, in seconds.
    pub(super) made: i64,
}

/// What a receiver is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Posted {
    /// The site's name.
    pub(super) site: String,
    /// The row's number, to page on.
    pub(super) seq: i64,
    /// Whom.
    pub(super) receiver: [u8; 8],
    /// Of what.
    pub(super) record: [u8; 16],
    /// Not before.
    pub(super) due: i64,
    /// How often it failed.
    pub(super) failures: i64,
    /// Since when it waits.
    pub(super) since: Option<i64>,
}

/// Rows for the target, as they lie in the source. What is there already stays.
#[derive(Debug)]
pub(super) enum Adopted {
    Mark(Hash),
    Unmark,
    Contents(Vec<Content>),
    Nodes(Vec<(Node, Hash)>),
    Heads(Vec<Head>),
    Entries(Vec<Sealed>),
    Agreed(Vec<Agreed>),
    Posted(Vec<Posted>),
    Spent(Vec<KeyId>),
    /// These count as they stand here, whatever stands there.
    Figures(Grain, Vec<FigureRow>),
    /// Times in which somebody counted.
    Runs(Vec<RunRow>),
    /// These count as they stand here, too.
    Seen(Vec<SeenRow>),
    Notes(Vec<Note>),
}

/// How much was moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Entries.
    pub entries: u64,
    /// The log's newest head; None where it is empty.
    pub head: Option<Head>,
    /// Contents.
    pub contents: u64,
    /// Rows of counts, and the sum of all that is in them.
    pub figures: (u64, u64),
    /// Sightings.
    pub seen: u64,
    /// Agreements.
    pub agreements: u64,
    /// Rows of the outbox.
    pub posted: u64,
}

/// Why nothing, or not all, was moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// One of the stores.
    #[error(transparent)]
    Store(#[from] Error),
    /// Somebody's data is there.
    #[error(
        "the target holds data already: name an empty one, or the one into which a move from this very store was broken off"
    )]
    NotEmpty,
    /// It is still written to.
    #[error(
        "the source was written to meanwhile, or entries of it have no place in its log yet: stop its gateways and run this again"
    )]
    Busy,
    /// What arrived isn't what left.
    #[error("the target differs from the source in its {0}: move into an empty target")]
    Differs(&'static str),
}

/// Moves everything from one place to another; running it again goes on where it was broken off.
///
/// # Errors
/// See [`MoveError`].
pub async fn relocate(from: &Place, to: &Place, limits: &Limits) -> Result<Moved, MoveError> {
    let source = Archive::asking(from, limits);
    let head = source.head().await?;
    let target = Store::open(&Place { taking_over: true, ..to.clone() }, limits)?;
    begin(&source, &target).await?;
    let moved = Mover { source: &source, target: &target }.all(head).await?;
    check(&source, target.archive(), &moved).await?;
    target.adopt(Adopted::Unmark).await?;
    target.close().await;
    Ok(moved)
}

/// The source's name: its first head, which nobody else can have signed.
async fn name_of(source: &Archive) -> Result<Hash, Error> {
    let first = source.heads(1, 1).await?;
    Ok(first.first().map_or([1; 32], |head| head.root))
}

async fn begin(source: &Archive, target: &Store) -> Result<(), MoveError> {
    let name = name_of(source).await?;
    let marks = target.archive().contents(Some((MARK.to_owned(), [0; 32])), 1).await?;
    let is_ours = marks.first().is_some_and(|mark| mark.kind == MARK && mark.hash == name);
    if is_ours {
        return Ok(());
    }
    let archive = target.archive();
    let is_empty = archive.stored(i64::MIN, 1).await?.is_empty()
        && archive.leaves(0, 1).await?.is_empty()
        && archive.contents(None, 1).await?.is_empty()
        && archive.figures_after(Grain::Day, Cell::default(), 1).await?.is_empty()
        && archive.began().await?.is_none()
        && archive.seen(None, 1).await?.is_empty()
        && archive.agreements(None, 1).await?.is_empty();
    if !is_empty {
        return Err(MoveError::NotEmpty);
    }
    target.adopt(Adopted::Mark(name)).await?;
    Ok(())
}

struct Mover<'m> {
    source: &'m Archive,
    target: &'m Store,
}

impl Mover<'_> {
    async fn all(&self, head: Option<Head>) -> Result<Moved, MoveError> {
        let contents = self.contents().await?;
        self.log(head.as_ref()).await?;
        let entries = self.entries().await?;
        let agreements = self.agreements().await?;
        let posted = self.posted().await?;
        self.target.adopt(Adopted::Spent(self.source.spent().await?)).await?;
        let figures = self.figures().await?;
        let rows = self.source.seen(None, usize::MAX).await?;
        let seen = rows.len() as u64;
        for page in rows.chunks(PAGE) {
            self.target.adopt(Adopted::Seen(page.to_vec())).await?;
        }
        let notes = self.source.notes(None, FIRST_DAY, LAST_DAY, usize::MAX).await?;
        for page in notes.chunks(PAGE) {
            self.target.adopt(Adopted::Notes(page.to_vec())).await?;
        }
        Ok(Moved { entries, head, contents, figures, seen, agreements, posted })
    }

    async fn contents(&self) -> Result<u64, MoveError> {
        let (mut count, mut after) = (0, None);
        loop {
            // Pages of an owner may be large: few at a time.
            let page = self.source.contents(after, 8).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some((last.kind.clone(), last.hash));
            let page: Vec<Content> = page.into_iter().filter(|content| content.kind != MARK).collect();
            count += page.len() as u64;
            self.target.adopt(Adopted::Contents(page)).await?;
        }
    }

    /// Leaves, the subtrees that they complete, and the heads behind them.
    async fn log(&self, head: Option<&Head>) -> Result<(), MoveError> {
        let Some(head) = head else { return Ok(()) };
        let mut frontier = Frontier::default();
        while frontier.size() < head.size {
            let leaves = self.source.leaves(frontier.size(), PAGE).await?;
            if leaves.is_empty() {
                return Err(MoveError::Busy);
            }
            let mut nodes = Vec::with_capacity(leaves.len() * 2);
            leaves.iter().for_each(|leaf| frontier.append(*leaf, |node, hash| nodes.push((node, hash))));
            self.target.adopt(Adopted::Nodes(nodes)).await?;
        }
        if (frontier.size(), frontier.root()) != (head.size, head.root) {
            return Err(MoveError::Busy);
        }
        let mut from = 1;
        loop {
            let heads = self.source.heads(from, PAGE).await?;
            let Some(last) = heads.last() else { return Ok(()) };
            from = last.size + 1;
            self.target.adopt(Adopted::Heads(heads)).await?;
        }
    }

    async fn entries(&self) -> Result<u64, MoveError> {
        let (mut count, mut after) = (0, i64::MIN);
        loop {
            let page = self.source.stored(after, PAGE).await?;
            let Some((last, _)) = page.last() else { return Ok(count) };
            after = *last;
            if page.iter().any(|(_, sealed)| sealed.place.is_none()) {
                return Err(MoveError::Busy);
            }
            count += page.len() as u64;
            self.target.adopt(Adopted::Entries(page.into_iter().map(|(_, sealed)| sealed).collect())).await?;
        }
    }

    async fn agreements(&self) -> Result<u64, MoveError> {
        let (mut count, mut after) = (0, None);
        loop {
            let page = self.source.agreements(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = Some((last.site.clone(), last.reference));
            count += page.len() as u64;
            self.target.adopt(Adopted::Agreed(page)).await?;
        }
    }

    async fn posted(&self) -> Result<u64, MoveError> {
        let (mut count, mut after) = (0, i64::MIN);
        loop {
            let page = self.source.waiting_posts(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(count) };
            after = last.seq;
            count += page.len() as u64;
            self.target.adopt(Adopted::Posted(page)).await?;
        }
    }

    async fn figures(&self) -> Result<(u64, u64), MoveError> {
        let runs = self.source.runs(Timestamp(i64::MIN), Timestamp(i64::MAX), usize::MAX).await?;
        for page in runs.chunks(PAGE) {
            self.target.adopt(Adopted::Runs(page.to_vec())).await?;
        }
        let mut moved = (0, 0);
        for grain in Grain::ALL {
            let mut after = Cell::default();
            while let Some(page) = page_of_figures(self.source, grain, &mut after).await? {
                add(&mut moved, &page);
                self.target.adopt(Adopted::Figures(grain, page)).await?;
            }
        }
        Ok(moved)
    }
}

/// The counts behind a cell, which moves on to the last of them; None at the end.
async fn page_of_figures(archive: &Archive, grain: Grain, after: &mut Cell) -> Result<Option<Vec<FigureRow>>, Error> {
    let page = archive.figures_after(grain, after.clone(), PAGE).await?;
    let Some(last) = page.last() else { return Ok(None) };
    *after = last.cell.clone();
    Ok(Some(page))
}

fn add(sum: &mut (u64, u64), page: &[FigureRow]) {
    sum.0 += page.len() as u64;
    sum.1 += page.iter().map(|row| row.counts.sum()).sum::<u64>();
}

async fn counted(archive: &Archive) -> Result<(u64, u64), Error> {
    let mut sum = (0, 0);
    for grain in Grain::ALL {
        let mut after = Cell::default();
        while let Some(page) = page_of_figures(archive, grain, &mut after).await? {
            add(&mut sum, &page);
        }
    }
    Ok(sum)
}

async fn check(source: &Archive, target: &Archive, moved: &Moved) -> Result<(), MoveError> {
    if source.head().await? != moved.head {
        return Err(MoveError::Busy);
    }
    let head = target.head().await?;
    let mut frontier = Frontier::default();
    loop {
        let leaves = target.leaves(frontier.size(), 10_000).await?;
        if leaves.is_empty() {
            break;
        }
        leaves.iter().for_each(|leaf| frontier.append(*leaf, |_, _| {}));
    }
    let root = head.as_ref().map(|head| (head.size, head.root));
    if head != moved.head || root.is_some_and(|root| root != (frontier.size(), frontier.root())) {
        return Err(MoveError::Differs("log"));
    }
    let (mut entries, mut after) = (0, i64::MIN);
    while let Some(page) = Some(target.stored(after, PAGE).await?).filter(|page| !page.is_empty()) {
        after = page.last().map_or(after, |(seq, _)| *seq);
        entries += page.len() as u64;
    }
    let counts = counted(target).await?;
    let seen = target.seen(None, usize::MAX).await?.len() as u64;
    let differing =
        [("entries", entries != moved.entries), ("counts", counts != moved.figures), ("sightings", seen != moved.seen)];
    match differing.iter().find(|(_, differs)| *differs) {
        Some((what, _)) => Err(MoveError::Differs(what)),
        None => Ok(()),
    }
}

impl Store {
    async fn adopt(&self, adopted: Adopted) -> Result<(), Error> {
        self.write(Work::Adopt(Box::new(adopted))).await
    }
}
