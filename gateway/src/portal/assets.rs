//! The files of banner and guard: named by their content, so they may be kept for ever; compressed when the product was
//! built or when the configuration was read, never for a request.

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Request, Response};

use crate::assets::by_name;
use crate::body::{Body, full};
use crate::site::Site;
use crate::wire::list;

/// A file in its three codings.
struct File {
    media: &'static str,
    raw: Bytes,
    gzip: Bytes,
    brotli: Bytes,
}

/// The file of this name, in the best coding that the browser reads. None if there is no such file.
pub(super) fn answer(request: &Request<Body>, name: &str, site: &Site) -> Option<Response<Body>> {
    let file = embedded(name).or_else(|| of_site(name, site))?;
    let accepts = |coding: &[u8]| {
        let lines = request.headers().get_all(ACCEPT_ENCODING).iter();
        lines
            .flat_map(|line| list::weighed(line.as_bytes()))
            .any(|item| item.weight > 0 && item.item.eq_ignore_ascii_case(coding))
    };
    let (coding, bytes) = if accepts(b"br") {
        (Some("br"), file.brotli)
    } else if accepts(b"gzip") {
        (Some("gzip"), file.gzip)
    } else {
        (None, file.raw)
    };
    let mut response = Response::new(full(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.media));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(coding) = coding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}

fn embedded(name: &str) -> Option<File> {
    let asset = by_name(name)?;
    Some(File {
        media: asset.media,
        raw: Bytes::from_static(asset.raw),
        gzip: Bytes::from_static(asset.gzip),
        brotli: Bytes::from_static(asset.brotli),
    })
}

/// What was made for this site: the rules that the guard goes by, what stands beside it, and the owner's colours.
fn of_site(name: &str, site: &Site) -> Option<File> {
    let all = std::iter::once(&site.rules.file).chain(site.extras.as_ref().map(|extras| &extras.file));
    let made = all.chain(&site.look).find(|made| made.name == name)?;
    let (raw, gzip, brotli) = (made.raw.clone(), made.gzip.clone(), made.brotli.clone());
    Some(File { media: made.media, raw, gzip, brotli })
}
