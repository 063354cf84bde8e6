//! A visitor's own records: seen, downloaded, withdrawn, erased; and a suspension of all processing.

use gateway_tests::gateway::{command, printed};
use gateway_tests::{Client, Gateway, Reply, wait};

use super::{STARTER, consent, file, me, origin, plan, post, within};
use crate::store::{lock, records};
use crate::visitors::{HOST, choose, chosen, page, state};

fn count(gateway: &Gateway) -> usize {
    records(&gateway.data()).len()
}

#[tokio::test]
async fn who_has_a_number_sees_their_records_and_nobody_elses() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let first = chosen(address, "accept_all", &[]).await;
    let other = chosen(address, "accept_all", &[]).await;
    let headers = [("Cookie", first.as_str())];
    let less = choose(address, "custom", &["analytics"], &headers).await.set_cookie("consent").expect("a cookie");
    let shown = me(address, &less).await;
    let number = within(&shown, "consent-number").to_owned();
    assert_eq!((number.len(), shown.matches("<tr><th scope=\"row\">").count()), (32, 2), "{shown}");
    assert!(shown.contains("Accept all") && shown.contains("Chosen by purpose"), "{shown}");
    let (newest, oldest) = (shown.find("Chosen by purpose"), shown.find(">Accept all<"));
    assert!(newest < oldest, "the newest stands first");
    let all = file(address, &less).await;
    assert_eq!(
        (&all["number"], &all["cookie"]["granted"]),
        (&number.as_str().into(), &serde_json::json!(["analytics"]))
    );
    assert_eq!(all["records"].as_array().map(Vec::len), Some(2), "{all}");
    assert!(
        all["records"].as_array().into_iter().flatten().all(|record| record.to_string().contains(&number)),
        "{all}"
    );
    let others = me(address, &other).await;
    assert!(!others.contains(&number) && others.matches("<tr><th scope=\"row\">").count() == 1, "{others}");
    for path in ["/.consent/me", "/.consent/me.json"] {
        let heard =
            Client::connect(address, HOST).await.post_form(path, &[("Origin", "http://shop.example")], "").await;
        assert_eq!(heard.status, 405, "{path}");
    }
}

#[tokio::test]
async fn who_has_no_number_is_told_what_that_means() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let refusal = chosen(address, "refuse_all", &[]).await;
    for cookie in ["", refusal.as_str()] {
        let shown = me(address, cookie).await;
        assert!(
            shown.contains("id=\"consent-no-number\"") && shown.contains("A refusal is recorded without one"),
            "{shown}"
        );
        assert!(!shown.contains("consent-erase") && !shown.contains("consent-number"), "{shown}");
        assert_eq!(file(address, cookie).await["records"], serde_json::json!([]));
        let nothing = post(address, "erase", "", cookie).await;
        assert_eq!((nothing.status, nothing.set_cookie("consent")), (303, None));
    }
    let settings = Client::fetch(address, HOST, "/.consent/settings?lang=en", &[]).await.text();
    let policy = Client::fetch(address, HOST, "/.consent/policy?lang=en", &[]).await.text();
    assert!(settings.contains("/.consent/me?lang=en") && policy.contains("/.consent/me?lang=en"));
}

#[tokio::test]
async fn withdrawing_keeps_the_proof_and_erasing_destroys_it() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    let withdrawn = post(address, "choice", "act=withdraw", &cookie).await;
    assert_eq!(withdrawn.header("location").as_deref(), Some("/list"));
    assert_eq!(count(&gateway), 2, "the withdrawal is recorded beside the grant");

    let cookie = chosen(address, "accept_all", &[]).await;
    let headers = [("Cookie", cookie.as_str())];
    let cookie = choose(address, "custom", &["analytics"], &headers).await.set_cookie("consent").expect("a cookie");
    let before = me(address, &cookie).await;
    let number = within(&before, "consent-number").to_owned();
    assert!(
        before.contains("That you had records erased, until") && before.contains("can be restored until"),
        "{before}"
    );
    let with_cookies = format!("{cookie}; _ga=1; session=1");
    let erased = post(address, "erase", "", &with_cookies).await;
    let text = erased.text();
    assert_eq!(erased.status, 200, "{text}");
    assert!(text.contains("id=\"consent-told\"") && text.contains("Records destroyed: 2."), "{text}");
    assert!(!text.contains("deleted from backups") && text.contains("could still be restored"), "{text}");
    assert!(
        erased.all("set-cookie").iter().any(|line| line.starts_with("_ga=;") || line.starts_with("_ga=; ")),
        "{:?}",
        erased.all("set-cookie")
    );
    assert_eq!(count(&gateway), 2, "another visitor's records stay");
    let after = consent(&erased);
    assert!(me(address, &after).await.contains("consent-no-number"));
    assert_eq!(state(address, &[("Cookie", &after)]).await["granted"], serde_json::json!(["necessary"]));
    assert_eq!(file(address, &cookie).await["records"], serde_json::json!([]), "the old cookie finds nothing either");
    let (listed, said) = super::officer(gateway.folder(), &["list", "--all"]);
    assert!(listed && said.contains("deletion") && said.contains("answered"), "{said}");
    let classes = crate::store::ask(&gateway.data(), "select class, count(*) from entry group by class order by class");
    assert!(classes.contains("('destruction', 1)"), "the register of destruction has it: {classes}");
    let exported = super::officer(gateway.folder(), &["export", "--reason", "a look"]).1;
    assert!(
        exported.contains("Records destroyed: 2.") && !exported.contains(&number),
        "the number is forgotten: {exported}"
    );
}

#[tokio::test]
async fn a_store_that_can_not_write_erases_nothing_and_says_so() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    let held = lock(&gateway.data()).await;
    let failed = post(address, "erase", "", &cookie).await;
    assert_eq!((failed.status, failed.set_cookie("consent")), (503, None), "{}", failed.text());
    assert!(failed.text().contains("What you chose holds as before"), "{}", failed.text());
    drop(held);
    assert_eq!(count(&gateway), 1);
    let again = wait::until("the store is back", || async {
        Some(post(address, "erase", "", &cookie).await).filter(|heard| heard.status == 200)
    })
    .await;
    assert!(again.text().contains("Records destroyed: 1."));
    assert_eq!(count(&gateway), 0);
}

/// The starter's policy, but a law keeps records of choices.
fn kept_by_law() -> String {
    let row = "basis = \"internal_policy\"\nclasses = [\"consent\", \"withdrawn\"]";
    let law =
        "basis = \"law\"\nlaw = { ko = \"보관법\", en = \"Keeping Act\" }\nclasses = [\"consent\", \"withdrawn\"]";
    assert!(STARTER.contains(row));
    STARTER.replacen(row, law, 1)
}

#[tokio::test]
async fn what_a_law_keeps_is_not_called_erased() {
    let origin = origin().await;
    let plan = plan(&origin, "policy = \"policy.toml\"");
    plan.write("policy.toml", &kept_by_law());
    let gateway = plan.start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    let before = me(address, &cookie).await;
    assert!(
        before.contains("Keeping Act, 3 years") && before.contains("The last of them is destroyed after"),
        "{before}"
    );
    let done = post(address, "erase", "", &cookie).await;
    assert_eq!(done.status, 200);
    assert!(done.text().contains("kept because a law asks for it") && !done.text().contains("Records destroyed"));
    assert_eq!(count(&gateway), 2, "the grant and its withdrawal");
    assert_eq!(state(address, &[("Cookie", &consent(&done))]).await["granted"], serde_json::json!(["necessary"]));
}

#[tokio::test]
async fn what_is_kept_for_the_law_alone_is_its_visitors_to_see_and_goes_once_no_law_asks_for_it() {
    let origin = origin().await;
    let plan = plan(&origin, "policy = \"policy.toml\"");
    plan.write("policy.toml", &kept_by_law());
    let gateway = plan.start().await;
    let address = gateway.address();
    let first = chosen(address, "accept_all", &[]).await;
    let cookie = consent(&choose(address, "custom", &["analytics"], &[("Cookie", &first)]).await);
    let number = file(address, &cookie).await["records"][1]["record"]["record_id"].clone();
    // The first choice holds no more: it leaves the store, and lies where only a law keeps it.
    let command = |words: &[&str]| {
        let output = command(gateway.folder(), &[&["records"], words, &["--config", "gateway.toml"]].concat());
        printed(&output)
    };
    wait::until_true("the second of the choice is over", || async {
        command(&["purge", "--yes"]).contains("shop: move to the deposit (a law keeps them): 1 of class withdrawn")
    })
    .await;
    let page = me(address, &cookie).await;
    assert!(within(&page, "consent-apart").contains("(Keeping Act): 1."), "{page}");
    let all = file(address, &cookie).await;
    assert_eq!(all["records"].as_array().map(Vec::len), Some(1), "{all}");
    assert_eq!(all["records_kept_for_the_law_alone"][0]["record"]["record_id"], number);
    let shown = command(&["show", number.as_str().expect("a number"), "--reason", "a look"]);
    assert!(shown.contains("it lies in the deposit") && shown.contains("in the log, whose head"), "{shown}");

    std::fs::write(gateway.folder().join("policy.toml"), STARTER).expect("a folder can be written");
    gateway.reload();
    gateway.says("the configuration was read again").await;
    let page = me(address, &cookie).await;
    assert!(page.contains("consent-apart") && !page.contains("Keeping Act"), "{page}");
    assert!(post(address, "erase", "", &cookie).await.text().contains("Records destroyed: 2."));
    let gone = command(&["show", number.as_str().expect("a number"), "--reason", "a look"]);
    assert!(gone.contains("no record has the number"), "{gone}");
}

#[tokio::test]
async fn whoever_is_told_of_choices_hears_of_an_erasure_and_its_record_alone_stays() {
    let (origin, receiver) = (origin().await, gateway_tests::Origin::start(|_| Reply::status(204)).await);
    let gateway = plan(&origin, &format!("[[sites.webhooks]]\nurl = \"{}/consent\"", receiver.url())).start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    assert!(me(address, &cookie).await.contains("The record of this withdrawal, because the systems of"));
    assert!(post(address, "erase", "", &cookie).await.text().contains("Records destroyed: 1."));
    wait::until_true("the receiver is told", || async {
        receiver.seen().iter().any(|seen| String::from_utf8_lossy(&seen.body).contains("consent.withdrawn"))
    })
    .await;
    let left = records(&gateway.data());
    assert_eq!(left.iter().map(|record| record["act"].clone()).collect::<Vec<_>>(), ["withdraw"]);
}

#[tokio::test]
async fn a_suspension_refuses_everything_optional_until_one_click_gives_it_back() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    let begun = post(address, "suspend", "", &format!("{cookie}; _ga=1")).await;
    assert_eq!((begun.status, begun.header("location").as_deref()), (303, Some("/.consent/me?lang=en&back=%2Flist")));
    let suspended = consent(&begun);
    assert!(suspended.len() <= 300, "{}", suspended.len());
    let shown = me(address, &suspended).await;
    assert!(shown.contains("id=\"consent-suspended\"") && shown.contains("id=\"consent-number\""), "{shown}");
    let settings = Client::fetch(address, HOST, "/.consent/settings?lang=en", &[("Cookie", &suspended)]).await.text();
    assert!(settings.contains("id=\"consent-suspended\""), "{settings}");
    assert!(settings.contains("value=\"analytics\" checked"), "saving it unchanged changes nothing: {settings}");
    let told = state(address, &[("Cookie", &suspended)]).await;
    assert_eq!((&told["granted"], &told["prompt"]), (&serde_json::json!(["necessary"]), &false.into()));

    let heard = page(address, "/", &[("Cookie", &format!("{suspended}; _ga=1; session=1"))]).await;
    assert_eq!(origin.last_at("/").cookie_names(), ["session"]);
    assert!(!heard.text().contains("id=\"consent-banner\""), "nobody is asked");
    assert!(!heard.all("set-cookie").iter().any(|line| line.starts_with("_ga=1")), "{:?}", heard.all("set-cookie"));

    // What is chosen meanwhile waits.
    let headers = [("Cookie", suspended.as_str())];
    let meanwhile = choose(address, "accept_all", &[], &headers).await;
    assert_eq!(meanwhile.text().trim(), "necessary", "still suspended");
    let back = post(address, "resume", "", &suspended).await;
    assert_eq!(back.status, 200, "{}", back.text());
    assert!(back.text().contains("The suspension has ended."));
    let resumed = consent(&back);
    let told = state(address, &[("Cookie", &resumed)]).await;
    assert_eq!(told["granted"].as_array().map(Vec::len), Some(4), "{told}");
    let said = super::officer(gateway.folder(), &["list", "--all"]).1;
    assert!(said.contains("suspension") && said.contains("resumption"), "{said}");
}

#[tokio::test]
async fn a_suspension_needs_no_choice_before_and_no_store_and_its_end_needs_one() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    let held = lock(&gateway.data()).await;
    let suspended = consent(&post(address, "suspend", "", &cookie).await);
    assert_eq!(state(address, &[("Cookie", &suspended)]).await["granted"], serde_json::json!(["necessary"]));
    let kept = post(address, "resume", "", &suspended).await;
    assert_eq!((kept.status, kept.set_cookie("consent")), (503, None), "{}", kept.text());
    let new = consent(&post(address, "suspend", "", "").await);
    drop(held);
    assert_eq!(state(address, &[("Cookie", &new)]).await["granted"], serde_json::json!(["necessary"]));
    let back = wait::until("the store is back", || async {
        Some(post(address, "resume", "", &new).await).filter(|heard| heard.status == 200)
    })
    .await;
    let told = state(address, &[("Cookie", &consent(&back))]).await;
    assert_eq!(
        (&told["granted"], &told["decided"]),
        (&serde_json::json!(["necessary"]), &true.into()),
        "still refused"
    );
}

#[tokio::test]
async fn who_suspended_is_in_no_statistics() {
    let origin = origin().await;
    let mut gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    page(address, "/", &[("Cookie", &cookie)]).await;
    let suspended = consent(&post(address, "suspend", "", &cookie).await);
    for _ in 0..3 {
        page(address, "/", &[("Cookie", &suspended)]).await;
    }
    gateway.finish();
    assert!(gateway.ended().await.success());
    let asked = "select pages, visits, accept_all, changes from figure_day where site <> '' and dimension = ''";
    assert_eq!(crate::store::ask(&gateway.data(), asked), "[(1, 1, 1, 0)]");
}

#[tokio::test]
async fn another_site_can_neither_erase_nor_suspend() {
    let origin = origin().await;
    let gateway = plan(&origin, "").start().await;
    let address = gateway.address();
    let cookie = chosen(address, "accept_all", &[]).await;
    let policy = state(address, &[]).await["policy"].as_str().unwrap_or_default().to_owned();
    for path in ["erase", "suspend", "resume", "requests", "request"] {
        let headers = [("Origin", "http://evil.example"), ("Cookie", cookie.as_str())];
        let form = format!("policy={policy}&lang=en&back=%2F&kind=access&about=x");
        let heard = Client::connect(address, HOST).await.post_form(&format!("/.consent/{path}"), &headers, &form).await;
        assert_eq!((heard.status, heard.set_cookie("consent")), (403, None), "{path}");
        assert_eq!(Client::fetch(address, HOST, &format!("/.consent/{path}"), &[]).await.status, 405, "{path}");
    }
    assert_eq!(count(&gateway), 1);
}
