//! Which effects are no longer wanted. Asked before each attempt.

use super::messages::{Effect, Notice, Stalled};
use super::state::Application;
use super::waiting::{Session, Waiting};
use crate::policy::Step;

impl Application {
    pub(super) fn is_moot(&self, effect: &Effect) -> bool {
        match effect {
            Effect::LookUpRecord { .. } => {
                !matches!(self.waiting(), Some(Waiting::Record(_) | Waiting::Recheck(_)))
            }
            Effect::Reserve { .. } => !matches!(self.waiting(), Some(Waiting::Admission(_))),
            Effect::OrderIssue { order, .. } => !matches!(self,
                Application::Open(case, Waiting::Issue(_)) if case.orders == *order),
            Effect::StartLiveness { session, .. } => !matches!(self.waiting(),
                Some(Waiting::Liveness(Session::Asked(asked, _))) if asked == session),
            Effect::PollLiveness { session, .. } => !matches!(self.waiting(),
                Some(Waiting::Liveness(Session::Running { session: running, .. })) if running == session),
            Effect::Notify { notice, .. } => self.is_stale(notice),
            Effect::AlertOperator { about, .. } => match about {
                Stalled::Review => self.waiting().is_none_or(|waiting| waiting.review().is_none()),
                Stalled::UnreadableRecord => false,
                Stalled::Register | Stalled::Admission | Stalled::LivenessVendor | Stalled::Issue => {
                    !self.stalls(*about)
                }
            },
            // Given back is given back, however late.
            Effect::Release { .. } | Effect::Bar { .. } => false,
        }
    }

    fn is_stale(&self, notice: &Notice) -> bool {
        match notice {
            Notice::Issued { .. }
            | Notice::Refused { .. }
            | Notice::Barred { .. }
            | Notice::Expired
            | Notice::Withdrawn
            | Notice::Abandoned => false,
            Notice::PhotoRejected { .. } => {
                !matches!(self, Application::Open(case, _) if !case.done.contains(&Step::Photo))
            }
            Notice::ConfirmAgain { revision } => !matches!(self,
                Application::Open(case, Waiting::Step(Step::Information, _))
                    if case.record.as_ref().is_some_and(|seen| seen.revision == *revision)),
            Notice::Reminder { expires_at, .. } => {
                let silence = self.waiting().and_then(Waiting::silence);
                silence.is_none_or(|silence| silence.expire_at != *expires_at)
            }
            Notice::Delayed { about } => !self.stalls(*about),
        }
    }

    fn stalls(&self, about: Stalled) -> bool {
        let answerer = self.waiting().and_then(Waiting::answerer);
        answerer.is_some_and(|(whom, answerer)| whom == about && answerer.told > 0)
    }
}
