//! The log as a whole: that its leaves make the newest head's root, and that each earlier head is a beginning of it.
//!
//! Refuses to believe the store's own sums. Invariant: every root is computed anew from the leaves.

use std::path::Path;

use super::{Fault, write_new};
use crate::ledger::letters::{hex, moment};
use crate::ledger::merkle::Frontier;
use crate::ledger::receipt::Keys;
use crate::ledger::{Hash, Head};
use crate::store::Archive;

/// Leaves and heads that are read at once.
const PAGE: usize = 10_000;

/// What was found.
pub(super) struct Proof {
    /// Leaves.
    pub(super) size: u64,
    /// Heads that were compared.
    pub(super) heads: u64,
    /// The newest one.
    pub(super) newest: Option<Head>,
    /// What doesn't fit, if anything.
    pub(super) fault: Option<String>,
}

/// Computes the log anew, and writes leaves and heads into a folder.
pub(super) async fn prove(archive: &Archive, keys: &Keys, folder: &Path) -> Result<Proof, Fault> {
    let heads = heads(archive).await?;
    let (mut written, mut leaves) = (String::new(), String::new());
    let mut proof = Proof { size: 0, heads: 0, newest: heads.last().copied(), fault: None };
    let mut frontier = Frontier::default();
    let mut due = heads.iter().peekable();
    let end = proof.newest.map_or(0, |newest| newest.size);
    while frontier.size() < end {
        let page = archive.leaves(frontier.size(), PAGE).await?;
        if page.is_empty() {
            proof.fault = Some(format!("the log has {} leaves, and its newest head says {end}", frontier.size()));
            break;
        }
        for leaf in page {
            leaves.push_str(&hex(&leaf));
            leaves.push('\n');
            frontier.append(leaf, |_, _: Hash| {});
            while let Some(head) = due.next_if(|head| head.size <= frontier.size()) {
                proof.heads += 1;
                let fits = head.size == frontier.size() && head.root == frontier.root() && keys.signed(head);
                if !fits && proof.fault.is_none() {
                    proof.fault = Some(format!(
                        "the head of {} leaves, signed at {}, does not fit the log",
                        head.size,
                        moment(head.made)
                    ));
                }
            }
            if frontier.size() == end {
                break;
            }
        }
    }
    proof.size = frontier.size();
    for head in &heads {
        let Head { size, made, root, key, signature } = head;
        written.push_str(&format!(
            "{{\"key\":\"{}\",\"made\":\"{}\",\"root\":\"{}\",\"signature\":\"{}\",\"size\":{size}}}\n",
            hex(key),
            moment(*made),
            hex(root),
            hex(signature)
        ));
    }
    write_new(&folder.join("leaves.txt"), leaves.as_bytes())?;
    write_new(&folder.join("heads.jsonl"), written.as_bytes())?;
    Ok(proof)
}

async fn heads(archive: &Archive) -> Result<Vec<Head>, Fault> {
    let mut all: Vec<Head> = Vec::new();
    loop {
        let from = all.last().map_or(0, |head| head.size.saturating_add(1));
        let page = archive.heads(from, PAGE).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
