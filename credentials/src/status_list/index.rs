//! Which index a credential gets: unpredictable, and never twice.
//!
//! An index must tell nothing, neither when a credential was issued nor to whom. So the *n*th position that is
//! handed out becomes the index that a keyed permutation of the list puts there. A store keeps one counter
//! instead of a set of used numbers, and after a crash the same position is the same index again.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize;

use super::list::{ListError, MAX_BYTES, Status, StatusList};

/// One position in so many is a decoy: given to nobody, it changes as the others do (12.5 of the draft).
pub const DECOY_EVERY: u32 = 16;

/// Rounds of the Feistel network. Four make a pseudo-random permutation; small halves want more.
const ROUNDS: u8 = 10;

/// What makes the indexes of one list unpredictable: 32 random bytes, in JSON hex. Keep it as keys are kept;
/// who has it can tell the order in which indexes were handed out, and which are decoys.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Secret([u8; 32]);

impl Secret {
    /// The secret of a new list, out of random bytes.
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(random)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        hex::encode(secret.0)
    }
}

impl TryFrom<String> for Secret {
    type Error = &'static str;

    fn try_from(mut text: String) -> Result<Self, Self::Error> {
        let mut bytes = [0; 32];
        let read = hex::decode_to_slice(&text, &mut bytes);
        text.zeroize();
        read.map(|()| Self(bytes)).map_err(|_| "a list's secret is 64 hex digits")
    }
}

/// The indexes of one list, in the secret order in which they are handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    entries: u32,
    secret: Secret,
}

impl Space {
    /// The indexes `0..entries`. A secret belongs to one list alone.
    pub fn new(entries: u32, secret: Secret) -> Result<Self, ListError> {
        let fits = (1..=MAX_BYTES as u32 * 4).contains(&entries);
        if fits { Ok(Self { entries, secret }) } else { Err(ListError::Size) }
    }

    /// How many indexes there are.
    pub fn entries(&self) -> u32 {
        self.entries
    }

    /// The index at a position; `None` behind the last. Each index has exactly one position.
    pub fn index(&self, position: u32) -> Option<u32> {
        if position >= self.entries {
            return None;
        }
        // Walks the cycle until it is back inside: the permutation is of the next power of four.
        let mut index = self.permute(position);
        while index >= self.entries {
            index = self.permute(index);
        }
        Some(index)
    }

    /// Whether nobody is given this position. Its index is as random as any other.
    pub fn is_decoy(&self, position: u32) -> bool {
        position % DECOY_EVERY == DECOY_EVERY - 1
    }

    /// Gives every decoy among the first `positions` a status, so that decoys change about as often as
    /// credentials do and a look at the list does not tell how many there are.
    ///
    /// `list` holds the real statuses, `published` is what was said last: a decoy that was invalid stays so.
    pub fn disguise(
        &self,
        list: &mut StatusList,
        published: Option<&StatusList>,
        positions: u32,
    ) -> Result<(), ListError> {
        let positions = positions.min(self.entries);
        let mut counts = [0u64; 4];
        for index in 0..self.entries.min(list.entries()) {
            counts[usize::from(list.get(index)?).min(3)] += 1;
        }
        let handed_out = u64::from(positions - positions / DECOY_EVERY).max(1);
        let share = |status: Status| (counts[status as usize] << 32) / handed_out;
        let invalid = share(Status::Invalid);
        let suspended = invalid + share(Status::Suspended);
        let refresh = suspended + share(Status::RefreshNeeded);
        for position in (DECOY_EVERY - 1..positions).step_by(DECOY_EVERY as usize) {
            let index = self.index(position).expect("the position is inside");
            let was = published.map(|published| published.get(index)).transpose()?;
            let draw = u64::from(self.round(u8::MAX, position));
            let status = match draw {
                _ if was == Some(Status::Invalid as u8) => Status::Invalid,
                draw if draw < invalid => Status::Invalid,
                draw if draw < suspended => Status::Suspended,
                draw if draw < refresh => Status::RefreshNeeded,
                _ => Status::Valid,
            };
            list.set(index, status as u8)?;
        }
        Ok(())
    }

    /// A balanced Feistel network over the smallest even number of bits that holds every index.
    fn permute(&self, value: u32) -> u32 {
        let half = (32 - (self.entries - 1).leading_zeros()).div_ceil(2).max(1);
        let mask = (1 << half) - 1;
        let (mut left, mut right) = (value >> half, value & mask);
        for round in 0..ROUNDS {
            (left, right) = (right, left ^ (self.round(round, right) & mask));
        }
        left << half | right
    }

    /// Always 37 bytes behind a secret: one block of SHA-256, and nothing to extend.
    fn round(&self, round: u8, value: u32) -> u32 {
        let mut hash = Sha256::new();
        hash.update(&self.secret.0);
        hash.update([round]);
        hash.update(value.to_be_bytes());
        let digest = hash.finalize();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn space(entries: u32, seed: u8) -> Space {
        Space::new(entries, Secret::from_random([seed; 32])).expect("a size")
    }

    proptest! {
        #[test]
        fn every_index_has_one_position(entries in 1u32..1_000, seed: u8) {
            let space = space(entries, seed);
            let mut seen = vec![false; entries as usize];
            for position in 0..entries {
                let index = space.index(position).expect("inside") as usize;
                prop_assert!(!std::mem::replace(&mut seen[index], true), "{} twice", index);
            }
            prop_assert_eq!(space.index(entries), None);
        }
    }

    #[test]
    fn neighbours_in_time_are_not_neighbours_in_the_list() {
        let space = space(1_000_000, 7);
        let indexes: Vec<_> = (0..10_000).map(|position| space.index(position).expect("inside")).collect();
        let near = indexes.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) < 1_000).count();
        // Of random numbers 0.2 % lie that near.
        assert!((1..60).contains(&near), "{near}");
        let low = indexes.iter().filter(|index| **index < 500_000).count();
        assert!((4_700..5_300).contains(&low), "{low}");
    }

    #[test]
    fn another_secret_is_another_order() {
        let order = |seed| (0..64).map(|position| space(1_000, seed).index(position)).collect::<Vec<_>>();
        assert_ne!(order(1), order(2));
        assert_eq!(order(1), order(1));
    }

    #[test]
    fn decoys_take_the_shares_of_the_others_and_never_come_back() {
        let space = space(16_000, 3);
        let mut list = StatusList::new(super::super::Width::Two, 16_000).expect("a size");
        for position in (0..12_000).filter(|position| !space.is_decoy(*position)) {
            let status =
                [Status::Invalid, Status::Suspended, Status::Valid, Status::Valid][position as usize % 4];
            list.change(space.index(position).expect("inside"), status).expect("changes");
        }
        let real = list.clone();
        space.disguise(&mut list, None, 12_000).expect("in range");
        let decoys = |list: &StatusList, status: Status| {
            let decoys = (0..16_000).filter(|position| space.is_decoy(*position));
            decoys.filter(|p| list.get(space.index(*p).expect("inside")) == Ok(status as u8)).count()
        };
        // 750 decoys: a quarter invalid, a quarter suspended, each within four standard deviations.
        for status in [Status::Invalid, Status::Suspended] {
            assert!((135..240).contains(&decoys(&list, status)), "{status:?}: {}", decoys(&list, status));
        }
        for position in (0..16_000).filter(|position| !space.is_decoy(*position)) {
            let index = space.index(position).expect("inside");
            assert_eq!(list.get(index), real.get(index), "a real entry was touched");
        }
        let published = list.clone();
        let mut later = StatusList::new(super::super::Width::Two, 16_000).expect("a size");
        space.disguise(&mut later, Some(&published), 12_000).expect("in range");
        assert_eq!(decoys(&later, Status::Invalid), decoys(&published, Status::Invalid));
        assert_eq!(decoys(&later, Status::Suspended), 0);
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::from_random([0xAB; 32]);
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        let json = serde_json::to_string(&secret).expect("serialises");
        assert_eq!(serde_json::from_str::<Secret>(&json).expect("reads"), secret);
        assert!(serde_json::from_str::<Secret>("\"abab\"").is_err());
    }
}
