//! Each configuration that comes into force becomes evidence: what changed, key by key, since the one before.
//!
//! Refuses to tell one change twice, on however many nodes it is read. Invariant: the settings that an entry names are in the store
//! before it is.

use policies::Timestamp;
use serde_json::{Value, json};

use crate::assets::sha256;
use crate::config::{Settings, SiteConfig};
use crate::ledger::letters::{hex, moment, of_hex};
use crate::ledger::{Entry, EntryClass};
use crate::store::{Asked, ContentKind, Error, Store};

/// Entries that are looked at together.
const PAGE: usize = 200;

/// Enters a site's configuration where it is another than the last one entered.
pub(super) async fn entered(site: &SiteConfig, store: &Store, now: Timestamp) -> Result<(), Error> {
    let last = last(site, store).await?;
    let version = site.settings.version();
    if last.as_ref().is_some_and(|last| last.version == version) {
        return Ok(());
    }
    store.keep_content(ContentKind::Configuration, version, site.settings.json()).await?;
    let before = match &last {
        Some(last) => store.archive().content(ContentKind::Configuration, last.version).await?,
        None => None,
    };
    let before = before.as_deref().and_then(Settings::read).unwrap_or_default();
    let named = [site.name.as_bytes(), &last.as_ref().map(|last| last.id).unwrap_or_default(), &version].concat();
    let hash = sha256(&named);
    let Some(id) = hash.first_chunk::<16>() else { return Ok(()) };
    let contents = contents(site, last.as_ref(), &before, now);
    let (id, class) = (*id, EntryClass::Configuration);
    store.enter(Entry { id, site: site.name.clone(), class, subject: None, made: now, ends: None, contents }).await
}

/// What was entered last.
struct Last {
    id: [u8; 16],
    version: [u8; 32],
}

async fn last(site: &SiteConfig, store: &Store) -> Result<Option<Last>, Error> {
    let class = Some(EntryClass::Configuration);
    let mut asked = Asked { site: Some(site.name.clone()), class, ..Asked::default() };
    let mut last = None;
    loop {
        let page = store.archive().entries(asked.clone(), PAGE).await?;
        let Some(end) = page.last() else { return Ok(last) };
        asked.after = Some(end.seq);
        for entry in page.into_iter().filter_map(|numbered| numbered.entry) {
            let value: Value = serde_json::from_slice(&entry.contents).unwrap_or_default();
            let version = value.get("version").and_then(Value::as_str).and_then(of_hex);
            last = version.map(|version| Last { id: entry.id, version }).or(last);
        }
    }
}

fn contents(site: &SiteConfig, last: Option<&Last>, before: &Settings, now: Timestamp) -> Vec<u8> {
    let mut changed = Vec::new();
    for change in site.settings.changed_since(before) {
        let mut told = json!({ "key": change.key });
        let values = [("before", change.before), ("after", change.after)];
        if let Some(told) = told.as_object_mut() {
            told.extend(values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?)))));
        }
        changed.push(told);
    }
    let mut entry = json!({
        "at": moment(now),
        "changed": changed,
        "product": env!("CARGO_PKG_VERSION"),
        "site": site.name,
        "type": "configuration",
        "version": hex(&site.settings.version()),
    });
    if let (Some(last), Some(entry)) = (last, entry.as_object_mut()) {
        entry.insert("replaces".to_owned(), Value::from(hex(&last.version)));
    }
    entry.sort_all_objects();
    serde_json::to_vec(&entry).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::HostMode;

    #[tokio::test]
    async fn a_configuration_is_entered_when_it_is_another_and_says_what_changed() {
        let (_folder, books) = crate::books::sample();
        let mut site = crate::site::sample("http://127.0.0.1:1", HostMode::Visitor).config;
        let all = async || {
            let asked = Asked { class: Some(EntryClass::Configuration), ..Asked::default() };
            let entries = books.store.archive().entries(asked, 99).await.unwrap();
            entries.into_iter().map(|numbered| numbered.entry.unwrap().contents).collect::<Vec<_>>()
        };
        let settings = |shadow: &str| Settings::of([("site.shadow".to_owned(), shadow.to_owned())].into());
        for (shadow, expect) in [("true", 1), ("true", 1), ("false", 2), ("true", 3), ("false", 4)] {
            site.settings = settings(shadow);
            entered(&site, &books.store, Timestamp(1_790_000_000)).await.unwrap();
            assert_eq!(all().await.len(), expect, "{shadow}");
        }
        let second: Value = serde_json::from_slice(&all().await[1]).unwrap();
        assert_eq!(second["changed"], json!([{ "key": "site.shadow", "before": "true", "after": "false" }]));
        assert_eq!(second["replaces"], hex(&settings("true").version()));
        let kept = books.store.archive().content(ContentKind::Configuration, settings("true").version()).await.unwrap();
        assert_eq!(kept, Some(settings("true").json()));
    }
}
