//! A worker: one thread with a runtime of its own, on which everything of its visitors' connections happens, their
//! origins' included. What one request does, no other thread wakes up for.
//!
//! Refuses work of other kinds: the store, watches, owners and analysts are served by the runtime that the process
//! began with. Invariant: a worker lives as long as its server.

use std::future::Future;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A worker that runs; when it is dropped, it stops where it stands.
pub(super) struct Worker {
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Worker {
    /// Starts a worker; its number stands in the thread's name.
    pub(super) fn start(number: usize) -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            runtime.block_on(async { stopped.await.ok() });
            // Whatever a thread of its own still does (a name that is looked up) isn't waited for.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name(format!("worker {number}")).spawn(run)?;
        Ok(Self { runtime: handle, stop: Some(stop), thread: Some(thread) })
    }

    /// Has the worker do something.
    pub(super) fn spawn<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.runtime.spawn(work)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(Err(_)) = self.thread.take().map(thread::JoinHandle::join) {
            tracing::error!("a worker's thread panicked");
        }
    }
}
