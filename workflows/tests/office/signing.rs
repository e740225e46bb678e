//! Prepare and sign, again and again: one content, one signature.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sealwright_credentials::sd_jwt::{self, CredentialType, Request, StatusReference};
use sealwright_credentials::{
    Algorithm, KeyDirectory, KeyRing, KeyWatch, SealingKey, Serial, Verdict, verify,
};
use sealwright_engine::Vault;
use sealwright_engine::journal::Digest;
use sealwright_engine::{Call, EffectKey, InstanceId, Outcome, Performer, PhotoId};
use sealwright_workflows::licence::{Answer, Command, Content, Effect, Form, Licence, NotIssued, Portrait};
use sealwright_workflows::office::dossier::{Credential, Holder};
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::status::StatusSlots;

use crate::house::{House, JPEG, LICENCE_TYPE, keys};
use crate::people;

/// A person whose record, at revision 1, and photo are in the vault.
async fn known(house: &House) -> Holder {
    house.enter(1);
    let applying = house.begin(1).await;
    applying.holder
}

async fn perform(house: &House, licence: InstanceId, version: u64, effect: Effect) -> Outcome<Command> {
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

async fn prepare(house: &House, holder: Holder, revision: u64, portrait: Portrait) -> Outcome<Command> {
    let effect = Effect::Prepare { version: 1, person: holder.person, revision, portrait };
    perform(house, holder.licence, 2, effect).await
}

fn sign(holder: Holder, prepared: &Outcome<Command>) -> Effect {
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

async fn stored(house: &House, holder: Holder) -> Credential {
    let credential = house.office.dossiers().credential(holder.person, holder.licence, 1).await.unwrap();
    credential.expect("it is stored")
}

/// The power goes after the intent was journaled: another program, with the vault and the keys of the first one.
#[tokio::test]
async fn another_process_signs_the_bytes_that_were_journaled_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    KeyRing::generate(folder.path()).expect("a key");
    let house = House::with(|parts| parts.keys = KeyRing::load(folder.path()).expect("the key")).await;
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    let vault = house.vault.clone();
    perform(&house, holder.licence, 3, sign(holder, &prepared)).await;
    let first = stored(&house, holder).await;

    let after = House::with(|parts| {
        parts.vault = vault;
        parts.keys = KeyRing::load(folder.path()).expect("the key");
        parts.issuer = "https://renamed.example".into();
        parts.credential_type = CredentialType::licence("https://renamed.example/types/2").unwrap();
    })
    .await;
    assert_eq!(prepare(&after, holder, 1, Portrait::Retained).await, prepared, "nothing is drawn again");
    perform(&after, holder.licence, 3, sign(holder, &prepared)).await;
    assert!(stored(&after, holder).await == first);
}

#[tokio::test]
async fn every_form_of_a_version_says_the_same_and_its_digest_was_journaled() {
    let house = House::open().await;
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    let Effect::Sign { serial, digest, digests, .. } = sign(holder, &prepared) else {
        unreachable!("sign makes no other")
    };
    perform(&house, holder.licence, 3, sign(holder, &prepared)).await;
    let Credential { code, sd_jwt, .. } = stored(&house, holder).await;
    let sd_jwt = sd_jwt.expect("it was signed in this form, too");
    assert_eq!(code.signed_digest().as_bytes(), &digest.0);
    assert!(digests.into_iter().eq([(Form::SdJwtVc, Digest(*sd_jwt.signed_digest().as_bytes()))]));

    let (keys, now) = (house.office.keys(), house.engine.now().secs());
    let content = verify(code.as_str(), keys.key_set(), now, None).content.expect("genuine");
    let report = sd_jwt::verify(sd_jwt.as_str(), keys.key_set(), now, &request());
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
    let shown = report.presented.expect("genuine");
    assert_eq!((content.serial.as_str(), content.version), (serial.as_str(), 1));
    assert_eq!((shown.serial.as_str(), shown.version), (serial.as_str(), 1));
    assert_eq!((shown.issuer, shown.generated_at), (content.issuer, content.generated_at));
    assert_eq!(shown.claims["name"], content.name);
    assert_eq!(shown.claims["licence_number"], content.licence_number);
    assert_eq!(shown.status, None, "nobody hands out entries here");
}

/// Entries by serial; away for the first question.
#[derive(Default)]
struct Slots(Mutex<Vec<Serial>>);

#[async_trait]
impl StatusSlots for Slots {
    async fn slot(&self, serial: &Serial) -> Result<Option<StatusReference>, Unavailable> {
        let mut asked = self.0.lock().expect("nobody panics with it");
        asked.push(serial.clone());
        if asked.len() == 1 {
            return Err(Unavailable("the lists are locked".into()));
        }
        Ok(Some(StatusReference { uri: "https://licences.example/status/1".into(), idx: 77 }))
    }
}

#[tokio::test]
async fn the_entry_of_the_status_list_is_waited_for_and_signed() {
    let slots = Arc::new(Slots::default());
    let lent = slots.clone();
    let house = House::with(|parts| parts.status = lent).await;
    let holder = known(&house).await;
    match prepare(&house, holder, 1, Portrait::Retained).await {
        Outcome::Retry(why) => assert!(why.contains("locked"), "{why}"),
        other => panic!("{other:?}"),
    }
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    assert_eq!(prepare(&house, holder, 1, Portrait::Retained).await, prepared);
    perform(&house, holder.licence, 3, sign(holder, &prepared)).await;
    let sd_jwt = stored(&house, holder).await.sd_jwt.expect("it was signed in this form, too");
    let keys = house.office.keys();
    let report = sd_jwt::verify(sd_jwt.as_str(), keys.key_set(), house.engine.now().secs(), &request());
    let shown = report.presented.expect("genuine");
    assert_eq!(shown.status.map(|status| status.idx), Some(77));
    let asked = slots.0.lock().expect("nobody panics with it");
    assert_eq!((asked.len(), &asked[1]), (2, &shown.serial), "asked once for the serial that was signed");
}

fn request() -> Request<'static> {
    Request { vct: LICENCE_TYPE, issuer: Some("https://licences.example"), binding: None }
}

/// What a program without the other forms stored and journaled: it is signed as it was prepared.
#[tokio::test]
async fn an_intent_from_before_the_other_forms_is_signed_as_the_code_alone() {
    let house = House::open().await;
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    let Effect::Sign { version, person, serial, digest, content, .. } = sign(holder, &prepared) else {
        unreachable!("sign makes no other")
    };
    let intent = house.vault.get(person, &content.field, None).await.unwrap().expect("it is stored");
    let mut intent: serde_json::Value = serde_json::from_slice(&intent.value).unwrap();
    intent.as_object_mut().unwrap().remove("sd_jwt").expect("it has the form");
    let older = serde_json::to_vec(&intent).unwrap();
    let revision = house.vault.put(person, &content.field, &older).await.unwrap();
    let content = Content { revision, ..content };

    let effect = Effect::Sign { version, person, serial, digest, digests: BTreeMap::new(), content };
    let signed = Outcome::Done(Some(Command::Answer(Answer::Signed { version: 1 })));
    assert_eq!(perform(&house, holder.licence, 3, effect).await, signed);
    let credential = stored(&house, holder).await;
    assert!(credential.sd_jwt.is_none());
    let json = serde_json::to_value(&credential).unwrap();
    assert!(json.get("sd_jwt").is_none(), "stored as that program stored it");
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
        (serial.clone(), digest, BTreeMap::new(), content.clone()),
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
async fn a_compromised_key_signs_nothing_and_the_operator_learns_why() {
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
    for (outcome, reason) in [
        (perform(&house, holder.licence, 3, sign(holder, &prepared)).await, "is compromised"),
        (prepare_again(&house, holder).await, "no key is active"),
    ] {
        match outcome {
            Outcome::Retry(why) => assert!(why.contains(reason), "{why}"),
            other => panic!("{other:?}"),
        }
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
    let look = Effect::LookUpRecord { person: holder.person };
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
