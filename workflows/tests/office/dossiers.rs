//! People, licences and photos in the vault.

use std::sync::Arc;

use sealwright_engine::testing::MemoryVault;
use sealwright_engine::{InstanceId, Timestamp};
use sealwright_workflows::office::dossier::{DossierError, PHOTOS_PER_APPLICATION};
use sealwright_workflows::office::{Dossiers, PhotoDesk, PhotoNotTaken};
use sealwright_workflows::policy::IntakeRules;
use sealwright_workflows::register::Contacts;

use crate::people;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn dossiers() -> Dossiers {
    Dossiers::new(Arc::new(MemoryVault::new()))
}

#[tokio::test]
async fn a_number_has_one_holder_however_many_ask_at_once() {
    let dossiers = dossiers();
    let number = people::number(1);
    assert_eq!(dossiers.find(&number).await, Ok(None));
    let askers: Vec<_> = (0..8)
        .map(|_| {
            let (dossiers, number) = (dossiers.clone(), number.clone());
            tokio::spawn(async move { dossiers.admit(&number, None, NOW).await.unwrap() })
        })
        .collect();
    let mut holders = Vec::new();
    for asker in askers {
        holders.push(asker.await.unwrap());
    }
    assert!(holders.iter().all(|holder| *holder == holders[0]));
    assert_eq!(dossiers.find(&number).await, Ok(Some(holders[0])));
    assert_eq!(dossiers.number(holders[0].person).await.unwrap().as_ref(), Some(&number));
    assert_ne!(dossiers.admit(&people::number(2), None, NOW).await.unwrap(), holders[0]);
}

#[tokio::test]
async fn ids_are_random_so_that_nobody_computes_the_number() {
    let one = dossiers().admit(&people::number(1), None, NOW).await.unwrap();
    let other = dossiers().admit(&people::number(1), None, NOW).await.unwrap();
    assert_ne!(one.person, other.person, "the same number at the same time, elsewhere");
    assert_ne!(one.licence, other.licence);
    assert_eq!(one.person.0.get_version_num(), 7);
    assert_eq!(one.licence.0.get_version_num(), 7);
}

#[tokio::test]
async fn who_is_erased_is_nobody_and_may_come_again() {
    let dossiers = dossiers();
    let before = dossiers.admit(&people::number(1), None, NOW).await.unwrap();
    dossiers.vault().erase(before.person, NOW).await.unwrap();
    assert_eq!(dossiers.find(&people::number(1)).await, Ok(None));
    assert!(dossiers.shown(before.person).await.is_err_and(|error| error.is_erased()));
    let after = dossiers.admit(&people::number(1), None, NOW).await.unwrap();
    assert_ne!((before.person, before.licence), (after.person, after.licence));
}

#[tokio::test]
async fn an_applicants_own_address_stands_in_where_the_register_has_none() {
    let dossiers = dossiers();
    let own = Contacts { email: Some("own@example.com".into()), phone: None, locale: None };
    let holder = dossiers.admit(&people::number(1), Some(&own), NOW).await.unwrap();
    assert!(dossiers.contacts(holder.person).await.unwrap() == own);
}

#[tokio::test]
async fn an_application_keeps_so_many_photos_and_no_more() {
    let dossiers = dossiers();
    let holder = dossiers.admit(&people::number(1), None, NOW).await.unwrap();
    let desk = PhotoDesk::default();
    let photo = desk
        .take_in(include_bytes!("../../photos/accepted.jpg").to_vec(), IntakeRules::default())
        .await
        .unwrap();
    let application = InstanceId::new(NOW);
    for _ in 0..PHOTOS_PER_APPLICATION {
        dossiers.keep_photo(holder.person, application, &photo, NOW).await.unwrap();
    }
    let one_more = dossiers.keep_photo(holder.person, application, &photo, NOW).await;
    assert_eq!(one_more, Err(DossierError::TooManyPhotos));
    let elsewhere = dossiers.keep_photo(holder.person, InstanceId::new(NOW), &photo, NOW).await;
    assert!(elsewhere.is_ok());
}

#[tokio::test]
async fn the_photo_desk_refuses_what_is_no_photo() {
    let desk = PhotoDesk::default();
    for file in [&b"GIF89a"[..], include_bytes!("../../photos/too-small.jpg")] {
        assert!(matches!(
            desk.take_in(file.to_vec(), IntakeRules::default()).await,
            Err(PhotoNotTaken::Refused(_))
        ));
    }
}
