//! Following the register: what it says of a licence goes into the vault, and from there to the licence.
//!
//! A push, a sweep and a pull may bring the same change, in any order, again and again, and each may break off in
//! the middle. Three things make them one: the vault numbers contents, not arrivals; the command's id is made of that
//! number; and a record that does not say how new it is counts as a hint alone, upon which the register is asked.

use sealwright_engine::journal::Body;
use sealwright_engine::{Actor, CommandId, Engine, Envelope, PersonId, SendError, Version, Workflow};

use super::Office;
use super::dossier::{Dossier, DossierError, Holder};
use super::lookup::{Trouble, store};
use super::register::Entry;
use crate::licence::{Command, Event, InvalidatedBy, Licence, Register, Standing};
use crate::register::{LicenceNumber, LicenceRecord};

/// What came of a change in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Followed {
    /// Nobody ever applied with this number. Nothing is kept.
    Unknown,
    /// It was known.
    Unchanged,
    /// A new version of the document was ordered.
    Reissued,
    /// The document is shown in red from now on.
    Suspended,
    /// The document is valid again.
    Restored,
    /// The document is not shown from now on.
    Hidden,
    /// The document ended for good.
    Invalidated,
    /// It was new, and changes nothing about a document.
    Noted,
}

/// Why a change could not be followed. The text names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFollowed {
    /// The register, the vault or the engine cannot now. Follow it again later; what was done stays done.
    #[error("not now: {0}")]
    NotNow(String),
    /// The register's record cannot be read: the authority, or the adapter's mapping, has to be corrected.
    #[error("the register's record cannot be read: {0}")]
    Unreadable(String),
    /// The licence does not take it: an operator has to look.
    #[error("the licence does not take the record: {0}")]
    Refused(String),
}

/// What stands in the vault when everything that was learnt is stored.
enum Learnt {
    Record(Box<Dossier>),
    Missing,
}

/// A record that somebody brought.
enum Told {
    /// Believed if the register counts its changes; otherwise the register is asked.
    Hint(Box<LicenceRecord>),
    /// Believed.
    AsIs(Box<LicenceRecord>),
}

impl Followed {
    /// Its name, for counting.
    pub const fn as_str(self) -> &'static str {
        match self {
            Followed::Unknown => "unknown",
            Followed::Unchanged => "unchanged",
            Followed::Reissued => "reissued",
            Followed::Suspended => "suspended",
            Followed::Restored => "restored",
            Followed::Hidden => "hidden",
            Followed::Invalidated => "invalidated",
            Followed::Noted => "noted",
        }
    }
}

impl Office {
    /// Follows a record that the register pushed, or showed on a page. When this returns, everything is durable.
    ///
    /// `actor` is who brings it; [`Actor::Performer`], [`Actor::Schedule`] or [`Actor::Operator`]. May be called
    /// again: the same actor gets the first answer, however far the first call came, so that a count of answers is
    /// honest if each errand has an actor of its own (an effect's key, a tick, a delivery's id). To another one the
    /// same content is [`Followed::Unchanged`].
    ///
    /// A record with a revision of the register's is taken as it is, unless a newer one is known. One without is a
    /// hint: if it differs from what is known, the register is asked for the record as it is now.
    ///
    /// # Errors
    /// See [`NotFollowed`].
    pub async fn follow(
        &self,
        engine: &Engine,
        record: LicenceRecord,
        actor: Actor,
    ) -> Result<Followed, NotFollowed> {
        let number = record.number.clone();
        self.follow_as(engine, &number, Some(Told::Hint(Box::new(record))), actor).await
    }

    /// As [`follow`](Self::follow), for a register that is read from a file and cannot be asked: a record without a
    /// revision counts as the record as it is now. Take the newest file.
    ///
    /// # Errors
    /// As [`follow`](Self::follow).
    pub async fn follow_as_is(
        &self,
        engine: &Engine,
        record: LicenceRecord,
        actor: Actor,
    ) -> Result<Followed, NotFollowed> {
        let number = record.number.clone();
        self.follow_as(engine, &number, Some(Told::AsIs(Box::new(record))), actor).await
    }

    /// Asks the register for the record of a licence, and follows what it answers: for a change that names only
    /// the number, a number that a page calls missing, a digest that differs.
    ///
    /// # Errors
    /// As [`follow`](Self::follow).
    pub async fn follow_number(
        &self,
        engine: &Engine,
        number: &LicenceNumber,
        actor: Actor,
    ) -> Result<Followed, NotFollowed> {
        self.follow_as(engine, number, None, actor).await
    }

    async fn follow_as(
        &self,
        engine: &Engine,
        number: &LicenceNumber,
        told: Option<Told>,
        actor: Actor,
    ) -> Result<Followed, NotFollowed> {
        let Some(holder) = self.dossiers().find(number).await.map_err(|error| not_now(&error))? else {
            return Ok(Followed::Unknown);
        };
        let view = engine.view::<Licence>(holder.licence).await.map_err(|error| refused(&error))?;
        let Some(view) = view else {
            // An application has begun and is not admitted yet; it looks the record up itself.
            return Ok(Followed::Unknown);
        };
        let learnt = {
            let _turn = self.turn(holder.person).await;
            self.learn(holder.person, number, told).await
        };
        let learnt = match learnt {
            Ok(learnt) => learnt,
            Err(Trouble::Dossier(error)) if error.is_erased() => return Ok(Followed::Unknown),
            Err(Trouble::Dossier(error)) => return Err(not_now(&error)),
            Err(Trouble::Register(why)) => return Err(NotFollowed::NotNow(why)),
            Err(Trouble::Unreadable(why)) => return Err(NotFollowed::Unreadable(why)),
        };
        let digest = match &learnt {
            Learnt::Record(dossier) => Some(dossier.record.digest()),
            Learnt::Missing => None,
        };
        let followed = self.tell(engine, holder, &view.state, view.version, learnt, actor).await?;
        // After the licence knows it: what was put down before would be found in step by every comparison.
        self.note(holder.person, number, digest).await.map_err(NotFollowed::NotNow)?;
        Ok(followed)
    }

    /// Stores what is new in what was told, or in what the register answers.
    async fn learn(
        &self,
        person: PersonId,
        number: &LicenceNumber,
        told: Option<Told>,
    ) -> Result<Learnt, Trouble> {
        let known = self.dossiers().record(person, None).await?;
        if let (Some(Told::Hint(told) | Told::AsIs(told)), Some(known)) = (&told, &known) {
            let (count, newest) = (told.revision, self.newest_count(person, &known.record).await?);
            if told.digest() == known.record.digest() {
                if count > newest {
                    self.dossiers().keep_count(person, count).await?;
                }
                return Ok(Learnt::Record(Box::new(known.clone())));
            }
            if count.is_some() && count <= newest {
                // Late, out of order, or shown again: what is known is newer.
                return Ok(Learnt::Record(Box::new(known.clone())));
            }
        }
        let mut record = match told {
            Some(Told::AsIs(record)) => *record,
            Some(Told::Hint(counted)) if counted.revision.is_some() => *counted,
            Some(Told::Hint(_)) | None => match self
                .register()
                .record(number)
                .await
                .map_err(|why| Trouble::Register(why.to_string()))?
            {
                Entry::Found(record) => *record,
                Entry::NotFound => return Ok(Learnt::Missing),
                Entry::Unreadable(why) => return Err(Trouble::Unreadable(why)),
            },
        };
        if let Some(known) = known.filter(|known| known.record.digest() == record.digest()) {
            return Ok(Learnt::Record(Box::new(known)));
        }
        let revision = store(self.register(), self.dossiers(), person, &mut record).await?;
        Ok(Learnt::Record(Box::new(Dossier { revision, record })))
    }

    /// The highest count of the register's that this content was seen under.
    async fn newest_count(
        &self,
        person: PersonId,
        known: &LicenceRecord,
    ) -> Result<Option<u64>, DossierError> {
        match known.revision {
            Some(count) => Ok(self.dossiers().count(person).await?.max(Some(count))),
            None => Ok(None),
        }
    }

    async fn tell(
        &self,
        engine: &Engine,
        holder: Holder,
        licence: &Licence,
        version: Version,
        learnt: Learnt,
        actor: Actor,
    ) -> Result<Followed, NotFollowed> {
        let (missing, since) = match licence {
            Licence::New => (false, None),
            Licence::Known(life) => {
                (life.missing.is_some(), life.renewable().map(|document| document.revision))
            }
        };
        let (key, said) = match learnt {
            // A revision that comes again after the register had lost the licence is news once more.
            Learnt::Record(dossier) => {
                let Dossier { revision, record } = *dossier;
                let changed = self.differs(holder.person, since, revision).await;
                let changed = match changed {
                    Ok(changed) => changed,
                    Err(error) if error.is_erased() => return Ok(Followed::Unknown),
                    Err(error) => return Err(not_now(&error)),
                };
                // What it is compared with is part of the command, and so of its name.
                let since = since.map_or_else(String::new, |since| format!(":{since}"));
                let found = if missing { format!(":found:{version}") } else { String::new() };
                let facts = record.facts();
                (format!("{revision}{since}{found}"), Register::Recorded { revision, facts, changed })
            }
            Learnt::Missing => (format!("missing:{version}"), Register::Missing),
        };
        let id = CommandId::client(&format!("register:{key}"));
        let id = id.map_err(|error| NotFollowed::Refused(error.to_string()))?;
        let envelope = Envelope::new(id, actor.clone(), Command::Register(said.clone()));
        engine.send::<Licence>(holder.licence, envelope).await.map_err(|error| refused(&error))?;
        let history = engine.history(holder.licence).await.map_err(|error| not_now(&error))?;
        came_of(&history, &said, &actor).map_err(|error| NotFollowed::Refused(error.to_string()))
    }
}

/// What came of it when this actor told it last. Nothing, if nothing was recorded or another one was first.
fn came_of(history: &[Body], said: &Register, actor: &Actor) -> serde_json::Result<Followed> {
    let mut licence = Licence::default();
    let mut came = Followed::Unchanged;
    for row in history {
        let events = row.events::<Licence>()?;
        let tells = row.actor == *actor && events.iter().any(|event| tells(event, said));
        let before = standing(&licence);
        for event in &events {
            licence = licence.evolve(event, row.at);
        }
        if tells {
            came = change(&events, before, standing(&licence));
        }
    }
    Ok(came)
}

fn tells(event: &Event, said: &Register) -> bool {
    match (event, said) {
        (Event::RecordSeen { revision, .. }, Register::Recorded { revision: told, .. }) => revision == told,
        (Event::RecordMissing { .. }, Register::Missing) => true,
        _ => false,
    }
}

/// The hardest consequence.
fn change(events: &[Event], before: Standing, after: Standing) -> Followed {
    let revoked = |event: &Event| matches!(event, Event::Invalidated { by: InvalidatedBy::Register, .. });
    let ended = |event: &Event| matches!(event, Event::Invalidated { .. });
    let ordered = |event: &Event| matches!(event, Event::Ordered { .. });
    match after {
        _ if events.iter().any(revoked) => Followed::Invalidated,
        Standing::Hidden if before != after => Followed::Hidden,
        Standing::Suspended if before != after => Followed::Suspended,
        _ if events.iter().any(ordered) => Followed::Reissued,
        // Rights were lost, and by its dates the licence is over: there is nothing to issue.
        _ if events.iter().any(ended) => Followed::Invalidated,
        Standing::Active if before != after => Followed::Restored,
        _ => Followed::Noted,
    }
}

fn standing(licence: &Licence) -> Standing {
    match licence {
        Licence::New => Standing::None,
        Licence::Known(life) => life.standing(),
    }
}

fn not_now(error: &impl ToString) -> NotFollowed {
    NotFollowed::NotNow(error.to_string())
}

fn refused<R>(error: &SendError<R>) -> NotFollowed
where
    SendError<R>: std::fmt::Display,
{
    if error.is_transient() { not_now(error) } else { NotFollowed::Refused(error.to_string()) }
}
