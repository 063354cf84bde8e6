//! One HTTP/1.1 connection to an origin, moved along by whoever waits for its answer. A connection in a task of its own would cost a
//! change of tasks for the request, one for the answer's head and one for each piece of its body, and the head would
//! go to the visitor in a write of its own.
//!
//! Refuses a second request while the first is under way. Invariant: what wakes a connection wakes whoever waits for it, or
//! its pool while it is kept; what wakes it in the very moment in which it is looked at wakes nobody twice.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::body::Body;

/// The bytes below.
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// A piece of an answer's body.
type Piece = hyper::Result<Frame<Bytes>>;

/// The head of an answer to come. Boxed, so that whoever waits for it is small: what is kept of a request is copied with it.
pub(super) type Answering =
    Pin<Box<dyn Future<Output = Result<Response<Incoming>, TrySendError<Request<Body>>>> + Send>>;

/// A connection to an origin.
pub(super) struct Link {
    sender: SendRequest<Body>,
    road: Road,
    bell: Arc<Bell>,
}

/// What moves a connection's bytes; None once it has ended: a request that it held is given back by its end alone.
struct Road(Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>);

/// Why there was no answer.
pub(super) struct Unanswered {
    pub(super) error: hyper::Error,
    /// The request, if nothing of it was sent.
    pub(super) unsent: Option<Request<Body>>,
}

/// Passes a connection's wakes on.
struct Bell {
    /// Who waits for the connection; None: it is kept.
    waits: Mutex<Option<Waker>>,
    /// Rung when a kept connection wakes.
    kept: Arc<Notify>,
    /// It is looked at just now.
    looking: AtomicBool,
    /// It woke since somebody looked.
    woken: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        if self.looking.load(Ordering::SeqCst) {
            return;
        }
        match &*self.waits.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(waits) => waits.wake_by_ref(),
            None => self.kept.notify_one(),
        }
    }
}

impl Bell {
    /// Wakes go to this task from now on.
    fn call(&self, cx: &Context<'_>) {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if !waits.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            *waits = Some(cx.waker().clone());
        }
    }

    /// Looks at the connection for a task: what wakes it meanwhile counts only if nothing came of it.
    fn look<T>(self: &Arc<Self>, cx: &Context<'_>, look: impl FnOnce(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        self.call(cx);
        self.looking.store(true, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(self));
        let polled = look(&mut Context::from_waker(&waker));
        self.looking.store(false, Ordering::SeqCst);
        // It asks for another turn: this one was long enough.
        if polled.is_pending() && self.woken.load(Ordering::SeqCst) {
            cx.waker().wake_by_ref();
        }
        polled
    }
}

impl Link {
    /// A connection that has just been made; `kept` is rung when it wakes while it is kept.
    pub(super) fn new(sender: SendRequest<Body>, connection: Connection<Stream, Body>, kept: Arc<Notify>) -> Self {
        let (waits, looking, woken) = (Mutex::default(), AtomicBool::new(false), AtomicBool::new(false));
        let bell = Arc::new(Bell { waits, kept, looking, woken });
        Self { sender, road: Road(Some(Box::pin(connection.with_upgrades()))), bell }
    }

    /// Sends a request; its answer is waited for by [`Link::answered`].
    pub(super) fn send(&mut self, request: Request<Body>) -> Answering {
        // What the connection is handed here it is told when it is first looked at, below.
        self.bell.looking.store(true, Ordering::SeqCst);
        Box::pin(self.sender.try_send_request(request))
    }

    /// Waits for the head of an answer.
    pub(super) async fn answered(&mut self, mut answer: Answering) -> Result<Response<Incoming>, Unanswered> {
        let (road, bell) = (&mut self.road, &self.bell);
        let answered = poll_fn(|cx| {
            bell.look(cx, |inner| {
                road.advance(bell, inner);
                answer.as_mut().poll(inner)
            })
        })
        .await;
        answered.map_err(|mut failed| Unanswered { unsent: failed.take_message(), error: failed.into_error() })
    }

    /// The next piece of an answer's body: what is there already, else what the connection brings.
    pub(super) fn poll_piece(&mut self, body: &mut Incoming, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        let (road, bell) = (&mut self.road, &self.bell);
        bell.look(cx, |inner| {
            // Asking says that a piece is wanted; without that the connection reads none.
            let polled = Pin::new(&mut *body).poll_frame(inner);
            if polled.is_ready() {
                return polled;
            }
            road.advance(bell, inner);
            Pin::new(body).poll_frame(inner)
        })
    }

    /// Lets it rest until somebody takes it; false: what was under way left it unfit for another request.
    pub(super) fn rest(&mut self) -> bool {
        if !self.sender.is_ready() {
            self.tend();
        }
        drop(self.bell.waits.lock().unwrap_or_else(PoisonError::into_inner).take());
        // Until now it was a piece of the answer that woke somebody.
        self.bell.woken.store(false, Ordering::SeqCst);
        self.is_open()
    }

    /// Whether it is still open after a rest, as far as is known.
    pub(super) fn has_rested(&mut self) -> bool {
        if self.bell.woken.load(Ordering::SeqCst) {
            self.tend();
        }
        self.is_open()
    }

    fn is_open(&self) -> bool {
        self.road.0.is_some() && self.sender.is_ready()
    }

    /// Sees to it while nobody waits for it.
    fn tend(&mut self) {
        let waker = Waker::from(Arc::clone(&self.bell));
        self.bell.looking.store(true, Ordering::SeqCst);
        self.road.advance(&self.bell, &mut Context::from_waker(&waker));
        self.bell.looking.store(false, Ordering::SeqCst);
    }

    /// Goes on by itself until what is under way has ended: a request's body that is still being sent, or an upgrade.
    /// Whether another request may be sent on it then.
    pub(super) async fn finish(&mut self) -> bool {
        let (road, bell, sender) = (&mut self.road, &self.bell, &mut self.sender);
        poll_fn(|cx| {
            bell.look(cx, |inner| {
                road.advance(bell, inner);
                if road.0.is_none() { Poll::Ready(false) } else { sender.poll_ready(inner).map(|ready| ready.is_ok()) }
            })
        })
        .await
    }
}

impl Road {
    /// Moves the connection along, unless it has ended. What woke it before is seen to by this.
    fn advance(&mut self, bell: &Bell, cx: &mut Context<'_>) {
        bell.woken.store(false, Ordering::SeqCst);
        let Some(Poll::Ready(ended)) = self.0.as_mut().map(|connection| connection.as_mut().poll(cx)) else { return };
        self.0 = None;
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection to an origin broke off");
        }
    }
}
