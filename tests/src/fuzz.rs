//! What must hold for any bytes from the wire: the bodies of the fuzz targets, as plain functions.
//!
//! They refuse nothing: every input is a case. `tests/it/corpora.rs` replays the seeds through them, `tests/fuzz` lets
//! libFuzzer look for more. Invariant: a function here panics only when a promise of the gateway is broken.

#[path = "fuzz/records.rs"]
pub mod records;

use gateway::html::{
    Base, Charset, Error, ErrorKind, Insertion, Limits, PageFacts, PagePlan, PageReport, Proof, Rewriter, Syntax,
    TagJudge, gate_link_header,
};
use gateway::wire::cookie_line::{deletion_line, with_domain, without_lifetime};
use gateway::wire::csp::{OwnFiles, Sandbox};
use gateway::wire::etag::{Condition, Tag};
use gateway::wire::path::{Standing, standing};
use gateway::wire::set_cookie::SetCookie;
use gateway::wire::{Filtered, cookie_header as header, dictionary, forwarded, link, proxy_protocol};
use std::sync::Arc;

/// `Cookie`: keeping all changes nothing; what is kept stays as it was, in order.
pub fn cookie_header(data: &[u8]) {
    assert_eq!(header::filter(data, |_| true), Filtered::Unchanged);
    let kept = |name: &[u8]| name.len().is_multiple_of(2);
    let before: Vec<_> = header::pairs(data).filter(|pair| kept(pair.name)).collect();
    let filtered = match header::filter(data, kept) {
        Filtered::Unchanged => data.to_vec(),
        Filtered::Changed(bytes) => bytes,
        Filtered::Empty => Vec::new(),
    };
    let after: Vec<_> = header::pairs(&filtered).collect();
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((before.name, before.value), (after.name, after.value));
        assert_eq!(before.raw.trim_ascii(), after.raw.trim_ascii());
    }
}

/// `Set-Cookie`: both directions judge one name; edits change what they say and nothing else; deletions delete.
pub fn set_cookie(data: &[u8]) {
    let cookie = SetCookie::parse(data);
    let sent = match (cookie.name, cookie.value) {
        (b"", value) => value.to_vec(),
        (name, value) => [name, b"=", value].concat(),
    };
    if let Some(pair) = header::pairs(&sent).next() {
        assert_eq!(pair.name, cookie.judged_name(), "both directions judge the same name");
    }
    let session = without_lifetime(data);
    let unlimited = SetCookie { max_age: None, expires: None, ..cookie.clone() };
    assert_eq!(SetCookie::parse(&session), unlimited);
    assert_eq!(without_lifetime(&session), session);
    let host_only = with_domain(data, None);
    assert_eq!(SetCookie::parse(&host_only), SetCookie { domain: None, ..cookie.clone() });
    let moved = with_domain(data, Some(b"shop.example"));
    let domain = SetCookie::parse(&moved).domain;
    assert!(domain == Some(b"shop.example") || (domain.is_none() && moved == data));
    if let Some(line) = deletion_line(cookie.name, cookie.domain, cookie.path, cookie.secure, cookie.partitioned) {
        let deletion = SetCookie::parse(&line);
        assert!(deletion.is_deletion(0));
        assert_eq!((deletion.name, deletion.partitioned), (cookie.name, cookie.partitioned));
    }
}

/// `Forwarded`: whatever stands before what the proxy wrote, the proxy speaks last or is not understood at all.
pub fn forwarded(data: &[u8]) {
    if let Ok(elements) = forwarded::elements(data) {
        assert!(elements.len() <= 64);
        let twice = [data, b" , ", data].concat();
        let again = forwarded::elements(&twice);
        assert!(elements.len() > 32 || again.is_ok_and(|again| again == [elements.clone(), elements].concat()));
    }
    let told = [data, b", for=198.51.100.7;proto=https"].concat();
    if let Ok(elements) = forwarded::elements(&told) {
        let last = elements.last().expect("the proxy's element");
        assert_eq!(last.asked_by, Some(forwarded::Node::Address([198, 51, 100, 7].into())));
        assert_eq!(last.proto.as_deref(), Some(&b"https"[..]));
    }
    if let Some(address) = forwarded::address(data) {
        assert_eq!(forwarded::address(address.to_string().as_bytes()), Some(address));
    }
}

/// PROXY protocol: cuts and what follows change nothing, and a head has its bound.
pub fn proxy_protocol(data: &[u8]) {
    let whole = proxy_protocol::parse(data);
    // One place by the input's own word, and the last: the room's tests cut at every byte.
    let place = data.last().map_or(0, |&byte| usize::from(byte) * data.len() / 256);
    for cut in [place, data.len().saturating_sub(1)].into_iter().filter(|&cut| cut < data.len()) {
        match proxy_protocol::parse(&data[..cut]) {
            Ok(None) => {}
            early => assert_eq!(early, whole, "cut at {cut}"),
        }
    }
    if whole != Ok(None) {
        assert_eq!(proxy_protocol::parse(&[data, b"GET / HTTP/1.1\r\n"].concat()), whole);
    }
    match whole {
        Ok(Some(head)) => assert!(head.length <= data.len() && head.length <= 16 + 4_096),
        Ok(None) => assert!(data.len() < 16 + 4_096),
        Err(_) => {}
    }
}

/// Entity tags and lists of them: what reads is written as it reads, and a class that is put on comes off again.
pub fn entity_tags(data: &[u8]) {
    if let Some(tag) = Tag::parse(data) {
        assert_eq!(tag.write(), data.trim_ascii());
        let classed = tag.with_class("abcDEF012-_9");
        assert_eq!(Tag::parse(&classed).map(Tag::split), Some((tag, Some(&b"abcDEF012-_9"[..]))));
    }
    if let Condition::Tags(tags) = Condition::parse(data) {
        let written = tags.iter().map(|tag| tag.write()).collect::<Vec<_>>().join(&b", "[..]);
        assert_eq!(Condition::parse(&written), Condition::Tags(tags.clone()));
        let bare: Vec<_> = tags.iter().map(|tag| tag.split().0).collect();
        assert!(bare.iter().zip(&tags).all(|(bare, tag)| tag.opaque.starts_with(bare.opaque) && tag.weak == bare.weak));
    }
}

/// A path beside the reserved prefix: only its own spelling is inside, and no layer of encoding lets another one out.
pub fn path(data: &[u8]) {
    const PREFIX: &str = "/.consent/";
    let Ok(path) = std::str::from_utf8(data) else { return };
    let found = standing(path, PREFIX);
    assert_eq!(matches!(found, Standing::Inside(_)), path.starts_with(PREFIX));
    // Every byte encoded once more is the same path to whoever decodes once more.
    if found == Standing::Disguised && !path.contains('%') {
        let encoded: String = path.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(standing(&encoded, PREFIX), Standing::Disguised, "{path}");
    }
    // What leads out again is outside; everything else under the prefix is found whatever stands before it.
    if matches!(found, Standing::Inside(rest) if !rest.contains("..")) {
        for wrapped in [format!("/{path}"), format!("/x/..{path}"), format!("/.{path}")] {
            assert_eq!(standing(&wrapped, PREFIX), Standing::Disguised, "{wrapped}");
        }
    }
}

/// A page: untouched where nothing is held; the same however it is cut; nothing left awake after one pass. The last
/// byte says where the page is cut and whether it is XHTML, so that every input is one case and cheap.
pub fn html(data: &[u8]) {
    let Some((&last, page)) = data.split_last() else { return };
    if is_utf16(page) {
        return;
    }
    let cut = usize::from(last % 61) + 1;
    let syntax = if last >= 0xe0 { Syntax::Xhtml } else { Syntax::Html };
    if let Some((out, _)) = whole(run(plan(Arc::new(LetAllGo), None, syntax), page, cut)) {
        assert_eq!(out, page, "nothing held: the page itself, cut by {cut}");
    }
    let held = || plan(Arc::new(HoldTrackers), Some(banner()), syntax);
    match (run(held(), page, page.len()), run(held(), page, cut)) {
        (Ok(once), Ok(cut)) => assert_eq!(once, cut, "cuts change nothing"),
        (Err(once), Err(cut)) => assert_eq!(once.kind.to_string(), cut.kind.to_string()),
        (once, cut) => panic!("{once:?}, but cut {cut:?}"),
    }
    let gated = |page: &[u8]| whole(run(plan(Arc::new(HoldTrackers), None, syntax), page, page.len()));
    if let Some((once, report)) = gated(page)
        && !report.held.is_empty()
        && let Some((again, report)) = gated(&once)
    {
        assert!(report.held.is_empty() && again == once, "nothing is left awake");
    }
}

/// A style, a list of image candidates, a refresh or an inline script: in a page of its own each is read to its end, and
/// nothing is left awake.
pub fn addresses(data: &[u8]) {
    let Some((&first, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text).replace(['<', '"', '&'], " ");
    let page = match first % 6 {
        0 => format!("<style>{text}</style>"),
        1 => format!("<p style=\"{text}\">"),
        2 => format!("<img srcset=\"{text}\">"),
        3 => format!("<meta http-equiv=refresh content=\"{text}\">"),
        4 => format!("<script>{text}</script>"),
        _ => format!("<script type=importmap>{}</script>", text.replace('\'', "\"")),
    };
    html(&[page.as_bytes(), &[first / 6]].concat());
}

/// A host however it is spelled: the page's and the header's reading agree, and what is held is the tracker's.
pub fn address(data: &[u8]) {
    let text = String::from_utf8_lossy(data).replace(['<', '>', '"', '&', '\'', '\u{feff}'], "");
    let page = format!("<!doctype html><meta charset=utf-8><img src=\"{text}\">");
    let (_, report) =
        run(plan(Arc::new(HoldTrackers), None, Syntax::Html), page.as_bytes(), page.len()).expect("a page");
    let header = format!("<{text}>; rel=preload");
    let base = Base::of_page("https://own.example/");
    let dropped = gate_link_header(header.as_bytes(), &HoldTrackers, &base) == Filtered::Empty;
    assert_eq!(dropped, !report.held.is_empty(), "{text:?}");
}

/// A page in any charset: untouched where nothing is held, in UTF-16 where it is valid.
pub fn charset(data: &[u8]) {
    let Some((&first, page)) = data.split_first() else { return };
    let labels = ["utf-16le", "utf-16be", "euc-kr", "shift_jis", "gb18030", "utf-8", "windows-1252", "x-user-defined"];
    let label = labels.get(usize::from(first % 9)).copied();
    let charset = Charset::from_label(label.map(str::as_bytes));
    let judged = |judge: Arc<dyn TagJudge>, step| {
        whole(run(PagePlan { charset, ..plan(judge, None, Syntax::Html) }, page, step)).map(|(out, _)| out)
    };
    let once = judged(Arc::new(LetAllGo), page.len());
    assert_eq!(once, judged(Arc::new(LetAllGo), usize::from(first / 9) + 1), "cuts change nothing");
    // Lone surrogates and odd bytes are the one thing that UTF-16 doesn't give back.
    if let Some(out) = once.filter(|out| out != page) {
        assert!(first % 9 < 2 || is_utf16(page), "only UTF-16 is written anew");
        assert!(out.windows(2).any(|unit| matches!(unit, [0xfd, 0xff] | [0xff, 0xfd])), "only for what is no text");
    }
    judged(Arc::new(HoldTrackers), page.len());
}

/// A page that says so itself: what isn't valid of it is written anew, which [`charset`] looks at.
fn is_utf16(page: &[u8]) -> bool {
    [&b"\xff\xfe"[..], b"\xfe\xff", b"<\0?\0x\0", b"\0<\0?\0x"].iter().any(|start| page.starts_with(start))
}

struct LetAllGo;

impl TagJudge for LetAllGo {
    fn hold(&self, _: &str, _: &str, _: &str) -> Option<&str> {
        None
    }
}

struct HoldTrackers;

impl TagJudge for HoldTrackers {
    fn hold(&self, host: &str, _: &str, _: &str) -> Option<&str> {
        host.ends_with("t.example").then_some("analytics")
    }
}

fn plan(judge: Arc<dyn TagJudge>, insertion: Option<Insertion>, syntax: Syntax) -> PagePlan {
    let address = Base::of_page("https://own.example/");
    PagePlan { judge, insertion, address, syntax, charset: Charset::Unknown, limits: Limits::default() }
}

fn banner() -> Insertion {
    Insertion {
        files: None,
        proof: Proof::DoctypeOrHtml,
        head_start: Some(Box::new(|_| "<script src=\"/.consent/g.js\"></script>".to_owned())),
        body_start: Some(Box::new(|facts: &PageFacts| format!("<consent-banner>{}</consent-banner>", facts.html_tag))),
    }
}

fn run(plan: PagePlan, page: &[u8], step: usize) -> Result<(Vec<u8>, PageReport), Error> {
    let mut rewriter = Rewriter::new(plan);
    let mut out = Vec::new();
    for piece in page.chunks(step.max(1)) {
        out.extend(rewriter.push(piece)?);
    }
    let finished = rewriter.finish()?;
    out.extend(finished.tail);
    Ok((out, finished.report))
}

/// A page that is nested too deep may end in an error; nothing else may.
fn whole(outcome: Result<(Vec<u8>, PageReport), Error>) -> Option<(Vec<u8>, PageReport)> {
    match outcome {
        Ok(page) => Some(page),
        Err(Error { kind: ErrorKind::TooDeep, .. }) => None,
        Err(error) => panic!("{error}: {}", error.kind),
    }
}

/// The consent cookie's body: what decodes is what would be written, so no token has two spellings.
pub fn token(data: &[u8]) {
    let Ok(token) = policies::Token::decode(data) else { return };
    assert_eq!(token.encode(), data);
    assert!(data.len() <= policies::consent::MAX_TOKEN_BYTES);
}

/// A policy file: every text compiles or is told its faults, each with a sentence; nothing panics.
pub fn policy_file(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    match policies::policy::compile(source, &policies::rules::catalog::Catalog::default()) {
        Ok(policy) => assert!(policy.always().is_subset_of(policy.all()), "what needs no grant is a purpose"),
        Err(faults) => {
            assert!(!faults.is_empty(), "a file that does not compile has a fault");
            assert!(faults.iter().all(|fault| !fault.message.is_empty()), "each fault says what is wrong");
        }
    }
}

/// Two versions of a policy, parted by a line of its own: what is found in them has a place, and what changes one way changes back the other.
pub fn policy_change(data: &[u8]) {
    use policies::policy::{compile, diff, history::History};
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (old, new) = text.split_once("\n#---\n").unwrap_or((text, text));
    let catalog = policies::rules::catalog::Catalog::default();
    let files = [old, new].map(|text| ("policy.toml".to_owned(), text.to_owned()));
    let found = History::compile(files.into(), &catalog).map(|history| history.findings()).unwrap_or_default();
    assert!(found.iter().all(|one| one.fault.line > 0 && !one.fault.message.is_empty()), "a place and a sentence");
    let (Ok(old), Ok(new)) = (compile(old, &catalog), compile(new, &catalog)) else { return };
    let (forth, back) = (diff::diff(&old, &new), diff::diff(&new, &old));
    let keys = |one: &diff::Change| one.key.clone();
    assert!(forth.iter().map(keys).eq(back.iter().map(keys)), "what changes one way changes back the other");
    assert!(diff::diff(&new, &new).is_empty(), "a policy does not differ from itself");
    let _ = (diff::json(&old, &new, &forth), diff::mail(&new, &forth, policies::Lang::Ko, None));
}

/// A published policy: any bytes are read alike each time, and the policy file that is drafted of it compiles.
pub fn policy_import(data: &[u8]) {
    let Ok(read) = policies::import::import(data, None) else { return };
    assert_eq!(Ok(&read), policies::import::import(data, None).as_ref(), "the same page gives the same facts");
    assert!(!read.json().contains('\0'), "the facts are text");
    let draft = policies::draft::draft_published(&read);
    let faults = policies::policy::compile(&draft, &policies::rules::catalog::Catalog::default()).err();
    assert!(faults.is_none(), "the draft compiles");
}

/// Lists of content security policies: what is mended needs no mending, and each policy keeps its directives.
pub fn csp(data: &[u8]) {
    let Ok(list) = std::str::from_utf8(data) else { return };
    let files = OwnFiles {
        address: "https://own.example/.consent/".to_owned(),
        hashes: ["sha256-x=".to_owned()].into(),
        nonce: Some("n".to_owned()),
    };
    let Some(mended) = files.mend_list(list) else { return };
    assert_eq!(files.mend_list(&mended), None, "{mended}");
    assert_eq!(mended.split(',').count(), list.split(',').count());
    for (before, after) in list.split(',').zip(mended.split(',')) {
        let names = |policy: &str| -> Vec<String> {
            let directives = policy.split(';').filter_map(|directive| directive.split_ascii_whitespace().next());
            directives.map(str::to_owned).collect()
        };
        assert!(names(after).starts_with(&names(before)), "{before} became {after}");
    }
    assert_eq!(Sandbox::of_list(list), Sandbox::of_list(&mended));
}

/// Dictionaries of structured fields: what is taken out is gone, what stays is as it came, and values are found where they are.
pub fn dictionary_field(data: &[u8]) {
    let Some(without) = dictionary::without(data, b"consent") else {
        assert_eq!(dictionary::member(data, b"consent"), None);
        return;
    };
    match without {
        Filtered::Unchanged => assert_eq!(dictionary::member(data, b"consent"), None),
        Filtered::Empty => {}
        Filtered::Changed(left) => {
            assert_eq!(dictionary::without(&left, b"consent"), Some(Filtered::Unchanged));
            assert!(left.len() < data.len() + 2 * data.iter().filter(|&&byte| byte == b',').count());
        }
    }
    let more =
        [data.trim_ascii(), if data.trim_ascii().is_empty() { b"" } else { b", " }, b"consent=:eA==:;a"].concat();
    assert_eq!(dictionary::member(&more, b"consent"), Some(&b":eA==:;a"[..]));
}

/// `Link`: keeping all changes nothing, and what is kept stays as it was, in order.
pub fn links(data: &[u8]) {
    assert_eq!(link::filter(data, |_| true), Filtered::Unchanged);
    let targets = |line: &[u8]| {
        let mut targets = Vec::new();
        link::filter(line, |hint| {
            targets.push(hint.target.to_vec());
            true
        });
        targets
    };
    let kept = |target: &[u8]| target.len().is_multiple_of(2);
    let left = match link::filter(data, |hint| kept(hint.target)) {
        Filtered::Unchanged => data.to_vec(),
        Filtered::Changed(left) => left,
        Filtered::Empty => Vec::new(),
    };
    let expect: Vec<_> = targets(data).into_iter().filter(|target| kept(target)).collect();
    assert_eq!(targets(&left), expect);
}

/// Addresses of the site's own: whatever they hold, what they are read as does not hang on the order of their parameters.
pub fn own_address(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    let rules = &STARTER.trackers;
    let found = rules.shape(path, query).map(|rule| rule.recipient.as_str());
    let mut parameters: Vec<&str> = query.split('&').collect();
    parameters.reverse();
    let names = |parameters: &[&str]| -> Vec<String> {
        parameters.iter().map(|part| part.split('=').next().unwrap_or_default().to_owned()).collect()
    };
    let mut once = names(&parameters);
    once.sort_unstable();
    once.dedup();
    // Of one name twice the first counts, which another order changes.
    if once.len() == parameters.len() {
        let again = rules.shape(path, &parameters.join("&")).map(|rule| rule.recipient.as_str());
        assert_eq!(found, again, "{text}");
    }
}

static STARTER: std::sync::LazyLock<policies::Policy> = std::sync::LazyLock::new(|| {
    let catalog = policies::rules::catalog::Catalog::bundled().expect("the catalogue is sound");
    let source = include_str!("../../policies/documents/starter/opt-in.toml");
    policies::policy::compile(source, &catalog).expect("the starter policy compiles")
});
