//! Answers as the tools' own scripts write them, whole, cut at every byte, and as nobody writes them.

use proptest::prelude::*;

use super::*;

fn read(cookies: &[(&str, &str)]) -> Vec<Answer> {
    answers(|name| cookies.iter().filter(|(known, _)| *known == name).map(|(_, value)| value.as_bytes()).collect())
}

fn check(cookies: &[(&str, &str)], expect: &[(&str, bool)], made: Option<i64>, id: Option<&str>) {
    let found = read(cookies);
    let [answer] = found.as_slice() else { panic!("{cookies:?} gives {found:?}") };
    let mut said: Vec<(&str, bool)> = answer.said.iter().map(|(name, yes)| (name.as_str(), *yes)).collect();
    // JSON's order says nothing.
    if answer.tool != &ONE_TRUST && answer.tool != &COOKIEBOT {
        said.sort_unstable();
    }
    assert_eq!((said.as_slice(), answer.made.map(|at| at.0), answer.id.as_deref()), (expect, made, id));
}

const OPTANON: &str = "isGpcEnabled=0&datestamp=Thu+Jan+22+2026+15%3A26%3A49+GMT%2B0900&version=202512.1.0&hosts=&\
                       consentId=7ebbb751-ad58&interactionCount=1&groups=C0001%3A1%2CC0002%3A0&AwaitingReconsent=false";
const COOKIEBOT_VALUE: &str = "{stamp:%27JF1Bl+w==%27%2Cnecessary:true%2Cpreferences:true%2Cstatistics:true%2C\
                               marketing:false%2Cmethod:%27explicit%27%2Cver:2%2Cutc:1765222520311%2Cregion:%27kr%27}";
const VANILLA_VALUE: &str = "%7B%22categories%22%3A%5B%22necessary%22%5D%2C%22revision%22%3A0%2C%22data%22%3Anull%2C\
                             %22consentTimestamp%22%3A%222026-01-22T06%3A26%3A49.000Z%22%2C%22consentId%22%3A%22ab-1%22%2C\
                             %22services%22%3A%7B%22necessary%22%3A%5B%5D%2C%22analytics%22%3A%5B%5D%7D%2C%22languageCode%22%3A%22en%22%7D";

#[test]
fn each_tool_s_answer_is_read() {
    check(
        &[("OptanonConsent", OPTANON), ("OptanonAlertBoxClosed", "2026-01-22T06:26:49.342Z")],
        &[("C0001", true), ("C0002", false)],
        Some(1_769_063_209),
        Some("7ebbb751-ad58"),
    );
    check(
        &[("CookieConsent", COOKIEBOT_VALUE)],
        &[("necessary", true), ("preferences", true), ("statistics", true), ("marketing", false)],
        Some(1_765_222_520),
        Some("JF1Bl+w=="),
    );
    check(
        &[("klaro", "%7B%22matomo%22%3Afalse%2C%22shop%22%3Atrue%7D")],
        &[("matomo", false), ("shop", true)],
        None,
        None,
    );
    check(
        &[("cc_cookie", VANILLA_VALUE)],
        &[("analytics", false), ("necessary", true)],
        Some(1_769_063_209),
        Some("ab-1"),
    );
    check(
        &[("cmplz_banner-status", "dismissed"), ("cmplz_functional", "allow"), ("cmplz_marketing", "deny")],
        &[("functional", true), ("marketing", false)],
        None,
        None,
    );
}

#[test]
fn what_a_tool_assumed_or_nobody_wrote_is_no_answer() {
    let long = format!("%7B%22a%22%3Afalse%7D{}", " ".repeat(LONGEST_VALUE));
    let many =
        serde_json::to_string(&(0..100).map(|n| (n.to_string(), false)).collect::<std::collections::BTreeMap<_, _>>());
    let many = many.unwrap();
    for cookies in [
        &[("OptanonConsent", OPTANON)][..],
        &[("OptanonConsent", OPTANON), ("OptanonAlertBoxClosed", "yesterday")],
        &[("OptanonConsent", "groups=C0001%3A2"), ("OptanonAlertBoxClosed", "2026-01-22T06:26:49Z")],
        &[("CookieConsent", "{necessary:true,preferences:true,statistics:true,marketing:true,method:'implied'}")],
        &[("CookieConsent", "-1")],
        &[("CookieConsent", "{necessary:true,preferences:maybe,statistics:true,marketing:true,method:'explicit'}")],
        &[("klaro", "%7B%22matomo%22%3A1%7D")],
        &[("klaro", "%7B%7D")],
        &[("klaro", "%ff")],
        &[("klaro", "%7")],
        &[("klaro", &long)],
        &[("klaro", &many)],
        &[("klaro", "%7B%22a%22%3Afalse%7D"), ("klaro", "%7B%22a%22%3Atrue%7D")],
        &[("cc_cookie", "%7B%22categories%22%3A%5B%22necessary%22%5D%7D")],
        &[("cc_cookie", "%7B%22categories%22%3A%5B%22x%22%5D%2C%22services%22%3A%7B%7D%7D")],
        &[("cmplz_marketing", "allow"), ("cmplz_functional", "allow")],
        &[("cmplz_banner-status", "dismissed"), ("cmplz_marketing", "perhaps")],
    ] {
        assert_eq!(read(cookies), [], "{cookies:?}");
    }
}

#[test]
fn a_value_that_is_cut_off_grants_nothing_that_the_whole_did_not() {
    let closed = ("OptanonAlertBoxClosed", "2026-01-22T06:26:49.342Z");
    for (name, whole) in [("OptanonConsent", OPTANON), ("CookieConsent", COOKIEBOT_VALUE), ("cc_cookie", VANILLA_VALUE)]
    {
        let yes = |value: &str| {
            let said = read(&[(name, value), closed]).into_iter().flat_map(|answer| answer.said);
            said.filter(|(_, yes)| *yes).map(|(name, _)| name).collect::<Vec<_>>()
        };
        let all = yes(whole);
        for at in 0..whole.len() {
            let cut = whole.get(..at).unwrap_or_default();
            assert!(yes(cut).iter().all(|name| all.contains(name)), "{cut}");
        }
    }
}

proptest! {
    #[test]
    fn never_panics(value in any::<Vec<u8>>(), soup in "([{}\\[\\]:,'\"&=%]|true|false|groups|C0001|%2C|%3A|stamp|explicit|categories){0,40}") {
        for value in [value.as_slice(), soup.as_bytes()] {
            for answer in answers(|_| vec![value]) {
                prop_assert!(is_sound(&answer));
            }
        }
    }
}
