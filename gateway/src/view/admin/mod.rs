//! The typed faces of the pages for owners and analysts.
//!
//! Refuses values of cookies: these pages are tables and pictures. Invariant: whatever came from a site's traffic is escaped by the
//! template.

pub mod board;
mod words;

pub use words::Words;

use askama::Template;
use policies::Lang;

/// The sheet of all these pages.
pub const SHEET: &str = include_str!("../../../templates/admin/admin.css");

/// What makes them better where scripts run: nothing in them needs it.
pub const SCRIPT: &str = include_str!("../../../templates/admin/admin.js");

/// What all pages share.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// The reader's language.
    pub lang: Lang,
    /// The path of this page.
    pub here: &'a str,
    /// The query of the link to the other language, `lang` aside, without `?`.
    pub query: &'a str,
    /// Why counts or choices can't be stored or read now; empty where they can.
    pub trouble: String,
}

impl Frame<'_> {
    fn say<'t>(&self, ko: &'t str, en: &'t str) -> &'t str {
        if self.lang == Lang::Ko { ko } else { en }
    }
}

/// A table; the first cell of each row names the row.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it shows.
    pub heading: String,
    /// Column names; a numeric column is set to the right.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: Vec<TableRow>,
    /// What stands instead where there is no row.
    pub empty: String,
}

/// A column of a [`Table`].
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Whether it holds numbers.
    pub numeric: bool,
}

/// A row of a [`Table`].
#[derive(Clone, Debug)]
pub struct TableRow {
    /// Its cells, as many as there are columns.
    pub cells: Vec<String>,
    /// Whether it asks for the owner's attention.
    pub problem: bool,
}

impl TableRow {
    fn numbered<'r>(&'r self, columns: &'r [Column]) -> impl Iterator<Item = (&'r String, bool)> {
        self.cells.iter().zip(columns).map(|(cell, column)| (cell, column.numeric))
    }
}

/// A page of tables, one for each site.
#[derive(Clone, Debug, Template)]
#[template(path = "admin/listing.html")]
pub struct Listing<'a> {
    /// What all pages share.
    pub frame: Frame<'a>,
    /// The page's name.
    pub title: &'static str,
    /// What it shows, in some sentences.
    pub about: &'static str,
    /// The same as JSON, where there is.
    pub json: Option<&'static str>,
    /// Site by site.
    pub sections: Vec<Section<'a>>,
}

/// One site on a [`Listing`].
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// The site.
    pub site: &'a str,
    /// What to know first; empty for nothing.
    pub note: String,
    /// Its rows.
    pub table: Table,
}
