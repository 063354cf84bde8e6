//! How a page's bytes spell text: as its header, its byte order mark or its `<meta>` says.
//!
//! Refuses charsets in which markup isn't ASCII (UTF-16, ISO-2022-JP). Invariant: inserted text reads the same in
//! the charset the browser will choose; where that isn't known, it is written in ASCII.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A page's charset, as far as it is known before its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// `Content-Type` named it, which counts before `<meta>`.
    Known(&'static Encoding),
    /// Nothing known yet: the byte order mark or `<meta>` will say.
    Unknown,
    /// One that can't be rewritten: the page passes as it is.
    Untouchable,
}

impl Charset {
    /// From the `charset` parameter of `Content-Type`, quotes allowed. Labels nobody knows are as if absent.
    #[must_use]
    pub fn from_label(label: Option<&[u8]>) -> Self {
        let label = label.map(|text| crate::wire::list::unquoted(crate::wire::trim(text)));
        match label.and_then(Encoding::for_label) {
            Some(encoding) if encoding.is_ascii_compatible() => Self::Known(encoding),
            Some(_) => Self::Untouchable,
            None => Self::Unknown,
        }
    }

    /// What a byte order mark at the page's start says; it counts before everything else. Gives its length too.
    pub(crate) fn from_mark(start: &[u8]) -> Option<(Self, usize)> {
        let (encoding, length) = Encoding::for_bom(start)?;
        Some(if encoding == UTF_8 { (Self::Known(UTF_8), length) } else { (Self::Untouchable, 0) })
    }

    /// What `<meta charset>` says to a page of unknown charset. UTF-16 can't be meant by a tag that reads as ASCII
    /// and means UTF-8 (HTML 13.2.3.2).
    pub(crate) fn from_meta(label: &str) -> Self {
        match Encoding::for_label(label.as_bytes()) {
            Some(encoding) if encoding == encoding_rs::UTF_16LE || encoding == encoding_rs::UTF_16BE => {
                Self::Known(UTF_8)
            }
            Some(encoding) if encoding == encoding_rs::X_USER_DEFINED => Self::Known(WINDOWS_1252),
            Some(encoding) if encoding.is_ascii_compatible() => Self::Known(encoding),
            _ => Self::Unknown,
        }
    }

    /// Bytes of the page as text. Without a known charset as UTF-8: addresses are ASCII in all of them.
    pub(crate) fn decode(self, bytes: &[u8]) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Known(encoding) => encoding.decode_without_bom_handling(bytes).0,
            Self::Unknown | Self::Untouchable => String::from_utf8_lossy(bytes),
        }
    }

    /// Markup as bytes of the page. Characters it can't spell become numeric references.
    pub(crate) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Known(encoding) => encoding.encode(text).0.into_owned(),
            Self::Unknown | Self::Untouchable => {
                let mut out = Vec::with_capacity(text.len());
                for character in text.chars() {
                    match u8::try_from(character) {
                        Ok(byte) if byte.is_ascii() => out.push(byte),
                        _ => out.extend_from_slice(format!("&#{};", u32::from(character)).as_bytes()),
                    }
                }
                out
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::EUC_KR;

    use super::*;

    #[test]
    fn labels() {
        let cases: [(Option<&[u8]>, Charset); 7] = [
            (Some(b"utf-8"), Charset::Known(UTF_8)),
            (Some(b" \"EUC-KR\" "), Charset::Known(EUC_KR)),
            (Some(b"ks_c_5601-1987"), Charset::Known(EUC_KR)),
            (Some(b"utf-16le"), Charset::Untouchable),
            (Some(b"iso-2022-jp"), Charset::Untouchable),
            (Some(b"klingon"), Charset::Unknown),
            (None, Charset::Unknown),
        ];
        for (label, expect) in cases {
            assert_eq!(Charset::from_label(label), expect, "{label:?}");
        }
        assert_eq!(Charset::from_meta("utf-16"), Charset::Known(UTF_8));
    }

    #[test]
    fn marks() {
        assert_eq!(Charset::from_mark(b"\xef\xbb\xbf<"), Some((Charset::Known(UTF_8), 3)));
        assert_eq!(Charset::from_mark(b"\xff\xfe<\0"), Some((Charset::Untouchable, 0)));
        assert_eq!(Charset::from_mark(b"<ht"), None);
    }

    #[test]
    fn text_reads_the_same_everywhere() {
        assert_eq!(Charset::Known(EUC_KR).encode("쿠키"), b"\xc4\xed\xc5\xb0");
        assert_eq!(Charset::Known(WINDOWS_1252).encode("é쿠"), b"\xe9&#53216;");
        assert_eq!(Charset::Unknown.encode("a쿠"), b"a&#53216;");
        assert_eq!(Charset::Known(UTF_8).encode("쿠"), "쿠".as_bytes());
    }
}
