//! Reads a list of cookies as other tools export it: CSV with a line of column names, parted by commas, semicolons or tabs, or JSON that
//! holds objects with names. Columns are known by their usual titles, in any order.
//!
//! It refuses a list without a column of names; a row of which nothing can be made is told. Invariant: never more than
//! [`MOST_ENTRIES`] rows are read, and the first that isn't is told.

use std::collections::BTreeMap;

use serde_json::Value;

use super::values::{category, lifetime, pattern};
use super::{Entry, KeptIn, List, MOST_ENTRIES};
use crate::policy::Fault;
use crate::rules::{Lifetime, StorageArea};

/// How many lines may stand above the one that names the columns.
const PREAMBLE: usize = 20;

/// How deep a list may lie in other lists.
const DEPTH: usize = 8;

/// The longest text that is taken over.
const LONGEST_TEXT: usize = 500;

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Name,
    Category,
    Company,
    What,
    /// A kind of purpose for some tools, a sentence for others.
    Purpose,
    Lifetime,
    Wildcard,
    Storage,
}

/// The usual titles of columns and keys, in small letters without blanks and marks.
const TITLES: [(Column, &[&str]); 8] = [
    (
        Column::Name,
        &[
            "cookiename",
            "cookiedatakeyname",
            "name",
            "cookie",
            "cookieid",
            "cookiekey",
            "key",
            "쿠키이름",
            "쿠키명",
            "쿠키",
            "이름",
            "명칭",
        ],
    ),
    (
        Column::Category,
        &[
            "category",
            "cookiecategory",
            "categoryname",
            "classification",
            "group",
            "groupname",
            "분류",
            "구분",
            "카테고리",
        ],
    ),
    (
        Column::Company,
        &[
            "company",
            "vendor",
            "provider",
            "datacontroller",
            "controller",
            "platform",
            "service",
            "serviceprovider",
            "제공자",
            "제공업체",
            "업체",
            "수집업체",
            "회사",
        ],
    ),
    (Column::What, &["description", "cookiedescription", "what", "설명", "내용", "용도"]),
    (Column::Purpose, &["purpose", "cookiepurpose", "목적", "이용목적", "수집목적"]),
    (
        Column::Lifetime,
        &[
            "duration",
            "lifetime",
            "lifespan",
            "expiry",
            "expiration",
            "expires",
            "expire",
            "retention",
            "retentionperiod",
            "maxage",
            "period",
            "보관기간",
            "보유기간",
            "유효기간",
            "만료",
            "기간",
        ],
    ),
    (Column::Wildcard, &["wildcardmatch", "wildcard"]),
    (Column::Storage, &["type", "storagetype", "kind", "storage", "유형", "종류"]),
];

/// Which column says what, by its place.
type Columns = Vec<(usize, Column)>;

/// One row: what its columns say.
type Row = BTreeMap<Column, String>;

/// Reads a list, CSV or JSON.
///
/// # Errors
/// One sentence, where there is no list at all: no JSON that can be read, no column with names, nothing in it.
pub fn read_list(text: &str) -> Result<List, Fault> {
    let text = text.trim_start_matches('\u{feff}');
    let mut rows = Rows::default();
    if text.trim_start().starts_with(['{', '[']) {
        let value = serde_json::from_str(text)
            .map_err(|error| Fault::new("", error.line(), format!("is no JSON that can be read: {error}")))?;
        rows.read_json(&value, "", DEPTH);
    } else {
        // A record's line is told too early where lines end in two letters.
        rows.read_csv(&text.replace("\r\n", "\n"))?;
    }
    let list = rows.list;
    if list.entries.is_empty() && list.unread.is_empty() {
        return Err(Fault::new(
            "",
            0,
            "has no cookies: a list is CSV whose first line names its columns (Name, Category, Description, Duration, Provider), or JSON objects with such keys",
        ));
    }
    Ok(list)
}

/// The rows read so far.
#[derive(Default)]
struct Rows {
    list: List,
    count: usize,
}

impl Rows {
    /// Takes one row; false when there are too many.
    fn take(&mut self, row: &Row, line: usize) -> bool {
        self.count += 1;
        if self.count > MOST_ENTRIES {
            let left = format!("and what follows is not read: a list may have {MOST_ENTRIES} rows");
            self.list.unread.push(Fault::new("", line, left));
            return false;
        }
        match entry(row) {
            Ok(entry) => self.list.add(entry),
            Err(why) => self.list.unread.push(Fault::new("", line, why)),
        }
        true
    }

    fn read_csv(&mut self, text: &str) -> Result<(), Fault> {
        let Some((delimiter, header, columns)) = find_columns(text) else {
            return Err(Fault::new(
                "",
                1,
                "has no column of cookie names: its first line must name the columns, such as Name, Category, Description, Duration, Provider",
            ));
        };
        let mut reader = reader(text, delimiter);
        for record in reader.records().skip(header + 1).filter_map(Result::ok) {
            let line = record.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or_default());
            let row = row(columns.iter().filter_map(|(place, column)| Some((*column, record.get(*place)?))));
            let is_empty = record.iter().all(|field| field.trim().is_empty());
            if !is_empty && !self.take(&row, line) {
                break;
            }
        }
        Ok(())
    }

    /// Takes every object that has a name. What a list is filed under says what its entries don't.
    fn read_json(&mut self, value: &Value, under: &str, depth: usize) -> bool {
        match value {
            _ if depth == 0 => true,
            Value::Array(values) => values.iter().all(|value| self.read_json(value, under, depth - 1)),
            Value::Object(members) => {
                let said = members.iter().filter_map(|(key, value)| Some((column(key)?, plain(value)?)));
                let mut found = row(said);
                if !found.contains_key(&Column::Name) {
                    return members.iter().all(|(key, value)| self.read_json(value, key, depth - 1));
                }
                if members.get("session") == Some(&Value::Bool(true)) {
                    found.insert(Column::Lifetime, "session".to_owned());
                }
                let names_kind = !found.contains_key(&Column::Category) && category(under).is_some();
                let filed = if names_kind { Column::Category } else { Column::Company };
                if !under.is_empty() && !["cookies", "data", "items", "list"].contains(&under.to_lowercase().as_str()) {
                    found.entry(filed).or_insert_with(|| under.to_owned());
                }
                self.take(&found, 0)
            }
            _ => true,
        }
    }
}

/// A value that is a plain word; a moment in seconds says nothing of how long something lasts.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.as_f64().is_some_and(|number| number < 100_000.0) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn reader(text: &str, delimiter: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes())
}

/// How the columns are parted, how many rows stand above their titles, and which column is which.
fn find_columns(text: &str) -> Option<(u8, usize, Columns)> {
    let found = [b',', b';', b'\t'].into_iter().filter_map(|delimiter| {
        let rows = reader(text, delimiter).into_records().take(PREAMBLE).filter_map(Result::ok).enumerate();
        let titles = rows.map(|(row, record)| {
            let columns = record.iter().enumerate().filter_map(|(place, title)| Some((place, column(title)?)));
            (row, columns.collect::<Columns>())
        });
        let (row, columns) =
            titles.into_iter().find(|(_, columns)| columns.iter().any(|(_, column)| *column == Column::Name))?;
        Some((delimiter, row, columns))
    });
    found.max_by_key(|(_, _, columns)| columns.len())
}

fn column(title: &str) -> Option<Column> {
    let title: String = title.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    TITLES.iter().find(|(_, titles)| titles.contains(&title.as_str())).map(|(column, _)| *column)
}

/// Of two columns that say the same the first counts, unless it is empty.
fn row<S: AsRef<str>>(said: impl Iterator<Item = (Column, S)>) -> Row {
    let mut row = Row::new();
    for (column, text) in said {
        let text = one_line(text.as_ref());
        if !text.is_empty() {
            row.entry(column).or_insert(text);
        }
    }
    row
}

/// A text without line ends and what can't be seen, bounded.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(LONGEST_TEXT).collect()
}

fn entry(row: &Row) -> Result<Entry, String> {
    let said = |column: Column| row.get(&column).map(String::as_str);
    let Some(name) = said(Column::Name) else {
        return Err("has no name".to_owned());
    };
    let family =
        said(Column::Wildcard).is_some_and(|word| ["1", "true", "yes"].contains(&word.to_lowercase().as_str()));
    let starred = if family && !name.ends_with('*') { format!("{name}*") } else { name.to_owned() };
    let pattern = pattern(&starred)
        .ok_or_else(|| format!("\"{starred}\" is no name that a cookie can have, or too short a part of one"))?;
    let kept_in = said(Column::Storage).map_or(Some(KeptIn::Cookie), kept_in);
    let kept_in = kept_in.ok_or_else(|| format!("{name} is a pixel: write its host under [[trackers]]"))?;
    let purpose = said(Column::Purpose);
    let kind = said(Column::Category).and_then(category);
    // A short word in the column of purposes names their kind.
    let kind = kind.or_else(|| purpose.filter(|purpose| purpose.chars().count() < 40).and_then(category));
    let what =
        said(Column::What).or(purpose.filter(|purpose| category(purpose).is_none() || purpose.chars().count() >= 40));
    let lasts = said(Column::Lifetime).and_then(lifetime);
    Ok(Entry {
        kept_in,
        pattern,
        category: kind,
        company: said(Column::Company).map(str::to_owned),
        what: what.map(str::to_owned),
        lifetime: lasts.filter(|lasts| kept_in == KeptIn::Cookie || *lasts != Lifetime::Session),
    })
}

/// Where an entry is kept, by what its type is called; None is nowhere.
fn kept_in(kind: &str) -> Option<KeptIn> {
    let kind = kind.to_lowercase();
    if kind.contains("pixel") {
        None
    } else if kind.contains("indexed") {
        Some(KeptIn::Storage(StorageArea::IndexedDb))
    } else if kind.contains("session storage") || kind.contains("sessionstorage") {
        Some(KeptIn::Storage(StorageArea::Session))
    } else if kind == "html" || kind.contains("local storage") || kind.contains("localstorage") {
        Some(KeptIn::Storage(StorageArea::Local))
    } else {
        Some(KeptIn::Cookie)
    }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
