//! A contestant of the performance contest: Pingora, filtering cookies both ways, pages rewritten by lol_html. Called with a port, the origin's port
//! and a folder that holds what is put into pages. Refuses to know more names than the contest's work and a few of their kind. Invariant: without
//! a consent cookie whose seal is right nothing is granted.

mod consent;
mod page;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use pingora::prelude::*;
use pingora::server::configuration::ServerConf;

use consent::{Granted, Names};
use page::Rewriter;

/// The proxy and what it was told at its start.
struct Filter {
    origin: u16,
    names: Names,
    banner: Arc<str>,
    link: Arc<str>,
}

/// One exchange.
#[derive(Default)]
struct Exchange {
    granted: Option<Granted>,
    answered: bool,
    navigation: bool,
    rewriter: Option<Rewriter>,
}

#[async_trait]
impl ProxyHttp for Filter {
    type CTX = Exchange;

    fn new_ctx(&self) -> Exchange {
        Exchange::default()
    }

    async fn upstream_peer(&self, _: &mut Session, _: &mut Exchange) -> Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(("127.0.0.1", self.origin), false, String::new())))
    }

    async fn upstream_request_filter(
        &self,
        _: &mut Session,
        request: &mut RequestHeader,
        exchange: &mut Exchange,
    ) -> Result<()> {
        let destination = request.headers.get("sec-fetch-dest");
        exchange.navigation = destination.is_some_and(|value| value.as_bytes() == b"document");
        let Some(header) = request.headers.get("cookie") else { return Ok(()) };
        let (granted, kept) = self.names.request(header.as_bytes());
        exchange.answered = granted.is_some();
        exchange.granted = granted;
        if kept.is_empty() {
            request.remove_header("cookie");
            return Ok(());
        }
        request.insert_header("cookie", kept)
    }

    async fn response_filter(
        &self,
        _: &mut Session,
        answer: &mut ResponseHeader,
        exchange: &mut Exchange,
    ) -> Result<()> {
        let lines: Vec<_> = answer.headers.get_all("set-cookie").iter().cloned().collect();
        let kept: Vec<_> = lines.iter().filter(|line| self.names.keeps(line.as_bytes(), exchange.granted)).collect();
        if kept.len() < lines.len() {
            answer.remove_header("set-cookie");
            for line in kept {
                answer.append_header("set-cookie", line)?;
            }
        }
        let is_page = answer.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if is_page && exchange.navigation {
            answer.remove_header("content-length");
            answer.insert_header("transfer-encoding", "chunked")?;
            let put_in = if exchange.answered { &self.link } else { &self.banner };
            exchange.rewriter = Some(Rewriter::new(exchange.granted, Arc::clone(put_in)));
        }
        Ok(())
    }

    fn response_body_filter(
        &self,
        _: &mut Session,
        body: &mut Option<Bytes>,
        end: bool,
        exchange: &mut Exchange,
    ) -> Result<Option<std::time::Duration>> {
        if let Some(rewriter) = &mut exchange.rewriter {
            *body = rewriter.push(body.take(), end);
        }
        Ok(None)
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, origin, folder] = &arguments[..] else { panic!("called with a port, the origin's port and a folder") };
    let read = |name: &str| -> Arc<str> {
        let file = Path::new(folder).join(name);
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("can't read {}: {error}", file.display())).into()
    };
    let filter = Filter {
        origin: origin.parse().expect("the origin's port is a number"),
        names: Names::new(),
        banner: read("banner.html"),
        link: read("link.html"),
    };
    let conf = ServerConf { threads: 1, work_stealing: false, ..ServerConf::default() };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let mut service = http_proxy_service(&server.configuration, filter);
    service.add_tcp(&format!("127.0.0.1:{port}"));
    server.add_service(service);
    server.run_forever();
}
