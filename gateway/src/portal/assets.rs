//! The banner's files: named by their content, so they may be kept for ever; compressed when the product was built.

use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response};

use crate::assets::by_name;
use crate::body::{Body, full};
use crate::wire::list;

/// The file of this name, in the best coding that the browser reads. None if there is no such file.
pub(super) fn answer(request: &Request<Body>, name: &str) -> Option<Response<Body>> {
    let asset = by_name(name)?;
    let accepts = |coding: &[u8]| {
        let lines = request.headers().get_all(ACCEPT_ENCODING).iter();
        lines
            .flat_map(|line| list::weighed(line.as_bytes()))
            .any(|item| item.weight > 0 && item.item.eq_ignore_ascii_case(coding))
    };
    let (coding, bytes) = if accepts(b"br") {
        (Some("br"), asset.brotli)
    } else if accepts(b"gzip") {
        (Some("gzip"), asset.gzip)
    } else {
        (None, asset.raw)
    };
    let mut response = Response::new(full(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.media));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(coding) = coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}
