//! The tags that the tests' pages carry: real hosts and paths of tracking services as their public documentation gives them, with the names their
//! scripts set in a page. Refuses values: names only. Invariant: each host stands in the catalogue, and has a URL of its own.

/// How a page brings a tag in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `<script src>`.
    Script,
    /// `<img src>`.
    Image,
    /// `<iframe src>`.
    Frame,
}

/// One tag of the page.
#[derive(Debug)]
pub struct Tag {
    /// The host it is loaded from.
    pub host: &'static str,
    /// The path on that host.
    pub path: &'static str,
    /// The element that loads it.
    pub kind: Kind,
    /// The catalogue's service.
    pub service: &'static str,
    /// First-party cookies that its script sets.
    pub cookies: &'static [&'static str],
    /// Storage keys that its script sets.
    pub keys: &'static [&'static str],
    /// What its script asks for in turn.
    pub reports: Option<&'static str>,
}

const fn script(host: &'static str, path: &'static str, service: &'static str) -> Tag {
    Tag { host, path, kind: Kind::Script, service, cookies: &[], keys: &[], reports: None }
}

const fn other(kind: Kind, host: &'static str, path: &'static str, service: &'static str) -> Tag {
    Tag { host, path, kind, service, cookies: &[], keys: &[], reports: None }
}

/// The tags in the order the page carries them.
pub const TAGS: &[Tag] = &[
    Tag {
        cookies: &["_ga", "_ga_TEST0000"],
        reports: Some("https://www.google-analytics.com/g/collect?v=2"),
        ..script("www.googletagmanager.com", "/gtag/js", "google-analytics")
    },
    Tag {
        cookies: &["_fbp"],
        reports: Some("https://www.facebook.com/tr/?id=1&ev=PageView"),
        ..script("connect.facebook.net", "/en_US/fbevents.js", "meta")
    },
    Tag { cookies: &["_clck", "_clsk"], ..script("www.clarity.ms", "/tag/test0000", "microsoft-clarity") },
    Tag { cookies: &["_hjSessionUser_1"], keys: &["_hjid"], ..script("static.hotjar.com", "/c/hotjar-1.js", "hotjar") },
    Tag { cookies: &["wcs_bt"], ..script("wcs.naver.net", "/wcslog.js", "naver-analytics") },
    Tag { cookies: &["_kawlt"], ..script("t1.daumcdn.net", "/kas/static/kp.js", "kakao-pixel") },
    Tag {
        cookies: &["_ttp", "_tt_enable_cookie"],
        ..script("analytics.tiktok.com", "/i18n/pixel/events.js", "tiktok")
    },
    Tag {
        cookies: &["li_fat_id"],
        reports: Some("https://px.ads.linkedin.com/collect?v=2"),
        ..script("snap.licdn.com", "/li.lms-analytics/insight.min.js", "linkedin")
    },
    Tag {
        cookies: &["AMP_test000000"],
        keys: &["AMP_unsent_test000000"],
        ..script("cdn.amplitude.com", "/libs/analytics-browser-2.11.1-min.js.gz", "amplitude")
    },
    Tag {
        cookies: &["mp_test0000_mixpanel"],
        keys: &["__mpq_test0000_ev"],
        ..script("cdn.mxpnl.com", "/libs/mixpanel-2-latest.min.js", "mixpanel")
    },
    Tag { cookies: &["cto_bundle"], ..script("static.criteo.net", "/js/ld/ld.js", "criteo") },
    Tag {
        cookies: &["_ym_uid", "_ym_d"],
        keys: &["_ym_retryReqs"],
        ..script("mc.yandex.ru", "/metrika/tag.js", "yandex-metrica")
    },
    Tag { cookies: &["_uetsid", "_uetvid"], ..script("bat.bing.com", "/bat.js", "microsoft-ads") },
    Tag { cookies: &["_scid"], ..script("sc-static.net", "/scevent.min.js", "snap") },
    Tag { cookies: &["_pin_unauth"], ..script("s.pinimg.com", "/ct/core.js", "pinterest") },
    Tag { cookies: &["hubspotutk", "__hstc"], ..script("js.hs-scripts.com", "/1.js", "hubspot") },
    other(Kind::Image, "www.google-analytics.com", "/collect", "google-analytics"),
    other(Kind::Image, "www.facebook.com", "/tr", "meta"),
    other(Kind::Image, "px.ads.linkedin.com", "/collect/", "linkedin"),
    other(Kind::Frame, "td.doubleclick.net", "/td/rul/1", "google-ads"),
];

/// Every host, once.
pub fn hosts() -> Vec<&'static str> {
    let mut hosts: Vec<_> = TAGS.iter().map(|tag| tag.host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

/// Every first-party cookie that the scripts set.
pub fn cookies() -> Vec<&'static str> {
    TAGS.iter().flat_map(|tag| tag.cookies.iter().copied()).collect()
}

/// Every storage key that the scripts set.
pub fn keys() -> Vec<&'static str> {
    TAGS.iter().flat_map(|tag| tag.keys.iter().copied()).collect()
}

/// The hosts whose scripts run, in page order.
pub fn script_hosts() -> Vec<&'static str> {
    TAGS.iter().filter(|tag| tag.kind == Kind::Script).map(|tag| tag.host).collect()
}

/// The page's markup for all tags: hints in the head, then the tags in order.
pub fn markup() -> String {
    let mut markup = String::from(
        "<link rel=\"preconnect\" href=\"https://www.googletagmanager.com\">\n\
         <link rel=\"dns-prefetch\" href=\"https://connect.facebook.net\">\n\
         <link rel=\"preload\" as=\"script\" href=\"https://analytics.tiktok.com/i18n/pixel/events.js?sdkid=1\">\n",
    );
    for tag in TAGS {
        let url = format!("https://{}{}?id=1", tag.host, tag.path);
        markup.push_str(&match tag.kind {
            Kind::Script => format!("<script src=\"{url}\"></script>\n"),
            Kind::Image => format!("<img src=\"{url}\" width=\"1\" height=\"1\" alt=\"\">\n"),
            Kind::Frame => format!("<iframe src=\"{url}\" width=\"1\" height=\"1\" title=\"\"></iframe>\n"),
        });
    }
    markup.push_str(
        "<noscript><iframe src=\"https://www.googletagmanager.com/ns.html?id=GTM-TEST\" height=\"0\" width=\"0\"></iframe>\
         <img src=\"https://www.facebook.com/tr?id=1&amp;noscript=1\" height=\"1\" width=\"1\" alt=\"\"></noscript>\n",
    );
    markup
}

/// A whole page with all tags, in this language.
pub fn page(language: &str, title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n</head>\n\
         <body>\n<h1>{title}</h1>\n{}<p id=\"end\">The end of the page.</p>\n</body>\n</html>\n",
        markup()
    )
}
