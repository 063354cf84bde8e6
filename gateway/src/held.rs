//! Cookies that wait for an answer: the `Set-Cookie` lines of visitors who confirm each one, until a prompt or the
//! settings page carries them.
//!
//! Refuses to grow: lines, bytes and minutes have bounds, and what finds no room is told, never set. Invariant: of one
//! cookie (name, domain, path) the newest line waits, as a browser would keep it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use policies::Timestamp;

use crate::wire::set_cookie::SetCookie;

/// Lines of one visitor.
const LINES_PER_VISITOR: usize = 50;
/// Bytes of one line; browsers keep no longer cookie.
const LONGEST_LINE: usize = 8 * 1024;
/// Seconds that a line waits here.
const WAITS: i64 = 600;

/// One line that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLine {
    /// When it came.
    pub at: Timestamp,
    /// The folder of its request: what a browser takes where the line has no `Path`.
    pub folder: Vec<u8>,
    /// The line as the origin sent it.
    pub line: Vec<u8>,
}

impl HeldLine {
    /// As bytes, to be closed in an envelope.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let folder_length = u16::try_from(self.folder.len()).unwrap_or_default();
        let folder = self.folder.get(..usize::from(folder_length)).unwrap_or_default();
        [&self.at.0.to_be_bytes()[..], &folder_length.to_be_bytes(), folder, &self.line].concat()
    }

    /// Reads what [`Self::bytes`] wrote.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (at, rest) = bytes.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (folder, line) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        Some(Self { at: Timestamp(i64::from_be_bytes(*at)), folder: folder.to_vec(), line: line.to_vec() })
    }

    /// Whether both lines speak of one cookie.
    #[must_use]
    pub fn is_same_cookie(&self, other: &Self) -> bool {
        let (one, two) = (SetCookie::parse(&self.line), SetCookie::parse(&other.line));
        let place = |cookie: &SetCookie<'_>, held: &Self| {
            (cookie.domain.map(<[u8]>::to_ascii_lowercase), cookie.path.unwrap_or(&held.folder).to_vec())
        };
        one.judged_name() == two.judged_name() && place(&one, self) == place(&two, other)
    }

    const fn weight(&self) -> usize {
        self.line.len() + self.folder.len()
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It waits.
    Waiting,
    /// There is no room: it must come again.
    Lost,
}

/// Whose lines: a site's name, and the visitor's random id there.
type Owner = (String, [u8; 16]);

/// Every line that waits in this process.
#[derive(Debug)]
pub struct Held {
    waiting: Mutex<Waiting>,
    most_lines: usize,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    by_owner: HashMap<Owner, Vec<HeldLine>>,
    /// Each owner once, about by the time of their oldest line.
    oldest: VecDeque<(Timestamp, Owner)>,
    lines: usize,
    bytes: usize,
}

impl Held {
    /// Room for so many lines and bytes of all visitors.
    #[must_use]
    pub fn new(most_lines: usize, most_bytes: usize) -> Self {
        Self { waiting: Mutex::default(), most_lines, most_bytes }
    }

    /// Keeps a line, in place of an earlier one of the same cookie.
    pub fn keep(&self, site: &str, visitor: [u8; 16], held: HeldLine) -> Kept {
        let mut waiting = self.lock();
        waiting.end_old(held.at);
        let owner = (site.to_owned(), visitor);
        waiting.take(&owner, |line| line.is_same_cookie(&held));
        let own = waiting.by_owner.get(&owner).map(Vec::len);
        let fits = held.line.len() <= LONGEST_LINE
            && own.map_or(waiting.by_owner.len() < self.most_lines, |own| own < LINES_PER_VISITOR)
            && waiting.lines < self.most_lines
            && waiting.bytes + held.weight() <= self.most_bytes;
        if !fits {
            return Kept::Lost;
        }
        waiting.add(owner, held);
        Kept::Waiting
    }

    /// What waits for a visitor, in the order in which it came.
    #[must_use]
    pub fn of(&self, site: &str, visitor: [u8; 16], now: Timestamp) -> Vec<HeldLine> {
        let mut waiting = self.lock();
        waiting.end_old(now);
        let own = waiting.by_owner.get(&(site.to_owned(), visitor)).into_iter().flatten();
        own.filter(|line| line.at.plus_seconds(WAITS) > now).cloned().collect()
    }

    /// Takes out what is answered.
    pub fn take(&self, site: &str, visitor: [u8; 16], answered: impl Fn(&HeldLine) -> bool) -> Vec<HeldLine> {
        self.lock().take(&(site.to_owned(), visitor), answered)
    }

    /// How many lines wait.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.lock().lines
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn add(&mut self, owner: Owner, held: HeldLine) {
        self.lines += 1;
        self.bytes += held.weight();
        if !self.by_owner.contains_key(&owner) {
            self.oldest.push_back((held.at, owner.clone()));
        }
        self.by_owner.entry(owner).or_default().push(held);
    }

    fn take(&mut self, owner: &Owner, wanted: impl Fn(&HeldLine) -> bool) -> Vec<HeldLine> {
        let Some(own) = self.by_owner.get_mut(owner) else { return Vec::new() };
        let (taken, left): (Vec<_>, Vec<_>) = std::mem::take(own).into_iter().partition(wanted);
        // An owner whose last line goes stays until their time comes up: they often set the same cookie again.
        *own = left;
        self.lines -= taken.len();
        self.bytes -= taken.iter().map(HeldLine::weight).sum::<usize>();
        taken
    }

    /// Lets lines go whose time is over.
    fn end_old(&mut self, now: Timestamp) {
        let ended = now.plus_seconds(-WAITS);
        // Each round removes an owner or a line, so it ends.
        while self.oldest.front().is_some_and(|(at, _)| *at <= ended) {
            let Some((_, owner)) = self.oldest.pop_front() else { return };
            self.take(&owner, |line| line.at <= ended);
            match self.by_owner.get(&owner).and_then(|own| own.first()) {
                Some(next) => self.oldest.push_back((next.at, owner)),
                None => drop(self.by_owner.remove(&owner)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: i64, text: &str) -> HeldLine {
        HeldLine { at: Timestamp(at), folder: b"/shop".to_vec(), line: text.as_bytes().to_vec() }
    }

    fn texts(held: &Held, visitor: u8, now: i64) -> Vec<String> {
        let of = held.of("shop", [visitor; 16], Timestamp(now));
        of.iter().map(|line| String::from_utf8_lossy(&line.line).into_owned()).collect()
    }

    #[test]
    fn the_newest_line_of_a_cookie_waits_and_each_place_is_one() {
        let held = Held::new(10, 1_000);
        for text in ["a=1", "a=2; Path=/shop", "a=3; Path=/", "a=4; Domain=S.example", "a=5; Domain=.s.example", "b=1"]
        {
            assert_eq!(held.keep("shop", [1; 16], line(0, text)), Kept::Waiting);
        }
        let expect = ["a=2; Path=/shop", "a=3; Path=/", "a=5; Domain=.s.example", "b=1"];
        assert_eq!(texts(&held, 1, 0), expect);
        assert!(texts(&held, 2, 0).is_empty() && held.of("other", [1; 16], Timestamp(0)).is_empty());
        let taken = held.take("shop", [1; 16], |line| line.line.starts_with(b"a="));
        assert_eq!((taken.len(), texts(&held, 1, 0)), (3, vec!["b=1".to_owned()]));
        assert_eq!(held.lines(), 1);
    }

    #[test]
    fn what_finds_no_room_is_lost_and_room_comes_back() {
        let held = Held::new(2, 20);
        assert_eq!(held.keep("shop", [1; 16], line(0, "a=1")), Kept::Waiting);
        assert_eq!(held.keep("shop", [2; 16], line(0, "a=1")), Kept::Waiting);
        assert_eq!(held.keep("shop", [3; 16], line(1, "a=1")), Kept::Lost, "as many as there may be");
        assert_eq!(held.keep("shop", [1; 16], line(1, "a=123456789")), Kept::Lost, "more bytes than there may be");
        assert_eq!(held.keep("shop", [3; 16], line(600, "a=1")), Kept::Waiting, "the old ones are over");
        assert_eq!(held.lines(), 1);
        let one = Held::new(1_000, 1_000_000);
        let kept = (0..=LINES_PER_VISITOR).map(|n| one.keep("shop", [1; 16], line(0, &format!("n{n}=1"))));
        assert_eq!(kept.filter(|kept| *kept == Kept::Lost).count(), 1);
        assert_eq!(one.keep("shop", [2; 16], line(0, &format!("a={}", "x".repeat(LONGEST_LINE)))), Kept::Lost);
    }

    #[test]
    fn a_line_waits_ten_minutes_from_its_own_time() {
        let held = Held::new(10, 1_000);
        held.keep("shop", [1; 16], line(0, "a=1"));
        held.keep("shop", [1; 16], line(300, "b=1"));
        assert_eq!(texts(&held, 1, 599), ["a=1", "b=1"]);
        assert_eq!(texts(&held, 1, 600), ["b=1"]);
        assert!(texts(&held, 1, 900).is_empty());
        assert_eq!(held.lines(), 0);
    }

    #[test]
    fn a_line_comes_back_from_its_bytes_and_no_cut_is_a_line_with_more() {
        let whole = line(1_790_000_000, "a=1; Path=/");
        assert_eq!(HeldLine::of_bytes(&whole.bytes()).as_ref(), Some(&whole));
        for cut in 0..15 {
            assert_eq!(HeldLine::of_bytes(&whole.bytes()[..cut]), None, "cut at {cut}");
        }
    }
}
