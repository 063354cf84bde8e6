//! A posted form, read with a bound. Refuses what two readers could read as two choices: a field that stands twice.
//! Invariant: the way back never leaves the site.

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use policies::banner::{FIELD_ACT, FIELD_BACK, FIELD_LANG, FIELD_POLICY, FIELD_PURPOSE, FIELD_SEAL};
use policies::{Act, Lang};

use crate::body::Body;

/// The most purposes that a form may name: twice what a policy may have.
const MOST_PURPOSES: usize = 32;

const FIELDS: [&str; 6] = [FIELD_POLICY, FIELD_LANG, FIELD_ACT, FIELD_BACK, FIELD_SEAL, FIELD_PURPOSE];

/// What a visitor posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) policy: String,
    pub(super) lang: Option<Lang>,
    pub(super) act: Option<Act>,
    pub(super) purposes: Vec<String>,
    /// Path and query on this site.
    pub(super) back: String,
    pub(super) seal: String,
}

/// Why a post is not a choice.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the form is not form-encoded")]
    Kind,
    #[error("the form is too large")]
    TooLarge,
    #[error("a field of the form stands twice, or there are too many")]
    Shape,
    #[error("the form broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Reads a form of at most `most` bytes.
pub(super) async fn read(headers: &HeaderMap, body: Body, most: usize) -> Result<Form, Error> {
    let media = headers.get(CONTENT_TYPE).map(|media| media.as_bytes()).unwrap_or_default();
    let media = media.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    if !media.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
        return Err(Error::Kind);
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the body is limited, and this is the one place that reads one whole"
    )]
    let collected = Limited::new(body, most).collect().await;
    match collected {
        Ok(body) => parse(&body.to_bytes()).ok_or(Error::Shape),
        Err(error) if error.is::<LengthLimitError>() => Err(Error::TooLarge),
        Err(error) => Err(Error::Broken(error)),
    }
}

fn parse(bytes: &[u8]) -> Option<Form> {
    let mut form = Form { back: "/".to_owned(), ..Form::default() };
    let mut seen: Vec<&str> = Vec::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        let Some(field) = FIELDS.into_iter().find(|field| *field == name) else { continue };
        if field != FIELD_PURPOSE && seen.contains(&field) {
            return None;
        }
        seen.push(field);
        match field {
            FIELD_POLICY => form.policy = value.into_owned(),
            FIELD_LANG => form.lang = Lang::of_tag(&value),
            FIELD_ACT => form.act = Act::of_name(&value),
            FIELD_BACK => form.back = local_path(&value).to_owned(),
            FIELD_SEAL => form.seal = value.into_owned(),
            _ if form.purposes.len() < MOST_PURPOSES => form.purposes.push(value.into_owned()),
            _ => return None,
        }
    }
    Some(form)
}

/// A path on this site, or its front page: `//other.example` and `/\other.example` would leave it.
pub(super) fn local_path(written: &str) -> &str {
    let mut bytes = written.bytes();
    let stays = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    if stays && written.bytes().all(|byte| byte.is_ascii_graphic()) { written } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_field_by_field() {
        let form = parse(
            b"policy=00ff&lang=ko&act=custom&purpose=analytics&purpose=a%20b&back=%2Flist%3Fq%3D1&seal=s&extra=1",
        )
        .expect("a form");
        assert_eq!((form.policy.as_str(), form.lang, form.act), ("00ff", Some(Lang::Ko), Some(Act::Custom)));
        assert_eq!(
            (form.purposes.as_slice(), form.back.as_str()),
            (&["analytics".to_owned(), "a b".to_owned()][..], "/list?q=1")
        );
        assert_eq!(form.seal, "s");
        assert_eq!(parse(b"").expect("an empty form").back, "/");
    }

    #[test]
    fn a_form_that_could_be_read_twice_is_none() {
        for form in ["act=accept_all&act=refuse_all", "policy=1&policy=2", "seal=1&seal=1", "back=%2F&back=%2Fx"] {
            assert_eq!(parse(form.as_bytes()), None, "{form}");
        }
        assert_eq!(parse("purpose=a&".repeat(MOST_PURPOSES + 1).as_bytes()), None);
        assert!(parse("other=a&".repeat(100).as_bytes()).is_some(), "what isn't asked for is not looked at");
    }

    #[test]
    fn the_way_back_never_leaves_the_site() {
        let check = |written: &str, expect: &str| assert_eq!(local_path(written), expect, "{written}");
        check("/list?q=1#x", "/list?q=1#x");
        check("//evil.example/", "/");
        check("/\\evil.example/", "/");
        check("https://evil.example/", "/");
        check("/a\r\nSet-Cookie: x", "/");
        check("/a b", "/");
        check("", "/");
    }
}
