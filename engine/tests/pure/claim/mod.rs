//! An expense claim: checked by a ledger, reviewed by a person, by a second one if it is large,
//! sent back to be corrected, paid.

mod messages;

use std::collections::BTreeSet;
use std::time::Duration;

use sealwright_engine::explore::Samples;
use sealwright_engine::{Actor, Context, Labels, Phase, Task, Timestamp, Workflow};
use serde::{Deserialize, Serialize};

pub(crate) use messages::{Answer, Applicant, Command, Effect, Event, Rejection, Reviewer, Timer};

pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

#[derive(Clone, Serialize)]
pub(crate) struct Rules {
    pub(crate) second_look_over: u32,
    pub(crate) corrections: u8,
}

impl Default for Rules {
    fn default() -> Self {
        Self { second_look_over: 1_000, corrections: 2 }
    }
}

#[derive(Clone, Default, Debug, PartialEq)]
pub(crate) enum Claim {
    #[default]
    New,
    Open(Case, Step),
    Closed(Outcome),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) amount: u32,
    pub(crate) corrected: u8,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Checking { until: Timestamp },
    Review { due: Timestamp, nagged: bool },
    SecondLook { first: String, due: Timestamp, nagged: bool },
    Correcting { until: Timestamp, reminded: bool },
    Paying { nag_at: Timestamp },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Paid,
    Refused,
    Withdrawn,
    Expired,
}

impl Claim {
    fn not_now(&self) -> Rejection {
        Rejection::NotNow(self.phase().name().into())
    }

    fn applicant(&self, command: Applicant, cx: &Context<'_, Rules>) -> Result<Vec<Event>, Rejection> {
        if !matches!(cx.actor, Actor::Applicant(_)) {
            return Err(Rejection::NotYours);
        }
        match (self, command) {
            (_, Applicant::Submit { amount: 0 } | Applicant::Correct { amount: 0 }) => {
                Err(Rejection::NoAmount)
            }
            (Claim::New, Applicant::Submit { amount }) => {
                Ok(vec![Event::Submitted { amount, until: cx.now + HOUR }])
            }
            (Claim::Open(_, Step::Correcting { .. }), Applicant::Correct { amount }) => {
                Ok(vec![Event::Corrected { amount, until: cx.now + HOUR }])
            }
            (Claim::Open(_, Step::Paying { .. }), Applicant::Withdraw) => Err(self.not_now()),
            (Claim::Open(..), Applicant::Withdraw) => Ok(vec![Event::Ended(Outcome::Withdrawn)]),
            _ => Err(self.not_now()),
        }
    }

    fn reviewer(&self, command: Reviewer, cx: &Context<'_, Rules>) -> Result<Vec<Event>, Rejection> {
        let Actor::Holder { id, .. } = cx.actor else {
            return Err(Rejection::NotYours);
        };
        let Claim::Open(case, step @ (Step::Review { .. } | Step::SecondLook { .. })) = self else {
            return Err(self.not_now());
        };
        match (step, command) {
            (Step::Review { .. }, Reviewer::Approve) if case.amount > cx.policy.second_look_over => {
                Ok(vec![Event::SecondLookAsked { first: id.clone(), due: cx.now + DAY }])
            }
            (_, Reviewer::Approve) => Ok(vec![Event::Approved { nag_at: cx.now + DAY }]),
            (_, Reviewer::Refuse) => Ok(vec![Event::Ended(Outcome::Refused)]),
            (_, Reviewer::SendBack) if case.corrected >= cx.policy.corrections => {
                Err(Rejection::TooManyCorrections(case.corrected))
            }
            (_, Reviewer::SendBack) => Ok(vec![Event::SentBack { until: cx.now + DAY * 7 }]),
        }
    }

    /// A late answer changes nothing.
    fn answer(&self, command: Answer, cx: &Context<'_, Rules>) -> Vec<Event> {
        match (self, command) {
            (Claim::Open(_, Step::Checking { .. }), Answer::Covered) => {
                vec![Event::ReviewAsked { due: cx.now + DAY }]
            }
            (Claim::Open(_, Step::Checking { .. }), Answer::NotCovered) => {
                vec![Event::Ended(Outcome::Refused)]
            }
            (Claim::Open(_, Step::Paying { .. }), Answer::Paid) => vec![Event::Ended(Outcome::Paid)],
            _ => vec![],
        }
    }

    fn timer(&self, command: Timer, cx: &Context<'_, Rules>) -> Vec<Event> {
        match (self, command) {
            (Claim::Open(_, Step::Checking { .. }), Timer::CheckOverdue) => {
                vec![Event::ReviewAsked { due: cx.now + DAY }]
            }
            (Claim::Open(_, Step::Review { .. } | Step::SecondLook { .. }), Timer::ReviewOverdue) => {
                vec![Event::ReviewOverdue { due: cx.now + DAY }]
            }
            (Claim::Open(_, Step::Correcting { until, reminded: false }), Timer::Remind)
                if cx.now < *until =>
            {
                vec![Event::Reminded { until: *until }]
            }
            (Claim::Open(_, Step::Correcting { .. }), Timer::Remind | Timer::Expire) => {
                vec![Event::Ended(Outcome::Expired)]
            }
            (Claim::Open(_, Step::Paying { .. }), Timer::PaymentOverdue) => {
                vec![Event::PaymentOverdue { nag_at: cx.now + DAY }]
            }
            _ => vec![],
        }
    }
}

impl Workflow for Claim {
    const NAME: &'static str = "expense_claim";
    type Policy = Rules;
    type Command = Command;
    type Event = Event;
    type Effect = Effect;
    type Rejection = Rejection;

    fn decide(&self, command: Command, cx: &Context<'_, Rules>) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Applicant(command) => self.applicant(command, cx),
            Command::Reviewer(command) => self.reviewer(command, cx),
            Command::Answer(command) => Ok(self.answer(command, cx)),
            Command::Timer(command) if *cx.actor == Actor::Timer => Ok(self.timer(command, cx)),
            Command::Timer(_) => Err(Rejection::NotYours),
        }
    }

    fn evolve(self, event: &Event, _at: Timestamp) -> Self {
        let (case, step) = match self {
            Claim::New => (Case { amount: 0, corrected: 0 }, None),
            Claim::Open(case, step) => (case, Some(step)),
            closed @ Claim::Closed(_) => return closed,
        };
        match event.clone() {
            Event::Submitted { amount, until } => {
                Claim::Open(Case { amount, ..case }, Step::Checking { until })
            }
            Event::ReviewAsked { due } => Claim::Open(case, Step::Review { due, nagged: false }),
            Event::SecondLookAsked { first, due } => {
                Claim::Open(case, Step::SecondLook { first, due, nagged: false })
            }
            Event::ReviewOverdue { due } => match step {
                Some(Step::SecondLook { first, .. }) => {
                    Claim::Open(case, Step::SecondLook { first, due, nagged: true })
                }
                _ => Claim::Open(case, Step::Review { due, nagged: true }),
            },
            Event::SentBack { until } => Claim::Open(case, Step::Correcting { until, reminded: false }),
            Event::Reminded { until } => Claim::Open(case, Step::Correcting { until, reminded: true }),
            Event::Corrected { amount, until } => {
                let corrected = case.corrected + 1;
                Claim::Open(Case { amount, corrected }, Step::Checking { until })
            }
            Event::Approved { nag_at } | Event::PaymentOverdue { nag_at } => {
                Claim::Open(case, Step::Paying { nag_at })
            }
            Event::Ended(outcome) => Claim::Closed(outcome),
        }
    }

    fn phase(&self) -> Phase {
        match self {
            Claim::New => Phase::Open("new"),
            Claim::Open(_, Step::Checking { .. }) => Phase::Open("checking"),
            Claim::Open(_, Step::Review { .. }) => Phase::Open("review"),
            Claim::Open(_, Step::SecondLook { .. }) => Phase::Open("second_look"),
            Claim::Open(_, Step::Correcting { .. }) => Phase::Open("correcting"),
            Claim::Open(_, Step::Paying { .. }) => Phase::Open("paying"),
            Claim::Closed(Outcome::Paid) => Phase::Closed("paid"),
            Claim::Closed(Outcome::Refused) => Phase::Closed("refused"),
            Claim::Closed(Outcome::Withdrawn) => Phase::Closed("withdrawn"),
            Claim::Closed(Outcome::Expired) => Phase::Closed("expired"),
        }
    }

    fn react(&self, event: &Event) -> Vec<Effect> {
        let amount = if let Claim::Open(case, _) = self { case.amount } else { 0 };
        match event {
            Event::Submitted { .. } | Event::Corrected { .. } => vec![Effect::Check { amount }],
            Event::Approved { .. } => vec![Effect::Pay { amount }, Effect::Tell("approved".into())],
            Event::SentBack { .. } => vec![Effect::Tell("sent_back".into())],
            Event::Reminded { .. } => vec![Effect::Tell("reminder".into())],
            Event::ReviewOverdue { .. } => vec![Effect::Alert("review".into())],
            Event::PaymentOverdue { .. } => vec![Effect::Alert("payment".into())],
            Event::Ended(_) => vec![Effect::Tell("ended".into())],
            Event::ReviewAsked { .. } | Event::SecondLookAsked { .. } => vec![],
        }
    }

    fn moot(&self, effect: &Effect) -> bool {
        match effect {
            Effect::Check { .. } => !matches!(self, Claim::Open(_, Step::Checking { .. })),
            Effect::Tell(what) if what == "reminder" => {
                !matches!(self, Claim::Open(_, Step::Correcting { .. }))
            }
            _ => false,
        }
    }

    fn deadline(&self) -> Option<(Timestamp, Command)> {
        let Claim::Open(_, step) = self else { return None };
        let (due, command) = match step {
            Step::Checking { until } => (*until, Timer::CheckOverdue),
            Step::Review { due, .. } | Step::SecondLook { due, .. } => (*due, Timer::ReviewOverdue),
            Step::Correcting { until, reminded: false } => (*until - DAY * 2, Timer::Remind),
            Step::Correcting { until, reminded: true } => (*until, Timer::Expire),
            Step::Paying { nag_at } => (*nag_at, Timer::PaymentOverdue),
        };
        Some((due, Command::Timer(command)))
    }

    fn task(&self) -> Option<Task> {
        let Claim::Open(case, step) = self else {
            return None;
        };
        let (due, key, excluded) = match step {
            Step::Review { due, .. } => (*due, format!("review-{}", case.corrected), BTreeSet::new()),
            Step::SecondLook { first, due, .. } => {
                (*due, format!("second-{}", case.corrected), BTreeSet::from([first.clone()]))
            }
            _ => return None,
        };
        let roles = BTreeSet::from(["reviewer".into()]);
        Some(Task { key, queue: "claims".into(), due, roles, excluded, reserved: None })
    }

    fn labels(&self) -> Labels {
        match self {
            Claim::Open(case, _) => Labels::none().with("corrected", case.corrected),
            _ => Labels::none(),
        }
    }
}

pub(crate) fn samples() -> Samples<Claim> {
    let applicant = || Actor::Applicant("applicant".into());
    let mut samples = Samples::default()
        .send(applicant(), Applicant::Submit { amount: 0 })
        .send(applicant(), Applicant::Submit { amount: 80 })
        .send(applicant(), Applicant::Submit { amount: 5_000 })
        .send(applicant(), Applicant::Correct { amount: 70 })
        .send(applicant(), Applicant::Withdraw)
        .answer(Answer::Covered)
        .answer(Answer::NotCovered)
        .answer(Answer::Paid)
        .steps([HOUR, DAY, DAY * 6]);
    for person in ["ann", "bob"] {
        for command in [Reviewer::Approve, Reviewer::SendBack, Reviewer::Refuse] {
            samples = samples.complete(person, command);
        }
    }
    samples
}
