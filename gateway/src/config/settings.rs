//! A site's configuration as it was written, key by key, for the evidence: which one stood behind a choice, and what changed.
//!
//! Refuses secrets: of a key that may hold one it is told only that it is set. Invariant: the same text gives the same version.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use toml::{Table, Value};

use super::SiteConfig;

/// Most keys that are kept of a site, and the longest value.
const MOST: usize = 2_000;
const LONGEST: usize = 500;

/// What stands for a value that is nobody's business.
const UNTOLD: &str = "set";
/// Ends of keys whose value may be a secret or hold one.
const SECRET: [&str; 7] = ["url", "secret", "token", "password", "store", "user", "header"];

/// A site's configuration by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    values: Arc<BTreeMap<String, String>>,
    version: [u8; 32],
}

/// A key that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// Which.
    pub key: String,
    /// What it was; None: it wasn't there.
    pub before: Option<String>,
    /// What it is; None: it isn't there.
    pub after: Option<String>,
}

impl Settings {
    /// These values.
    #[must_use]
    pub fn of(values: BTreeMap<String, String>) -> Self {
        let settings = Self { values: Arc::new(values), version: [0; 32] };
        let mut version = [0; 32];
        version.iter_mut().zip(digest(&SHA256, &settings.json()).as_ref()).for_each(|(to, from)| *to = *from);
        Self { version, ..settings }
    }

    /// The SHA-256 of [`Self::json`].
    #[must_use]
    pub const fn version(&self) -> [u8; 32] {
        self.version
    }

    /// All values, as canonical JSON.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        // Text as keys and values: nothing can fail, and the map is in order.
        serde_json::to_vec(&*self.values).unwrap_or_default()
    }

    /// Reads what [`Self::json`] wrote.
    #[must_use]
    pub fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().map(Self::of)
    }

    /// What is different since an earlier configuration.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Vec<Changed> {
        let keys: BTreeSet<&String> = self.values.keys().chain(before.values.keys()).collect();
        let changed = |key: &String| Changed {
            key: key.clone(),
            before: before.values.get(key).cloned(),
            after: self.values.get(key).cloned(),
        };
        keys.into_iter().map(changed).filter(|changed| changed.before != changed.after).collect()
    }

    /// Each site of a file with its settings.
    #[must_use]
    pub(super) fn told(mut sites: Vec<SiteConfig>, source: &str) -> Vec<SiteConfig> {
        let table: Table = source.parse().unwrap_or_default();
        for site in &mut sites {
            let mut values = BTreeMap::new();
            for (key, value) in table.iter().filter(|(key, _)| *key != "sites") {
                flatten(key, value, &mut values);
            }
            let named = |table: &&Value| table.get("name").and_then(Value::as_str) == Some(site.name.as_str());
            let own = table.get("sites").and_then(Value::as_array).and_then(|all| all.iter().find(named));
            if let Some(own) = own {
                flatten("site", own, &mut values);
            }
            site.settings = Self::of(values);
        }
        sites
    }

    /// A site that the command line describes, with its settings.
    #[must_use]
    pub(super) fn implied(mut site: SiteConfig) -> SiteConfig {
        let (origin, shadow) = (site.origin.to_string(), site.shadow.to_string());
        site.settings = Self::of([("site.origin".to_owned(), origin), ("site.shadow".to_owned(), shadow)].into());
        site
    }
}

fn flatten(key: &str, value: &Value, values: &mut BTreeMap<String, String>) {
    if values.len() >= MOST {
        return;
    }
    match value {
        Value::Table(table) => {
            table.iter().for_each(|(name, value)| flatten(&format!("{key}.{name}"), value, values));
        }
        Value::Array(all) if all.iter().any(Value::is_table) => {
            for (place, value) in all.iter().enumerate() {
                flatten(&format!("{key}.{place}"), value, values);
            }
        }
        _ => {
            let last = key.rsplit('.').next().unwrap_or_default();
            let is_secret = SECRET.iter().any(|end| last.ends_with(end));
            let told = if is_secret { UNTOLD.to_owned() } else { value.to_string().chars().take(LONGEST).collect() };
            values.insert(key.to_owned(), told);
        }
    }
}

#[cfg(test)]
mod tests {
    use policies::Timestamp;

    use super::*;

    fn settings(more: &str) -> Settings {
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\n[[sites]]\nname = \"other\"\nhosts = [\"o.example\"]\norigin = \"http://127.0.0.1:2\"\n\
             [[sites]]\nname = \"shop\"\nhosts = [\"s.example\"]\norigin = \"http://127.0.0.1:1\"\n{more}"
        );
        let config = crate::config::compile(&text, std::path::Path::new("gateway.toml"), Timestamp(0)).unwrap();
        config.sites.into_iter().find(|site| site.name == "shop").unwrap().settings
    }

    #[test]
    fn what_changes_is_told_by_key_and_secrets_never_are() {
        let before = settings("shadow = true\n");
        assert_eq!(settings("shadow = true\n").version(), before.version());
        let hook = "[[sites.webhooks]]\nurl = \"https://crm.example/in?pass=verysecret\"\n";
        let after = settings(hook);
        assert_ne!(after.version(), before.version());
        let changed = after.changed_since(&before);
        let told: Vec<(&str, Option<&str>, Option<&str>)> = changed
            .iter()
            .map(|changed| (changed.key.as_str(), changed.before.as_deref(), changed.after.as_deref()))
            .collect();
        assert_eq!(told, [("site.shadow", Some("true"), None), ("site.webhooks.0.url", None, Some("set")),]);
        let json = String::from_utf8(after.json()).unwrap();
        assert!(!json.contains("verysecret") && !json.contains("o.example"), "{json}");
        assert_eq!(Settings::read(json.as_bytes()).as_ref(), Some(&after));
        assert_eq!(Settings::read(b"{"), None);
    }
}
