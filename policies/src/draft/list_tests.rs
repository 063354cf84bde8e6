//! Lists in the shapes that tools export them in, and what is said where they are none.

use super::*;
use proptest::prelude::*;

fn told(text: &str) -> Vec<String> {
    let list = read_list(text).expect("a list");
    let entry = |entry: &Entry| {
        let category = entry.category.map_or("?", crate::purpose::Category::name);
        let lifetime = entry.lifetime.map(|lifetime| match lifetime {
            Lifetime::Session => "session".to_owned(),
            Lifetime::Period(period) => period.to_string(),
        });
        let said =
            [entry.company.clone(), entry.what.clone(), lifetime].map(|said| said.unwrap_or_else(|| "?".to_owned()));
        format!("{} {category} {}", entry.pattern, said.join(" | "))
    };
    list.entries.iter().map(entry).chain(list.unread.iter().map(ToString::to_string)).collect()
}

fn check(text: &str, expect: &[&str]) {
    assert_eq!(told(text), expect, "{text}");
}

#[test]
fn columns_are_found_by_their_titles_in_any_order_and_parted_in_any_way() {
    check(
        "Cookie Name,Category,Description,Lifespan,Provider\n_ga,Performance,\"Counts, per visitor\",2 years,Google\n",
        &["_ga analytics Google | Counts, per visitor | P2Y"],
    );
    check("Duration;Name\r\nSession;sid\r\n", &["sid ? ? | ? | session"]);
    check("\u{feff}쿠키명\t분류\t보유기간\t설명\nuid\t필수\t30일\t로그인\n", &["uid necessary ? | 로그인 | P30D"]);
    check("Our cookies\n\nExported 2026\nName,Type\n_fbp,HTTP Cookie\n", &["_fbp ? ? | ? | ?"]);
}

#[test]
fn a_column_of_purposes_names_kinds_or_says_what_for() {
    check(
        "name,purpose\na,Marketing\nb,Remembers the basket while you shop around here\n",
        &["a marketing ? | ? | ?", "b ? ? | Remembers the basket while you shop around here | ?"],
    );
}

#[test]
fn rows_of_which_nothing_can_be_made_are_told_with_their_line() {
    check(
        "name\r\na\r\ntwo words\r\n",
        &["a ? ? | ? | ?", "line 3: \"two words\" is no name that a cookie can have, or too short a part of one"],
    );
    check(
        "name,type\n,HTTP\ntwo words,HTTP\nfr,Pixel Tracker\nkey,HTML Local Storage\n",
        &[
            "key ? ? | ? | ?",
            "line 2: has no name",
            "line 3: \"two words\" is no name that a cookie can have, or too short a part of one",
            "line 4: fr is a pixel: write its host under [[trackers]]",
        ],
    );
}

#[test]
fn a_name_that_stands_twice_keeps_what_reaches_further() {
    check("name,category,expiry\n_ga,Functional,1 day\n_ga,Targeting,2 years\n_ga,,\n", &["_ga marketing ? | ? | P2Y"]);
}

#[test]
fn json_is_read_however_it_is_filed() {
    check(r#"[{"name": "sid", "session": true, "expirationDate": 1893456000.5}]"#, &["sid ? ? | ? | session"]);
    check(
        r#"{"Google Analytics": [{"cookie": "_ga", "category": "Analytics", "retentionPeriod": "2 years", "wildcardMatch": "0"},
            {"cookie": "_ga_", "category": "Analytics", "wildcardMatch": 1}]}"#,
        &["_ga analytics Google Analytics | ? | P2Y", "_ga_* analytics Google Analytics | ? | ?"],
    );
    check(r#"{"cookies": {"statistics": [{"Name": "_pk_id*"}]}}"#, &["_pk_id* analytics ? | ? | ?"]);
}

#[test]
fn what_is_no_list_is_a_clear_fault() {
    let check = |text: &str, expect: &str| {
        let fault = read_list(text).expect_err(text).to_string();
        assert!(fault.contains(expect), "{fault}");
    };
    check("", "has no column of cookie names");
    check("one\ntwo\n", "has no column of cookie names");
    check("[{\"name\": ", "line 1: is no JSON that can be read");
    check("[1, 2]", "has no cookies");
    check("name\n", "has no cookies");
}

#[test]
fn a_list_is_bounded() {
    let text: String =
        std::iter::once("name\n".to_owned()).chain((0..MOST_ENTRIES + 2).map(|at| format!("c{at}\n"))).collect();
    let list = read_list(&text).expect("a list");
    assert_eq!(list.entries.len(), MOST_ENTRIES);
    assert_eq!(list.unread.len(), 1, "{:?}", list.unread);
    let deep = format!("{}{{\"name\": \"deep\"}}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    assert!(read_list(&deep).is_err(), "deeper than anybody files it");
}

proptest! {
    #[test]
    fn every_row_of_a_list_is_an_entry_or_told(names in proptest::collection::vec("[!-~]{1,12}", 1..20)) {
        let text: String = std::iter::once("name\tcategory\n".to_owned()).chain(names.iter().map(|name| format!("{name}\tx\n"))).collect();
        prop_assume!(!text.contains('"'));
        let list = read_list(&text).expect("a list");
        let mut told: Vec<&str> = names.iter().map(String::as_str).filter(|name| {
            list.entries.iter().any(|entry| Some(&entry.pattern) == pattern(name).as_ref())
                || list.unread.iter().any(|fault| fault.message.contains(name))
        }).collect();
        told.dedup();
        let mut all: Vec<&str> = names.iter().map(String::as_str).collect();
        all.dedup();
        prop_assert_eq!(told, all);
    }

    #[test]
    fn whatever_is_handed_in_is_a_list_or_a_fault(text in "\\PC{0,200}") {
        drop(read_list(&text));
    }
}
