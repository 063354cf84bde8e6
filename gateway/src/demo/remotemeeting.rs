//! RemoteMeeting: video meetings, and the one demo site with analytics and marketing. Its server sets cookies that
//! no script can read, a script sets others, and its pages carry tags of three third parties.

use askama::Template;

use super::cookie::SetCookie;
use super::hits::{Collector, Kind};
use super::http::Reply;
use super::picks::{Pick, Word, known};
use super::sessions::random_key;
use super::visit::{Tag, Visit};

const DEVICES: [Word; 2] = [
    ("headset", "헤드셋 · 노트북 카메라", "Headset · laptop camera"),
    ("room", "회의실 마이크 · 외장 카메라", "Room microphone · external camera"),
];
const ROOMS: [Word; 3] =
    [("weekly", "주간 회의", "Weekly"), ("sales", "영업 회의", "Sales"), ("support", "고객 지원", "Support")];
/// Pages by path, with what they are called; the word is also the interest that they stand for.
const PAGES: [Word; 4] = [
    ("", "소개", "Overview"),
    ("features", "기능", "Features"),
    ("pricing", "요금", "Pricing"),
    ("event", "이벤트", "Event"),
];

#[derive(Template)]
#[template(path = "demo/remotemeeting/story.html")]
struct Story<'v> {
    page: &'v Visit<'v>,
    here: &'static str,
    menu: Vec<Pick>,
    interests: Vec<&'static str>,
    events: u32,
}

#[derive(Template)]
#[template(path = "demo/remotemeeting/meeting.html")]
struct Meeting<'v> {
    page: &'v Visit<'v>,
    menu: Vec<Pick>,
    who: Option<String>,
    devices: Vec<Pick>,
    rooms: Vec<Pick>,
    often: Vec<Pick>,
    room: &'static str,
}

/// Answers one request.
pub(crate) fn answer(visit: &mut Visit<'_>) -> Reply {
    match visit.asked() {
        (true, "/event") => {
            let events = events(visit).saturating_add(1);
            visit.set(SetCookie::lasting("rm_event", events.to_string(), 90).http_only());
            visit.go("/event?joined=1")
        }
        (true, "/login") => {
            let id = visit.form.line("id", 20);
            if !id.is_empty() {
                visit.begin_session("RMSESSION", id);
            }
            visit.go("/meeting")
        }
        (true, "/logout") => {
            visit.end_session("RMSESSION");
            visit.go("/meeting")
        }
        (true, _) => visit.go("/"),
        (false, path) => match path.strip_prefix("/meeting") {
            Some(room) => meeting(visit, known(room.trim_start_matches('/'), &ROOMS)),
            None => story(visit, known(path.trim_start_matches('/'), &PAGES).unwrap_or_default()),
        },
    }
}

fn story(visit: &mut Visit<'_>, here: &'static str) -> Reply {
    count_visit(visit);
    let kept = visit.cookie("rm_interest").unwrap_or_default().split('.').filter(|topic| !topic.is_empty());
    let kept = kept.filter_map(|topic| known(topic, &PAGES));
    let interests = kept.map(|topic| visit.called(topic, &PAGES)).collect();
    if !here.is_empty() {
        visit.remember_lately("rm_interest", here, 180);
        hide_last(visit);
    }
    add_tags(visit);
    visit.page(&Story { page: visit, here, menu: visit.picks("/", &PAGES, here), interests, events: events(visit) })
}

fn meeting(visit: &mut Visit<'_>, room: Option<&'static str>) -> Reply {
    let who = visit.session("RMSESSION");
    let device = visit.picked("device", "rm_device", &DEVICES, 365);
    let often = visit.cookie("rm_rooms").unwrap_or_default().split('.');
    let often: Vec<Word> = often.filter_map(|key| ROOMS.into_iter().find(|room| room.0 == key)).collect();
    if let (Some(room), Some(_)) = (room, &who) {
        visit.remember_lately("rm_rooms", room, 90);
    }
    visit.page(&Meeting {
        page: visit,
        menu: visit.picks("/", &PAGES, "meeting"),
        devices: visit.picks("/meeting?device=", &DEVICES, device),
        rooms: visit.picks("/meeting/", &ROOMS, room.unwrap_or_default()),
        often: visit.picks("/meeting/", &often, ""),
        room: visit.called(room.filter(|_| who.is_some()).unwrap_or_default(), &ROOMS),
        who,
    })
}

/// The visitor's number, the number of visits and when the last one was, in seconds since the demo started. A
/// visit is new when the path of this one, a session cookie of the page's script, has not begun.
fn count_visit(visit: &mut Visit<'_>) {
    let kept = visit.cookie("rm_visit").unwrap_or_default();
    let mut parts = kept.split('.');
    let number = parts.next().filter(|number| !number.is_empty()).map_or_else(random_key, str::to_owned);
    let earlier: u32 = parts.next().and_then(|visits| visits.parse().ok()).unwrap_or_default();
    let visits = if visit.cookie("rm_path").is_some() { earlier.max(1) } else { earlier.saturating_add(1) };
    let number: String = number.chars().take(16).collect();
    let seconds = visit.stage.started.elapsed().as_secs();
    visit.set(SetCookie::lasting("rm_visit", format!("{number}.{visits}.{seconds}"), 365).http_only());
    for (name, days) in [("rm_ad", 180), ("_fbp", 90)] {
        if visit.cookie(name).is_none() {
            let value = if name == "_fbp" { format!("fb.1.{seconds}.{}", random_key()) } else { random_key() };
            visit.set(SetCookie::lasting(name, value, days).http_only());
        }
    }
}

/// Interests are no business of scripts.
fn hide_last(visit: &mut Visit<'_>) {
    if let Some(cookie) = visit.set.last_mut() {
        cookie.http_only = true;
    }
}

fn add_tags(visit: &mut Visit<'_>) {
    let (analytics, interests, ads) = (
        visit.t("방문 통계", "Visit statistics"),
        visit.t("관심 분야", "Interests"),
        visit.t("맞춤 광고", "Aimed advertising"),
    );
    visit.add_tag(Collector::Stats, Kind::Script, analytics);
    visit.add_tag(Collector::Interest, Kind::Script, interests);
    visit.add_tag(Collector::Ads, Kind::Pixel, ads);
    visit.add_tag(Collector::Ads, Kind::Frame, ads);
}

fn events(visit: &Visit<'_>) -> u32 {
    visit.cookie("rm_event").and_then(|count| count.parse().ok()).unwrap_or_default()
}

impl Story<'_> {
    fn tags(&self, in_head: bool) -> impl Iterator<Item = &Tag> {
        self.page.tags.iter().filter(move |tag| in_head == tag.id.starts_with("stats"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::service::Service;
    use super::super::visit::tests::{asked, names, page_text, stage};
    use super::*;

    #[test]
    fn every_cookie_that_the_server_sets_for_tracking_is_hidden_from_scripts() {
        let stage = stage();
        let asked = asked("/features", "", None);
        let reply = answer(&mut Visit::read(&asked, Service::RemoteMeeting, &stage));
        assert_eq!(names(&reply), ["rm_visit", "rm_ad", "_fbp", "rm_interest"]);
        assert!(reply.set.iter().all(|cookie| cookie.http_only));
    }

    #[test]
    fn visits_are_counted_once_per_path() {
        let stage = stage();
        let check = |cookies: &str, expect: &str| {
            let asked = asked("/", cookies, None);
            let reply = answer(&mut Visit::read(&asked, Service::RemoteMeeting, &stage));
            let value = reply.set.first().map(|cookie| cookie.value.clone()).unwrap();
            assert!(value.contains(expect), "{value}");
        };
        check("", ".1.");
        check("rm_visit=ab12.1.0", "ab12.2.");
        check("rm_visit=ab12.1.0; rm_path=/", "ab12.1.");
        check("rm_visit=.x.", ".1.");
    }

    #[test]
    fn a_page_carries_every_tag_once_with_the_address_of_its_collector() {
        let stage = stage();
        let asked = asked("/", "", None);
        let page = page_text(&answer(&mut Visit::read(&asked, Service::RemoteMeeting, &stage)));
        for id in ["stats-script", "interest-script", "ads-pixel", "ads-frame"] {
            assert_eq!(page.matches(&format!("data-demo-tag=\"{id}\"")).count(), 1, "{id}");
        }
        assert!(page.contains("http://ads-collector.localhost:4003/frame?site=remotemeeting"));
    }
}
