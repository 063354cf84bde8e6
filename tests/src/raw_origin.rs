//! An origin that speaks in exact bytes: it remembers each request as it came by wire and writes what the test says, in pieces if
//! asked. Refuses to parse more than where a request ends. Invariant: no byte of an answer is its own.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;

use crate::client::{content_length, head_end};

/// What the origin does with a request.
pub enum Answer {
    /// Writes the bytes and stays ready for the next request on the connection.
    Bytes(Vec<u8>),
    /// The same with bytes that many answers share.
    Shared(Arc<Vec<u8>>),
    /// Writes the bytes and closes.
    Last(Vec<u8>),
    /// Writes the bytes, then sends back whatever comes: the far end of a tunnel.
    Echo(Vec<u8>),
    /// Writes the bytes, then each piece as the test hands it over, then closes.
    Pieces(Vec<u8>, Receiver<Vec<u8>>),
    /// Writes the bytes over and over until the other side has had enough.
    Endless(Vec<u8>),
    /// Writes nothing and stays.
    Silence,
}

impl Answer {
    /// Text to write before the next request.
    pub fn text(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

/// A request by wire: its head (start line and headers with the blank line) and body bytes.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The head's bytes.
    pub head: Vec<u8>,
    /// The bytes after it that `Content-Length` speaks of, or all chunks with their framing.
    pub body: Vec<u8>,
}

impl Asked {
    /// The head as text.
    pub fn head_text(&self) -> String {
        String::from_utf8_lossy(&self.head).into_owned()
    }

    /// The lines of the head with this header name (in any case), whole.
    pub fn lines(&self, name: &str) -> Vec<String> {
        let head = self.head_text();
        let named = head
            .split("\r\n")
            .filter(|line| line.split_once(':').is_some_and(|(own, _)| own.eq_ignore_ascii_case(name)));
        named.map(String::from).collect()
    }
}

type Script = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

/// A running origin of exact bytes.
pub struct RawOrigin {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl RawOrigin {
    /// Starts on a free port.
    pub async fn start(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let script: Script = Arc::new(script);
        let (all, count) = (Arc::clone(&asked), Arc::clone(&connections));
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&script), Arc::clone(&all), Arc::clone(&count)));
            }
        });
        Self { address, asked, connections, accepting }
    }

    /// The address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request until now.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The latest request; panics when there was none.
    pub fn last(&self) -> Asked {
        self.asked().pop().expect("the origin was never asked")
    }

    /// How many connections brought a request.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for RawOrigin {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A connection that breaks ends its conversation: the test sees what the gateway makes of it.
async fn converse(
    mut stream: TcpStream,
    script: Script,
    all: Arc<Mutex<Vec<Asked>>>,
    count: Arc<AtomicUsize>,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut buffer = Vec::new();
    let mut first = true;
    loop {
        let asked = read_request(&mut stream, &mut buffer).await?;
        count.fetch_add(usize::from(std::mem::take(&mut first)), Ordering::SeqCst);
        all.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
        match script(&asked) {
            Answer::Bytes(bytes) => stream.write_all(&bytes).await.ok()?,
            Answer::Shared(bytes) => stream.write_all(&bytes).await.ok()?,
            Answer::Last(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                return stream.shutdown().await.ok();
            }
            Answer::Echo(bytes) => {
                stream.write_all(&bytes).await.ok()?;
                stream.write_all(&buffer).await.ok()?;
                let (mut reader, mut writer) = stream.split();
                tokio::io::copy(&mut reader, &mut writer).await.ok()?;
                return writer.shutdown().await.ok();
            }
            Answer::Endless(bytes) => loop {
                stream.write_all(&bytes).await.ok()?;
            },
            Answer::Silence => {
                stream.read_to_end(&mut buffer).await.ok()?;
                return None;
            }
            Answer::Pieces(bytes, mut pieces) => {
                stream.write_all(&bytes).await.ok()?;
                while let Some(piece) = pieces.recv().await {
                    stream.write_all(&piece).await.ok()?;
                }
                return stream.shutdown().await.ok();
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Asked> {
    let end = loop {
        if let Some(end) = head_end(buffer) {
            break end;
        }
        read_more(stream, buffer).await?;
    };
    let rest = buffer.split_off(end);
    let head = std::mem::replace(buffer, rest);
    let chunked = String::from_utf8_lossy(&head).to_ascii_lowercase().contains("\r\ntransfer-encoding: chunked\r\n");
    let length = loop {
        let length = if chunked { chunks_end(buffer) } else { Some(content_length(&head).unwrap_or(0)) };
        match length {
            Some(length) if buffer.len() >= length => break length,
            _ => read_more(stream, buffer).await?,
        }
    };
    let rest = buffer.split_off(length);
    let body = std::mem::replace(buffer, rest);
    Some(Asked { head, body })
}

/// Where a chunked body ends, once it does. Trailers end with a blank line as heads do.
fn chunks_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = bytes.get(at..)?.windows(2).position(|pair| pair == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[at..at + line]).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return head_end(&bytes[at..]).map(|end| at + end);
        }
        at += line + 2 + size + 2;
    }
}

async fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(buffer).await.ok()?;
    (read > 0).then_some(())
}
