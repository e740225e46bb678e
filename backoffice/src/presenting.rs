//! Showing a licence: the keys that sign show codes, where the codes are kept, and how often all this may be asked.

use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use sealwright_credentials::presentation::{Nonce, Presentation, ShowCode, TypedCode, prepare};
use sealwright_credentials::{Ed25519Signer, KeySet, KeyState, Signer};
use sealwright_engine::InstanceId;
use sealwright_storage::{Database, KeptPresentation, MasterKey, Presentations};

use crate::problem::{INTERNAL, Problem, UNAVAILABLE};
use crate::throttle::Throttle;

/// What presentation keys are derived for. Another text gives other keys.
const PURPOSE: &str = "presentation keys 1";

const DAY_S: i64 = 86_400;

/// How many days ahead keys are handed out: for so long a verifier may stay offline.
const DAYS_AHEAD: i64 = 31;

/// Show codes of one licence in a minute; a phone asks for two.
const SHOWINGS: u32 = 12;

/// Verifications from one address in a minute: a gate with a queue, or an office behind one address.
const VERIFICATIONS: u32 = 1_200;

/// Wrong typed codes from one address in a minute, and how long it then has to wait, in seconds. With 1,000 live
/// codes a guess hits with a chance of 1 in 34 million.
const GUESSES: (u32, i64) = (30, 300);

/// How often a typed code that somebody else has is drawn again.
const DRAWS: usize = 4;

/// What showing needs. One per server.
pub struct Presenting {
    keys: PresentationKeys,
    /// The codes.
    pub kept: Presentations,
    /// Per licence.
    pub showings: Throttle<InstanceId>,
    /// Per address.
    pub verifications: Throttle<IpAddr>,
    /// Wrong typed codes, per address.
    pub guesses: Throttle<IpAddr>,
}

/// The presentation keys, one a day (UTC), derived from the master key.
///
/// Not the documents' keys: those may be on a token, sign rarely, and what they sign is good for years; these sign
/// whenever a phone is shown, on every node, and what they sign is good for a minute. Not a key directory
/// either: derived keys need no files, no rotation and no operator, every node has the same ones, and a key that
/// leaks is worth something for a day. Yesterday's still verifies; those of a month ahead are handed out, so
/// that a verifier can stay offline as long.
struct PresentationKeys {
    root: MasterKey,
    today: RwLock<Option<Arc<Today>>>,
}

struct Today {
    day: i64,
    signer: Ed25519Signer,
    set: KeySet,
}

impl Presenting {
    /// With keys derived from `master`, and codes in `database`.
    pub fn new(master: &MasterKey, database: Database) -> Self {
        Self {
            keys: PresentationKeys {
                root: MasterKey::from_bytes(*master.derive_for(PURPOSE)),
                today: RwLock::default(),
            },
            kept: Presentations::new(database),
            showings: Throttle::new(SHOWINGS, 60),
            verifications: Throttle::new(VERIFICATIONS, 60),
            guesses: Throttle::new(GUESSES.0, GUESSES.1),
        }
    }

    /// The public presentation keys at `at` (Unix seconds).
    pub fn key_set(&self, at: i64) -> KeySet {
        self.keys.at(at).set.clone()
    }

    /// Signs a show code and keeps it; its typed form is nobody else's meanwhile.
    ///
    /// # Errors
    /// The store's; there is no randomness.
    pub async fn show(
        &self,
        licence: InstanceId,
        presentation: &Presentation,
    ) -> Result<(ShowCode, TypedCode), Problem> {
        let at = presentation.issued_at;
        let internal = |error: &dyn std::fmt::Display| INTERNAL.because(error.to_string());
        let today = self.keys.at(at);
        let prepared = prepare(presentation, today.signer.key_id(), today.signer.algorithm());
        let code = prepared.map_err(|error| internal(&error))?.sign(&today.signer);
        let code = code.map_err(|error| internal(&error))?;
        let burn = presentation.burn();
        for _ in 0..DRAWS {
            let mut random = [0; 5];
            getrandom::fill(&mut random).map_err(|error| UNAVAILABLE.because(error.to_string()))?;
            let typed = TypedCode::from_random(random);
            let kept = KeptPresentation {
                id: *burn.id.as_bytes(),
                typed: typed.as_str().into(),
                licence,
                code: code.to_string(),
                until: burn.until,
            };
            if self.kept.keep(kept, at).await? {
                return Ok((code, typed));
            }
        }
        Err(UNAVAILABLE.because("no typed code is free now"))
    }
}

/// A number used once.
///
/// # Errors
/// There is no randomness.
pub fn nonce() -> Result<Nonce, Problem> {
    Nonce::random().map_err(|error| UNAVAILABLE.because(error.to_string()))
}

impl PresentationKeys {
    fn at(&self, at: i64) -> Arc<Today> {
        let day = at.div_euclid(DAY_S);
        let known = self.today.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(today) = known.filter(|today| today.day == day) {
            return today;
        }
        let today = Arc::new(self.derive(day));
        *self.today.write().unwrap_or_else(PoisonError::into_inner) = Some(today.clone());
        today
    }

    fn derive(&self, day: i64) -> Today {
        let of = |day: i64| Ed25519Signer::from_seed(&self.root.derive_for(&day.to_string()));
        let state = |other: i64| match other - day {
            ..0 => KeyState::VerifyOnly,
            0 => KeyState::Active,
            _ => KeyState::Pending,
        };
        let days = day - 1..=day + DAYS_AHEAD;
        let set = KeySet::of(days.map(|other| (of(other).public_key().clone(), state(other))));
        Today { day, signer: of(day), set }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(master: u8) -> PresentationKeys {
        let root = MasterKey::from_bytes(*MasterKey::from_bytes([master; 32]).derive_for(PURPOSE));
        PresentationKeys { root, today: RwLock::default() }
    }

    #[test]
    fn every_node_has_the_same_key_and_tomorrow_another() {
        let noon = 1_795_320_000;
        let (one, other) = (keys(7).at(noon), keys(7).at(noon + 60));
        assert_eq!(one.signer.public_key(), other.signer.public_key());
        assert_eq!(one.set, other.set);
        assert_ne!(keys(8).at(noon).signer.public_key(), one.signer.public_key());
        let keys = keys(7);
        let today = *keys.at(noon).signer.key_id();
        let tomorrow = keys.at(noon + DAY_S);
        assert_ne!(*tomorrow.signer.key_id(), today);
        assert_eq!(*keys.at(noon).signer.key_id(), today, "and back, if the clock is set");
    }

    #[test]
    fn who_fetched_the_keys_knows_those_of_the_next_month_and_nobody_believes_old_ones() {
        let keys = keys(7);
        let fetched = keys.at(0).set.clone();
        let state =
            |set: &KeySet, day: i64| set.get(keys.at(day * DAY_S).signer.key_id()).map(|(_, state)| state);
        assert_eq!(state(&fetched, 0), Some(KeyState::Active));
        assert_eq!(state(&fetched, -1), Some(KeyState::VerifyOnly));
        for day in 1..=DAYS_AHEAD {
            assert_eq!(state(&fetched, day), Some(KeyState::Pending));
        }
        assert_eq!(state(&fetched, DAYS_AHEAD + 1), None);
        assert_eq!(state(&keys.at(2 * DAY_S).set.clone(), 0), None);
    }
}
