//! A form with a file in it (RFC 7578), as far as one file or one text is asked for.
//!
//! Refuses parts without an end. Invariant: it takes nothing apart that isn't whole in memory already, under a bound.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use memchr::memmem;

/// RFC 2046 5.1.1.
const LONGEST_BOUNDARY: usize = 70;
/// A form here has two.
const MOST_PARTS: usize = 16;

/// The boundary that a post's parts are told apart by; None where it is no such form.
pub(super) fn boundary(headers: &HeaderMap) -> Option<&[u8]> {
    let media = headers.get(CONTENT_TYPE)?.as_bytes();
    let (kind, parameters) = split_at(media, b";")?;
    if !kind.trim_ascii().eq_ignore_ascii_case(b"multipart/form-data") {
        return None;
    }
    let named = parameters.split(|byte| *byte == b';').find_map(|parameter| {
        let (name, value) = split_at(parameter, b"=")?;
        name.trim_ascii().eq_ignore_ascii_case(b"boundary").then_some(value.trim_ascii())
    })?;
    let bare = named.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(named);
    (!bare.is_empty() && bare.len() <= LONGEST_BOUNDARY).then_some(bare)
}

/// The contents of the first part that isn't empty and has one of these names; None where the form breaks off.
pub(super) fn first<'b>(body: &'b [u8], boundary: &[u8], names: &[&str]) -> Option<&'b [u8]> {
    let line = [b"--", boundary].concat();
    let end = [b"\r\n".as_slice(), &line].concat();
    let mut rest = body.strip_prefix(line.as_slice())?;
    for _ in 0..MOST_PARTS {
        rest = rest.strip_prefix(b"\r\n")?;
        let (head, after) = split_at(rest, b"\r\n\r\n")?;
        let (contents, next) = split_at(after, &end)?;
        let is_named = name(head).is_some_and(|name| names.iter().any(|known| known.as_bytes() == name));
        if is_named && !contents.trim_ascii().is_empty() {
            return Some(contents);
        }
        if next.starts_with(b"--") {
            return Some(b"");
        }
        rest = next;
    }
    None
}

/// The name of a part, by its head.
fn name(head: &[u8]) -> Option<&[u8]> {
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let disposition = lines.find(|line| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(b"content-disposition")
    })?;
    let (_, after) = split_at(disposition, b" name=\"").or_else(|| split_at(disposition, b";name=\""))?;
    split_at(after, b"\"").map(|(name, _)| name)
}

fn split_at<'b>(bytes: &'b [u8], mark: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let place = memmem::find(bytes, mark)?;
    let (before, after) = bytes.split_at_checked(place)?;
    Some((before, after.get(mark.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &[u8] = b"--x\r\nContent-Disposition: form-data; name=\"receipt\"\r\n\r\n \r\n--x\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"r.jsonld\"\r\nContent-Type: text/plain\r\n\r\n{\"a\":1}\r\n--x--\r\n";

    fn headers(media: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, media.parse().unwrap())])
    }

    #[test]
    fn a_boundary_is_read_as_browsers_write_it() {
        let check = |media: &'static str, expect: Option<&str>| {
            assert_eq!(boundary(&headers(media)), expect.map(str::as_bytes), "{media}");
        };
        check("multipart/form-data; boundary=----WebKitFormBoundaryx", Some("----WebKitFormBoundaryx"));
        check("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"", Some("a b"));
        check("multipart/form-data", None);
        check("multipart/form-data; boundary=", None);
        check("multipart/mixed; boundary=x", None);
        check("application/x-www-form-urlencoded", None);
    }

    #[test]
    fn the_first_part_with_something_in_it_counts() {
        assert_eq!(first(FORM, b"x", &["receipt", "file"]), Some(&b"{\"a\":1}"[..]));
        assert_eq!(first(FORM, b"x", &["other"]), Some(&b""[..]));
        assert_eq!(first(FORM, b"y", &["file"]), None);
        for end in 0..FORM.len() - 4 {
            let cut = first(&FORM[..end], b"x", &["file"]);
            assert!(cut.is_none_or(|cut| cut == b"{\"a\":1}"), "cut at {end}: {cut:?}");
        }
        let many = b"--x\r\n\r\n\r\n".repeat(40);
        assert_eq!(first(&many, b"x", &["file"]), None);
    }
}
