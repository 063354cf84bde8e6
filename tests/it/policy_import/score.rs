//! How far what was read agrees with the labels: true and false positives by field, and the mean of the fields' F1.
//!
//! Refuses to weigh fields. Invariant: blanks, company marks and capitals don't count.

use std::collections::BTreeMap;

use serde_json::Value;

/// Counts of one field: right, unwanted, missing.
type Counts = (usize, usize, usize);

/// Letters of the cookie section's text that are compared at either end.
const ENDS: usize = 15;

/// Counts by field.
#[derive(Default)]
pub(super) struct Score(BTreeMap<&'static str, Counts>);

impl Score {
    /// The counts of one page.
    pub(super) fn of(labels: &Value, found: &Value) -> Self {
        let mut score = Self::default();
        for field in ["service", "operator"] {
            score.one(field, &labels[field], &found[field], |one, other| company(one) == company(other));
        }
        for field in ["announced", "effective", "officer_role"] {
            score.one(field, &labels[field], &found[field], |one, other| bare(one) == bare(other));
        }
        score.set(
            "sections",
            &pairs(&labels["sections"]),
            &without(pairs(&found["sections"]), &pairs(&labels["sections_optional"]), &pairs(&labels["sections"])),
        );
        for field in ["cookie_purposes", "refusal_modes", "browsers", "rights"] {
            score.set(field, &words(&labels[field]), &words(&found[field]));
        }
        score.set(
            "processors",
            &words(&labels["processors"]).iter().map(|name| company(name)).collect::<Vec<_>>(),
            &words(&found["processors"]).iter().map(|name| company(name)).collect::<Vec<_>>(),
        );
        score.set("retention", &kept(&labels["retention"]), &kept(&found["retention"]));
        for field in ["ordinary", "material"] {
            let (wanted, got) = (&labels["notice_days"][field], &found["notice_days"][field]);
            score.one(
                if field == "ordinary" { "notice_ordinary" } else { "notice_material" },
                wanted,
                got,
                |one, other| one == other,
            );
        }
        score.cookies(&labels["cookie_section"], &found["cookie_section"]);
        let (wanted, got) = (&labels["refusal_consequence"]["text"], &found["refusal_consequence"]["text"]);
        score.one("refusal_text", wanted, got, |one, other| bare(other).contains(&bare(one)));
        score
    }

    fn cookies(&mut self, labels: &Value, found: &Value) {
        self.one("cookie_title", &labels["title"], &found["title"], |one, other| bare(one) == bare(other));
        let text = &found["text"];
        self.one("cookie_start", &labels["first_words"], text, |one, other| {
            bare(other).starts_with(&bare(one).chars().take(ENDS).collect::<String>())
        });
        self.one("cookie_end", &labels["last_words"], text, |one, other| {
            let end: Vec<char> = bare(one).chars().rev().take(ENDS).collect();
            bare(other).ends_with(&end.into_iter().rev().collect::<String>())
        });
        self.one("cookie_length", &labels["char_count"], text, |one, other| {
            let wanted: usize = one.parse().unwrap();
            let length = other.split_whitespace().collect::<Vec<_>>().join(" ").chars().count();
            length.abs_diff(wanted) <= (wanted / 10).max(20)
        });
    }

    /// A field with one value; a list of labels means any of them.
    fn one(&mut self, field: &'static str, wanted: &Value, got: &Value, same: impl Fn(&str, &str) -> bool) {
        let accepted: Vec<String> = match wanted {
            Value::Array(any) => any.iter().map(plain).collect(),
            Value::Null => Vec::new(),
            one => vec![plain(one)],
        };
        let counts = match (accepted.is_empty(), got.is_null()) {
            (true, true) => (0, 0, 0),
            (true, false) => (0, 1, 0),
            (false, true) => (0, 0, 1),
            (false, false) if accepted.iter().any(|one| same(one, &plain(got))) => (1, 0, 0),
            (false, false) => (0, 1, 1),
        };
        self.count(field, counts);
    }

    fn set(&mut self, field: &'static str, wanted: &[String], got: &[String]) {
        let mut left = got.to_vec();
        let hits = wanted
            .iter()
            .filter(|one| left.iter().position(|other| other == *one).map(|at| left.remove(at)).is_some())
            .count();
        self.count(field, (hits, left.len(), wanted.len() - hits));
    }

    fn count(&mut self, field: &'static str, (right, unwanted, missing): Counts) {
        let counts = self.0.entry(field).or_default();
        *counts = (counts.0 + right, counts.1 + unwanted, counts.2 + missing);
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (field, counts) in &other.0 {
            self.count(field, *counts);
        }
    }

    /// The fields that aren't read in full, or hold too much.
    pub(super) fn below_one(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter(|(_, (_, unwanted, missing))| unwanted + missing > 0).map(|(field, _)| *field)
    }

    /// The mean of the fields' F1.
    pub(super) fn mean(&self) -> f64 {
        let counted = self.0.values().filter(|(right, unwanted, missing)| right + unwanted + missing > 0);
        let each: Vec<f64> = counted
            .map(|(right, unwanted, missing)| 2.0 * *right as f64 / (2 * right + unwanted + missing) as f64)
            .collect();
        each.iter().sum::<f64>() / each.len() as f64
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bare(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace() && !"*_#\\`|".contains(*letter))
        .flat_map(char::to_lowercase)
        .collect()
}

fn company(name: &str) -> String {
    ["주식회사", "재단법인", "(주)", "㈜"].iter().fold(bare(name), |name, mark| name.replace(mark, ""))
}

fn words(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(plain).collect()
}

fn pairs(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .map(|pair| format!("{} {}", plain(&pair[0]), bare(&plain(&pair[1]))))
        .collect()
}

/// Headings that may be there or not are left out where they are.
fn without(found: Vec<String>, optional: &[String], wanted: &[String]) -> Vec<String> {
    found.into_iter().filter(|pair| wanted.contains(pair) || !optional.contains(pair)).collect()
}

fn kept(list: &Value) -> Vec<String> {
    let rows = list.as_array().into_iter().flatten();
    rows.map(|row| format!("{} {}", plain(&row["period_iso8601"]), bare(&plain(&row["record"])))).collect()
}
