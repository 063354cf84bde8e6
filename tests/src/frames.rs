//! HTTP/2 in exact frames, for what no client library would send: fields are written as they are given, whether allowed or not.
//! Refuses to keep any state of the protocol. Invariant: header blocks are literals without tables and Huffman codes.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::wait::within;

/// What every client says first.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frame types of RFC 9113, section 6.
pub mod kind {
    /// DATA.
    pub const DATA: u8 = 0;
    /// HEADERS.
    pub const HEADERS: u8 = 1;
    /// RST_STREAM.
    pub const RESET: u8 = 3;
    /// SETTINGS.
    pub const SETTINGS: u8 = 4;
    /// PING.
    pub const PING: u8 = 6;
    /// GOAWAY.
    pub const GOAWAY: u8 = 7;
    /// WINDOW_UPDATE.
    pub const WINDOW: u8 = 8;
    /// CONTINUATION.
    pub const CONTINUATION: u8 = 9;
}

/// END_STREAM of DATA and HEADERS, ACK of SETTINGS and PING.
pub const END: u8 = 1;
/// END_HEADERS.
pub const WHOLE: u8 = 4;

/// One frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// See [`kind`].
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Its stream; 0 is the connection.
    pub stream: u32,
    /// The rest.
    pub payload: Vec<u8>,
}

/// How the gateway ended a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With an answer of this status.
    Answered(u16),
    /// With RST_STREAM and this code.
    Reset(u32),
    /// With the whole connection: GOAWAY with a code, or without a word.
    Gone(Option<u32>),
}

/// A connection that has said its preface.
pub struct Frames {
    stream: TcpStream,
}

impl Frames {
    /// Connects in clear and says the preface with these settings.
    pub async fn connect(address: SocketAddr, settings: &[(u16, u32)]) -> Self {
        let stream = within("the address accepts a connection", TcpStream::connect(address)).await;
        let mut frames = Self { stream: stream.expect("a connection") };
        frames.stream.set_nodelay(true).expect("a socket takes its options");
        frames.write(PREFACE).await;
        let payload =
            settings.iter().flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat());
        frames.send(kind::SETTINGS, 0, 0, &payload.collect::<Vec<_>>()).await;
        frames
    }

    /// Sends one frame; whether the other side still takes it.
    pub async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        self.write(&frame(kind, flags, stream, payload)).await
    }

    /// Sends exact bytes; whether the other side still takes them.
    pub async fn write(&mut self, bytes: &[u8]) -> bool {
        within("bytes are taken", self.stream.write_all(bytes)).await.is_ok()
    }

    /// Sends exact bytes as far as they are taken at once; how many were.
    pub fn write_some(&mut self, bytes: &[u8]) -> usize {
        self.stream.try_write(bytes).unwrap_or(0)
    }

    /// The next frame; none when the connection has ended.
    pub async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        within("a frame comes", self.stream.read_exact(&mut head)).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        let mut payload = vec![0; usize::try_from(length).expect("a frame fits into memory")];
        within("a frame comes whole", self.stream.read_exact(&mut payload)).await.ok()?;
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// How the request of this stream ends.
    pub async fn end_of(&mut self, stream: u32) -> End {
        while let Some(frame) = self.next().await {
            let code = |at: usize| {
                let bytes = frame.payload.get(at..at + 4).expect("an error code");
                u32::from_be_bytes(bytes.try_into().expect("four bytes"))
            };
            match frame.kind {
                kind::HEADERS if frame.stream == stream => return End::Answered(status(&frame.payload)),
                kind::RESET if frame.stream == stream => return End::Reset(code(0)),
                kind::GOAWAY if code(4) != 0 => return End::Gone(Some(code(4))),
                _ => {}
            }
        }
        End::Gone(None)
    }
}

/// A frame's bytes.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header block with each field as a literal that is not indexed.
pub fn fields(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            push_length(&mut block, text.len());
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

fn push_length(block: &mut Vec<u8>, length: usize) {
    if length < 127 {
        block.push(u8::try_from(length).expect("below 127"));
        return;
    }
    block.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        block.push(u8::try_from(rest % 128).expect("below 128") | 128);
        rest /= 128;
    }
    block.push(u8::try_from(rest).expect("below 128"));
}

/// The status at the start of a header block: indexed, or a literal under the name of index 8, Huffman-coded or not.
fn status(block: &[u8]) -> u16 {
    let known = [200, 204, 206, 304, 400, 404, 500];
    match block {
        [first @ 0x88..=0x8e, ..] => known[usize::from(first - 0x88)],
        [0x48 | 0x08, length, rest @ ..] if *length < 128 => {
            std::str::from_utf8(&rest[..3]).expect("digits").parse().expect("a status")
        }
        [0x48 | 0x08, _, rest @ ..] => digits(rest),
        _ => panic!("no status in {block:02x?}"),
    }
}

/// Three digits in the Huffman code of RFC 7541, appendix B: 0 to 2 have five bits, 3 to 9 have six.
fn digits(bytes: &[u8]) -> u16 {
    let bits = bytes.iter().take(3).fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << 8;
    let (mut bits, mut number) = (bits, 0);
    for _ in 0..3 {
        let five = bits >> 27;
        let (digit, length) = if five <= 2 { (five, 5) } else { ((bits >> 26) - 0x19 + 3, 6) };
        number = number * 10 + u16::try_from(digit).expect("a digit");
        bits <<= length;
    }
    number
}
