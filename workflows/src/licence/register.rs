//! What the register says: pushed, swept, or asked for once a year.

use std::collections::BTreeSet;

use super::messages::{Differs, Event, InvalidatedBy, NotIssued, Register};
use super::state::{Licence, Life};
use super::{Cx, Decision};
use crate::register::{Outcome, RecordFacts, RecordField};

impl Licence {
    pub(super) fn told_by_register(&self, said: Register, cx: &Cx<'_>) -> Decision {
        let Licence::Known(life) = self else {
            // Nobody applied, so there is nothing to keep in step.
            return Ok(vec![]);
        };
        match said {
            Register::Recorded { revision, facts, changed } => {
                Ok(life.told_record(revision, &facts, changed, cx))
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
    fn told_record(
        &self,
        revision: u64,
        facts: &RecordFacts,
        changed: Option<Differs>,
        cx: &Cx<'_>,
    ) -> Vec<Event> {
        // Pushes and pages come out of order; the vault's revisions put them straight. The same revision counts once
        // more after the register had lost the licence and found it again, and if nobody compared it yet.
        let once_more = self.missing.is_some() || (self.changed.is_none() && self.renewable().is_some());
        if revision < self.revision || (revision == self.revision && !once_more) {
            return if revision == self.revision { self.renewed(cx) } else { vec![] };
        }
        let seen = self.seen(revision, facts, changed, cx);
        let outcome = cx.policy.status.judge(facts.status).outcome;
        let newer = revision > self.revision || outcome > Outcome::Normal;
        let abandoned = self.abandoned(match outcome {
            Outcome::Normal => NotIssued::NewerRevision { revision },
            Outcome::Red | Outcome::Hidden | Outcome::Void => NotIssued::Standing(outcome),
        });
        let mut events = vec![seen];
        events.extend(abandoned.into_iter().filter(|_| newer));
        if outcome == Outcome::Void {
            events.extend(self.invalidated(InvalidatedBy::Register));
            return events;
        }
        let after = self.after_all(&events, cx);
        events.extend(after.renewed(cx));
        events
    }

    /// What is seen of a record, compared with the document.
    pub(super) fn seen(
        &self,
        revision: u64,
        facts: &RecordFacts,
        changed: Option<Differs>,
        cx: &Cx<'_>,
    ) -> Event {
        let judgement = cx.policy.status.judge(facts.status);
        let changed = match (self.renewable(), changed) {
            (None, _) => Some(BTreeSet::new()),
            (Some(_), None) => None,
            (Some(document), Some(differs)) => {
                let mut fields = document.facts.changes(facts);
                fields.extend(differs.fields);
                if differs.since != document.revision {
                    fields.insert(RecordField::Unsure);
                }
                Some(fields)
            }
        };
        Event::RecordSeen {
            revision,
            outcome: judgement.outcome,
            facts: Some(facts.clone()),
            changed,
            doubt: judgement.doubt.is_some(),
        }
    }

    /// This life after these events.
    pub(super) fn after_all(&self, events: &[Event], cx: &Cx<'_>) -> Life {
        let mut after = self.clone();
        events.iter().for_each(|event| after.evolve(event, cx.now));
        after
    }

    /// The end of the document, if one is in force or is to be made anew.
    pub(super) fn invalidated(&self, by: InvalidatedBy) -> Option<Event> {
        self.renewable().map(|document| Event::Invalidated { version: document.version, by })
    }
}
