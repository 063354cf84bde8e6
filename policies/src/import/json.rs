//! The facts as JSON.
//!
//! Refuses to leave a key out: what wasn't found is null or empty. Invariant: the same facts give the same letters.

use serde_json::{Value, json};

use super::{Found, Imported, Kept, KeptBy, SectionTitle};

impl KeptBy {
    /// As policy files write it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Law => "law",
            Self::InternalPolicy => "internal_policy",
            Self::Consent => "consent",
        }
    }
}

impl Imported {
    /// One JSON object.
    #[must_use]
    pub fn json(&self) -> String {
        let text = |found: &Option<Found<String>>| found.as_ref().map(|found| found.value.clone());
        let all = |found: &[Found<String>]| found.iter().map(|found| found.value.clone()).collect::<Vec<_>>();
        let earlier = self.earlier_policies.iter();
        let earlier: Vec<Value> =
            earlier.map(|earlier| json!({ "title": earlier.title, "sections": titles(&earlier.sections) })).collect();
        let section =
            self.cookie_section.as_ref().map(|found| json!({ "title": found.value.title, "text": found.value.text }));
        let consequence = self.refusal_consequence.as_ref();
        let value = json!({
            "service": text(&self.service),
            "operator": text(&self.operator),
            "announced": self.announced.as_ref().map(|found| found.value.to_string()),
            "effective": self.effective.as_ref().map(|found| found.value.to_string()),
            "sections": titles(&self.sections),
            "earlier_policies": earlier,
            "cookie_section": section,
            "uses_cookies": self.uses_cookies,
            "cookie_purposes": all(&self.cookie_purposes),
            "refusal_modes": all(&self.refusal_modes),
            "browsers": all(&self.browsers),
            "refusal_consequence": { "stated": consequence.is_some(), "text": consequence.map(|found| &found.value) },
            "retention": self.retention.iter().map(|found| kept(&found.value)).collect::<Vec<_>>(),
            "notice_days": {
                "ordinary": self.notice_ordinary.as_ref().map(|found| found.value),
                "material": self.notice_material.as_ref().map(|found| found.value),
            },
            "rights": all(&self.rights),
            "officer_role": text(&self.officer_role),
            "processors": all(&self.processors),
            "lang": if self.korean { "ko" } else { "en" },
        });
        format!("{value:#}")
    }
}

fn titles(sections: &[Found<SectionTitle>]) -> Vec<Value> {
    sections.iter().map(|found| json!([found.value.number, found.value.title])).collect()
}

fn kept(kept: &Kept) -> Value {
    json!({ "record": kept.record, "period_iso8601": kept.period, "basis": kept.basis.word(), "law": kept.law })
}
