//! Content codings of pages: the only place that knows codecs.
//!
//! Refuses codings it can't read whole (unknown ones, several at once, `deflate`, whose two readings differ): such a
//! page isn't touched. Invariant: a decoder never holds more output than it was asked for, so a small body
//! that decodes to gigabytes costs a portion of memory at a time.

mod encode;

pub use encode::Encoder;

use std::io::{self, BufRead, Read};

use brotli::{BrotliResult, BrotliState};
use flate2::bufread::MultiGzDecoder;
use zstd::stream::raw::{DParameter, InBuffer, Operation, OutBuffer};

/// RFC 9659: a zstd window of at most 8 MiB on the web.
const ZSTD_WINDOW_LOG: u32 = 23;

/// A coding that a page may travel in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

/// Why a body couldn't be read or written. What came before it was handed out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes aren't of the coding that the header named.
    #[error("the body is not valid {coding:?}")]
    Corrupt {
        /// The coding named.
        coding: Coding,
        /// What the codec said, where it said something.
        #[source]
        source: Option<io::Error>,
    },
    /// The body is a bomb, or as good as one.
    #[error("the body decodes to more than limits.decoded_bytes or limits.decoded_ratio allow")]
    TooLarge,
    /// The body ended in the middle of its coding.
    #[error("the body ends before its {0:?} coding does")]
    Truncated(Coding),
    /// The codec couldn't be set up.
    #[error("the {coding:?} codec can't start")]
    Start {
        /// The coding wanted.
        coding: Coding,
        /// What the codec said.
        #[source]
        source: io::Error,
    },
}

impl Coding {
    /// The coding a `Content-Encoding` value names; `None` for unknown or several codings, which stay untouched.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let mut named = crate::wire::list::members(value).filter(|name| !name.eq_ignore_ascii_case(b"identity"));
        let Some(name) = named.next() else { return Some(Self::Identity) };
        if named.next().is_some() {
            return None;
        }
        let names: [(&[u8], Self); 4] =
            [(b"gzip", Self::Gzip), (b"x-gzip", Self::Gzip), (b"br", Self::Brotli), (b"zstd", Self::Zstd)];
        names.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map(|(_, coding)| coding)
    }
}

/// How much a coded body may decode to.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes in all.
    pub most: u64,
    /// Bytes for each coded byte, past [`FREE`].
    pub ratio: u64,
}

/// Decoded bytes that no ratio is asked of: short pages of one sentence repeated are no bombs.
pub const FREE: u64 = 8 * 1024 * 1024;

/// Takes a coded body in and gives it out in portions: [`feed`](Self::feed), then [`take`](Self::take) until it is
/// empty, then feed again; [`finish`](Self::finish) when the body ended.
pub struct Decoder {
    coding: Coding,
    input: Feed,
    engine: DecoderEngine,
    fed: u64,
    given: u64,
    bounds: Bounds,
    failed: Option<Error>,
}

enum DecoderEngine {
    Identity,
    Gzip(Box<MultiGzDecoder<Feed>>),
    Brotli { state: Box<BrotliHeap>, done: bool },
    Zstd { decoder: zstd::stream::raw::Decoder<'static>, between_frames: bool },
}

type BrotliHeap = BrotliState<brotli::enc::StandardAlloc, brotli::enc::StandardAlloc, brotli::enc::StandardAlloc>;

impl Decoder {
    /// A decoder at the start of a body.
    ///
    /// # Errors
    /// Where the codec can't be set up.
    pub fn new(coding: Coding, bounds: Bounds) -> Result<Self, Error> {
        let engine = match coding {
            Coding::Identity => DecoderEngine::Identity,
            Coding::Gzip => DecoderEngine::Gzip(Box::new(MultiGzDecoder::new(Feed::default()))),
            Coding::Brotli => DecoderEngine::Brotli {
                state: Box::new(BrotliState::new(Default::default(), Default::default(), Default::default())),
                done: false,
            },
            Coding::Zstd => {
                let start = |source| Error::Start { coding, source };
                let mut decoder = zstd::stream::raw::Decoder::new().map_err(start)?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG)).map_err(start)?;
                DecoderEngine::Zstd { decoder, between_frames: true }
            }
        };
        Ok(Self { coding, input: Feed::default(), engine, fed: 0, given: 0, bounds, failed: None })
    }

    /// Takes coded bytes in. Take everything out before feeding more: what is fed is kept until it's taken.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.fed = self.fed.saturating_add(length_of(bytes));
        match &mut self.engine {
            DecoderEngine::Gzip(gzip) => gzip.get_mut().extend(bytes),
            DecoderEngine::Identity | DecoderEngine::Brotli { .. } | DecoderEngine::Zstd { .. } => {
                self.input.extend(bytes);
            }
        }
    }

    /// At most `most` decoded bytes; empty when more input is wanted.
    ///
    /// # Errors
    /// [`Error::Corrupt`], after everything before the fault was given out; [`Error::TooLarge`].
    pub fn take(&mut self, most: usize) -> Result<Vec<u8>, Error> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        if self.coding == Coding::Identity {
            return Ok(self.input.taken(most));
        }
        let mut out = vec![0; most];
        let (filled, outcome) = self.fill(&mut out);
        out.truncate(filled);
        self.given = self.given.saturating_add(length_of(&out));
        if self.is_over_bounds() {
            return Err(Error::TooLarge);
        }
        match outcome {
            Ok(()) => Ok(out),
            Err(source) => {
                let error = Error::Corrupt { coding: self.coding, source };
                if filled == 0 {
                    return Err(error);
                }
                self.failed = Some(error);
                Ok(out)
            }
        }
    }

    fn is_over_bounds(&self) -> bool {
        self.given > self.bounds.most || self.given > FREE.max(self.fed.saturating_mul(self.bounds.ratio))
    }

    /// The coding that it reads.
    #[must_use]
    pub const fn coding(&self) -> Coding {
        self.coding
    }

    /// Says whether the coding ended where the body did. A body without a byte is whole in every coding.
    ///
    /// # Errors
    /// [`Error::Truncated`] if it didn't, [`Error::Corrupt`] if a checksum at its end is wrong.
    pub fn finish(mut self) -> Result<(), Error> {
        if self.fed == 0 {
            return Ok(());
        }
        let whole = match &mut self.engine {
            DecoderEngine::Identity => true,
            DecoderEngine::Brotli { done, .. } => *done,
            DecoderEngine::Zstd { between_frames, .. } => *between_frames,
            DecoderEngine::Gzip(gzip) => {
                gzip.get_mut().ended = true;
                match gzip.read(&mut [0]) {
                    Ok(0) => true,
                    Ok(_) => false,
                    Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => false,
                    Err(source) => return Err(Error::Corrupt { coding: self.coding, source: Some(source) }),
                }
            }
        };
        if whole { Ok(()) } else { Err(Error::Truncated(self.coding)) }
    }

    /// Fills `out` from the front as far as the input reaches.
    fn fill(&mut self, out: &mut [u8]) -> (usize, Result<(), Option<io::Error>>) {
        match &mut self.engine {
            DecoderEngine::Identity => (0, Ok(())),
            DecoderEngine::Gzip(gzip) => fill_by_reading(gzip.as_mut(), out),
            DecoderEngine::Brotli { state, done } => {
                let (mut written, mut broken) = (0, false);
                if !*done {
                    let (mut input_left, mut read, mut room, mut total) = (self.input.rest().len(), 0, out.len(), 0);
                    let result = brotli::BrotliDecompressStream(
                        &mut input_left,
                        &mut read,
                        self.input.rest(),
                        &mut room,
                        &mut written,
                        out,
                        &mut total,
                        state,
                    );
                    self.input.consume(read);
                    *done = matches!(result, BrotliResult::ResultSuccess);
                    broken = matches!(result, BrotliResult::ResultFailure);
                }
                // The coding knows its end; whatever follows is nothing of it.
                broken |= *done && !self.input.rest().is_empty();
                (written, if broken { Err(None) } else { Ok(()) })
            }
            DecoderEngine::Zstd { decoder, between_frames } => {
                let mut written = OutBuffer::around(out);
                let outcome = run_zstd(decoder, &mut self.input, &mut written, between_frames);
                (written.pos(), outcome.map_err(Some))
            }
        }
    }
}

fn length_of(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn fill_by_reading(reader: &mut impl Read, out: &mut [u8]) -> (usize, Result<(), Option<io::Error>>) {
    let mut filled = 0;
    while let Some(room) = out.get_mut(filled..).filter(|room| !room.is_empty()) {
        match reader.read(room) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
            Err(e) => return (filled, Err(Some(e))),
        }
    }
    (filled, Ok(()))
}

fn run_zstd(
    decoder: &mut zstd::stream::raw::Decoder<'static>,
    input: &mut Feed,
    out: &mut OutBuffer<'_, [u8]>,
    between_frames: &mut bool,
) -> io::Result<()> {
    loop {
        let before = (input.rest().len(), out.pos());
        if *between_frames && input.rest().is_empty() {
            return Ok(());
        }
        let mut bytes = InBuffer::around(input.rest());
        let hint = decoder.run(&mut bytes, out)?;
        let read = bytes.pos();
        input.consume(read);
        *between_frames = hint == 0;
        if out.pos() == out.capacity() || (input.rest().len(), out.pos()) == before {
            return Ok(());
        }
    }
}

/// Input that arrived and wasn't decoded yet. While the body goes on, its end reads as "would block", not as
/// the end.
#[derive(Default)]
struct Feed {
    bytes: Vec<u8>,
    read: usize,
    ended: bool,
}

impl Feed {
    fn extend(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.read);
        self.read = 0;
        self.bytes.extend_from_slice(bytes);
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.read..).unwrap_or_default()
    }

    /// At most so many bytes; all that is there isn't copied.
    fn taken(&mut self, most: usize) -> Vec<u8> {
        if self.read == 0 && self.bytes.len() <= most {
            return std::mem::take(&mut self.bytes);
        }
        let taken = self.rest().get(..most).unwrap_or(self.rest()).to_vec();
        self.consume(taken.len());
        taken
    }
}

impl Read for Feed {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(out)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Feed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.rest().is_empty() && !self.ended { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(self.rest()) }
    }

    fn consume(&mut self, read: usize) {
        self.read = (self.read + read).min(self.bytes.len());
    }
}

#[cfg(test)]
#[path = "coding_tests.rs"]
mod tests;
