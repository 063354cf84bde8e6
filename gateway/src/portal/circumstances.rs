//! What a record says of what stood around a choice: how long it holds, where it was made, what was shown there.
//!
//! Refuses to name a form that the visitor may not have seen: where the posted form was of another edition, none is named.
//! Invariant: what a record names is kept in the store before the record is.

use policies::Token;
use policies::consent::{Circumstances, Surface};

use super::Guest;
use super::form::Shown;
use crate::shown::{self, Face};
use crate::visitor::Visitor;

/// What stood around a choice that is made now.
pub(super) async fn of(token: &Token, shown: Shown, guest: Guest<'_>) -> Circumstances {
    let config = &guest.site.config;
    let usual = around(token, guest.visitor);
    let surface = shown.surface.or(usual.surface);
    let face = match surface {
        Some(Surface::Banner) => Some(Face::Banner),
        Some(Surface::Settings) => Some(Face::Settings),
        _ => None,
    };
    let is_present = shown.words == config.wording.version();
    let lang = shown.lang.filter(|lang| config.languages.may_pick(*lang));
    let form =
        face.zip(lang).filter(|_| is_present).map(|(face, lang)| shown::Key { face, lang, terms: guest.visitor.terms });
    let seen = match form {
        Some(key) => guest.books.shown.of(guest.site, key, &guest.books.store, guest.now.date()).await,
        None => None,
    };
    Circumstances {
        surface,
        form: seen.map(|seen| seen.form),
        style: seen.map(|seen| seen.style),
        configuration: Some(config.settings.version()),
        replaces: guest.visitor.token.and_then(|token| token.ids).map(|ids| ids.record),
        ..usual
    }
}

/// What is known of any choice, be it recorded late.
pub(super) fn around(token: &Token, visitor: &Visitor) -> Circumstances {
    Circumstances {
        valid_until: Some(token.valid_until(&visitor.terms)),
        country: visitor.country.map(|country| country.to_string()),
        product: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ..Circumstances::default()
    }
}
