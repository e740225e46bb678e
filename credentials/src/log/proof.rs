//! Proofs: that a leaf is in a tree, and that one tree is the start of another.

use super::tree::{MAX_SIZE, Node, empty_root, fold, node_hash};
use crate::Digest;

/// Why no proof was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// There is no such leaf or tree.
    #[error("no proof of {part} in a tree of {size} leaves: it must be smaller, and the tree at most 2^48")]
    OutOfRange {
        /// The leaf's index or the older tree's size.
        part: u64,
        /// The tree's size.
        size: u64,
    },
    /// A node was not there.
    #[error("node {} of level {} is missing: make it again from the leaves below it", .0.index, .0.level)]
    Missing(Node),
}

/// The path from leaf `index` up to the root of the first `size` leaves (RFC 9162 2.1.3.1).
///
/// `node` finds stored nodes; to fetch them beforehand, ask [`inclusion_nodes`].
pub fn inclusion(
    index: u64,
    size: u64,
    node: impl Fn(Node) -> Option<Digest>,
) -> Result<Vec<Digest>, ProofError> {
    hashes(&inclusion_ranges(index, size)?, node)
}

/// The nodes that [`inclusion`] needs, some 2 log2(size) at most.
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<Node>, ProofError> {
    Ok(inclusion_ranges(index, size)?.into_iter().flat_map(nodes).collect())
}

/// That the first `old` leaves of a tree of `size` are the older tree (RFC 9162 2.1.4.1).
pub fn consistency(
    old: u64,
    size: u64,
    node: impl Fn(Node) -> Option<Digest>,
) -> Result<Vec<Digest>, ProofError> {
    hashes(&consistency_ranges(old, size)?, node)
}

/// The nodes that [`consistency`] needs.
pub fn consistency_nodes(old: u64, size: u64) -> Result<Vec<Node>, ProofError> {
    Ok(consistency_ranges(old, size)?.into_iter().flat_map(nodes).collect())
}

/// Whether `leaf` is leaf number `index` of the tree with this size and root (RFC 9162 2.1.3.2).
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, root: &Digest, proof: &[Digest]) -> bool {
    if index >= size || size > MAX_SIZE {
        return false;
    }
    let (mut fnode, mut snode, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if snode == 0 {
            return false;
        }
        if fnode & 1 == 1 || fnode == snode {
            hash = node_hash(sibling, &hash);
            while fnode & 1 == 0 && fnode != 0 {
                (fnode, snode) = (fnode >> 1, snode >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    snode == 0 && hash == *root
}

/// Whether the tree `(old, old_root)` is the start of `(size, root)` (RFC 9162 2.1.4.2).
pub fn verify_consistency(old: u64, old_root: &Digest, size: u64, root: &Digest, proof: &[Digest]) -> bool {
    if old > size || size > MAX_SIZE {
        return false;
    }
    // Every tree begins with the empty one, and with itself.
    if old == 0 {
        return proof.is_empty() && *old_root == empty_root() && (size > 0 || root == old_root);
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    let mut proof = proof.iter();
    // The root of a complete older tree is not sent along: the verifier has it.
    let first = if old.is_power_of_two() { Some(old_root) } else { proof.next() };
    let Some(first) = first else { return false };
    let (mut fnode, mut snode) = (old - 1, size - 1);
    while fnode & 1 == 1 {
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    let (mut old_hash, mut hash) = (*first, *first);
    for sibling in proof {
        if snode == 0 {
            return false;
        }
        if fnode & 1 == 1 || fnode == snode {
            old_hash = node_hash(sibling, &old_hash);
            hash = node_hash(sibling, &hash);
            while fnode & 1 == 0 && fnode != 0 {
                (fnode, snode) = (fnode >> 1, snode >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (fnode, snode) = (fnode >> 1, snode >> 1);
    }
    snode == 0 && old_hash == *old_root && hash == *root
}

/// Leaves from the first to before the second.
type Range = (u64, u64);

fn inclusion_ranges(index: u64, size: u64) -> Result<Vec<Range>, ProofError> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofError::OutOfRange { part: index, size });
    }
    let (mut start, mut end) = (0, size);
    let mut ranges = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    ranges.reverse();
    Ok(ranges)
}

fn consistency_ranges(old: u64, size: u64) -> Result<Vec<Range>, ProofError> {
    if old > size || size > MAX_SIZE {
        return Err(ProofError::OutOfRange { part: old, size });
    }
    let mut ranges = Vec::new();
    if old == 0 {
        return Ok(ranges);
    }
    let (mut start, mut end) = (0, size);
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    if start > 0 {
        ranges.push((start, end));
    }
    ranges.reverse();
    Ok(ranges)
}

/// The largest power of two below `leaves`, of which there are at least two.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The complete subtrees of a range, largest first. Ranges of proofs begin where such a subtree may begin.
fn nodes((mut start, end): Range) -> Vec<Node> {
    let mut nodes = Vec::new();
    while start < end {
        let level = (end - start).ilog2();
        nodes.push(Node { level: level as u8, index: start >> level });
        start += 1 << level;
    }
    nodes
}

fn hashes(ranges: &[Range], node: impl Fn(Node) -> Option<Digest>) -> Result<Vec<Digest>, ProofError> {
    let hash = |range: &Range| {
        let found: Result<Vec<_>, _> =
            nodes(*range).into_iter().map(|wanted| node(wanted).ok_or(ProofError::Missing(wanted))).collect();
        Ok(fold(found?.into_iter()).expect("a range has a leaf"))
    };
    ranges.iter().map(hash).collect()
}
