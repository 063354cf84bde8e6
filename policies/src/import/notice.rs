//! How many days ahead changes are told: of any kind, and of those that matter to people's rights.
//!
//! Refuses days of other promises. Invariant: both numbers stand in sentences about changing the policy.

use super::Found;
use super::cookie;
use super::document::{Block, Document};
use super::outline::Part;
use super::periods;
use super::sentences;
use super::vocabulary;
use super::words;

/// The longest notice that is believed, in days.
const LONGEST: u16 = 180;

type Days = Option<Found<u16>>;

/// Reads them, ordinary first.
pub(super) fn read(document: &Document, part: &Part) -> (Days, Days) {
    let about: Vec<Block> = part.about("change").flat_map(|section| cookie::body(document, section)).collect();
    let found = said(&about);
    if found.0.is_some() || found.1.is_some() {
        return found;
    }
    said(document.blocks.get(part.whole.clone()).unwrap_or_default())
}

fn said(blocks: &[Block]) -> (Days, Days) {
    let (mut ordinary, mut material) = (None, None);
    for sentence in sentences::of(blocks) {
        let text = sentence.text.as_str();
        if !words::any(vocabulary::of("change"), text) || !words::any(vocabulary::of("told"), text) {
            continue;
        }
        let weighty = words::first(vocabulary::of("material"), text);
        for period in periods::all(text) {
            let Some(days) = days(&period).filter(|_| is_ahead(text, period.place.end)) else { continue };
            let found = Some(Found { value: days, line: sentence.line, sure: true });
            let matters = weighty.as_ref().is_some_and(|weighty| weighty.start < period.place.start)
                || weighty.is_some() && ordinary.is_some();
            let slot = if matters { &mut material } else { &mut ordinary };
            if slot.is_none() {
                *slot = found;
            }
        }
    }
    (ordinary, material)
}

/// `7일 전`, `7일(…) 이전부터`, `7 days before`.
fn is_ahead(text: &str, end: usize) -> bool {
    let after: String = text.get(end..).unwrap_or_default().chars().take(24).collect();
    let after = after.trim_start_matches([')', ' ', '(', ']']);
    let korean = ["전", "이전", "앞서", "이상", "의 ", "간", "동안"].iter().any(|word| after.starts_with(word));
    let english = ["before", "prior", "in advance", "ahead", "advance", "' notice", "’ notice", "notice"]
        .iter()
        .any(|word| after.contains(word));
    korean && (after.contains('전') || after.contains("앞서") || after.contains("공지") || after.contains("고지"))
        || english
}

fn days(period: &periods::Period) -> Option<u16> {
    let days = match period.unit {
        'D' => Some(period.count),
        'W' => period.count.checked_mul(7),
        'M' => period.count.checked_mul(30),
        _ => None,
    };
    days.filter(|days| (1..=LONGEST).contains(days))
}
