//! The page at `http://localhost:8080`: what the demo is, what each site shows and what to try, with the
//! collectors' counts. Its own language cookie stands behind the gateway like everybody else's.

use askama::Template;
use policies::Date;

use super::hits::{Collector, Kind, hit_key};
use super::http::Reply;
use super::revision::REVISED;
use super::service::Service;
use super::visit::Visit;

#[derive(Template)]
#[template(path = "demo/guide.html")]
struct Guide<'v> {
    page: &'v Visit<'v>,
    sites: Vec<Site>,
    counts: Vec<Count>,
    change: Change,
}

/// What the guide says of one site.
struct Site {
    service: Service,
    shows: &'static str,
    try_this: &'static str,
    cookies: &'static str,
}

/// The site whose policy is about to change, and where that is shown.
struct Change {
    day: Date,
    policy: String,
    comparison: String,
}

/// One line of the table of counts.
struct Count {
    host: &'static str,
    kind: &'static str,
    hits: u64,
    key: String,
}

/// Answers one request.
pub(crate) fn answer(visit: &mut Visit<'_>) -> Reply {
    visit.keep_lang_in("demo_lang", 30);
    match visit.asked() {
        (true, "/hits/reset") => {
            visit.stage.hits.reset();
            visit.go("/")
        }
        (true, _) => visit.go("/"),
        (false, _) => {
            let mut sites: Vec<Site> = Service::ALL.into_iter().filter_map(|service| site(visit, service)).collect();
            // The one where most can be seen comes first.
            sites.sort_by_key(|site| site.service != Service::RemoteMeeting);
            visit.page(&Guide { page: visit, sites, counts: counts(visit), change: change(visit) })
        }
    }
}

fn site(page: &Visit<'_>, service: Service) -> Option<Site> {
    let (shows, try_this, cookies) = match service {
        Service::Guide => return None,
        Service::EzCare => (
            page.t(
                "시설코드로 로그인하는 업무 화면. 필수인 로그인 쿠키와, 거부할 수 있는 아이디 저장·정렬·줄 수 쿠키를 나눕니다.",
                "An office program with a facility code login: the necessary login cookie, and cookies for the remembered id, sort order and list length that can be refused.",
            ),
            page.t(
                "모두 거부하고 '아이디 저장'을 켠 채 로그인했다가 나와 보세요. 로그인은 되고 기억은 남지 않습니다.",
                "Refuse all, log in with \"Remember my id\" ticked, log out. The login works, nothing is remembered.",
            ),
            "EZSESSION · facility_code · saved_id · sort_order · ez_rows · ez_menu",
        ),
        Service::JmpSystem => (
            page.t(
                "제품 목록과 두 쪽짜리 문의. 목록 모양은 페이지의 스크립트가 쿠키로 적습니다.",
                "A catalogue of products and an enquiry in two steps. The list style is a cookie that a script writes.",
            ),
            page.t(
                "거부한 뒤 '표로'를 고르세요. 스크립트가 쿠키를 만들어도 원서버에는 닿지 않고 곧 지워집니다.",
                "Refuse, then pick \"As a table\". The script makes the cookie; it does not reach the origin and is deleted at once.",
            ),
            "JMPSESSION · jmp_font · jmp_view · jmp_recent · jmp_field · jmp_visit",
        ),
        Service::OfficeMessenger => (
            page.t(
                "언어, 하루 동안 닫는 공지, 관리자 화면. 이용자가 누른 것만 기억하는 쿠키가 많습니다.",
                "A language, a notice that stays closed for a day, admin pages. Most cookies are set by the visitor's own click.",
            ),
            page.t(
                "거부한 뒤 공지를 닫거나 언어를 바꿔 보세요. 방침에 적힌 결과가 그대로 나타납니다.",
                "Refuse, then close the notice or change the language: what happens is what the policy says.",
            ),
            "OMSESSION · om_form · om_lang · om_popup_closed · om_layout · om_recent",
        ),
        Service::QSolution => (
            page.t(
                "양식지 회사의 기본 설정. '브라우저를 닫을 때까지만'을 방침이 약속합니다.",
                "The basic settings of a maker of form sheets. Its policy promises \"until the browser closes\".",
            ),
            page.t(
                "기본 설정에서 첫 화면을 바꾼 뒤 첫 화면으로 돌아가 보세요.",
                "Change the start page in the settings and go back to the start.",
            ),
            "QSSESSION · qs_start · qs_font · qs_form",
        ),
        Service::RemoteMeeting => (
            page.t(
                "방문 통계와 광고가 있는 제품 사이트. HttpOnly 추적 쿠키, 스크립트가 쓰는 쿠키, 외부 스크립트·픽셀·프레임이 모두 있습니다.",
                "A product site with analytics and adverts: HttpOnly tracking cookies, script-set cookies, and a third party's script, pixel and frame.",
            ),
            page.t(
                "답하지 않고 둘러보기, 모두 거부, 모두 허용, 다시 거부를 차례로 하며 수집 서버의 수를 보세요.",
                "Browse without an answer, refuse all, accept all, refuse again, and watch the collectors' counts.",
            ),
            "RMSESSION · rm_visit · rm_path · rm_interest · rm_event · rm_ad · _ga · _fbp",
        ),
    };
    Some(Site { service, shows, try_this, cookies })
}

fn change(page: &Visit<'_>) -> Change {
    let revision = page.stage.revision;
    let policy = format!("{}.consent/policy?lang={}", page.site_link(&REVISED), page.lang.tag());
    let comparison = format!("{policy}&from={}&to={}", revision.present(), revision.next());
    Change { day: revision.next(), policy, comparison }
}

fn counts(page: &Visit<'_>) -> Vec<Count> {
    let service = Service::RemoteMeeting;
    let wanted = [
        (Collector::Stats, Kind::Script, page.t("스크립트", "script")),
        (Collector::Stats, Kind::Beacon, page.t("스크립트의 보고", "report of the script")),
        (Collector::Interest, Kind::Script, page.t("스크립트", "script")),
        (Collector::Interest, Kind::Beacon, page.t("스크립트의 보고", "report of the script")),
        (Collector::Ads, Kind::Pixel, page.t("픽셀", "pixel")),
        (Collector::Ads, Kind::Frame, page.t("프레임", "frame")),
    ];
    let count = |(collector, kind, name): (Collector, Kind, &'static str)| Count {
        host: collector.host(),
        kind: name,
        hits: page.stage.hits.of(collector, service, kind),
        key: hit_key(service, collector, kind),
    };
    wanted.into_iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    use super::super::visit::tests::{asked, names, page_text, stage};
    use super::*;

    #[test]
    fn it_leads_to_every_site_and_to_the_statistics() {
        let stage = stage();
        let asked = asked("/?lang=en", "", None);
        let reply = answer(&mut Visit::read(&asked, Service::Guide, &stage));
        let page = page_text(&reply);
        assert_eq!(names(&reply), ["demo_lang"]);
        for service in Service::ALL {
            assert!(service == Service::Guide || page.contains(&format!("http://{}.localhost:8080/", service.key())));
        }
        assert!(page.contains("http://127.0.0.1:8081/"));
        let comparison =
            "http://remotemeeting.localhost:8080/.consent/policy?lang=en&#38;from=2025-02-03&#38;to=2026-04-04";
        assert!(page.contains(comparison), "{page}");
    }

    #[test]
    fn counts_start_again_when_asked() {
        let stage = stage();
        stage.hits.count(Collector::Ads, Service::RemoteMeeting, Kind::Pixel);
        let asked = asked("/hits/reset", "", Some(""));
        answer(&mut Visit::read(&asked, Service::Guide, &stage));
        assert_eq!(stage.hits.total(Service::RemoteMeeting), 0);
    }
}
