//! A policy file of what was read of a published policy: each value with its line, guesses marked, and at the end what only the owner can answer.
//!
//! Refuses to leave a gap that the check would stumble over: what is missing is a guess, marked, and a question. Invariant: what it writes compiles.

use std::fmt::Write as _;

use super::lines::{is_korean, quoted};
use crate::import::{Found, Imported, Kept, KeptBy};
use crate::time::Period;

/// What purposes are called, by the names of the importer.
const PURPOSES: &str = include_str!("../../vocabulary/purposes.toml");

/// The day that stands where no day is known, so that the file compiles.
const SOME_DAY: &str = "2025-01-01";

/// The most paragraphs of the cookie section that are taken over.
const MOST_PARAGRAPHS: usize = 40;

/// Writes the file.
#[must_use]
pub fn draft_published(read: &Imported) -> String {
    let mut writer = Writer { read, text: String::new(), questions: Vec::new(), assumed: vec!["regime", "contact"] };
    writer.head();
    writer.people();
    writer.section();
    writer.purposes();
    writer.recipients();
    writer.retention();
    writer.end();
    writer.text
}

struct Writer<'a> {
    read: &'a Imported,
    text: String,
    questions: Vec<String>,
    /// Keys that visitors see marked as assumed.
    assumed: Vec<&'static str>,
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn ask(&mut self, question: impl Into<String>) {
        self.questions.push(question.into());
    }

    fn head(&mut self) {
        let read = self.read;
        self.line("# Drafted from a published privacy policy. \"line 12\" is the line of that file where a value stands; a guess says so.");
        self.line(
            "# Review every line, answer the questions at the end, and run `consent-gateway check` on this file.",
        );
        self.line("format = 1");
        let service = read.service.as_ref().or(read.operator.as_ref());
        self.name("service", service, ("우리 사이트", "Our site"), "What is the site called?");
        self.name("operator", read.operator.as_ref(), ("사이트 운영자", "The site's operator"), "Who runs the site?");
        self.days();
        // The list of assumed keys is known only at the end.
        self.line(ASSUMED_HERE);
        self.line("regime = \"opt-in\"  # guess: opt-in, opt-out or notice");
        self.ask("Does the site ask before it sets optional cookies (opt-in)? Published policies rarely say.");
        let rights = list(&read.rights);
        if read.rights.is_empty() {
            self.ask("What may people ask for? The page names no right: access, correction, withdrawal, deletion, suspension.");
        }
        self.line(&format!("rights = {rights}{}", lines_of(&read.rights)));
    }

    fn name(&mut self, key: &'static str, found: Option<&Found<String>>, otherwise: (&str, &str), question: &str) {
        let Some(found) = found else {
            self.line(&format!("{key} = {}  # guess: not found", text(otherwise.0, otherwise.1)));
            self.assumed.push(key);
            self.ask(question);
            return;
        };
        if !found.sure {
            self.assumed.push(key);
        }
        self.line(&format!(
            "{key} = {}  # line {}{}{}",
            both(&found.value),
            found.line,
            guess(found.sure),
            one_language(&found.value)
        ));
    }

    fn days(&mut self) {
        let read = self.read;
        let effective = read.effective.as_ref().map(|found| found.value);
        match &read.announced {
            Some(found) if effective.is_none_or(|effective| found.value <= effective) => {
                self.line(&format!("announced = \"{}\"  # line {}", found.value, found.line));
            }
            Some(found) => {
                self.line(&format!(
                    "# announced = \"{}\"  # line {}: lies after the day of effect",
                    found.value, found.line
                ));
                self.ask("When was it announced? The page's day lies after the day of effect.");
            }
            None => self.ask("When was it announced (announced = \"YYYY-MM-DD\")? The page doesn't say."),
        }
        match (&read.effective, &read.announced) {
            (Some(found), _) => self.line(&format!("effective = \"{}\"  # line {}", found.value, found.line)),
            (None, announced) => {
                let day = announced.as_ref().map_or_else(|| SOME_DAY.to_owned(), |found| found.value.to_string());
                self.line(&format!("effective = \"{day}\"  # guess: the page names no day of effect"));
                self.assumed.push("effective");
                self.ask("When does it take effect? The page doesn't say.");
            }
        }
    }

    fn people(&mut self) {
        let read = self.read;
        self.line("\n[contact]");
        match &read.officer_role {
            Some(role) => {
                let line = format!(
                    "role = {}  # line {}{}{}",
                    both(&role.value),
                    role.line,
                    guess(role.sure),
                    one_language(&role.value)
                );
                self.line(&line);
            }
            None => {
                self.line(&format!(
                    "role = {}  # guess: the page names no role",
                    text("개인정보 보호책임자", "Privacy officer")
                ));
                self.ask("What is the officer in the company? A role, never a name.");
            }
        }
        self.line("address = \"privacy@our-site.example\"  # guess: people's addresses are not taken over");
        self.ask("Which address of the officer's role may visitors write to?");
        if read.notice_ordinary.is_some() || read.notice_material.is_some() {
            self.line("\n[notice]");
        }
        for (key, found) in [("ordinary_days", &read.notice_ordinary), ("material_days", &read.notice_material)] {
            match found {
                Some(found) => self.line(&format!("{key} = {}  # line {}", found.value, found.line)),
                None => self.ask(format!("How many days ahead is a change told ({key})? The page doesn't say.")),
            }
        }
    }

    fn section(&mut self) {
        let read = self.read;
        self.line("\n[section]");
        let Some(found) = &read.cookie_section else {
            self.line(&format!(
                "title = {}  # guess: the page has no section about cookies",
                text("쿠키를 쓰는 목적", "What cookies are used for")
            ));
            self.line(&format!(
                "paragraphs = [{}]  # guess",
                text("이 사이트가 쓰는 쿠키와 그 목적입니다.", "The cookies of this site, and what they are for.")
            ));
            self.line("refusal_modes = [\"allow_all\", \"refuse_all\"]  # guess");
            self.ask("What are cookies used for? The page has no section about them.");
            return;
        };
        self.line(&format!(
            "title = {}  # line {}{}{}",
            both(&found.value.title),
            found.line,
            guess(found.sure),
            one_language(&found.value.title)
        ));
        self.line("paragraphs = [  # word for word");
        let mut paragraphs: Vec<&str> =
            found.value.text.lines().filter(|line| !line.trim().is_empty()).take(MOST_PARAGRAPHS).collect();
        if paragraphs.is_empty() {
            paragraphs.push(&found.value.title);
        }
        for paragraph in paragraphs {
            self.line(&format!("  {},", both(paragraph)));
        }
        self.line(&format!("]{}", one_language(&found.value.text)));
        if read.refusal_modes.is_empty() {
            self.line("refusal_modes = [\"allow_all\", \"refuse_all\"]  # guess: the page names no way to refuse");
        } else {
            self.line(&format!("refusal_modes = {}{}", list(&read.refusal_modes), lines_of(&read.refusal_modes)));
        }
        if let Some(consequence) = &read.refusal_consequence {
            let said = comment(&consequence.value);
            self.line(&format!("# Line {} says of refusing: {said}", consequence.line));
            self.ask("What changes if each purpose is refused? The consequences below are guesses; a general warning doesn't count.");
        }
    }

    fn purposes(&mut self) {
        self.line("\n# --- Purposes: what the page says cookies are for; their words are guesses to be reviewed ---\n");
        self.line("[[purposes]]\nid = \"necessary\"\ncategory = \"necessary\"  # every policy has it");
        self.line(&format!("name = {}", text("필수", "Necessary")));
        self.line(&format!("about = {}\n", text("요청한 기능을 제공합니다.", "Provides what you ask for.")));
        let known: toml::Table = PURPOSES.parse().unwrap_or_default();
        for found in &self.read.cookie_purposes {
            let Some(purpose) = known.get(&found.value).and_then(toml::Value::as_table) else { continue };
            let word = |key: &str, lang: &str| purpose.get(key)?.get(lang)?.as_str();
            let category = purpose.get("category").and_then(toml::Value::as_str).unwrap_or("preferences");
            write!(
                self.text,
                "[[purposes]]  # line {}\nid = {}\ncategory = \"{category}\"  # guess\n",
                found.line,
                quoted(&found.value)
            )
            .ok();
            for key in ["name", "about", "consequence"] {
                if let (Some(ko), Some(en)) = (word(key, "ko"), word(key, "en")) {
                    writeln!(self.text, "{key} = {}  # guess", text(ko, en)).ok();
                }
            }
            self.text.push('\n');
        }
        if self.read.uses_cookies == Some(false) {
            self.ask("The page says that no cookies are used. Does the gateway's inventory agree?");
        }
        self.ask("Which cookies does the site set? Published policies rarely name them: `consent-gateway policy cookies` and the inventory do.");
    }

    fn recipients(&mut self) {
        let read = self.read;
        let name = read
            .operator
            .as_ref()
            .map_or_else(|| text("사이트 운영자", "The site's operator"), |found| both(&found.value));
        write!(self.text, "[recipients.operator]\ncompany = {name}\ncountry = \"KR\"  # guess\nprivacy = \"privacy@our-site.example\"  # guess\n\n").ok();
        for found in &read.processors {
            let name = comment(&found.value);
            self.ask(format!(
                "Line {}: work is entrusted to {name}. If it receives cookies, write [recipients.…] with its country.",
                found.line
            ));
        }
    }

    fn retention(&mut self) {
        for Found { value: Kept { record, period, basis, law }, line, sure } in &self.read.retention {
            // A period that no file can hold is told instead.
            if Period::parse(period).is_none() {
                self.ask(format!("Line {line}: how long is {} kept?", comment(record)));
                continue;
            }
            let basis_guess = if law.is_none() { "  # guess: law, internal_policy or consent" } else { "" };
            let law = law.as_ref().filter(|_| *basis == KeptBy::Law);
            // A row that stands on a law names it.
            let word =
                if *basis == KeptBy::Law && law.is_none() { KeptBy::InternalPolicy.word() } else { basis.word() };
            write!(
                self.text,
                "[[retention]]  # line {line}{}\nrecord = {}{}\nperiod = {}\nbasis = \"{word}\"{basis_guess}\n",
                guess(*sure),
                both(record),
                one_language(record),
                quoted(period)
            )
            .ok();
            if let Some(law) = law {
                writeln!(self.text, "law = {}{}", both(law), one_language(law)).ok();
            }
            self.text.push('\n');
        }
        if self.read.retention.is_empty() {
            self.ask("What is kept, and how long? The page names no period ([[retention]]).");
        }
    }

    fn end(&mut self) {
        let assumed = self.assumed.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", ");
        self.text = self.text.replacen(
            ASSUMED_HERE,
            &format!("assumed = [{assumed}]  # visitors see these marked as assumed"),
            1,
        );
        self.line("# --- To answer: what the page doesn't say ---");
        for question in std::mem::take(&mut self.questions) {
            self.line(&format!("# - {question}"));
        }
        let earlier = self.read.earlier_policies.len();
        if earlier > 0 {
            self.line(&format!("# - The page holds {earlier} more: does each earlier version have a file of its own?"));
        }
    }
}

/// Where the list of assumed keys goes; no text of a page can look like it, since those are quoted.
const ASSUMED_HERE: &str = "assumed = []";

/// A text in two languages.
fn text(ko: &str, en: &str) -> String {
    format!("{{ ko = {}, en = {} }}", quoted(ko), quoted(en))
}

/// A text that is known in one language.
fn both(said: &str) -> String {
    text(said, said)
}

fn one_language(said: &str) -> &'static str {
    if said.chars().any(is_korean) { "  # guess: put it into English too" } else { "  # guess: put it into Korean too" }
}

const fn guess(sure: bool) -> &'static str {
    if sure { "" } else { ", guess" }
}

fn list(found: &[Found<String>]) -> String {
    let words: Vec<String> = found.iter().map(|found| quoted(&found.value)).collect();
    format!("[{}]", words.join(", "))
}

fn lines_of(found: &[Found<String>]) -> String {
    let mut lines: Vec<usize> = found.iter().map(|found| found.line).collect();
    lines.sort_unstable();
    lines.dedup();
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    match lines.as_slice() {
        [] => String::new(),
        [one] => format!("  # line {one}"),
        many => format!("  # lines {}", many.join(", ")),
    }
}

/// What may stand in a comment: one line without control characters.
fn comment(said: &str) -> String {
    said.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{Format, import};
    use crate::policy::compile;
    use crate::rules::catalog::Catalog;
    use proptest::prelude::*;

    fn compiles(page: &str) -> Result<(), TestCaseError> {
        let catalog = Catalog::bundled().unwrap();
        let draft = draft_published(&import(page.as_bytes(), Some(Format::Plain)).unwrap());
        let faults = compile(&draft, &catalog).err();
        prop_assert!(faults.is_none(), "{:?}\n{}", faults, draft);
        Ok(())
    }

    #[test]
    fn even_nothing_becomes_a_file_that_compiles() {
        compiles("").unwrap();
        compiles("개인정보처리방침\n1. \"쿠키\\의\u{7} 거부\n\u{1}'쿠키'를 로그인에 씁니다.\n2. 개인정보의 보유기간\n\"기록\\\" : 99999년\n").unwrap();
        compiles("공고일자 : 2024년 1월 2일\n시행일자 : 2023년 1월 2일\n").unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn whatever_is_read_compiles(pieces in proptest::collection::vec(piece(), 0..24)) {
            compiles(&pieces.concat())?;
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("제1조(쿠키의 운영 및 거부) ".to_owned()),
            Just("\n2. 개인정보의 보유기간\n".to_owned()),
            Just("로그인 기록 : 3개월\n- 광고 기록 : 4주".to_owned()),
            Just("시행일 2024. 3. 2".to_owned()),
            Just("언어 설정을 위해 쿠키를 사용합니다. 거부할 수 있습니다.\n".to_owned()),
            "\\PC{0,20}",
            "[\\x00-\\x7f]{0,12}",
        ]
    }
}
