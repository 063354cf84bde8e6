//! Whether a contestant does the work at all, looked at before anything is measured: what the origin saw, what was set, which tags are awake. Refuses
//! to go on with a wrong one. Invariant: each answer of the contest was looked at in each manner in which it is measured.

use gateway_tests::client::Heard;

use crate::contestants::{Contestant, Door, Kind};
use crate::load::Manner;
use crate::origin::SEEN;
use crate::visitor::fetch;
use crate::work::{self, NEEDED, REFUSED, SET, Work};

/// In a page: the banner's form, and the link to the settings. Each rewriting contestant puts one of them in.
const BANNER: &str = "<form id=\"consent-form\"";
const LINK: &str = "<a id=\"consent-settings-link\"";

/// Stops the contest where an answer is not what it must be.
pub(crate) async fn check(contestant: &Contestant, manners: &[Manner]) {
    for &manner in manners {
        let door = contestant.door(manner);
        let works = Work::ALL.into_iter().filter(|work| contestant.kind.does(*work, manner));
        for work in works {
            let what = format!("{}, {work:?}, {manner:?}", contestant.kind.name());
            check_request(contestant.kind, door, manner, work, &what).await;
            let heard = fetch(door, manner, work.path(), &work.headers(&door.consent)).await;
            assert_eq!(heard.status, 200, "{what}: {}", heard.text());
            check_cookies(contestant.kind, work, &heard, &what);
            check_body(contestant.kind, work, &heard, &what);
        }
    }
}

/// The origin's own word on which cookies it was sent.
async fn check_request(kind: Kind, door: &Door, manner: Manner, work: Work, what: &str) {
    let heard = fetch(door, manner, SEEN, &work.headers(&door.consent)).await;
    let text = heard.text();
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let cookies = lines.filter(|(name, _)| name.eq_ignore_ascii_case("cookie")).map(|(_, value)| value);
    let mut seen: Vec<String> = cookies.flat_map(|value| value.split(';')).map(|pair| pair.trim().to_owned()).collect();
    let mut expected: Vec<String> = NEEDED.map(String::from).to_vec();
    if !kind.filters() {
        expected.extend(REFUSED.map(String::from));
        // The gateway keeps its own cookie to itself where it does nothing else, and this one is of its name.
        seen.retain(|pair| !pair.starts_with("consent="));
    }
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected, "{what}: the cookies that the origin saw");
}

fn check_cookies(kind: Kind, work: Work, heard: &Heard, what: &str) {
    if work == Work::Download {
        return;
    }
    let is_deletion = |line: &String| line.contains("Max-Age=0;");
    let mut lines = heard.all("set-cookie");
    // A page of the gateway's also takes back what was refused and still came; peers don't.
    lines.retain(|line| !is_deletion(line));
    let kept = |line: &&str| !kind.filters() || NEEDED.iter().any(|pair| line.starts_with(pair));
    let expected: Vec<&str> = SET.into_iter().filter(kept).collect();
    assert_eq!(lines, expected, "{what}: the cookies that were set");
}

fn check_body(kind: Kind, work: Work, heard: &Heard, what: &str) {
    if !work.is_page() || !kind.rewrites() {
        assert!(heard.body == work.body(), "{what}: the body is the origin's");
        return;
    }
    let page = heard.text();
    let awake: Vec<String> = work::awake().filter(|mark| page.contains(mark)).collect();
    assert!(awake.is_empty(), "{what}: tags are awake: {awake:?}");
    let touched: Vec<String> = work::own().filter(|mark| page.matches(mark).count() != 1).collect();
    assert!(touched.is_empty(), "{what}: the site's own tags were changed: {touched:?}");
    // A page with the gateway's banner has the link as well, hidden until there is an answer.
    let expected = if work == Work::PageAsked { (1, BANNER) } else { (1, LINK) };
    assert_eq!((page.matches(expected.1).count(), expected.1), expected, "{what}: what is put in");
    let is_asked = page.contains(BANNER);
    assert_eq!(is_asked, work == Work::PageAsked, "{what}: who refused is not asked again");
}

/// How many bytes the gateway puts into a page, beside what it changes in tags.
pub(crate) async fn put_in(gateway: &Contestant, work: Work) -> usize {
    let door = gateway.door(Manner::Clear);
    let heard = fetch(door, Manner::Clear, work.path(), &work.headers(&door.consent)).await;
    heard.body.len().saturating_sub(work.body().len() + work::awake().count() * HOLDING)
}

/// Bytes that holding a tag adds to it, about.
const HOLDING: usize = 50;

/// What the peers put in: a script's tag, and a banner or a link that is filled up to this size.
pub(crate) fn snippet(work: Work, bytes: usize) -> String {
    let begin = "<script src=\"/.consent/guard.js\"></script>";
    let inside = match work {
        Work::PageAsked => format!("{begin}{BANNER} action=\"/.consent/choice\"><p>"),
        Work::Json | Work::Page | Work::Download => format!("{begin}{LINK} href=\"/.consent/settings\">"),
    };
    let end = if work == Work::PageAsked { "</p></form>" } else { "</a>" };
    let filler = "What cookies are used for ".repeat(bytes / 26);
    let room = bytes.saturating_sub(inside.len() + end.len());
    format!("{inside}{}{end}", filler.get(..room.min(filler.len())).unwrap_or_default())
}
