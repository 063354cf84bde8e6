//! Reads a TOML file that a person wrote and tells every fault at once, each with the key's path and line.
//! serde would stop at the first; this walks toml's spanned tree. Unknown keys are faults: a misspelt purpose
//! must not silently allow anything.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::policy::{Fault, FileWord};
use crate::text::{Lang, Text};
use crate::time::{Date, Period};

/// One file under reading: where its lines begin, and the faults found so far.
#[derive(Debug)]
pub struct Reader {
    line_starts: Vec<usize>,
    faults: RefCell<Vec<Fault>>,
}

/// A place in the file, kept beside what was read there so that later checks can point at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The key's path.
    pub key: String,
    /// The line, from 1.
    pub line: usize,
}

impl At {
    /// A fault at this place.
    #[must_use]
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.key.clone(), self.line, message)
    }

    /// A fault at a key below this place.
    #[must_use]
    pub fn fault_at(&self, key: &str, message: impl Into<String>) -> Fault {
        Fault::new(join(&self.key, key), self.line, message)
    }
}

/// What reading a file gave. The value may be there beside faults, so that later checks can tell theirs as well;
/// whoever uses it for more than that looks at the faults first.
#[derive(Debug)]
pub struct Reading<T> {
    /// What could be read; None where something needed was missing.
    pub value: Option<T>,
    /// Every fault, by line.
    pub faults: Vec<Fault>,
}

impl<T> Reading<T> {
    /// The value, if nothing was at fault.
    ///
    /// # Errors
    /// Every fault of the file, by line.
    pub fn whole(self) -> Result<T, Vec<Fault>> {
        match self.value {
            Some(value) if self.faults.is_empty() => Ok(value),
            None if self.faults.is_empty() => Err(vec![Fault::new("", 0, "the file lacks something that is needed")]),
            _ => Err(self.faults),
        }
    }
}

/// Reads a file of words, each by `section.name`.
pub fn read_words(source: &str) -> Reading<BTreeMap<String, Text>> {
    read_file(source, |root| {
        let mut words = BTreeMap::new();
        for (section, mut table) in root.all_tables() {
            for (name, text) in table.all_tables() {
                words.extend(text.into_text().map(|text| (format!("{section}.{name}"), text)));
            }
        }
        Some(words)
    })
}

/// Reads a whole file: `read` takes the root table apart.
pub fn read_file<T>(source: &str, read: impl FnOnce(&mut Table<'_, '_>) -> Option<T>) -> Reading<T> {
    let reader = Reader {
        line_starts: std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect(),
        faults: RefCell::default(),
    };
    let (tree, errors) = DeTable::parse_recoverable(source);
    for error in errors {
        let line = error.span().map_or(0, |span| reader.line(span.start));
        reader.faults.borrow_mut().push(Fault::new("", line, format!("not TOML: {}", error.message())));
    }
    let mut root = Table::new(&reader, tree.get_ref(), String::new(), 1);
    let value = read(&mut root);
    root.finish();
    let mut faults = reader.faults.into_inner();
    faults.sort_by_key(|fault| fault.line);
    Reading { value, faults }
}

/// The line of a key's path, such as `cookies[2].purpose`: that of the nearest table above it where it isn't written, else the first.
#[must_use]
pub fn line_of(source: &str, key: &str) -> usize {
    let (tree, _) = DeTable::parse_recoverable(source);
    let mut table = Some(tree.get_ref());
    let mut offset = 0;
    for part in key.split('.') {
        let (name, place) = part.split_once('[').map_or((part, None), |(name, place)| (name, Some(place)));
        let Some(mut value) = table.and_then(|table| table.get(name)) else { break };
        let place = place.and_then(|place| place.trim_end_matches(']').parse::<usize>().ok());
        if let Some(item) = place.and_then(|place| value.get_ref().as_array()?.get(place)) {
            value = item;
        }
        offset = value.span().start;
        table = value.get_ref().as_table();
    }
    source.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

impl Reader {
    fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }
}

/// One table under reading. Every key that is asked for counts as known; [`Table::finish`] reports the others.
#[derive(Debug)]
pub struct Table<'r, 'i> {
    reader: &'r Reader,
    table: &'r DeTable<'i>,
    path: String,
    line: usize,
    known: BTreeSet<&'static str>,
    /// Set where the keys are names that the writer chose.
    free_keys: bool,
}

impl<'r, 'i> Table<'r, 'i> {
    fn new(reader: &'r Reader, table: &'r DeTable<'i>, path: String, line: usize) -> Self {
        Self { reader, table, path, line, known: BTreeSet::new(), free_keys: false }
    }

    /// Where this table stands.
    #[must_use]
    pub fn at(&self) -> At {
        At { key: self.path.clone(), line: self.line }
    }

    /// Where a key of this table stands; the table itself if the key isn't there.
    #[must_use]
    pub fn at_key(&self, key: &str) -> At {
        let line = self.table.get(key).map_or(self.line, |value| self.reader.line(value.span().start));
        At { key: join(&self.path, key), line }
    }

    /// Reports a fault at a key of this table.
    pub fn fault(&self, key: &str, message: impl Into<String>) {
        self.report(self.at_key(key).fault(message));
    }

    /// Reports a fault found elsewhere.
    pub fn report(&self, fault: Fault) {
        self.reader.faults.borrow_mut().push(fault);
    }

    /// Whether a key is written.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn value(&mut self, key: &'static str) -> Option<&'r Spanned<DeValue<'i>>> {
        self.known.insert(key);
        self.table.get(key)
    }

    /// Reports a needed key that is missing.
    pub fn needed<T>(&self, key: &str, value: Option<T>) -> Option<T> {
        if value.is_none() && !self.has(key) {
            self.fault(key, "is missing");
        }
        value
    }

    /// A string; None if absent, or not a string (reported), or empty (reported).
    pub fn string(&mut self, key: &'static str) -> Option<String> {
        let value = self.value(key)?;
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => self.refuse(key, "is empty: write something or leave the key out"),
            None => self.refuse(key, "must be a string in quotes"),
        }
    }

    /// A list of strings; empty if absent.
    pub fn strings(&mut self, key: &'static str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            self.fault(key, "must be a list of strings, such as [\"one\", \"two\"]");
            return Vec::new();
        };
        let texts: Vec<String> = array.iter().filter_map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
        if texts.len() != array.len() {
            self.fault(key, "must hold only strings");
        }
        texts
    }

    /// A switch; None if absent.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let value = self.value(key)?;
        value.get_ref().as_bool().or_else(|| self.refuse(key, "must be true or false"))
    }

    /// A whole number within bounds; None if absent.
    pub fn integer(&mut self, key: &'static str, bounds: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let value = self.value(key)?;
        let number =
            value.get_ref().as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok());
        match number {
            Some(number) if bounds.contains(&number) => Some(number),
            _ => self.refuse(key, format!("must be a whole number from {} to {}", bounds.start(), bounds.end())),
        }
    }

    /// One of a kind's words; None if absent.
    pub fn word<W: FileWord>(&mut self, key: &'static str) -> Option<W> {
        let written = self.string(key)?;
        self.of_word(key, &written)
    }

    /// A list of a kind's words; empty if absent.
    pub fn words<W: FileWord>(&mut self, key: &'static str) -> Vec<W> {
        let written = self.strings(key);
        written.iter().filter_map(|word| self.of_word(key, word)).collect()
    }

    fn of_word<W: FileWord>(&self, key: &str, written: &str) -> Option<W> {
        let found = W::WORDS.iter().find(|(word, _)| *word == written).map(|(_, kind)| *kind);
        found.or_else(|| {
            let words: Vec<&str> = W::WORDS.iter().map(|(word, _)| *word).collect();
            self.refuse(key, format!("is \"{written}\": write one of {}", words.join(", ")))
        })
    }

    /// A day as `"YYYY-MM-DD"`, in quotes or bare; None if absent.
    pub fn date(&mut self, key: &'static str) -> Option<Date> {
        let value = self.value(key)?;
        let written = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        };
        Date::parse(&written).or_else(|| self.refuse(key, "must be a day that exists, as \"2026-03-01\""))
    }

    /// An ISO 8601 period; None if absent.
    pub fn period(&mut self, key: &'static str) -> Option<Period> {
        let written = self.string(key)?;
        Period::parse(&written).or_else(|| {
            self.refuse(key, format!("is \"{written}\": write a period such as \"P30D\", \"P3M\" or \"P1Y\""))
        })
    }

    /// A text in Korean and English, and in what else it was written in; None if absent.
    pub fn text(&mut self, key: &'static str) -> Option<Text> {
        self.table(key)?.into_text()
    }

    /// A list of such texts; empty if absent.
    pub fn texts(&mut self, key: &'static str) -> Vec<Text> {
        let mut found = Vec::new();
        for mut table in self.tables(key) {
            found.extend(table.read_text());
            table.finish();
        }
        found
    }

    /// The text that this table is: its languages as keys.
    #[must_use]
    pub fn into_text(mut self) -> Option<Text> {
        let text = self.read_text();
        self.finish();
        text
    }

    fn read_text(&mut self) -> Option<Text> {
        let [ko, en] = Lang::NEEDED.map(|lang| self.string(lang.tag()));
        let further = Lang::ALL.into_iter().filter(|lang| !Lang::NEEDED.contains(lang));
        let others = further.filter_map(|lang| Some((lang, self.string(lang.tag())?))).collect();
        Some(Text { ko: self.needed("ko", ko)?, en: self.needed("en", en)?, others })
    }

    /// A table; None if absent.
    pub fn table(&mut self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        let at = self.at_key(key);
        match value.get_ref().as_table() {
            Some(table) => Some(Table::new(self.reader, table, at.key, at.line)),
            None => self.refuse(key, "must be a table"),
        }
    }

    /// A list of tables; empty if absent.
    pub fn tables(&mut self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let at = self.at_key(key);
        let Some(array) = value.get_ref().as_array() else {
            self.fault(key, format!("must be a list of tables: write [[{}]]", at.key));
            return Vec::new();
        };
        let read = |(place, item): (usize, &'r Spanned<DeValue<'i>>)| {
            let (path, line) = (format!("{}[{place}]", at.key), self.reader.line(item.span().start));
            let table = item.get_ref().as_table().map(|table| Table::new(self.reader, table, path.clone(), line));
            if table.is_none() {
                self.report(Fault::new(path, line, "must be a table"));
            }
            table
        };
        array.iter().enumerate().filter_map(read).collect()
    }

    /// The tables under a table whose keys are names, such as `[recipients.google]`; empty if absent.
    pub fn named_tables(&mut self, key: &'static str) -> Vec<(String, Self)> {
        let Some(mut parent) = self.table(key) else { return Vec::new() };
        parent.all_tables()
    }

    /// Every key of this table as a named table.
    pub fn all_tables(&mut self) -> Vec<(String, Self)> {
        self.free_keys = true;
        let read = |(name, value): (&'r Spanned<std::borrow::Cow<'i, str>>, &'r Spanned<DeValue<'i>>)| {
            let name = name.get_ref().to_string();
            let (path, line) = (join(&self.path, &name), self.reader.line(value.span().start));
            let table = value.get_ref().as_table().map(|table| Table::new(self.reader, table, path.clone(), line));
            if table.is_none() {
                self.report(Fault::new(path, line, "must be a table"));
            }
            Some((name, table?))
        };
        self.table.iter().filter_map(read).collect()
    }

    /// The strings under a table whose keys are names that the writer chose, each with its place; empty if absent.
    pub fn named_strings(&mut self, key: &'static str) -> Vec<(String, String, At)> {
        let Some(parent) = self.table(key) else { return Vec::new() };
        let read = |(name, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            let name = name.get_ref().to_string();
            let at = At { key: join(&parent.path, &name), line: self.reader.line(value.span().start) };
            match value.get_ref().as_str() {
                Some(text) => Some((name, text.to_owned(), at)),
                None => {
                    self.report(at.fault("must be a string in quotes"));
                    None
                }
            }
        };
        parent.table.iter().filter_map(read).collect()
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if !self.free_keys && !self.known.contains(name) {
                let line = self.reader.line(key.span().start);
                let known: Vec<&str> = self.known.iter().copied().collect();
                self.report(Fault::new(
                    join(&self.path, name),
                    line,
                    format!("is not a key that is known here: {}", known.join(", ")),
                ));
            }
        }
    }

    fn refuse<T>(&self, key: &str, message: impl Into<String>) -> Option<T> {
        self.fault(key, message);
        None
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
