//! A certificate authority for one test, and identities it signs. Refuses nothing: the test browser is told to accept any certificate, the
//! gateway is told to trust this authority alone. Invariant: keys live in memory or in the test's own temporary folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};

/// An authority that lives as long as a test.
pub struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, for some host names.
pub struct Identity {
    certificate: String,
    key: String,
}

impl Authority {
    /// A fresh authority.
    pub fn fresh() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).expect("no names to get wrong");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, "loopback test authority");
        let key = KeyPair::generate().expect("keys can be made");
        let certificate = params.self_signed(&key).expect("an authority signs itself");
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    /// A leaf for these names (DNS names or addresses).
    pub fn identity(&self, names: &[&str]) -> Identity {
        self.issue(params(names))
    }

    /// The same, out of date.
    pub fn expired(&self, names: &[&str]) -> Identity {
        let mut params = params(names);
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2001, 1, 1), rcgen::date_time_ymd(2002, 1, 1));
        self.issue(params)
    }

    fn issue(&self, mut params: CertificateParams) -> Identity {
        params.distinguished_name.push(DnType::CommonName, "loopback test host");
        let key = KeyPair::generate().expect("keys can be made");
        let leaf = params.signed_by(&key, &self.issuer).expect("the authority signs");
        Identity { certificate: leaf.pem(), key: key.serialize_pem() }
    }

    /// Writes the authority's certificate into a folder; its path.
    pub fn write(&self, folder: &Path) -> PathBuf {
        let path = folder.join("authority.pem");
        std::fs::write(&path, self.certificate.pem()).expect("a temporary folder can be written");
        path
    }

    /// A client's configuration that trusts this authority alone and offers these protocols (`h2`, `http/1.1`).
    pub fn client(&self, protocols: &[&str]) -> Arc<rustls::ClientConfig> {
        self.client_of(protocols, rustls::ALL_VERSIONS)
    }

    /// The same with these versions of TLS only.
    pub fn client_of(
        &self,
        protocols: &[&str],
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Arc<rustls::ClientConfig> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.der().clone()).expect("the authority's certificate is well formed");
        let builder = rustls::ClientConfig::builder_with_protocol_versions(versions);
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}

impl Identity {
    /// Writes certificate and key into a folder; their paths.
    pub fn write(&self, folder: &Path) -> (PathBuf, PathBuf) {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        std::fs::write(&certificate, &self.certificate).expect("a temporary folder can be written");
        std::fs::write(&key, &self.key).expect("a temporary folder can be written");
        (certificate, key)
    }

    /// A server's configuration with this identity.
    pub fn server(&self, protocols: &[&str]) -> Arc<rustls::ServerConfig> {
        let chain =
            vec![CertificateDer::from_pem_slice(self.certificate.as_bytes()).expect("a certificate was written")];
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("a key was written");
        let builder = rustls::ServerConfig::builder().with_no_client_auth();
        let mut config = builder.with_single_cert(chain, key).expect("the key fits the certificate");
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Arc::new(config)
    }
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| String::from(*name)).collect();
    CertificateParams::new(names).expect("the names are well formed")
}

/// A client that looks at certificates itself: every one passes.
#[derive(Debug)]
pub struct Anything;

impl ServerCertVerifier for Anything {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
