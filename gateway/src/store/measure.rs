//! What is counted, as data: each measure with its name in tables, answers and definitions.
//!
//! It refuses anything by visitor. Invariant: a measure's number is its place in [`Counts`]; its name is a column of the tables, so that
//! names never change.

use std::collections::BTreeMap;

macro_rules! measures {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $measure:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $measure,)* }

        impl $name {
            /// All, in the order of their columns.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$measure),*];

            /// The name in tables, answers and definitions.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$measure => $word,)* }
            }
        }
    };
}

measures! {
    /// What is counted of pages, visits and answers. The exact meaning of each is data: see `definitions.toml`.
    Measure {
        /// Pages that people were shown.
        Pages = "pages",
        /// Of these, pages on which there was a decision that was acted on.
        Decided = "decided",
        /// Pages by which people entered the site.
        Visits = "visits",
        /// Pages that owed a banner.
        Owed = "owed",
        /// Visits whose first page owed a banner.
        VisitsOwed = "visits_owed",
        /// Banners that their script showed.
        Rendered = "rendered",
        /// Pages asked for with `Sec-GPC: 1`.
        Gpc = "gpc",
        /// Visits with `Sec-GPC: 1`.
        VisitsGpc = "visits_gpc",
        /// Pages fetched ahead: prefetch and prerender.
        Ahead = "ahead",
        /// Pages for known programs.
        Bots = "bots",
        /// Choices made while one was owed.
        Answers = "answers",
        /// Of these, by people without an earlier choice.
        First = "first",
        /// Of these, by people whose earlier choice had run out or no longer covered the policy.
        Renewed = "renewed",
        /// Of these, posted by the plain form, without script.
        Plain = "plain",
        /// Of these, with something optional granted.
        Agreed = "agreed",
        /// Answers by *accept all*.
        AcceptAll = "accept_all",
        /// Answers by *refuse all*.
        RefuseAll = "refuse_all",
        /// Answers purpose by purpose.
        Custom = "custom",
        /// Answers that ask to confirm each.
        AskEachTime = "ask_each_time",
        /// Choices made while none was owed.
        Changes = "changes",
        /// Of these, with something taken back.
        TakenBack = "taken_back",
        /// Choices by *withdraw*, whenever made.
        Withdrawn = "withdrawn",
        /// Answers about a single cookie or service, given beside a choice.
        Single = "single",
        /// Guardians' consent that a browser took up.
        Guardian = "guardian",
        /// Choices taken over from another consent tool.
        Imported = "imported",
        /// Answers within 2 seconds of the banner.
        Within2 = "within_2",
        /// Within 5 seconds, not counted above; so below.
        Within5 = "within_5",
        /// Within 10.
        Within10 = "within_10",
        /// Within 30.
        Within30 = "within_30",
        /// Within 60.
        Within60 = "within_60",
        /// Within 300.
        Within300 = "within_300",
        /// Later.
        Later = "later",
    }
}

measures! {
    /// What is counted of one purpose.
    PurposeMeasure {
        /// Page views on which it was granted, or needed no grant.
        Seen = "seen",
        /// Answers that granted it.
        Granted = "granted",
        /// Answers that refused it.
        Refused = "refused",
        /// Changes that granted what was refused.
        Gained = "gained",
        /// Changes that refused what was granted.
        Lost = "lost",
    }
}

impl Measure {
    /// How long answers took, the fastest first, each with the seconds within which; None: longer.
    pub const WAITS: [(Self, Option<u32>); 7] = [
        (Self::Within2, Some(2)),
        (Self::Within5, Some(5)),
        (Self::Within10, Some(10)),
        (Self::Within30, Some(30)),
        (Self::Within60, Some(60)),
        (Self::Within300, Some(300)),
        (Self::Later, None),
    ];
}

/// Counts of one cell: exact, before disclosure control, and never for showing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    measures: [u64; Measure::ALL.len()],
    purposes: BTreeMap<String, [u64; PurposeMeasure::ALL.len()]>,
}

impl Counts {
    /// One of them.
    #[must_use]
    pub fn of(&self, measure: Measure) -> u64 {
        self.measures.get(measure as usize).copied().unwrap_or_default()
    }

    /// One of a purpose's.
    #[must_use]
    pub fn of_purpose(&self, purpose: &str, measure: PurposeMeasure) -> u64 {
        self.purposes.get(purpose).and_then(|of| of.get(measure as usize)).copied().unwrap_or_default()
    }

    /// By purpose, in the order of their ids.
    pub fn purposes(&self) -> impl Iterator<Item = (&str, &[u64; PurposeMeasure::ALL.len()])> {
        self.purposes.iter().map(|(purpose, of)| (purpose.as_str(), of))
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.measures.iter().chain(self.purposes.values().flatten()).all(|count| *count == 0)
    }

    /// Each, with its purpose, which is empty for what is of none, and its name.
    pub fn each(&self) -> impl Iterator<Item = (&str, &'static str, u64)> {
        let measures = Measure::ALL.into_iter().zip(self.measures).map(|(measure, count)| ("", measure.name(), count));
        let purposes = self.purposes.iter().flat_map(|(purpose, of)| {
            let names = PurposeMeasure::ALL.into_iter().map(PurposeMeasure::name);
            names.zip(of).map(|(name, count)| (purpose.as_str(), name, *count))
        });
        measures.chain(purposes)
    }

    /// All that is in it: to compare, not to show.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.measures.iter().chain(self.purposes.values().flatten()).sum()
    }

    /// One by the place of its measure; of a purpose's where one is named.
    #[must_use]
    pub fn at(&self, purpose: &str, place: usize) -> u64 {
        let of =
            if purpose.is_empty() { Some(&self.measures[..]) } else { self.purposes.get(purpose).map(|of| &of[..]) };
        of.and_then(|of| of.get(place)).copied().unwrap_or_default()
    }

    /// The same, with nothing of purposes that only the other has.
    #[must_use]
    pub fn with_purposes_of(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for purpose in other.purposes.keys() {
            both.purposes.entry(purpose.clone()).or_default();
        }
        both
    }

    /// Adds to one.
    pub fn add(&mut self, measure: Measure, count: u64) {
        if let Some(sum) = self.measures.get_mut(measure as usize) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Adds to one of a purpose's.
    pub fn add_of_purpose(&mut self, purpose: &str, measure: PurposeMeasure, count: u64) {
        if !self.purposes.contains_key(purpose) {
            self.purposes.insert(purpose.to_owned(), Default::default());
        }
        if let Some(sum) = self.purposes.get_mut(purpose).and_then(|of| of.get_mut(measure as usize)) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Adds all of another.
    pub fn join(&mut self, other: &Self) {
        self.measures.iter_mut().zip(other.measures).for_each(|(sum, count)| *sum = sum.saturating_add(count));
        for (purpose, of) in &other.purposes {
            for (measure, count) in PurposeMeasure::ALL.into_iter().zip(of) {
                self.add_of_purpose(purpose, measure, *count);
            }
        }
    }
}
