//! The transparency log: proofs of any tree.

use std::collections::HashMap;

use proptest::prelude::*;
use sealwright_credentials::Digest;
use sealwright_credentials::log::{
    Frontier, Node, ProofError, consistency, consistency_nodes, empty_root, inclusion, inclusion_nodes,
    leaf_hash, verify_consistency, verify_inclusion,
};

mod evidence;
mod reference;

/// A tree and the nodes a store would keep of it.
#[derive(Default)]
struct Log {
    tree: Frontier,
    nodes: HashMap<Node, Digest>,
}

impl Log {
    fn of(leaves: impl IntoIterator<Item = Digest>) -> Self {
        let mut log = Self::default();
        for leaf in leaves {
            for (node, hash) in log.tree.append(leaf) {
                assert_eq!(log.nodes.insert(node, hash), None, "{node:?} was stored before");
            }
        }
        log
    }

    fn numbered(size: u64) -> Self {
        Self::of((0..size).map(|n| leaf_hash(&n.to_be_bytes())))
    }

    fn leaf(&self, index: u64) -> Digest {
        self.nodes[&Node { level: 0, index }]
    }

    fn inclusion(&self, index: u64, size: u64) -> Vec<Digest> {
        inclusion(index, size, |node| self.nodes.get(&node).copied()).expect("every node is stored")
    }

    fn consistency(&self, old: u64, size: u64) -> Vec<Digest> {
        consistency(old, size, |node| self.nodes.get(&node).copied()).expect("every node is stored")
    }
}

/// The definition of RFC 6962 2.1, word for word.
fn by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            let pair = [by_definition(left), by_definition(right)];
            Digest::of(&[&[1][..], pair[0].as_bytes(), pair[1].as_bytes()].concat())
        }
    }
}

#[test]
fn every_proof_of_every_small_tree_verifies_and_only_where_it_belongs() {
    let log = Log::numbered(40);
    let leaves: Vec<_> = (0..40).map(|index| log.leaf(index)).collect();
    let roots: Vec<_> = (0..=40).map(|size| by_definition(&leaves[..size])).collect();
    for size in 1..=40u64 {
        let root = &roots[size as usize];
        for index in 0..size {
            let proof = log.inclusion(index, size);
            assert!(verify_inclusion(&log.leaf(index), index, size, root, &proof), "{index} in {size}");
            for other in (0..size).filter(|other| *other != index) {
                assert!(!verify_inclusion(&log.leaf(index), other, size, root, &proof), "{index} as {other}");
                assert!(!verify_inclusion(&log.leaf(other), index, size, root, &proof));
            }
            for (other, root) in roots.iter().enumerate().filter(|(other, _)| *other as u64 != size) {
                assert!(!verify_inclusion(&log.leaf(index), index, other as u64, root, &proof));
            }
        }
        for old in 0..=size {
            let proof = log.consistency(old, size);
            let (old_root, root) = (&roots[old as usize], &roots[size as usize]);
            assert!(verify_consistency(old, old_root, size, root, &proof), "{old} to {size}");
            for (other, other_root) in roots.iter().enumerate().filter(|(other, _)| *other as u64 != old) {
                assert!(!verify_consistency(old, other_root, size, root, &proof) || old == 0 && other == 0);
                if other > 0 && old > 0 {
                    assert!(!verify_consistency(other as u64, old_root, size, root, &proof));
                }
            }
            for added in [&[*root][..], &[empty_root()]] {
                assert!(!verify_consistency(old, old_root, size, root, &[&proof[..], added].concat()));
            }
            for cut in 0..proof.len() {
                assert!(!verify_consistency(old, old_root, size, root, &proof[..cut]));
            }
        }
    }
}

/// What a witness asks at each new checkpoint, ten thousand times.
#[test]
fn a_log_of_ten_thousand_sizes_is_consistent_throughout() {
    let mut log = Log::default();
    let mut roots = vec![empty_root()];
    for n in 0..10_000u64 {
        log.nodes.extend(log.tree.append(leaf_hash(&n.to_be_bytes())));
        roots.push(log.tree.root());
    }
    for old in 0..10_000u64 {
        let size = 10_000 - old / 2;
        for (old, size) in [(old, old + 1), (old.min(size), size)] {
            let proof = log.consistency(old, size);
            let (old_root, root) = (&roots[old as usize], &roots[size as usize]);
            assert!(verify_consistency(old, old_root, size, root, &proof), "{old} to {size}");
            assert!(old == 0 || old == size || !verify_consistency(old, root, size, root, &proof));
        }
    }
}

proptest! {
    #[test]
    fn a_tree_grows_to_the_root_of_the_definition(leaves in prop::collection::vec(any::<[u8; 3]>(), 0..200)) {
        let leaves: Vec<_> = leaves.iter().map(|bytes| leaf_hash(bytes)).collect();
        let log = Log::of(leaves.iter().copied());
        prop_assert_eq!(log.tree.root(), by_definition(&leaves));
        prop_assert!(log.nodes.len() < 2 * leaves.len().max(1));
        let json = serde_json::to_string(&log.tree).expect("serialises");
        prop_assert_eq!(serde_json::from_str::<Frontier>(&json).expect("reads"), log.tree);
    }

    #[test]
    fn an_altered_proof_is_refused(size in 1u64..600, a: u64, b: u64, alter: u32) {
        let log = Log::numbered(size);
        let root = log.tree.root();
        let index = a % size;
        let leaf = log.leaf(index);
        let proof = log.inclusion(index, size);
        prop_assert!(verify_inclusion(&leaf, index, size, &root, &proof));
        prop_assert_eq!(inclusion_nodes(index, size).expect("in range").len() >= proof.len(), true);
        for altered in altered(&proof, alter) {
            prop_assert!(!verify_inclusion(&leaf, index, size, &root, &altered));
        }

        let old = b % size + 1;
        let old_root = by_definition(&(0..old).map(|index| log.leaf(index)).collect::<Vec<_>>());
        let proof = log.consistency(old, size);
        prop_assert!(verify_consistency(old, &old_root, size, &root, &proof));
        prop_assert!(consistency_nodes(old, size).expect("in range").len() >= proof.len());
        for altered in altered(&proof, alter) {
            prop_assert!(!verify_consistency(old, &old_root, size, &root, &altered));
        }
        let mut other = *root.as_bytes();
        other[alter as usize % 32] ^= 1;
        let other = Digest::from_bytes(other);
        prop_assert!(!verify_inclusion(&leaf, index, size, &other, &log.inclusion(index, size)));
        prop_assert!(!verify_consistency(old, &old_root, size, &other, &proof));
        prop_assert!(!verify_consistency(old, &other, size, &root, &proof));
    }

    #[test]
    fn any_hashes_get_an_answer(index: u64, size: u64, n in 0usize..70) {
        let hashes = vec![empty_root(); n];
        prop_assert!(!verify_inclusion(&empty_root(), index, size, &Digest::of(b"root"), &hashes));
        prop_assert!(!verify_consistency(index, &Digest::of(b"old"), size, &Digest::of(b"root"), &hashes));
    }
}

/// A hash changed, two swapped, one dropped, one added.
fn altered(proof: &[Digest], seed: u32) -> Vec<Vec<Digest>> {
    let mut all = vec![[proof, &[empty_root()]].concat(), [&[empty_root()], proof].concat()];
    if !proof.is_empty() {
        let at = seed as usize % proof.len();
        let mut changed = proof.to_vec();
        let mut bytes = *changed[at].as_bytes();
        bytes[seed as usize % 32] ^= 0x80;
        changed[at] = Digest::from_bytes(bytes);
        let mut dropped = proof.to_vec();
        dropped.remove(at);
        all.extend([changed, dropped]);
        if at > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(at, at - 1);
            all.push(swapped);
        }
    }
    all
}

#[test]
fn proofs_outside_of_a_tree_are_not_made() {
    let none = |_| None;
    assert_eq!(inclusion(5, 5, none), Err(ProofError::OutOfRange { part: 5, size: 5 }));
    assert_eq!(inclusion(0, 0, none), Err(ProofError::OutOfRange { part: 0, size: 0 }));
    assert_eq!(inclusion(0, u64::MAX, none), Err(ProofError::OutOfRange { part: 0, size: u64::MAX }));
    assert_eq!(consistency(6, 5, none), Err(ProofError::OutOfRange { part: 6, size: 5 }));
    assert_eq!(inclusion(0, 2, none), Err(ProofError::Missing(Node { level: 0, index: 1 })));
    assert!(serde_json::from_str::<Frontier>(r#"{"size":3,"peaks":[]}"#).is_err());
}
