//! The register in the store: entering a request, each step that follows, and reading where one stands.
//!
//! It refuses a step that can't follow, and one of a site that isn't its own. Invariant: what it answers was read from the store after the
//! commit.

use policies::policy::Policy;
use policies::rights::{Actor, Deed, Entered, OutOfOrder, Request, RequestId, Step};
use policies::{Lang, Timestamp};

use crate::config::SiteConfig;
use crate::ledger::{EntryClass, step};
use crate::seal::{self, random};
use crate::store::{self, Archive, Asked, Store};

/// Steps of one request that are read.
const MOST_STEPS: usize = 200;
/// Entries that are read at once.
pub(super) const PAGE: usize = 1_000;
/// Requests that are held in memory.
pub(super) const MOST_REQUESTS: usize = 100_000;

/// Why the register doesn't do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The reference stands for another request already.
    #[error("the reference stands for another request already")]
    Taken,
    /// No request has this id.
    #[error("no request of the site has this id")]
    Unknown,
    /// The step can't follow.
    #[error(transparent)]
    OutOfOrder(#[from] OutOfOrder),
    /// What is stored is none.
    #[error(transparent)]
    Unreadable(#[from] step::Unreadable),
    /// No random bytes.
    #[error(transparent)]
    Seal(#[from] seal::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Enters a request. The same one entered again is one request.
///
/// # Errors
/// See [`Error`]; then nothing was entered, or it is the store that was slow: entering the same again is safe.
pub async fn enter(
    store: &Store,
    site: &SiteConfig,
    id: RequestId,
    entered: Entered,
    by: Actor,
    now: Timestamp,
) -> Result<(Request, Step), Error> {
    let entering = Step { request: id, site: site.name.clone(), at: now, by, deed: Deed::Entered(entered.clone()) };
    // The entry has the request's own id, so that a form sent twice is one request.
    store.enter(step::entry(id, &entering)).await?;
    let request = find(store.archive(), site, id).await?.ok_or(Error::Unknown)?;
    if request.entered == entered { Ok((request, entering)) } else { Err(Error::Taken) }
}

/// Adds a step to a request, and tells where it stands then.
///
/// # Errors
/// See [`Error`].
pub async fn follow(
    store: &Store,
    site: &SiteConfig,
    id: RequestId,
    deed: Deed,
    by: Actor,
    now: Timestamp,
) -> Result<Request, Error> {
    let request = find(store.archive(), site, id).await?.ok_or(Error::Unknown)?;
    let following = Step { request: id, site: site.name.clone(), at: now, by, deed };
    request.after(&following)?;
    store.enter(step::entry(random()?, &following)).await?;
    find(store.archive(), site, id).await?.ok_or(Error::Unknown)
}

/// A request as it stands; None where the site has none of this id.
///
/// # Errors
/// The store can't be read, or holds what is no step.
pub async fn find(archive: &Archive, site: &SiteConfig, id: RequestId) -> Result<Option<Request>, Error> {
    let asked = Asked {
        site: Some(site.name.clone()),
        class: Some(EntryClass::Request),
        subject: Some(id),
        ..Asked::default()
    };
    let entries = archive.entries(asked, MOST_STEPS).await?.into_iter().filter_map(|numbered| numbered.entry);
    let steps = entries.map(|entry| step::read(&entry.contents)).collect::<Result<Vec<_>, _>>()?;
    Ok(Request::of_steps(&steps, |at| site.life.day(at)))
}

/// Every request of a site, in the order in which they came in; at most a hundred thousand.
///
/// # Errors
/// The store can't be read, or holds what is no step.
pub async fn all(archive: &Archive, site: &SiteConfig) -> Result<Vec<Request>, Error> {
    let mut requests: Vec<Request> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let mut after = None;
    loop {
        let asked =
            Asked { site: Some(site.name.clone()), class: Some(EntryClass::Request), after, ..Asked::default() };
        let page = archive.entries(asked, PAGE).await?;
        let Some(last) = page.last().map(|numbered| numbered.seq) else { return Ok(requests) };
        after = Some(last);
        for entry in page.into_iter().filter_map(|numbered| numbered.entry) {
            let step = step::read(&entry.contents)?;
            if let Some(request) = places.get(&step.request).and_then(|place: &usize| requests.get_mut(*place)) {
                *request = request.after(&step).unwrap_or_else(|_| request.clone());
            } else if requests.len() < MOST_REQUESTS
                && let Some(request) = Request::entered(&step, site.life.day(step.at))
            {
                places.insert(step.request, requests.len());
                requests.push(request);
            }
        }
    }
}

/// Where somebody who is refused can object: the officer, and the bodies that the policy names, a line each.
#[must_use]
pub fn appeal(policy: &Policy, lang: Lang) -> Vec<String> {
    let said = |text: &policies::Text| text.said_in(lang).1.to_owned();
    let officer = format!("{}, {}", said(&policy.contact.role), policy.contact.address);
    let bodies = policy.redress.iter().map(|body| {
        let phone = body.phone.as_ref().map(|phone| format!(", {phone}")).unwrap_or_default();
        format!("{}, {}{phone}", said(&body.name), body.address)
    });
    std::iter::once(officer).chain(bodies).collect()
}
