//! What the rewriting of a page costs, in nanoseconds a byte of the thread's own time: the whole rewrite (finding tags, judging
//! addresses, edits, banner) of a page that is dense with tags, in one piece and in the pieces that a network brings, beside a
//! bare pass of lol_html over the same page. Refuses to judge: figures depend on the machine. Invariant: rounds of all take
//! turns, and what is measured was checked to hold what it must.

use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Instant;

use gateway::html::{Base, Charset, Insertion, Limits, PagePlan, Proof, Rewriter, Syntax, TagJudge};

/// Rounds, and passes over the page in each.
const ROUNDS: usize = 41;
const PASSES: usize = 20;
const PAGE_BYTES: usize = 64 * 1024;
const PIECE: usize = 16 * 1024;
/// Scripts and pictures of refused trackers.
const REFUSED: u32 = 10;

/// Refuses what comes from `t….example`.
struct Trackers;

impl TagJudge for Trackers {
    fn hold(&self, host: &str, _: &str, _: &str) -> Option<&str> {
        host.starts_with('t').then_some("analytics")
    }
}

fn main() {
    let page = page();
    let tags = page.iter().filter(|byte| **byte == b'<').count();
    type Contestant<'a> = (&'a str, Box<dyn Fn() + 'a>, Vec<f64>);
    let mut contestants: Vec<Contestant<'_>> = vec![
        ("rewrite, one piece", Box::new(|| rewrite(&page, PAGE_BYTES)), Vec::new()),
        ("rewrite, pieces of 16 KiB", Box::new(|| rewrite(&page, PIECE)), Vec::new()),
        ("lol_html, tags found and nothing done", Box::new(|| bare_lol_html(&page)), Vec::new()),
        ("memchr for `<`", Box::new(|| _ = black_box(memchr_all(&page))), Vec::new()),
    ];
    for _ in 0..ROUNDS {
        for (_, pass, times) in &mut contestants {
            let start = Instant::now();
            (0..PASSES).for_each(|_| pass());
            times.push(start.elapsed().as_nanos() as f64 / (PASSES * page.len()) as f64);
        }
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{} bytes, a tag every {:.1}", page.len(), page.len() as f64 / tags as f64).ok();
    writeln!(out, "{:<40}{:>8}{:>8}{:>8}{:>8}", "nanoseconds a byte", "least", "25 %", "median", "75 %").ok();
    for (name, _, mut times) in contestants {
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get(times.len().saturating_sub(1) * share / 4).copied().unwrap_or(f64::NAN);
        writeln!(out, "{name:<40}{:>8.3}{:>8.3}{:>8.3}{:>8.3}", at(0), at(1), at(2), at(3)).ok();
    }
}

/// A shop's page: 20 scripts of which 8 are refused, 10 pictures of which 2 are, and rows that are dense with tags.
fn page() -> Vec<u8> {
    let mut page = String::from("<!doctype html><html lang=en><head><meta charset=utf-8><title>Shop</title>\n");
    for number in 0..20 {
        let address =
            if number < 8 { format!("https://t{number}.example/tag.js") } else { format!("/own/{number}.js") };
        page.push_str(&format!("<script src=\"{address}\" async></script>\n"));
    }
    page.push_str("</head><body>\n");
    for number in 0..10 {
        let address =
            if number < 2 { format!("https://t{number}.example/p.gif") } else { format!("/own/{number}.jpg") };
        page.push_str(&format!("<img src=\"{address}\" alt=\"\" width=\"320\" height=\"200\">\n"));
    }
    for number in 0.. {
        let row = format!(
            "<li class=\"goods\"><a href=\"/goods/{number:04}\"><b>Goods {number:04}</b></a>, blue, in three sizes, made \
             by hand of wool from the highlands, <i>12,000</i> won <u title=\"left\">7</u></li>\n<p>A row between the \
             others, with <span>a word</span> more, so that not all of it is one list of things</p>\n"
        );
        if page.len() + row.len() > PAGE_BYTES {
            break;
        }
        page.push_str(&row);
    }
    page.into_bytes()
}

fn rewrite(page: &[u8], piece: usize) {
    let insertion = Insertion {
        proof: Proof::Given,
        head_start: Some(Box::new(|_| "<script src=\"/.consent/guard.js\"></script>".to_owned())),
        body_start: Some(Box::new(|_| "<p>banner</p>".repeat(300))),
        files: None,
    };
    let mut rewriter = Rewriter::new(PagePlan {
        judge: Arc::new(Trackers),
        insertion: Some(insertion),
        address: Base::of_page("https://own.example/page"),
        syntax: Syntax::Html,
        charset: Charset::from_label(Some(b"utf-8")),
        limits: Limits::default(),
    });
    for piece in page.chunks(piece) {
        black_box(rewriter.push(piece).expect("a page within its limits"));
    }
    let finished = rewriter.finish().expect("a page within its limits");
    assert_eq!(finished.report.held.iter().map(|(_, count)| count).sum::<u32>(), REFUSED);
    assert!(finished.report.body_inserted);
}

fn bare_lol_html(page: &[u8]) {
    let mut found = 0;
    let handler = lol_html::element!("head, script[src], img[src], iframe[src]", |_| {
        found += 1;
        Ok(())
    });
    let settings = lol_html::Settings::new().append_element_content_handler(handler);
    let mut rewriter = lol_html::HtmlRewriter::new(settings, |piece: &[u8]| _ = black_box(piece));
    rewriter.write(page).expect("a page within its limits");
    rewriter.end().expect("a page within its limits");
    assert!(found > 30);
}

fn memchr_all(page: &[u8]) -> usize {
    memchr::memchr_iter(b'<', page).count()
}
