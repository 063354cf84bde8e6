//! A visitor who looks at one answer, in clear or inside TLS with whatever certificate. Refuses to keep anything. Invariant: the shop's host is named.

use std::sync::Arc;

use gateway_tests::Client;
use gateway_tests::certificates::Anything;
use gateway_tests::client::{self, Heard};

use crate::contestants::Door;
use crate::load::Manner;
use crate::work::HOST;

/// Connects to a port of this machine.
pub(crate) async fn connect(port: u16, tls: bool) -> Client {
    let address = ([127, 0, 0, 1], port).into();
    if tls { Client::connect_tls(address, HOST, trusting(&[])).await } else { Client::connect(address, HOST).await }
}

/// One GET in this manner.
pub(crate) async fn fetch(door: &Door, manner: Manner, path: &str, headers: &[(&'static str, String)]) -> Heard {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match manner {
        Manner::Clear | Manner::Paced | Manner::Tls => {
            connect(door.port, manner.is_tls()).await.get(path, &headers).await
        }
        Manner::Http2 => {
            let address = ([127, 0, 0, 1], door.port).into();
            client::fetch_h2_tls(address, HOST, path, &headers, trusting(&["h2"])).await
        }
    }
}

fn trusting(protocols: &[&str]) -> Arc<rustls::ClientConfig> {
    let config = rustls::ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(Anything));
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}
