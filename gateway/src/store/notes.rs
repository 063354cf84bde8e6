//! What analysts note about a day of a site, such as that a campaign began.
//!
//! Refuses to be about visitors: it is what an analyst wrote, and charts show it. Invariant: the same words about the same day of a site are one
//! note, however often and through whichever gateway they are handed in.

use aws_lc_rs::digest::{SHA256, digest};
use policies::Date;

/// A note about a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The site.
    pub site: String,
    /// Made of the rest.
    pub id: i64,
    /// The day, by the site's own calendar.
    pub day: Date,
    /// What is noted.
    pub words: String,
}

impl Note {
    /// The greatest id: exact where numbers are floating, as in browsers' programs.
    pub const MOST_ID: i64 = (1 << 53) - 1;

    /// A note with the id that it has.
    #[must_use]
    pub fn new(site: String, day: Date, words: String) -> Self {
        let content = format!("{site}\0{day}\0{words}");
        let id = digest(&SHA256, content.as_bytes())
            .as_ref()
            .iter()
            .take(8)
            .fold(0_i64, |id, byte| id << 8 | i64::from(*byte));
        Self { site, id: id & Self::MOST_ID, day, words }
    }
}

/// What happens to notes.
#[derive(Clone, Debug)]
pub(super) enum Noted {
    Add(Note),
    Remove { site: String, id: i64 },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Limits, Place, Store};

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[tokio::test]
    async fn a_note_is_stored_once_found_by_its_day_and_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Place::sample(folder.path()), &Limits::default()).unwrap();
        let note = |site: &str, at: &str, words: &str| Note::new(site.to_owned(), day(at), words.to_owned());
        let first = note("shop", "2024-02-29", "campaign <began>");
        for note in
            [&first, &first, &note("shop", "2024-02-01", "new prices"), &note("blog", "2024-02-29", "campaign <began>")]
        {
            store.note(note.clone()).await.unwrap();
        }
        let of = async |site: Option<&str>, from: &str, to: &str| {
            let notes = store.archive().notes(site.map(str::to_owned), day(from), day(to), 10).await.unwrap();
            notes.into_iter().map(|note| format!("{} {} {}", note.site, note.day, note.words)).collect::<Vec<_>>()
        };
        let both = ["shop 2024-02-01 new prices", "shop 2024-02-29 campaign <began>"];
        assert_eq!(of(Some("shop"), "2024-02-01", "2024-02-29").await, both);
        assert_eq!(of(Some("shop"), "2024-02-02", "2024-02-28").await, [""; 0]);
        assert_eq!(of(None, "2024-02-29", "2024-02-29").await.len(), 2);
        store.remove_note("blog".to_owned(), first.id).await.unwrap();
        assert_eq!(of(None, "2024-02-29", "2024-02-29").await.len(), 2, "another site's note has another id");
        store.remove_note("shop".to_owned(), first.id).await.unwrap();
        assert_eq!(of(Some("shop"), "2024-01-01", "2024-12-31").await, both[..1]);
    }
}
