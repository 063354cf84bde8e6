//! The third parties of a page: one TLS listener on loopback that answers in the name of real tracker hosts, counts every request, and serves
//! scripts that do what such scripts do: set first-party cookies and storage keys, send pixels, set cookies of their own. Refuses nothing.
//! Invariant: no request leaves the machine; the browser is told to find these hosts here.

use std::collections::BTreeMap;

use crate::certificates::Authority;
use crate::origin::{Origin, Reply, Seen};
use crate::tags::{self, Tag};

/// The smallest transparent GIF.
const PIXEL: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// A running collector.
pub struct Collector {
    origin: Origin,
}

impl Collector {
    /// Starts one for every host in [`tags::TAGS`].
    pub async fn start() -> Self {
        let identity = Authority::fresh().identity(&tags::hosts());
        Self { origin: Origin::start_tls(identity.server(&["h2", "http/1.1"]), answer).await }
    }

    /// The port that stands for 443 of every tracker host.
    pub fn port(&self) -> u16 {
        self.origin.address.port()
    }

    /// How many requests each host got.
    pub fn hits(&self) -> BTreeMap<String, usize> {
        let mut hits = BTreeMap::new();
        for seen in self.origin.seen() {
            *hits.entry(seen.host).or_default() += 1;
        }
        hits
    }

    /// Every request as `host/path`, in order.
    pub fn requests(&self) -> Vec<String> {
        self.origin.seen().iter().map(|seen| format!("{}{}", seen.host, seen.path)).collect()
    }

    /// Forgets the requests until now.
    pub fn forget(&self) {
        self.origin.forget();
    }
}

fn answer(seen: &Seen) -> Reply {
    let Some(tag) = tags::TAGS.iter().find(|tag| tag.host == seen.host && tag.path == seen.path_only()) else {
        return pixel(&seen.host);
    };
    match tag.kind {
        tags::Kind::Script => {
            Reply::of("text/javascript; charset=utf-8", script(tag)).with("cache-control", "no-store")
        }
        tags::Kind::Image => pixel(&seen.host),
        tags::Kind::Frame => Reply::page("<!doctype html><title>frame</title><p>A third party's frame.</p>"),
    }
}

fn pixel(host: &str) -> Reply {
    let name = host.replace('.', "_");
    let reply = Reply::of("image/gif", PIXEL).with("cache-control", "no-store");
    reply.cookie(&format!("third_{name}=1; Path=/; Max-Age=3600; Secure; SameSite=None"))
}

/// What the script of a tag does in the page.
fn script(tag: &Tag) -> String {
    let mut script = format!("(window.ran = window.ran || []).push('{}');\n", tag.host);
    for name in tag.cookies {
        script.push_str(&format!("document.cookie = '{name}=v.{name}; path=/; max-age=3600';\n"));
    }
    for key in tag.keys {
        script.push_str(&format!("localStorage.setItem('{key}', '1');\n"));
    }
    if let Some(url) = tag.reports {
        script.push_str(&format!("new Image().src = '{url}';\n"));
    }
    script
}
