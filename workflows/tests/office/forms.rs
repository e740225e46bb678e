//! A version in all its forms: prepared at once, journaled, signed as journaled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sealwright_credentials::sd_jwt::{self, CredentialType, Request};
use sealwright_credentials::{KeyRing, Serial, Verdict, verify};
use sealwright_engine::journal::Digest;
use sealwright_engine::{Outcome, Vault};
use sealwright_workflows::licence::{Answer, Command, Content, Effect, Form, Portrait};
use sealwright_workflows::office::dossier::Credential;
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::status::StatusSlots;

use crate::house::{House, LICENCE_TYPE};
use crate::signing::{known, perform, prepare, sign, stored};

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
    async fn slot(
        &self,
        serial: &Serial,
    ) -> Result<Option<sealwright_credentials::StatusReference>, Unavailable> {
        let mut asked = self.0.lock().expect("nobody panics with it");
        asked.push(serial.clone());
        if asked.len() == 1 {
            return Err(Unavailable("the lists are locked".into()));
        }
        Ok(Some(sealwright_credentials::StatusReference {
            uri: "https://licences.example/status/1".into(),
            index: 77,
        }))
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
    assert_eq!(shown.status.map(|status| status.index), Some(77));
    let asked = slots.0.lock().expect("nobody panics with it");
    assert_eq!((asked.len(), &asked[1]), (2, &shown.serial), "asked once for the serial that was signed");
}

fn request() -> Request<'static> {
    Request { vct: LICENCE_TYPE, issuer: Some("https://licences.example"), binding: None }
}

/// What a program without the other forms stored, or journaled, is signed as it was journaled.
#[tokio::test]
async fn a_form_that_was_not_journaled_is_not_signed() {
    let house = House::open().await;
    let holder = known(&house).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    let Effect::Sign { version, person, serial, digest, digests, content } = sign(holder, &prepared) else {
        unreachable!("sign makes no other")
    };
    let intent = house.vault.get(person, &content.field, None).await.unwrap().expect("it is stored");
    let mut intent: serde_json::Value = serde_json::from_slice(&intent.value).unwrap();
    intent.as_object_mut().unwrap().remove("sd_jwt").expect("it has the form");
    let older = serde_json::to_vec(&intent).unwrap();
    let revision = house.vault.put(person, &content.field, &older).await.unwrap();
    let older = Content { revision, ..content.clone() };

    let journaled =
        |digests, content| Effect::Sign { version, person, serial: serial.clone(), digest, digests, content };
    let lost = perform(&house, holder.licence, 3, journaled(digests, older.clone())).await;
    assert!(matches!(lost, Outcome::Retry(_)), "a journaled form is missing");
    for content in [older, content] {
        let signed = Outcome::Done(Some(Command::Answer(Answer::Signed { version: 1 })));
        assert_eq!(perform(&house, holder.licence, 3, journaled(BTreeMap::new(), content)).await, signed);
        let credential = stored(&house, holder).await;
        assert!(credential.sd_jwt.is_none());
        let json = serde_json::to_value(&credential).unwrap();
        assert!(json.get("sd_jwt").is_none(), "stored as that program stored it");
    }
}
