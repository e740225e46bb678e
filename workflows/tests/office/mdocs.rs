//! The mdoc of a version: bound to the holder's key, left out where it cannot be made, and the same again after a crash.

use sealwright_credentials::mdoc::{self, NAMESPACE, NAMESPACE_CN};
use sealwright_credentials::sd_jwt::{self, Binding, Request};
use sealwright_credentials::x509::Certificate;
use sealwright_credentials::{Date, Es256Signer, Signer, Verdict};
use sealwright_engine::{Outcome, Vault};
use sealwright_workflows::licence::{Answer, Command, Effect, Form, Portrait};
use sealwright_workflows::office::dossier::Holder;

use crate::house::{House, LICENCE_TYPE, certified_keys};
use crate::people;
use crate::signing::{known, perform, prepare, sign, stored};

fn wallet() -> Es256Signer {
    Es256Signer::from_scalar(&[9; 32]).expect("in range")
}

async fn register_key(house: &House, holder: Holder) {
    let key = Some(wallet().public_key().clone());
    let now = house.engine.now();
    let kept = house.office.dossiers().keep_device_key(holder.person, holder.licence, key, now).await;
    assert_eq!(kept.expect("the vault is there").expect("it is registered").since, now);
}

fn forms(prepared: &Outcome<Command>) -> Vec<Form> {
    match prepared {
        Outcome::Done(Some(Command::Answer(Answer::Prepared { digests, .. }))) => {
            digests.keys().copied().collect()
        }
        other => panic!("not prepared: {other:?}"),
    }
}

async fn mdoc_of(house: &House, holder: Holder) -> Option<Vec<u8>> {
    house.office.dossiers().mdoc(holder.person, holder.licence, 1).await.expect("the vault is there")
}

fn roots(house: &House) -> Vec<Certificate> {
    house.office.keys().certificates().roots().cloned().collect()
}

#[tokio::test]
async fn a_version_is_an_mdoc_too_where_the_key_is_certified_and_the_holder_registered_theirs() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::open().await;
    house.office.set_keys(certified_keys(folder.path(), house.engine.now().secs()));
    let holder = known(&house).await;
    register_key(&house, holder).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    assert_eq!(forms(&prepared), [Form::SdJwtVc, Form::Mdoc]);
    let Effect::Sign { digests, serial, .. } = sign(holder, &prepared) else {
        unreachable!("sign makes no other")
    };
    perform(&house, holder.licence, 3, sign(holder, &prepared)).await;

    let now = house.engine.now().secs();
    let bytes = mdoc_of(&house, holder).await.expect("it was signed in this form, too");
    let signed = mdoc::IssuerSigned::from_bytes(bytes.clone()).expect("an mdoc").signed_digest();
    assert_eq!(signed.as_bytes(), &digests[&Form::Mdoc].0);
    let report = mdoc::verify(&bytes, &roots(&house), now, None);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
    let document = report.document.expect("genuine");
    assert_eq!(document.device_key.as_ref(), Some(wallet().public_key()));
    let text = |space, name| document.get(space, name).and_then(|value| value.as_text()).map(str::to_owned);
    assert_eq!(text(NAMESPACE, "family_name").as_deref(), Some("CE"));
    assert_eq!(text(NAMESPACE_CN, "name").as_deref(), Some("测试甲"));
    assert_eq!(text(NAMESPACE_CN, "serial").as_deref(), Some(serial.as_str()));
    let ring = house.office.keys();
    let certificate =
        ring.certificates().signer_of(ring.signer().expect("a key").key_id(), now).expect("made");
    assert_eq!(document.validity.valid_until, certificate.validity().not_after, "and not the licence's end");

    // The SD-JWT VC is bound to the same key: only its holder's signature shows it to a verifier who asks.
    let credential = stored(&house, holder).await;
    assert_eq!(credential.device_key.as_ref(), Some(wallet().public_key()));
    let sd_jwt = credential.sd_jwt.expect("issued");
    let audience = sd_jwt::Audience { verifier: "https://rental.example", nonce: "n-1", at: now };
    let shown = sd_jwt.present_to(&audience, &["classes"], &wallet()).expect("its holder");
    let binding = Some(Binding::to("https://rental.example", "n-1"));
    let request = Request { vct: LICENCE_TYPE, issuer: None, binding };
    let report = sd_jwt::verify(&shown, ring.key_set(), now, &request);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.checks);
}

#[tokio::test]
async fn another_process_signs_the_same_mdoc_whatever_was_registered_or_renewed_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let house = House::open().await;
    let now = house.engine.now();
    house.office.set_keys(certified_keys(folder.path(), now.secs()));
    let holder = known(&house).await;
    register_key(&house, holder).await;
    let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
    let vault = house.vault.clone();
    perform(&house, holder.licence, 3, sign(holder, &prepared)).await;
    let first = (mdoc_of(&house, holder).await, stored(&house, holder).await);

    let dossiers = house.office.dossiers();
    dossiers.keep_device_key(holder.person, holder.licence, None, now).await.expect("the vault is there");
    let directory = sealwright_credentials::KeyDirectory::plain(folder.path());
    let key = *directory.load().expect("the key").signer().expect("a key").key_id();
    directory.renew_signer(&key, now.secs() + 100, now.secs()).expect("a certificate");
    let after = House::with(|parts| parts.vault = vault).await;
    after.office.set_keys(directory.load().expect("the key"));
    assert_eq!(prepare(&after, holder, 1, Portrait::Retained).await, prepared, "nothing is drawn again");
    perform(&after, holder.licence, 3, sign(holder, &prepared)).await;
    assert!((mdoc_of(&after, holder).await, stored(&after, holder).await) == first && first.0.is_some());
}

/// Each lacks one thing; the other forms are issued all the same.
#[tokio::test]
async fn where_something_is_missing_the_version_has_no_mdoc() {
    let folder = tempfile::tempdir().expect("a folder");
    let now = House::open().await.engine.now().secs();
    let ring = || sealwright_credentials::KeyRing::load(folder.path()).expect("the key");
    certified_keys(folder.path(), now);
    let over = tempfile::tempdir().expect("a folder");
    certified_keys(over.path(), now - 400 * 86_400);

    for what in ["device key", "certificate", "certificate that lasts", "name", "day left", "nothing"] {
        let house = House::open().await;
        match what {
            "certificate" => {}
            "certificate that lasts" => {
                house.office.set_keys(sealwright_credentials::KeyRing::load(over.path()).expect("the key"));
            }
            _ => house.office.set_keys(ring()),
        }
        let mut record = people::record(1);
        match what {
            "name" => record.name = "买买提·吐尔逊".into(),
            "day left" => {
                let began = Date::from_ymd_opt(2020, 6, 1).expect("a day");
                (record.valid_from, record.valid_until) = (began, began.succ_opt());
            }
            _ => {}
        }
        house.register.put(record);
        house.register.put_photo("photo-1", crate::house::JPEG.to_vec());
        let holder = house.begin(1).await.holder;
        if what != "device key" {
            register_key(&house, holder).await;
        }
        let prepared = prepare(&house, holder, 1, Portrait::Retained).await;
        let expected = if what == "nothing" { vec![Form::SdJwtVc, Form::Mdoc] } else { vec![Form::SdJwtVc] };
        assert_eq!(forms(&prepared), expected, "missing: {what}");
        let signed = perform(&house, holder.licence, 3, sign(holder, &prepared)).await;
        assert_eq!(signed, Outcome::Done(Some(Command::Answer(Answer::Signed { version: 1 }))));
        assert_eq!(mdoc_of(&house, holder).await.is_some(), what == "nothing", "missing: {what}");
        let bound = stored(&house, holder).await.device_key.is_some();
        assert_eq!(bound, what != "device key", "the SD-JWT VC is bound all the same: {what}");
    }
}

#[tokio::test]
async fn a_key_is_registered_once_replaced_and_taken_back() {
    let house = House::open().await;
    let holder = known(&house).await;
    let dossiers = house.office.dossiers();
    register_key(&house, holder).await;
    let first = dossiers.device_key(holder.person, holder.licence).await.unwrap();
    house.engine.advance(std::time::Duration::from_secs(60)).await;
    let again = dossiers
        .keep_device_key(holder.person, holder.licence, first.clone().map(|it| it.key), house.engine.now())
        .await;
    assert_eq!(again.unwrap(), first, "the same key again changes nothing");
    let revision = |found: Option<sealwright_engine::vault::Record>| found.map(|it| it.revision);
    let field = format!("device_key.{}", holder.licence);
    assert_eq!(revision(house.vault.get(holder.person, &field, None).await.unwrap()), Some(1));
    let taken = dossiers.keep_device_key(holder.person, holder.licence, None, house.engine.now()).await;
    assert_eq!(taken.unwrap(), None);
    assert_eq!(dossiers.device_key(holder.person, holder.licence).await.unwrap(), None);
}
