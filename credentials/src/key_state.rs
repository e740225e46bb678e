use std::fmt;

/// What a key may still do. It only ever moves on: see [`then`](Self::then).
///
/// ```text
/// pending -> active -> verify-only -> retired
///    '---------'------------'------------'----> compromised
/// ```
/// A pending key may also be retired without ever having signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Signs nothing yet. It is handed out and may verify, so that verifiers which fetched their keys before a
    /// rotation know the key that signs after it.
    Pending,
    /// Signs and verifies.
    Active,
    /// Signs nothing new; what it signed stays good.
    VerifyOnly,
    /// Verifies nothing any more.
    Retired,
    /// Others may have had the private key: verifies nothing, unless it can be shown that it was signed before.
    Compromised {
        /// Unix seconds. From here on nothing of it counts, whatever time it claims.
        since: i64,
    },
}

impl KeyState {
    /// As it is written in a key set.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::VerifyOnly => "verify-only",
            Self::Retired => "retired",
            Self::Compromised { .. } => "compromised",
        }
    }

    /// Whether what the key signed counts.
    ///
    /// `logged_at`: Unix seconds at which it was seen signed for certain, in a transparency log say. It matters
    /// for a compromised key alone: whoever has that key can claim any time inside what they sign.
    pub fn accepts(self, logged_at: Option<i64>) -> bool {
        match self {
            Self::Pending | Self::Active | Self::VerifyOnly => true,
            Self::Retired => false,
            Self::Compromised { since } => logged_at.is_some_and(|at| at < since),
        }
    }

    /// Whether verifiers who know nothing of states may be given the key.
    pub fn may_verify(self) -> bool {
        self.accepts(None)
    }

    /// Whether the key signs what is new.
    pub fn may_sign(self) -> bool {
        self == Self::Active
    }

    /// Whether the key may still finish what was prepared for it.
    pub(crate) fn may_finish(self) -> bool {
        matches!(self, Self::Active | Self::VerifyOnly)
    }

    /// The state after a change to `next`, if that is allowed. The same state again is no change, so a repeated
    /// command does no harm. A compromised key stays so; it can only become known that it was so earlier.
    pub fn then(self, next: Self) -> Result<Self, TransitionRefused> {
        use KeyState::{Active, Compromised, Pending, Retired, VerifyOnly};
        let why = match (self, next) {
            (Compromised { since }, Compromised { since: earlier }) if earlier > since => {
                "it is known to be compromised from an earlier time on: give that time or an earlier one"
            }
            (_, Compromised { .. })
            | (Pending, Pending | Active | Retired)
            | (Active, Active | VerifyOnly)
            | (VerifyOnly, VerifyOnly | Retired)
            | (Retired, Retired) => return Ok(next),
            (Compromised { .. }, _) => "a compromised key stays compromised: make a new one",
            (Retired, _) => "a retired key never comes back: make a new one",
            (Active, Retired) => {
                "it signs: rotate to another key first, and retire it when nothing waits for it"
            }
            (Active | VerifyOnly, Pending) => "it has signed already: make a new key",
            (VerifyOnly, Active) => "it gave way to a newer key already: make a new one",
            (Pending, VerifyOnly) => "it has signed nothing yet: retire it if it is not wanted",
        };
        Err(TransitionRefused { from: self, to: next, why })
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key cannot go from the one state to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key that is {from} cannot become {to}: {why}")]
pub struct TransitionRefused {
    /// What it is.
    pub from: KeyState,
    /// What it was to become.
    pub to: KeyState,
    why: &'static str,
}

#[cfg(test)]
mod tests {
    use super::KeyState::{self, Active, Compromised, Pending, Retired, VerifyOnly};

    const LOST: KeyState = Compromised { since: 100 };

    #[test]
    fn a_key_only_moves_on() {
        let all = [Pending, Active, VerifyOnly, Retired, LOST];
        let allowed = [
            (Pending, &[Pending, Active, Retired, LOST][..]),
            (Active, &[Active, VerifyOnly, LOST]),
            (VerifyOnly, &[VerifyOnly, Retired, LOST]),
            (Retired, &[Retired, LOST]),
            (LOST, &[LOST]),
        ];
        for (from, allowed) in allowed {
            for to in all {
                match from.then(to) {
                    Ok(state) => assert!(state == to && allowed.contains(&to), "{from} -> {to}"),
                    Err(refused) => {
                        assert!(!allowed.contains(&to), "{refused}");
                        assert!(refused.to_string().contains(&format!("{from} cannot become {to}: ")));
                    }
                }
            }
        }
    }

    #[test]
    fn a_compromise_can_only_turn_out_to_be_earlier() {
        assert_eq!(LOST.then(Compromised { since: 99 }), Ok(Compromised { since: 99 }));
        assert!(LOST.then(Compromised { since: 101 }).is_err());
    }

    #[test]
    fn only_evidence_from_before_saves_what_a_compromised_key_signed() {
        for (logged_at, accepted) in [(None, false), (Some(99), true), (Some(100), false), (Some(101), false)]
        {
            assert_eq!(LOST.accepts(logged_at), accepted, "{logged_at:?}");
            assert!(Active.accepts(logged_at) && !Retired.accepts(logged_at));
        }
    }
}
