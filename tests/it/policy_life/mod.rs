//! A policy's versions as a site lives through them, with a clock that stands where a test puts it: announced, told of, in force at the site's
//! midnight, asked about where a purpose grew. Refuses to wait for a midnight, and to restart anything on the way.

mod coverage;
mod notice;
mod versions;

use std::path::{Path, PathBuf};

use gateway_tests::{Gateway, Origin, Reply, Seen, folders, gateway::Plan};
use tempfile::TempDir;

use crate::faults::clocks::following;

/// Before the second version is announced.
const QUIET: &str = "2026-01-24 12:00:00";
/// The first second of the day of its announcement, in Seoul.
const ANNOUNCED: &str = "2026-01-24 15:00:00";
/// The last second of the first version, in Seoul.
const EVE: &str = "2026-02-28 14:59:59";
/// The first second of the second one.
const MIDNIGHT: &str = "2026-02-28 15:00:00";
/// After the days in which it is told of.
const LATER: &str = "2026-04-10 00:00:00";

/// A version of the starter policy. With Hotjar, analytics has a recipient more.
fn version(effective: &str, announced: Option<&str>, with_hotjar: bool) -> String {
    let path = folders::repository().join("policies/documents/starter/opt-in.toml");
    let mut text = std::fs::read_to_string(path).expect("the starter policy is there");
    text = text.replacen("effective = \"2025-01-01\"", &format!("effective = \"{effective}\""), 1);
    if let Some(announced) = announced {
        let reason =
            "reason = { ko = \"통계 서비스를 바꿉니다.\", en = \"Statistics <are> made by another service.\" }";
        text = text.replacen("# announced = \"2024-12-25\"", &format!("announced = \"{announced}\"\n{reason}"), 1);
    }
    if with_hotjar {
        let row = "# [[services]]\n# catalog = \"hotjar\"";
        assert!(text.contains(row), "the starter policy knows Hotjar");
        text = text.replacen(row, "[[services]]\ncatalog = \"hotjar\"", 1);
    }
    assert!(text.contains(effective), "the starter policy says from when it holds");
    text
}

/// A folder with both versions, and the file by which a gateway's clock is set.
struct Years {
    folder: TempDir,
}

impl Years {
    fn begin() -> Self {
        let years = Self { folder: TempDir::new().expect("a temporary folder can be made") };
        std::fs::create_dir(years.policy()).expect("a temporary folder can be written");
        years.write("2026-01-01.toml", &version("2026-01-01", None, false));
        years.write("2026-03-01.toml", &version("2026-03-01", Some("2026-01-25"), true));
        years.set(QUIET);
        years
    }

    fn policy(&self) -> PathBuf {
        self.folder.path().join("policy")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.policy().join(name), text).expect("a temporary folder can be written");
    }

    fn clock(&self) -> PathBuf {
        self.folder.path().join("clock")
    }

    /// Puts the clock to a second of UTC, where it stands still.
    fn set(&self, moment: &str) {
        let next = self.folder.path().join("next");
        std::fs::write(&next, format!("{moment}\n")).expect("a temporary folder can be written");
        std::fs::rename(next, self.clock()).expect("a temporary folder can be written");
    }

    /// A gateway that goes by this clock and this policy; `more` are keys of its site.
    fn gateway(&self, origin: &Origin, more: &str) -> Plan {
        let (url, policy) = (origin.url(), self.policy());
        let text = format!(
            "listen = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\ndata = \"data\"\nworkers = 2\n\
             [[sites]]\nname = \"shop\"\norigin = \"{url}\"\npolicy = \"{}\"\n{more}",
            policy.display()
        );
        self.clocked(Gateway::configured(&text))
    }

    fn clocked(&self, plan: Plan) -> Plan {
        following(plan, &self.clock()).variable("TZ", "UTC")
    }
}

/// Every page sets `_ga` and `_fbp`.
fn shop(seen: &Seen) -> Reply {
    if seen.path_only() == "/favicon.ico" {
        return Reply::status(404);
    }
    let lang = seen.path_only().trim_start_matches('/');
    let lang = if matches!(lang, "ko" | "en" | "ja" | "zh-Hans" | "de" | "fr") { lang } else { "en" };
    let page = format!(
        "<!doctype html><html lang={lang}><head><meta name=viewport content='width=device-width'><title>Shop</title></head>\
         <body><main><h1>Shop</h1><p>A page of the shop.</p></main></body></html>"
    );
    Reply::page(page).cookie("_ga=1; Path=/; Max-Age=600").cookie("_fbp=1; Path=/; Max-Age=600")
}

/// The versions by their hashes, the first one first.
fn hashes(policy: &Path) -> Vec<String> {
    let catalog = policies::rules::catalog::Catalog::bundled().expect("the catalogue is whole");
    let hash = |name: &str| {
        let source = std::fs::read_to_string(policy.join(name)).expect("a version");
        policies::policy::compile(&source, &catalog).expect("a policy").version.to_string()
    };
    vec![hash("2026-01-01.toml"), hash("2026-03-01.toml")]
}
