//! The lines of the gateway's own cookies. The consent cookie authenticates nobody; over TLS it is `SameSite=None`, because a `Lax` cookie would
//! be missing when login and payment providers return by cross-site POST.

use cookie::{Cookie, SameSite, time::Duration};
use http::HeaderValue;
use policies::policy::PolicyVersion;
use policies::{Timestamp, Token};

use crate::config::Scheme;
use crate::seal::Seal;
use crate::site::Site;

/// Longer than any answer holds, so that one that ran out is still known for what it was; browsers keep nothing longer.
const LONGEST: Duration = Duration::days(400);

/// The line that gives a visitor this token. None only if it can't be a header, which sealing rules out.
pub(super) fn line(site: &Site, scheme: Scheme, seal: &Seal, token: &Token) -> Option<HeaderValue> {
    let secure = scheme == Scheme::Https;
    let cookie = Cookie::build((Site::cookie_name(scheme), seal.close(&site.config.name, token)))
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(if secure { SameSite::None } else { SameSite::Lax });
    // Without a lifetime it ends with the browser.
    let cookie = if token.shared { cookie } else { cookie.max_age(LONGEST) };
    HeaderValue::from_str(&cookie.build().to_string()).ok()
}

/// The line that remembers that the notice of a version was dismissed, until nobody is told of it any more.
pub(super) fn dismissal(
    version: PolicyVersion,
    until: Timestamp,
    now: Timestamp,
    scheme: Scheme,
) -> Option<HeaderValue> {
    let left = Duration::seconds(until.0.saturating_sub(now.0)).clamp(Duration::days(1), LONGEST);
    let cookie = Cookie::build((Site::notice_cookie_name(scheme), version.to_string()))
        .path("/")
        .http_only(true)
        .secure(scheme == Scheme::Https)
        .same_site(SameSite::Lax)
        .max_age(left);
    HeaderValue::from_str(&cookie.build().to_string()).ok()
}
