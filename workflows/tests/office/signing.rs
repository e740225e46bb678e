//! Prepare and sign, again and again: one content, one signature.

use std::collections::BTreeMap;

use sealwright_credentials::{Algorithm, KeyDirectory, KeyWatch, SealingKey, Verdict, verify};
use sealwright_engine::{Call, EffectKey, InstanceId, Outcome, Performer, PhotoId};
use sealwright_workflows::licence::{Answer, Command, Content, Effect, Form, Licence, NotIssued, Portrait};
use sealwright_workflows::office::dossier::{Credential, Holder};

use crate::house::{House, JPEG, keys};
use crate::people;

/// A person whose record, at revision 1, and photo are in the vault.
pub(crate) async fn known(house: &House) -> Holder {
    house.enter(1);
    let applying = house.begin(1).await;
    applying.holder
}

pub(crate) async fn perform(
    house: &House,
    licence: InstanceId,
    version: u64,
    effect: Effect,
) -> Outcome<Command> {
    let call: Call<Licence> = Call {
        key: EffectKey { instance: licence, version, n: 0 },
        instance: licence,
        effect,
        attempts: 0,
        decided_at: house.engine.now(),
        engine: (*house.engine).clone(),
    };
    house.office.perform(call).await
}

pub(crate) async fn prepare(
    house: &House,
    holder: Holder,
    revision: u64,
    portrait: Portrait,
) -> Outcome<Command> {
    let effect = Effect::Prepare { version: 1, person: holder.person, revision, portrait };
    perform(house, holder.licence, 2, effect).await
}

pub(crate) fn sign(holder: Holder, prepared: &Outcome<Command>) -> Effect {
    match prepared {
        Outcome::Done(Some(Command::Answer(Answer::Prepared {
            serial, digest, digests, content, ..
        }))) => Effect::Sign {
            version: 1,
            person: holder.person,
            serial: serial.clone(),
            digest: *digest,
            digests: digests.clone(),
            content: content.clone(),
        },
        other => panic!("not prepared: {other:?}"),
    }
}

pub(crate) async fn stored(house: &House, holder: Holder) -> Credential {
    let credential = house.office.dossiers().credential(holder.person, holder.licence, 1).await;
    credential.expect("the vault is there").expect("it is stored")
}

fn cannot(cause: NotIssued) -> Outcome<Command> {
    Outcome::Done(Some(Command::Answer(Answer::CannotPrepare { version: 1, cause })))
}

#[tokio::test]
async fn preparing_again_gives_the_same_and_another_effect_another_serial() {
    let house = House::open().await;
    let holder = known(&house).await;
    let first = prepare(&house, holder, 1, Portrait::Retained).await;
    house.engine.advance(std::time::Duration::from_secs(3_600)).await;
    // The key was changed and the record moved on: what is fixed stays.
    house.office.set_keys(keys());
    assert_eq!(prepare(&house, holder, 1, Portrait::Retained).await, first);
    let effect =
        Effect::Prepare { version: 2, person: holder.person, revision: 1, portrait: Portrait::Retained };
    let second = perform(&house, holder.licence, 5, effect).await;
    let serial = |outcome: &Outcome<Command>| match sign(holder, outcome) {
        Effect::Sign { serial, .. } => serial,
        _ => unreachable!("sign makes no other"),
    };
    assert_ne!(serial(&first), serial(&second));
}

#[tokio::test]
async fn signing_again_signs_the_same_bytes() {
    let house = House::open().await;
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    let signed = Outcome::Done(Some(Command::Answer(Answer::Signed { version: 1 })));
    let mut credentials = Vec::new();
    for _ in 0..2 {
        assert_eq!(perform(&house, holder.licence, 3, sign(holder, &prepared)).await, signed);
        credentials.push(stored(&house, holder).await);
    }
    assert!(credentials[0] == credentials[1], "in every form");
}

#[tokio::test]
async fn only_the_journaled_bytes_are_signed() {
    let house = House::open().await;
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    let Effect::Sign { version, person, serial, digest, digests, content } = sign(holder, &prepared) else {
        unreachable!("sign makes no other")
    };
    let mut other = digest;
    other.0[0] ^= 1;
    let place = |revision| Content { field: content.field.clone(), revision };
    let others = BTreeMap::from([(Form::SdJwtVc, other)]);
    for (serial, digest, digests, content) in [
        (serial.clone(), other, digests.clone(), content.clone()),
        (serial.clone(), digest, others, content.clone()),
        ("0000000000000000".into(), digest, digests.clone(), content.clone()),
        (serial.clone(), digest, digests.clone(), place(7)),
    ] {
        let effect = Effect::Sign { version, person, serial, digest, digests, content };
        assert!(matches!(perform(&house, holder.licence, 3, effect).await, Outcome::Retry(_)));
    }
    let stored = house.office.dossiers().credential(person, holder.licence, 1).await.unwrap();
    assert!(stored.is_none(), "nothing was signed");
}

#[tokio::test]
async fn a_key_that_is_gone_is_asked_for_and_not_replaced() {
    let house = House::open().await;
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    house.office.set_keys(keys());
    match perform(&house, holder.licence, 3, sign(holder, &prepared)).await {
        Outcome::Retry(why) => assert!(why.contains("private key"), "{why}"),
        other => panic!("{other:?}"),
    }
}

/// A watch follows a key directory, as the server's does; each order is prepared before a rotation and signed after
/// it, and in the end every code must verify with the keys as they are then.
#[tokio::test]
async fn orders_that_a_rotation_overtakes_are_signed_with_the_key_they_were_prepared_for() {
    let house = House::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let directory = || KeyDirectory::sealed(folder.path(), SealingKey::from_bytes([1; 32].into()));
    directory().generate(Algorithm::Ed25519).expect("a key");
    let (mut watch, ring) = KeyWatch::start(directory()).expect("the key");
    house.office.set_keys(ring);

    let mut holders = Vec::new();
    for n in 1..=8 {
        house.enter(n);
        let holder = house.begin(n).await.holder;
        let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
        directory().generate(Algorithm::Ed25519).expect("a key");
        directory().rotate(None).expect("one is pending");
        house.office.set_keys(watch.check().expect("fine").expect("it changed").ring);
        let signed = perform(&house, holder.licence, 3, sign(holder, &prepared)).await;
        assert_eq!(signed, Outcome::Done(Some(Command::Answer(Answer::Signed { version: 1 }))));
        holders.push(holder);
    }

    let keys = house.office.keys();
    assert_eq!(keys.key_set().iter().count(), 9);
    for holder in holders {
        let credential = house.office.dossiers().credential(holder.person, holder.licence, 1).await.unwrap();
        let code = credential.expect("it is stored").code;
        let report = verify(code.as_str(), keys.key_set(), house.engine.now().secs(), None);
        assert_eq!(report.verdict, Verdict::Valid);
    }
}

#[tokio::test]
async fn a_compromised_key_signs_nothing_and_what_waited_for_it_is_prepared_anew() {
    let house = House::open().await;
    let folder = tempfile::tempdir().expect("a folder");
    let directory = || KeyDirectory::plain(folder.path());
    let lost = directory().generate(Algorithm::Ed25519).expect("a key");
    let (mut watch, ring) = KeyWatch::start(directory()).expect("the key");
    house.office.set_keys(ring);
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;

    directory().compromise(&lost, 5, None).expect("always allowed");
    house.office.set_keys(watch.check().expect("fine").expect("it changed").ring);
    let never = perform(&house, holder.licence, 3, sign(holder, &prepared)).await;
    assert_eq!(never, cannot(NotIssued::KeyWithdrawn), "the licence orders another version");
    match prepare_again(&house, holder).await {
        Outcome::Retry(why) => assert!(why.contains("no key is active"), "{why}"),
        other => panic!("{other:?}"),
    }
    directory().generate(Algorithm::Es256).expect("a key");
    house.office.set_keys(watch.check().expect("fine").expect("it changed").ring);
    assert!(matches!(prepare_again(&house, holder).await, Outcome::Done(_)));
}

/// Under another effect's key, so that it is not answered from before.
async fn prepare_again(house: &House, holder: Holder) -> Outcome<Command> {
    let effect =
        Effect::Prepare { version: 2, person: holder.person, revision: 1, portrait: Portrait::Retained };
    perform(house, holder.licence, 7, effect).await
}

#[tokio::test]
async fn what_changed_meanwhile_is_a_definite_answer() {
    let house = House::open().await;
    let holder = known(&house).await;
    let missing = Portrait::Reviewed(PhotoId::new(house.engine.now()));
    assert_eq!(prepare(&house, holder, 1, missing).await, cannot(NotIssued::PhotoMissing));
    assert!(matches!(prepare(&house, holder, 9, Portrait::Retained).await, Outcome::Retry(_)));

    let mut newer = people::record(1);
    newer.points = 6;
    house.register.put(newer);
    let look = Effect::LookUpRecord { person: holder.person, since: None };
    perform(&house, holder.licence, 9, look).await;
    let changed = prepare(&house, holder, 1, Portrait::Retained).await;
    assert_eq!(changed, cannot(NotIssued::NewerRevision { revision: 2 }));
}

#[tokio::test]
async fn anothers_photo_is_no_photo() {
    let house = House::open().await;
    let holder = known(&house).await;
    house.enter(2);
    let other = house.begin(2).await;
    let photo = PhotoId::new(house.engine.now());
    let vault = house.office.dossiers().vault();
    vault.put_photo(photo, other.holder.person, other.application, JPEG).await.unwrap();
    let taken = prepare(&house, holder, 1, Portrait::Reviewed(photo)).await;
    assert_eq!(taken, cannot(NotIssued::PhotoMissing));
}

#[tokio::test]
async fn an_erased_person_gets_no_document() {
    let house = House::open().await;
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    let sign = sign(holder, &prepared);
    house.erase(holder.person).await;
    assert_eq!(prepare(&house, holder, 1, Portrait::Retained).await, cannot(NotIssued::Erased));
    assert_eq!(perform(&house, holder.licence, 3, sign).await, cannot(NotIssued::Erased));
}
