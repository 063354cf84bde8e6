//! The log's arithmetic, after RFC 9162 section 2.1: leaves are appended, and the hashes of complete subtrees are all that is ever
//! kept.
//!
//! It refuses to hold the tree: whoever asks for a proof says where hashes are found. Invariant: a subtree that is complete never
//! changes, so that its hash is written once.

use super::{Hash, sha256};

/// A complete subtree: `place` is the how-many-eth of its size, `1 << level` leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    /// 0 for a leaf.
    pub level: u8,
    /// From 0, of its level.
    pub place: u64,
}

/// The hash of a leaf's bytes.
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    sha256(&[&[0], bytes])
}

fn join(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The right edge of a log: all that appending needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Of the complete subtrees that make the log up, the largest first.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The complete subtrees that make up a log of this size, the largest first.
    #[must_use]
    pub fn needs(size: u64) -> Vec<Node> {
        let levels = (0..64_u8).rev().filter(|level| size >> level & 1 == 1);
        levels.map(|level| Node { level, place: (size >> level) - 1 }).collect()
    }

    /// The edge of a log of this size, with the hashes that [`Self::needs`] names; None where their number is another.
    #[must_use]
    pub fn at(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf, and hands over each subtree that it completes, itself first.
    pub fn append(&mut self, leaf: Hash, mut complete: impl FnMut(Node, Hash)) {
        let (mut level, mut hash) = (0, leaf);
        complete(Node { level, place: self.size }, hash);
        while self.size >> level & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = join(&left, &hash);
            level += 1;
            complete(Node { level, place: self.size >> level }, hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The log's root; of an empty log the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return sha256(&[]) };
        peaks.fold(*last, |right, left| join(left, &right))
    }
}

/// The root of the first `size` leaves; `node` finds the hash of a complete subtree.
///
/// # Errors
/// Those of `node`.
pub fn root<E>(size: u64, node: &mut impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == 0 { Ok(sha256(&[])) } else { range(0, size, node) }
}

/// The path of a leaf within the first `size` leaves (2.1.3.1).
///
/// # Errors
/// Those of `node`.
pub fn inclusion<E>(place: u64, size: u64, node: &mut impl FnMut(Node) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    let mut path = Vec::new();
    let (mut start, mut length, mut place) = (0, size, place);
    // From the root down: the RFC lists from the leaf up.
    while length > 1 {
        let half = split(length);
        if place < half {
            path.push(range(start + half, length - half, node)?);
            length = half;
        } else {
            path.push(range(start, half, node)?);
            (start, place, length) = (start + half, place - half, length - half);
        }
    }
    path.reverse();
    Ok(path)
}

/// That a log of `old` leaves is the beginning of one of `new` (2.1.4.1); empty where they are the same, or `old` is 0.
///
/// # Errors
/// Those of `node`.
pub fn consistency<E>(old: u64, new: u64, node: &mut impl FnMut(Node) -> Result<Hash, E>) -> Result<Vec<Hash>, E> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    let mut path = Vec::new();
    let (mut start, mut length, mut rest, mut known) = (0, new, old, true);
    while rest < length {
        let half = split(length);
        if rest <= half {
            path.push(range(start + half, length - half, node)?);
            length = half;
        } else {
            path.push(range(start, half, node)?);
            (start, rest, length, known) = (start + half, rest - half, length - half, false);
        }
    }
    if !known {
        path.push(range(start, length, node)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether a leaf stands at this place of a log of this size and root (2.1.3.2).
#[must_use]
pub fn verify_inclusion(place: u64, size: u64, leaf: Hash, path: &[Hash], root: Hash) -> bool {
    if place >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (place, size - 1, leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = join(beside, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = join(&hash, beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == root
}

/// Whether a log of `old` leaves and root is the beginning of one of `new` leaves and root (2.1.4.2).
#[must_use]
pub fn verify_consistency(old: (u64, Hash), new: (u64, Hash), path: &[Hash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == 0 {
        return path.is_empty();
    }
    if old_size >= new_size {
        return old_size == new_size && old_root == new_root && path.is_empty();
    }
    let whole = old_size.is_power_of_two().then_some(old_root);
    let mut path = whole.iter().chain(path);
    let Some(first) = path.next() else { return false };
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (mut from_old, mut from_new) = (*first, *first);
    for beside in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            from_old = join(beside, &from_old);
            from_new = join(beside, &from_new);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            from_new = join(&from_new, beside);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && from_old == old_root && from_new == new_root
}

/// The largest power of two below `length`, which is over 1.
const fn split(length: u64) -> u64 {
    1 << (63 - (length - 1).leading_zeros())
}

/// The hash over `length` leaves from `start`, a multiple of the power of two at or above `length`.
fn range<E>(start: u64, length: u64, node: &mut impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    if length.is_power_of_two() {
        let level = length.trailing_zeros();
        return node(Node { level: u8::try_from(level).unwrap_or(u8::MAX), place: start >> level });
    }
    let half = split(length);
    Ok(join(&range(start, half, node)?, &range(start + half, length - half, node)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    /// MTH as the RFC defines it, over the leaves themselves.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => *one,
            more => {
                let (left, right) = more.split_at(split(more.len() as u64) as usize);
                join(&defined(left), &defined(right))
            }
        }
    }

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
    }

    /// A log of so many leaves: its edge, and the hash of each complete subtree.
    fn log(count: u64) -> (Frontier, BTreeMap<Node, Hash>) {
        let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::new());
        for leaf in leaves(count) {
            frontier.append(leaf, |node, hash| assert!(nodes.insert(node, hash).is_none(), "{node:?} twice"));
        }
        (frontier, nodes)
    }

    fn finder(nodes: &BTreeMap<Node, Hash>) -> impl FnMut(Node) -> Result<Hash, Infallible> {
        |node| Ok(nodes[&node])
    }

    #[test]
    fn the_edge_has_the_root_that_is_defined_at_every_size() {
        let hex = |hash: Hash| hash.map(|byte| format!("{byte:02x}")).concat();
        // SHA-256 of nothing, and of the byte 0, as anybody can compute them.
        assert_eq!(hex(Frontier::default().root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(hex(leaf_hash(b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        for count in 0..70 {
            let (frontier, nodes) = log(count);
            assert_eq!(frontier.root(), defined(&leaves(count)), "{count}");
            assert_eq!(root(count, &mut finder(&nodes)), Ok(frontier.root()));
            let peaks = Frontier::needs(count).into_iter().map(|node| nodes[&node]).collect();
            assert_eq!(Frontier::at(count, peaks), Some(frontier));
        }
        assert_eq!(Frontier::at(3, vec![[0; 32]]), None);
    }

    #[test]
    fn every_leaf_is_shown_to_stand_where_it_stands_and_nowhere_else() {
        for size in 1..34 {
            let (frontier, nodes) = log(size);
            for (place, leaf) in (0..).zip(leaves(size)) {
                let Ok(path) = inclusion(place, size, &mut finder(&nodes));
                assert!(verify_inclusion(place, size, leaf, &path, frontier.root()), "{place} of {size}");
                for other in (0..=size).filter(|other| *other != place) {
                    assert!(
                        !verify_inclusion(other, size, leaf, &path, frontier.root()),
                        "{place} as {other} of {size}"
                    );
                }
                assert!(!verify_inclusion(place, size, leaf_hash(b"another"), &path, frontier.root()));
            }
        }
    }

    #[test]
    fn every_beginning_is_shown_to_be_one() {
        let (_, nodes) = log(40);
        let roots: Vec<Hash> = (0..=40).map(|size| defined(&leaves(size))).collect();
        for new in 0..=40_u64 {
            for old in 0..=new {
                let Ok(path) = consistency(old, new, &mut finder(&nodes));
                let (was, is) = ((old, roots[old as usize]), (new, roots[new as usize]));
                assert!(verify_consistency(was, is, &path), "{old} of {new}");
                if old > 0 {
                    assert!(!verify_consistency((old, [7; 32]), is, &path), "{old} of {new}");
                    assert!(!verify_consistency(was, (new, [7; 32]), &path), "{old} of {new}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_proof_with_one_bit_changed_shows_nothing(size in 2_u64..300, at in 0.0..1.0_f64, bit in 0_usize..256) {
            let (frontier, nodes) = log(size);
            let place = ((size as f64) * at) as u64;
            let Ok(path) = inclusion(place, size, &mut finder(&nodes));
            let leaf = leaf_hash(&place.to_be_bytes());
            for step in 0..path.len() {
                let mut changed = path.clone();
                changed[step][bit / 8] ^= 1 << (bit % 8);
                prop_assert!(!verify_inclusion(place, size, leaf, &changed, frontier.root()));
            }
            prop_assert!(!verify_inclusion(place, size, leaf, &path[1..], frontier.root()));
            let longer = [path.as_slice(), &[leaf]].concat();
            prop_assert!(!verify_inclusion(place, size, leaf, &longer, frontier.root()));
        }

        #[test]
        fn a_log_with_a_leaf_changed_is_not_the_one_that_was_seen(old in 1_u64..200, more in 1_u64..200, at in 0.0..1.0_f64) {
            let new = old + more;
            let place = ((old as f64) * at) as usize;
            let mut changed = leaves(new);
            changed[place] = leaf_hash(b"changed");
            let (mut frontier, mut nodes) = (Frontier::default(), BTreeMap::new());
            changed.into_iter().for_each(|leaf| frontier.append(leaf, |node, hash| { nodes.insert(node, hash); }));
            let Ok(path) = consistency(old, new, &mut finder(&nodes));
            prop_assert!(!verify_consistency((old, defined(&leaves(old))), (new, frontier.root()), &path));
        }
    }
}
