//! TLS towards visitors: one certificate from two files, TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::Error;
use crate::config::TlsFiles;
use crate::origin;

/// The acceptor for a certificate.
pub(super) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, Error> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|source| Error::Tls { path: files.certificate.clone(), source: source.into() })?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|source| Error::Tls { path: files.key.clone(), source: source.into() })?;
    let wrong = |source: rustls::Error| Error::Tls { path: files.certificate.clone(), source: source.into() };
    let builder =
        ServerConfig::builder_with_provider(origin::provider()).with_safe_default_protocol_versions().map_err(wrong)?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, key).map_err(wrong)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
