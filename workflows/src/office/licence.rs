//! The effects of licences.

use sealwright_engine::{Call, Envelope, InstanceId, Outcome, Performer, PersonId, SendError, Terms};

use super::alerts::{Alert, about_licence};
use super::application::not_now;
use super::lookup::{LookedUp, look_up};
use super::signing::{Intended, Wanted};
use super::{Office, terms};
use crate::application::{self, Application};
use crate::licence::{Answer, Command, Effect, Licence, Register, Told};

pub(super) type Ended = Outcome<Command>;

impl Performer<Licence> for Office {
    async fn perform(&self, call: Call<Licence>) -> Ended {
        match call.effect.clone() {
            Effect::Tell { application, told } => tell(&call, application, told).await,
            Effect::Prepare { version, person, revision, portrait } => {
                let wanted = Wanted { version, person, revision, portrait };
                let keys = self.keys();
                let now = call.engine.clock().now();
                answered(self.signing(&keys).prepare(&call.key, wanted, now).await)
            }
            Effect::Sign { version, person, serial, digest, digests, content } => {
                let licence = call.instance;
                let intended = Intended { licence, version, person, serial, digest, digests, content };
                let keys = self.keys();
                answered(self.signing(&keys).sign(intended).await)
            }
            Effect::LookUpRecord { person } => self.look_up_for_licence(person).await,
            Effect::AlertOperator { about, since, times } => {
                let about = about_licence(about);
                let alert = Alert { workflow: "licence", instance: call.instance, about, since, times };
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
    async fn look_up_for_licence(&self, person: PersonId) -> Ended {
        let found = match look_up(self.register(), self.dossiers(), person).await {
            Ok(LookedUp::Found { revision, facts }) => Register::Recorded { revision, facts },
            Ok(LookedUp::NotFound) => Register::Missing,
            Ok(LookedUp::Erased) => Register::Erased,
            Ok(LookedUp::Unreadable(why)) => {
                return Outcome::Retry(format!("the register's record cannot be read: {why}"));
            }
            Err(why) => return Outcome::Retry(why),
        };
        Outcome::Done(Some(Command::Register(found)))
    }
}

fn answered(answer: Result<Answer, String>) -> Ended {
    match answer {
        Ok(answer) => Outcome::Done(Some(Command::Answer(answer))),
        Err(why) => Outcome::Retry(why),
    }
}

async fn tell(call: &Call<Licence>, application: InstanceId, told: Told) -> Ended {
    let command = application::Command::from(told);
    let envelope = Envelope::new(call.command_id(), call.actor(), command);
    match call.engine.send::<Application>(application, envelope).await {
        Ok(_) | Err(SendError::Rejected(_)) => Outcome::Done(None),
        // Applications are pruned in the end; a licence is not.
        Err(SendError::NotFound) => {
            tracing::warn!(instance.id = %call.instance, application = %application, "nobody is left to tell");
            Outcome::Done(None)
        }
        Err(error) => not_now(&error, call.engine.clock().now()),
    }
}
