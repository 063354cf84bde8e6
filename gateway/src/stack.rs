//! The layers around the walk, in order, each with the reason for its place. Nothing here knows consent.

mod pace;

pub(crate) use pace::{Pace, Verdict};

use std::convert::Infallible;
use std::sync::Arc;

use http::header::STRICT_TRANSPORT_SECURITY;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use policies::Lang;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::util::BoxCloneSyncService;
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_http::catch_panic::CatchPanicLayer;

use crate::body::{Body, BodyError};
use crate::error::Error;
use crate::proxy::Gateway;
use crate::visitor::Peer;

/// What answers one connection's requests.
pub(crate) type Stack = BoxCloneSyncService<Request<Incoming>, Response<Body>, Infallible>;

/// The stack for a connection; `bound` is shared by all connections, `pace` is the connection's own.
pub(crate) fn stack(gateway: Arc<Gateway>, peer: Peer, bound: GlobalConcurrencyLimitLayer, pace: Pace) -> Stack {
    let walker = Arc::clone(&gateway);
    let walk = service_fn(move |request: Request<Incoming>| {
        let gateway = Arc::clone(&walker);
        async move {
            let answer = gateway.answer(request, peer).await;
            Ok::<Response<Body>, Infallible>(answer.unwrap_or_else(|error| told(&error)))
        }
    });
    // Boxed inside and outside: the compiler can't follow the future of the whole stack at once.
    let walk: Stack = BoxCloneSyncService::new(walk);
    let layered = ServiceBuilder::new()
        // Outermost, so that a mistake anywhere below costs one request and not the connection.
        .layer(CatchPanicLayer::custom(panicked))
        // What is over the bound is answered at once instead of waiting unseen.
        .layer(LoadShedLayer::new())
        .layer(bound)
        .service(walk);
    BoxCloneSyncService::new(service_fn(move |request: Request<Incoming>| {
        let strict_transport = gateway.strict_transport(&request, &peer);
        let exchange = pace.begin(request.version());
        let answering = layered.clone().oneshot(request);
        async move {
            let mut answer = answering.await.map_or_else(
                |_| told(&Error::Busy),
                |answer| answer.map(|body| body.map_err(BodyError::new).boxed_unsync()),
            );
            // On every answer, our own and those of failures too; what the origin says itself stays.
            if let Some(value) = strict_transport {
                answer.headers_mut().entry(STRICT_TRANSPORT_SECURITY).or_insert(value);
            }
            Ok(answer.map(|body| exchange.paced(body)))
        }
    }))
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> Response<Body> {
    told(&Error::Internal)
}

/// The answer for an error, and its line in the log.
fn told(error: &Error) -> Response<Body> {
    let status = error.status();
    match error.source_of() {
        crate::error::Source::Visitor => {
            tracing::debug!(%status, error = error as &dyn std::error::Error, "a request was refused")
        }
        crate::error::Source::Origin | crate::error::Source::Gateway => {
            tracing::warn!(%status, error = error as &dyn std::error::Error, "a request failed");
        }
    }
    error.answer(Lang::En)
}
