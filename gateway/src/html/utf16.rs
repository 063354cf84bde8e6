//! UTF-16 pages read as UTF-8 and written as UTF-16 again, in pieces of any length.
//!
//! Refuses to tidy: what is valid comes out as it went in, byte for byte; a lone surrogate becomes U+FFFD, as browsers
//! read it. Invariant: at most three bytes are kept between two pieces.

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};

/// Both directions of one page.
pub(super) struct Utf16 {
    decoder: Decoder,
    big_endian: bool,
    /// The start of a character whose other bytes are still to come.
    begun: Vec<u8>,
}

impl Utf16 {
    /// For pages in UTF-16; `None` for all others.
    pub(super) fn of(encoding: &'static Encoding) -> Option<Self> {
        let big_endian = encoding == UTF_16BE;
        (big_endian || encoding == UTF_16LE).then(|| Self {
            decoder: encoding.new_decoder_without_bom_handling(),
            big_endian,
            begun: Vec::new(),
        })
    }

    /// The page's next bytes as UTF-8.
    pub(super) fn read(&mut self, bytes: &[u8], last: bool) -> Vec<u8> {
        let mut text = String::with_capacity(self.decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len()));
        let mut rest = bytes;
        loop {
            let (result, read, _) = self.decoder.decode_to_string(rest, &mut text, last);
            rest = rest.get(read..).unwrap_or_default();
            match result {
                CoderResult::InputEmpty => return text.into_bytes(),
                CoderResult::OutputFull => text.reserve(rest.len().saturating_mul(3).max(16)),
            }
        }
    }

    /// UTF-8 of the page, cut anywhere, as bytes of the page.
    pub(super) fn written(&mut self, utf8: &[u8]) -> Vec<u8> {
        self.begun.extend_from_slice(utf8);
        let whole = match std::str::from_utf8(&self.begun) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.begun.split_off(whole);
        let text = String::from_utf8(std::mem::replace(&mut self.begun, rest)).unwrap_or_default();
        let to_bytes = if self.big_endian { u16::to_be_bytes } else { u16::to_le_bytes };
        text.encode_utf16().flat_map(to_bytes).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_comes_out_as_it_went_in(text in any::<String>(), big in any::<bool>(), step in 1_usize..7, cut in 1_usize..5) {
            let to_bytes = if big { u16::to_be_bytes } else { u16::to_le_bytes };
            let page: Vec<u8> = text.encode_utf16().flat_map(to_bytes).collect();
            let mut both = Utf16::of(if big { UTF_16BE } else { UTF_16LE }).unwrap();
            let mut utf8 = Vec::new();
            for piece in page.chunks(step) {
                utf8.extend(both.read(piece, false));
            }
            utf8.extend(both.read(&[], true));
            prop_assert_eq!(&utf8, text.as_bytes());
            let out: Vec<u8> = utf8.chunks(cut).flat_map(|piece| both.written(piece)).collect();
            prop_assert_eq!(out, page);
        }

        #[test]
        fn any_bytes_can_be_read(page in proptest::collection::vec(any::<u8>(), 0..60), step in 1_usize..7) {
            let mut both = Utf16::of(UTF_16LE).unwrap();
            let mut utf8 = Vec::new();
            for piece in page.chunks(step) {
                utf8.extend(both.read(piece, false));
            }
            utf8.extend(both.read(&[], true));
            prop_assert!(std::str::from_utf8(&utf8).is_ok());
        }
    }
}
