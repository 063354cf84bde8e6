//! An owner's own page as the body of the policy page: HTML or Markdown, taken apart into tags and put together again, so that whatever
//! is in it, the page around it stays whole.
//!
//! Refuses what runs, loads by itself or belongs to a page of its own: scripts, sheets, frames, `<head>`. Invariants: every element that the
//! result opens it closes, its highest heading stands right below the page's own, and the place of the table is in none of its sentences.

mod clean;

use pulldown_cmark::{Options, Parser};

use crate::policy::Fault;

/// The longest page that is taken.
pub const LONGEST: usize = 1 << 20;

/// What stands in a page where the table of cookies goes.
pub const MARK: &str = "{{ cookies }}";

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Markdown, with HTML in it.
    Markdown,
    /// HTML, whole or a piece.
    Html,
}

impl Written {
    /// By a file's name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        match end.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "html" | "htm" => Some(Self::Html),
            _ => None,
        }
    }
}

/// A page's markup around the place of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// What stands before the table: elements may be open that [`after`](Self::after) closes.
    pub before: String,
    /// What stands behind it.
    pub after: String,
    /// Whether the page says where; otherwise the table stands behind all of it.
    pub marked: bool,
}

/// Reads a page.
///
/// # Errors
/// What keeps it from being a body: its length, nothing in it, elements too deep within each other, a mark within a sentence, two marks.
pub fn compile(source: &str, written: Written) -> Result<Body, Fault> {
    if source.len() > LONGEST {
        return Err(Fault::new("", 0, format!("is longer than {} MiB", LONGEST >> 20)));
    }
    let html = match written {
        Written::Html => None,
        Written::Markdown => Some(html_of(source)),
    };
    let body = clean::clean(html.as_deref().unwrap_or(source)).map_err(|fault| match written {
        Written::Html => fault,
        // Lines of what was made of it are no lines of the file.
        Written::Markdown => Fault { line: 0, ..fault },
    })?;
    if body.before.trim().is_empty() && body.after.trim().is_empty() {
        return Err(Fault::new("", 0, "has no text"));
    }
    Ok(body)
}

fn html_of(markdown: &str) -> String {
    let mut html = String::with_capacity(markdown.len() * 2);
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    pulldown_cmark::html::push_html(&mut html, Parser::new_ext(markdown, options));
    html
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn body(source: &str) -> Body {
        compile(source, Written::Html).unwrap_or_else(|fault| panic!("{source}: {fault}"))
    }

    #[test]
    fn what_runs_or_belongs_to_a_page_of_its_own_is_left_out_and_the_rest_stays() {
        let check = |source: &str, expect: &str| assert_eq!(body(source).before, expect, "{source}");
        check("<p>a &amp; b", "<p>a &amp; b");
        check("<html><head><title>T</title><meta charset=x></head><body><p>a</p></body></html>", "<p>a</p>");
        check("<p onclick=x class=\"a b\">a</p><script>if (a < b) {}</script>", "<p class=\"a b\">a</p>");
        check("<style>p > a {}</style><p>a</p><iframe src=x>t</iframe>", "<p>a</p>");
        check("<main><p>a</p></main>", "<div><p>a</p></div>");
        check("<a href=\"java\nscript:x\">a</a><a href=/terms>b</a>", "<a>a</a><a href=\"/terms\">b</a>");
        check("<img src=/a.png alt='x\"y'>", "<img src=\"/a.png\" alt=\"x&quot;y\">");
    }

    #[test]
    fn what_is_open_is_closed_and_what_was_not_open_is_not() {
        let check = |source: &str, expect: &str| assert_eq!(body(source).before, expect, "{source}");
        check("</main></div><p>a", "<p>a");
        check("<div><b>a</div>c", "<div><b>a</b></div>c");
        check("<ul><li>a<li>b</ul>", "<ul><li>a<li>b</ul>");
        check("<div><section>a", "<div><section>a</section></div>");
    }

    #[test]
    fn headings_stand_below_the_page_s_own() {
        let check = |source: &str, expect: &str| assert_eq!(body(source).before, expect, "{source}");
        check("<h1>a</h1><h2>b</h2>", "<h2>a</h2><h3>b</h3>");
        check("<h3>a</h3><h4>b</h4>", "<h2>a</h2><h3>b</h3>");
        check("<h1>a</h1><h6>b</h6>", "<h2>a</h2><h6>b</h6>");
        let markdown = compile("# 방침\n\n## 쿠키\n\n1. 하나\n", Written::Markdown).unwrap();
        assert_eq!(markdown.before, "<h2>방침</h2>\n<h3>쿠키</h3>\n<ol>\n<li>하나</li>\n</ol>\n");
    }

    #[test]
    fn the_table_goes_where_the_mark_stands() {
        let check = |source: &str, written, before: &str, after: &str| {
            let body = compile(source, written).unwrap_or_else(|fault| panic!("{source}: {fault}"));
            assert_eq!((body.before.as_str(), body.after.as_str(), body.marked), (before, after, true), "{source}");
        };
        check("<p>a</p><p>{{ cookies }}</p><p>b</p>", Written::Html, "<p>a</p>", "<p>b</p>");
        check("<div>{{cookies}}</div>", Written::Html, "<div>", "</div>");
        check("a\n\n{{ cookies }}\n\nb\n", Written::Markdown, "<p>a</p>\n", "\n<p>b</p>\n");
        assert!(!body("<p>a</p>").marked);
    }

    #[test]
    fn what_can_not_be_a_body_is_told() {
        let check = |source: &str, expect: &str| {
            let fault = compile(source, Written::Html).expect_err(source).to_string();
            assert!(fault.contains(expect), "{source}: {fault}");
        };
        check("<p>Our cookies: {{ cookies }}</p>", "within <p>");
        check("<ul><li><b>{{ cookies }}</b></ul>", "within <b>");
        check("<div>{{ cookies }}</div>\n<div>{{ cookies }}</div>", "line 2: {{ cookies }} stands here again");
        check(" \n", "has no text");
        check(&"<div>".repeat(300), "deep");
        check(&"a".repeat(LONGEST + 1), "longer");
    }

    #[test]
    fn a_file_s_name_says_how_it_is_written() {
        assert_eq!(Written::of_name("2026-01-01.md"), Some(Written::Markdown));
        assert_eq!(Written::of_name("policy.HTML"), Some(Written::Html));
        assert_eq!(Written::of_name("policy.toml"), None);
    }

    /// Tags that must be closed are, in order, whatever came in.
    fn is_balanced(html: &str) -> bool {
        let mut open = Vec::new();
        for piece in html.split('<').skip(1) {
            let name: String = piece.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            if matches!(name.as_str(), "p" | "li" | "br" | "img" | "td") {
                continue;
            }
            if !piece.starts_with('/') {
                open.push(name);
            } else if open.pop() != Some(name) {
                return false;
            }
        }
        open.is_empty()
    }

    proptest! {
        #[test]
        fn any_text_makes_a_body_or_a_fault(source in "(<|>|/|&|a|\"|'|=|!|-|\\{\\{ cookies \\}\\}|가| |\n){0,60}") {
            for written in [Written::Html, Written::Markdown] {
                compile(&source, written).ok();
            }
        }

        #[test]
        fn whatever_is_open_is_closed(
            source in "(<div>|</div>|<b>|</b>|<section>|</section>|<p>|</p>|<li>|<h1>|</h1>|<script>|</script>|text|\\{\\{ cookies \\}\\}|<main>|</main>|<br>){0,40}"
        ) {
            if let Ok(body) = compile(&source, Written::Html) {
                prop_assert!(is_balanced(&format!("{}{}", body.before, body.after)), "{:?}", body);
                prop_assert!(!body.before.contains("<script") && !body.after.contains("<script"));
            }
        }
    }
}
