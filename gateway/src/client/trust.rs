//! Whose certificates an https server may show: those that the system trusts, or authorities that the operator names.

use std::path::Path;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::{SetupError, provider};

/// The system's authorities. A system without any still serves what speaks http.
pub(crate) fn of_system() -> Result<ClientConfig, SetupError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    build(roots)
}

/// The authorities of a PEM file, and no others.
pub(crate) fn with_authorities(path: &Path) -> Result<ClientConfig, SetupError> {
    let failed = |source| SetupError::Authorities { path: path.to_owned(), source };
    let invalid =
        |error: rustls::pki_types::pem::Error| failed(std::io::Error::new(std::io::ErrorKind::InvalidData, error));
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(invalid)?;
    if certificates.is_empty() {
        return Err(failed(std::io::Error::new(std::io::ErrorKind::InvalidData, "no certificate in it")));
    }
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        roots.add(certificate).map_err(|error| failed(std::io::Error::new(std::io::ErrorKind::InvalidData, error)))?;
    }
    build(roots)
}

fn build(roots: RootCertStore) -> Result<ClientConfig, SetupError> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
