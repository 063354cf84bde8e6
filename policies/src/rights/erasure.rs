//! What can be erased at a visitor's wish, and what stays, by the policy's own table of retention.
//!
//! Refuses to promise what a law forbids: a record that a law makes the site keep is not erased. Invariant: whatever stays is named with its
//! ground and its period.

use alloc::vec::Vec;

use crate::policy::{Policy, RecordClass, Retention, RetentionBasis};

/// What an erasure does under one policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure<'p> {
    /// The row that makes the records of choices stay; None where they are destroyed.
    pub kept: Option<&'p Retention>,
    /// The row of the register of requests, to which an erasure belongs too: that it was asked for is kept.
    pub register: Option<&'p Retention>,
    /// Rows of what says nothing of one visitor, or of none that the gateway could tell: counts, logs of staff.
    pub others: Vec<&'p Retention>,
}

impl<'p> Erasure<'p> {
    /// What an erasure does under a policy.
    #[must_use]
    pub fn under(policy: &'p Policy) -> Self {
        // What is erased was withdrawn by that.
        let choices = row_of(policy, RecordClass::Withdrawn).or_else(|| row_of(policy, RecordClass::Consent));
        let others = [RecordClass::Statistics, RecordClass::StaffAccess, RecordClass::AccessLog];
        Self {
            kept: choices.filter(|row| row.basis == RetentionBasis::Law),
            register: row_of(policy, RecordClass::Requests),
            others: others.into_iter().filter_map(|class| row_of(policy, class)).collect(),
        }
    }
}

/// The row of a class: each stands in one row at most.
fn row_of(policy: &Policy, class: RecordClass) -> Option<&Retention> {
    policy.retention.iter().find(|row| row.classes.contains(&class))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::compile;
    use crate::rules::catalog::Catalog;

    #[test]
    fn records_go_unless_a_law_keeps_them() {
        let catalog = Catalog::bundled().expect("the catalogue");
        let starter = include_str!("../../documents/starter/opt-in.toml");
        let policy = compile(starter, &catalog).expect("a policy");
        let erasure = Erasure::under(&policy);
        assert_eq!((erasure.kept, erasure.others.len()), (None, 3));
        assert!(erasure.register.is_some_and(|row| row.classes.contains(&RecordClass::Requests)));
        let by_law = starter.replacen(
            "basis = \"internal_policy\"\nclasses = [\"consent\", \"withdrawn\"]",
            "basis = \"law\"\nlaw = { ko = \"법\", en = \"An Act\" }\nclasses = [\"consent\", \"withdrawn\"]",
            1,
        );
        let policy = compile(&by_law, &catalog).expect("a policy");
        let kept = Erasure::under(&policy).kept.expect("the law keeps it");
        assert!(kept.classes.contains(&RecordClass::Withdrawn));
    }
}
