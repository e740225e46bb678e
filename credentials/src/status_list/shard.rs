//! Lists in a row, each of a fixed size, and how nodes take indexes from them without asking each other.
//!
//! A store keeps one [`Shard`] per list (unique: its number, its URI) and one [`Block`] per reservation
//! (unique: list and start). A node reserves a block in one short transaction, compare-and-set on
//! `Shard::next`, and takes from it with no further locking. Each credential row keeps its [`Slot`] (unique:
//! list and index): were a block ever handed out twice, the second credential would fail to be stored instead
//! of sharing a status. What a node did not use when it died is lost, which costs space and nothing else.

use serde::{Deserialize, Serialize};

use super::index::{Secret, Space};
use super::list::ListError;

/// One list, as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// The number of the list, counting from 1.
    pub number: u32,
    /// How many entries it has, for ever: a list that grew would tell how fast credentials are issued.
    pub entries: u32,
    /// The first position that no block has.
    pub next: u32,
    /// What its indexes follow from.
    pub secret: Secret,
}

impl Shard {
    /// A new list. Its secret is random and its own.
    pub fn open(number: u32, entries: u32, secret: Secret) -> Result<Self, ListError> {
        Space::new(entries, secret.clone()).map(|_| Self { number, entries, next: 0, secret })
    }

    /// Reserves up to `positions`, fewer at the end of the list; `None` if it is used up: open the next list.
    ///
    /// Store the block and the new `next` together, and only if `next` is still what it was.
    pub fn reserve(&mut self, positions: u32) -> Option<Block> {
        let start = self.next;
        let end = start.saturating_add(positions).min(self.entries);
        self.next = end;
        (start < end).then_some(Block { list: self.number, next: start, end })
    }

    /// The order of its indexes.
    pub fn space(&self) -> Result<Space, ListError> {
        Space::new(self.entries, self.secret.clone())
    }
}

/// Positions of one list that one node may hand out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The number of the list.
    pub list: u32,
    /// The next position to hand out.
    pub next: u32,
    /// Behind the last one.
    pub end: u32,
}

impl Block {
    /// Takes the next index; `None` if the block is used up. `space` is that of the block's list.
    ///
    /// A node that forgets a block that it took from must not load it again with an older `next`: store
    /// `next` with the slot, or drop the block.
    pub fn take(&mut self, space: &Space) -> Option<Slot> {
        while self.next < self.end {
            let position = self.next;
            self.next += 1;
            if !space.is_decoy(position) {
                return space.index(position).map(|index| Slot { list: self.list, index });
            }
        }
        None
    }
}

/// Where a credential's status stands, for its whole life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// The number of the list.
    pub list: u32,
    /// The index in it.
    pub index: u32,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::status_list::DECOY_EVERY;

    proptest! {
        /// Any number of nodes, blocks of any size, lists that run out: no slot is given twice.
        #[test]
        fn no_slot_is_given_twice(entries in 1u32..400, wants in prop::collection::vec((0usize..4, 1u32..50), 1..60)) {
            let open = |number: u32| {
                Shard::open(number, entries, Secret::from_random([number as u8; 32])).expect("a size")
            };
            let mut shards = vec![open(1)];
            let mut nodes: [Option<Block>; 4] = Default::default();
            let mut given = HashSet::new();
            for (node, size) in wants {
                if nodes[node].is_none() {
                    let newest = shards.last_mut().expect("one is open");
                    nodes[node] = newest.reserve(size);
                    if nodes[node].is_none() {
                        shards.push(open(shards.len() as u32 + 1));
                        nodes[node] = shards.last_mut().expect("just opened").reserve(size);
                    }
                }
                let block = nodes[node].as_mut().expect("a new list has room");
                let space = shards[block.list as usize - 1].space().expect("a size");
                match block.take(&space) {
                    Some(slot) => {
                        prop_assert!(slot.index < entries);
                        prop_assert!(given.insert(slot), "{:?} twice", slot);
                    }
                    None => nodes[node] = None,
                }
            }
        }
    }

    #[test]
    fn a_list_is_used_up_except_for_its_decoys() {
        let mut shard = Shard::open(1, 1_600, Secret::from_random([1; 32])).expect("a size");
        let space = shard.space().expect("a size");
        let mut indexes = HashSet::new();
        while let Some(mut block) = shard.reserve(100) {
            while let Some(slot) = block.take(&space) {
                assert!(indexes.insert(slot.index));
            }
        }
        assert_eq!(indexes.len() as u32, 1_600 - 1_600 / DECOY_EVERY);
        assert_eq!(shard.reserve(1), None);
    }

    #[test]
    fn what_a_store_keeps_reads_back() {
        let mut shard = Shard::open(3, 1_000_000, Secret::from_random([9; 32])).expect("a size");
        let mut block = shard.reserve(1_000).expect("room");
        let space = shard.space().expect("a size");
        block.take(&space).expect("an index");
        let json = serde_json::to_string(&(&shard, &block)).expect("serialises");
        let (again, mut same): (Shard, Block) = serde_json::from_str(&json).expect("reads");
        assert_eq!((&again, &same), (&shard, &block));
        assert_eq!(same.take(&again.space().expect("a size")), block.take(&space));
    }
}
