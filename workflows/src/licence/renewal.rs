//! New versions that nobody applies for: the record changed, a key was withdrawn, an operator wants it.
//!
//! A document is renewed only while office and register both say that it is in order: what is shown in red or not at all
//! stays as it is until that is over, because a temporary status must not end anything. If the record grants less than
//! the document says, the document ends at once; otherwise it stands until its successor is signed.

use std::collections::BTreeSet;

use super::messages::{Event, InvalidatedBy, NotIssued, PortraitKind, Purpose, Rejection, Upkeep};
use super::state::{Document, Licence, Life, Order};
use super::{Cx, Decision};
use crate::register::{Outcome, RecordField};

impl Licence {
    pub(super) fn upkeep(&self, upkeep: Upkeep, cx: &Cx<'_>) -> Decision {
        let Licence::Known(life) = self else {
            return Ok(vec![]);
        };
        let (version, purpose) = match upkeep {
            Upkeep::KeyWithdrawn { version } => (version, Purpose::KeyWithdrawn),
            Upkeep::Expiring { version } => (version, Purpose::Expiring),
        };
        let live = life.renewable().is_some_and(|document| document.version == version);
        if !live || life.order.is_some() || life.renewal.is_some() {
            return Ok(vec![]);
        }
        Ok(life.renewal_asked(purpose, cx))
    }
}

impl Life {
    /// An operator's wish. It is refused without a document; an application's order in the making is left alone,
    /// and a stalled renewal begins anew.
    pub(super) fn reissue(&self, cx: &Cx<'_>) -> Decision {
        if self.renewable().is_none() {
            return Err(Rejection::NoDocument);
        }
        if self.order.as_ref().is_some_and(|order| order.purpose.application().is_some()) {
            return Ok(vec![]);
        }
        let mut events = self.abandoned(NotIssued::Superseded);
        let after = self.after_all(&events, cx);
        events.extend(after.renewal_asked(Purpose::Operator, cx));
        Ok(events)
    }

    fn renewal_asked(&self, purpose: Purpose, cx: &Cx<'_>) -> Vec<Event> {
        let mut events = vec![Event::RenewalAsked { purpose }];
        let after = self.after_all(&events, cx);
        events.extend(after.renewed(cx));
        events
    }

    /// The order of a new version, if one is due and may be made now.
    pub(super) fn renewed(&self, cx: &Cx<'_>) -> Vec<Event> {
        let Some(document) = self.renewable().filter(|_| self.order.is_none()) else {
            return vec![];
        };
        let facts = self.facts.as_ref().unwrap_or(&document.facts);
        if self.worst() > Outcome::Normal {
            return vec![];
        }
        let mut events = Vec::with_capacity(2);
        if document.ended.is_none() && document.facts.exceeds(facts) {
            events.push(Event::Invalidated { version: document.version, by: InvalidatedBy::Loss });
        }
        let purpose = self.outdated(document, cx).or_else(|| self.renewal.clone());
        // A licence that is over by its dates is renewed when the register prolongs it.
        if let Some(purpose) = purpose.filter(|_| facts.in_force(cx.policy.day_of(cx.now))) {
            events.push(Event::Ordered {
                version: self.versions + 1,
                purpose,
                revision: self.revision,
                portrait: document.portrait,
                facts: facts.clone(),
                alert_at: cx.policy.first_alert(cx.now),
            });
        }
        events
    }

    /// What of the document the record contradicts, if that is worth a new version.
    fn outdated(&self, document: &Document, cx: &Cx<'_>) -> Option<Purpose> {
        let reissue_on = &cx.policy.refresh.reissue_on;
        // Another photo in the register is not on a document that shows a reviewed one.
        let shown = |field: &RecordField| {
            *field != RecordField::RetainedPhoto || document.portrait.kind() == PortraitKind::Retained
        };
        let changed = self.changed.iter().flatten().copied();
        let changed: BTreeSet<_> = changed.filter(shown).filter(|field| reissue_on.contains(field)).collect();
        let lost = document.ended.is_some()
            || self.facts.as_ref().is_some_and(|facts| document.facts.exceeds(facts));
        (lost || !changed.is_empty()).then_some(Purpose::Refresh { changed })
    }

    /// The same order as another version: what was prepared waits for a key that will never sign.
    pub(super) fn ordered_again(&self, order: &Order, cx: &Cx<'_>) -> Vec<Event> {
        let mut events = self.abandoned(NotIssued::KeyWithdrawn);
        events.push(Event::Ordered {
            version: self.versions + 1,
            purpose: order.purpose.clone(),
            revision: order.revision,
            portrait: order.portrait,
            facts: order.facts.clone(),
            alert_at: cx.policy.first_alert(cx.now),
        });
        events
    }
}
