//! One message to one receiver, and what its answer means.
//!
//! Refuses to follow redirects, to wait longer than [`WAIT`] in all, and to read more of an answer than [`ANSWER`] bytes.
//! Invariant: only a 2xx whose head came in time is a yes.

use std::path::Path;
use std::time::Duration;

use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use policies::{Record, Timestamp};

use super::{Receiver, message};
use crate::client::{self, Bounded};
use crate::signing::WebhookHeaders;

/// How long a message may take, from the connection to the end of the answer.
const WAIT: Duration = Duration::from_secs(15);
/// Bytes of an answer that are read, so that its connection can be used again.
const ANSWER: usize = 16 * 1024;
/// Connections that are kept for the next messages.
const IDLE: usize = 4;

/// The way to one receiver.
#[derive(Clone, Debug)]
pub(super) struct Way(Client<Bounded<HttpsConnector<HttpConnector>>, Full<Bytes>>);

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The receiver has it.
    Told,
    /// It answers, and won't have this one.
    Refused(String),
    /// It is not there, or has too much to do: neither this one nor another would get through.
    Away(String),
}

impl Way {
    /// With these certificate authorities instead of the system's.
    pub(super) fn new(authorities: Option<&Path>, connect_wait: Duration) -> Result<Self, client::SetupError> {
        let tls = authorities.map_or_else(client::of_system, client::with_authorities)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_wait));
        let connector = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http();
        let connector = connector.enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(IDLE)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .http1_max_buf_size(64 * 1024)
            .build(Bounded::new(connector, connect_wait));
        Ok(Self(client))
    }
}

/// Sends a record's message.
pub(super) async fn send(receiver: &Receiver, record: &Record, now: Timestamp) -> Outcome {
    let Some(request) = request(receiver, record, now) else {
        return Outcome::Refused("the message can't be written".to_owned());
    };
    let exchange = async {
        match receiver.way.0.request(request).await {
            Ok(response) => {
                let status = response.status();
                read_away(response.into_body()).await;
                meaning(status)
            }
            Err(error) => Outcome::Away(cause(&error)),
        }
    };
    let late = |_| Outcome::Away(format!("no answer within {} seconds", WAIT.as_secs()));
    tokio::time::timeout(WAIT, exchange).await.unwrap_or_else(late)
}

fn request(receiver: &Receiver, record: &Record, now: Timestamp) -> Option<Request<Full<Bytes>>> {
    let body = message::body(record)?;
    let WebhookHeaders { id, timestamp, signature } =
        WebhookHeaders::sign(&receiver.key, message::id(record), now.0, &body);
    Request::builder()
        .method(Method::POST)
        .uri(receiver.url.clone())
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(USER_AGENT, HeaderValue::from_static(concat!("consent-gateway/", env!("CARGO_PKG_VERSION"))))
        .header("webhook-id", id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signature)
        .body(Full::new(Bytes::from(body)))
        .ok()
}

fn meaning(status: StatusCode) -> Outcome {
    match status {
        status if status.is_success() => Outcome::Told,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
            Outcome::Away(format!("it answered {}", status.as_u16()))
        }
        status if status.is_server_error() => Outcome::Away(format!("it answered {}", status.as_u16())),
        status if status.is_redirection() => {
            Outcome::Refused(format!("it answered {}: redirects are not followed", status.as_u16()))
        }
        status => Outcome::Refused(format!("it answered {}", status.as_u16())),
    }
}

/// What the answer says beside its status matters to nobody; a connection with the rest of one is closed.
async fn read_away(body: Incoming) {
    #[expect(clippy::disallowed_methods, reason = "the body is limited")]
    Limited::new(body, ANSWER).collect().await.ok();
}

/// The last cause tells most: that a connection was refused, or a certificate.
fn cause(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_success_is_a_yes() {
        let check = |status: u16, expect: fn(&Outcome) -> bool| {
            let outcome = meaning(StatusCode::from_u16(status).unwrap());
            assert!(expect(&outcome), "{status}: {outcome:?}");
        };
        for status in [200, 202, 204] {
            check(status, |outcome| *outcome == Outcome::Told);
        }
        for status in [301, 302, 307, 400, 401, 404, 410, 422] {
            check(status, |outcome| matches!(outcome, Outcome::Refused(_)));
        }
        for status in [408, 425, 429, 500, 502, 503] {
            check(status, |outcome| matches!(outcome, Outcome::Away(_)));
        }
    }
}
