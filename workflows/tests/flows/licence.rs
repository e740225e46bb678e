use std::collections::BTreeMap;

use sealwright_engine::explore::START;
use sealwright_engine::journal::Digest;
use sealwright_engine::testing::{Given, Then};
use sealwright_engine::{InstanceId, Labels, Phase, Timestamp};
use sealwright_workflows::licence::{
    Answer, Command, Content, Effect, Ended, Event, Form, FromApplication, Licence, NotIssued, Operator,
    Portrait, PortraitKind, Purpose, Rejection, Stalled, Told,
};
use sealwright_workflows::policy::Policy;
use sealwright_workflows::register::{Outcome, RecordField};

use crate::support::{DAY, MINUTE, PERSON, facts, id, operator, with_status};

pub(crate) const APP: InstanceId = InstanceId(id(0x11));
pub(crate) const OTHER: InstanceId = InstanceId(id(0x12));

pub(crate) fn given(events: Vec<Event>) -> Given<Licence> {
    Given::new().events(events).by_performer()
}

pub(crate) fn reserve(application: InstanceId, portrait: PortraitKind) -> Command {
    Command::Application(FromApplication::Reserve { application, person: PERSON, portrait })
}

pub(crate) fn release(application: InstanceId, failures: u8) -> Command {
    Command::Application(FromApplication::Release { application, how: Ended::Withdrawn, failures })
}

pub(crate) fn issue(application: InstanceId, order: u16, revision: u64, portrait: Portrait) -> Command {
    let facts = facts(true);
    Command::Application(FromApplication::Issue {
        application,
        order,
        person: PERSON,
        revision,
        portrait,
        facts,
    })
}

pub(crate) fn reserved(application: InstanceId, portrait: PortraitKind) -> Event {
    Event::Reserved { application, person: PERSON, portrait, alert_at: START + 45 * DAY }
}

pub(crate) fn seen(revision: u64) -> Event {
    record_seen(revision, "A", &[])
}

/// A record with this status, compared with the document as far as there is one.
pub(crate) fn record_seen(revision: u64, status: &str, changed: &[RecordField]) -> Event {
    let facts = with_status(status);
    let judgement = Policy::default().status.judge(facts.status);
    Event::RecordSeen {
        revision,
        outcome: judgement.outcome,
        facts: Some(facts),
        changed: Some(changed.iter().copied().collect()),
        doubt: judgement.doubt.is_some(),
    }
}

pub(crate) fn by(application: InstanceId, order: u16) -> Purpose {
    Purpose::Application { application, order }
}

pub(crate) fn ordered(version: u32, portrait: Portrait) -> Event {
    Event::Ordered {
        version,
        purpose: by(APP, 1),
        revision: 7,
        portrait,
        facts: facts(true),
        alert_at: START + 15 * MINUTE,
    }
}

pub(crate) fn content(version: u32) -> Content {
    Content { field: "prepared".into(), revision: u64::from(version) }
}

pub(crate) fn digests() -> BTreeMap<Form, Digest> {
    BTreeMap::from([(Form::SdJwtVc, Digest::of(b"other bytes"))])
}

pub(crate) fn intent(version: u32) -> Event {
    Event::IntentRecorded {
        version,
        serial: format!("SERIAL{version:02}"),
        generated_at: START,
        digest: Digest::of(b"bytes"),
        digests: digests(),
        content: content(version),
    }
}

pub(crate) fn prepared(version: u32) -> Command {
    Command::Answer(Answer::Prepared {
        version,
        serial: format!("SERIAL{version:02}"),
        generated_at: START,
        digest: Digest::of(b"bytes"),
        digests: digests(),
        content: content(version),
    })
}

pub(crate) fn signed(version: u32) -> Command {
    Command::Answer(Answer::Signed { version })
}

pub(crate) fn issued(version: u32, photo_locked_until: Option<Timestamp>) -> Event {
    Event::Issued { version, photo_locked_until, check_at: START + 365 * DAY }
}

/// A document from a retained photo.
pub(crate) fn active() -> Vec<Event> {
    vec![
        reserved(APP, PortraitKind::Retained),
        seen(7),
        ordered(1, Portrait::Retained),
        intent(1),
        issued(1, None),
    ]
}

/// Being signed.
pub(crate) fn signing() -> Vec<Event> {
    let mut events = active();
    events.pop();
    events
}

pub(crate) fn standing(version: Option<u32>, standing: &str) -> Labels {
    Labels::none().with_some("version", version).with("standing", standing)
}

#[test]
fn an_order_becomes_a_document_in_two_signing_steps() {
    let told = |told| Effect::Tell { application: APP, told };
    given(vec![])
        .when(reserve(APP, PortraitKind::Retained))
        .events([reserved(APP, PortraitKind::Retained)])
        .effects([told(Told::Reserved { failures: 0 })])
        .phase(Phase::Open("reserved"))
        .labels(standing(None, "none"))
        .then_when(issue(APP, 1, 7, Portrait::Retained))
        .events([seen(7), ordered(1, Portrait::Retained)])
        .effects([Effect::Prepare { version: 1, person: PERSON, revision: 7, portrait: Portrait::Retained }])
        .phase(Phase::Open("ordered"))
        .then_when(prepared(1))
        .events([intent(1)])
        .effects([Effect::Sign {
            version: 1,
            person: PERSON,
            serial: "SERIAL01".into(),
            digest: Digest::of(b"bytes"),
            digests: digests(),
            content: content(1),
        }])
        .labels(standing(None, "none"))
        .then_when(signed(1))
        .events([issued(1, None)])
        .effects([told(Told::Issued { order: 1, version: 1, serial: "SERIAL01".into() })])
        .phase(Phase::Open("active"))
        .labels(standing(Some(1), "active"));
}

#[test]
fn what_is_asked_twice_happens_once() {
    given(vec![reserved(APP, PortraitKind::Retained)])
        .when(reserve(APP, PortraitKind::Retained))
        .nothing()
        .then_when(issue(APP, 1, 7, Portrait::Retained))
        .then_when(issue(APP, 1, 7, Portrait::Retained))
        .nothing()
        .then_when(prepared(1))
        .then_when(prepared(1))
        .nothing()
        .then_when(signed(1))
        .then_when(signed(1))
        .nothing()
        .then_when(issue(APP, 1, 7, Portrait::Retained))
        .nothing()
        .then_when(release(APP, 1))
        .nothing();
}

/// The row of an effect is older than the program that carries it out, and the audit compares both byte by byte.
#[test]
fn a_signature_asked_for_before_there_were_other_forms_is_of_the_code_alone() {
    let stored = r#"{"sign":{"version":1,"person":"0190a1b2-0000-7000-8000-000000000001","serial":"SERIAL01","digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","content":{"field":"prepared","revision":1}}}"#;
    let effect: Effect = serde_json::from_str(stored).expect("it still reads");
    assert!(matches!(&effect, Effect::Sign { digests, .. } if digests.is_empty()));
    assert_eq!(serde_json::to_string(&effect).expect("JSON"), stored);
}

#[test]
fn an_order_abandoned_by_a_suspension_and_signed_anyway_is_not_live() {
    let cause = NotIssued::Standing(Outcome::Red);
    let sign = Effect::Sign {
        version: 1,
        person: PERSON,
        serial: "SERIAL01".into(),
        digest: Digest::of(b"bytes"),
        digests: digests(),
        content: content(1),
    };
    given(signing())
        .by(operator())
        .when(Command::Operator(Operator::Suspend))
        .events([
            Event::HoldSet { hold: Outcome::Red },
            Event::OrderAbandoned { version: 1, purpose: by(APP, 1), cause },
        ])
        .effects([Effect::Tell { application: APP, told: Told::NotIssued { order: 1, cause } }])
        .moot(&sign)
        .by_performer()
        .when(signed(1))
        .events([Event::SignedInVain { version: 1 }])
        .effects([])
        .labels(standing(None, "none"))
        .then_when(signed(1))
        .nothing()
        // Nor is its number used again.
        .by(operator())
        .when(Command::Operator(Operator::Restore))
        .by_performer()
        .when(issue(APP, 2, 7, Portrait::Retained))
        .events([Event::Ordered {
            version: 2,
            purpose: by(APP, 2),
            revision: 7,
            portrait: Portrait::Retained,
            facts: facts(true),
            alert_at: START + 15 * MINUTE,
        }])
        .then_when(signed(1))
        .nothing();
}

#[test]
fn what_cannot_be_prepared_is_told_and_the_admission_stays() {
    let cause = NotIssued::NewerRevision { revision: 9 };
    let mut events = signing();
    events.pop();
    given(events)
        .when(Command::Answer(Answer::CannotPrepare { version: 1, cause }))
        .events([Event::OrderAbandoned { version: 1, purpose: by(APP, 1), cause }])
        .effects([Effect::Tell { application: APP, told: Told::NotIssued { order: 1, cause } }])
        .phase(Phase::Open("reserved"))
        .moot(&Effect::Prepare { version: 1, person: PERSON, revision: 7, portrait: Portrait::Retained })
        .then_when(prepared(1))
        .nothing()
        .then_when(issue(APP, 2, 9, Portrait::Retained))
        .phase(Phase::Open("ordered"));
}

#[test]
fn an_order_is_refused_where_the_licence_knows_better() {
    let admitted = || vec![reserved(APP, PortraitKind::Retained), seen(9)];
    let refused = |then: Then<Licence>, cause| {
        assert_eq!(Rejection::NotIssued(cause).not_issued(), Some(cause), "an answer for the application");
        then.rejected(Rejection::NotIssued(cause));
    };
    refused(
        given(admitted()).when(issue(APP, 1, 8, Portrait::Retained)),
        NotIssued::NewerRevision { revision: 9 },
    );
    let held = [admitted(), vec![Event::HoldSet { hold: Outcome::Hidden }]].concat();
    refused(given(held).when(issue(APP, 1, 10, Portrait::Retained)), NotIssued::Standing(Outcome::Hidden));
    let facts = with_status("D");
    let suspended = FromApplication::Issue {
        application: APP,
        order: 1,
        person: PERSON,
        revision: 10,
        portrait: Portrait::Retained,
        facts,
    };
    refused(given(admitted()).when(Command::Application(suspended)), NotIssued::Standing(Outcome::Red));
    refused(given(vec![]).when(issue(APP, 1, 7, Portrait::Retained)), NotIssued::NotAdmitted);
}

#[test]
fn a_signer_that_stays_away_for_60_days_wakes_somebody_again_and_again() {
    let preparing = {
        let mut events = signing();
        events.pop();
        events
    };
    for (about, events) in [(Stalled::Preparing(1), preparing), (Stalled::Signing(1), signing())] {
        let mut story = given(events);
        let (mut due, mut told) = (START + 15 * MINUTE, 0);
        while due <= START + 44 * DAY {
            told += 1;
            let alert = Effect::AlertOperator { about, since: START, times: told };
            let then = story.when_due().effects([alert.clone()]).wanted(&alert);
            due = Policy::default().next_alert(START, due);
            story = then.deadline_at(due.min(START + 45 * DAY)).by_performer();
        }
        assert!(told > 44, "told {told} times");
        // And whoever is out with the admission is asked for, too.
        let both = story.when_due().then_when_due().then_when_due();
        let _ = both.phase(Phase::Open("ordered"));
    }
    let alert = Effect::AlertOperator { about: Stalled::Signing(1), since: START, times: 1 };
    given(signing()).after(60 * DAY).when_due().effects([alert.clone()]).then_when(signed(1)).moot(&alert);
}

#[test]
fn commands_come_through_their_own_doors() {
    let wrong = |actor: &str| Rejection::WrongDoor { actor: actor.into() };
    given(active()).when(Command::Operator(Operator::Suspend)).rejected(wrong("performer"));
    given(vec![]).by(operator()).when(reserve(APP, PortraitKind::Retained)).rejected(wrong("operator"));
    given(signing()).by(crate::support::applicant()).when(signed(1)).rejected(wrong("applicant"));
    given(vec![]).by(operator()).when(Command::Operator(Operator::Suspend)).rejected(Rejection::NoDocument);
}
