//! The way to the origins: pooled HTTP/1.1 connections, deadlines, TLS. It knows nothing of consent. One pool
//! serves every site; a site with certificate authorities or a server name of its own has one for itself.

mod trust;
pub mod upgrade;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper_rustls::{FixedServerNameResolver, HttpsConnector};
use hyper_util::client::legacy::{self, Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::ServerName;

use crate::body::Body;
use crate::config::{Config, Limits};
use crate::site::Site;

/// Why an origin gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It can't be reached, or broke off before an answer's head.
    #[error("the origin {origin} gave no answer")]
    Unreachable {
        /// Scheme and authority.
        origin: Uri,
        /// What went wrong.
        #[source]
        source: legacy::Error,
    },
    /// It took too long.
    #[error("the origin {0} took too long")]
    TooSlow(Uri),
}

/// Why the way can't be built.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The certificate authorities can't be read.
    #[error("{path}: the certificate authorities can't be read; write a PEM file with at least one certificate")]
    Authorities {
        /// The file.
        path: std::path::PathBuf,
        /// What went wrong.
        #[source]
        source: std::io::Error,
    },
    /// TLS refuses the settings.
    #[error("TLS towards the origins can't be set up")]
    Tls(#[from] rustls::Error),
}

type Pool = Client<HttpsConnector<HttpConnector>, Body>;

/// The ways to all origins of one configuration.
#[derive(Clone, Debug)]
pub struct Origins {
    common: Pool,
    own_trust: HashMap<String, Pool>,
    answer_wait: Duration,
}

impl Origins {
    /// The ways for a configuration.
    ///
    /// # Errors
    /// See [`SetupError`].
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let mut own_trust = HashMap::new();
        for site in &config.sites {
            let (authorities, name) = (site.origin_ca.as_deref(), site.origin_name.as_deref());
            if authorities.is_some() || name.is_some() {
                let tls = authorities.map_or_else(trust::of_system, trust::with_authorities)?;
                own_trust.insert(site.name.clone(), pool(&config.limits, tls, name));
            }
        }
        Ok(Self {
            common: pool(&config.limits, trust::of_system()?, None),
            own_trust,
            answer_wait: config.limits.answer_wait,
        })
    }

    /// Sends a request to a site's origin; the answer's body streams.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn call(&self, site: &Site, request: Request<Body>) -> Result<Response<Incoming>, Error> {
        let pool = self.own_trust.get(&site.config.name).unwrap_or(&self.common);
        let origin = || site.config.origin.clone();
        match tokio::time::timeout(self.answer_wait, pool.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(source)) => Err(Error::Unreachable { origin: origin(), source }),
            Err(_) => Err(Error::TooSlow(origin())),
        }
    }
}

/// Connections of one trust; with `name`, every certificate must bear it, whatever the address says.
fn pool(limits: &Limits, tls: rustls::ClientConfig, name: Option<&str>) -> Pool {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(limits.connect_wait));
    let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
    let name = name.and_then(|name| ServerName::try_from(name.to_owned()).ok());
    let connector = match name {
        Some(name) => connector.with_server_name_resolver(FixedServerNameResolver::new(name)),
        None => connector,
    };
    let connector = connector.enable_http1().wrap_connector(tcp);
    Client::builder(TokioExecutor::new())
        .pool_idle_timeout(Duration::from_secs(55))
        .pool_max_idle_per_host(limits.origin_idle)
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .http1_preserve_header_case(true)
        .http1_max_buf_size(limits.head_bytes)
        .http1_max_headers(limits.headers)
        .set_host(false)
        .build(connector)
}

/// Whether something accepts connections where an origin should be. For the word at start; nothing is sent.
pub async fn answers(origin: &Uri, wait: Duration) -> Result<(), std::io::Error> {
    let port = origin.port_u16().unwrap_or(if origin.scheme_str() == Some("https") { 443 } else { 80 });
    let host = origin.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let connecting = tokio::net::TcpStream::connect((host, port));
    tokio::time::timeout(wait, connecting).await.map_err(|_| std::io::ErrorKind::TimedOut)?.map(drop)
}

/// The process-wide crypto provider of both TLS sides.
pub(crate) fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}
