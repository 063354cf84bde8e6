//! What happened while people were counted: versions of the policy, times in which nobody counted, and analysts' own notes.
//!
//! Refuses to explain a change of figures: it only says what happened on which day. Invariant: signs here are the charts' signs.

use jiff::tz::TimeZone;
use policies::{Date, Timestamp};

use super::told::{Told, letter};
use crate::admin::notes::LONGEST;
use crate::admin::scope::calendar;
use crate::config::Config;
use crate::stats::figures::Gap;
use crate::view::admin::board::{Event, Events, NoteForm};

/// Gaps that are listed, and the seconds of the shortest: a restart's are drawn and not worth a line.
const MOST_GAPS: usize = 20;
const SHORTEST: i64 = 60;

pub(super) fn of(told: &Told<'_>, config: &Config, with_form: bool) -> Events {
    let voice = &told.voice;
    let mut rows: Vec<(Date, Event)> = Vec::new();
    for (place, mark) in told.policies().enumerate() {
        let words = voice.filled("events.policy", &[("version", &voice.version(&mark.version))]);
        rows.push((mark.from, event(told, letter(place), mark.from, words)));
    }
    for (place, note) in told.notes.iter().enumerate() {
        let site = if told.scope.site.is_none() { note.site.clone() } else { String::new() };
        let own = event(told, (place + 1).to_string(), note.day, note.words.clone());
        rows.push((note.day, Event { site, note: Some((note.site.clone(), note.id)), ..own }));
    }
    for gap in told.now.gaps.iter().filter(|gap| gap.until.0 - gap.from.0 >= SHORTEST).take(MOST_GAPS) {
        let day = day_of(gap.from, config, told);
        rows.push((day, event(told, String::new(), day, gap_words(gap, told, config))));
    }
    rows.sort_by_key(|(day, _)| *day);
    let sites = config.sites.iter().map(|site| (site.name.clone(), told.scope.site.as_ref() == Some(&site.name)));
    let form = with_form.then(|| NoteForm {
        sites: sites.collect(),
        day: told.scope.to.min(told.today).to_string(),
        back: told.scope.query(),
        longest: LONGEST,
    });
    Events { rows: rows.into_iter().map(|(_, event)| event).collect(), form }
}

fn event(told: &Told<'_>, sign: String, day: Date, words: String) -> Event {
    Event { sign, day: told.voice.day(day), words, site: String::new(), note: None }
}

/// From when until when, by the site's clock; the day only where it isn't the one that it began on.
fn gap_words(gap: &Gap, told: &Told<'_>, config: &Config) -> String {
    let zone = calendar(config, told.scope.site.as_deref()).map_or(TimeZone::UTC, |life| life.zone().clone());
    let [began, ended] = [gap.from, gap.until].map(|moment| day_of(moment, config, told));
    let time = |moment: Timestamp| {
        let time =
            jiff::Timestamp::from_second(moment.0).map(|moment| zone.to_datetime(moment).strftime("%H:%M").to_string());
        time.unwrap_or_default()
    };
    let until = if began == ended { String::new() } else { format!("{} ", told.voice.short_day(ended)) };
    let until = format!("{until}{}", time(gap.until));
    told.voice.filled("events.gap", &[("from", &time(gap.from)), ("until", &until)])
}

fn day_of(moment: Timestamp, config: &Config, told: &Told<'_>) -> Date {
    calendar(config, told.scope.site.as_deref()).map_or_else(|| moment.date(), |life| life.day(moment))
}
