//! What became of effects. An answer to what is not waited for any more changes nothing, unless licences were
//! followed: that is counted.

use std::time::Duration;

use sealwright_engine::Timestamp;

use super::messages::{Answer, Event, Kind};
use super::state::{Course, Ending, Step, Sweep, Underway};
use super::{Cx, EVENTS};

impl Sweep {
    pub(super) fn answered(&self, answer: Answer, cx: &Cx<'_>) -> Vec<Event> {
        match self {
            Sweep::New => vec![],
            Sweep::Begun(course) => course.answered(answer, cx).into_iter().collect(),
        }
    }
}

impl Course {
    fn answered(&self, answer: Answer, cx: &Cx<'_>) -> Option<Event> {
        let alert_at = cx.policy.first_alert(cx.now);
        match (answer, &self.step) {
            // Cancelled meanwhile, it still holds the way and has to leave.
            (Answer::Admitted { cursor, known }, Step::Entering | Step::Leaving(Ending::Cancelled, None))
                if self.entered.is_none() =>
            {
                let cursor = cursor.filter(|_| !self.anew);
                Some(Event::Admitted { cursor, known, alert_at })
            }
            (Answer::Occupied { by }, Step::Entering) => Some(Event::Skipped { by }),
            (Answer::Occupied { .. }, Step::Leaving(Ending::Cancelled, None)) if self.entered.is_none() => {
                Some(Event::Left)
            }
            (Answer::Swept { slice, tally, differing, next, end }, Step::Sweeping) if slice == self.slice => {
                // A place within a page is no place to leave the rest to another sweep.
                let cut = !end && next.line == 0 && self.events >= EVENTS;
                let end = end || cut;
                let pace = match self.kind {
                    Kind::Changes => tally.counts.seen,
                    Kind::Full => 0,
                };
                let rest_until = self.rest(pace, cx.now).filter(|_| !end);
                Some(Event::Swept { slice, tally, differing, next, end, cut, rest_until, alert_at })
            }
            (Answer::Followed { slice, tally }, Step::Following { end, .. }) if slice == self.slice => {
                let rest_until = self.rest(tally.counts.followed(), cx.now).filter(|_| !*end);
                Some(Event::Followed { slice, tally, rest_until, alert_at })
            }
            (
                Answer::Swept { slice, tally, .. },
                Step::Leaving(_, Some(Underway::Sweeping(open)))
                | Step::Ended(_, Some(Underway::Sweeping(open))),
            ) if slice == *open => Some(Event::FollowedLate { tally }),
            (
                Answer::Followed { slice, tally },
                Step::Leaving(_, Some(Underway::Following(open)))
                | Step::Ended(_, Some(Underway::Following(open))),
            ) if slice == *open => Some(Event::FollowedLate { tally }),
            (Answer::Left, Step::Leaving(..)) if self.entered.is_some() => Some(Event::Left),
            (
                Answer::Admitted { .. }
                | Answer::Occupied { .. }
                | Answer::Swept { .. }
                | Answer::Followed { .. }
                | Answer::Left,
                _,
            ) => None,
        }
    }

    /// When `licences` followed since the present step began were not too many.
    fn rest(&self, licences: u64, now: Timestamp) -> Option<Timestamp> {
        if self.dry_run {
            return None;
        }
        let micros = licences.saturating_mul(1_000_000) / u64::from(self.per_second.max(1));
        Some(self.since + Duration::from_micros(micros)).filter(|until| *until > now)
    }
}
