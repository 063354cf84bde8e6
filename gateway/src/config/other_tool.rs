//! What a site does about another consent tool in its pages: whether it takes that tool's place, and what the tool's
//! categories are among the policy's purposes.
//!
//! Refuses purposes that the policy hasn't, and grants where nobody said that the purposes are equal. Invariant: without a
//! word in the file nothing is held, woken or taken over.

use policies::policy::Fault;
use policies::purpose::PurposeIndex;
use policies::reader::{At, Table};
use policies::{Category, Policy};

use crate::consent_tools::Tool;

/// Most lines of the owner's table.
const MOST_CATEGORIES: usize = 200;

/// What a site does about another consent tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherTool {
    /// Whether its script is held, its marked tags follow the gateway's choice, and what was refused to it stays refused.
    pub replace: bool,
    /// Whether what was granted to it is granted here.
    pub import_grants: bool,
    /// Its categories or services, and the purposes that the owner says they are.
    purposes: Vec<(String, PurposeIndex)>,
}

impl OtherTool {
    /// The purpose that the owner says a category is.
    #[must_use]
    pub fn said_to_be(&self, category: &str) -> Option<PurposeIndex> {
        self.purposes.iter().find(|(name, _)| name == category).map(|(_, purpose)| *purpose)
    }

    /// The purpose that a category is: as the owner says, else the one of its name, else what the word usually means.
    #[must_use]
    pub fn purpose_of(&self, policy: &Policy, tool: &Tool, category: &str) -> Option<PurposeIndex> {
        let usual = || match tool.usual_meaning(category)? {
            Category::Necessary => policy.indexed().find(|(_, purpose)| !purpose.is_optional()).map(|(index, _)| index),
            meaning => policy.index_of(meaning.name()),
        };
        self.said_to_be(category).or_else(|| policy.index_of(category)).or_else(usual)
    }
}

/// The same as written.
#[derive(Debug, Default)]
pub(super) struct OtherToolFile {
    replace: bool,
    import_grants: bool,
    purposes: Vec<(String, String, At)>,
}

/// Reads the keys of a `[[sites]]` table.
pub(super) fn read(table: &mut Table<'_, '_>) -> OtherToolFile {
    let replace = table.boolean("replace_cmp").unwrap_or(false);
    let import_grants = table.boolean("import_grants").unwrap_or(false);
    let purposes = table.named_strings("cmp_purposes");
    if purposes.len() > MOST_CATEGORIES {
        table.fault("cmp_purposes", format!("names {} categories: at most {MOST_CATEGORIES}", purposes.len()));
    }
    for key in ["cmp_purposes", "import_grants"] {
        if !replace && table.has(key) {
            table.fault(key, "needs replace_cmp = true");
        }
    }
    if import_grants && purposes.is_empty() {
        table.fault(
            "import_grants",
            "needs [sites.cmp_purposes]: which of the other tool's categories equals which purpose",
        );
    }
    OtherToolFile { replace, import_grants, purposes }
}

impl OtherToolFile {
    /// Whether grants are to be taken over.
    pub(super) const fn takes_grants(&self) -> bool {
        self.import_grants
    }

    /// Looks the purposes up in the policy; tells those that aren't there, nor `is_known` elsewhere.
    pub(super) fn compile(&self, policy: &Policy, is_known: impl Fn(&str) -> bool) -> (OtherTool, Vec<Fault>) {
        let (mut purposes, mut faults) = (Vec::new(), Vec::new());
        for (category, id, at) in &self.purposes {
            match policy.index_of(id) {
                Some(purpose) => purposes.push((category.clone(), purpose)),
                None if is_known(id) => {}
                None => faults.push(at.fault(format!("\"{id}\" is no purpose of the policy"))),
            }
        }
        (OtherTool { replace: self.replace, import_grants: self.import_grants, purposes }, faults)
    }
}
