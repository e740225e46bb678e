//! The Merkle tree of RFC 6962: what grows, and what to store of it.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Digest;

/// The most leaves a tree may have.
pub const MAX_SIZE: u64 = 1 << 48;

/// The hash of a leaf: SHA-256(0x00 || bytes).
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    hash.update([0]);
    hash.update(bytes);
    Digest::from_bytes(hash.finalize().into())
}

/// The root of a tree without leaves: SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::of(b"")
}

/// SHA-256(0x01 || left || right).
pub(super) fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left.as_bytes());
    hash.update(right.as_bytes());
    Digest::from_bytes(hash.finalize().into())
}

/// The root over complete subtrees that stand side by side, largest first; `None` without any.
pub(super) fn fold(peaks: impl DoubleEndedIterator<Item = Digest>) -> Option<Digest> {
    peaks.rev().reduce(|right, left| node_hash(&left, &right))
}

/// A complete subtree: the leaves from `index << level` to `(index + 1) << level`, without the last.
///
/// Once its last leaf is there it never changes, so it may be stored, cached and handed out for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Node {
    /// 0 for a leaf, one more for each step up.
    pub level: u8,
    /// Counts from the left.
    pub index: u64,
}

/// The growing edge of a tree: its size and the roots of the complete subtrees in it, at most 48.
///
/// All that must be read to append. Store it with the nodes that [`append`](Self::append) returns, and only if
/// the size is still what it was (unique: level and index of a node). Should nodes be lost, they follow again
/// from the leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Frontier {
    size: u64,
    /// Largest subtree first; one per bit that is set in `size`.
    peaks: Vec<Digest>,
}

impl Frontier {
    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf's hash. Returns the nodes that are complete now: the leaf, and its finished ancestors.
    ///
    /// # Panics
    /// Beyond [`MAX_SIZE`] leaves, which no log reaches: at a million a second it takes nine years.
    pub fn append(&mut self, leaf: Digest) -> Vec<(Node, Digest)> {
        assert!(self.size < MAX_SIZE, "the log is full");
        let mut node = Node { level: 0, index: self.size };
        let mut hash = leaf;
        let mut complete = vec![(node, hash)];
        while node.index % 2 == 1 {
            let left = self.peaks.pop().expect("a right sibling has a left one");
            hash = node_hash(&left, &hash);
            node = Node { level: node.level + 1, index: node.index / 2 };
            complete.push((node, hash));
        }
        self.peaks.push(hash);
        self.size += 1;
        complete
    }

    /// The root of the tree as it is.
    pub fn root(&self) -> Digest {
        fold(self.peaks.iter().copied()).unwrap_or_else(empty_root)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    size: u64,
    peaks: Vec<Digest>,
}

impl From<Frontier> for Stored {
    fn from(frontier: Frontier) -> Self {
        Self { size: frontier.size, peaks: frontier.peaks }
    }
}

impl TryFrom<Stored> for Frontier {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        if stored.size > MAX_SIZE || stored.peaks.len() as u32 != stored.size.count_ones() {
            return Err("a frontier has one hash per bit that is set in its size");
        }
        Ok(Self { size: stored.size, peaks: stored.peaks })
    }
}
