//! The way out: a page is coded again as it came, with fast levels. Invariant: after a flush, everything taken in has
//! been given out.

use std::io::Write;

use super::{Coding, Error};

const GZIP_LEVEL: u32 = 4;
const BROTLI_QUALITY: u32 = 4;
/// 512 KiB of window: pages are seldom larger, and each open page pays for it.
const BROTLI_WINDOW_LOG: u32 = 19;
const ZSTD_LEVEL: i32 = 3;

/// Codes a body piece by piece, with fast levels. [`flush`](Self::flush) after a piece that must not wait.
pub struct Encoder {
    coding: Coding,
    engine: EncoderEngine,
}

enum EncoderEngine {
    Identity(Vec<u8>),
    Gzip(flate2::write::GzEncoder<Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    /// An encoder at the start of a body.
    ///
    /// # Errors
    /// Where the codec can't be set up.
    pub fn new(coding: Coding) -> Result<Self, Error> {
        let engine = match coding {
            Coding::Identity => EncoderEngine::Identity(Vec::new()),
            Coding::Gzip => {
                EncoderEngine::Gzip(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL)))
            }
            Coding::Brotli => EncoderEngine::Brotli(Box::new(brotli::CompressorWriter::new(
                Vec::new(),
                4096,
                BROTLI_QUALITY,
                BROTLI_WINDOW_LOG,
            ))),
            Coding::Zstd => EncoderEngine::Zstd(
                zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)
                    .map_err(|source| Error::Start { coding, source })?,
            ),
        };
        Ok(Self { coding, engine })
    }

    /// Takes plain bytes in, gives out what is coded so far: often nothing.
    ///
    /// # Errors
    /// What the codec says; none is known to happen.
    pub fn push(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
        if self.coding == Coding::Identity {
            return Ok(bytes);
        }
        let outcome = self.writer().write_all(&bytes);
        self.drain(outcome)
    }

    /// Gives out everything taken in so far, so that a visitor's browser can show it.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn flush(&mut self) -> Result<Vec<u8>, Error> {
        let outcome = self.writer().flush();
        self.drain(outcome)
    }

    /// The end of the coded body.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        let coding = self.coding;
        let corrupt = |source| Error::Corrupt { coding, source: Some(source) };
        match self.engine {
            EncoderEngine::Identity(rest) => Ok(rest),
            EncoderEngine::Gzip(gzip) => gzip.finish().map_err(corrupt),
            EncoderEngine::Brotli(brotli) => Ok(brotli.into_inner()),
            EncoderEngine::Zstd(zstd) => zstd.finish().map_err(corrupt),
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.engine {
            EncoderEngine::Identity(out) => out,
            EncoderEngine::Gzip(gzip) => gzip,
            EncoderEngine::Brotli(brotli) => brotli.as_mut(),
            EncoderEngine::Zstd(zstd) => zstd,
        }
    }

    fn drain(&mut self, outcome: std::io::Result<()>) -> Result<Vec<u8>, Error> {
        outcome.map_err(|source| Error::Corrupt { coding: self.coding, source: Some(source) })?;
        Ok(std::mem::take(match &mut self.engine {
            EncoderEngine::Identity(out) => out,
            EncoderEngine::Gzip(gzip) => gzip.get_mut(),
            EncoderEngine::Brotli(brotli) => brotli.get_mut(),
            EncoderEngine::Zstd(zstd) => zstd.get_mut(),
        }))
    }
}
