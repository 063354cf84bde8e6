//! Drafts beside the starter policy: what they say, and that they compile behind it.

use proptest::prelude::*;

use super::*;
use crate::draft::read_list;
use crate::policy::compile;

const STARTER: &str = include_str!("../../documents/starter/opt-in.toml");

fn drafted(list: &str) -> Draft {
    let catalog = Catalog::bundled().expect("the catalogue");
    let policy = compile(STARTER, &catalog).expect("the starter policy");
    let draft = draft(&read_list(list).expect("a list"), &policy, &catalog);
    let whole = format!("{STARTER}\n{}", draft.text);
    compile(&whole, &catalog).unwrap_or_else(|faults| panic!("{faults:?} in\n{}", draft.text));
    draft
}

fn counts(draft: &Draft) -> (usize, usize, usize) {
    (draft.written, draft.known, draft.open)
}

#[test]
fn what_the_policy_declares_is_not_said_again() {
    let draft = drafted("name,category\n_ga,Analytics\n");
    assert_eq!((counts(&draft), draft.text.as_str()), ((0, 1, 0), ""));
    let wider = drafted("name,category\n_ga*,Analytics\n");
    assert!(wider.text.contains("prefix = \"_ga\"\npurpose = \"analytics\""), "{}", wider.text);
}

#[test]
fn names_that_the_catalogue_knows_become_one_line_for_their_service() {
    let draft = drafted("name,category\n_hjSessionUser_*,Statistics\n_hjSession_*,Statistics\n");
    assert_eq!(counts(&draft), (2, 0, 0), "{}", draft.text);
    assert_eq!(draft.text.matches("[[services]]").count(), 1, "{}", draft.text);
    assert!(draft.text.contains("catalog = \"hotjar\""), "{}", draft.text);
}

#[test]
fn others_become_lines_of_their_own_with_every_guess_marked() {
    let draft = drafted(
        "name,category,duration,provider,description\nbasket,필수,30일,,장바구니\nab,Performance,1 year,Split & Co,Which look you see\n",
    );
    assert_eq!(counts(&draft), (2, 0, 0));
    for line in [
        "name = \"basket\"\npurpose = \"necessary\"\nrecipient = \"operator\"\n",
        "what = { ko = \"장바구니\", en = \"장바구니\" }  # guess: put it into English too\nlifetime = \"P30D\"\n",
        "[recipients.split-co]\ncompany = { ko = \"Split & Co\", en = \"Split & Co\" }\ncountry = \"ZZ\"  # guess",
        "name = \"ab\"\npurpose = \"analytics\"\nrecipient = \"split-co\"\n",
        "lifetime = \"P1Y\"\n",
    ] {
        assert!(draft.text.contains(line), "{line}\nis not in\n{}", draft.text);
    }
}

#[test]
fn companies_that_are_called_much_alike_stay_apart() {
    let draft =
        drafted("name,category,provider\nqa,Marketing,Split Co\nqb,Marketing,\"Split, Co.\"\nqc,Marketing,split co\n");
    let keys = draft.text.lines().filter(|line| line.starts_with("recipient =")).collect::<Vec<_>>();
    assert_eq!(keys, ["recipient = \"split-co\"", "recipient = \"split-co-2\"", "recipient = \"split-co\""]);
}

#[test]
fn what_only_the_owner_can_answer_stands_at_the_end_as_a_comment() {
    let draft = drafted("name,category\nqzxw,\n_hj*,Necessary\n");
    assert_eq!(counts(&draft), (0, 0, 2), "{}", draft.text);
    assert!(draft.text.lines().all(|line| line.is_empty() || line.starts_with('#')), "{}", draft.text);
    assert!(draft.text.contains("# name = \"qzxw\"\n# purpose = \"\"\n"), "{}", draft.text);
    assert!(draft.text.contains("calls it necessary, but _hj"), "{}", draft.text);
}

#[test]
fn keys_of_browser_storage_are_drafted_too() {
    let draft = drafted("name,category,type\ntheme,Functional,HTML Local Storage\n");
    let expect = "[[storage]]\narea = \"local\"\nname = \"theme\"\npurpose = \"preferences\"\n";
    assert!(draft.text.contains(expect), "{}", draft.text);
}

#[test]
fn hosts_that_were_called_are_declared_known_or_asked_for() {
    let catalog = Catalog::bundled().expect("the catalogue");
    let policy = compile(STARTER, &catalog).expect("the starter policy");
    let called = |host: &str| Called { host: host.to_owned(), path: "/x".to_owned() };
    let hosts = ["www.google-analytics.com", "static.hotjar.com", "cdn.example.net"];
    let list = List { called: hosts.map(called).to_vec(), ..List::default() };
    let draft = draft(&list, &policy, &catalog);
    assert_eq!(counts(&draft), (1, 1, 1), "{}", draft.text);
    assert!(draft.text.contains("# The catalogue knows static.hotjar.com.\n[[services]]\ncatalog = \"hotjar\"\n"));
    assert!(draft.text.contains("# [[trackers]]\n# host = \"cdn.example.net\"\n"), "{}", draft.text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_a_list_says_compiles_and_nothing_is_lost(rows in proptest::collection::vec(("[!#-+.-~]{1,8}", "\\PC{0,20}", "\\PC{0,12}"), 1..5)) {
        let row = |(name, what, company): &(String, String, String)| {
            let values = [name, what, company].map(|value| format!("\"{}\"", value.replace('"', "'")));
            format!("{},marketing\n", values.join(","))
        };
        let list = format!("name,description,company,category\n{}", rows.iter().map(row).collect::<String>());
        let read = read_list(&list).expect("a list");
        let draft = drafted(&list);
        prop_assert_eq!(draft.written + draft.known + draft.open, read.entries.len());
    }
}
