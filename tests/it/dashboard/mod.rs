//! The statistics as analysts meet them: pages in a browser, files, and the API that programs ask. Looked at in the demo, whose made-up weeks give
//! every chart something to show. Refuses to judge figures: that they are true is another room's (`stats`).

mod api;
mod pages;

use std::net::SocketAddr;

use gateway_tests::Client;
use gateway_tests::client::Heard;
use serde_json::Value;

async fn get(admin: SocketAddr, path: &str) -> Heard {
    Client::fetch(admin, &admin.to_string(), path, &[]).await
}

async fn json(admin: SocketAddr, path: &str) -> Value {
    let heard = get(admin, path).await;
    assert_eq!(heard.status, 200, "{path}: {}", heard.text());
    serde_json::from_slice(&heard.body).unwrap_or_else(|error| panic!("{path}: {error}: {}", heard.text()))
}
