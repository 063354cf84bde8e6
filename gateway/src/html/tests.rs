//! The fixtures of `tests/fixtures/html`, whole and cut at every byte; what stays untouched; errors.
//!
//! `name.html` must become `name.held.html`, and `name.xhtml`, read as XML, `name.held.xhtml`, well-formed. With `ACCEPT_FIXTURES=1` in the environment the test writes what it got:
//! read the difference before you commit it.

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

/// Holds `t.example` and `ads.example` with their subdomains.
pub(super) struct Hosts;

impl TagJudge for Hosts {
    fn hold(&self, host: &str, _: &str, _: &str) -> Option<&str> {
        let is = |tracker: &str| host == tracker || host.ends_with(&format!(".{tracker}"));
        if is("t.example") || is("xn--trckr-yqa2d.example") {
            Some("analytics")
        } else if is("ads.example") {
            Some("marketing")
        } else {
            None
        }
    }

    fn hold_script(&self, script: &str) -> Vec<&str> {
        if script.contains("assembledTracker") { vec!["marketing"] } else { Vec::new() }
    }
}

struct Nothing;

impl TagJudge for Nothing {
    fn hold(&self, _: &str, _: &str, _: &str) -> Option<&str> {
        None
    }
}

fn banner(proof: Proof) -> Insertion {
    Insertion {
        proof,
        head_start: Some(Box::new(|_| "<script src=\"/.consent/g.js\"></script>".to_owned())),
        files: None,
        body_start: Some(Box::new(|facts: &PageFacts| {
            format!("<consent-banner lang=\"{}\">쿠키</consent-banner>", facts.lang.as_deref().unwrap_or("?"))
        })),
    }
}

pub(super) fn plan(insertion: Option<Insertion>) -> PagePlan {
    PagePlan {
        judge: Arc::new(Hosts),
        insertion,
        address: Base::of_page("https://own.example/page"),
        syntax: Syntax::Html,
        charset: Charset::Unknown,
        limits: Limits::default(),
    }
}

pub(super) fn run<'a>(
    plan: PagePlan,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Vec<u8>, PageReport), Error> {
    let mut rewriter = Rewriter::new(plan);
    let mut out = Vec::new();
    for piece in pieces {
        out.extend(rewriter.push(piece)?);
    }
    let finished = rewriter.finish()?;
    out.extend(finished.tail);
    Ok((out, finished.report))
}

fn rewritten(html: &str, insertion: Option<Insertion>) -> (String, PageReport) {
    let (out, report) = run(plan(insertion), [html.as_bytes()]).unwrap();
    (String::from_utf8(out).unwrap(), report)
}

/// Pages with the plan to read them by.
pub(super) fn fixtures() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/html");
    let mut pages: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_string_lossy().contains(".held."))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    pages.sort();
    assert!(pages.len() >= 40, "the fixtures are where this test looks");
    pages
}

/// The plan for a fixture.
pub(super) fn plan_for(path: &Path, insertion: Option<Insertion>) -> PagePlan {
    let xhtml = path.extension().is_some_and(|extension| extension == "xhtml");
    PagePlan { syntax: if xhtml { Syntax::Xhtml } else { Syntax::Html }, ..plan(insertion) }
}

fn well_formed(page: &[u8], path: &Path) {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let text = String::from_utf8_lossy(page);
    let read = roxmltree::Document::parse_with_options(&text, options);
    assert!(read.is_ok(), "{}: {}\n{text}", path.display(), read.unwrap_err());
}

#[test]
fn fixtures_whole_and_cut_at_every_byte() {
    for (path, page) in fixtures() {
        let again = || plan_for(&path, Some(banner(Proof::DoctypeOrHtml)));
        let (whole, report) = run(again(), [&page[..]]).unwrap();
        let extension = path.extension().unwrap().to_string_lossy();
        let expected_path = path.with_extension(format!("held.{extension}"));
        if std::env::var_os("ACCEPT_FIXTURES").is_some() {
            std::fs::write(&expected_path, &whole).unwrap();
        }
        let expected = std::fs::read(&expected_path).unwrap();
        assert_eq!(String::from_utf8_lossy(&whole), String::from_utf8_lossy(&expected), "{}", path.display());
        assert_eq!(whole, expected, "{}", path.display());
        if extension == "xhtml" {
            well_formed(&page, &path);
            well_formed(&whole, &path);
        }
        let same = |pieces: &mut dyn Iterator<Item = &[u8]>, cut: &str| {
            let outcome = run(again(), pieces).unwrap();
            assert_eq!(
                String::from_utf8_lossy(&outcome.0),
                String::from_utf8_lossy(&whole),
                "{} {cut}",
                path.display()
            );
            assert_eq!(outcome, (whole.clone(), report.clone()), "{} {cut}", path.display());
        };
        for at in 0..=page.len() {
            let (a, b) = page.split_at(at);
            same(&mut [a, b].into_iter(), &format!("cut at {at}"));
        }
        same(&mut page.chunks(1), "byte by byte");
    }
}

#[test]
fn held_fixtures_load_nothing_more() {
    for (path, page) in fixtures() {
        let (once, _) = run(plan_for(&path, None), [&page[..]]).unwrap();
        let (twice, report) = run(plan_for(&path, None), [&once[..]]).unwrap();
        assert_eq!(report.held, [], "{} holds nothing on a second reading", path.display());
        assert_eq!(once, twice, "{}", path.display());
    }
}

#[test]
fn counts_by_purpose() {
    let page =
        "<!doctype html><img src=//t.example/1><noscript><img src=//t.example/2></noscript><img src=//ads.example>";
    let (_, report) = rewritten(page, Some(banner(Proof::DoctypeOrHtml)));
    assert_eq!(report.held, [("analytics".to_owned(), 2), ("marketing".to_owned(), 1)]);
    assert!(report.body_inserted && report.head_inserted && !report.untouched);
}

#[test]
fn fragments_get_nothing_unless_the_request_proved_a_document() {
    let page = "<p>text</p>";
    assert_eq!(rewritten(page, Some(banner(Proof::DoctypeOrHtml))).0, page);
    let (out, _) = rewritten(page, Some(banner(Proof::Given)));
    assert!(out.starts_with("<script src=\"/.consent/g.js\"></script><consent-banner") && out.ends_with(page), "{out}");
    assert_eq!(rewritten(" \n", Some(banner(Proof::Given))).0, " \n");
}

#[test]
fn a_page_streams_while_it_comes() {
    let mut rewriter = Rewriter::new(plan(Some(banner(Proof::DoctypeOrHtml))));
    rewriter.push(b"<!doctype html><html><head><title>x</title></head><body>").unwrap();
    assert_eq!(rewriter.push(b"hello ").unwrap(), b"hello ");
    assert_eq!(rewriter.push(b"world <im").unwrap(), b"world ");
    assert_eq!(rewriter.push(b"g src=/own>").unwrap(), b"<img src=/own>");
    assert_eq!(rewriter.push(b"text <script>").unwrap(), b"text ");
    assert_eq!(rewriter.push(b"</script>").unwrap(), b"<script></script>");
    assert_eq!(rewriter.push(b"<script type=application/json>long ").unwrap(), b"<script type=application/json>long ");
}

#[test]
fn a_head_streams_while_its_body_is_still_to_come() {
    let mut rewriter = Rewriter::new(plan(Some(banner(Proof::DoctypeOrHtml))));
    let out = rewriter.push(b"<!doctype html><head><title>x</title><link href=/own>").unwrap();
    let head = "<!doctype html><head><script src=\"/.consent/g.js\"></script><title>x</title><link href=/own>";
    assert_eq!(String::from_utf8(out).unwrap(), head);
    let tail = String::from_utf8(rewriter.finish().unwrap().tail).unwrap();
    assert!(tail.starts_with("<consent-banner"), "a page may end before its body: {tail}");
}

#[test]
fn a_page_is_not_held_up_to_learn_its_charset() {
    let mut rewriter = Rewriter::new(plan(None));
    assert_eq!(rewriter.push(b"hello").unwrap(), b"");
    assert_eq!(rewriter.push(b" ").unwrap(), b"hello ");
}

#[test]
fn xhtml_is_in_utf_8_where_nothing_else_is_said() {
    for (charset, label, expect) in
        [("", None, "쿠키".as_bytes()), ("euc-kr", Some(&b"euc-kr"[..]), b"\xc4\xed\xc5\xb0")]
    {
        let insertion = Some(banner(Proof::Given));
        let xhtml = PagePlan { syntax: Syntax::Xhtml, charset: Charset::from_label(label), ..plan(insertion) };
        let (out, _) = run(xhtml, [&b"<html><head></head><body></body></html>"[..]]).unwrap();
        assert!(out.windows(expect.len()).any(|text| text == expect), "{charset}");
    }
}

#[test]
fn what_can_only_be_judged_whole_has_no_bound_of_its_own() {
    let limits = Limits { inline: 20, ..Limits::default() };
    let held = |page: &str| run(PagePlan { limits, ..plan(None) }, page.as_bytes().chunks(7)).unwrap().1.held.len();
    assert_eq!(held("<noscript>a text that is longer than that <img src=//t.example/x></noscript>"), 1);
    assert_eq!(held("<script type=importmap>{\"imports\":{\"a module\":\"//t.example/a\"}}</script>"), 1);
}

#[test]
fn an_inline_script_waits_for_its_end_and_no_longer_than_its_bound() {
    let limits = Limits { inline: 50, ..Limits::default() };
    let page = |script: &str| run(PagePlan { limits, ..plan(None) }, [script.as_bytes()]).unwrap().1.held;
    let mut rewriter = Rewriter::new(PagePlan { limits, ..plan(None) });
    assert_eq!(rewriter.push(b"<script>long ").unwrap(), b"");
    assert_eq!(rewriter.push(&[b' '; 45]).unwrap().len(), 58, "the start has been judged, the rest streams");
    assert_eq!(rewriter.push(b"x.src = 'https://t.example/'").unwrap(), b"x.src = 'https://t.example/'");
    assert_eq!(page("<script>x.src = 'https://t.example/';                                   </script>").len(), 1);
    assert_eq!(
        page("<script>                                            x.src = 'https://t.example/'</script>").len(),
        0
    );
    assert_eq!(
        page("<style>                                       a { background: url(//t.example/x) }</style>").len(),
        0
    );
}

#[test]
fn too_long_is_an_error_that_gives_the_bytes_back() {
    let limits = Limits { window: 64, ..Limits::default() };
    let mut rewriter = Rewriter::new(PagePlan { limits, ..plan(None) });
    let mut out = rewriter.push(b"<!doctype html><p>text <img src=//t.example/x><noscript>").unwrap();
    let error = rewriter.push(&[b'x'; 100]).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::TooLong));
    out.extend(error.unflushed);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("data-consent-src=//t.example/x") && text.ends_with("xxx"), "{text}");
}

#[test]
fn what_is_judged_goes_out_before_a_page_is_given_up() {
    let limits = Limits { window: 64, ..Limits::default() };
    let rewriter = || Rewriter::new(PagePlan { limits, ..plan(None) });
    let page = format!("<!doctype html><p>text <img src=//t.example/x><img alt=\"{}", "x".repeat(100));
    let check = |out: Vec<u8>, error: Error| {
        let text = String::from_utf8(out).unwrap();
        assert!(text.ends_with("data-consent-src=//t.example/x>"), "{text}");
        assert!(matches!(error.kind, ErrorKind::TooLong) && error.unflushed.starts_with(b"<img alt="));
    };
    let (mut goes_on, mut ends) = (rewriter(), rewriter());
    check(goes_on.push(page.as_bytes()).unwrap(), goes_on.push(b"\">").unwrap_err());
    check(ends.push(page.as_bytes()).unwrap(), ends.finish().unwrap_err());
}

#[test]
fn a_tag_may_be_as_long_as_the_limit() {
    let limits = Limits { window: 10, ..Limits::default() };
    let mut rewriter = Rewriter::new(PagePlan { limits, ..plan(None) });
    assert_eq!(rewriter.push(b"<img src=x").unwrap(), b"");
    assert_eq!(rewriter.push(b"y").unwrap_err().unflushed, b"<img src=xy");
}

#[test]
fn a_charset_is_believed_where_browsers_look_for_it() {
    let check = |meta: &str, end: usize, expect: bool| {
        let filler = "x".repeat(end - "<!doctype html><!---->".len() - meta.len());
        let page = format!("<!doctype html><!--{filler}-->{meta}<body>");
        let (out, _) = run(plan(Some(banner(Proof::Given))), [page.as_bytes()]).unwrap();
        assert_eq!(out.windows(4).any(|text| text == b"\xc4\xed\xc5\xb0"), expect, "{meta} to {end}");
    };
    check("<meta charset=euc-kr>", 1024, true);
    check("<meta charset=euc-kr>", 1025, false);
    for content in ["text/html; charset=euc-kr; x=y", "charset = 'euc-kr' x", "charset=euc-kr x", "CHARSET=\teuc-kr'"] {
        check(&format!("<meta http-equiv=Content-Type content=\"{content}\">"), 500, true);
    }
    check("<meta http-equiv=refresh content=\"charset=euc-kr\">", 500, false);
    check("<meta http-equiv=content-type content=\"charset:euc-kr\">", 500, false);
}

#[test]
fn what_is_changed_beside_what_is_not_keeps_its_bytes() {
    let page = b"<p style=\"font-family:\xb1\xbc;background:url(//t.example/x)\">";
    let (out, _) = run(plan(None), [&page[..]]).unwrap();
    let style = b"style=\"font-family:\xb1\xbc;background:url(about:invalid)\"";
    assert!(out.windows(style.len()).any(|part| part == style), "{}", String::from_utf8_lossy(&out));
    let text = "<iframe srcdoc='//t.example/'></iframe>";
    assert_eq!(rewritten(text, None).0, text, "a frame's text is no address");
    let (out, _) = rewritten("<a ping='/own  /b' attributionsrc='//t.example/x'>", None);
    assert!(out.contains(" ping='/own  /b' ") && out.contains("data-consent-attributionsrc"), "{out}");
}

#[test]
fn noscript_inside_noscript_is_markup() {
    let page = "<noscript>".repeat(9) + "<img src=//t.example/x>";
    let (out, report) = rewritten(&page, None);
    assert_eq!(report.held, [("analytics".to_owned(), 1)]);
    assert_eq!(out, "<noscript>".repeat(9) + "<img data-consent-hold=\"analytics\" data-consent-src=//t.example/x>");
}

#[test]
fn nesting_has_an_end() {
    let nested = |depth: usize| {
        (0..depth).fold("<img src=//t.example/x>".to_owned(), |page, _| {
            format!("<iframe srcdoc=\"{}\"></iframe>", page.replace('&', "&amp;").replace('"', "&quot;"))
        })
    };
    assert_eq!(rewritten(&nested(4), None).1.held, [("analytics".to_owned(), 1)]);
    let outcome = run(plan(None), [nested(5).as_bytes()]);
    assert!(matches!(outcome.unwrap_err().kind, ErrorKind::TooDeep));
}

#[test]
fn untouchable_charsets_pass() {
    let page = b"<img src=//t.example/x>";
    let untouchable = PagePlan { charset: Charset::Untouchable, ..plan(Some(banner(Proof::Given))) };
    let (out, report) = run(untouchable, [&page[..]]).unwrap();
    assert!(out == page && report.untouched);
}

#[test]
fn utf_16_is_known_by_its_header_too() {
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    let charset = Charset::from_label(Some(b"utf-16be"));
    let page = utf16("<p>쿠키 <img src=//t.example/x>");
    for cut in [1, 3, page.len()] {
        let (out, _) = run(PagePlan { charset, ..plan(None) }, page.chunks(cut)).unwrap();
        let held = utf16("<p>쿠키 <img data-consent-hold=\"analytics\" data-consent-src=//t.example/x>");
        assert!(out == held, "cut by {cut}");
    }
    let marked = "\u{feff}<img src=//t.example/x>";
    let (out, _) = run(PagePlan { charset, ..plan(None) }, [marked.as_bytes()]).unwrap();
    assert!(String::from_utf8_lossy(&out).contains("hold"), "a mark in UTF-8 counts before the header");
}

#[test]
fn a_rewriter_can_move_between_threads() {
    fn is_send<T: Send>() {}
    is_send::<Rewriter>();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_held_and_nothing_inserted_is_the_page_itself(
        page in "(<[a-z]{1,4}( [a-z]{1,3}=[\"']?[a-z/:.]{0,5}[\"']?)?>|</?(script|noscript|title|svg|textarea|body|iframe)>|<!--|-->|<!|]]>|[ a쿠&;<>\"'=/]|\n){0,30}",
        cut in 1_usize..20,
    ) {
        let judge = Arc::new(Nothing);
        let (out, _) = run(PagePlan { judge, ..plan(None) }, page.as_bytes().chunks(cut)).unwrap();
        prop_assert_eq!(out, page.into_bytes());
    }

    #[test]
    fn bytes_that_are_no_text_stay(page in proptest::collection::vec(any::<u8>(), 0..200), cut in 1_usize..40) {
        let (out, _) = run(plan(None), page.chunks(cut)).unwrap();
        prop_assert_eq!(out, page);
    }

    #[test]
    fn xhtml_stays_well_formed(
        pieces in proptest::collection::vec("<(p|img|image|script|a|svg|b)( (src|href|ping|style|type|x:href)=['\"](//t\\.example/a|url\\(//t\\.example\\)|b)['\"]| ){0,2}/>|<p><!-- <i> --></p>|<!\\[CDATA\\[<img src=\"//t\\.example\"/>\\]\\]>|<script>x\\.src='//t\\.example/c'</script>|<style>p\\{background:url\\(//t\\.example\\)\\}</style>|쿠키", 0..8),
        cut in 1_usize..30,
    ) {
        let body = pieces.concat();
        let page = format!("<html xmlns:x=\"http://www.w3.org/1999/xlink\"><head/><body>{body}</body></html>");
        prop_assume!(roxmltree::Document::parse(&page).is_ok());
        let xhtml = || PagePlan { syntax: Syntax::Xhtml, ..plan(Some(banner(Proof::DoctypeOrHtml))) };
        let (out, _) = run(xhtml(), [page.as_bytes()]).unwrap();
        let text = String::from_utf8(out.clone()).unwrap();
        let read = roxmltree::Document::parse(&text);
        prop_assert!(read.is_ok(), "{:?}\n{text}", read.err());
        prop_assert_eq!(run(xhtml(), page.as_bytes().chunks(cut)).unwrap().0, out);
    }

    #[test]
    fn cuts_change_nothing(
        page in "(<!doctype html>)?(<(script|img|noscript|body|head|html|div|template|iframe|title|base|a)( (src|href|type|srcdoc|ping)=[\"']?(//t.example/|/own|x))?[\"']?>|</(script|noscript|title|template|head|body)>|<!--|-->|[ x]){0,20}",
        cut in 1_usize..12,
    ) {
        let whole = run(plan(Some(banner(Proof::DoctypeOrHtml))), [page.as_bytes()]);
        let cut = run(plan(Some(banner(Proof::DoctypeOrHtml))), page.as_bytes().chunks(cut));
        match (whole, cut) {
            (Ok(whole), Ok(cut)) => prop_assert_eq!(whole, cut),
            (Err(whole), Err(cut)) => prop_assert_eq!(whole.kind.to_string(), cut.kind.to_string()),
            (whole, cut) => prop_assert!(false, "{whole:?} but cut {cut:?}"),
        }
    }
}
