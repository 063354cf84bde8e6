//! The third parties of the demo: each answers what its tags ask for and counts it. They do what such companies
//! do, small: a script that sets a cookie and reports the page, a pixel, an advert in a frame. Only requests that
//! name a site of the demo are counted.

use askama::Template;
use http::StatusCode;

use super::form::Pairs;
use super::hits::{Collector, Hits, Kind};
use super::http::{Asked, Reply};
use super::service::Service;

/// A GIF of one transparent point.
const PIXEL: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

#[derive(Template)]
#[template(path = "demo/collector_tag.js", escape = "none")]
struct Tag {
    collector: Collector,
    beacon: String,
}

#[derive(Template)]
#[template(path = "demo/collector_frame.html")]
struct Frame {
    korean: bool,
}

/// Answers one request to a collector that listens on this port.
pub(crate) fn answer(asked: &Asked, collector: Collector, port: u16, hits: &Hits) -> Reply {
    let query = Pairs::parse(asked.query.as_bytes());
    let Some(kind) = Kind::of_path(&asked.path) else {
        return Reply::plain(StatusCode::NOT_FOUND, "Nothing is here.");
    };
    let Some(service) = query.get("site").and_then(Service::of_key) else {
        return Reply::plain(StatusCode::BAD_REQUEST, "This collector counts for the demo's own sites only.");
    };
    hits.count(collector, service, kind);
    match kind {
        Kind::Script => {
            let beacon = tag_url(collector, port, service, Kind::Beacon);
            written(&Tag { collector, beacon }, "text/javascript; charset=utf-8")
        }
        Kind::Pixel | Kind::Beacon => Reply::of("image/gif", PIXEL),
        Kind::Frame => written(&Frame { korean: query.get("lang") != Some("en") }, "text/html; charset=utf-8"),
    }
}

/// Where a tag points to.
pub(crate) fn tag_url(collector: Collector, port: u16, service: Service, kind: Kind) -> String {
    format!("http://{}:{port}{}?site={}", collector.host(), kind.path(), service.key())
}

fn written(template: &impl Template, kind: &'static str) -> Reply {
    match template.render() {
        Ok(text) => Reply::of(kind, text),
        Err(_) => Reply::plain(StatusCode::INTERNAL_SERVER_ERROR, "This could not be written."),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, Method};

    use super::*;

    fn asked(path: &str, query: &str) -> Asked {
        let (path, query) = (path.to_owned(), query.to_owned());
        Asked { method: Method::GET, path, query, headers: HeaderMap::new(), body: Bytes::new() }
    }

    #[test]
    fn only_known_paths_and_sites_are_counted() {
        let hits = Hits::default();
        let check = |path: &str, query: &str, status: u16, total: u64| {
            let reply = answer(&asked(path, query), Collector::Ads, 4321, &hits);
            assert_eq!((reply.status.as_u16(), hits.total(Service::RemoteMeeting)), (status, total), "{path}?{query}");
        };
        check("/pixel.gif", "site=remotemeeting", 200, 1);
        check("/frame", "site=remotemeeting&lang=en", 200, 2);
        check("/pixel.gif", "site=elsewhere", 400, 2);
        check("/pixel.gif", "", 400, 2);
        check("/favicon.ico", "site=remotemeeting", 404, 2);
    }

    #[test]
    fn a_script_reports_to_its_own_host() {
        let hits = Hits::default();
        let reply = answer(&asked("/tag.js", "site=remotemeeting"), Collector::Stats, 4321, &hits);
        let script = String::from_utf8(reply.body.to_vec()).unwrap();
        assert!(script.contains("http://stats-collector.localhost:4321/beacon?site=remotemeeting"), "{script}");
    }
}
