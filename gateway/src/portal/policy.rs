//! The policy as visitors read it: a version, two of them compared, and the feed of all.
//!
//! Refuses versions that nobody has been told of yet: they are not found. Invariant: which one is in force is said by the site's own day.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response, StatusCode};
use policies::policy::diff::{Change, Weight, diff};
use policies::{Date, Lang, Policy, Text, Timestamp};

use super::pages::{Asked, guessed};
use super::{Guest, answer};
use crate::body::{Body, full};
use crate::view::{self, ComparisonPage, Dated, Difference, Feed, FeedEntry, PolicyPage, Scene};

/// How long programs may keep the feed, in seconds: a version is announced a week ahead or more.
const FEED_AGE: &str = "public, max-age=3600";

/// The versions that a page is asked for by their first days.
#[derive(Default)]
struct Wanted {
    version: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

impl Wanted {
    fn read(request: &Request<Body>) -> Self {
        let mut wanted = Self::default();
        for (name, value) in form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "version" => wanted.version = Some(value.into_owned()),
                "from" => wanted.from = Some(value.into_owned()),
                "to" => wanted.to = Some(value.into_owned()),
                _ => {}
            }
        }
        wanted
    }
}

/// The policy page, or two versions compared.
pub(super) fn page(request: &Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let wanted = Wanted::read(request);
    let life = &guest.site.config.life;
    let versions = view::told(&life.history, life.day(guest.now));
    match (&wanted.version, &wanted.from, &wanted.to) {
        (None, None, None) => one(request, guest, &versions, &guest.site.config.policy),
        (Some(version), None, None) => match named(&versions, version) {
            Some(policy) => one(request, guest, &versions, policy),
            None => answer::not_found(guest),
        },
        (None, Some(from), Some(to)) => match (named(&versions, from), named(&versions, to)) {
            (Some(from), Some(to)) => compared(request, guest, &versions, (from, to)),
            _ => answer::not_found(guest),
        },
        _ => answer::not_found(guest),
    }
}

/// A version that visitors have been told of.
fn named<'v>(versions: &[Dated<'v>], day: &str) -> Option<&'v Policy> {
    let day = Date::parse(day)?;
    versions.iter().map(|version| version.policy).find(|policy| policy.effective == day)
}

fn one(request: &Request<Body>, guest: Guest<'_>, versions: &[Dated<'_>], policy: &Policy) -> Response<Body> {
    let asked = Asked::read(request, &guest);
    let scene = Scene { policy, ..asked.scene(&guest) };
    let is_present = policy.version == guest.site.config.policy.version;
    let regime = if is_present { guest.visitor.terms.regime } else { policy.regime };
    let body = guest.site.config.bodies.of(policy.version);
    let (guessed, recovery_days) = (guessed(request), guest.books.desk.record_keys.recovery_days());
    let html = view::policy_page(PolicyPage { scene, regime, guessed, versions, recovery_days, body });
    let html = html.unwrap_or_default();
    if body.is_some() { answer::own_page(html) } else { answer::page(StatusCode::OK, html) }
}

fn compared(
    request: &Request<Body>,
    guest: Guest<'_>,
    versions: &[Dated<'_>],
    (from, to): (&Policy, &Policy),
) -> Response<Body> {
    let asked = Asked::read(request, &guest);
    let scene = asked.scene(&guest);
    let (old, new) = if from.effective <= to.effective { (from, to) } else { (to, from) };
    let differences = differences(old, new, scene.lang);
    let page = ComparisonPage { scene, old, new, versions, differences: &differences };
    answer::page(StatusCode::OK, view::comparison_page(page).unwrap_or_default())
}

/// What differs between two versions, in words.
fn differences(old: &Policy, new: &Policy, lang: Lang) -> Vec<Difference> {
    let said = |text: Text| text.in_lang(lang).to_owned();
    let difference = |change: Change| Difference {
        what: said(change.what),
        before: change.before.map(said),
        after: change.after.map(said),
        is_material: change.weight == Weight::Material,
        why: said(change.reason),
    };
    diff(old, new).into_iter().map(difference).collect()
}

/// The feed of all versions, the same for everybody who asks in its language.
pub(super) fn feed(request: &Request<Body>, guest: Guest<'_>) -> Response<Body> {
    let config = &guest.site.config;
    let wanted = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
        .find_map(|(name, value)| (name == "lang").then(|| Lang::of_tag(&value))?);
    let usual = config.languages.offered().first().copied().unwrap_or(Lang::Ko);
    let lang = wanted.unwrap_or(usual);
    // Nothing of who asks goes into what caches keep.
    let scene = guest.scene(lang, "/", "");
    let versions = view::told(&config.life.history, config.life.day(guest.now));
    let entries: Vec<FeedEntry<'_>> = versions
        .iter()
        .enumerate()
        .map(|(place, version)| {
            let before = versions.get(place + 1).map(|before| before.policy);
            FeedEntry {
                policy: version.policy,
                told: told(guest, version.policy),
                before: before.map(|before| (before, differences(before, version.policy, lang))),
            }
        })
        .collect();
    let base = format!("{}://{}", guest.visitor.scheme.name(), guest.visitor.host);
    let xml = view::feed(Feed { scene, base: &base, site: &config.name, entries: &entries }).unwrap_or_default();
    let mut response = Response::new(full(xml));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/atom+xml; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(FEED_AGE));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// When a version was told, as far as it says so.
fn told(guest: Guest<'_>, policy: &Policy) -> Timestamp {
    guest.site.config.life.start(policy.announced.unwrap_or(policy.effective))
}
