//! EzCare: office work of home-care centres. Log in with a facility code, have it remembered, sort a list, set
//! its length, open menus. People on its list are numbers: the demo invents no persons.

use askama::Template;

use super::cookie::SetCookie;
use super::http::Reply;
use super::picks::{Pick, Word, known};
use super::visit::Visit;

const SORTS: [Word; 3] = [("number", "번호", "number"), ("grade", "등급", "grade"), ("visit", "방문일", "next visit")];
const ROWS: [Word; 3] = [("4", "4", "4"), ("8", "8", "8"), ("12", "12", "12")];
const MENUS: [Word; 4] = [
    ("schedule", "일정", "Schedule"),
    ("claims", "청구", "Claims"),
    ("notes", "기록", "Notes"),
    ("staff", "직원", "Staff"),
];

#[derive(Template)]
#[template(path = "demo/ezcare/login.html")]
struct Login<'v> {
    page: &'v Visit<'v>,
    form_key: String,
    facility: String,
    id: String,
    remember: bool,
    failed: bool,
}

#[derive(Template)]
#[template(path = "demo/ezcare/clients.html")]
struct Clients<'v> {
    page: &'v Visit<'v>,
    who: String,
    menus: Vec<Pick>,
    clients: Vec<&'static Client>,
    sorts: Vec<Pick>,
    rows: Vec<Pick>,
}

#[derive(Template)]
#[template(path = "demo/ezcare/menu.html")]
struct Menu<'v> {
    page: &'v Visit<'v>,
    who: String,
    menus: Vec<Pick>,
    name: &'static str,
}

/// Somebody who is cared for: a number, a grade of care, the day of the month of the next visit.
struct Client {
    number: &'static str,
    grade: u8,
    visit: u8,
}

const fn client(number: &'static str, grade: u8, visit: u8) -> Client {
    Client { number, grade, visit }
}

static CLIENTS: [Client; 12] = [
    client("A-101", 3, 14),
    client("A-102", 1, 22),
    client("A-103", 4, 9),
    client("A-104", 2, 11),
    client("B-201", 5, 27),
    client("B-202", 3, 2),
    client("B-203", 1, 18),
    client("B-204", 2, 5),
    client("C-301", 4, 30),
    client("C-302", 3, 21),
    client("C-303", 5, 7),
    client("C-304", 2, 16),
];

/// Answers one request.
pub(crate) fn answer(visit: &mut Visit<'_>) -> Reply {
    match visit.asked() {
        (true, "/login") => log_in(visit),
        (true, "/logout") => {
            visit.end_session("EZSESSION");
            visit.go("/")
        }
        (false, "/clients") => clients(visit),
        (false, path) => match path.strip_prefix("/menu/").and_then(|menu| known(menu, &MENUS)) {
            Some(menu) => open_menu(visit, menu),
            None => login_page(visit, false),
        },
        (true, _) => visit.go("/"),
    }
}

fn login_page(visit: &mut Visit<'_>, failed: bool) -> Reply {
    let form_key = visit.form_key("ez_form");
    let kept = |name| visit.cookie(name).unwrap_or_default().to_owned();
    let (facility, id) = (kept("facility_code"), kept("saved_id"));
    visit.page(&Login { page: visit, form_key, remember: !id.is_empty(), facility, id, failed })
}

fn log_in(visit: &mut Visit<'_>) -> Reply {
    if !visit.form_key_matches("ez_form") {
        return visit.stale_form();
    }
    let (facility, id) = (visit.form.line("facility", 20), visit.form.line("id", 20));
    if facility.is_empty() || id.is_empty() {
        return login_page(visit, true);
    }
    visit.begin_session("EZSESSION", format!("{facility} · {id}"));
    visit.set(SetCookie::lasting("facility_code", facility, 365));
    if visit.form.get("remember").is_some() {
        visit.set(SetCookie::lasting("saved_id", id, 365));
    } else if visit.cookie("saved_id").is_some() {
        visit.set(SetCookie::deleted("saved_id"));
    }
    visit.go("/clients")
}

fn clients(visit: &mut Visit<'_>) -> Reply {
    let Some(who) = visit.session("EZSESSION") else { return visit.go("/") };
    let sort = visit.picked("sort", "sort_order", &SORTS, 180);
    let rows = visit.picked("rows", "ez_rows", &ROWS, 180);
    let mut clients: Vec<&Client> = CLIENTS.iter().collect();
    match sort {
        "grade" => clients.sort_by_key(|client| client.grade),
        "visit" => clients.sort_by_key(|client| client.visit),
        _ => {}
    }
    clients.truncate(rows.parse().unwrap_or(4));
    let (sorts, rows) = (visit.picks("/clients?sort=", &SORTS, sort), visit.picks("/clients?rows=", &ROWS, rows));
    visit.page(&Clients { page: visit, who, menus: menus(visit, ""), clients, sorts, rows })
}

fn open_menu(visit: &mut Visit<'_>, menu: &'static str) -> Reply {
    let Some(who) = visit.session("EZSESSION") else { return visit.go("/") };
    visit.remember_lately("ez_menu", menu, 90);
    visit.page(&Menu { page: visit, who, menus: menus(visit, menu), name: visit.called(menu, &MENUS) })
}

/// The menus, those opened lately first.
fn menus(visit: &Visit<'_>, here: &str) -> Vec<Pick> {
    let lately = visit.cookie("ez_menu").unwrap_or_default();
    let mut menus = MENUS.to_vec();
    menus.sort_by_key(|menu| lately.split('.').position(|opened| opened == menu.0).unwrap_or(MENUS.len()));
    visit.picks("/menu/", &menus, here)
}

#[cfg(test)]
mod tests {
    use super::super::service::Service;
    use super::super::visit::tests::{asked, names, page_text, stage};
    use super::*;

    #[test]
    fn logging_in_sets_what_the_policy_speaks_of() {
        let stage = stage();
        let check = |cookies: &str, body: &str, expect: &[&str]| {
            let asked = asked("/login", cookies, Some(body));
            assert_eq!(names(&answer(&mut Visit::read(&asked, Service::EzCare, &stage))), expect, "{body}");
        };
        let key = "form_key=k&facility=F100&id=care01";
        check("ez_form=k", &format!("{key}&remember=on"), &["EZSESSION", "facility_code", "saved_id"]);
        check("ez_form=k", key, &["EZSESSION", "facility_code"]);
        check("ez_form=k; saved_id=care01", key, &["EZSESSION", "facility_code", "-saved_id"]);
        check("ez_form=k", "form_key=k&facility=F100", &[]);
        check("", key, &[]);
    }

    #[test]
    fn the_sort_order_is_kept_by_the_click_and_read_from_the_cookie() {
        let stage = stage();
        let key = stage.sessions.begin(Service::EzCare, "F100 · care01");
        let check = |target: &str, cookies: &str, set: &[&str], first: &str| {
            let asked = asked(target, &format!("EZSESSION={key}; {cookies}"), None);
            let reply = answer(&mut Visit::read(&asked, Service::EzCare, &stage));
            let page = page_text(&reply);
            let place = |number: &str| page.find(&format!(">{number}<"));
            assert_eq!(names(&reply), set);
            assert!(
                CLIENTS
                    .iter()
                    .filter(|client| client.number != first)
                    .all(|client| { place(client.number).is_none() || place(client.number) > place(first) })
            );
        };
        check("/clients", "", &[], "A-101");
        check("/clients?sort=grade", "", &["sort_order"], "A-102");
        check("/clients", "sort_order=visit", &[], "B-202");
        check("/clients?sort=nonsense", "sort_order=alsononsense", &[], "A-101");
    }

    #[test]
    fn without_a_session_nobody_sees_the_list() {
        let stage = stage();
        let asked = asked("/clients", "EZSESSION=guessed", None);
        let reply = answer(&mut Visit::read(&asked, Service::EzCare, &stage));
        assert_eq!(reply.location.as_deref(), Some("/"));
    }
}
