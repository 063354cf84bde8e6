//! Requests of known trackers to the site's own host, told by the shape of their address: where their purpose isn't
//! granted, the origin never sees them.
//!
//! Refuses to look at bodies, and at addresses without a query. Invariant: an address that a rule speaks of by its host is judged
//! by that rule.

use http::Uri;
use policies::Decision;

use crate::books::Books;
use crate::site::{Site, Treatment, without_port};
use crate::visitor::Visitor;
use crate::wire::path::plain;

/// Whether a request is to be answered here. In shadow mode it is only noted.
#[must_use]
pub fn is_stopped(
    asked: &Uri,
    site: &Site,
    visitor: &Visitor,
    decision: &Decision,
    treatment: Treatment,
    books: &Books,
) -> bool {
    let Some(query) = asked.query().filter(|_| treatment != Treatment::Bypass) else { return false };
    let path = plain(asked.path());
    if site.config.policy.trackers.shape(&path, query).is_none() {
        return false;
    }
    let host = without_port(&visitor.host).to_ascii_lowercase();
    let Some((service, Some(purpose))) = site.held_by_shape(decision, &host, &path, query) else { return false };
    if treatment == Treatment::Shadow {
        books.inventory.would_stop(site, service, purpose);
        return false;
    }
    books.telemetry.metrics.stopped(&site.label, "hit");
    true
}
