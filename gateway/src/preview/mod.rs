//! `consent-gateway preview`: one page with a site's banner, settings, prompt, placeholder and policy page, as the gateway itself
//! makes them, which shows the configuration's new state as soon as a file of it is saved.
//!
//! Refuses every address but loopback's, and to keep or count anything: its data folder is its own and goes with it. Invariant: what is
//! shown comes out of a gateway that runs; nothing of it has a second template.

mod board;
mod front;
mod pages;
mod setting;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;

use crate::config::{FileFault, SiteConfig};
use crate::own_folder::{self, OwnFolder};
use crate::server::{self, Reload, Server};
use setting::{Looked, Setting, Stamps};

/// How often the files are looked at.
const LOOKS: Duration = Duration::from_millis(250);

/// What the command line says.
#[derive(Clone, Debug)]
pub struct PreviewOptions {
    /// The configuration file.
    pub config: PathBuf,
    /// Which of its sites; None: the first.
    pub site: Option<String>,
    /// Where the page is served.
    pub listen: SocketAddr,
}

/// Why there is nothing to see. Faults of the files are none of it: they are shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Everybody near could see it.
    #[error("{0} is not this machine alone: write 127.0.0.1 and a port")]
    NotLoopback(SocketAddr),
    /// The address can't be listened on.
    #[error("{address} can't be listened on; choose another port with --listen 127.0.0.1:PORT")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// No folder for what is kept meanwhile.
    #[error(transparent)]
    Folder(#[from] own_folder::Error),
    /// What stands in for a configuration with faults has faults itself, which the tests rule out.
    #[error("the starter policy can't be set up")]
    Starter(Vec<FileFault>),
    /// The gateway can't start.
    #[error(transparent)]
    Gateway(#[from] server::Error),
}

/// What there is to see.
#[derive(Debug)]
struct Shown {
    /// Another one for each state, and for each beginning anew: visitors of an earlier one are others.
    edition: u64,
    /// The site as it is served; the last one without faults.
    site: Option<SiteConfig>,
    /// What is wrong with the files, in the terminal's sentences.
    faults: Vec<String>,
}

/// What the servers here share.
#[derive(Debug)]
struct Stage {
    address: SocketAddr,
    gateway: SocketAddr,
    shown: ArcSwap<Shown>,
}

impl Stage {
    /// Shows another state of the files.
    fn show(&self, read: &Result<SiteConfig, Vec<String>>) {
        self.shown.rcu(|before| {
            let (site, faults) = match read {
                Ok(site) => (Some(site.clone()), Vec::new()),
                Err(faults) => (before.site.clone(), faults.clone()),
            };
            Shown { edition: before.edition + 1, site, faults }
        });
    }

    /// Shows the same to visitors who have never been here.
    fn begin_anew(&self) {
        self.shown.rcu(|before| Shown {
            edition: before.edition + 1,
            site: before.site.clone(),
            faults: before.faults.clone(),
        });
    }
}

/// Serves until `stop`; `ready` is told the address to open.
///
/// # Errors
/// What keeps it from starting.
pub async fn run(
    options: PreviewOptions,
    ready: impl FnOnce(String),
    stop: impl Future<Output = ()>,
) -> Result<(), Error> {
    let address = options.listen;
    if !address.ip().is_loopback() {
        return Err(Error::NotLoopback(address));
    }
    let listening = async { TcpListener::bind(address).await.and_then(|bound| Ok((bound.local_addr()?, bound))) };
    let (address, listener) = listening.await.map_err(|source| Error::Listen { address, source })?;
    let folder = OwnFolder::new("preview")?;
    let setting = Setting::new(options.config, options.site, address, folder.path());
    let Looked { stamps, read } = setting.look_now();
    let (config, read) = match read {
        Ok(config) => (config.clone(), config.sites.into_iter().next().ok_or_else(Vec::new)),
        Err(faults) => (setting.starter().map_err(Error::Starter)?, Err(faults)),
    };
    let server = Server::bind(config).await?;
    let gateway = server.addresses().first().map_or(address, |(_, gateway)| *gateway);
    let shown = ArcSwap::from_pointee(Shown { edition: 0, site: None, faults: Vec::new() });
    let stage = Arc::new(Stage { address, gateway, shown });
    stage.show(&read);
    let serving = tokio::spawn(front::serve(listener, Arc::clone(&stage)));
    let following = tokio::spawn(follow(Arc::new(setting), stamps, server.reload(), stage));
    ready(format!("preview http://{}:{}/", front::HOST_NAME, address.port()));
    server.run(stop).await;
    following.abort();
    serving.abort();
    Ok(())
}

/// Shows each new state of the files.
async fn follow(setting: Arc<Setting>, mut known: Stamps, reload: Reload, stage: Arc<Stage>) {
    loop {
        tokio::time::sleep(LOOKS).await;
        let (asked, before) = (Arc::clone(&setting), known.clone());
        let Ok(looked) = tokio::task::spawn_blocking(move || asked.look(&before)).await else { return };
        let Some(Looked { stamps, read }) = looked else { continue };
        known = stamps;
        stage.show(&read.and_then(|config| {
            let site = config.sites.first().cloned().ok_or_else(Vec::new)?;
            reload.apply(config).map(|()| site).map_err(|error| vec![error.to_string()])
        }));
    }
}
