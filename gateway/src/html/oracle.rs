//! What a whole tree builder makes of rewritten pages: html5ever, with scripting on and off, finds nothing in its tree
//! that would load from a refused tracker, in fixtures and in generated tag soup.
//!
//! Refuses to share code with the rewriter beyond the reading of addresses. Invariant: an element counts by what it is
//! in the tree, not by how it was written.

use std::rc::Rc;

use html5ever::tendril::TendrilSink;
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::prelude::*;
use proptest::string::string_regex;

use super::tests::{Hosts, fixtures, plan, run};
use super::*;

/// Every loading attribute in the tree that leads to a refused place, as `element attribute=value`.
fn awake(html: &str, scripting: bool) -> Vec<String> {
    awake_below(html, scripting, Base::of_page("https://own.example/page"), false)
}

/// The same for markup inside a page whose addresses so far are relative to `base`; `base_seen`: no later one counts.
fn awake_below(html: &str, scripting: bool, base: Base, base_seen: bool) -> Vec<String> {
    let tree_builder = TreeBuilderOpts { scripting_enabled: scripting, ..TreeBuilderOpts::default() };
    let options = ParseOpts { tree_builder, ..ParseOpts::default() };
    let dom = parse_document(RcDom::default(), options).one(html);
    let mut look = Look { base, base_seen, scripting, found: Vec::new() };
    // Nodes are emptied when their parents go: the document stays until the end.
    let mut nodes = vec![Rc::clone(&dom.document)];
    while let Some(node) = nodes.pop() {
        look.element(&node);
        nodes.extend(node.children.borrow().iter().rev().cloned());
        if let NodeData::Element { template_contents, .. } = &node.data {
            nodes.extend(template_contents.borrow().iter().cloned());
        }
    }
    look.found
}

struct Look {
    base: Base,
    base_seen: bool,
    scripting: bool,
    found: Vec<String>,
}

impl Look {
    fn element(&mut self, node: &Handle) {
        let NodeData::Element { name, attrs, .. } = &node.data else { return };
        let attributes: Vec<(String, String)> = attrs
            .borrow()
            .iter()
            .map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()))
            .collect();
        let value = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let element = name.local.to_ascii_lowercase().to_string();
        if element == "base" && !self.base_seen && value("href").is_some() {
            self.base_seen = true;
            self.base = value("href").and_then(|href| self.base.joined(href)).unwrap_or_else(|| self.base.clone());
        }
        let kind = value("type").unwrap_or_default();
        for (name, text) in &attributes {
            let addresses: Vec<&str> = match (&*element, &**name) {
                ("script", "src" | "href") if kind == "text/plain" => continue,
                (
                    "script" | "img" | "iframe" | "frame" | "embed" | "input" | "audio" | "video" | "track" | "source",
                    "src",
                )
                | ("script" | "image" | "use" | "feimage", "href")
                | ("object", "data")
                | ("video", "poster")
                | ("body" | "table" | "td", "background") => vec![text],
                ("link", "href") if value("rel").is_some_and(|rel| rel.eq_ignore_ascii_case("stylesheet")) => {
                    vec![text]
                }
                ("img" | "source", "srcset") => candidates::of_srcset(text),
                ("a" | "area", "ping") => text.split_ascii_whitespace().collect(),
                (_, "style") => {
                    self.style(text);
                    continue;
                }
                ("iframe", "srcdoc") => {
                    self.found.extend(awake_below(text, self.scripting, self.base.clone(), false));
                    continue;
                }
                _ => continue,
            };
            for address in addresses {
                self.address(&format!("{element} {name}"), address);
            }
        }
        let text = || -> String { node.children.borrow().iter().filter_map(text_of).collect() };
        let in_html = &*name.ns == "http://www.w3.org/1999/xhtml";
        match &*element {
            "script" if in_html && kind != "text/plain" && value("src").is_none() && self.scripting => {
                let script = text();
                if script.starts_with("x.c") && script.contains("y('https://t.example/c')") {
                    self.found.push(format!("script: {script}"));
                }
            }
            "noscript" if in_html && self.scripting => {
                self.found.extend(awake_below(&text(), false, self.base.clone(), self.base_seen));
            }
            _ => {}
        }
    }

    fn style(&mut self, css: &str) {
        if css.contains("background:url(https://t.example/)") {
            self.found.push(format!("style: {css}"));
        }
    }

    fn address(&mut self, what: &str, address: &str) {
        // An empty address loads nothing.
        let refused =
            self.base.places(address).any(|place| Hosts.hold(&place.host, &place.path, &place.query).is_some());
        if refused && !address.trim().is_empty() {
            self.found.push(format!("{what}={address}"));
        }
    }
}

fn text_of(node: &Handle) -> Option<String> {
    match &node.data {
        NodeData::Text { contents } => Some(contents.borrow().to_string()),
        _ => None,
    }
}

fn check(html: &str) -> Result<(), TestCaseError> {
    let Ok((out, _)) = run(plan(None), [html.as_bytes()]) else { return Ok(()) };
    let out = String::from_utf8_lossy(&out);
    for scripting in [true, false] {
        let awake = awake(&out, scripting);
        prop_assert!(awake.is_empty(), "scripting {scripting}: {awake:?}\nin  {html}\nout {out}");
    }
    Ok(())
}

#[test]
fn the_oracle_sees_what_is_awake() {
    for html in [
        "<script src=//t.example/a.js></script>",
        "<svg><image href=//t.example/a /></svg>",
        "<template><img src='https://t&period;example'></template>",
        "<noscript><img src=//t.example></noscript>",
        "<iframe srcdoc='<img src=//t.example>'></iframe>",
        "<base href=//t.example/><img src=a>",
        "<p style='background:url(https://t.example/)'>",
        "<script>x.createElement('a'); y('https://t.example/c')</script>",
    ] {
        assert!(!awake(html, true).is_empty(), "{html}");
    }
}

#[test]
fn fixtures_are_asleep_in_the_tree() {
    for (path, page) in fixtures() {
        if path.extension().is_some_and(|extension| extension == "xhtml") {
            continue;
        }
        let page = String::from_utf8_lossy(&page).into_owned();
        check(&page).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
}

/// Tags whose places in the tree differ most from their places in the text.
const TAGS: &str = "p|b|a|div|span|table|tr|td|caption|colgroup|select|option|form|button|svg|math|mi|annotation-xml|foreignObject|desc|title|\
    style|script|template|noscript|textarea|iframe|xmp|noembed|noframes|frameset|plaintext|head|body|html|h1|li|ul|ruby|rt|br|img|input|image";

proptest! {
    #[test]
    fn tag_soup_is_asleep_in_the_tree(
        pieces in proptest::collection::vec(prop_oneof![
            4 => string_regex(&format!("<({TAGS})>")).unwrap(),
            3 => string_regex(&format!("</({TAGS})>")).unwrap(),
            2 => "<(img|script|image|input type=image|embed|iframe|source|svg><script|svg><image)( alt='>'| a=\"|/)? ?(src|SRC|href)=['\"]?(//t\\.example/a|https://t&period;example/b|/own)['\"]?/?>",
            1 => "<base href=['\"]?(//t\\.example/|/own/)['\"]?>|<p style=\"background:url\\(https://t\\.example/\\)\">",
            1 => "<!--|-->|--!>|<!|\\]\\]>|<!\\[CDATA\\[|<\\?|>|\"|'|=| |text|&",
            1 => "<script>x\\.createElement\\('a'\\); y\\('https://t.example/c'\\)</script>",
        ], 0..14),
    ) {
        let page = pieces.concat();
        // A table puts what is strange to it before itself, so that the tree's order isn't the order of loading.
        prop_assume!(!page.contains("<base") || !page.contains("<table"));
        // Without scripts a quote that is left open takes the end of a noscript into an attribute.
        let closed = |part: &str| ['\'', '"'].iter().all(|quote| part.matches(*quote).count().is_multiple_of(2));
        prop_assume!(!page.contains("</noscript>") || page.split("</noscript>").all(closed));
        check(&page)?;
    }
}
