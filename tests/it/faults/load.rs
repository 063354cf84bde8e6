//! A small load: some visitors who ask one thing after the other, half of them on a connection of their own each time. Each knows whether a
//! request that the gateway took was answered whole. Bounded by a flag and a count.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How many ask at once.
const VISITORS: usize = 8;
/// What the origin answers.
pub(super) const BODY: &str = "whole and sound";

/// A running load.
pub(super) struct Load {
    ended: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    visitors: JoinSet<Vec<String>>,
}

impl Load {
    /// Begins to ask.
    pub(super) fn on(address: SocketAddr) -> Self {
        let (ended, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut visitors = JoinSet::new();
        for number in 0..VISITORS {
            visitors.spawn(visit(address, number % 2 == 0, Arc::clone(&ended), Arc::clone(&answered)));
        }
        Self { ended, answered, visitors }
    }

    /// How many answers came until now.
    pub(super) fn answered(&self) -> usize {
        self.answered.load(Ordering::SeqCst)
    }

    /// Stops asking; hands over how many were answered, and what was lost.
    pub(super) async fn end(mut self) -> (usize, Vec<String>) {
        self.ended.store(true, Ordering::SeqCst);
        let mut lost = Vec::new();
        while let Some(visited) = self.visitors.join_next().await {
            lost.extend(visited.expect("a visitor's task ends"));
        }
        (self.answered.load(Ordering::SeqCst), lost)
    }
}

/// Asks until the end or until the gateway takes no more connections.
async fn visit(address: SocketAddr, keeps: bool, ended: Arc<AtomicBool>, answered: Arc<AtomicUsize>) -> Vec<String> {
    let mut lost = Vec::new();
    let mut kept: Option<TcpStream> = None;
    while !ended.load(Ordering::SeqCst) {
        let mut stream = match kept.take() {
            Some(stream) => stream,
            None => match TcpStream::connect(address).await {
                Ok(stream) => stream,
                Err(_) => return lost,
            },
        };
        match ask(&mut stream).await {
            Ok(head) => {
                answered.fetch_add(1, Ordering::SeqCst);
                let closes = head.to_ascii_lowercase().contains("connection: close");
                kept = (keeps && !closes).then_some(stream);
            }
            Err(error) => lost.push(error),
        }
    }
    lost
}

async fn ask(stream: &mut TcpStream) -> Result<String, String> {
    let told = |what: &str, error: std::io::Error| format!("{what}: {error}");
    let request = b"GET /load HTTP/1.1\r\nHost: shop.example\r\n\r\n";
    stream.write_all(request).await.map_err(|error| told("not sent", error))?;
    let mut heard = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&heard).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && body.len() >= BODY.len()
        {
            let whole = head.starts_with("HTTP/1.1 200 ") && body == BODY;
            return if whole { Ok(head.to_owned()) } else { Err(text) };
        }
        let read = tokio::time::timeout(gateway_tests::wait::PATIENCE, stream.read_buf(&mut heard)).await;
        if read.map_err(|_| "no answer".to_owned())?.map_err(|error| told("broken off", error))? == 0 {
            return Err(format!("closed after {text:?}"));
        }
    }
}
