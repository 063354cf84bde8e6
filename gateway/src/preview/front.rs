//! The preview's one address. By the host that is asked for it is the page around the views, the small site behind the gateway, or the way
//! to the gateway, which hears of a frame as of a tab, and whose pages the page around may frame.
//!
//! Refuses every other host, so that no page elsewhere can look in by a name of its own. Invariant: nothing else of a request or an
//! answer is changed on the way.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_SECURITY_POLICY, HOST};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1 as client;
use hyper::server::conn::http1 as server;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Stage, board, pages};
use crate::body::{Body, BodyError, full};
use crate::site::without_port;

/// The host of the page around the views. Views are hosts below it: so each is a visitor of its own, and the browser takes all for one
/// site, in whose frames cookies are kept.
pub(super) const HOST_NAME: &str = "preview.localhost";

/// What a browser loads something for.
const FETCH_DEST: &str = "sec-fetch-dest";
/// Connections at once.
const MOST_CONNECTIONS: usize = 512;
/// How long a request's head may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait where a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves until it is dropped, with all its connections.
pub(super) async fn serve(listener: TcpListener, stage: Arc<Stage>) {
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else { continue };
        let stage = Arc::clone(&stage);
        open.spawn(async move {
            let service = service_fn(move |request| {
                let stage = Arc::clone(&stage);
                async move { Ok::<_, Infallible>(answer(request, &stage).await) }
            });
            let serving = server::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            serving.await.ok();
            drop(permit);
        });
    }
}

async fn answer(request: Request<Incoming>, stage: &Stage) -> Response<Body> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).map(without_port).unwrap_or_default();
    match host {
        HOST_NAME | "localhost" | "127.0.0.1" | "[::1]" => match pages::answer(&request, stage) {
            Some(page) => page,
            None => board::answer(&request, stage),
        },
        _ if host.strip_suffix(HOST_NAME).is_some_and(|below| below.ends_with('.')) => {
            let forwarded = forward(request, stage.gateway).await;
            forwarded.unwrap_or_else(|_| refusal(StatusCode::BAD_GATEWAY))
        }
        _ => refusal(StatusCode::MISDIRECTED_REQUEST),
    }
}

pub(super) fn refusal(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(full(status.to_string()));
    *response.status_mut() = status;
    response
}

/// Asks the gateway as a tab would, of a browser that asks for less data: the banner's program takes the banner out of frames, and the plain
/// form is the same one.
async fn forward(
    mut request: Request<Incoming>,
    gateway: SocketAddr,
) -> Result<Response<Body>, Box<dyn std::error::Error + Send + Sync>> {
    let headers = request.headers_mut();
    if headers.get(FETCH_DEST).is_some_and(|dest| dest == "iframe") {
        headers.insert(FETCH_DEST, HeaderValue::from_static("document"));
        headers.insert("save-data", HeaderValue::from_static("on"));
    }
    let stream = TcpStream::connect(gateway).await?;
    let (mut sender, connection) = client::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut response = sender.send_request(request).await?;
    let_frame(response.headers_mut());
    Ok(response.map(|body| body.map_err(BodyError::new).boxed_unsync()))
}

/// Takes out who may frame a page; everything else of its policy stays.
fn let_frame(headers: &mut HeaderMap) {
    for value in headers.get_all(CONTENT_SECURITY_POLICY).iter().cloned().collect::<Vec<_>>() {
        let Ok(policy) = value.to_str() else { continue };
        let stays = policy.split(';').filter(|directive| !directive.trim_start().starts_with("frame-ancestors"));
        if let Ok(policy) = HeaderValue::from_str(stays.collect::<Vec<_>>().join(";").trim()) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_frame_is_taken_out_and_the_rest_stays() {
        let check = |policy: &'static str, expect: &str| {
            let mut headers = HeaderMap::from_iter([(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy))]);
            let_frame(&mut headers);
            assert_eq!(headers[CONTENT_SECURITY_POLICY], expect);
        };
        check("default-src 'none'; frame-ancestors 'none'; base-uri 'none'", "default-src 'none'; base-uri 'none'");
        check("frame-ancestors 'self'", "");
        check("default-src 'self'", "default-src 'self'");
    }
}
