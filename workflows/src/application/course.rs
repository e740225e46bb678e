//! What comes next, when nobody has to be asked for it.

use super::messages::Event;
use super::refusal::Refusal;
use super::state::{Admission, Application, Case, Seen};
use super::waiting::Waiting;
use super::{Cx, gate};
use crate::licence::NotIssued;
use crate::policy::{Path, Step};

/// More events than one command can bring about.
const TURNS: usize = 8;

impl Application {
    /// `events`, and those that follow of themselves until somebody has to be waited for.
    pub(super) fn carried_on(&self, mut events: Vec<Event>, cx: &Cx<'_>) -> Vec<Event> {
        let mut state = self.clone();
        for event in &events {
            state = state.after(event, cx.now);
        }
        for _ in 0..TURNS {
            let Application::Open(case, Waiting::Between) = &state else {
                break;
            };
            let next = case.next_event(cx);
            state = state.after(&next, cx.now);
            events.push(next);
        }
        events
    }
}

impl Case {
    fn next_event(&self, cx: &Cx<'_>) -> Event {
        let Some(seen) = &self.record else {
            // Without a record there is nothing to go on with but asking for it.
            return Event::RecheckAsked { alert_at: cx.policy.first_alert(cx.now) };
        };
        let alert_at = cx.policy.first_alert(cx.now);
        if self.admission == Admission::None {
            return match gate::refusal(&seen.facts, cx.policy, cx.now) {
                Some(refusal) => Event::Refused { refusal },
                None => Event::AdmissionAsked { portrait: self.portrait_kind(&seen.facts), alert_at },
            };
        }
        if self.next_step() == Some(Step::Liveness) {
            return Event::LivenessAsked { session: self.sessions.saturating_add(1), alert_at };
        }
        if self.needs_review() {
            let (due, provisional) = cx.policy.review_due(cx.now);
            return Event::ReviewAsked { task: self.tasks.saturating_add(1), due, provisional };
        }
        self.order(seen, cx)
    }

    /// The document, unless the record has to be looked at or confirmed again.
    fn order(&self, seen: &Seen, cx: &Cx<'_>) -> Event {
        let alert_at = cx.policy.first_alert(cx.now);
        if cx.policy.record_is_stale(seen.at, cx.now) {
            return Event::RecheckAsked { alert_at };
        }
        if let Some(refusal) = gate::refusal(&seen.facts, cx.policy, cx.now) {
            return Event::Refused { refusal };
        }
        if self.path() == Some(Path::Retained) && !seen.facts.retained_photo_usable {
            return Event::Refused { refusal: Refusal::NotIssued(NotIssued::PhotoMissing) };
        }
        if seen.revision > self.confirmed {
            return Event::ConfirmationAsked;
        }
        Event::IssueOrdered { order: self.orders.saturating_add(1), alert_at }
    }
}
