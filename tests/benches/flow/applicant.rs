//! A client: carries an application from start to the signed document.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sealwright_credentials::PublicKey;
use sealwright_engine::{Actor, CommandId, EffectKey, Envelope, InstanceId, PersonId};
use sealwright_tests::people;
use sealwright_workflows::application::{Answer, Applicant, Application, Command, Kind, Liveness};
use sealwright_workflows::office::dossier::Holder;
use sealwright_workflows::policy::Locale;

use crate::ground::Desk;

/// How long each step of one application took.
pub(crate) struct Times {
    /// Of the five commands, and when each ended.
    pub(crate) commands: [(Duration, Instant); 5],
    /// From the call of submit to the moment at which the document is issued.
    pub(crate) submit_to_issued: Duration,
}

/// The next person.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// One application, from start to read.
pub(crate) async fn apply(desk: &Desk) -> Times {
    apply_with(desk, None).await.0
}

/// The same of somebody with a wallet, if there is one, and whose document it became.
pub(crate) async fn apply_with(desk: &Desk, wallet: Option<&PublicKey>) -> (Times, Holder) {
    let (engine, dossiers) = (&desk.engine, desk.office.dossiers());
    let number = people::number(NEXT.fetch_add(1, Ordering::Relaxed));
    let now = engine.clock().now();
    let id = InstanceId::new(now);
    let mut progress = engine.follow::<Application>(id);

    let began = Instant::now();
    let holder = dossiers.admit(&number, None, now).await.unwrap();
    let (person, licence) = (holder.person, holder.licence);
    if let Some(wallet) = wallet {
        dossiers.keep_device_key(person, licence, Some(wallet.clone()), now).await.unwrap();
    }
    let begin = Applicant::Begin { person, licence, locale: Locale::En, kind: Kind::FirstIssue };
    engine.start::<Application>(id, asked(person, "start", begin)).await.unwrap();
    let start = took(began);
    progress.until(|now| now.phase == "information").await.unwrap();

    let began = Instant::now();
    let confirm = Applicant::ConfirmInformation { revision: 1 };
    let confirmed = engine.send::<Application>(id, asked(person, "confirm", confirm)).await.unwrap();
    let confirm = took(began);
    // The session was asked for by that decision, and is there after the next one.
    progress.until(|now| now.version > confirmed.version).await.unwrap();

    let began = Instant::now();
    let session = EffectKey { instance: id, version: confirmed.version, n: 0 };
    let result = Liveness::Passed { score: 93, serial: format!("serial-{id}") };
    let passed = Command::Answer(Answer::Liveness { session: 1, result });
    let passed = Envelope::new(key("liveness"), Actor::Performer(session), passed);
    engine.send::<Application>(id, passed).await.unwrap();
    let liveness = took(began);

    let began = Instant::now();
    let submitted = engine.send::<Application>(id, asked(person, "submit", Applicant::Submit)).await.unwrap();
    let submit = took(began);
    assert_eq!(submitted.phase, "issue");
    let ended = progress.until(|now| now.closed).await.unwrap();
    assert_eq!(ended.phase, "issued");
    let submit_to_issued = began.elapsed();

    let began = Instant::now();
    let seen = engine.view::<Application>(id).await.unwrap().unwrap();
    let credential = dossiers.credential(person, licence, 1).await.unwrap().unwrap();
    assert!(seen.closed && credential.version == 1);
    let read = took(began);
    (Times { commands: [start, confirm, liveness, submit, read], submit_to_issued }, holder)
}

fn asked(person: PersonId, name: &str, command: Applicant) -> Envelope<Command> {
    Envelope::new(key(name), Actor::Applicant(person.to_string()), Command::Applicant(command))
}

/// A client's keys are UUIDs, as a rule.
fn key(name: &str) -> CommandId {
    CommandId::client(&format!("0197a4be-6f3c-7d21-9c55-{name:0>12}")).unwrap()
}

fn took(began: Instant) -> (Duration, Instant) {
    let ended = Instant::now();
    (ended - began, ended)
}
