//! What the office decides about a photo: only who holds the task, only once, and nothing at once.

use std::collections::BTreeSet;

use super::messages::{Event, Rejection, Reviewer, Verdict};
use super::state::{Application, Case};
use super::waiting::{Review, Stage, Waiting};
use super::{Cx, Decision};
use crate::policy::Severity;

/// The key of a task.
pub(super) fn task_key(number: u32) -> String {
    format!("photo-{number}")
}

impl Application {
    pub(super) fn reviewer(&self, command: Reviewer, who: &str, key: &str, cx: &Cx<'_>) -> Decision {
        let (case, review) = match self {
            Application::New => return Err(Rejection::NotBegun),
            Application::Open(case, Waiting::Review(review)) => (case, review),
            Application::Open(..) | Application::Closed(_) => return Err(Rejection::TaskOver),
        };
        match &review.stage {
            Stage::Task { number, .. } if task_key(*number) == key => {}
            Stage::Task { .. } | Stage::Window { .. } => return Err(Rejection::TaskOver),
        }
        if review.involved().contains(who) {
            return Err(Rejection::Excluded);
        }
        match command {
            Reviewer::Approve => Ok(vec![decided(who, Verdict::Approved, cx)]),
            Reviewer::Reject { reasons } => {
                let severity = worst(&reasons, cx)?;
                let verdict = Verdict::Rejected { reasons, severity };
                if verdict.bars() && review.for_a_lead() && !review.somebody_bars() {
                    return Err(Rejection::BarAlone);
                }
                Ok(vec![decided(who, verdict, cx)])
            }
            Reviewer::SecondLook => review.pass_on(case, who),
            Reviewer::Hold { until } => {
                let limit = cx.policy.hold_limit(cx.now);
                if until <= cx.now || until > limit {
                    let bounds = format!("later than now and not after {limit}");
                    return Err(Rejection::OutOfBounds { what: "until".into(), bounds });
                }
                Ok(vec![Event::Held { by: who.into(), until, task: case.tasks.saturating_add(1) }])
            }
            Reviewer::Undo => Err(Rejection::NothingToUndo),
        }
    }

    /// Takes a decision back. It was the person's own and its window lasts: nobody needs a lease for that.
    pub(super) fn undo(&self, who: &str, cx: &Cx<'_>) -> Decision {
        let (case, review) = match self {
            Application::New => return Err(Rejection::NotBegun),
            Application::Open(case, Waiting::Review(review)) => (case, review),
            Application::Open(..) | Application::Closed(_) => return Err(Rejection::NothingToUndo),
        };
        match &review.stage {
            Stage::Task { .. } => Err(Rejection::NothingToUndo),
            Stage::Window { vote, .. } if vote.by != who => Err(Rejection::NotYourDecision),
            // The window ends by the clock, not by when its deadline happens to fire.
            Stage::Window { release_at, .. } if cx.now >= *release_at => {
                Err(Rejection::TooLateToUndo { at: *release_at })
            }
            Stage::Window { .. } => Ok(vec![Event::Undone {
                by: who.into(),
                task: case.tasks.saturating_add(1),
                reserved_until: cx.policy.undone_until(cx.now),
            }]),
        }
    }
}

impl Review {
    fn pass_on(&self, case: &Case, who: &str) -> Decision {
        if self.passed_by.is_some() || !self.votes.is_empty() {
            return Err(Rejection::NotPassedOnAgain);
        }
        Ok(vec![Event::PassedOn { by: who.into(), task: case.tasks.saturating_add(1) }])
    }
}

fn decided(who: &str, verdict: Verdict, cx: &Cx<'_>) -> Event {
    Event::Decided { by: who.into(), verdict, release_at: cx.policy.release_at(cx.now) }
}

fn worst(reasons: &BTreeSet<String>, cx: &Cx<'_>) -> Result<Severity, Rejection> {
    let known = |code: &String| {
        let reason = cx.policy.reasons.get(code);
        reason.map(|reason| reason.severity).ok_or_else(|| Rejection::UnknownReason { code: code.clone() })
    };
    let severities: Vec<Severity> = reasons.iter().map(known).collect::<Result<_, _>>()?;
    severities.into_iter().max().ok_or(Rejection::NoReasons)
}
