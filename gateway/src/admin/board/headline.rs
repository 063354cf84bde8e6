//! The numbers that stand large. Refuses more than a glance takes in. Invariant: each says of how many it is.

use super::over_time::{count, share};
use super::told::Told;
use crate::admin::voice::Quantity;
use crate::stats::figures::Figures;
use crate::stats::measure::Measure;
use crate::view::admin::board::Headline;

pub(super) fn of(told: &Told<'_>) -> Vec<Headline> {
    let voice = &told.voice;
    let said = |measure| voice.count(told.count(measure));
    let number = |name: &str, note: String, of: &dyn Fn(&Figures) -> Quantity| {
        let now = told.total(of);
        let before = told.total_before(of).map(|before| voice.before(now, before, told.is_before_whole()));
        Headline { name: voice.of(name), number: voice.quantity(now), note, before }
    };
    vec![
        number(
            "headline.visits",
            voice.filled("headline.visits_note", &[("pages", &said(Measure::Pages))]),
            &count(Measure::Visits),
        ),
        number(
            "headline.owed",
            voice.filled("headline.owed_note", &[("pages", &said(Measure::Owed))]),
            &count(Measure::VisitsOwed),
        ),
        number(
            "headline.answered",
            voice.filled("headline.answered_note", &[("answers", &said(Measure::Answers))]),
            &share(Measure::Answers, Measure::VisitsOwed),
        ),
        number(
            "headline.agreed",
            voice.filled("headline.agreed_note", &[("agreed", &said(Measure::Agreed))]),
            &share(Measure::Agreed, Measure::Answers),
        ),
        number("headline.withdrawn", voice.of("headline.withdrawn_note"), &count(Measure::Withdrawn)),
        number(
            "headline.gpc",
            voice.filled("headline.gpc_note", &[("visits", &said(Measure::VisitsGpc))]),
            &share(Measure::VisitsGpc, Measure::Visits),
        ),
    ]
}
