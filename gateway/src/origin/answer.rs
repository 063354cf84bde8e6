//! One answer to one request: an answer that two readers could understand differently is refused. What hyper can't
//! read at all never comes here; such an answer is an error of the connection.
//!
//! Invariant: an answer that passes has at most one length, and switches protocols only as it was asked to.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::wire::list;

/// Why an answer is not handed on.
pub(super) type Why = &'static str;

/// Refuses what is ambiguous, and drops the length of an answer that has none.
pub(super) fn check<B>(response: &mut Response<B>, asked: Option<&HeaderValue>) -> Result<(), Why> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS && !switches_as_asked(response.headers(), asked) {
        return Err("it switches to a protocol that nobody asked for");
    }
    let headers = response.headers();
    let (lengths, codings) =
        (headers.get_all(CONTENT_LENGTH).iter().count(), headers.get_all(TRANSFER_ENCODING).iter().count());
    if lengths + codings > 1 {
        return Err("its length is said more than once");
    }
    let digits = |length: &HeaderValue| length.as_bytes().iter().all(u8::is_ascii_digit);
    if !headers.get(CONTENT_LENGTH).is_none_or(digits) {
        return Err("its length is no number");
    }
    if !headers.get(TRANSFER_ENCODING).is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return Err("its transfer coding is not exactly \"chunked\"");
    }
    if matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::SWITCHING_PROTOCOLS) {
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    Ok(())
}

fn switches_as_asked(headers: &HeaderMap, asked: Option<&HeaderValue>) -> bool {
    let mut named = headers.get_all(UPGRADE).iter().flat_map(|line| list::members(line.as_bytes()));
    let (one, another) = (named.next(), named.next());
    another.is_none() && asked.zip(one).is_some_and(|(asked, one)| asked.as_bytes().eq_ignore_ascii_case(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_answer(status: u16, pairs: &[(&str, &str)], asked: Option<&str>, expect: bool) {
        let mut response = Response::builder().status(status);
        for (name, value) in pairs {
            response = response.header(*name, *value);
        }
        let mut response = response.body(()).expect("an answer");
        let asked = asked.map(|asked| HeaderValue::from_str(asked).expect("a value"));
        assert_eq!(check(&mut response, asked.as_ref()).is_ok(), expect, "{status} {pairs:?} {asked:?}");
    }

    #[test]
    fn an_answer_has_one_length_and_the_protocol_that_was_asked_for() {
        check_answer(200, &[("content-length", "5")], None, true);
        check_answer(200, &[("content-length", "5"), ("content-length", "5")], None, false);
        check_answer(200, &[("content-length", "5, 5")], None, false);
        check_answer(200, &[("content-length", "5"), ("transfer-encoding", "chunked")], None, false);
        check_answer(200, &[("transfer-encoding", "CHUNKED")], None, true);
        check_answer(200, &[("transfer-encoding", "gzip, chunked")], None, false);
        check_answer(101, &[("upgrade", "WebSocket")], Some("websocket"), true);
        check_answer(101, &[("upgrade", "websocket, x")], Some("websocket"), false);
        check_answer(101, &[("upgrade", "x")], Some("websocket"), false);
        check_answer(101, &[("upgrade", "websocket")], None, false);
        check_answer(101, &[], Some("websocket"), false);
    }
}
