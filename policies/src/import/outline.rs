//! The outline of a page: which of its headings are sections of a privacy policy, and how many policies there are.
//!
//! Refuses tables of contents, lists within sections and other texts' articles. Invariant: sections follow one another without overlap, and
//! all of them are told from other text in the same way.

use std::collections::BTreeMap;
use std::ops::Range;

use super::document::Document;
use super::heading::{self, Candidate, Kind};
use super::vocabulary;
use super::words;

/// The least that a policy's headings together must say.
const LEAST: i32 = 50;

/// One section of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) number: Option<String>,
    pub(super) title: String,
    /// The heading's block.
    pub(super) heading: usize,
    /// What stands behind the title on its line.
    pub(super) lead: String,
    /// The blocks of its text.
    pub(super) blocks: Range<usize>,
}

/// One policy of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// Title and opening words.
    pub(super) opening: Range<usize>,
    pub(super) sections: Vec<Section>,
    /// From its title to the end of what is said after its last section.
    pub(super) whole: Range<usize>,
    pub(super) score: i32,
}

impl Part {
    /// The sections about something.
    pub(super) fn about(&self, topic: &str) -> impl Iterator<Item = &Section> {
        self.sections.iter().filter(move |section| heading::topics(&section.title).contains(&topic))
    }
}

/// The policies of a page in their order, none where nothing looks like one.
pub(super) fn parts(document: &Document) -> Vec<Part> {
    let blocks = &document.blocks;
    let mut all: Vec<Candidate> = (0..blocks.len()).flat_map(|at| heading::candidates(blocks, at)).collect();
    contents_count_less(&mut all, blocks.len());
    let borders: Vec<usize> = (0..blocks.len())
        .filter(|at| {
            blocks
                .get(*at)
                .is_some_and(|block| heading::is_policy_title(&block.text) || heading::is_terms_title(&block.text))
        })
        .collect();
    let mut chosen: Vec<(i32, Vec<Candidate>)> = Vec::new();
    let mut free: Vec<Candidate> = all;
    // Four policies on a page are more than anybody has seen.
    for _ in 0..4 {
        let Some((score, chain)) = best(&free, &borders) else { break };
        let least = chosen.first().map_or(LEAST, |(first, _)| LEAST.max(first * 2 / 5));
        if score < least {
            break;
        }
        let span = chain.first().map_or(0, |c| c.block)..=chain.last().map_or(0, |c| c.block);
        // What stands between a policy's last heading and the next title belongs to it.
        let next = borders.iter().find(|border| **border > *span.end()).copied().unwrap_or(blocks.len());
        free.retain(|candidate| candidate.block < *span.start() || candidate.block >= next.max(*span.end() + 1));
        chosen.push((score, chain));
    }
    chosen.sort_by_key(|(_, chain)| chain.first().map_or(0, |first| first.block));
    laid_out(document, &chosen, &borders)
}

/// A heading that another one follows at once, with the next number or the same look, stands in a table of contents.
fn contents_count_less(all: &mut [Candidate], blocks: usize) {
    let at: BTreeMap<(usize, Kind), (Option<u32>, bool)> = all
        .iter()
        .map(|candidate| ((candidate.block, candidate.kind), (candidate.number, candidate.lead.is_empty())))
        .collect();
    for candidate in all.iter_mut().filter(|candidate| candidate.lead.is_empty()) {
        let beside = |block: Option<usize>| block.and_then(|block| at.get(&(block, candidate.kind)));
        let listed = match beside(Some(candidate.block + 1)) {
            Some((Some(next), _)) if matches!(candidate.kind, Kind::Numbered(_)) => {
                candidate.number.is_none_or(|number| *next == number + 1)
            }
            // Two headings in a row are a heading and a smaller one.
            Some(_) => beside(Some(candidate.block + 2)).is_some() || beside(candidate.block.checked_sub(1)).is_some(),
            None => false,
        };
        if listed {
            candidate.score -= 30;
        } else if candidate.block + 1 == blocks {
            candidate.score -= 10;
        }
    }
}

/// The chain or group of headings that together look most like a policy.
fn best(all: &[Candidate], borders: &[usize]) -> Option<(i32, Vec<Candidate>)> {
    let mut kinds: Vec<Kind> = all.iter().map(|candidate| candidate.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let found = kinds.into_iter().filter_map(|kind| {
        let of_kind: Vec<&Candidate> = all.iter().filter(|candidate| candidate.kind == kind).collect();
        match kind {
            Kind::Numbered(_) => chain(&of_kind, borders),
            Kind::Signed(_) | Kind::Heading(_) | Kind::Strong | Kind::Plain => group(&of_kind, borders),
        }
    });
    // Of equals the first: numbers before looks.
    found.fold(None, |best, found| match best {
        Some((score, _)) if found.0 <= score => best,
        _ => Some(found),
    })
}

/// The best run of numbers 1, 2, 3 …: of equals the later heading counts, since lists within a section come before the next.
fn chain(all: &[&Candidate], borders: &[usize]) -> Option<(i32, Vec<Candidate>)> {
    let mut last: BTreeMap<u32, (i32, usize)> = BTreeMap::new();
    let mut before: Vec<Option<usize>> = vec![None; all.len()];
    let mut values: Vec<i32> = Vec::with_capacity(all.len());
    let mut seen = 0;
    for (index, candidate) in all.iter().enumerate() {
        while borders.get(seen).is_some_and(|border| *border < candidate.block) {
            seen += 1;
            last.values_mut().for_each(|(value, _)| *value -= 60);
        }
        let number = candidate.number.unwrap_or_default();
        let step = |back: u32, cost: i32| {
            number.checked_sub(back).and_then(|earlier| last.get(&earlier)).map(|(value, at)| (value - cost, *at))
        };
        let (so_far, from) = match step(1, 0).into_iter().chain(step(2, 18)).max_by_key(|(value, _)| *value) {
            Some((value, at)) if value > 0 => (value, Some(at)),
            _ => (-12 * i32::try_from(number.saturating_sub(1)).unwrap_or(99), None),
        };
        let value = so_far + candidate.score;
        values.push(value);
        if let Some(slot) = before.get_mut(index) {
            *slot = from;
        }
        if last.get(&number).is_none_or(|(known, _)| value >= *known) {
            last.insert(number, (value, index));
        }
    }
    let (end, score) = values.iter().enumerate().max_by_key(|(_, value)| **value).map(|(at, value)| (at, *value))?;
    let mut chain = Vec::new();
    let mut at = Some(end);
    while let Some(index) = at {
        chain.extend(all.get(index).map(|candidate| (*candidate).clone()));
        at = before.get(index).copied().flatten();
    }
    chain.reverse();
    (chain.len() > 1).then_some((score, chain))
}

/// Headings that look alike, between the first and the last that say something.
fn group(all: &[&Candidate], borders: &[usize]) -> Option<(i32, Vec<Candidate>)> {
    let mut runs: Vec<Vec<&Candidate>> = vec![Vec::new()];
    let mut seen = 0;
    for candidate in all {
        let parted = borders.get(seen..).is_some_and(|rest| rest.iter().any(|border| *border < candidate.block));
        if parted {
            seen = borders.partition_point(|border| *border < candidate.block);
            runs.push(Vec::new());
        }
        if let Some(run) = runs.last_mut() {
            run.push(candidate);
        }
    }
    let scored = runs.into_iter().filter_map(|run| {
        let says = |candidate: &&Candidate| candidate.topical && candidate.score > 0;
        let (from, to) = (run.iter().position(&says)?, run.iter().rposition(&says)?);
        let kept: Vec<&Candidate> = run.get(from..=to)?.to_vec();
        let weak = matches!(kept.first()?.kind, Kind::Plain);
        let mut last = None;
        let mut follows = |c: &Candidate| last.replace(c.block).is_some_and(|last| last + 1 == c.block);
        let kept: Vec<Candidate> = kept.into_iter().filter(|c| !weak || c.score > 0 && !follows(c)).cloned().collect();
        let score = kept.iter().map(|candidate| candidate.score.clamp(-15, 40)).sum();
        Some((score, kept))
    });
    scored.filter(|(_, kept): &(i32, Vec<Candidate>)| kept.len() > 1).max_by_key(|(score, _)| *score)
}

/// Which blocks are of which section.
fn laid_out(document: &Document, chosen: &[(i32, Vec<Candidate>)], borders: &[usize]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (index, (score, chain)) in chosen.iter().enumerate() {
        let Some(first) = chain.first() else { continue };
        let least = parts.last().map_or(0, |part| part.sections.last().map_or(0, |section| section.heading + 1));
        let opens = borders.iter().rev().find(|border| **border >= least && **border <= first.block).copied();
        let start = opens.map_or(least, |border| opening(borders, least, border));
        if let Some(earlier) = parts.last_mut() {
            earlier.end_at(start);
        }
        let limit =
            chosen.get(index + 1).and_then(|(_, next)| next.first()).map_or(document.blocks.len(), |next| next.block);
        let last = chain.last().map_or(0, |last| last.block);
        let other = borders.iter().find(|border| {
            **border > last + 1
                && document.blocks.get(**border).is_some_and(|block| heading::is_terms_title(&block.text))
        });
        let limit = other.map_or(limit, |other| limit.min(*other));
        let sections = chain.iter().enumerate().map(|(at, candidate)| {
            let end =
                chain.get(at + 1).map_or_else(|| end_of_last(document, candidate.block + 1, limit), |next| next.block);
            Section {
                number: candidate.number.map(|number| number.to_string()),
                title: candidate.title.clone(),
                heading: candidate.block,
                lead: candidate.lead.clone(),
                blocks: candidate.block + 1..end.max(candidate.block + 1),
            }
        });
        let sections = sections.collect();
        parts.push(Part { opening: start..first.block, sections, whole: start..limit, score: *score });
    }
    parts
}

/// The title is the first of titles that follow one another closely (a page says its name more than once).
fn opening(borders: &[usize], least: usize, mut border: usize) -> usize {
    for earlier in
        borders.iter().rev().filter(|earlier| **earlier < border && **earlier >= least).copied().collect::<Vec<_>>()
    {
        if border - earlier > 3 {
            break;
        }
        border = earlier;
    }
    border
}

/// The last section ends before the closing words and what belongs to the page.
fn end_of_last(document: &Document, from: usize, limit: usize) -> usize {
    let closes = |at: &usize| {
        let Some(block) = document.blocks.get(*at) else { return true };
        let short = words::letters(&block.text) <= 60;
        let begins = |id: &str| {
            let found = words::first(vocabulary::phrases("ends", id), &block.text);
            found.is_some_and(|found| block.text.get(..found.start).is_some_and(|before| words::letters(before) <= 4))
        };
        begins("page") && short || begins("closing") && words::letters(&block.text) <= 120
    };
    (from..limit).find(closes).unwrap_or(limit)
}

impl Part {
    fn end_at(&mut self, end: usize) {
        self.whole.end = self.whole.end.min(end);
        if let Some(last) = self.sections.last_mut() {
            last.blocks.end = last.blocks.end.min(end).max(last.blocks.start);
        }
    }
}
