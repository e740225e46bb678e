//! Who may send what to a licence: for the laws and the diagram.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::NaiveDate;
use sealwright_engine::explore::{INSTANCE, Samples};
use sealwright_engine::journal::Digest;
use sealwright_engine::{Actor, EffectKey, InstanceId, PersonId, PhotoId, Timestamp};
use uuid::Uuid;

use super::messages::*;
use super::{Licence, Stage};
use crate::policy::Policy;
use crate::register::{ClassSet, PermittedClass, RecordFacts, RecordField};

const PERSON: PersonId = PersonId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00a1));
const PHOTO: PhotoId = PhotoId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_00b1));

/// Commands that lead everywhere a licence can be.
pub fn samples() -> Samples<Licence> {
    let mut samples = steady_samples();
    for application in [1, 2].map(application) {
        let release = FromApplication::Release { application, how: Ended::Refused, failures: 1 };
        let reasons = BTreeSet::from(["malicious".to_owned()]);
        for command in [release, FromApplication::Bar { application, reasons }] {
            samples = samples.send(performer(), Command::Application(command));
        }
    }
    for command in [Operator::Suspend, Operator::Hide, Operator::Restore, Operator::Unbar] {
        samples = samples.send(Actor::Operator("ops".into()), Command::Operator(command));
    }
    samples
}

/// The same without those that keep it from getting a document, so that random stories get far.
pub fn steady_samples() -> Samples<Licence> {
    let [one, other] = [1, 2].map(application);
    let mut samples = Samples::new(Policy::default())
        .steps([60, 3_600, 86_400, 40 * 86_400, 366 * 86_400].map(Duration::from_secs))
        .told_apart_by(|licence| match licence {
            Licence::New => String::new(),
            Licence::Known(life) => match &life.order {
                Some(order) if order.stage == Stage::Preparing => "preparing".into(),
                Some(_) => "signing".into(),
                None => String::new(),
            },
        });
    for (application, portrait) in [(one, Portrait::Retained), (other, Portrait::Reviewed(PHOTO))] {
        let reserve = FromApplication::Reserve { application, person: PERSON, portrait: portrait.kind() };
        samples = samples.send(performer(), Command::Application(reserve)).send_with(move |licence, _| {
            let Licence::Known(life) = licence else {
                return vec![];
            };
            let issue = |revision| {
                let order = u16::try_from(life.versions).unwrap_or(u16::MAX);
                let facts = facts("A");
                let wanted =
                    FromApplication::Issue { application, order, person: PERSON, revision, portrait, facts };
                (performer(), Command::Application(wanted))
            };
            vec![issue(life.revision), issue(life.revision + 1)]
        });
    }
    for status in ["A", "B", "J", "G"] {
        samples = samples.send_with(move |licence, _| {
            let Licence::Known(life) = licence else {
                return vec![];
            };
            let since = life.renewable().map(|document| document.revision);
            let recorded = |fields: BTreeSet<RecordField>| Register::Recorded {
                revision: life.revision + 1,
                facts: facts(status),
                changed: since.map(|since| Differs { since, fields }),
            };
            [BTreeSet::new(), BTreeSet::from([RecordField::Address])]
                .map(|fields| (Actor::Operator("push".into()), Command::Register(recorded(fields))))
                .into()
        });
    }
    // Rights come and go.
    for class in [PermittedClass::C1, PermittedClass::C2] {
        samples = samples.send_with(move |licence, _| {
            let Licence::Known(life) = licence else {
                return vec![];
            };
            let changed = life.renewable().map(|it| Differs { since: it.revision, fields: BTreeSet::new() });
            let facts = RecordFacts { classes: ClassSet::from(class), ..facts("A") };
            let recorded = Register::Recorded { revision: life.revision + 1, facts, changed };
            vec![(performer(), Command::Register(recorded))]
        });
    }
    samples = samples.send_with(|licence, _| {
        let Licence::Known(life) = licence else {
            return vec![];
        };
        let version = life.versions;
        [Upkeep::KeyWithdrawn { version }, Upkeep::Expiring { version }]
            .map(|upkeep| (performer(), Command::Upkeep(upkeep)))
            .into()
    });
    samples = samples.send(Actor::Operator("ops".into()), Command::Operator(Operator::Reissue));
    for said in [Register::Missing, Register::Erased] {
        samples = samples.send(performer(), Command::Register(said));
    }
    samples.send(Actor::Operator("ops".into()), Command::Operator(Operator::Invalidate)).send_with(answers)
}

fn performer() -> Actor {
    Actor::Performer(EffectKey { instance: INSTANCE, version: 1, n: 0 })
}

/// The answers to whatever was asked for, also long after it was abandoned.
fn answers(licence: &Licence, now: Timestamp) -> Vec<(Actor, Command)> {
    let Licence::Known(life) = licence else {
        return vec![];
    };
    let versions = life.order.iter().map(|order| order.version).chain(life.in_vain.iter().copied());
    versions
        .flat_map(|version| {
            let content = Content { field: "prepared".into(), revision: u64::from(version) };
            let digest = Digest::of(&version.to_be_bytes());
            let digests = BTreeMap::from([(Form::SdJwtVc, Digest::of(&version.to_le_bytes()))]);
            let serial = format!("SAMPLE{version:04}");
            [
                Answer::Prepared { version, serial, generated_at: now, digest, digests, content },
                Answer::CannotPrepare { version, cause: NotIssued::Erased },
                Answer::CannotPrepare { version, cause: NotIssued::KeyWithdrawn },
                Answer::Signed { version },
            ]
        })
        .map(|answer| (performer(), Command::Answer(answer)))
        .collect()
}

fn application(n: u128) -> InstanceId {
    InstanceId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0c00 + n))
}

fn facts(status: &str) -> RecordFacts {
    let began = NaiveDate::from_ymd_opt(2020, 2, 28).unwrap_or_default();
    RecordFacts {
        status: status.parse().unwrap_or_default(),
        points: 0,
        classes: ClassSet::from(PermittedClass::C1),
        first_issue: began,
        valid_from: began,
        valid_until: None,
        authority: "320500".parse().expect("an authority's code"),
        retained_photo_usable: true,
        revision: None,
    }
}
