//! QSolution: printed forms and the programs that fill them. Its home page has basic settings (start page, text
//! size) that may be kept for a year or until the browser closes, and remembers the form sheet opened last.

use askama::Template;

use super::cookie::SetCookie;
use super::http::Reply;
use super::picks::{Pick, Word, known};
use super::visit::Visit;

const STARTS: [Word; 3] =
    [("news", "새 소식", "News"), ("sheets", "양식지", "Form sheets"), ("help", "도움말", "Help")];
const FONTS: [Word; 2] = [("normal", "보통", "Normal"), ("large", "크게", "Large")];
const SHEETS: [Word; 4] = [
    ("invoice", "세금계산서", "Tax invoice"),
    ("delivery", "거래명세서", "Delivery note"),
    ("payslip", "급여명세서", "Payslip"),
    ("receipt", "입금표", "Receipt"),
];

#[derive(Template)]
#[template(path = "demo/qsolution/home.html")]
struct Home<'v> {
    page: &'v Visit<'v>,
    large: bool,
    start: &'static str,
    tabs: Vec<Pick>,
    sheets: Vec<Pick>,
    last: &'static str,
    sheet: &'static str,
}

#[derive(Template)]
#[template(path = "demo/qsolution/settings.html")]
struct Settings<'v> {
    page: &'v Visit<'v>,
    large: bool,
    start: &'static str,
    member: Option<String>,
}

/// Answers one request.
pub(crate) fn answer(visit: &mut Visit<'_>) -> Reply {
    match visit.asked() {
        (true, "/settings") => keep_settings(visit),
        (true, "/login") => {
            let id = visit.form.line("id", 20);
            if !id.is_empty() {
                visit.begin_session("QSSESSION", id);
            }
            visit.go("/settings")
        }
        (true, "/logout") => {
            visit.end_session("QSSESSION");
            visit.go("/settings")
        }
        (true, _) => visit.go("/"),
        (false, "/settings") => {
            let (start, large, member) = (start(visit), large(visit), visit.session("QSSESSION"));
            visit.page(&Settings { page: visit, large, start, member })
        }
        (false, path) => home(visit, path),
    }
}

fn start(visit: &Visit<'_>) -> &'static str {
    visit.cookie("qs_start").and_then(|kept| known(kept, &STARTS)).unwrap_or("news")
}

fn large(visit: &Visit<'_>) -> bool {
    visit.cookie("qs_font") == Some("large")
}

fn home(visit: &mut Visit<'_>, path: &str) -> Reply {
    let sheet = path.strip_prefix("/sheets/").and_then(|sheet| known(sheet, &SHEETS));
    let last = visit.cookie("qs_form").and_then(|kept| known(kept, &SHEETS)).unwrap_or_default();
    if let Some(sheet) = sheet {
        visit.set(SetCookie::lasting("qs_form", sheet, 90));
    }
    let asked = path.strip_prefix('/').and_then(|tab| known(tab, &STARTS));
    let start = if sheet.is_some() { "sheets" } else { asked.unwrap_or(start(visit)) };
    visit.page(&Home {
        page: visit,
        large: large(visit),
        start,
        tabs: visit.picks("/", &STARTS, start),
        sheets: visit.picks("/sheets/", &SHEETS, sheet.unwrap_or_default()),
        last: visit.called(last, &SHEETS),
        sheet: visit.called(sheet.unwrap_or_default(), &SHEETS),
    })
}

fn keep_settings(visit: &mut Visit<'_>) -> Reply {
    let days = if visit.form.get("session").is_some() { None } else { Some(365) };
    for (name, words) in [("qs_start", &STARTS[..]), ("qs_font", &FONTS[..])] {
        if let Some(word) = visit.form.get(name).and_then(|asked| known(asked, words)) {
            visit.set(SetCookie { name, value: word.to_owned(), days, http_only: false });
        }
    }
    visit.go("/settings")
}

#[cfg(test)]
mod tests {
    use super::super::service::Service;
    use super::super::visit::tests::{asked, stage};
    use super::*;

    #[test]
    fn settings_are_kept_for_a_year_or_until_the_browser_closes() {
        let stage = stage();
        let check = |body: &str, expect: &[(&str, &str, Option<u32>)]| {
            let asked = asked("/settings", "", Some(body));
            let reply = answer(&mut Visit::read(&asked, Service::QSolution, &stage));
            let set: Vec<_> =
                reply.set.iter().map(|cookie| (cookie.name, cookie.value.as_str(), cookie.days)).collect();
            assert_eq!(set, expect, "{body}");
        };
        check("qs_start=sheets&qs_font=large", &[("qs_start", "sheets", Some(365)), ("qs_font", "large", Some(365))]);
        check("qs_start=help&session=on", &[("qs_start", "help", None)]);
        check("qs_start=elsewhere", &[]);
    }
}
