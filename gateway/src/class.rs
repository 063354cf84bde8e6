//! The consent class of a page: everything that its bytes hang on beside the site's own, in twelve letters. Pages of one
//! class are the same; a page kept under one class is never shown under another.
//!
//! Refuses to know the visitor: two who chose alike are one class. Invariant: what changes the page changes the class.

use std::sync::LazyLock;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use policies::{Decision, Lang, Timestamp};

use crate::assets;
use crate::site::Site;
use crate::visitor::Visitor;
use crate::wire::etag::CLASS_LETTERS;

/// Which gateway wrote the page: its version, the files that pages name, and the form's own text. Hashed once.
static BUILD: LazyLock<[u8; 32]> = LazyLock::new(|| {
    let parts = [
        env!("CARGO_PKG_VERSION"),
        assets::GLUE.name,
        assets::WASM.name,
        assets::LOADER.name,
        assets::BANNER_SHEET.name,
        assets::LINK_SHEET.name,
        assets::ASK.name,
        assets::GUARD.name,
        assets::NOTICE_SHEET.name,
        include_str!("../templates/banner.html"),
        include_str!("../templates/settings_link.html"),
        include_str!("../templates/plain_link.html"),
        include_str!("../templates/notice.html"),
    ];
    hash(parts.iter().map(|part| part.as_bytes()))
});

/// A class, as it stands in entity tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class(String);

impl Class {
    /// The class of a request's page, where the decision is enforced; elsewhere pages stay what they were. `learned` tells
    /// apart what was found on the site since the start.
    #[must_use]
    pub fn of(site: &Site, visitor: &Visitor, decision: &Decision, learned: u64, now: Timestamp) -> Self {
        let config = &site.config;
        let season = crate::seal::season(now).to_be_bytes();
        // One page for all has one class.
        let own = if config.cacheable { Vec::new() } else { of_visitor(site, visitor, decision, now) };
        let notice = visitor.notice_in_page(site, decision, now);
        let notice =
            notice.map_or_else(Vec::new, |notice| [&notice.version.0[..], &[u8::from(notice.in_force)]].concat());
        let regime = if config.cacheable { config.regions.strictest().regime } else { decision.regime };
        let words = config.wording.version().unwrap_or_default();
        let parts: [&[u8]; 12] = [
            &*BUILD,
            &config.policy.version.0,
            regime.name().as_bytes(),
            config.prefix.as_bytes(),
            &season,
            &learned.to_be_bytes(),
            site.rules.file.name.as_bytes(),
            site.extras.as_ref().map_or(&[], |extras| extras.file.name.as_bytes()),
            site.look.as_ref().map_or(&[], |look| look.name.as_bytes()),
            &words,
            &own,
            &notice,
        ];
        let mut letters = URL_SAFE_NO_PAD.encode(hash(parts.into_iter()));
        letters.truncate(CLASS_LETTERS);
        Self(letters)
    }

    /// The twelve letters.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.0
    }
}

fn hash<'p>(parts: impl Iterator<Item = &'p [u8]>) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        // Each with its length, so that neighbours can't run into each other.
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

fn of_visitor(site: &Site, visitor: &Visitor, decision: &Decision, now: Timestamp) -> Vec<u8> {
    let lang = |lang: Option<Lang>| lang.map(Lang::tag).unwrap_or("-").bytes();
    let flags = [
        decision.prompt,
        visitor.signals.gpc,
        // A page that is fetched is not the page that is gone to: it gets no banner.
        visitor.navigation.to_page,
        visitor.navigation.surely,
        visitor.navigation.framed,
        visitor.saves_data,
        visitor.terms.american_opt_out,
    ];
    let mut own = decision.granted.bits().to_be_bytes().to_vec();
    own.extend(decision.refused_by_visitor.bits().to_be_bytes());
    own.extend(decision.overruled.bits().to_be_bytes());
    // Two may hold the same, the one by an answer that the form repeats, the other without one.
    let kept = visitor.kept(site, decision, now);
    own.extend(kept.granted.bits().to_be_bytes());
    own.extend(
        kept.fields.iter().flat_map(|(name, value)| name.bytes().chain(*b"=").chain(value.bytes()).chain(*b"&")),
    );
    own.extend(flags.map(u8::from));
    own.extend(decision.mode.name().bytes());
    for (key, allowed) in decision.exceptions.iter() {
        own.extend(key.to_string().bytes().chain([u8::from(allowed)]));
    }
    own.extend(lang(visitor.token.and_then(|token| token.lang)).chain(*b"/").chain(lang(visitor.browser_lang)));
    own
}
