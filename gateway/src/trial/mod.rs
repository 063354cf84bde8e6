//! `consent-gateway try`: a site that runs elsewhere, looked at through a gateway on loopback that strips nothing, then served through one
//! that does its work. Prints what was set and called before anybody answered, and the policy lines that follow.
//!
//! Refuses to store anything: its data folder is its own and goes with it. Invariant: the gateways listen on loopback, unless another
//! address is named.

mod chromium;
mod found;
mod plain;
mod report;

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use policies::Policy;
use policies::draft::draft;
use policies::rules::catalog::Catalog;
use tokio::sync::oneshot;
use url::Url;

use crate::config::{self, Config, FileFault, HostMode, OriginOptions};
use crate::own_folder::{self, OwnFolder};
use crate::proxy::now;
use crate::server::{self, Server};
use chromium::Chromium;
use found::{Found, is_below};
use plain::{Led, Plain};
use report::By;

/// How many times a site may be found to live at another host.
const MOST_MOVES: usize = 3;

/// What the command line says.
#[derive(Clone, Debug)]
pub struct TrialOptions {
    /// The site's address; its path is the first page that is looked at.
    pub address: Url,
    /// A policy file; None: the starter policy, opt-in.
    pub policy: Option<PathBuf>,
    /// Where the site is served in the end.
    pub listen: SocketAddr,
    /// How many pages are looked at.
    pub pages: usize,
    /// Whether to use a browser, where one is installed.
    pub browser: bool,
    /// Further arguments of the browser.
    pub arguments: Vec<String>,
    /// Whether to end when all is printed.
    pub once: bool,
}

/// Where what is said goes: results on one side, progress on the other.
pub trait Told {
    /// A part of the result.
    fn result(&self, text: &str);
    /// What is being done.
    fn progress(&self, text: &str);
}

/// Why a site can't be tried.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was found at the address.
    #[error("{address} {why}: nothing to look at")]
    Nothing {
        /// Without its query.
        address: String,
        /// What came instead.
        why: String,
    },
    /// The policy has faults, or the address makes no origin.
    #[error("the site can't be set up")]
    Faults(Vec<FileFault>),
    /// No folder for what is kept meanwhile.
    #[error(transparent)]
    Folder(#[from] own_folder::Error),
    /// The gateway can't start.
    #[error(transparent)]
    Gateway(#[from] server::Error),
}

/// Looks, prints, and serves until `stop`.
///
/// # Errors
/// What keeps it from looking; a browser that fails is told and done without.
pub async fn run(options: TrialOptions, told: &impl Told, stop: impl Future<Output = ()>) -> Result<(), Error> {
    let folder = OwnFolder::new("try")?;
    let mut stop = pin!(stop);
    let address = tokio::select! {
        () = &mut stop => return Ok(()),
        looked = look(&options, folder.path(), told) => looked?,
    };
    if options.once {
        return Ok(());
    }
    let config = config(&address, &options, folder.path().join("served"), options.listen, false)?;
    let server = Server::bind(config).await?;
    if let Some((scheme, listening)) = server.addresses().first() {
        let path = options.address.path();
        told.progress(&format!(
            "the site with the gateway in front: {}://{listening}{path} (Ctrl+C ends it)",
            scheme.name()
        ));
        told.progress("links that name the site's own host in full leave the gateway");
    }
    server.run(stop).await;
    Ok(())
}

/// Looks at the site through a gateway that strips nothing; gives back where the site really is.
async fn look(options: &TrialOptions, folder: &Path, told: &impl Told) -> Result<Url, Error> {
    let mut address = options.address.clone();
    let mut moves = 0;
    loop {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        let data = folder.join(format!("looked-{moves}"));
        let config = config(&address, options, data, loopback, true)?;
        let (site, catalog) = (config.sites.first().cloned(), Arc::clone(&config.catalog));
        let server = Server::bind(config).await?;
        let gateway = server.addresses().first().map_or(loopback, |(_, listening)| *listening);
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.run(async move {
            stopped.await.ok();
        }));
        let seen = Visits { options, folder, told, gateway, address: &address }.all().await;
        stop.send(()).ok();
        serving.await.ok();
        match seen? {
            Seen::Moved(next) if moves < MOST_MOVES => {
                told.progress(&format!("{} leads to {}", without_query(&address), without_query(&next)));
                address = next;
                moves += 1;
            }
            Seen::Moved(next) => {
                return Err(Error::Nothing { address: without_query(&next), why: "leads on and on".to_owned() });
            }
            Seen::Pages { found, by, pages } => {
                let policy = site.map(|site| site.policy);
                if let Some(policy) = policy {
                    told.result(&report::text(&found, by, pages, &policy, &catalog));
                    told.result(&lines(&found, &policy, &catalog));
                }
                return Ok(address);
            }
        }
    }
}

fn lines(found: &Found, policy: &Policy, catalog: &Catalog) -> String {
    let draft = draft(&found.list(), policy, catalog);
    if draft.text.is_empty() {
        return "Nothing to add to the policy.".to_owned();
    }
    format!("# Lines to add to the policy\n\n{}", draft.text.trim_end())
}

fn config(
    address: &Url,
    options: &TrialOptions,
    data: PathBuf,
    listen: SocketAddr,
    shadow: bool,
) -> Result<Config, Error> {
    let origin = address.origin().ascii_serialization();
    let policy = options.policy.clone();
    let host = Some(HostMode::Origin);
    let options = OriginOptions { listen, origin, policy, data, admin: None, shadow, host };
    let mut config = config::for_origin(options, now()).map_err(Error::Faults)?;
    config.sites.iter_mut().for_each(|site| site.plain = true);
    Ok(config)
}

enum Seen {
    Pages { found: Found, by: By, pages: usize },
    Moved(Url),
}

/// The visits of one trial.
struct Visits<'a, T> {
    options: &'a TrialOptions,
    folder: &'a Path,
    told: &'a T,
    gateway: SocketAddr,
    address: &'a Url,
}

impl<T: Told> Visits<'_, T> {
    async fn all(&self) -> Result<Seen, Error> {
        let host = self.address.host_str().unwrap_or_default();
        let (mut found, mut plain) = (Found::of(host), Plain::new());
        let first = self.through_gateway(self.address);
        self.told.progress(&format!("looking at {}", without_query(self.address)));
        // Asked for without a browser first: it tells where the site lives.
        let links = match plain.visit(&first, now(), &mut found).await {
            Led::Away(next) if is_same_site(self.address, &next) => return Ok(Seen::Moved(next)),
            Led::Away(next) => {
                let why = format!("leads to another site, {}", without_query(&next));
                return Err(Error::Nothing { address: without_query(self.address), why });
            }
            Led::Nothing(why) => return Err(Error::Nothing { address: without_query(self.address), why }),
            Led::Page(links) => links,
        };
        if let Some(program) = chromium::installed().filter(|_| self.options.browser) {
            let mut found = Found::of(host);
            match self.with_browser(&program, &first, &mut found).await {
                Ok(pages) => return Ok(Seen::Pages { found, by: By::Browser, pages }),
                Err(error) => self.told.progress(&format!("{}: {error}", program.display())),
            }
        }
        let mut queue = Queue::new(&first, self.options.pages);
        queue.add(&self.as_links(&links));
        while let Some(next) = queue.next() {
            self.progress(&queue, &next);
            if let Led::Page(links) = plain.visit(&next, now(), &mut found).await {
                queue.add(&self.as_links(&links));
            }
        }
        Ok(Seen::Pages { found, by: By::Http, pages: queue.seen })
    }

    async fn with_browser(&self, program: &Path, first: &Url, found: &mut Found) -> Result<usize, chromium::Error> {
        if chromium::lacks_sandbox() {
            self.told.progress("root's browser has no sandbox: as another user it has one");
        }
        let mut browser = Chromium::start(program, self.folder, &self.options.arguments).await?;
        let mut queue = Queue::new(first, self.options.pages);
        let mut next = Some(first.clone());
        while let Some(page) = next {
            self.progress(&queue, &page);
            let links = browser.visit(page.as_str(), found).await?;
            browser.note_kept(now(), found).await?;
            queue.add(&self.as_links(&links));
            next = queue.next();
        }
        Ok(queue.seen)
    }

    fn progress(&self, queue: &Queue, page: &Url) {
        self.told.progress(&format!("page {} of at most {}: {}", queue.seen, self.options.pages, page.path()));
    }

    /// The site's own address as it is reached through the gateway.
    fn through_gateway(&self, address: &Url) -> Url {
        let mut through = address.clone();
        let set = through.set_scheme("http").is_ok()
            && through.set_ip_host(self.gateway.ip()).is_ok()
            && through.set_port(Some(self.gateway.port())).is_ok();
        debug_assert!(set, "an http address can have any host and port");
        through
    }

    /// Links of the site, as they are reached through the gateway.
    fn as_links(&self, links: &[String]) -> Vec<Url> {
        let links = links.iter().filter_map(|link| Url::parse(link).ok());
        let own = links.filter(|link| link.origin() == self.address.origin() || self.is_gateway(link));
        own.map(|link| self.through_gateway(&link)).collect()
    }

    fn is_gateway(&self, address: &Url) -> bool {
        address.host_str() == Some(&self.gateway.ip().to_string()) && address.port() == Some(self.gateway.port())
    }
}

/// Pages to look at, each once, in the order in which they were found.
struct Queue {
    known: BTreeSet<String>,
    waiting: VecDeque<Url>,
    seen: usize,
    most: usize,
}

impl Queue {
    /// With the first page seen already.
    fn new(first: &Url, most: usize) -> Self {
        let known = BTreeSet::from([first.path().to_owned()]);
        Self { known, waiting: VecDeque::new(), seen: 1, most }
    }

    fn add(&mut self, links: &[Url]) {
        for link in links.iter().filter(|link| is_page(link)) {
            // One path with many queries is one kind of page; a visit must not log out.
            if self.waiting.len() < self.most && self.known.insert(link.path().to_owned()) {
                self.waiting.push_back(link.clone());
            }
        }
    }

    fn next(&mut self) -> Option<Url> {
        let next = self.waiting.pop_front().filter(|_| self.seen < self.most)?;
        self.seen += 1;
        Some(next)
    }
}

/// Whether an address looks like a page that may be opened without doing something.
fn is_page(address: &Url) -> bool {
    let path = address.path().to_ascii_lowercase();
    let acts = ["logout", "signout", "sign-out", "log-out", "delete", "unsubscribe", "/.consent/"];
    let file = path.rsplit('/').next().and_then(|last| last.rsplit_once('.')).map(|(_, ending)| ending.to_owned());
    let page = file.is_none_or(|ending| ["html", "htm", "php", "asp", "aspx", "jsp", "do"].contains(&ending.as_str()));
    page && !acts.iter().any(|act| path.contains(act))
}

/// Whether two addresses are one site: `www.` and https make no difference.
fn is_same_site(one: &Url, other: &Url) -> bool {
    let hosts = one.host_str().zip(other.host_str());
    hosts.is_some_and(|(one, other)| is_below(one, other) || is_below(other, one))
}

/// An address as it may be shown.
fn without_query(address: &Url) -> String {
    let mut shown = address.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    shown.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(address: &str) -> Url {
        Url::parse(address).expect("an address")
    }

    #[test]
    fn pages_are_opened_once_and_nothing_is_done_by_looking() {
        let mut queue = Queue::new(&url("http://127.0.0.1:1/"), 4);
        let links = ["/", "/a?x=1", "/a?x=2", "/logout", "/a.pdf", "/b.php", "/c/", "/d", "/.consent/settings"];
        queue.add(&links.map(|link| url(&format!("http://127.0.0.1:1{link}"))));
        let opened: Vec<String> = std::iter::from_fn(|| queue.next()).map(|next| next.path().to_owned()).collect();
        assert_eq!(opened, ["/a", "/b.php", "/c/"], "the first page is one of the four");
    }

    #[test]
    fn a_site_may_move_between_its_own_names() {
        let check = |one: &str, other: &str, expect: bool| {
            assert_eq!(is_same_site(&url(one), &url(other)), expect, "{one} {other}");
        };
        check("http://shop.example/", "https://www.shop.example/start", true);
        check("https://www.shop.example/", "https://shop.example/", true);
        check("https://shop.example/", "https://m.shop.example/", true);
        check("https://shop.example/", "https://login.example/", false);
    }
}
