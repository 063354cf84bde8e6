//! Another configuration for a running server: everything of it is put to work, or nothing. What is bound to the
//! start (addresses, the data folder) stays as it was, and is told.

use std::sync::Arc;

use tokio::sync::watch;

use super::Error;
use super::tls::{Certificates, Loaded};
use crate::config::Config;
use crate::proxy::Gateways;
use crate::store::Store;
use crate::webhooks::{self, Receivers};

/// Puts configurations to work.
pub struct Reload {
    pub(super) gateways: Gateways,
    pub(super) store: Store,
    pub(super) certificates: Option<Arc<Certificates>>,
    pub(super) started: Arc<Config>,
    pub(super) current: Arc<watch::Sender<Arc<Config>>>,
    pub(super) receivers: Arc<watch::Sender<Arc<Receivers>>>,
}

impl Reload {
    /// Puts a configuration to work; requests under way keep the old one.
    ///
    /// # Errors
    /// It can't be; the old one stays.
    pub fn apply(&self, mut config: Config) -> Result<(), Error> {
        let fixed = self.fixed(&config);
        if fixed.contains(&"tls") {
            // The listeners stay as they are, and so does what browsers reach.
            config.front.public_scheme = self.started.front.public_scheme;
        }
        let with_tls = self.certificates.as_ref().filter(|_| !config.front.certificates.is_empty());
        let loaded = with_tls.map(|_| Loaded::read_anew(&config.front.certificates)).transpose()?;
        let receivers = Receivers::new(&config)?;
        self.gateways.reload(&config)?;
        self.store.limit_database(config.limits.database_bytes());
        webhooks::post_to_all(&self.store, &config);
        self.receivers.send_replace(Arc::new(receivers));
        if let (Some(certificates), Some(loaded)) = (with_tls, loaded) {
            certificates.replace(loaded);
        }
        if !fixed.is_empty() {
            tracing::warn!("a restart is needed for what a reload can't change: {}", fixed.join(", "));
        }
        self.current.send_replace(Arc::new(config));
        Ok(())
    }

    /// The keys that differ from the start and can't be followed.
    fn fixed(&self, config: &Config) -> Vec<&'static str> {
        let (old, new) = (&*self.started, config);
        let changed = [
            ("listen", old.listen != new.listen),
            ("redirect_http", old.front.redirect_http != new.front.redirect_http),
            ("proxy_protocol", old.front.proxy_protocol != new.front.proxy_protocol),
            ("tls", old.front.certificates.is_empty() != new.front.certificates.is_empty()),
            ("admin", old.admin != new.admin),
            ("workers", old.workers != new.workers),
            ("data", old.data != new.data),
            ("records", old.records != new.records),
            ("access_log", old.access_log != new.access_log),
        ];
        changed.into_iter().filter_map(|(key, changed)| changed.then_some(key)).collect()
    }
}
