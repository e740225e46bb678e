//! The effects of applications.

use std::fmt::Display;

use sealwright_engine::{
    Call, Envelope, InstanceId, Outcome, Performer, PersonId, SendError, Terms, Timestamp,
};

use super::alerts::{Alert, about_application};
use super::dossier::DossierError;
use super::liveness::{Order, Started};
use super::lookup::{LookedUp, look_up};
use super::{Office, terms};
use crate::application::{Answer, Application, Command, Effect, Liveness, Lookup};
use crate::licence::{self, FromApplication, Licence};

type Ended = Outcome<Command>;

impl Performer<Application> for Office {
    async fn perform(&self, call: Call<Application>) -> Ended {
        match call.effect.clone() {
            Effect::LookUpRecord { person, licence: _ } => self.look_up_for_application(person).await,
            Effect::Reserve { licence, person, portrait } => {
                let reserve = FromApplication::Reserve { application: call.instance, person, portrait };
                forward(&call, licence, reserve, |refused| refused.declined().map(Answer::NotReserved)).await
            }
            Effect::Release { licence, how, failures } => {
                let release = FromApplication::Release { application: call.instance, how, failures };
                forward(&call, licence, release, |_| None).await
            }
            Effect::Bar { licence, reasons } => {
                let bar = FromApplication::Bar { application: call.instance, reasons };
                forward(&call, licence, bar, |_| None).await
            }
            Effect::OrderIssue { licence, order, person, revision, portrait, facts } => {
                let application = call.instance;
                let issue = FromApplication::Issue { application, order, person, revision, portrait, facts };
                forward(&call, licence, issue, |refused| {
                    refused.not_issued().map(|cause| Answer::NotIssued { order, cause })
                })
                .await
            }
            Effect::StartLiveness { person, session } => self.start_liveness(&call, person, session).await,
            Effect::PollLiveness { session, reference } => {
                self.poll_liveness(&call, session, &reference).await
            }
            Effect::Notify { person, locale, notice } => {
                self.notify(&call, person, Some(locale), &notice.into()).await
            }
            Effect::AlertOperator { about, since, times } => {
                let about = about_application(about).to_owned();
                let alert = Alert { workflow: "application", instance: call.instance, about, since, times };
                let effort = (call.attempts, call.engine.clock().now());
                self.alert(&alert, call.key.to_string(), call.decided_at, effort).await
            }
        }
    }

    fn terms(&self, kind: &str) -> Terms {
        terms::of(kind, self.outside())
    }
}

impl Office {
    async fn look_up_for_application(&self, person: PersonId) -> Ended {
        let _turn = self.turn(person).await;
        let lookup = match look_up(self.register(), self.dossiers(), person).await {
            Ok(LookedUp::Found { revision, facts }) => Lookup::Found { revision, facts },
            Ok(LookedUp::NotFound) => Lookup::NotFound,
            Ok(LookedUp::Unreadable(why)) => {
                tracing::error!(person.id = %person, why, "the register's record cannot be read");
                Lookup::Unreadable
            }
            Ok(LookedUp::Erased) => Lookup::Erased,
            Err(why) => return Outcome::Retry(why),
        };
        Outcome::Done(Some(Command::Answer(Answer::Record(lookup))))
    }

    async fn start_liveness(&self, call: &Call<Application>, person: PersonId, session: u16) -> Ended {
        let answer = match self.open_session(call, person, session).await {
            Ok(Started::Session(made)) => Answer::LivenessStarted { session, reference: made.reference },
            Ok(Started::NoReference) => Answer::Liveness { session, result: Liveness::NoReference },
            Ok(Started::Refused(why)) => {
                tracing::warn!(instance.id = %call.instance, session, why, "the liveness vendor refuses a session");
                Answer::Liveness { session, result: Liveness::VendorFailed }
            }
            Err(Trouble::Erased) => Answer::Liveness { session, result: Liveness::VendorFailed },
            Err(Trouble::NotNow(why)) => return Outcome::Retry(why),
        };
        Outcome::Done(Some(Command::Answer(answer)))
    }

    async fn open_session(
        &self,
        call: &Call<Application>,
        person: PersonId,
        session: u16,
    ) -> Result<Started, Trouble> {
        let missing = || Trouble::NotNow("the vault has no record of this person".into());
        let dossier = self.dossiers().record(person, None).await?.ok_or_else(missing)?;
        let (order, state) = (call.key.short(), session.to_string());
        let started = self
            .vendor()
            .start(&Order {
                order: &order,
                name: &dossier.record.name,
                number: &dossier.record.number,
                state: &state,
            })
            .await
            .map_err(|why| Trouble::NotNow(why.to_string()))?;
        if let Started::Session(made) = &started {
            self.dossiers().keep_session(person, call.instance, session, made).await?;
        }
        Ok(started)
    }

    async fn poll_liveness(&self, call: &Call<Application>, session: u16, reference: &str) -> Ended {
        let now = call.engine.clock().now();
        let first = call.decided_at + self.poll_every();
        if now < first {
            // Nobody has held a face into a camera yet.
            return Outcome::Later(first);
        }
        match self.vendor().result(reference).await {
            Ok(Some(result)) => Outcome::Done(Some(Command::Answer(Answer::Liveness { session, result }))),
            Ok(None) => Outcome::Later(now + self.poll_every()),
            Err(why) => Outcome::Retry(why.to_string()),
        }
    }
}

enum Trouble {
    Erased,
    NotNow(String),
}

impl From<DossierError> for Trouble {
    fn from(error: DossierError) -> Self {
        if error.is_erased() { Trouble::Erased } else { Trouble::NotNow(error.to_string()) }
    }
}

/// Sends a command to the licence. A refusal that `answer` knows goes back to the application.
async fn forward(
    call: &Call<Application>,
    licence: InstanceId,
    command: FromApplication,
    answer: impl Fn(&licence::Rejection) -> Option<Answer>,
) -> Ended {
    let command = licence::Command::Application(command);
    let envelope = Envelope::new(call.command_id(), call.actor(), command);
    match call.engine.send_or_start::<Licence>(licence, envelope).await {
        Ok(_) => Outcome::Done(None),
        Err(SendError::Rejected(refused)) => match answer(&refused) {
            Some(answer) => Outcome::Done(Some(Command::Answer(answer))),
            None => Outcome::Retry(format!("the licence refuses: {refused}")),
        },
        Err(error) => not_now(&error, call.engine.clock().now()),
    }
}

/// A command that did not get as far as a decision.
pub(super) fn not_now<C, R: Display>(error: &SendError<R>, now: Timestamp) -> Outcome<C>
where
    SendError<R>: Display,
{
    match error {
        SendError::Busy(wait) => Outcome::Later(now + *wait),
        SendError::Stopped => Outcome::Later(now),
        error => Outcome::Retry(error.to_string()),
    }
}
