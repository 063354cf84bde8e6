//! AMP's elements, which say in the page's HTML what they load: by an address, by a vendor's name, or by being what they are.
//!
//! Refuses to know a vendor's configuration: a name stands for the host that it is known to ask. Invariant: an element that
//! is held keeps none of the attributes by which AMP's own script would load it.

use super::gate::TagText;
use super::refusal::{Context, Purposes};

/// What every such element's name begins with.
pub(super) const PREFIX: &str = "amp-";

/// Attributes with addresses.
const ADDRESSES: [&str; 4] = ["src", "srcset", "config", "data-url"];

/// Attributes without which an element of AMP's loads nothing.
const LOADING: [&str; 17] = [
    "src",
    "srcset",
    "srcdoc",
    "config",
    "type",
    "data-src",
    "data-url",
    "data-href",
    "data-videoid",
    "data-live-channelid",
    "data-tweetid",
    "data-momentid",
    "data-timeline-source-type",
    "data-shortcode",
    "data-trackid",
    "data-playlistid",
    "data-slot",
];

/// Elements that always ask one service.
const SERVICES: [(&str, &str); 13] = [
    ("amp-youtube", "https://www.youtube.com/embed/"),
    ("amp-vimeo", "https://player.vimeo.com/video/"),
    ("amp-dailymotion", "https://www.dailymotion.com/embed/"),
    ("amp-soundcloud", "https://w.soundcloud.com/player/"),
    ("amp-facebook", "https://www.facebook.com/plugins/post.php"),
    ("amp-facebook-comments", "https://www.facebook.com/plugins/comments.php"),
    ("amp-facebook-like", "https://www.facebook.com/plugins/like.php"),
    ("amp-facebook-page", "https://www.facebook.com/plugins/page.php"),
    ("amp-instagram", "https://www.instagram.com/embed.js"),
    ("amp-pinterest", "https://assets.pinterest.com/js/pinit.js"),
    ("amp-tiktok", "https://www.tiktok.com/embed/v2/"),
    ("amp-twitter", "https://platform.twitter.com/widgets.js"),
    ("amp-auto-ads", "https://pagead2.googlesyndication.com/pagead/js/adsbygoogle.js"),
];

/// Vendors that `type` names on elements that count or show adverts.
const VENDORS: [(&str, &str); 17] = [
    ("googleanalytics", "https://www.google-analytics.com/collect"),
    ("gtag", "https://www.googletagmanager.com/gtag/js"),
    ("googleadwords", "https://www.googleadservices.com/pagead/conversion/"),
    ("facebookpixel", "https://www.facebook.com/tr"),
    ("metrika", "https://mc.yandex.ru/watch/"),
    ("chartbeat", "https://ping.chartbeat.net/ping"),
    ("comscore", "https://sb.scorecardresearch.com/b"),
    ("parsely", "https://srv.pixel.parsely.com/plogger/"),
    ("quantcast", "https://pixel.quantserve.com/pixel"),
    ("segment", "https://api.segment.io/v1/pixel/"),
    ("doubleclick", "https://securepubads.g.doubleclick.net/gampad/ads"),
    ("adsense", "https://pagead2.googlesyndication.com/pagead/js/adsbygoogle.js"),
    ("a9", "https://c.amazon-adsystem.com/aax2/apstag.js"),
    ("criteo", "https://static.criteo.net/js/ld/publishertag.js"),
    ("dable", "https://static.dable.io/dist/plugin.min.js"),
    ("outbrain", "https://widgets.outbrain.com/outbrain.js"),
    ("taboola", "https://cdn.taboola.com/libtrc/loader.js"),
];

/// What a held element must lose; `purposes` has what it waits for. Empty where nothing of it is refused.
pub(super) fn loading(context: &Context<'_>, text: TagText<'_>, purposes: &mut Purposes) -> &'static [&'static str] {
    let name = &*text.tag.name;
    for attribute in ADDRESSES {
        if let Some(value) = text.value(attribute) {
            context.refuses_value(attribute, &value, purposes);
        }
    }
    let vendor = text.value("type").unwrap_or_default();
    let counts = matches!(name, "amp-analytics" | "amp-ad" | "amp-embed" | "amp-auto-ads");
    let of_vendor = VENDORS.iter().filter(|(known, _)| counts && vendor.trim().eq_ignore_ascii_case(known));
    for (_, address) in SERVICES.iter().filter(|(known, _)| *known == name).chain(of_vendor) {
        context.refuses(address, purposes);
    }
    if purposes.is_empty() { &[] } else { &LOADING }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::html::tests::{plan, run};
    use crate::html::{PagePlan, TagJudge};

    struct Known;

    impl TagJudge for Known {
        fn hold(&self, host: &str, _: &str, _: &str) -> Option<&str> {
            let refused =
                ["t.example", "www.google-analytics.com", "securepubads.g.doubleclick.net", "www.youtube.com"];
            refused.contains(&host).then_some("analytics")
        }
    }

    fn check(markup: &str, expect: &str) {
        let page = format!("<!doctype html><html amp><body>{markup}");
        let plan = PagePlan { judge: Arc::new(Known), ..plan(None) };
        let out = String::from_utf8(run(plan, [page.as_bytes()]).unwrap().0).unwrap();
        assert_eq!(out, format!("<!doctype html><html amp><body>{expect}"), "{markup}");
    }

    #[test]
    fn what_an_element_names_is_held() {
        check(
            "<amp-iframe width=1 src=https://t.example/f></amp-iframe>",
            "<amp-iframe data-consent-hold=\"analytics\" width=1 data-consent-src=https://t.example/f></amp-iframe>",
        );
        check(
            "<amp-pixel src='//t.example/p'></amp-pixel><amp-img src=/own.png></amp-img>",
            "<amp-pixel data-consent-hold=\"analytics\" data-consent-src='//t.example/p'></amp-pixel><amp-img src=/own.png></amp-img>",
        );
        check(
            "<amp-youtube data-videoid=x></amp-youtube><amp-vimeo data-videoid=y></amp-vimeo>",
            "<amp-youtube data-consent-hold=\"analytics\" data-consent-data-videoid=x></amp-youtube><amp-vimeo data-videoid=y></amp-vimeo>",
        );
        check(
            "<amp-ad type=doubleclick data-slot=/1></amp-ad><amp-ad type=other></amp-ad>",
            "<amp-ad data-consent-hold=\"analytics\" data-consent-type=doubleclick data-consent-data-slot=/1></amp-ad><amp-ad type=other></amp-ad>",
        );
    }

    #[test]
    fn a_counter_sleeps_with_what_it_is_told() {
        let told = "<script type=application/json>{\"vars\":{\"account\":\"UA-1\"}}</script></amp-analytics>";
        let asleep = "<script data-consent-hold=\"analytics\" type=\"text/plain\" data-consent-type=application/json>\
                      {\"vars\":{\"account\":\"UA-1\"}}</script></amp-analytics>";
        check(
            &format!("<amp-analytics type=googleanalytics>\n{told}"),
            &format!("<amp-analytics data-consent-hold=\"analytics\" data-consent-type=googleanalytics>\n{asleep}"),
        );
        check(&format!("<amp-analytics type=own>{told}"), &format!("<amp-analytics type=own>{told}"));
        let asks = "{\"requests\":{\"p\":\"https://t.example/p?${x}\"}}";
        check(
            &format!("<amp-analytics><script type=application/json>{asks}</script></amp-analytics>"),
            &format!(
                "<amp-analytics><script data-consent-hold=\"analytics\" type=\"text/plain\" \
                 data-consent-type=application/json>{asks}</script></amp-analytics>"
            ),
        );
        // The same beside no such element is data of the page's.
        check(
            &format!("<script type=application/json>{asks}</script>"),
            &format!("<script type=application/json>{asks}</script>"),
        );
    }
}
