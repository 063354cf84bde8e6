//! The faces of the statistics: questions with their answers, each as a chart with its table, as rows with bars, or as words.
//!
//! Refuses widths and colours: bars are percentages with a kind, the sheet says how kinds look. Invariant: each picture stands with the same
//! numbers as text.

use askama::Template;

use super::{Frame, Table, Words};

/// The statistics, for the screen or as a report.
#[derive(Clone, Debug, Template)]
#[template(path = "admin/board.html")]
pub struct Board<'a> {
    /// What all pages share.
    pub frame: Frame<'a>,
    /// Site, days and time zone.
    pub standfirst: String,
    /// What to know before reading on; the first ones are about the address.
    pub notices: Vec<String>,
    /// What can be changed about the view; None in a report.
    pub controls: Option<Controls>,
    /// Numbers that stand large.
    pub headline: Vec<Headline>,
    /// Questions and answers.
    pub blocks: Vec<Block>,
    /// What happened meanwhile.
    pub events: Events,
    /// What is counted, and as what.
    pub definitions: Definitions,
}

impl Board<'_> {
    const fn words(&self) -> Words {
        Words(self.frame.lang)
    }
}

/// What can be changed about the view.
#[derive(Clone, Debug)]
pub struct Controls {
    /// The lists, each with its name and label.
    pub picks: Vec<Pick>,
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Whether the period before stands beside it.
    pub compare: bool,
    /// The same over the days before.
    pub earlier: String,
    /// The same over the days after, where there are any.
    pub later: Option<String>,
    /// The report of the same.
    pub report: String,
    /// The same as files and for programs: what, and where.
    pub downloads: Vec<(String, String)>,
}

/// A list to choose from.
#[derive(Clone, Debug)]
pub struct Pick {
    /// The parameter.
    pub name: &'static str,
    /// What is chosen.
    pub label: String,
    /// Groups of choices; a group without a name stands alone.
    pub groups: Vec<(String, Vec<Choice>)>,
}

/// One of a list.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The parameter's value.
    pub value: String,
    /// What it says.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// A number that stands large.
#[derive(Clone, Debug)]
pub struct Headline {
    /// What it is.
    pub name: String,
    /// The number with its unit.
    pub number: String,
    /// Of how many, or what else is to know.
    pub note: String,
    /// How it was in the period before.
    pub before: Option<String>,
}

/// A question with its answer.
#[derive(Clone, Debug)]
pub struct Block {
    /// Unique within the page.
    pub id: &'static str,
    /// The question.
    pub question: String,
    /// The answer in a sentence or two.
    pub answer: String,
    /// What shows it.
    pub parts: Vec<Part>,
}

/// What shows an answer.
#[derive(Clone, Debug)]
pub enum Part {
    /// A chart over time.
    Plot(Plot),
    /// Rows with bars.
    Bars(Bars),
    /// A table alone.
    Table(Table),
    /// Words, where nothing can be shown.
    Words(String),
}

/// A chart over time with the table behind it.
#[derive(Clone, Debug)]
pub struct Plot {
    /// What the vertical axis says.
    pub axis: String,
    /// What is what.
    pub legend: Vec<Key>,
    /// Drawn by this program.
    pub svg: String,
    /// The same as a table, a row for each step.
    pub table: Table,
}

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The sheet's class of what is explained.
    pub class: String,
    /// What it is.
    pub name: String,
}

/// Rows with bars: a chart and its table in one.
#[derive(Clone, Debug)]
pub struct Bars {
    /// What the rows are, for those who come to the table by ear.
    pub caption: String,
    /// What is what in bars of several parts.
    pub legend: Vec<Key>,
    /// Names of the columns: the rows', and behind the bars the numbers'. The first of these is what the bars show.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<BarRow>,
}

/// A row with a bar.
#[derive(Clone, Debug)]
pub struct BarRow {
    /// What it is about.
    pub name: String,
    /// The view of this alone.
    pub link: Option<String>,
    /// Whether it is a part that was lost on the way to the next row.
    pub aside: bool,
    /// Parts of the bar: kind, where it begins and how wide it is, in percent.
    pub bar: Vec<(usize, String, String)>,
    /// The numbers.
    pub cells: Vec<String>,
}

/// What happened in the period, and a form to add to it.
#[derive(Clone, Debug)]
pub struct Events {
    /// By day: sign in the charts, day, what happened, and the note's number where it can be taken away.
    pub rows: Vec<Event>,
    /// The form's fields; None in a report.
    pub form: Option<NoteForm>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its letter or number in the charts.
    pub sign: String,
    /// When.
    pub day: String,
    /// What.
    pub words: String,
    /// The site, where all are shown.
    pub site: String,
    /// Site and number of an analyst's own note.
    pub note: Option<(String, i64)>,
}

/// The form for a note.
#[derive(Clone, Debug)]
pub struct NoteForm {
    /// The sites to choose from, and whether it is the one shown.
    pub sites: Vec<(String, bool)>,
    /// The day that stands there.
    pub day: String,
    /// The query to come back to.
    pub back: String,
    /// Letters of a note.
    pub longest: usize,
}

/// What is counted, and as what.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// Their version.
    pub version: u32,
    /// What holds for all of it.
    pub notes: Vec<String>,
    /// Name, the word for programs, meaning.
    pub rows: Vec<(String, String, String)>,
}
