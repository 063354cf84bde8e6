//! A posted form, read with a bound, and only from this very site: a choice that another site sends is not the
//! visitor's.

use http::header::{CONTENT_TYPE, ORIGIN};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use policies::banner::{FIELD_ACT, FIELD_BACK, FIELD_LANG, FIELD_POLICY, FIELD_PURPOSE};
use policies::{Act, Lang};

use crate::body::Body;
use crate::site::without_port;

/// The most purposes that a form may name: twice what a policy may have.
const MOST_PURPOSES: usize = 32;

/// What a visitor posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) policy: String,
    pub(super) lang: Option<Lang>,
    pub(super) act: Option<Act>,
    pub(super) purposes: Vec<String>,
    /// Path and query on this site.
    pub(super) back: String,
}

/// Why a post is not a choice.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the form is not form-encoded")]
    Kind,
    #[error("the form is too large")]
    TooLarge,
    #[error("the form broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Reads a form of at most `most` bytes.
pub(super) async fn read(request: Request<Body>, most: usize) -> Result<Form, Error> {
    let media =
        request.headers().get(CONTENT_TYPE).map(|media| media.as_bytes().to_ascii_lowercase()).unwrap_or_default();
    if !media.starts_with(b"application/x-www-form-urlencoded") {
        return Err(Error::Kind);
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "the body is limited, and this is the one place that reads one whole"
    )]
    let collected = Limited::new(request.into_body(), most).collect().await;
    match collected {
        Ok(body) => Ok(parse(&body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(Error::TooLarge),
        Err(error) => Err(Error::Broken(error)),
    }
}

fn parse(bytes: &[u8]) -> Form {
    let mut form = Form { back: "/".to_owned(), ..Form::default() };
    for (name, value) in form_urlencoded::parse(bytes) {
        match name.as_ref() {
            FIELD_POLICY => form.policy = value.into_owned(),
            FIELD_LANG => form.lang = Lang::of_tag(&value),
            FIELD_ACT => form.act = Act::of_name(&value),
            FIELD_BACK => form.back = local_path(&value).to_owned(),
            FIELD_PURPOSE if form.purposes.len() < MOST_PURPOSES => form.purposes.push(value.into_owned()),
            _ => {}
        }
    }
    form
}

/// A path on this site, or its front page: `//other.example` and `/\other.example` would leave it.
pub(super) fn local_path(written: &str) -> &str {
    let mut bytes = written.bytes();
    let stays = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    if stays && written.bytes().all(|byte| byte.is_ascii_graphic()) { written } else { "/" }
}

/// Whether the browser says that the post comes from this very host. Without a word from it the answer is no.
pub(super) fn comes_from_here(headers: &HeaderMap, host: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin =
        headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).and_then(|origin| origin.parse::<http::Uri>().ok());
    let same = |origin: &http::Uri| {
        let named = origin.authority().map(|authority| authority.as_str()).unwrap_or_default();
        named.eq_ignore_ascii_case(host) || without_port(named).eq_ignore_ascii_case(host)
    };
    origin.as_ref().is_some_and(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_field_by_field() {
        let form =
            parse(b"policy=00ff&lang=ko&act=custom&purpose=analytics&purpose=a%20b&back=%2Flist%3Fq%3D1&extra=1");
        assert_eq!((form.policy.as_str(), form.lang, form.act), ("00ff", Some(Lang::Ko), Some(Act::Custom)));
        assert_eq!(
            (form.purposes.as_slice(), form.back.as_str()),
            (&["analytics".to_owned(), "a b".to_owned()][..], "/list?q=1")
        );
        assert_eq!(parse(b"").back, "/");
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

    #[test]
    fn only_this_host_may_post() {
        let check = |pairs: &[(&'static str, &'static str)], expect: bool| {
            let headers: HeaderMap = pairs
                .iter()
                .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
                .collect();
            assert_eq!(comes_from_here(&headers, "shop.example:8080"), expect, "{pairs:?}");
        };
        check(&[("sec-fetch-site", "same-origin"), ("origin", "null")], true);
        check(&[("sec-fetch-site", "same-site"), ("origin", "http://shop.example:8080")], false);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[("origin", "http://shop.example:8080")], true);
        check(&[("origin", "http://evil.example")], false);
        check(&[("origin", "http://shop.example:9999")], false);
        check(&[("origin", "null")], false);
        check(&[], false);
    }
}
