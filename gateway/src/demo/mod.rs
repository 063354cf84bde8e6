//! `consent-gateway demo`: one process with the gateway, five sites behind it, a page that explains them, and
//! third parties that count what reaches them. Everything listens on loopback unless another address is named.
//! The origins know nothing of the gateway: what their pages show is what came through it.

mod collector;
mod compose;
mod cookie;
mod ezcare;
mod form;
mod guide;
mod history;
mod hits;
mod http;
mod jmpsystem;
mod officemessenger;
mod picks;
mod qsolution;
mod remotemeeting;
mod revision;
mod service;
mod sessions;
mod sites;
mod stage;
mod visit;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use policies::policy::Fault;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::proxy::now;
use crate::server::{self, Server};
use hits::{Collector, Hits};
use revision::Revision;
use service::Service;
use sessions::Sessions;
use stage::Stage;

/// What the command line says.
#[derive(Clone, Debug)]
pub struct DemoOptions {
    /// Where visitors connect.
    pub listen: SocketAddr,
    /// Where owners and analysts connect.
    pub admin: SocketAddr,
    /// The data folder of the gateway.
    pub data: PathBuf,
}

/// Why the demo could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else listens there.
    #[error("{address} is taken by another program: stop that one, or choose another port with {option} 127.0.0.1:{}", port_to_try(*address))]
    Taken {
        /// The address.
        address: SocketAddr,
        /// The option that names another.
        option: &'static str,
    },
    /// No free port for an origin or a collector.
    #[error("can't listen on a free port of 127.0.0.1 for the demo's own servers")]
    Origin(#[source] std::io::Error),
    /// A bundled policy has faults, which the tests rule out.
    #[error("the bundled policy of {site} has {} faults", faults.len())]
    Policy {
        /// Which site.
        site: &'static str,
        /// Its faults.
        faults: Vec<Fault>,
    },
    /// An origin's address makes no URL.
    #[error("an origin's address makes no URL")]
    Address(#[source] ::http::uri::InvalidUri),
    /// The gateway can't start for another reason.
    #[error(transparent)]
    Gateway(server::Error),
}

/// The addresses to open.
#[derive(Clone, Copy, Debug)]
struct Addresses {
    port: u16,
    admin: SocketAddr,
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The demo is running. Open this first / 먼저 여기를 여세요:")?;
        writeln!(f, "  http://localhost:{}/", self.port)?;
        writeln!(f, "Sites / 사이트:")?;
        for service in Service::ALL.into_iter().filter(|service| *service != Service::Guide) {
            writeln!(f, "  http://{}.localhost:{}/", service.key(), self.port)?;
        }
        writeln!(f, "Statistics / 통계:")?;
        writeln!(f, "  http://{}/", self.admin)?;
        write!(f, "Stop with Ctrl+C / Ctrl+C로 끝냅니다.")
    }
}

/// The demo's own servers, bound and not yet serving.
#[derive(Debug)]
struct Origins {
    sites: Vec<(Service, TcpListener, SocketAddr)>,
    collectors: Vec<(Collector, TcpListener, SocketAddr)>,
}

/// Starts the demo and serves until `shutdown`; `ready` is told the addresses to open once all of them are bound.
///
/// # Errors
/// What keeps it from starting; nothing is served then.
pub async fn run(
    options: DemoOptions,
    ready: impl FnOnce(String),
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    let origins = Origins::bind().await?;
    let site_addresses = origins.sites.iter().map(|(_, _, address)| *address);
    let now = now();
    let revision = Revision::on(now.date());
    let at = compose::At { listen: options.listen, admin: options.admin, data: options.data.clone(), now, revision };
    let config = compose::config(at, site_addresses)?;
    history::begin(&server::store_place(&config), &config, now).await.map_err(|error| Error::Gateway(error.into()))?;
    let server = Server::bind(config).await.map_err(|error| name_the_option(error, &options))?;
    let port = server.addresses().first().map_or(options.listen.port(), |(_, address)| address.port());
    let addresses = Addresses { port, admin: server.admin_address().unwrap_or(options.admin) };
    let (stop, stopped) = watch::channel(false);
    let serving = origins.serve(addresses, revision, &stopped);
    ready(addresses.to_string());
    server.run(shutdown).await;
    stop.send_replace(true);
    serving.join_all().await;
    Ok(())
}

impl Origins {
    async fn bind() -> Result<Self, Error> {
        let (mut sites, mut collectors) = (Vec::new(), Vec::new());
        for service in Service::ALL {
            let (listener, address) = http::bind_free().await.map_err(Error::Origin)?;
            sites.push((service, listener, address));
        }
        for collector in Collector::ALL {
            let (listener, address) = http::bind_free().await.map_err(Error::Origin)?;
            collectors.push((collector, listener, address));
        }
        Ok(Self { sites, collectors })
    }

    fn serve(self, addresses: Addresses, revision: Revision, stopped: &watch::Receiver<bool>) -> JoinSet<()> {
        let mut collector_ports = [0; Collector::ALL.len()];
        for (place, (_, _, address)) in collector_ports.iter_mut().zip(&self.collectors) {
            *place = address.port();
        }
        let stage = Arc::new(Stage {
            port: addresses.port,
            admin: addresses.admin,
            collector_ports,
            hits: Hits::default(),
            sessions: Sessions::default(),
            started: Instant::now(),
            revision,
        });
        let mut serving = JoinSet::new();
        for (service, listener, _) in self.sites {
            let stage = Arc::clone(&stage);
            serving.spawn(http::serve(listener, move |asked| sites::answer(&asked, service, &stage), stopped.clone()));
        }
        for (collector, listener, address) in self.collectors {
            let stage = Arc::clone(&stage);
            let answer = move |asked| collector::answer(&asked, collector, address.port(), &stage.hits);
            serving.spawn(http::serve(listener, answer, stopped.clone()));
        }
        serving
    }
}

/// A taken address, told with the option that helps.
fn name_the_option(error: server::Error, options: &DemoOptions) -> Error {
    match error {
        server::Error::Listen { address, ref source } if source.kind() == std::io::ErrorKind::AddrInUse => {
            let option = if address == options.listen { "--listen" } else { "--admin" };
            Error::Taken { address, option }
        }
        other => Error::Gateway(other),
    }
}

/// A port to try instead.
fn port_to_try(address: SocketAddr) -> u16 {
    address.port().checked_add(1000).unwrap_or(9080)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn options(listen: SocketAddr, data: &tempfile::TempDir) -> DemoOptions {
        DemoOptions { listen, admin: loopback(0), data: data.path().join("data") }
    }

    #[tokio::test]
    async fn a_taken_port_is_told_with_the_option_that_helps() {
        let data = tempfile::tempdir().unwrap();
        let taken = TcpListener::bind(loopback(0)).await.unwrap();
        let listen = taken.local_addr().unwrap();
        let error = run(options(listen, &data), drop, async {}).await.unwrap_err().to_string();
        assert!(error.contains(&format!("{listen} is taken")) && error.contains("--listen 127.0.0.1:"), "{error}");
    }

    #[tokio::test]
    async fn it_tells_every_address_and_ends_when_asked() {
        let data = tempfile::tempdir().unwrap();
        let mut told = String::new();
        run(options(loopback(0), &data), |addresses| told = addresses, async {}).await.unwrap();
        for service in Service::ALL.into_iter().filter(|service| *service != Service::Guide) {
            assert!(told.contains(&format!("http://{}.localhost:", service.key())), "{told}");
        }
        assert!(!told.contains(":0/"), "{told}");
    }
}
