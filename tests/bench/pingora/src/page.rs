//! A page as a stream through lol_html: tags of refused trackers lose their address, and something is put in. Refuses nothing: a page that can't be
//! read ends there. Invariant: what comes out of one piece is handed on with it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use lol_html::html_content::ContentType;
use lol_html::send::{HtmlRewriter, Settings};
use lol_html::{HandlerResult, OutputSink, element};

use crate::consent::Granted;

const REFUSED: [&str; 10] = [
    "https://www.google-analytics.com/",
    "https://www.googletagmanager.com/",
    "https://connect.facebook.net/",
    "https://static.hotjar.com/",
    "https://www.clarity.ms/",
    "https://wcs.naver.net/",
    "https://snap.licdn.com/",
    "https://analytics.tiktok.com/",
    "https://www.facebook.com/tr",
    "https://stats.g.doubleclick.net/",
];

/// Where the rewriter writes.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl OutputSink for Sink {
    fn handle_chunk(&mut self, chunk: &[u8]) {
        self.0.lock().expect("nobody panics here").extend_from_slice(chunk);
    }
}

/// One page.
pub(crate) struct Rewriter {
    // Pingora wants an exchange that threads may share; this one never is.
    inner: Mutex<Option<HtmlRewriter<'static, Sink>>>,
    out: Sink,
}

impl Rewriter {
    pub(crate) fn new(granted: Option<Granted>, put_in: Arc<str>) -> Self {
        let out = Sink::default();
        let all = granted == Some([true; 3]);
        let settings = Settings::new_send()
            .append_element_content_handler(element!("body", move |body| {
                body.prepend(&put_in, ContentType::Html);
                Ok(())
            }))
            .append_element_content_handler(element!("script[src], img[src], iframe[src]", move |tag| {
                if !all { hold(tag) } else { Ok(()) }
            }));
        Self { inner: Mutex::new(Some(HtmlRewriter::new(settings, out.clone()))), out }
    }

    /// What comes out for a piece of the page.
    pub(crate) fn push(&mut self, piece: Option<Bytes>, end: bool) -> Option<Bytes> {
        let inner = self.inner.get_mut().expect("nobody panics here");
        if let (Some(rewriter), Some(piece)) = (inner.as_mut(), &piece) {
            rewriter.write(piece).ok();
        }
        if end && let Some(rewriter) = inner.take() {
            rewriter.end().ok();
        }
        let written = std::mem::take(&mut *self.out.0.lock().expect("nobody panics here"));
        (!written.is_empty()).then(|| Bytes::from(written))
    }
}

fn hold(tag: &mut lol_html::send::Element<'_, '_>) -> HandlerResult {
    let Some(address) = tag.get_attribute("src") else { return Ok(()) };
    if REFUSED.iter().any(|refused| address.starts_with(refused)) {
        tag.remove_attribute("src");
        tag.set_attribute("data-held-src", &address)?;
    }
    Ok(())
}
