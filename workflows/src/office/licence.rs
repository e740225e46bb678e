//! The effects of licences.

use std::collections::BTreeSet;

use sealwright_engine::{Call, Envelope, InstanceId, Outcome, Performer, PersonId, SendError, Terms};

use super::alerts::{Alert, about_licence};
use super::application::not_now;
use super::dossier::{Dossier, DossierError};
use super::ledger::Line;
use super::lookup::{LookedUp, look_up};
use super::signing::{Intended, Wanted};
use super::{Office, terms};
use crate::application::{self, Application};
use crate::licence::{Answer, Command, Differs, Effect, Licence, Register, Told};
use crate::register::{LicenceNumber, RecordDigest, RecordField};

pub(super) type Ended = Outcome<Command>;

impl Performer<Licence> for Office {
    async fn perform(&self, call: Call<Licence>) -> Ended {
        match call.effect.clone() {
            Effect::Tell { application, told } => tell(&call, application, told).await,
            Effect::Prepare { version, person, revision, portrait } => {
                let licence = call.instance;
                let wanted = Wanted { licence, version, person, revision, portrait };
                let keys = self.keys();
                let now = call.engine.clock().now();
                let prepared = self.signing(&keys).prepare(&call.key, wanted, now).await;
                // From here on the licence is one that can be out of step.
                match (&prepared, self.note_revision(person, revision).await) {
                    (Ok(Answer::Prepared { .. }), Err(why)) => Outcome::Retry(why),
                    _ => answered(prepared),
                }
            }
            Effect::Sign { version, person, serial, digest, digests, content } => {
                let licence = call.instance;
                let intended = Intended { licence, version, person, serial, digest, digests, content };
                let keys = self.keys();
                answered(self.signing(&keys).sign(intended).await)
            }
            Effect::LookUpRecord { person, since } => self.look_up_for_licence(person, since).await,
            Effect::Notify { person, notice } => self.notify_licence(&call, person, notice).await,
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
    async fn look_up_for_licence(&self, person: PersonId, since: Option<u64>) -> Ended {
        let _turn = self.turn(person).await;
        let found = match look_up(self.register(), self.dossiers(), person).await {
            Ok(LookedUp::Found { revision, facts }) => match self.differs(person, since, revision).await {
                Ok(changed) => {
                    if let Err(why) = self.note_revision(person, revision).await {
                        return Outcome::Retry(why);
                    }
                    Register::Recorded { revision, facts, changed }
                }
                Err(error) if error.is_erased() => Register::Erased,
                Err(error) => return Outcome::Retry(error.to_string()),
            },
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

impl Office {
    /// Puts down that the record at this revision was followed, for comparing with the register.
    async fn note_revision(&self, person: PersonId, revision: u64) -> Result<(), String> {
        match self.dossiers().record(person, Some(revision)).await {
            Ok(Some(Dossier { record, .. })) => {
                self.note(person, &record.number, Some(record.digest())).await
            }
            Ok(None) => Ok(()),
            Err(error) if error.is_erased() => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Puts down the digest of the record that was followed; none if the register does not know the licence.
    pub(super) async fn note(
        &self,
        person: PersonId,
        number: &LicenceNumber,
        digest: Option<RecordDigest>,
    ) -> Result<(), String> {
        let digest = digest.map_or([0; 32], |digest| *digest.as_bytes());
        let line = Line { number: number.entry(), digest };
        self.ledger().note(line, person).await.map_err(|why| why.to_string())
    }

    /// In what the record at `revision` differs from the one at `since`, beyond its facts.
    pub(super) async fn differs(
        &self,
        person: PersonId,
        since: Option<u64>,
        revision: u64,
    ) -> Result<Option<Differs>, DossierError> {
        let Some(since) = since else { return Ok(None) };
        let (before, now) = tokio::try_join!(
            self.dossiers().record(person, Some(since)),
            self.dossiers().record(person, Some(revision))
        )?;
        let fields = match before.zip(now) {
            Some((before, now)) => before.record.personal_parts_changed(&now.record),
            // The vault forgets nothing but people; whatever this is, a document made anew is right.
            None => BTreeSet::from([RecordField::Unsure]),
        };
        Ok(Some(Differs { since, fields }))
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
