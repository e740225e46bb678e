//! The application's deadlines. After a long outage the harder consequence comes at once, not all of
//! them in a row: an expired application is not reminded first.

use sealwright_engine::Timestamp;

use super::messages::{Event, Failure, Timer};
use super::state::Application;
use super::waiting::{Answerer, Session, Silence, Stage, Waiting};
use super::{Cx, Decision};

impl Application {
    /// A deadline that is not the present one, or fires early, changes nothing.
    pub(super) fn timer(&self, timer: Timer, cx: &Cx<'_>) -> Decision {
        let Application::Open(case, waiting) = self else {
            return Ok(vec![]);
        };
        if self.next_timer().is_none_or(|(due, present)| present != timer || cx.now < due) {
            return Ok(vec![]);
        }
        Ok(match waiting {
            Waiting::Record(answerer)
            | Waiting::Admission(answerer)
            | Waiting::Recheck(answerer)
            | Waiting::Issue(answerer)
            | Waiting::Liveness(Session::Asked(_, answerer)) => vec![Event::AnswerStalled {
                times: answerer.told.saturating_add(1),
                next: cx.policy.next_alert(answerer.since, cx.now),
            }],
            Waiting::Path(silence)
            | Waiting::Step(_, silence)
            | Waiting::Liveness(Session::Failed(_, silence)) => {
                vec![if cx.now >= silence.expire_at { Event::Expired } else { Event::Reminded }]
            }
            Waiting::Liveness(Session::Running { session, .. }) => {
                vec![Event::LivenessFailed { session: *session, failure: Failure::Lapsed, serial: None }]
            }
            Waiting::Review(review) => match &review.stage {
                Stage::Task { .. } => vec![Event::ReviewOverdue {
                    times: review.nagged.saturating_add(1),
                    next: cx.policy.next_nag(cx.now),
                }],
                Stage::Window { vote, .. } => self.consequence(case, review, vote, cx),
            },
            Waiting::Between => vec![],
        })
    }

    pub(super) fn next_timer(&self) -> Option<(Timestamp, Timer)> {
        let Application::Open(_, waiting) = self else {
            return None;
        };
        match waiting {
            Waiting::Record(Answerer { alert_at, .. })
            | Waiting::Admission(Answerer { alert_at, .. })
            | Waiting::Recheck(Answerer { alert_at, .. })
            | Waiting::Issue(Answerer { alert_at, .. })
            | Waiting::Liveness(Session::Asked(_, Answerer { alert_at, .. })) => {
                Some((*alert_at, Timer::AnswerOverdue))
            }
            Waiting::Path(silence)
            | Waiting::Step(_, silence)
            | Waiting::Liveness(Session::Failed(_, silence)) => {
                Some((silence.next(), Timer::ApplicantSilent))
            }
            Waiting::Liveness(Session::Running { until, .. }) => Some((*until, Timer::SessionOver)),
            Waiting::Review(review) => Some(match &review.stage {
                Stage::Task { .. } => (review.nag_at, Timer::ReviewOverdue),
                Stage::Window { release_at, .. } => (*release_at, Timer::WindowOver),
            }),
            Waiting::Between => None,
        }
    }
}

impl Silence {
    fn next(&self) -> Timestamp {
        self.remind_at.map_or(self.expire_at, |remind_at| remind_at.min(self.expire_at))
    }
}
