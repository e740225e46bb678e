//! Who may apply: the record decides, and what nobody has explained is a no.

use sealwright_engine::Timestamp;

use super::refusal::Refusal;
use crate::policy::Policy;
use crate::register::{Outcome, RecordFacts};

/// Why this record does not allow the document at `now`, if it does not (`domain.md` 1.1, 1.2, 2.2).
pub(super) fn refusal(facts: &RecordFacts, policy: &Policy, now: Timestamp) -> Option<Refusal> {
    let today = policy.day_of(now);
    let judged = policy.status.judge(facts.status);
    if judged.outcome != Outcome::Normal {
        // A known letter that is as bad explains more than an unknown one.
        let unknown = judged.doubt.is_some()
            && judged.decided_by.letters().all(|letter| policy.status.outcome(letter).is_none());
        return Some(if unknown {
            Refusal::UnknownStatus { letters: facts.status }
        } else {
            Refusal::Status { letters: judged.decided_by, outcome: judged.outcome }
        });
    }
    if !facts.in_force(today) {
        return Some(Refusal::NotInForce { from: facts.valid_from, until: facts.valid_until });
    }
    match policy.rolled_out(&facts.authority) {
        Some(from) if from <= today => None,
        from => Some(Refusal::NotRolledOut { authority: facts.authority.clone(), from }),
    }
}
