//! Which requests wait, as this process knows it: so that no proxied request asks the store whether its visitor's optional use rests, and
//! officers are reminded in time.
//!
//! It refuses to be a source: it follows the register, some seconds behind another node's. Invariant: what one reading of it tells is true of
//! one moment of the register.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use policies::rights::{Request, RequestId, Step, Urgency};
use policies::{Date, Timestamp};
use tokio::sync::watch;

use super::register::{Error, MOST_REQUESTS, PAGE};
use crate::config::{Config, SiteConfig};
use crate::ledger::{EntryClass, step};
use crate::store::{Archive, Asked};

/// The pause between two looks at the register.
const EVERY: Duration = Duration::from_secs(10);
/// Seconds within which a step that was made is stored, by whichever node and clock.
const SLOWEST: i64 = 600;
/// Looks between two reminders: an hour's.
const REMINDED_EVERY: u32 = 360;

/// The requests that wait.
#[derive(Debug, Default)]
pub struct Pending {
    known: RwLock<Known>,
    /// How many visitors' optional use rests: most processes have none.
    resting: AtomicUsize,
}

#[derive(Debug, Default)]
struct Known {
    /// When each site's register was read.
    since: HashMap<String, Timestamp>,
    requests: HashMap<RequestId, (String, Request)>,
    visitors: HashMap<(String, [u8; 16]), usize>,
}

/// How many requests of a site wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// All.
    pub all: usize,
    /// Those whose day is over.
    pub overdue: usize,
    /// Those whose day comes within three days.
    pub soon: usize,
}

impl Pending {
    /// Whether a visitor's optional use rests until a request of theirs is answered.
    #[must_use]
    pub fn holds(&self, site: &str, visitor: Option<[u8; 16]>) -> bool {
        let Some(visitor) = visitor.filter(|_| self.resting.load(Ordering::Relaxed) > 0) else { return false };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.visitors.contains_key(&(site.to_owned(), visitor))
    }

    /// Notes a step that was stored from here, without waiting for the next look.
    pub fn note(&self, step: &Step, day: Date) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.apply(step, day);
        self.resting.store(known.visitors.len(), Ordering::Relaxed);
    }

    /// How many wait at a site.
    #[must_use]
    pub fn waiting(&self, site: &str, today: Date) -> Waiting {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let own = known.requests.values().filter(|(name, _)| name == site);
        own.fold(Waiting::default(), |waiting, (_, request)| match request.urgency(today) {
            Some(Urgency::Overdue(_)) => Waiting { all: waiting.all + 1, overdue: waiting.overdue + 1, ..waiting },
            Some(Urgency::Soon(_)) => Waiting { all: waiting.all + 1, soon: waiting.soon + 1, ..waiting },
            Some(Urgency::Later(_)) | None => Waiting { all: waiting.all + 1, ..waiting },
        })
    }

    /// Reads what a site's register has since the last look, and some time before: another node may have been slow to commit. What
    /// is known already is passed over.
    ///
    /// # Errors
    /// The store can't be read; what was known stays.
    pub async fn look(&self, archive: &Archive, site: &SiteConfig, now: Timestamp) -> Result<(), Error> {
        let since = self.known.read().unwrap_or_else(PoisonError::into_inner).since.get(&site.name).copied();
        let mut asked = Asked {
            site: Some(site.name.clone()),
            class: Some(EntryClass::Request),
            from: since.map(|since| since.plus_seconds(-SLOWEST)),
            ..Asked::default()
        };
        loop {
            let page = archive.entries(asked.clone(), PAGE).await?;
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            let Some(last) = page.last().map(|numbered| numbered.seq) else {
                known.since.insert(site.name.clone(), now);
                return Ok(());
            };
            asked.after = Some(last);
            for entry in page.into_iter().filter_map(|numbered| numbered.entry) {
                match step::read(&entry.contents) {
                    Ok(step) => known.apply(&step, site.life.day(step.at)),
                    Err(error) => tracing::error!(%error, "a step of a request is passed over"),
                }
            }
            self.resting.store(known.visitors.len(), Ordering::Relaxed);
        }
    }
}

impl Known {
    fn apply(&mut self, step: &Step, day: Date) {
        let before = self.requests.remove(&step.request);
        let request = match before.clone() {
            Some((_, request)) => Some(request.after(step).unwrap_or(request)),
            None if self.requests.len() < MOST_REQUESTS => Request::entered(step, day),
            None => None,
        };
        let request = request.filter(|request| request.status.is_pending());
        self.count(&step.site, before.and_then(|(_, request)| request.suspends()), -1);
        self.count(&step.site, request.as_ref().and_then(Request::suspends), 1);
        self.requests.extend(request.map(|request| (step.request, (step.site.clone(), request))));
    }

    fn count(&mut self, site: &str, visitor: Option<[u8; 16]>, by: isize) {
        let Some(visitor) = visitor else { return };
        let key = (site.to_owned(), visitor);
        let count = self.visitors.get(&key).copied().unwrap_or_default().saturating_add_signed(by);
        if count == 0 {
            self.visitors.remove(&key);
        } else {
            self.visitors.insert(key, count);
        }
    }
}

/// Follows the register of a configuration in force, and reminds of what is due.
pub async fn watch(
    mut current: watch::Receiver<Arc<Config>>,
    desk: Arc<super::Desk>,
    archive: Archive,
    clock: fn() -> Timestamp,
) {
    let mut looks: u32 = 0;
    let mut failed = false;
    loop {
        let config = Arc::clone(&current.borrow_and_update());
        let looked = look_at_all(&config, &desk.pending, &archive, clock).await;
        if let Some(error) = looked.as_ref().err().filter(|_| !failed) {
            tracing::warn!(%error, "the register of requests can't be read; it is tried again");
        }
        failed = looked.is_err();
        if looks.is_multiple_of(REMINDED_EVERY) && !failed {
            remind(&config, &desk.pending, clock());
        }
        looks = looks.wrapping_add(1);
        tokio::time::sleep(EVERY).await;
    }
}

fn remind(config: &Config, pending: &Pending, now: Timestamp) {
    for site in &config.sites {
        let Waiting { all, overdue, soon } = pending.waiting(&site.name, site.life.day(now));
        if overdue > 0 {
            tracing::warn!(
                site = site.name,
                all,
                overdue,
                soon,
                "requests of visitors are overdue: see `requests list`"
            );
        } else if soon > 0 {
            tracing::warn!(
                site = site.name,
                all,
                soon,
                "requests of visitors are due within three days: see `requests list`"
            );
        }
    }
}

async fn look_at_all(
    config: &Config,
    pending: &Pending,
    archive: &Archive,
    clock: fn() -> Timestamp,
) -> Result<(), Error> {
    for site in &config.sites {
        pending.look(archive, site, clock()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use policies::Lang;
    use policies::rights::{Actor, Deed, Entered, Reply, RequestKind};
    use policies::time::DAY;

    use super::*;

    fn step(request: u8, day: i64, deed: Deed) -> Step {
        let at = Timestamp(day * DAY);
        Step { request: [request; 16], site: "shop".to_owned(), at, by: Actor::Visitor, deed }
    }

    fn entering(kind: RequestKind) -> Deed {
        let (about, visitor) = ("x".to_owned(), Some([7; 16]));
        Deed::Entered(Entered { kind, about, reply: Reply::Page, lang: Lang::Ko, visitor, authority: None })
    }

    #[test]
    fn optional_use_rests_while_any_such_request_waits() {
        let pending = Pending::default();
        let note = |step: Step| pending.note(&step, step.at.date());
        let holds = || pending.holds("shop", Some([7; 16]));
        let answered = || Deed::Answered { words: "done".to_owned() };
        note(step(1, 0, entering(RequestKind::Access)));
        assert!(!holds(), "to see is not to suspend");
        note(step(2, 0, entering(RequestKind::Deletion)));
        note(step(2, 0, entering(RequestKind::Deletion)));
        note(step(3, 5, entering(RequestKind::Suspension)));
        assert!(holds() && !pending.holds("blog", Some([7; 16])) && !pending.holds("shop", Some([8; 16])));
        assert!(!pending.holds("shop", None));
        note(step(2, 1, answered()));
        assert!(holds(), "the other still waits");
        assert_eq!(pending.waiting("shop", Date::of_day_number(13)), Waiting { all: 2, overdue: 1, soon: 1 });
        note(step(3, 6, Deed::Refused { ground: "a law".to_owned(), appeal: Vec::new() }));
        assert!(!holds());
        assert_eq!(pending.waiting("shop", Date::of_day_number(0)), Waiting { all: 1, overdue: 0, soon: 0 });
    }
}
