//! The licence's deadlines: nothing that it waits for is waited for in silence.

use sealwright_engine::Timestamp;

use super::messages::{Event, Timer};
use super::state::Licence;
use super::{Cx, Decision};

impl Licence {
    /// A deadline that is not the present one, or fires early, changes nothing.
    pub(super) fn timer(&self, timer: Timer, cx: &Cx<'_>) -> Decision {
        let Licence::Known(life) = self else {
            return Ok(vec![]);
        };
        if self.next_timer().is_none_or(|(due, present)| present != timer || cx.now < due) {
            return Ok(vec![]);
        }
        let event = match timer {
            Timer::OrderOverdue => life.order.as_ref().map(|order| Event::OrderStalled {
                version: order.version,
                times: order.alert.1.saturating_add(1),
                next: cx.policy.next_alert(order.since, cx.now),
            }),
            Timer::AdmissionOverdue => life.admission.as_ref().map(|admission| Event::AdmissionStalled {
                times: admission.alert.1.saturating_add(1),
                next: cx.policy.admission_alert(cx.now),
            }),
            Timer::CheckDue => Some(Event::Checked {
                next: match life.missing {
                    Some((since, _)) => cx.policy.next_alert(since, cx.now),
                    None => {
                        let facts = life.facts.as_ref().or(life.document.as_ref().map(|it| &it.facts));
                        cx.policy.next_look(facts, cx.now)
                    }
                },
            }),
        };
        Ok(event.into_iter().collect())
    }

    /// The soonest of what is waited for.
    pub(super) fn next_timer(&self) -> Option<(Timestamp, Timer)> {
        let Licence::Known(life) = self else { return None };
        let order = life.order.as_ref().map(|order| (order.alert.0, Timer::OrderOverdue));
        let admission = life.admission.as_ref().map(|open| (open.alert.0, Timer::AdmissionOverdue));
        let check = life.in_force().map(|document| (document.check_at, Timer::CheckDue));
        [order, admission, check].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}
