//! TLS towards visitors: certificates from files, chosen by the name that is asked for, TLS 1.2 and 1.3, HTTP/2 and
//! HTTP/1.1 by ALPN. The files are watched; new ones are used from the next handshake on.
//!
//! Refuses a new file that can't be used, and says so once; the old certificates stay. Invariant: all certificates
//! change together or none does.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::Error;
use crate::client;
use crate::config::TlsFiles;

/// The pause between two looks at the files. A change is taken up when two looks see the same: certificate and key
/// are two files, and rarely written in one moment.
const LOOK: Duration = Duration::from_secs(1);

/// Why a file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It isn't there, may not be read, or is no PEM.
    #[error("it can't be read; name a PEM file that is there and that this process may read")]
    Unreadable(#[source] pem::Error),
    /// It holds nothing of use.
    #[error("no certificate stands in it; write the chain as PEM, the leaf first")]
    Empty,
    /// Its time is over, or has not come.
    #[error("the certificate has expired or is not yet valid; have it renewed, or set the clock right")]
    OutOfTime,
    /// TLS doesn't take it.
    #[error("TLS doesn't take it; have it issued anew")]
    Refused(#[source] rustls::Error),
}

/// The certificates in use.
#[derive(Debug)]
pub(super) struct Certificates(ArcSwap<Loaded>);

/// Certificates as their files were at one moment.
#[derive(Debug)]
pub(super) struct Loaded {
    files: Vec<TlsFiles>,
    stamps: Stamps,
    keys: Vec<Arc<CertifiedKey>>,
}

/// Of each file: when it was changed, how long it is, and which it is. None: it isn't there.
type Stamps = Vec<Option<(SystemTime, u64, u64)>>;

impl Certificates {
    /// Reads the files at start. What is out of time is served all the same: without it nobody would be.
    pub(super) fn open(files: &[TlsFiles]) -> Result<Self, Error> {
        let loaded = Loaded::read(files)?;
        for (files, key) in files.iter().zip(&loaded.keys) {
            if is_out_of_time(key) {
                tracing::warn!("{}: {}", files.certificate.display(), Unusable::OutOfTime);
            }
        }
        Ok(Self(ArcSwap::from_pointee(loaded)))
    }

    /// Puts other certificates to work.
    pub(super) fn replace(&self, loaded: Loaded) {
        self.0.store(Arc::new(loaded));
    }

    /// Follows the files.
    pub(super) async fn watch(self: Arc<Self>) {
        let (mut settling, mut refused) = (None, None);
        loop {
            tokio::time::sleep(LOOK).await;
            let loaded = self.0.load_full();
            let files = loaded.files.clone();
            let Ok(stamps) = tokio::task::spawn_blocking(move || stamps(&files)).await else { return };
            if stamps == loaded.stamps || refused.as_ref() == Some(&stamps) {
                continue;
            }
            if settling.as_ref() != Some(&stamps) {
                settling = Some(stamps);
                continue;
            }
            let files = loaded.files.clone();
            let Ok(read) = tokio::task::spawn_blocking(move || Loaded::read_anew(&files)).await else { return };
            match read {
                Ok(loaded) => {
                    self.replace(loaded);
                    tracing::info!("the certificates were read again");
                }
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "new certificate files can't be used; the old certificates stay in use"
                    );
                    refused = Some(stamps);
                }
            }
        }
    }
}

impl ResolvesServerCert for Certificates {
    /// The first certificate that bears the name; without such a one, or without a name, the first of all.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let keys = &self.0.load().keys;
        let named = hello.server_name().and_then(|name| keys.iter().find(|key| bears(key, name)));
        named.or(keys.first()).cloned()
    }
}

impl Loaded {
    fn read(files: &[TlsFiles]) -> Result<Self, Error> {
        // The stamps first: what changes while it is read is read again.
        let stamps = stamps(files);
        let keys = files.iter().map(read_key).collect::<Result<_, _>>()?;
        Ok(Self { files: files.to_vec(), stamps, keys })
    }

    /// Reads files that are to take the place of others: they must be in time too.
    pub(super) fn read_anew(files: &[TlsFiles]) -> Result<Self, Error> {
        let loaded = Self::read(files)?;
        for (files, key) in files.iter().zip(&loaded.keys) {
            in_time(&files.certificate, key)?;
        }
        Ok(loaded)
    }
}

/// Every file that can't be used, or is out of time.
pub(super) fn faults(files: &[TlsFiles]) -> Vec<Error> {
    files.iter().filter_map(|files| read_key(files).and_then(|key| in_time(&files.certificate, &key)).err()).collect()
}

/// The acceptor for certificates.
pub(super) fn acceptor(certificates: Arc<Certificates>) -> Result<TlsAcceptor, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(client::provider());
    let builder = builder.with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read_key(files: &TlsFiles) -> Result<Arc<CertifiedKey>, Error> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| unusable(&files.certificate, Unusable::Unreadable(error)))?;
    if chain.is_empty() {
        return Err(unusable(&files.certificate, Unusable::Empty));
    }
    let key =
        PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unusable(&files.key, Unusable::Unreadable(error)))?;
    let certified = CertifiedKey::from_der(chain, key, &client::provider()).map_err(|error| match error {
        rustls::Error::InconsistentKeys(_) => {
            Error::OtherKey { path: files.key.clone(), other: files.certificate.clone() }
        }
        error => unusable(&files.certificate, Unusable::Refused(error)),
    });
    certified.map(Arc::new)
}

fn unusable(path: &Path, source: Unusable) -> Error {
    Error::Tls { path: path.to_owned(), source }
}

fn in_time(path: &Path, key: &CertifiedKey) -> Result<(), Error> {
    if is_out_of_time(key) { Err(unusable(path, Unusable::OutOfTime)) } else { Ok(()) }
}

/// Asks the verifier of the other side. It looks at the time before it looks for an issuer, so that any root does.
fn is_out_of_time(key: &CertifiedKey) -> bool {
    let mut roots = RootCertStore::empty();
    let Some((leaf, rest)) = key.cert.split_first() else { return true };
    if roots.add(leaf.clone()).is_err() {
        return false;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), client::provider()).build();
    let (Ok(verifier), Ok(name)) = (verifier, ServerName::try_from("any.invalid")) else { return false };
    let verified = verifier.verify_server_cert(leaf, rest, &name, &[], UnixTime::now());
    use CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    matches!(
        verified,
        Err(rustls::Error::InvalidCertificate(
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }
        ))
    )
}

fn bears(key: &CertifiedKey, name: &str) -> bool {
    let leaf = key.cert.first().and_then(|leaf| ParsedCertificate::try_from(leaf).ok());
    let (Some(leaf), Ok(name)) = (leaf, ServerName::try_from(name)) else { return false };
    rustls::client::verify_server_name(&leaf, &name).is_ok()
}

fn stamps(files: &[TlsFiles]) -> Stamps {
    let stamp = |path: &Path| {
        let about = std::fs::metadata(path).ok()?;
        Some((about.modified().ok()?, about.len(), about.ino()))
    };
    files.iter().flat_map(|files| [stamp(&files.certificate), stamp(&files.key)]).collect()
}
