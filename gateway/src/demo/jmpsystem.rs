//! JMP System: a maker of business software with a catalogue of products and an enquiry in two steps. Text size,
//! list style and the order of products are its preferences; the list style is a cookie that a script sets.

use askama::Template;

use super::cookie::SetCookie;
use super::http::Reply;
use super::picks::{Pick, Word, known};
use super::visit::Visit;

const FONTS: [Word; 2] = [("normal", "보통 글자", "Normal text"), ("large", "큰 글자", "Large text")];
const VIEWS: [Word; 2] = [("pictures", "그림으로", "As pictures"), ("table", "표로", "As a table")];

/// A product: its key, its field, its names, and a sentence about it in both languages.
struct Product {
    key: &'static str,
    field: &'static str,
    name: (&'static str, &'static str),
    about: (&'static str, &'static str),
}

static PRODUCTS: [Product; 6] = [
    Product {
        key: "paperflow",
        field: "documents",
        name: ("페이퍼플로", "Paperflow"),
        about: ("결재 문서를 만들고 차례로 넘깁니다.", "Drafts documents and passes them on for approval."),
    },
    Product {
        key: "shelf",
        field: "documents",
        name: ("셸프", "Shelf"),
        about: ("문서를 보존 기간대로 보관합니다.", "Keeps documents for as long as they must be kept."),
    },
    Product {
        key: "gatewatch",
        field: "network",
        name: ("게이트워치", "Gatewatch"),
        about: ("회선이 느려지는 곳을 찾습니다.", "Finds where a line gets slow."),
    },
    Product {
        key: "cablemap",
        field: "network",
        name: ("케이블맵", "Cablemap"),
        about: ("배선과 장비를 도면에 그립니다.", "Draws cables and devices on a floor plan."),
    },
    Product {
        key: "nightcopy",
        field: "backup",
        name: ("나이트카피", "Nightcopy"),
        about: ("밤사이에 서버를 백업합니다.", "Backs servers up overnight."),
    },
    Product {
        key: "returnpoint",
        field: "backup",
        name: ("리턴포인트", "Returnpoint"),
        about: ("지운 파일을 되돌립니다.", "Brings deleted files back."),
    },
];

const FIELDS: [Word; 3] =
    [("documents", "문서", "Documents"), ("network", "네트워크", "Network"), ("backup", "백업", "Backup")];

#[derive(Template)]
#[template(path = "demo/jmpsystem/products.html")]
struct Products<'v> {
    page: &'v Visit<'v>,
    look: Look,
    products: Vec<&'static Product>,
    lately: Vec<&'static Product>,
    table: bool,
    views: Vec<Pick>,
    fields: &'static [Word],
}

#[derive(Template)]
#[template(path = "demo/jmpsystem/product.html")]
struct OneProduct<'v> {
    page: &'v Visit<'v>,
    look: Look,
    product: &'static Product,
    field: &'static str,
}

#[derive(Template)]
#[template(path = "demo/jmpsystem/contact.html")]
struct Contact<'v> {
    page: &'v Visit<'v>,
    look: Look,
    step: Step,
    products: &'static [Product],
}

/// How far an enquiry has come.
enum Step {
    Subject,
    Message { draft: String },
    Done,
}

/// The text size and the links to change it.
struct Look {
    large: bool,
    fonts: Vec<Pick>,
}

/// Answers one request.
pub(crate) fn answer(visit: &mut Visit<'_>) -> Reply {
    match visit.asked() {
        (true, "/contact") => begin_enquiry(visit),
        (true, "/contact/message") => {
            visit.end_session("JMPSESSION");
            visit.go("/contact/done")
        }
        (true, _) => visit.go("/"),
        (false, "/contact") => contact(visit, Step::Subject),
        (false, "/contact/message") => match visit.session("JMPSESSION") {
            Some(draft) => contact(visit, Step::Message { draft }),
            None => visit.go("/contact"),
        },
        (false, "/contact/done") => contact(visit, Step::Done),
        (false, path) => {
            let key = path.strip_prefix("/product/");
            match PRODUCTS.iter().find(|product| key == Some(product.key)) {
                Some(product) => one_product(visit, product),
                None => products(visit),
            }
        }
    }
}

fn look(visit: &mut Visit<'_>) -> Look {
    let font = visit.picked("font", "jmp_font", &FONTS, 365);
    Look { large: font == "large", fonts: visit.picks("/?font=", &FONTS, font) }
}

fn products(visit: &mut Visit<'_>) -> Reply {
    let look = look(visit);
    let view = visit.picked("view", "jmp_view", &VIEWS, 180);
    let first = visit.cookie("jmp_field").and_then(|field| known(field, &FIELDS));
    let mut products: Vec<&Product> = PRODUCTS.iter().collect();
    products.sort_by_key(|product| Some(product.field) != first);
    let lately = visit.cookie("jmp_recent").unwrap_or_default().split('.');
    let lately = lately.filter_map(|key| PRODUCTS.iter().find(|product| product.key == key)).take(3).collect();
    let views = visit.picks("/?view=", &VIEWS, view);
    visit.page(&Products { page: visit, look, products, lately, table: view == "table", views, fields: &FIELDS })
}

fn one_product(visit: &mut Visit<'_>, product: &'static Product) -> Reply {
    let look = look(visit);
    visit.remember_lately("jmp_recent", product.key, 30);
    visit.set(SetCookie::lasting("jmp_field", product.field, 90));
    visit.remember_lately("jmp_visit", product.key, 180);
    visit.page(&OneProduct { page: visit, look, product, field: visit.called(product.field, &FIELDS) })
}

fn contact(visit: &mut Visit<'_>, step: Step) -> Reply {
    let look = look(visit);
    visit.page(&Contact { page: visit, look, step, products: &PRODUCTS })
}

fn begin_enquiry(visit: &mut Visit<'_>) -> Reply {
    let (product, subject) = (visit.form.line("product", 30), visit.form.line("subject", 60));
    visit.begin_session("JMPSESSION", format!("{product} · {subject}"));
    visit.go("/contact/message")
}

#[cfg(test)]
mod tests {
    use super::super::service::Service;
    use super::super::visit::tests::{asked, names, page_text, stage};
    use super::*;

    #[test]
    fn a_product_is_remembered_and_its_field_comes_first() {
        let stage = stage();
        let open = asked("/product/nightcopy", "jmp_recent=shelf", None);
        let reply = answer(&mut Visit::read(&open, Service::JmpSystem, &stage));
        assert_eq!(names(&reply), ["jmp_recent", "jmp_field", "jmp_visit"]);
        assert_eq!(reply.set.first().map(|cookie| cookie.value.as_str()), Some("nightcopy.shelf"));
        let check = |cookies: &str, first: &str, second: &str| {
            let asked = asked("/", cookies, None);
            let page = page_text(&answer(&mut Visit::read(&asked, Service::JmpSystem, &stage)));
            assert!(page.find(&format!("/product/{first}")) < page.find(&format!("/product/{second}")), "{cookies}");
        };
        check("", "paperflow", "nightcopy");
        check("jmp_field=backup", "nightcopy", "paperflow");
    }

    #[test]
    fn an_enquiry_goes_on_only_with_its_session() {
        let stage = stage();
        let post = asked("/contact", "", Some("product=shelf&subject=price"));
        let reply = answer(&mut Visit::read(&post, Service::JmpSystem, &stage));
        let key = reply.set.first().map(|cookie| cookie.value.clone()).unwrap();
        let check = |cookies: &str, status: u16| {
            let asked = asked("/contact/message", cookies, None);
            assert_eq!(answer(&mut Visit::read(&asked, Service::JmpSystem, &stage)).status.as_u16(), status);
        };
        check(&format!("JMPSESSION={key}"), 200);
        check("", 303);
    }
}
