//! Held frames and media: what stands in their place, in the same element, so that nothing moves and scripts of the page
//! find the element that they know.
//!
//! Refuses what nobody sees: counting frames stay empty. Invariant: with the marks taken off the tag is the page's own.

use super::gate::TagText;
use super::refusal::Context;

/// What of a frame would keep its place from working: it is the page's demand on the third party, not on us.
const DEMANDS: [&str; 3] = ["sandbox", "credentialless", "csp"];

/// What is shown in a held tag's place.
pub(super) struct Placeholder {
    /// Attributes to be written, with their values.
    pub(super) shown: Vec<(&'static str, String)>,
    /// Attributes to be renamed beside those that load.
    pub(super) renamed: Vec<&'static str>,
}

/// The placeholder of a held tag, if it is one that people see and there is an address to show.
pub(super) fn placeholder(context: &Context<'_>, text: TagText<'_>) -> Option<Placeholder> {
    let (attribute, renamed) = match &*text.tag.name {
        "iframe" => ("src", DEMANDS.to_vec()),
        "embed" => ("src", vec!["type"]),
        "object" => ("data", vec!["type"]),
        _ => return None,
    };
    let address = text.value(attribute).filter(|_| is_seen(text))?;
    let mut shown = vec![(attribute, context.placeholder(&address)?)];
    if renamed.contains(&"type") {
        shown.push(("type", "text/html".to_owned()));
    }
    Some(Placeholder { shown, renamed })
}

/// Whether the tag says nothing that hides it. What a sheet hides is not known here.
fn is_seen(text: TagText<'_>) -> bool {
    let flat = |attribute: &str| {
        let value = text.value(attribute).unwrap_or_default();
        let digits: String = value.trim().chars().take_while(char::is_ascii_digit).collect();
        // A percentage is of something else.
        !value.contains('%') && digits.parse::<u32>().is_ok_and(|pixels| pixels <= 2)
    };
    let style: String = text.value("style").unwrap_or_default().to_ascii_lowercase();
    let style: String = style.chars().filter(|letter| !letter.is_whitespace()).collect();
    let hiding = ["display:none", "visibility:hidden", "width:0", "height:0", "width:1px", "height:1px"];
    let hidden = style.split(';').any(|rule| hiding.iter().any(|word| rule.starts_with(word) && !rule.contains("0.")));
    !(flat("width") || flat("height") || text.has("hidden") || hidden)
}

#[cfg(test)]
mod tests {
    use crate::html::tests::{Hosts, plan, run};
    use crate::html::{PagePlan, TagJudge};

    /// As [`Hosts`], with something to show.
    struct Shows;

    impl TagJudge for Shows {
        fn hold(&self, host: &str, path: &str, query: &str) -> Option<&str> {
            Hosts.hold(host, path, query)
        }

        fn placeholder(&self, host: &str, path: &str, lang: Option<&str>) -> Option<String> {
            Some(format!("/p?of={host}{path}&lang={}", lang.unwrap_or_default()))
        }
    }

    fn check(tag: &str, expect: &str) {
        let page = format!("<html lang=ko>{tag}");
        let plan = PagePlan { judge: std::sync::Arc::new(Shows), ..plan(None) };
        let out = String::from_utf8(run(plan, [page.as_bytes()]).unwrap().0).unwrap();
        assert_eq!(out, format!("<html lang=ko>{expect}"), "{tag}");
    }

    #[test]
    fn a_frame_keeps_its_element_and_shows_ours() {
        check(
            "<iframe width=560 src='//t.example/v/1?q' sandbox=allow-scripts allow=fullscreen></iframe>",
            "<iframe data-consent-hold=\"analytics\" src=\"/p?of=t.example/v/1&amp;lang=ko\" width=560 \
             data-consent-src='//t.example/v/1?q' data-consent-sandbox=allow-scripts allow=fullscreen></iframe>",
        );
        check(
            "<object data=//t.example/v type=a/b></object>",
            "<object data-consent-hold=\"analytics\" data=\"/p?of=t.example/v&amp;lang=ko\" type=\"text/html\" \
             data-consent-data=//t.example/v data-consent-type=a/b></object>",
        );
        check(
            "<embed src=//t.example/v>",
            "<embed data-consent-hold=\"analytics\" src=\"/p?of=t.example/v&amp;lang=ko\" type=\"text/html\" \
             data-consent-src=//t.example/v>",
        );
    }

    #[test]
    fn what_nobody_sees_stays_empty() {
        for attributes in
            ["width=1 height=1", "height=0", "hidden", "style='display: none;visibility:hidden'", "style='WIDTH:0;x:y'"]
        {
            check(
                &format!("<iframe {attributes} src=//t.example/></iframe>"),
                &format!(
                    "<iframe data-consent-hold=\"analytics\" {attributes} data-consent-src=//t.example/></iframe>"
                ),
            );
        }
        for attributes in ["width=100%", "height=100", "style='width:100%'", "style='width:0.5em'", "width=1%"] {
            check(
                &format!("<iframe {attributes} src=//t.example/></iframe>"),
                &format!(
                    "<iframe data-consent-hold=\"analytics\" src=\"/p?of=t.example/&amp;lang=ko\" {attributes} data-consent-src=//t.example/></iframe>"
                ),
            );
        }
    }

    #[test]
    fn only_frames_and_media_are_shown() {
        check("<img src=//t.example/>", "<img data-consent-hold=\"analytics\" data-consent-src=//t.example/>");
        check("<iframe src=/own></iframe>", "<iframe src=/own></iframe>");
    }
}
