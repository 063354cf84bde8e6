//! What holds for every page: nothing panics, nothing is made up, blanks don't matter.

use proptest::prelude::*;

use super::*;

fn letters_of(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// Every text that was found, with its line.
fn texts(read: &Imported) -> Vec<(String, usize)> {
    let names = [&read.service, &read.operator, &read.officer_role, &read.refusal_consequence].into_iter().flatten();
    let mut all: Vec<(String, usize)> =
        names.chain(&read.processors).map(|found| (found.value.clone(), found.line)).collect();
    all.extend(read.sections.iter().map(|found| (found.value.title.clone(), found.line)));
    all.extend(read.cookie_section.iter().map(|found| (found.value.title.clone(), found.line)));
    for found in &read.retention {
        all.push((found.value.record.clone(), found.line));
        all.extend(found.value.law.clone().map(|law| (law, found.line)));
    }
    all
}

fn pieces() -> impl Strategy<Value = String> {
    let written = prop_oneof![
        Just("제1조(개인정보의 처리 목적) 회사는 처리합니다.\n"),
        Just("제 2 조 (개인정보의 보유 및 이용기간)\n"),
        Just("3. 개인정보처리의 위탁\n"),
        Just("■ 쿠키의 설치·운영 및 거부\n"),
        Just("[개인정보 보호책임자]\n성명 : 아무개\n직책 : 팀장\n"),
        Just("계약 또는 청약철회 등에 관한 기록 : 5년 (전자상거래법)\n"),
        Just("보존 이유 : 통신비밀보호법\n보존 기간 : 3개월\n"),
        Just("수탁업체 : 가나택배, 다라페이\n"),
        Just("가나소프트(이하 '회사')는 '나라'를 운영하는 곳입니다. 개인정보\n"),
        Just("개인정보처리방침\n"),
        Just("쿠키를 거부할 경우 로그인에 어려움이 있을 수 있습니다. "),
        Just("시행일자 : 2024. 3. 2\n"),
        Just("변경 시 시행 7일 전부터 공지하고 중요한 변경은 30일 전에 고지합니다.\n"),
    ];
    prop_oneof![4 => written.prop_map(str::to_owned), 1 => "\\PC{0,16}", 1 => "[\\x00-\\x7f]{0,12}", 1 => Just("\n".to_owned())]
}

fn pages() -> impl Strategy<Value = String> {
    proptest::collection::vec(pieces(), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_bytes_break_the_reading(bytes in proptest::collection::vec(any::<u8>(), 0..400), format in 0usize..4) {
        let format = [None, Some(Format::Plain), Some(Format::Markdown), Some(Format::Html)][format];
        if let Ok(read) = import(&bytes, format) {
            prop_assert!(!read.json().is_empty());
        }
    }

    #[test]
    fn what_is_found_stands_on_the_page(page in pages()) {
        let decoded = encoding::decoded(page.as_bytes()).unwrap();
        let seen = letters_of(&decoded);
        let read = import(page.as_bytes(), Some(Format::Plain)).unwrap();
        let lines = decoded.lines().count().max(1);
        for (text, line) in texts(&read) {
            prop_assert!(seen.contains(&letters_of(&text)), "{text:?} is not on the page");
            prop_assert!((1..=lines).contains(&line), "{text:?} on line {line} of {lines}");
        }
        if let Some(section) = &read.cookie_section {
            for line in section.value.text.lines() {
                prop_assert!(seen.contains(&letters_of(line)), "{line:?} is not on the page");
            }
        }
    }

    #[test]
    fn blanks_and_line_ends_make_no_difference(page in pages()) {
        let page = page.replace(['\r', '\t', '\u{b}', '\u{c}'], " ");
        let read = import(page.as_bytes(), Some(Format::Plain)).unwrap();
        let wide = format!("\u{feff}{}", page.replace(' ', "  ").replace('\n', " \r\n\r\n "));
        let again = import(wide.as_bytes(), Some(Format::Plain)).unwrap();
        prop_assert_eq!(read.json(), again.json());
    }

    #[test]
    fn a_page_is_read_alike_in_each_format(title in 0usize..4) {
        let titles = ["쿠키의 운영 및 거부", "쿠키(cookie)의 운용", "개인정보 자동수집 장치의 설치·운영 및 거부", "Cookies"];
        let title = titles[title];
        let heads = ["개인정보의 처리 목적", "개인정보의 보유기간", title, "개인정보 처리방침의 변경"];
        let text = "언어 설정을 기억하려고 쿠키를 사용합니다.";
        let plain: String = heads.iter().enumerate().map(|(at, head)| format!("{}. {head}\n{text}\n", at + 1)).collect();
        let marked: String = heads.iter().enumerate().map(|(at, head)| format!("## {}. {head}\n\n{text}\n\n", at + 1)).collect();
        let page: String = heads.iter().enumerate().map(|(at, head)| format!("<h3>{}<span>.</span> {head}</h3><p>{text}</p>", at + 1)).collect();
        let of = |text: &str, format| import(text.as_bytes(), Some(format)).unwrap().json();
        prop_assert_eq!(of(&plain, Format::Plain), of(&marked, Format::Markdown));
        prop_assert_eq!(of(&plain, Format::Plain), of(&page, Format::Html));
    }
}

#[test]
fn a_page_that_is_no_policy_gives_nothing() {
    let read = import("오늘의 점심은 비빔밥입니다.\n맛있게 드세요.".as_bytes(), None).unwrap();
    assert_eq!((read.sections, read.cookie_section, read.effective), (Vec::new(), None, None));
    assert!(import(&vec![b' '; LONGEST + 1], None).is_err());
}

#[test]
fn the_format_is_seen_from_the_text() {
    let check = |text: &str, expect: Format| assert_eq!(looks_like(text), expect, "{text}");
    check("1. 목적\n<https://www.site.example> - 쓰임", Format::Plain);
    check("# 방침\n\n글", Format::Markdown);
    check("<DIV>글</DIV>", Format::Html);
}
