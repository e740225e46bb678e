//! What a claim is asked, records, wants done and refuses.

use sealwright_engine::Timestamp;
use serde::{Deserialize, Serialize};

use super::Outcome;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    Applicant(Applicant),
    Reviewer(Reviewer),
    Answer(Answer),
    Timer(Timer),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Applicant {
    Submit { amount: u32 },
    Correct { amount: u32 },
    Withdraw,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reviewer {
    Approve,
    SendBack,
    Refuse,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Answer {
    Covered,
    NotCovered,
    Paid,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Timer {
    CheckOverdue,
    ReviewOverdue,
    Remind,
    Expire,
    PaymentOverdue,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Submitted { amount: u32, until: Timestamp },
    ReviewAsked { due: Timestamp },
    SecondLookAsked { first: String, due: Timestamp },
    ReviewOverdue { due: Timestamp },
    SentBack { until: Timestamp },
    Reminded { until: Timestamp },
    Corrected { amount: u32, until: Timestamp },
    Approved { nag_at: Timestamp },
    PaymentOverdue { nag_at: Timestamp },
    Ended(Outcome),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Effect {
    Check { amount: u32 },
    Pay { amount: u32 },
    Tell(String),
    Alert(String),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rejection {
    #[error("not in this phase: {0}")]
    NotNow(String),
    #[error("this is not for you to decide")]
    NotYours,
    #[error("an amount must be more than nothing")]
    NoAmount,
    #[error("it was corrected {0} times already")]
    TooManyCorrections(u8),
}

impl From<Applicant> for Command {
    fn from(command: Applicant) -> Self {
        Command::Applicant(command)
    }
}

impl From<Reviewer> for Command {
    fn from(command: Reviewer) -> Self {
        Command::Reviewer(command)
    }
}

impl From<Answer> for Command {
    fn from(command: Answer) -> Self {
        Command::Answer(command)
    }
}
