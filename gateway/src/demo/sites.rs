//! The front door of all origins: what every site has alike (sheets, the script, the counts), then the site's own
//! pages. Methods other than GET, HEAD and POST are refused.

use http::{Method, StatusCode};

use super::http::{Asked, Reply};
use super::service::Service;
use super::stage::Stage;
use super::visit::Visit;
use super::{ezcare, guide, jmpsystem, officemessenger, qsolution, remotemeeting};

const CSS: &str = "text/css; charset=utf-8";

/// Answers one request to a site's origin.
pub(crate) fn answer(asked: &Asked, service: Service, stage: &Stage) -> Reply {
    if !matches!(asked.method, Method::GET | Method::HEAD | Method::POST) {
        return Reply::plain(StatusCode::METHOD_NOT_ALLOWED, "This site answers GET and POST.");
    }
    if let Some(name) = asked.path.strip_prefix("/assets/") {
        return asset(name).unwrap_or_else(|| Reply::plain(StatusCode::NOT_FOUND, "Nothing is here."));
    }
    if asked.path == "/hits.json" {
        return Reply::of("application/json", stage.hits.json());
    }
    if matches!(asked.path.as_str(), "/favicon.ico" | "/robots.txt") || asked.path.starts_with("/.") {
        return Reply::plain(StatusCode::NOT_FOUND, "Nothing is here.");
    }
    let mut visit = Visit::read(asked, service, stage);
    match service {
        Service::Guide => guide::answer(&mut visit),
        Service::EzCare => ezcare::answer(&mut visit),
        Service::JmpSystem => jmpsystem::answer(&mut visit),
        Service::OfficeMessenger => officemessenger::answer(&mut visit),
        Service::QSolution => qsolution::answer(&mut visit),
        Service::RemoteMeeting => remotemeeting::answer(&mut visit),
    }
}

fn asset(name: &str) -> Option<Reply> {
    let (kind, text) = match name {
        "demo.css" => (CSS, include_str!("../../templates/demo/demo.css")),
        "guide.css" => (CSS, include_str!("../../templates/demo/guide.css")),
        "ezcare.css" => (CSS, include_str!("../../templates/demo/ezcare/ezcare.css")),
        "jmpsystem.css" => (CSS, include_str!("../../templates/demo/jmpsystem/jmpsystem.css")),
        "officemessenger.css" => (CSS, include_str!("../../templates/demo/officemessenger/officemessenger.css")),
        "qsolution.css" => (CSS, include_str!("../../templates/demo/qsolution/qsolution.css")),
        "remotemeeting.css" => (CSS, include_str!("../../templates/demo/remotemeeting/remotemeeting.css")),
        "demo.js" => ("text/javascript; charset=utf-8", include_str!("../../templates/demo/demo.js")),
        _ => return None,
    };
    Some(Reply { caching: "max-age=300", ..Reply::of(kind, text) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::visit::tests::{asked, page_text, stage};
    use super::*;

    #[test]
    fn every_sheet_and_script_that_a_page_names_is_there() {
        let stage = stage();
        for service in Service::ALL {
            let page = page_text(&answer(&asked("/", "", None), service, &stage));
            for part in page.split("\"/assets/").skip(1) {
                let name = part.split('"').next().unwrap();
                let reply = answer(&asked(&format!("/assets/{name}"), "", None), service, &stage);
                assert_eq!(reply.status, StatusCode::OK, "{name}");
            }
        }
    }

    #[test]
    fn what_a_visitor_writes_stays_text() {
        let stage = stage();
        for service in Service::ALL {
            let asked = asked("/?set=%3Cscript%3E", "saved_id=%3Cscript%3Ealert; om_recent=<b>; x=<u>", None);
            let page = page_text(&answer(&asked, service, &stage));
            assert!(
                !page.contains("<script>alert") && !page.contains("<b><") && !page.contains("<u><"),
                "{}",
                service.key()
            );
        }
    }

    proptest! {
        #[test]
        fn any_request_gets_an_answer(
            path in "/[a-z/%.]{0,20}", query in "\\PC{0,40}", cookies in "[ -~]{0,80}", form in proptest::option::of("\\PC{0,60}"),
        ) {
            let stage = stage();
            for service in Service::ALL {
                let reply = answer(&asked(&format!("{path}?{query}"), &cookies, form.as_deref()), service, &stage);
                prop_assert!(reply.status.as_u16() < 500);
            }
        }
    }
}
