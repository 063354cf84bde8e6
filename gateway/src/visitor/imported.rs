//! What a visitor without a choice of ours answered to the consent tool that the site had before.
//!
//! Refuses grants unless the owner says that the purposes are equal, and the answer has a date that is past and not run out.
//! Invariant: a refusal counts, whatever else the cookies say; where two tools' cookies came, nothing is granted.

use policies::consent::Terms;
use policies::{Policy, PurposeSet, Timestamp};

use crate::config::OtherTool;
use crate::consent_tools::Answer;

/// An answer in the policy's terms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// What was refused.
    pub refused: PurposeSet,
    /// What was granted and may be granted here, once that is recorded.
    pub granted: PurposeSet,
    /// When.
    pub made: Option<Timestamp>,
    /// The tool's name and the random number that it gave to the answer.
    pub source: Option<(&'static str, String)>,
}

impl Imported {
    /// What answers come to; None where they say nothing that holds here.
    pub(super) fn of(
        answers: &[Answer],
        other_tool: &OtherTool,
        policy: &Policy,
        terms: Terms,
        now: Timestamp,
    ) -> Option<Self> {
        let refused = answers.iter().map(|answer| refused(answer, other_tool, policy));
        let refused = refused.fold(PurposeSet::EMPTY, PurposeSet::union);
        let mut imported = Self { refused, ..Self::default() };
        if let [answer] = answers {
            imported.made = answer.made.filter(|made| (Timestamp(0)..=now).contains(made));
            imported.source = answer.id.clone().map(|id| (answer.tool.name, id));
            let holds = imported.made.is_some_and(|made| now < made.plus_seconds(terms.grant_seconds));
            if holds && imported.source.is_some() && other_tool.import_grants {
                imported.granted = granted(answer, other_tool, policy).without(refused);
            }
        }
        (!imported.refused.is_empty() || !imported.granted.is_empty()).then_some(imported)
    }

    /// Whether nothing is left to ask.
    pub(crate) fn is_whole(&self, policy: &Policy) -> bool {
        policy.optional().is_subset_of(self.refused.union(self.granted))
    }
}

fn refused(answer: &Answer, other_tool: &OtherTool, policy: &Policy) -> PurposeSet {
    let purpose = |category: &str| other_tool.purpose_of(policy, answer.tool, category);
    let no = answer.said.iter().filter(|(_, yes)| !yes);
    let refused: PurposeSet = no.clone().filter_map(|(name, _)| purpose(name)).collect();
    let always = |name: &str| purpose(name).is_some_and(|purpose| policy.always().contains(purpose));
    // Who let only what is necessary go refused everything that they were asked about.
    let refused_all = no.count() > 0 && answer.said.iter().all(|(name, yes)| !yes || always(name));
    if refused_all { policy.optional() } else { refused.intersection(policy.optional()) }
}

/// Only what the owner's own table names.
fn granted(answer: &Answer, other_tool: &OtherTool, policy: &Policy) -> PurposeSet {
    let yes = answer.said.iter().filter(|(_, yes)| *yes);
    let granted: PurposeSet = yes.filter_map(|(name, _)| other_tool.said_to_be(name)).collect();
    granted.intersection(policy.optional())
}
