//! A connection from its first byte to its end, as its pace says: HTTP while there is something to do, and between
//! requests, after a while, a stream alone. HTTP's buffers and states are most of what a connection costs, and most
//! connections rest.
//!
//! Refuses to rest while anything is under way, half read or unsent, and over HTTP/2, whose state both ends share.
//! Invariant: whatever the pace says is done, whether HTTP is there or not.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Sleep;

use super::visitor_stream::{Home, Open};
use crate::config::{Limits, USUAL_HEADERS};
use crate::stack::{Pace, Stack, Verdict};

/// What comes after HTTP has let go of a connection.
enum Next {
    End,
    Rest,
}

/// What the pace of a connection asks for.
enum Due {
    Cut(&'static str),
    Leave,
    Rest,
}

/// Looks at a connection's pace, and at the stop of the server.
struct Clock<'c, F> {
    pace: Pace,
    stop: Pin<&'c mut F>,
    stopped: bool,
    look: Pin<&'c mut Sleep>,
}

/// Serves a connection until it ends by itself or its pace says that it must.
pub(super) async fn drive<S>(mut open: Open<S>, service: Stack, limits: Limits, leaving: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let home = Home::new();
    let mut held = leaving.clone();
    let stop = pin!(async move { held.wait_for(|leaving| *leaving).await.map(drop).unwrap_or_default() });
    let look = pin!(tokio::time::sleep(limits.head_wait));
    let mut clock = Clock { pace: service.pace.clone(), stop, stopped: false, look };
    loop {
        if !rest(&mut open, &mut clock).await {
            open.close().await;
            break;
        }
        // Boxed, so that a connection that rests has no room for it.
        let served = Box::pin(serve(&home, open, service.clone(), &limits, &mut clock)).await;
        match (served, home.take()) {
            (Next::Rest, Some(rested)) => open = rested,
            _ => break,
        }
    }
    drop(leaving);
}

/// Waits for bytes; false: the connection is to be closed.
async fn rest<S, F>(open: &mut Open<S>, clock: &mut Clock<'_, F>) -> bool
where
    S: AsyncRead + Unpin,
    F: Future<Output = ()>,
{
    poll_fn(|cx| match open.poll_wakes(cx) {
        Poll::Ready(wakes) => Poll::Ready(wakes),
        Poll::Pending => clock.poll_due(cx, false).map(|_| false),
    })
    .await
}

/// Speaks HTTP on a connection until it ends or rests.
async fn serve<S, F>(home: &Home<S>, open: Open<S>, service: Stack, limits: &Limits, clock: &mut Clock<'_, F>) -> Next
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = ()>,
{
    let builder = builder(limits);
    let mut connection =
        pin!(builder.serve_connection_with_upgrades(TokioIo::new(home.lend(open)), TowerToHyperService::new(service)));
    let mut told = false;
    let ended = poll_fn(|cx| {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(ended.map(|()| Next::End).map_err(|error| error.to_string()));
            }
            match ready!(clock.poll_due(cx, told)) {
                Due::Cut(why) => return Poll::Ready(Err(why.to_owned())),
                Due::Rest => return Poll::Ready(Ok(Next::Rest)),
                Due::Leave => {
                    told = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    });
    ended.await.unwrap_or_else(|error| {
        tracing::debug!(error, "a connection broke off");
        Next::End
    })
}

impl<F: Future<Output = ()>> Clock<'_, F> {
    /// Ready when something is to be done; `told` says that the connection was asked to leave.
    fn poll_due(&mut self, cx: &mut Context<'_>, told: bool) -> Poll<Due> {
        if !self.stopped && self.stop.as_mut().poll(cx).is_ready() {
            self.stopped = true;
            self.pace.stop();
        }
        loop {
            let at = match self.pace.verdict() {
                Verdict::Cut(why) => return Poll::Ready(Due::Cut(why)),
                Verdict::Rest => return Poll::Ready(Due::Rest),
                Verdict::Leave(_) if !told => return Poll::Ready(Due::Leave),
                Verdict::Leave(at) | Verdict::Keep(at) => at,
            };
            // A later look is set when this one has come: most are never needed.
            if self.look.is_elapsed() || at < self.look.deadline() {
                self.look.as_mut().reset(at);
            }
            ready!(self.look.as_mut().poll(cx));
        }
    }
}

pub(super) fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let head_list = u32::try_from(limits.head_bytes).unwrap_or(u32::MAX);
    builder
        .http1()
        .timer(TokioTimer::new())
        .max_buf_size(limits.head_bytes)
        .preserve_header_case(true)
        // The pace of a connection bounds this wait together with the others.
        .header_read_timeout(None);
    // Any number, even this, has hyper fill a list with each head.
    if limits.headers != USUAL_HEADERS {
        builder.http1().max_headers(limits.headers);
    }
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.idle_wait)
        .max_header_list_size(head_list)
        .max_concurrent_streams(limits.streams)
        .initial_stream_window_size(limits.stream_bytes)
        .initial_connection_window_size(limits.stream_bytes.saturating_mul(4))
        .max_send_buf_size(usize::try_from(limits.stream_bytes).unwrap_or(usize::MAX))
        .max_local_error_reset_streams(limits.resets)
        .max_pending_accept_reset_streams(limits.resets.min(20));
    builder
}
