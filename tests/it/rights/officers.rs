//! What officers do with requests, on the command line beside a gateway that runs.

use std::path::Path;

use gateway::ledger::step;
use gateway::store::{Limits, Place, Store};
use gateway_tests::{Gateway, wait};
use policies::rights::{Actor, Deed, Entered, Reply, RequestKind, Step};
use policies::time::DAY;
use policies::{Date, Lang, Timestamp};

use super::{me, officer, origin, plan, post, within};
use crate::visitors::{chosen, state};

fn done(gateway: &Gateway, words: &[&str]) -> String {
    let (done, said) = officer(gateway.folder(), words);
    assert!(done, "{words:?}: {said}");
    said
}

fn fails(gateway: &Gateway, words: &[&str], expect: &str) {
    let (done, said) = officer(gateway.folder(), words);
    assert!(!done && said.contains(expect), "{words:?}: {said}");
    assert_eq!(said.trim().lines().count(), 1, "one sentence: {said}");
}

fn id(said: &str) -> String {
    said.split("entered as ").nth(1).and_then(|rest| rest.split(',').next()).expect("an id").to_owned()
}

fn reference(said: &str) -> String {
    said.rsplit(": ").next().map(|reference| reference.trim().to_owned()).expect("a reference")
}

#[tokio::test]
async fn a_request_is_entered_put_off_and_refused_and_whoever_asked_is_told_in_their_language() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    assert!(done(&gateway, &["list"]).contains("no request that waits"));
    let added = done(
        &gateway,
        &[
            "add",
            "--kind",
            "correction",
            "--about",
            "my name",
            "--lang",
            "ko",
            "--reply-to",
            "kim@a.example",
            "--acts-as",
            "guardian",
            "--shown",
            "family register of 3 March",
        ],
    );
    let (id, reference) = (id(&added), reference(&added));
    let listed = done(&gateway, &["list"]);
    assert!(listed.contains("correction") && listed.contains("open") && !listed.contains("my name"), "{listed}");
    let (short, _) = id.split_at(8);

    fails(&gateway, &["show", short], "--reason");
    let shown = done(&gateway, &["show", short, "--reason", "a call of today"]);
    for part in [
        "about: my name",
        "acts_as: guardian",
        "shown: family register of 3 March",
        "checked_by: kim",
        " entered by kim",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    fails(&gateway, &["delay", short, "--ground", "x", "--until", "2020-01-01"], "a delay names a later day");
    fails(&gateway, &["delay", short, "--ground", "x", "--until", "2999-01-01"], "can be put off until");
    fails(&gateway, &["delay", short, "--ground", "x", "--until", "soon"], "YYYY-MM-DD");
    fails(&gateway, &["delay", short, "--ground", " ", "--until", "2999-01-01"], "--ground is empty");
    fails(&gateway, &["answer", "ffffffff", "--words", "x"], "has no request ffffffff");
    fails(&gateway, &["add", "--kind", "access", "--about", "x", "--lang", "tlh"], "--lang");
    fails(&gateway, &["add", "--kind", "access", "--about", "x", "--visitor", "12"], "--visitor");

    let until = today().day_number() + 30;
    let until = Date::of_day_number(until).to_string();
    let delayed = done(&gateway, &["delay", short, "--ground", "The archive is searched.", "--until", &until]);
    assert!(
        delayed.contains("To: kim@a.example") && delayed.contains("정정") && delayed.contains("연기합니다"),
        "{delayed}"
    );
    let looked = post(gateway.address(), "request", &format!("reference={reference}"), "").await.text();
    assert!(
        looked.contains("The archive is searched.") && within(&looked, "consent-status") == "Takes longer",
        "{looked}"
    );

    let refused = done(&gateway, &["refuse", short, "--ground", "Another person's rights."]);
    for part in
        ["받아들이지 못합니다", "Another person's rights.", "privacy@our-site.example", "개인정보 분쟁조정위원회"]
    {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    fails(&gateway, &["answer", short, "--words", "after all"], "the request is refused already");
    let looked = post(gateway.address(), "request", &format!("reference={reference}"), "").await.text();
    assert!(looked.contains("Where to object") && within(&looked, "consent-status") == "Not granted", "{looked}");
    assert!(done(&gateway, &["list"]).contains("no request that waits"));
}

/// Now, which the gateway's clock is asked for too.
#[expect(clippy::disallowed_methods, reason = "days are counted from the gateway's own today")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    Timestamp(i64::try_from(since.as_secs()).expect("a time"))
}

fn today() -> Date {
    now().date()
}

/// Enters requests that came in so many days ago, into the store of a gateway that doesn't run.
async fn entered_before(data: &Path, days_ago: &[i64]) {
    let place = Place::in_folder(data, now);
    let store = Store::open(&place, &Limits::default()).expect("the store opens");
    for (number, days) in days_ago.iter().enumerate() {
        let request = [u8::try_from(number).expect("a few") + 1; 16];
        let entered = Entered {
            kind: RequestKind::ASKED[number],
            about: "x".to_owned(),
            reply: Reply::Page,
            lang: Lang::Ko,
            visitor: None,
            authority: None,
        };
        let (at, by) = (now().plus_seconds(-days * DAY), Actor::Visitor);
        let step = Step { request, site: "shop".to_owned(), at, by, deed: Deed::Entered(entered) };
        store.enter(step::entry(request, &step)).await.expect("it is stored");
    }
    store.close().await;
}

#[tokio::test]
async fn what_is_due_is_told_in_the_log_and_stands_first_in_the_list() {
    let origin = origin().await;
    let plan = plan(&origin, "time_zone = \"UTC\"");
    entered_before(&plan.folder().join("data"), &[0, 12, 9, 20]).await;
    let gateway = plan.start().await;
    gateway.says("requests of visitors are overdue").await;
    let log = gateway.log();
    let line = log.lines().find(|line| line.contains("are overdue")).expect("the line");
    assert!(line.contains("all=4") && line.contains("overdue=2") && line.contains("soon=1"), "{line}");
    let listed = done(&gateway, &["list"]);
    let kinds: Vec<&str> = listed.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(kinds, ["suspension", "correction", "deletion", "access"], "{listed}");
    assert!(listed.contains("overdue by 10 days") && listed.contains("in 1 days"), "{listed}");
    let due = Date::of_day_number(today().day_number() + 10).to_string();
    assert!(listed.contains(&due), "ten days: {listed}");
}

#[tokio::test]
async fn who_looks_leaves_a_trace_and_an_export_is_no_formula() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    done(&gateway, &["add", "--kind", "complaint", "--about", "=HYPERLINK(1)"]);
    fails(&gateway, &["export"], "--reason");
    fails(&gateway, &["export", "--reason", " "], "--reason");
    let csv = done(&gateway, &["export", "--format", "csv", "--reason", "a yearly review"]);
    assert!(csv.starts_with("id,kind,received") && csv.contains("\"'=HYPERLINK(1)\""), "{csv}");
    let lines = done(&gateway, &["export", "--reason", "a yearly review"]);
    let row: serde_json::Value = serde_json::from_str(lines.trim()).expect("a line of JSON");
    assert_eq!((&row["kind"], &row["about"]), (&"complaint".into(), &"=HYPERLINK(1)".into()));
    let looks = crate::store::ask(
        &gateway.data(),
        "select class, count(*) from entry where class in ('access', 'request') group by class order by class",
    );
    assert_eq!(looks, "[('access', 2), ('request', 1)]", "what was refused was not shown either");
}

#[tokio::test]
async fn what_an_officer_enters_for_a_number_has_its_optional_use_rest() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    let number = within(&me(address, &cookie).await, "consent-number").to_owned();
    let granted = async || state(address, &[("Cookie", &cookie)]).await["granted"].as_array().map(Vec::len);
    assert_eq!(granted().await, Some(4));
    let added = done(&gateway, &["add", "--kind", "suspension", "--about", "by telephone", "--visitor", &number]);
    wait::until_true("the gateway has heard of it", || async { granted().await == Some(1) }).await;
    done(&gateway, &["answer", &id(&added), "--words", "done"]);
    wait::until_true("and of its end", || async { granted().await == Some(4) }).await;
}
