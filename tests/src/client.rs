//! A visitor without a browser: HTTP/1.1 in exact bytes over a connection of its own, and HTTP/2 by hyper, in clear or by TLS. Refuses to follow
//! redirects, keep cookies or decode bodies. Invariant: an HTTP/1.1 answer's head is kept byte for byte.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::wait::within;

/// Both ends of a connection, in clear or inside TLS.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One connection.
pub struct Client {
    stream: Box<dyn Stream>,
    host: String,
    buffer: Vec<u8>,
    trailers: Vec<(String, Vec<u8>)>,
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// The status.
    pub status: u16,
    /// The head's bytes with the blank line; empty over HTTP/2.
    pub head: Vec<u8>,
    /// Header names as they came with their values, in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body without transfer coding.
    pub body: Vec<u8>,
    /// What stood behind the body.
    pub trailers: Vec<(String, Vec<u8>)>,
}

impl Heard {
    /// The first value of a header (any case), as text.
    pub fn header(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// All values of a header (any case), as text.
    pub fn all(&self, name: &str) -> Vec<String> {
        let named = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The `name=value` of the `Set-Cookie` line with this name.
    pub fn set_cookie(&self, name: &str) -> Option<String> {
        let lines = self.all("set-cookie");
        let pair = lines.iter().filter_map(|line| line.split(';').next());
        pair.map(str::trim).find(|pair| pair.split_once('=').is_some_and(|(own, _)| own == name)).map(String::from)
    }
}

impl Client {
    /// Connects in clear; `host` goes into the `Host` header of [`Client::get`].
    pub async fn connect(address: SocketAddr, host: &str) -> Self {
        let stream = within("the address accepts a connection", TcpStream::connect(address)).await;
        let stream = stream.unwrap_or_else(|error| panic!("can't connect to {address}: {error}"));
        stream.set_nodelay(true).expect("a socket takes its options");
        Self { stream: Box::new(stream), host: String::from(host), buffer: Vec::new(), trailers: Vec::new() }
    }

    /// Connects by TLS to `host`.
    pub async fn connect_tls(address: SocketAddr, host: &str, tls: Arc<rustls::ClientConfig>) -> Self {
        let (stream, _) = tls_stream(address, host, tls).await;
        Self { stream: Box::new(stream), host: String::from(host), buffer: Vec::new(), trailers: Vec::new() }
    }

    /// One request on a connection of its own.
    pub async fn fetch(address: SocketAddr, host: &str, path: &str, headers: &[(&str, &str)]) -> Heard {
        Self::connect(address, host).await.get(path, headers).await
    }

    /// A GET with these headers beside `Host`.
    pub async fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Heard {
        self.request("GET", path, headers, b"").await
    }

    /// A form posted with these headers beside `Host` and the form's own.
    pub async fn post_form(&mut self, path: &str, headers: &[(&str, &str)], form: &str) -> Heard {
        let mut all = vec![("Content-Type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.request("POST", path, &all, form.as_bytes()).await
    }

    /// Any request; a body brings its `Content-Length`.
    pub async fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Heard {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.send(&[head.as_bytes(), body].concat()).await;
        self.hear(method == "HEAD").await
    }

    /// Writes exact bytes.
    pub async fn send(&mut self, bytes: &[u8]) {
        within("bytes are taken", self.stream.write_all(bytes)).await.expect("the connection takes bytes");
        within("bytes are taken", self.stream.flush()).await.expect("the connection takes bytes");
    }

    /// Writes exact bytes, if the other side still takes any.
    pub async fn try_send(&mut self, bytes: &[u8]) -> bool {
        within("bytes are taken or refused", self.stream.write_all(bytes)).await.is_ok()
    }

    /// Reads one answer; `bodiless` where the request was a HEAD.
    pub async fn hear(&mut self, bodiless: bool) -> Heard {
        let mut heard = self.hear_head().await;
        let empty = bodiless || heard.status == 204 || heard.status == 304 || heard.status < 200;
        heard.body = if empty {
            Vec::new()
        } else if heard.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            self.chunks().await
        } else if let Some(length) = content_length(&heard.head) {
            self.exactly(length).await
        } else {
            self.rest().await
        };
        heard.trailers = std::mem::take(&mut self.trailers);
        heard
    }

    /// Reads the head of an answer and leaves the body on the wire.
    pub async fn hear_head(&mut self) -> Heard {
        let head = self.through(b"\r\n\r\n").await;
        let text = String::from_utf8_lossy(&head).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("not an answer: {text}"));
        let lines = text.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        let headers = lines.map(|(name, value)| (String::from(name), value.trim().as_bytes().to_vec())).collect();
        Heard { status, head, headers, ..Heard::default() }
    }

    /// One chunk of a chunked body; empty for the last, whose trailers are kept for [`Client::hear`].
    pub async fn chunk(&mut self) -> Vec<u8> {
        let line = self.through(b"\r\n").await;
        let line = String::from_utf8_lossy(&line).into_owned();
        let size = line.trim().split(';').next().and_then(|size| usize::from_str_radix(size.trim(), 16).ok());
        let size = size.unwrap_or_else(|| panic!("not a chunk size: {line}"));
        if size == 0 {
            self.read_trailers().await;
            return Vec::new();
        }
        let mut data = self.exactly(size + 2).await;
        data.truncate(data.len() - 2);
        data
    }

    async fn read_trailers(&mut self) {
        loop {
            let line = self.through(b"\r\n").await;
            let line = String::from_utf8_lossy(&line).into_owned();
            let Some((name, value)) = line.split_once(':') else { return };
            self.trailers.push((String::from(name), value.trim().as_bytes().to_vec()));
        }
    }

    /// Exactly so many bytes.
    pub async fn exactly(&mut self, count: usize) -> Vec<u8> {
        while self.buffer.len() < count {
            assert!(self.more().await, "the connection ended {} bytes early", count - self.buffer.len());
        }
        let rest = self.buffer.split_off(count);
        std::mem::replace(&mut self.buffer, rest)
    }

    /// Everything until the other side closes.
    pub async fn rest(&mut self) -> Vec<u8> {
        while self.more().await {}
        std::mem::take(&mut self.buffer)
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let chunk = self.chunk().await;
            if chunk.is_empty() {
                return body;
            }
            body.extend_from_slice(&chunk);
        }
    }

    async fn through(&mut self, mark: &[u8]) -> Vec<u8> {
        loop {
            if let Some(at) = self.buffer.windows(mark.len()).position(|window| window == mark) {
                return self.exactly(at + mark.len()).await;
            }
            let more = self.more().await;
            assert!(more, "the connection ended inside a head: {:?}", String::from_utf8_lossy(&self.buffer));
        }
    }

    async fn more(&mut self) -> bool {
        let read = within("the other side says something", self.stream.read_buf(&mut self.buffer)).await;
        // A peer that resets where it might close says the same to a reader: no more.
        read.is_ok_and(|read| read > 0)
    }
}

/// One GET over HTTP/2 in clear, known beforehand.
pub async fn fetch_h2c(address: SocketAddr, host: &str, path: &str, headers: &[(&str, &str)]) -> Heard {
    let stream =
        TcpStream::connect(address).await.unwrap_or_else(|error| panic!("can't connect to {address}: {error}"));
    fetch_h2(stream, &format!("http://{host}{path}"), headers).await
}

/// One GET over TLS with HTTP/2 agreed on by ALPN; panics when the server chose another.
pub async fn fetch_h2_tls(
    address: SocketAddr,
    host: &str,
    path: &str,
    headers: &[(&str, &str)],
    tls: Arc<rustls::ClientConfig>,
) -> Heard {
    let (stream, protocol) = tls_stream(address, host, tls).await;
    assert_eq!(protocol.as_deref(), Some(&b"h2"[..]), "the server did not choose HTTP/2");
    fetch_h2(stream, &format!("https://{host}{path}"), headers).await
}

async fn tls_stream(
    address: SocketAddr,
    host: &str,
    tls: Arc<rustls::ClientConfig>,
) -> (tokio_rustls::client::TlsStream<TcpStream>, Option<Vec<u8>>) {
    let stream =
        TcpStream::connect(address).await.unwrap_or_else(|error| panic!("can't connect to {address}: {error}"));
    let name = String::from(host).try_into().expect("a host name");
    let stream = tokio_rustls::TlsConnector::from(tls).connect(name, stream).await;
    let stream = stream.unwrap_or_else(|error| panic!("no TLS with {host} at {address}: {error}"));
    let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    (stream, protocol)
}

async fn fetch_h2(stream: impl Stream + 'static, url: &str, headers: &[(&str, &str)]) -> Heard {
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .expect("HTTP/2 is spoken");
    tokio::spawn(connection);
    let mut request = Request::get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::new())).expect("a request");
    let response = within("an answer over HTTP/2", sender.send_request(request)).await.expect("an answer over HTTP/2");
    let (parts, mut incoming) = response.into_parts();
    let (mut body, mut trailers) = (Vec::new(), Vec::new());
    while let Some(frame) = within("a body over HTTP/2", incoming.frame()).await {
        match frame.expect("a frame").into_data() {
            Ok(data) => body.extend_from_slice(&data),
            Err(frame) => trailers = lines(&frame.into_trailers().unwrap_or_default()),
        }
    }
    Heard { status: parts.status.as_u16(), head: Vec::new(), headers: lines(&parts.headers), body, trailers }
}

fn lines(headers: &hyper::HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}

/// Where the head of a message ends (after its blank line).
pub fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

/// The `Content-Length` of a head.
pub fn content_length(head: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length")).and_then(|(_, value)| value.trim().parse().ok())
}
