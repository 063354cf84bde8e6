//! A list of cookies that another tool exported, turned into policy lines on the command line. Refuses to look into the reading itself:
//! what counts is that the lines, appended to a policy, pass the check, and that whatever made no line was said.

use gateway_tests::gateway::{command, printed};

const LIST: &str = "Cookie Name;Category;Description;Lifespan;Provider\r\n\
    sid;Strictly Necessary;Keeps you signed in;Session;First Party\r\n\
    _hjSession_*;Performance;;30 minutes;Hotjar\r\n\
    ab_test;Performance;Which look you see;1 year;\"Split; Co\"\r\n\
    qzxw;Unclassified;;;\r\n\
    two words;Performance;;;\r\n";

fn written(name: &str, bytes: &[u8], folder: &std::path::Path) {
    std::fs::write(folder.join(name), bytes).expect("a folder can be written");
}

#[test]
fn an_exported_list_becomes_lines_that_can_be_appended_as_they_are() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let starter = gateway::config::STARTER;
    written("policy.toml", starter.as_bytes(), folder.path());
    written("list.csv", LIST.as_bytes(), folder.path());
    let made = command(folder.path(), &["policy", "cookies", "list.csv", "--policy", "policy.toml"]);
    let (lines, told) = (String::from_utf8_lossy(&made.stdout), String::from_utf8_lossy(&made.stderr));
    assert!(made.status.success(), "{told}");
    assert!(told.contains("list.csv:6: \"two words\" is no name"), "{told}");
    assert!(told.contains("3 became lines, 0 are in the policy already, 1 wait for an answer"), "{told}");

    written("policy.toml", format!("{starter}\n{lines}").as_bytes(), folder.path());
    let checked = printed(&command(folder.path(), &["check", "policy.toml"]));
    assert!(checked.contains("no faults"), "{checked}\n{lines}");
    let again = printed(&command(folder.path(), &["policy", "cookies", "list.csv", "--policy", "policy.toml"]));
    assert!(again.contains("0 became lines, 3 are in the policy already, 1 wait for an answer"), "{again}");
}

#[test]
fn a_korean_spreadsheet_is_read_in_its_own_encoding() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (bytes, _, _) = encoding_rs::EUC_KR.encode("쿠키명,분류,보유기간,설명\nbasket,필수,30일,장바구니\n");
    written("list.csv", &bytes, folder.path());
    let lines = printed(&command(folder.path(), &["policy", "cookies", "list.csv"]));
    assert!(lines.contains("name = \"basket\"\npurpose = \"necessary\""), "{lines}");
    assert!(lines.contains("ko = \"장바구니\"") && lines.contains("lifetime = \"P30D\""), "{lines}");
}

#[test]
fn what_is_no_list_and_what_is_no_policy_is_one_clear_sentence() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    written("list.csv", LIST.as_bytes(), folder.path());
    written("prose.txt", b"We use cookies.\n", folder.path());
    written("broken.toml", b"format = 1\n", folder.path());
    let check = |arguments: &[&str], expect: &str| {
        let made = command(folder.path(), arguments);
        let told = printed(&made);
        assert!(!made.status.success() && made.stdout.is_empty() && told.contains(expect), "{told}");
    };
    check(&["policy", "cookies", "nowhere.csv"], "nowhere.csv: can't be read");
    check(&["policy", "cookies", "prose.txt"], "prose.txt:1: has no column of cookie names");
    check(&["policy", "cookies", "list.csv", "--policy", "broken.toml"], "broken.toml");
}
