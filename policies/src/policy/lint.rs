//! Checks of what a policy tells people, beyond its being complete: a consequence must say what changes, and
//! nothing that is known for analytics or marketing may pass as necessary without a written reason.

use crate::purpose::{Category, Purpose};
use crate::reader::At;
use crate::rules::catalog::Catalog;

use super::Fault;
use super::file::CookieFile;

/// Words of blanket warnings: they frighten without saying what changes.
const BLANKET: [&str; 12] = [
    "이용에 어려움",
    "이용에 불편",
    "이용에 차질",
    "이용이 어려",
    "이용이 제한",
    "불편해질 수",
    "may not work properly",
    "may not function",
    "may be difficult",
    "be limited",
    "inconvenien",
    "degraded experience",
];

/// A consequence that only warns is a fault; so is one that is missing.
pub(super) fn consequence(at: &At, purpose: &Purpose) -> Option<Fault> {
    let Some(consequence) = &purpose.consequence else {
        return purpose.is_optional().then(|| {
            at.fault_at(
                "consequence",
                "is missing: say what refusing changes, such as \"your sort order is not remembered\"",
            )
        });
    };
    let blanket = BLANKET
        .iter()
        .find(|words| consequence.ko.contains(*words) || consequence.en.to_ascii_lowercase().contains(*words))?;
    Some(at.fault_at("consequence", format!("is a blanket warning (\"{blanket}\"): name the one thing that changes")))
}

/// A known analytics or marketing name that is declared necessary, or as the visitor's own act, is a fault.
pub(super) fn catalogued(catalog: &Catalog, cookie: &CookieFile, category: Category) -> Option<Fault> {
    let row = catalog.reviewed_overlap(&cookie.kept.pattern)?;
    let known = format!("{} is known for {} ({})", row.pattern, row.category.name(), row.service);
    if cookie.on_request {
        return Some(
            cookie.kept.at.fault_at("on_request", format!("can't be set: {known}, which no visitor asks for")),
        );
    }
    let hidden = category == Category::Necessary && cookie.despite_catalog.is_none();
    hidden.then(|| cookie.kept.at.fault_at("purpose", format!("is necessary, but {known}: choose its purpose, or give the reason as despite_catalog = {{ ko = …, en = … }}, which visitors will read")))
}
