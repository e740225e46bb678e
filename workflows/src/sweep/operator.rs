//! What begins a sweep, and what an operator may do to one.

use super::messages::{Event, Operator, Rejection, Start};
use super::state::{Course, Ending, Step, Sweep};
use super::{Cx, Decision, PER_SECOND};

impl Sweep {
    pub(super) fn start(&self, start: Start, cx: &Cx<'_>) -> Decision {
        let Sweep::New = self else {
            return Err(Rejection::AlreadyBegun);
        };
        let Start { kind, per_second, dry_run, anew, schedule } = start;
        let per_second = per_second.unwrap_or(cx.policy.sweep.per_second);
        if !(1..=PER_SECOND).contains(&per_second) {
            return Err(Rejection::Speed { per_second });
        }
        let alert_at = cx.policy.first_alert(cx.now);
        Ok(vec![Event::Started { kind, dry_run, anew, per_second, schedule, alert_at }])
    }

    pub(super) fn operator(&self, command: Operator, cx: &Cx<'_>) -> Decision {
        let Sweep::Begun(course) = self else {
            return Err(Rejection::NotBegun);
        };
        let alert_at = cx.policy.first_alert(cx.now);
        if let Some(ending) = course.over() {
            return match (command, ending) {
                (Operator::Cancel, Ending::Cancelled) => Ok(vec![]),
                (Operator::Pause | Operator::Resume | Operator::Cancel, ending) => {
                    Err(Rejection::Over { ending: ending.as_str().into() })
                }
            };
        }
        Ok(match command {
            Operator::Pause if course.paused => vec![],
            Operator::Pause => vec![Event::Paused { alert_at }],
            Operator::Resume if course.paused => vec![Event::Resumed { alert_at }],
            Operator::Resume => vec![],
            // A dry run holds nothing that has to be freed.
            Operator::Cancel if course.dry_run => vec![Event::Cancelled { alert_at }, Event::Left],
            Operator::Cancel => vec![Event::Cancelled { alert_at }],
        })
    }
}

impl Course {
    fn over(&self) -> Option<Ending> {
        match self.step {
            Step::Leaving(ending, _) | Step::Ended(ending, _) => Some(ending),
            Step::Entering | Step::Sweeping | Step::Following { .. } | Step::Resting(_) => None,
        }
    }
}
