//! Bytes to text, as files come from people: by the mark at the beginning, as UTF-8, as the file itself says, and else as EUC-KR (which
//! a browser reads as Windows-949).
//!
//! Refuses bytes that are none of these. Invariant: what isn't said by the file is never read with letters replaced.

use std::borrow::Cow;

use encoding_rs::{EUC_KR, Encoding};

use crate::policy::Fault;

/// The encoding of a label, such as `euc-kr`; None for one that nobody knows, and for UTF-8, which is tried anyway.
#[must_use]
pub fn named(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != encoding_rs::UTF_8)
}

/// Reads a file's bytes; `declared` is what the file says of itself, where it can.
///
/// # Errors
/// Bytes in none of the encodings.
pub fn decoded<'b>(bytes: &'b [u8], declared: Option<&'static Encoding>) -> Result<Cow<'b, str>, Fault> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return Ok(encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    if let Some(encoding) = declared {
        return Ok(encoding.decode_without_bom_handling(bytes).0);
    }
    let unknown = || Fault::new("", 0, "is neither UTF-8 nor EUC-KR: save it as UTF-8");
    EUC_KR.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(unknown)
}
