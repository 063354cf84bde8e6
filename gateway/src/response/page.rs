//! The plan for one page: what is held, and what is put in. The banner goes only into whole documents of
//! top-level navigations; a visitor with a current choice gets a link to the settings instead. The guard stands first
//! in the head of those and of documents in frames.

use std::sync::Arc;

use http::HeaderMap;
use http::header::CONTENT_DISPOSITION;
use http::response::Parts;
use policies::{Decision, Lang, PurposeSet};

use super::Exchange;
use super::body::{Doubts, PageBody};
use super::coding::{self, Bounds, Decoder};
use super::csp;
use super::framing;
use super::judge::SiteJudge;
use super::overheard::Overheard;
use super::plan::Page;
use crate::books::Books;
use crate::client::AnswerBody;
use crate::config::{Limits, Unknown};
use crate::html::{self, Insertion, PageFacts, PagePlan, PageReport, Proof, Render, Rewriter};
use crate::site::{Notice, Treatment};
use crate::stats::{self, Place};
use crate::view::{self, GuardTags, Kept, NoticePage, OptOut, Placement, Scene, Styling};

/// A page's codec and rewriter.
pub(super) struct Plan {
    page: Page,
    rewriter: PagePlan,
    /// Whether the page is there: errors are no part of the site that is told apart.
    is_there: bool,
}

/// The plan for a page; None where there is nothing to hold and nothing to put in.
pub(super) fn plan(
    page: Page,
    exchange: &Arc<Exchange>,
    books: &Books,
    parts: &Parts,
    limits: &Limits,
) -> Option<Plan> {
    let frames = framing::may_frame_own(&parts.headers).then(|| exchange.own_address());
    let judge = SiteJudge::new(exchange, books).showing(frames);
    let judge = Arc::new(judge);
    let insertion = insertion(exchange, parts);
    if insertion.is_none() && judge.lets_all_go() {
        return None;
    }
    let limits = html::Limits { window: limits.page_bytes, inline: limits.inline_bytes };
    let is_there = parts.status.is_success();
    let Page { charset, syntax, .. } = page;
    let rewriter = PagePlan { judge, insertion, address: exchange.address(), syntax, charset, limits };
    Some(Plan { page, rewriter, is_there })
}

/// The page's body on its way to the visitor; counts once when it ends.
pub(super) fn body(
    origin: AnswerBody,
    plan: Plan,
    exchange: &Arc<Exchange>,
    books: &Books,
    limits: &Limits,
) -> Result<PageBody, coding::Error> {
    let (exchange, books) = (Arc::clone(exchange), books.clone());
    let doubts = Doubts { site: Arc::clone(&exchange.site), books: books.clone() };
    let is_there = plan.is_there;
    let at_end = Box::new(move |report: &PageReport| {
        if report.body_inserted {
            count(&exchange, is_there, &books);
        }
        tell_held(&exchange, report, &books);
    });
    PageBody::new(origin, decoder(plan.page, limits)?, Rewriter::new(plan.rewriter), doubts, at_end)
}

/// The page's body in shadow mode: judged by the way, and as it came.
pub(super) fn overheard(origin: AnswerBody, plan: Plan, limits: &Limits) -> Result<Overheard, coding::Error> {
    Ok(Overheard::new(origin, decoder(plan.page, limits)?, Rewriter::new(plan.rewriter)))
}

fn decoder(page: Page, limits: &Limits) -> Result<Decoder, coding::Error> {
    Decoder::new(page.coding, Bounds { most: limits.decoded_bytes, ratio: limits.decoded_ratio })
}

/// Counts a page that somebody went to. Who has had all processing suspended is in no statistics.
pub(super) fn count(exchange: &Exchange, is_there: bool, books: &Books) {
    let Exchange { site, visitor, decision, treatment, target, now, .. } = exchange;
    if visitor.is_suspended() || !visitor.navigation.to_page {
        return;
    }
    let place = if is_there { Place::Page(target) } else { Place::Nowhere };
    let scene = stats::Scene { site, traits: visitor.traits(site), place, now: *now };
    let decided = (*treatment == Treatment::Enforce).then_some(decision);
    books.tally.page(&scene, stats::Page { entering: visitor.navigation.entering, decided });
}

fn tell_held(exchange: &Exchange, report: &PageReport, books: &Books) {
    if !report.held.is_empty() {
        let tags = report.held.iter().fold(0_u32, |sum, (_, count)| sum.saturating_add(*count));
        books.telemetry.metrics.held_tags(&exchange.site.label, tags);
        tracing::debug!(site = exchange.site.config.name, held = ?report.held, "tags are held");
    }
}

/// Whether something may be put into the page of this answer.
pub(super) fn takes_insertion(exchange: &Exchange, headers: &HeaderMap) -> bool {
    let wanted = takes_banner(exchange) || exchange.visitor.navigation.framed;
    wanted && !is_attached(headers) && exchange.treatment == Treatment::Enforce
}

/// Whether an answer is saved and not shown.
pub(super) fn is_attached(headers: &HeaderMap) -> bool {
    let disposition = headers.get(CONTENT_DISPOSITION);
    disposition.is_some_and(|value| value.as_bytes().to_ascii_lowercase().starts_with(b"attachment"))
}

/// One page for all is the same for whoever asks first: a visitor, a frame, a crawler.
fn takes_banner(exchange: &Exchange) -> bool {
    exchange.visitor.navigation.to_page || exchange.site.config.cacheable
}

fn insertion(exchange: &Arc<Exchange>, parts: &Parts) -> Option<Insertion> {
    if !takes_insertion(exchange, &parts.headers) {
        return None;
    }
    let proven = exchange.visitor.navigation.surely && !exchange.site.config.cacheable;
    let proof = if proven { Proof::Given } else { Proof::DoctypeOrHtml };
    let rules = csp::PageRules::read(&parts.headers);
    let files = csp::own_files(exchange, rules.nonce.clone());
    let head_start = guard(exchange, &rules);
    let body_start = takes_banner(exchange).then(|| render(Arc::clone(exchange), rules));
    Some(Insertion { proof, head_start, body_start, files: Some(files) })
}

/// The guard stands in every document of a site that has anything to refuse, where all is granted too: a worker or the
/// browser's memory may bring this very page back after a withdrawal.
fn guard(exchange: &Exchange, page: &csp::PageRules) -> Option<Render> {
    let Exchange { site, decision, .. } = exchange;
    let policy = &site.config.policy;
    let nothing_to_do = policy.optional().is_empty() && site.config.unknown == Unknown::Observe;
    if nothing_to_do && site.extras.is_none() {
        return None;
    }
    let told = if site.config.cacheable { Vec::new() } else { site.rules.told(policy, decision) };
    let grants = if site.config.cacheable { PurposeSet::EMPTY } else { decision.granted.without(policy.always()) };
    let extras = site.extras.as_ref().map(|extras| (&extras.file, extras.runs_at_once(grants)));
    let (prefix, rules) = (&site.config.prefix, &site.rules.file);
    let (nonce, integrity) = (page.nonce.as_deref(), page.any);
    let tags = view::guard(GuardTags { prefix, rules, told: &told, extras, nonce, integrity });
    Some(Box::new(move |facts: &PageFacts| if facts.amp { String::new() } else { tags }))
}

fn render(exchange: Arc<Exchange>, page: csp::PageRules) -> Render {
    Box::new(move |facts: &PageFacts| {
        let own_address = facts.base.then(|| exchange.own_address());
        let languages = &exchange.site.config.languages;
        let page_lang = facts.lang.as_deref().and_then(Lang::of_tag).filter(|lang| languages.may_pick(*lang));
        // One page for all can't know who reads it: there the page's own language speaks alone.
        let lang = if exchange.site.config.cacheable {
            page_lang.unwrap_or(languages.fallback())
        } else {
            exchange.visitor.lang(page_lang, languages)
        };
        let scene = Scene {
            policy: &exchange.site.config.policy,
            wording: &exchange.site.config.wording,
            lang,
            languages: languages.offered(),
            prefix: own_address.as_deref().unwrap_or(&exchange.site.config.prefix),
            back: &exchange.target,
            form_seal: &exchange.form_seal,
            nonce: page.nonce.as_deref(),
            look: exchange.site.look.as_ref(),
            // One page for all says what is true of all.
            opt_out: if exchange.site.config.cacheable {
                OptOut::Elsewhere
            } else {
                exchange.visitor.opt_out(&exchange.decision, &exchange.site.config.policy)
            },
        };
        // AMP allows no scripts but its own, and no sheet in the body.
        if facts.amp {
            return view::plain_link(scene).unwrap_or_default();
        }
        // A page with a security policy of its own may forbid inline styles.
        let styling = if page.any || facts.policy { Styling::Linked } else { Styling::Inline };
        let Decision { prompt, mode, .. } = exchange.decision;
        let rendered = match (exchange.site.config.cacheable, prompt && page.sandbox.forms) {
            (true, _) => view::banner(scene, styling, Placement::Asleep, &Kept::default()),
            (false, true) => {
                let placement = if exchange.visitor.saves_data { Placement::Plain } else { Placement::Shown };
                view::banner(scene, styling, placement, &exchange.kept())
            }
            (false, false) => view::settings_link(scene, styling, mode),
        };
        rendered.unwrap_or_default() + &notice(&exchange, scene, styling, page.sandbox.forms)
    })
}

/// The notice of a change of the policy, where the page tells of one.
fn notice(exchange: &Exchange, scene: Scene<'_>, styling: Styling, forms: bool) -> String {
    let Exchange { site, visitor, decision, now, .. } = exchange;
    let history = &site.config.life.history;
    let written = visitor.notice_in_page(site, decision, *now).and_then(|Notice { version, in_force }| {
        let (version, before) = (&history.of_version(version)?.policy, &history.before(version)?.policy);
        let page = NoticePage { version, before, in_force, asleep: site.config.cacheable, forms };
        view::notice(scene, styling, page).ok()
    });
    written.unwrap_or_default()
}
