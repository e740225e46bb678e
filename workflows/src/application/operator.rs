//! What an operator, or a schedule, may do.

use super::messages::{Event, Operator, Rejection};
use super::state::Application;
use super::waiting::Waiting;
use super::{Cx, Decision};

impl Application {
    pub(super) fn operator(&self, command: Operator, cx: &Cx<'_>) -> Decision {
        match (command, self) {
            (_, Application::New) => Err(Rejection::NotBegun),
            (Operator::RecomputeDue, Application::Open(_, Waiting::Review(review))) => {
                let (due, provisional) = cx.policy.review_due(review.submitted_at);
                let same = (due, provisional) == (review.due, review.provisional);
                Ok(if same { vec![] } else { vec![Event::DueMoved { due, provisional }] })
            }
            // Woken by name, and too late: there is nothing left to move.
            (Operator::RecomputeDue, Application::Open(..) | Application::Closed(_)) => Ok(vec![]),
            // The licence answers every order; until then the document may come to exist.
            (Operator::Abandon, Application::Open(_, Waiting::Issue(_))) => Err(Rejection::IssueOrdered),
            (Operator::Abandon, Application::Open(..)) => Ok(vec![Event::Abandoned]),
            (Operator::Abandon, Application::Closed(ending)) => match ending.outcome.as_str() {
                "abandoned" => Ok(vec![]),
                outcome => Err(Rejection::Over { outcome: outcome.into() }),
            },
        }
    }
}
