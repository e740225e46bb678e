//! What the register says: pushed, swept, or asked for once a year.

use super::messages::{Event, InvalidatedBy, NotIssued, Register};
use super::state::{Licence, Life};
use super::{Cx, Decision};
use crate::register::Outcome;

impl Licence {
    pub(super) fn told_by_register(&self, said: Register, cx: &Cx<'_>) -> Decision {
        let Licence::Known(life) = self else {
            // Nobody applied, so there is nothing to keep in step.
            return Ok(vec![]);
        };
        match said {
            Register::Recorded { revision, facts } => {
                // Pushes and pages come out of order; the vault's revisions put them straight. The same
                // revision counts once more after the register had lost the licence and found it again.
                let found_again = revision == life.revision && life.missing.is_some();
                if revision <= life.revision && !found_again {
                    return Ok(vec![]);
                }
                let outcome = cx.policy.status.judge(facts.status).outcome;
                let mut events = vec![Event::RecordSeen { revision, outcome }];
                events.extend(life.abandoned(match outcome {
                    Outcome::Normal => NotIssued::NewerRevision { revision },
                    Outcome::Red | Outcome::Hidden | Outcome::Void => NotIssued::Standing(outcome),
                }));
                if outcome == Outcome::Void {
                    events.extend(life.invalidated(InvalidatedBy::Register));
                }
                Ok(events)
            }
            Register::Missing if life.missing.is_some() => Ok(vec![]),
            Register::Missing => {
                let mut events = vec![Event::RecordMissing { recheck_at: cx.policy.first_alert(cx.now) }];
                events.extend(life.abandoned(NotIssued::Standing(Outcome::Hidden)));
                Ok(events)
            }
            Register::Erased => {
                let mut events = life.abandoned(NotIssued::Erased);
                events.extend(life.invalidated(InvalidatedBy::Erasure));
                Ok(events)
            }
        }
    }
}

impl Life {
    /// The end of the document, if one is in force.
    pub(super) fn invalidated(&self, by: InvalidatedBy) -> Option<Event> {
        self.in_force().map(|document| Event::Invalidated { version: document.version, by })
    }
}
