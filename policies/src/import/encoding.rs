//! A page's bytes to text as people see it; what the page says of its own encoding counts.
//!
//! Refuses bytes in no known encoding. Invariant: what comes out has `\n` alone between lines, and no invisible letters.

use encoding_rs::Encoding;

use super::document::is_invisible;
use crate::encoding;
use crate::policy::Fault;

/// As far into a page as browsers look for what it is written in.
const HEAD: usize = 1_024;

/// Reads bytes as people would see them.
pub(super) fn decoded(bytes: &[u8]) -> Result<String, Fault> {
    Ok(visible(&encoding::decoded(bytes, declared(bytes))?))
}

/// What a page says of itself in its head, if that can be true.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..HEAD.min(bytes.len()))?.to_ascii_lowercase();
    let at = head.windows(8).position(|window| window == b"charset=")?;
    let label = head.get(at + 8..)?;
    let label = label.strip_prefix(b"\"").or_else(|| label.strip_prefix(b"'")).unwrap_or(label);
    let end = label.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte))?;
    Encoding::for_label(label.get(..end)?).filter(|encoding| *encoding != encoding_rs::UTF_8)
}

/// One kind of line end; letters that nobody sees are gone, and a blank of any kind is a blank.
fn visible(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let letters = text.chars().filter(|letter| !is_invisible(*letter)).map(|letter| match letter {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{b}' | '\u{c}' => ' ',
        letter => letter,
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use encoding_rs::EUC_KR;

    use super::*;

    #[test]
    fn korean_is_read_however_it_was_saved() {
        let check = |bytes: &[u8], expect: &str| assert_eq!(decoded(bytes).as_deref(), Ok(expect));
        let (euc, _, _) = EUC_KR.encode("쿠키를\r\n씁니다");
        check(&euc, "쿠키를\n씁니다");
        check("\u{feff}쿠\u{ad}키\u{200b}".as_bytes(), "쿠키");
        check("a\rb\u{a0}c\u{3000}d".as_bytes(), "a\nb c d");
        check(b"\xff\xfe\x61\x00", "a");
        let (declared, _, _) = encoding_rs::SHIFT_JIS.encode("<meta charset=shift_jis>表");
        check(&declared, "<meta charset=shift_jis>表");
        assert!(decoded(b"\xff\xff\xff\x80").is_err());
    }
}
