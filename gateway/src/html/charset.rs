//! How a page's bytes spell text: as its header, its byte order mark or its `<meta>` says.
//!
//! Refuses charsets in which markup isn't ASCII (ISO-2022-JP); UTF-16 is read by way of UTF-8. Invariant: inserted
//! text reads the same in the charset the browser will choose; where that isn't known, it is written in ASCII.

use super::gate::TagText;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

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
            Some(encoding) if encoding.is_ascii_compatible() || is_utf16(encoding) => Self::Known(encoding),
            Some(_) => Self::Untouchable,
            None => Self::Unknown,
        }
    }

    /// What a byte order mark at the page's start says; it counts before everything else. Gives its length too.
    pub(crate) fn from_mark(start: &[u8]) -> Option<(Self, usize)> {
        let (encoding, length) = Encoding::for_bom(start)?;
        Some((Self::Known(encoding), length))
    }

    /// What an XML declaration at the page's start says to a page of unknown charset (HTML 13.2.3.2); in UTF-16 its
    /// first letters say enough.
    pub(crate) fn from_declaration(start: &[u8]) -> Self {
        if start.starts_with(b"<\0?\0x\0") {
            return Self::Known(UTF_16LE);
        }
        if start.starts_with(b"\0<\0?\0x") {
            return Self::Known(UTF_16BE);
        }
        let declaration = start.strip_prefix(b"<?xml").and_then(|rest| rest.split(|&byte| byte == b'>').next());
        let label = declaration.and_then(|text| {
            let at = memchr::memmem::find(text, b"encoding")?;
            let value = text.get(at + b"encoding".len()..)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
            let quote = value.first().filter(|first| matches!(first, b'"' | b'\''))?;
            value.get(1..)?.split(|byte| byte == quote).next()
        });
        label.map_or(Self::Unknown, |label| Self::from_meta(&String::from_utf8_lossy(label)))
    }

    /// What `<meta charset>` says to a page of unknown charset. UTF-16 can't be meant by a tag that reads as ASCII
    /// and means UTF-8 (HTML 13.2.3.2).
    pub(crate) fn from_meta(label: &str) -> Self {
        match Encoding::for_label(label.as_bytes()) {
            Some(encoding) if is_utf16(encoding) => Self::Known(UTF_8),
            Some(encoding) if encoding == encoding_rs::X_USER_DEFINED => Self::Known(WINDOWS_1252),
            Some(encoding) if encoding.is_ascii_compatible() => Self::Known(encoding),
            _ => Self::Unknown,
        }
    }

    /// This charset, or where it isn't known one that has a letter for every byte: text that is written back with
    /// changes keeps what it can't read.
    pub(crate) const fn or_lossless(self) -> Self {
        match self {
            Self::Unknown => Self::Known(WINDOWS_1252),
            known => known,
        }
    }

    /// This charset, or where these bytes aren't valid in it one that has a letter for every byte: what can't be read of a
    /// style or a script can't be written as a reference either, for there `&#` is no reference.
    pub(super) fn lossless_for(self, bytes: &[u8]) -> Self {
        let lossless = self.or_lossless();
        match lossless {
            Self::Known(encoding) if encoding.decode_without_bom_handling(bytes).1 => Self::Known(WINDOWS_1252),
            _ => lossless,
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

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// The charset that a `<meta>` tag names: by its own attribute, or as browsers of old wanted it.
pub(super) fn label_of_meta(text: TagText<'_>) -> Option<String> {
    text.value("charset").or_else(|| {
        let says = text.value("http-equiv")?;
        let content = text.value("content").filter(|_| says.eq_ignore_ascii_case("content-type"))?;
        let at = content.to_ascii_lowercase().find("charset")?;
        let label = content.get(at + "charset".len()..)?.trim_start().strip_prefix('=')?.trim_start();
        let label = label.trim_start_matches(['"', '\'']);
        label.split(|c: char| c.is_ascii_whitespace() || matches!(c, ';' | '"' | '\'')).next().map(str::to_owned)
    })
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
            (Some(b"utf-16"), Charset::Known(UTF_16LE)),
            (Some(b"iso-2022-jp"), Charset::Untouchable),
            (Some(b"klingon"), Charset::Unknown),
            (None, Charset::Unknown),
        ];
        for (label, expect) in cases {
            assert_eq!(Charset::from_label(label), expect, "{label:?}");
        }
    }

    #[test]
    fn labels_in_a_page_mean_what_browsers_make_of_them() {
        let check = |label, expect| assert_eq!(Charset::from_meta(label), expect, "{label}");
        check("euc-kr", Charset::Known(EUC_KR));
        check("utf-16", Charset::Known(UTF_8));
        check("x-user-defined", Charset::Known(WINDOWS_1252));
        check("iso-2022-jp", Charset::Unknown);
        check("klingon", Charset::Unknown);
    }

    #[test]
    fn marks() {
        assert_eq!(Charset::from_mark(b"\xef\xbb\xbf<"), Some((Charset::Known(UTF_8), 3)));
        assert_eq!(Charset::from_mark(b"\xff\xfe<\0"), Some((Charset::Known(UTF_16LE), 2)));
        assert_eq!(Charset::from_mark(b"<ht"), None);
    }

    #[test]
    fn declarations() {
        let check = |start: &[u8], expect| assert_eq!(Charset::from_declaration(start), expect, "{start:?}");
        check(b"<?xml version=\"1.0\" encoding = 'euc-kr'?><html>", Charset::Known(EUC_KR));
        check(b"<?xml version=\"1.0\"?><p encoding='euc-kr'>", Charset::Unknown);
        check(b"<?xml encoding=\"utf-16\"?>", Charset::Known(UTF_8));
        check(b"<\0?\0x\0m\0", Charset::Known(UTF_16LE));
        check(b"\0<\0?\0x\0m", Charset::Known(UTF_16BE));
    }

    #[test]
    fn bytes_of_an_unknown_charset_come_back() {
        let all: Vec<u8> = (0..=255).collect();
        let charset = Charset::Unknown.or_lossless();
        assert_eq!(charset.encode(&charset.decode(&all)), all);
    }

    #[test]
    fn bytes_that_are_no_letters_of_the_page_s_charset_come_back() {
        let check = |charset: Charset, bytes: &[u8]| {
            let lossless = charset.lossless_for(bytes);
            assert_eq!(lossless.encode(&lossless.decode(bytes)), bytes, "{charset:?}");
        };
        for charset in [Charset::Known(EUC_KR), Charset::Known(UTF_8), Charset::Unknown] {
            check(charset, b"p{background:\xc2url(//t.example/m)}");
            check(charset, b"\xc4\xed\xc5\xb0 \xff");
            check(charset, "쿠키".as_bytes());
        }
        assert_eq!(Charset::Known(EUC_KR).lossless_for(b"\xc4\xed"), Charset::Known(EUC_KR));
    }

    #[test]
    fn text_reads_the_same_everywhere() {
        assert_eq!(Charset::Known(EUC_KR).encode("쿠키"), b"\xc4\xed\xc5\xb0");
        assert_eq!(Charset::Known(WINDOWS_1252).encode("é쿠"), b"\xe9&#53216;");
        assert_eq!(Charset::Unknown.encode("aé쿠"), b"a&#233;&#53216;");
        assert_eq!(Charset::Known(UTF_8).encode("쿠"), "쿠".as_bytes());
    }
}
