//! What can be changed about a view: plain lists of a plain form, and links to the same elsewhere in time.
//!
//! Refuses controls that need a script. Invariant: what is chosen is what is shown.

use policies::Date;

use super::REPORT;
use super::told::Told;
use crate::admin::scope::Period;
use crate::config::Config;
use crate::stats::question::{Cut, Dimension, Resolution};
use crate::view::admin::board::{Choice, Controls, Pick};

/// Values of a dimension to choose from.
const MOST_VALUES: usize = 20;

pub(super) fn of(told: &Told<'_>, config: &Config) -> Controls {
    let (voice, scope) = (&told.voice, told.scope);
    let days = scope.to.day_number() - scope.from.day_number() + 1;
    let moved = |by: i64| {
        let day = |day: Date| Date::of_day_number(day.day_number() + by);
        scope.over(day(scope.from), day(scope.to))
    };
    let lang = voice.lang().tag();
    let (query, fixed) = (scope.query(), scope.fixed_query());
    let file = |name: &str, ending: &str| (voice.of(name), format!("/api/v1/figures{ending}?{fixed}"));
    Controls {
        picks: vec![sites(told, config), periods(told), steps(told), cuts(told)],
        from: scope.from.to_string(),
        to: scope.to.to_string(),
        compare: scope.compare,
        earlier: told.address(&moved(-days)),
        later: (scope.to < told.today).then(|| told.address(&moved(days))),
        report: format!("{REPORT}?lang={lang}&{query}"),
        downloads: vec![
            file("download.csv", ".csv"),
            file("download.jsonl", ".jsonl"),
            file("download.json", ""),
            (voice.of("download.api"), "/api/v1/openapi.json".to_owned()),
        ],
    }
}

fn choice(value: impl Into<String>, label: String, chosen: bool) -> Choice {
    Choice { value: value.into(), label, chosen }
}

fn alone(choices: Vec<Choice>) -> Vec<(String, Vec<Choice>)> {
    vec![(String::new(), choices)]
}

fn sites(told: &Told<'_>, config: &Config) -> Pick {
    let (voice, scope) = (&told.voice, told.scope);
    let mut choices = Vec::new();
    if config.sites.len() != 1 {
        choices.push(choice("", voice.of("pick.all_sites"), scope.site.is_none()));
    }
    let named = |name: &String| choice(name.clone(), name.clone(), scope.site.as_ref() == Some(name));
    choices.extend(config.sites.iter().map(|site| named(&site.name)));
    Pick { name: "site", label: voice.of("pick.site"), groups: alone(choices) }
}

fn periods(told: &Told<'_>) -> Pick {
    let (voice, scope) = (&told.voice, told.scope);
    let label = |period: Period| match period {
        Period::Days(days) => voice.filled("pick.days", &[("days", &days.to_string())]),
        Period::Year => voice.of("pick.year"),
        Period::Month => voice.of("pick.month"),
        Period::MonthBefore => voice.of("pick.month_before"),
        Period::Own => voice.of("pick.own"),
    };
    let choices = Period::ALL.map(|(name, period)| choice(name, label(period), scope.period == period));
    Pick { name: "period", label: voice.of("pick.period"), groups: alone(choices.into()) }
}

fn steps(told: &Told<'_>) -> Pick {
    let (voice, scope) = (&told.voice, told.scope);
    let mut choices = vec![choice("auto", voice.of("pick.auto"), scope.every.is_none())];
    let named = |step: Resolution| {
        let label = voice.of(&format!("resolution.{}", step.name()));
        choice(step.name(), label, scope.every == Some(step))
    };
    choices.extend(Resolution::ALL.map(named));
    Pick { name: "every", label: voice.of("pick.every"), groups: alone(choices) }
}

/// Everything, each value of a dimension for itself, or one alone: one list, since one cut is all that can be asked.
fn cuts(told: &Told<'_>) -> Pick {
    let (voice, scope) = (&told.voice, told.scope);
    let mut groups = alone(vec![choice("", voice.of("pick.everybody"), scope.cut == Cut::Whole)]);
    let askable = |dimension: &Dimension| scope.site.is_some() || dimension.is_common();
    let split = |dimension: Dimension| {
        let label = voice.filled("pick.by", &[("dimension", &voice.of(&format!("dimension.{dimension}")))]);
        choice(format!("by:{dimension}"), label, scope.cut == Cut::By(dimension))
    };
    groups.push((voice.of("pick.split"), Dimension::ALL.into_iter().filter(askable).map(split).collect()));
    for values in &told.values {
        let dimension = values.dimension;
        if !askable(&dimension) {
            continue;
        }
        let mut named: Vec<String> =
            values.values.iter().filter(|value| *value != "other").take(MOST_VALUES).cloned().collect();
        if let Cut::Only(of, value) = &scope.cut
            && *of == dimension
            && !named.contains(value)
        {
            named.push(value.clone());
        }
        let one = |value: &String| {
            let chosen = scope.cut == Cut::Only(dimension, value.clone());
            choice(format!("{dimension}={value}"), voice.value(dimension, value), chosen)
        };
        let label = voice.filled("pick.only", &[("dimension", &voice.of(&format!("dimension.{dimension}")))]);
        groups.push((label, named.iter().map(one).collect()));
    }
    Pick { name: "of", label: voice.of("pick.of"), groups }
}
