//! What follows when a decision can no longer be undone.

use super::Cx;
use super::messages::{Event, Verdict};
use super::refusal::Refusal;
use super::state::{Application, Case};
use super::waiting::{Review, Vote};
use crate::policy::Severity;

impl Application {
    /// The consequence of `vote`, whose window is over.
    pub(super) fn consequence(&self, case: &Case, review: &Review, vote: &Vote, cx: &Cx<'_>) -> Vec<Event> {
        let task = case.tasks.saturating_add(1);
        match review.votes.as_slice() {
            [] if case.needs_another(&vote.verdict, cx) => vec![Event::SecondLookAsked { task }],
            [first] if !first.verdict.agrees_with(&vote.verdict) => vec![Event::LeadAsked { task }],
            [] | [_] | [_, ..] => self.concluded(case, review, &vote.verdict, cx),
        }
    }

    fn concluded(&self, case: &Case, review: &Review, verdict: &Verdict, cx: &Cx<'_>) -> Vec<Event> {
        let (reasons, severity) = match verdict {
            Verdict::Approved => return self.carried_on(vec![Event::PhotoApproved], cx),
            Verdict::Rejected { reasons, severity } => (reasons, severity),
        };
        // Two who agree may have seen different faults; the applicant is told of all of them.
        let mut reasons = reasons.clone();
        for vote in &review.votes {
            if let Verdict::Rejected { reasons: theirs, severity: same } = &vote.verdict
                && same == severity
            {
                reasons.extend(theirs.iter().cloned());
            }
        }
        let failures = case.earlier_failures.saturating_add(case.failures).saturating_add(1);
        let tries_left = cx.policy.licence.failures.saturating_sub(failures);
        vec![match severity {
            Severity::Fixable if tries_left == 0 => {
                Event::Refused { refusal: Refusal::TooManyFailures { reasons } }
            }
            Severity::Fixable => Event::PhotoRejected { reasons, tries_left },
            Severity::Refused => Event::Refused { refusal: Refusal::PhotoRefused { reasons } },
            Severity::Barred => Event::Barred { reasons },
        }]
    }
}

impl Case {
    /// Whether the first decision is not enough: a bar, a reason that asks for it, or one that the policy
    /// chose.
    fn needs_another(&self, verdict: &Verdict, cx: &Cx<'_>) -> bool {
        let rates = &cx.policy.review.second_look;
        let (asked, rate) = match verdict {
            Verdict::Approved => (false, rates.approved_per_mille),
            Verdict::Rejected { reasons, .. } => {
                let asks = |code| cx.policy.reasons.get(code).is_some_and(|reason| reason.second_look);
                (verdict.bars() || reasons.iter().any(asks), rates.rejected_per_mille)
            }
        };
        asked || cx.policy.chosen(cx.instance, self.tasks, rate)
    }
}
