//! Office Messenger: a messenger for offices. A language that is remembered, a notice that stays closed for a day,
//! and admin pages with a session, a layout and menus opened lately.

use askama::Template;

use super::cookie::SetCookie;
use super::http::Reply;
use super::picks::{Pick, Word, known};
use super::visit::Visit;

/// The notice that is out now; closing it writes its number.
const NOTICE: &str = "n12";
const LAYOUTS: [Word; 2] = [("wide", "넓게", "Wide"), ("compact", "촘촘하게", "Compact")];
const MENUS: [Word; 3] =
    [("members", "구성원", "Members"), ("rooms", "대화방", "Rooms"), ("storage", "저장 공간", "Storage")];

#[derive(Template)]
#[template(path = "demo/officemessenger/home.html")]
struct Home<'v> {
    page: &'v Visit<'v>,
    notice: bool,
}

#[derive(Template)]
#[template(path = "demo/officemessenger/login.html")]
struct Login<'v> {
    page: &'v Visit<'v>,
    form_key: String,
}

#[derive(Template)]
#[template(path = "demo/officemessenger/admin.html")]
struct Admin<'v> {
    page: &'v Visit<'v>,
    form_key: String,
    who: String,
    compact: bool,
    layouts: Vec<Pick>,
    menus: Vec<Pick>,
    lately: Vec<Pick>,
    name: &'static str,
}

/// Answers one request.
pub(crate) fn answer(visit: &mut Visit<'_>) -> Reply {
    visit.keep_lang_in("om_lang", 365);
    match visit.asked() {
        (true, "/notice/close") => {
            visit.set(SetCookie::lasting("om_popup_closed", NOTICE, 1));
            visit.go("/")
        }
        (true, "/login") => log_in(visit),
        (true, "/logout") => {
            visit.end_session("OMSESSION");
            visit.go("/admin")
        }
        (true, _) => visit.go("/"),
        (false, path) => match path.strip_prefix("/admin") {
            Some(menu) => admin(visit, known(menu.trim_start_matches('/'), &MENUS)),
            None => {
                let notice = visit.cookie("om_popup_closed") != Some(NOTICE);
                visit.page(&Home { page: visit, notice })
            }
        },
    }
}

fn log_in(visit: &mut Visit<'_>) -> Reply {
    if !visit.form_key_matches("om_form") {
        return visit.stale_form();
    }
    let id = visit.form.line("id", 20);
    if id.is_empty() {
        return visit.go("/admin");
    }
    visit.begin_session("OMSESSION", id);
    visit.go("/admin")
}

fn admin(visit: &mut Visit<'_>, menu: Option<&'static str>) -> Reply {
    let form_key = visit.form_key("om_form");
    let Some(who) = visit.session("OMSESSION") else { return visit.page(&Login { page: visit, form_key }) };
    let layout = visit.picked("layout", "om_layout", &LAYOUTS, 180);
    let lately: Vec<Word> = visit.cookie("om_recent").unwrap_or_default().split('.').filter_map(word).collect();
    if let Some(menu) = menu {
        visit.remember_lately("om_recent", menu, 30);
    }
    visit.page(&Admin {
        page: visit,
        form_key,
        who,
        compact: layout == "compact",
        layouts: visit.picks("/admin?layout=", &LAYOUTS, layout),
        menus: visit.picks("/admin/", &MENUS, menu.unwrap_or_default()),
        lately: visit.picks("/admin/", &lately, ""),
        name: menu.map_or(visit.t("관리자 첫 화면", "Admin start page"), |menu| visit.called(menu, &MENUS)),
    })
}

fn word(key: &str) -> Option<Word> {
    MENUS.into_iter().find(|menu| menu.0 == key)
}

#[cfg(test)]
mod tests {
    use super::super::service::Service;
    use super::super::visit::tests::{asked, names, page_text, stage};
    use super::*;

    #[test]
    fn a_picked_language_is_kept_in_a_cookie_and_not_in_links() {
        let stage = stage();
        let check = |target: &str, cookies: &str, set: &[&str], lang: &str| {
            let asked = asked(target, cookies, None);
            let reply = answer(&mut Visit::read(&asked, Service::OfficeMessenger, &stage));
            let page = page_text(&reply);
            assert_eq!(names(&reply), set, "{target}");
            assert!(page.contains(&format!("<html lang=\"{lang}\">")), "{target} {cookies}");
            assert!(page.contains("href=\"/admin\""), "{target}");
        };
        check("/", "", &[], "ko");
        check("/?lang=en", "", &["om_lang"], "en");
        check("/", "om_lang=en", &[], "en");
        check("/?lang=ko", "om_lang=en", &["om_lang"], "ko");
    }

    #[test]
    fn a_closed_notice_stays_closed_by_its_cookie_alone() {
        let stage = stage();
        let close = asked("/notice/close", "", Some(""));
        assert_eq!(names(&answer(&mut Visit::read(&close, Service::OfficeMessenger, &stage))), ["om_popup_closed"]);
        let check = |cookies: &str, open: bool| {
            let asked = asked("/", cookies, None);
            let page = page_text(&answer(&mut Visit::read(&asked, Service::OfficeMessenger, &stage)));
            assert_eq!(page.contains("/notice/close"), open, "{cookies}");
        };
        check("", true);
        check("om_popup_closed=n12", false);
        check("om_popup_closed=n11", true);
    }
}
