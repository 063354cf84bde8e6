//! An answer as JSON: the same for the command line and for programs that ask.
//!
//! It refuses anything that the answer doesn't show. Invariant: what is by step is in the order of `steps`.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::figures::{Answer, Bucket, Figures, Gap, PolicyMark, Series, Values};
use super::question::Cut;
use crate::ledger::letters::moment;

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let question = &self.question;
        let (dimension, only) = match &question.cut {
            Cut::Whole => (None, None),
            Cut::Only(dimension, value) => (Some(*dimension), Some(value)),
            Cut::By(dimension) => (Some(*dimension), None),
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("definitions", &self.definitions)?;
        map.serialize_entry("site", &question.site)?;
        map.serialize_entry("from", &question.from.to_string())?;
        map.serialize_entry("to", &question.to.to_string())?;
        map.serialize_entry("every", question.resolution.name())?;
        map.serialize_entry("time_zone", &self.zone)?;
        map.serialize_entry("dimension", &dimension)?;
        map.serialize_entry("only", &only)?;
        map.serialize_entry("threshold", &self.threshold)?;
        map.serialize_entry("began", &self.began.map(moment))?;
        map.serialize_entry("gaps", &self.gaps)?;
        map.serialize_entry("policies", &self.policies)?;
        map.serialize_entry("steps", &self.buckets)?;
        map.serialize_entry("totals", &self.whole.total)?;
        map.serialize_entry("by_step", &self.whole.steps)?;
        map.serialize_entry("parts", &self.parts)?;
        map.serialize_entry("cut_short", &self.cut_short)?;
        map.end()
    }
}

#[derive(Serialize)]
struct Part<'p> {
    value: &'p str,
    totals: &'p Figures,
    by_step: &'p [Figures],
}

impl Serialize for Series {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Part { value: &self.value, totals: &self.total, by_step: &self.steps }.serialize(serializer)
    }
}

impl Serialize for Bucket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("from", &self.from.to_string())?;
        map.serialize_entry("to", &self.to.to_string())?;
        if let Some(hour) = self.hour {
            map.serialize_entry("hour", &hour)?;
        }
        map.serialize_entry("state", &self.state)?;
        map.end()
    }
}

impl Serialize for Gap {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("from", &moment(self.from))?;
        map.serialize_entry("until", &moment(self.until))?;
        map.end()
    }
}

impl Serialize for PolicyMark {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("version", &self.version)?;
        map.serialize_entry("from", &self.from.to_string())?;
        map.end()
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("dimension", &self.dimension)?;
        map.serialize_entry("values", &self.values)?;
        map.end()
    }
}
