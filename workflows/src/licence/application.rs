//! What applications ask: to be admitted, to be let go, to have the document made.

use std::collections::BTreeSet;

use sealwright_engine::{InstanceId, PersonId};

use super::messages::{
    Decline, Event, FromApplication, NotIssued, Portrait, PortraitKind, Purpose, Rejection,
};
use super::state::{Licence, Life, Order};
use super::{Cx, Decision};
use crate::register::{Outcome, RecordFacts};

/// An `Issue`, in one piece.
struct Wanted {
    application: InstanceId,
    order: u16,
    person: PersonId,
    revision: u64,
    portrait: Portrait,
    facts: RecordFacts,
}

impl Licence {
    pub(super) fn asked_by_application(&self, command: FromApplication, cx: &Cx<'_>) -> Decision {
        match (self, command) {
            (Licence::New, FromApplication::Reserve { application, person, portrait }) => {
                if super::is_derived(cx.instance.0) {
                    return Err(Rejection::DerivedId);
                }
                Ok(vec![reserved(application, person, portrait, cx)])
            }
            (Licence::Known(life), FromApplication::Reserve { application, person, portrait }) => {
                life.reserve(application, person, portrait, cx)
            }
            (Licence::New, FromApplication::Release { .. }) => Ok(vec![]),
            (Licence::Known(life), FromApplication::Release { application, how, failures }) => {
                if !life.admits(application) {
                    return Ok(vec![]);
                }
                let mut events = life.abandoned_for(application, NotIssued::NotAdmitted);
                events.push(Event::Released { application, how, failures });
                Ok(events)
            }
            (Licence::New, FromApplication::Bar { .. }) => Err(Rejection::NotAdmitted),
            (Licence::Known(life), FromApplication::Bar { application, reasons }) => {
                life.bar(application, reasons)
            }
            (Licence::New, FromApplication::Issue { .. }) => {
                Err(Rejection::NotIssued(NotIssued::NotAdmitted))
            }
            (
                Licence::Known(life),
                FromApplication::Issue { application, order, person, revision, portrait, facts },
            ) => life.issue(Wanted { application, order, person, revision, portrait, facts }, cx),
        }
    }
}

impl Life {
    fn reserve(
        &self,
        application: InstanceId,
        person: PersonId,
        portrait: PortraitKind,
        cx: &Cx<'_>,
    ) -> Decision {
        if person != self.person {
            return Err(Rejection::AnotherPerson);
        }
        if self.admits(application) {
            return Ok(vec![]);
        }
        match self.decline(portrait, cx) {
            Some(decline) => Err(Rejection::Declined(decline)),
            None => Ok(vec![reserved(application, person, portrait, cx)]),
        }
    }

    /// The hardest obstacle first: what no waiting and no withdrawing removes.
    fn decline(&self, portrait: PortraitKind, cx: &Cx<'_>) -> Option<Decline> {
        let rules = &cx.policy.licence;
        if self.barred {
            return Some(Decline::Barred);
        }
        if self.failures >= rules.failures {
            return Some(Decline::TooManyFailures { failures: self.failures });
        }
        if let Some(until) = self.photo_locked_until.filter(|until| cx.now < *until)
            && portrait == PortraitKind::Reviewed
        {
            return Some(Decline::PhotoLocked { until });
        }
        if let Some(admission) = &self.admission {
            return Some(Decline::OtherApplication { application: admission.application });
        }
        let since = cx.policy.admissions_since(cx.now);
        let mut counted = self.admitted.iter().filter(|at| **at > since);
        let oldest = counted.next();
        let many = counted.count() + 1 >= rules.admissions as usize;
        oldest
            .filter(|_| many)
            .map(|oldest| Decline::TooManyApplications { until: cx.policy.admission_forgotten(*oldest) })
    }

    fn bar(&self, application: InstanceId, reasons: BTreeSet<String>) -> Decision {
        if self.admits(application) {
            let mut events = self.abandoned_for(application, NotIssued::NotAdmitted);
            events.push(Event::Barred { application, reasons });
            Ok(events)
        } else if self.barred {
            Ok(vec![])
        } else {
            Err(Rejection::NotAdmitted)
        }
    }

    fn issue(&self, wanted: Wanted, cx: &Cx<'_>) -> Decision {
        let Wanted { application, order, person, revision, portrait, facts } = wanted;
        let refuse = |cause| Err(Rejection::NotIssued(cause));
        let this = Some((application, order));
        let repeated = self.order.as_ref().is_some_and(|open| open.purpose.application() == this)
            || self.document.as_ref().is_some_and(|document| document.purpose.application() == this);
        let admitted = self.admission.as_ref().is_some_and(|admission| {
            admission.application == application && admission.portrait == portrait.kind()
        });
        if repeated {
            return Ok(vec![]);
        }
        // A renewal gives way: what the application asks for is made from the same record.
        let taken = self.order.as_ref().is_some_and(|open| open.purpose.application().is_some());
        if !admitted || person != self.person || taken {
            return refuse(NotIssued::NotAdmitted);
        }
        if revision < self.revision {
            return refuse(NotIssued::NewerRevision { revision: self.revision });
        }
        let mut events = Vec::with_capacity(3);
        let mut after = self.clone();
        if revision > self.revision || self.missing.is_some() {
            let seen = self.seen(revision, &facts, None, cx);
            after.evolve(&seen, cx.now);
            events.push(seen);
        }
        events.extend(self.abandoned(NotIssued::Superseded));
        match after.worst() {
            Outcome::Normal => {}
            worst => return refuse(NotIssued::Standing(worst)),
        }
        events.push(Event::Ordered {
            version: self.versions + 1,
            purpose: Purpose::Application { application, order },
            revision,
            portrait,
            facts,
            alert_at: cx.policy.first_alert(cx.now),
        });
        Ok(events)
    }

    fn admits(&self, application: InstanceId) -> bool {
        self.admission.as_ref().is_some_and(|admission| admission.application == application)
    }

    /// The end of the open order, if there is one.
    pub(super) fn abandoned(&self, cause: NotIssued) -> Vec<Event> {
        let end = self.order.as_ref().map(|order| Event::OrderAbandoned {
            version: order.version,
            purpose: order.purpose.clone(),
            cause,
        });
        end.into_iter().collect()
    }

    /// The end of the open order, if it is of this application.
    fn abandoned_for(&self, application: InstanceId, cause: NotIssued) -> Vec<Event> {
        let its_own = |order: &Order| order.purpose.application().is_some_and(|(by, _)| by == application);
        if self.order.as_ref().is_some_and(its_own) { self.abandoned(cause) } else { vec![] }
    }
}

fn reserved(application: InstanceId, person: PersonId, portrait: PortraitKind, cx: &Cx<'_>) -> Event {
    Event::Reserved { application, person, portrait, alert_at: cx.policy.admission_alert(cx.now) }
}
