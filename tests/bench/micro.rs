//! What single steps of a request cost, by criterion: the decision, the consent cookie's seal, the cookies of a request and of an
//! answer, and the rewriting of a page that is dense with tags (in bytes a second; in one piece and in the pieces that a network
//! brings, beside a bare pass of lol_html over the same page). Refuses to judge: figures depend on the machine, and `make bench-contest` has
//! ratios. Invariant: what is measured was checked to do what it must.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gateway::config::{HostMode, OriginOptions, for_origin};
use gateway::html::{Base, Charset, Insertion, Limits, PagePlan, Proof, Rewriter, Syntax, TagJudge};
use gateway::runtime::Runtime;
use gateway::site::Site;
use gateway::wire::Filtered;
use gateway::wire::cookie_header;
use gateway::wire::set_cookie::SetCookie;
use policies::consent::Exceptions;
use policies::{Act, Mode, PurposeSet, Signals, Timestamp, Token, decide};
use tempfile::TempDir;

const HOST: &str = "shop.example";
const NOW: Timestamp = Timestamp(1_700_000_000);

/// Twelve cookies, eight of which nobody agreed to.
const COOKIES: &[u8] = b"session=abcdefgh; _ga=GA1.2.1.1; _gid=GA1.2.2.2; _fbp=fb.1.1.1; _gcl_au=1.1.1; csrftoken=aabbcc; _hjid=1111-2222; \
_uetsid=aaaa; _uetvid=bbbb; _clck=1abc; lang=ko; theme=dark";

/// Six lines, four of which nobody agreed to.
const LINES: [&[u8]; 6] = [
    b"PHPSESSID=q8r7s6t5u4v3w2x1y0z9; Path=/; HttpOnly; SameSite=Lax",
    b"_ga=GA1.1.1234567890.1700000000; Path=/; Max-Age=63072000",
    b"_gid=GA1.2.987654321.1700000000; Path=/; Max-Age=86400",
    b"_fbp=fb.1.1700000000000.1234567890; Path=/; Max-Age=7776000",
    b"_gcl_au=1.1.1234567890.1700000000; Path=/; Expires=Fri, 01 Jan 2027 00:00:00 GMT",
    b"cart_id=00012345; Path=/; Max-Age=604800; SameSite=Lax",
];

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

criterion_group!(benches, of_consent, of_cookies, of_pages);
criterion_main!(benches);

/// A gateway's state for one site, and a visitor's refusal.
fn stage(folder: &TempDir) -> (Runtime, Arc<Site>, Token) {
    let options = OriginOptions {
        listen: "127.0.0.1:0".parse().expect("an address"),
        origin: String::from("http://127.0.0.1:1"),
        policy: None,
        data: folder.path().to_owned(),
        admin: None,
        shadow: false,
        host: Some(HostMode::Visitor),
    };
    let runtime = Runtime::new(&for_origin(options, NOW).expect("a configuration")).expect("a fresh folder");
    let site = Arc::clone(runtime.sites.find(HOST, NOW).expect("the only site"));
    let token = Token {
        policy: site.config.policy.version,
        granted: PurposeSet::EMPTY,
        exceptions: Exceptions::default(),
        act: Act::RefuseAll,
        mode: Mode::AsSet,
        regime: site.config.regions.terms(None).regime,
        lang: None,
        signals: Signals { gpc: false },
        made: NOW,
        shared: false,
        sweep: None,
        unrecorded: None,
        ids: None,
        guardian: None,
        suspended: false,
    };
    (runtime, site, token)
}

fn of_consent(criterion: &mut Criterion) {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let (runtime, site, token) = stage(&folder);
    let (config, sealed) = (&site.config, runtime.seal.close(&site.config.name, &token));
    let open = || runtime.seal.open_token(&config.name, black_box(sealed.as_bytes()));
    assert_eq!(open(), Some(token), "the seal opens");
    criterion.bench_function("a sealed choice, opened", |bencher| bencher.iter(open));
    let terms = config.regions.terms(None);
    let decision = || decide(&config.policy, terms, black_box(Some(&token)), token.signals, NOW);
    assert!(!decision().prompt, "who answered is not asked");
    criterion.bench_function("a decision", |bencher| bencher.iter(decision));
}

fn of_cookies(criterion: &mut Criterion) {
    let folder = TempDir::new().expect("a temporary folder can be made");
    let (_, site, token) = stage(&folder);
    let terms = site.config.regions.terms(None);
    let decision = decide(&site.config.policy, terms, Some(&token), token.signals, NOW);
    let filter = || cookie_header::filter(black_box(COOKIES), |name| site.reaches_origin(site.judge(&decision, name)));
    assert_eq!(filter(), Filtered::Changed(b"session=abcdefgh; csrftoken=aabbcc; lang=ko; theme=dark".to_vec()));
    criterion.bench_function("twelve cookies of a request, judged", |bencher| bencher.iter(filter));
    let pass = || {
        let cookies = black_box(LINES).map(SetCookie::parse);
        let passes = |cookie: &SetCookie<'_>| {
            cookie.is_deletion(NOW.0) || site.may_be_set(site.judge(&decision, cookie.judged_name()))
        };
        cookies.iter().filter(|cookie| passes(cookie)).count()
    };
    assert_eq!(pass(), 2);
    criterion.bench_function("six Set-Cookie lines, judged", |bencher| bencher.iter(pass));
}

fn of_pages(criterion: &mut Criterion) {
    let page = page();
    let mut group = criterion.benchmark_group("page");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.bench_function("rewritten, one piece", |bencher| bencher.iter(|| rewrite(&page, PAGE_BYTES)));
    group.bench_function("rewritten, pieces of 16 KiB", |bencher| bencher.iter(|| rewrite(&page, PIECE)));
    group.bench_function("lol_html, tags found and nothing done", |bencher| bencher.iter(|| bare_lol_html(&page)));
    group.bench_function("memchr for `<`", |bencher| bencher.iter(|| memchr::memchr_iter(b'<', &page).count()));
    group.finish();
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
