//! What a site shows to everybody alike: banner and settings page by language and terms, with nothing of a visitor in them, each
//! under the hash of its bytes.
//!
//! Refuses to grow without a bound. Invariant: a hash that it hands out is of bytes that the store has.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use policies::consent::Terms;
use policies::{Date, Decision, Lang, PolicyVersion, Regime, Signals};

use crate::assets;
use crate::site::Site;
use crate::store::{ContentKind, Store};
use crate::view::{self, Guessed, Kept, OptOut, Placement, Scene, SettingsPage, Styling};

/// Faces that are remembered: six languages, three regimes and two faces of some hundred sites.
const MOST: usize = 4_096;

/// Which of the gateway's faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// The banner.
    Banner,
    /// The settings page.
    Settings,
}

/// What was before a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Which face.
    pub face: Face,
    /// In which language.
    pub lang: Lang,
    /// How the site asked.
    pub terms: Terms,
}

/// Hashes of a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// SHA-256 of its HTML.
    pub form: [u8; 32],
    /// SHA-256 of its sheets.
    pub style: [u8; 32],
}

/// Whatever a face is made from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Whole {
    site: Arc<str>,
    configuration: [u8; 32],
    policy: PolicyVersion,
    face: Face,
    lang: Lang,
    regime: Regime,
    opt_out: bool,
}

/// The faces that are known to be in the store.
#[derive(Debug, Default)]
pub struct Faces {
    /// With the day on which that was said to the store.
    kept: Mutex<HashMap<Whole, (Seen, Date)>>,
}

impl Faces {
    /// The hashes of a face, which is in the store then, as shown today. None where it can't be kept now.
    pub async fn of(&self, site: &Site, key: Key, store: &Store, today: Date) -> Option<Seen> {
        let whole = Whole {
            site: Arc::clone(&site.label),
            configuration: site.config.settings.version(),
            policy: site.config.policy.version,
            face: key.face,
            lang: key.lang,
            regime: key.terms.regime,
            opt_out: key.terms.american_opt_out,
        };
        let known = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&whole).copied();
        if let Some((seen, _)) = known.filter(|(_, day)| *day == today) {
            return Some(seen);
        }
        // A choice is not kept waiting twice for a store that can't write.
        if !store.is_writable() {
            return known.map(|(seen, _)| seen);
        }
        let (html, sheets) = (html(site, key), sheets(site, key.face));
        let seen = Seen { form: assets::sha256(html.as_bytes()), style: assets::sha256(sheets.as_bytes()) };
        let form = store.keep_content(ContentKind::Form, seen.form, html.into_bytes());
        let style = store.keep_content(ContentKind::Style, seen.style, sheets.into_bytes());
        tokio::try_join!(form, style).ok()?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(whole, (seen, today));
        Some(seen)
    }
}

/// The HTML of a face, its sheets aside.
#[must_use]
pub fn html(site: &Site, key: Key) -> String {
    let config = &site.config;
    let opt_out = if key.terms.american_opt_out { OptOut::Open } else { OptOut::Elsewhere };
    let scene = Scene {
        policy: &config.policy,
        wording: &config.wording,
        lang: key.lang,
        languages: config.languages.offered(),
        prefix: &config.prefix,
        back: "/",
        form_seal: "",
        nonce: None,
        look: site.look.as_ref(),
        opt_out,
    };
    match key.face {
        Face::Banner => view::banner(scene, Styling::Linked, Placement::Shown, &Kept::default()).unwrap_or_default(),
        Face::Settings => view::settings_page(&SettingsPage {
            scene,
            decision: &Decision::without_grant(&config.policy, key.terms.regime),
            token: None,
            signals: Signals::default(),
            cookie_names: &[],
            waiting: Vec::new(),
            lost: false,
            suspended: false,
            guardian: config.switches.ask_age,
            own_cookie: "",
            notice_cookie: "",
            saved: false,
            guessed: Guessed::of("", ""),
        })
        .unwrap_or_default(),
    }
}

/// The sheets of a face: the gateway's own, and the owner's behind it.
#[must_use]
pub fn sheets(site: &Site, face: Face) -> String {
    let own = match face {
        Face::Banner => assets::BANNER_SHEET_TEXT,
        Face::Settings => std::str::from_utf8(assets::PAGE_SHEET.raw).unwrap_or_default(),
    };
    let look = site.look.as_ref().and_then(|look| std::str::from_utf8(&look.raw).ok()).unwrap_or_default();
    format!("{own}\n{look}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{HostMode, Regions};
    use crate::store::{Limits, Place};

    #[tokio::test]
    async fn a_face_is_kept_under_its_hash_and_nothing_of_a_visitor_is_in_it() {
        let site = crate::site::sample("http://127.0.0.1:1", HostMode::Visitor);
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Place::sample(folder.path()), &Limits::default()).unwrap();
        let terms = Regions::everywhere(Regime::OptIn).terms(None);
        let (faces, today) = (Faces::default(), Date::of_day_number(20_000));
        let mut all = Vec::new();
        for face in [Face::Banner, Face::Settings] {
            for lang in [Lang::Ko, Lang::En] {
                let key = Key { face, lang, terms };
                let seen = faces.of(&site, key, &store, today).await.unwrap();
                let form = store.archive().content(ContentKind::Form, seen.form).await.unwrap().unwrap();
                assert_eq!(assets::sha256(&form), seen.form);
                assert!(form.windows(7).any(|part| part == b"consent"), "{face:?} {lang:?}");
                let style = store.archive().content(ContentKind::Style, seen.style).await.unwrap().unwrap();
                assert_eq!(assets::sha256(&style), seen.style);
                assert_eq!(faces.of(&site, key, &store, today).await, Some(seen));
                assert!(!all.contains(&seen.form), "each has its own");
                all.push(seen.form);
            }
        }
        let american = Key { face: Face::Settings, lang: Lang::En, terms: Terms { american_opt_out: true, ..terms } };
        assert!(!all.contains(&faces.of(&site, american, &store, today).await.unwrap().form));
        store.close().await;
        let other = Key { face: Face::Banner, lang: Lang::De, terms };
        assert_eq!(faces.of(&site, other, &store, today).await, None, "what can't be kept is not named");
    }
}
