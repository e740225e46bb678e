//! A sweep's deadlines: its pace, and that nothing is waited for in silence.

use sealwright_engine::Timestamp;

use super::Cx;
use super::messages::{Event, Timer};
use super::state::{Step, Sweep};

impl Sweep {
    /// A deadline that is not the present one, or fires early, changes nothing.
    pub(super) fn timer(&self, timer: Timer, cx: &Cx<'_>) -> Vec<Event> {
        let Sweep::Begun(course) = self else {
            return vec![];
        };
        if self.next_timer().is_none_or(|(due, present)| present != timer || cx.now < due) {
            return vec![];
        }
        match timer {
            Timer::Rested => vec![Event::Rested { alert_at: cx.policy.first_alert(cx.now) }],
            Timer::Overdue => vec![Event::Stalled {
                times: course.alert.1.saturating_add(1),
                next: cx.policy.next_alert(course.since, cx.now),
            }],
        }
    }

    pub(super) fn next_timer(&self) -> Option<(Timestamp, Timer)> {
        let Sweep::Begun(course) = self else { return None };
        match course.step {
            Step::Ended(..) => None,
            Step::Resting(until) if !course.paused => Some((until, Timer::Rested)),
            Step::Resting(_)
            | Step::Entering
            | Step::Sweeping
            | Step::Following { .. }
            | Step::Leaving(..) => Some((course.alert.0, Timer::Overdue)),
        }
    }
}
