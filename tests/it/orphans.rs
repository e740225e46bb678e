//! Photos that a crash left in the vault, with nothing that refers to them, are found; no other one is touched.

use std::time::Duration;

use sealwright_engine::store::InstanceQuery;
use sealwright_engine::{InstanceId, PhotoId, Timestamp};
use sealwright_tests::play::play;
use sealwright_tests::story;
use sealwright_tests::town::{Ground, Plan, make_keys};
use sealwright_workflows::office::orphans::Collected;

#[tokio::test]
async fn a_photo_that_was_never_offered_is_forgotten_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut town = Plan::new(Ground::Memory, make_keys(folder.path())).open().await;
    let story = story::named("camera-second-try").expect("it is told");
    play(&mut town, &story).await;
    let applications =
        town.engine.store().list(&InstanceQuery { limit: 100, ..InstanceQuery::default() }).await.unwrap();
    let vault = &town.opened.vault;
    let mut offered = Vec::new();
    let mut owner = None;
    for row in applications.iter().filter(|row| row.workflow == "application") {
        for photo in vault.photos_of(row.id).await.unwrap() {
            owner = vault.photo(photo).await.unwrap().map(|(person, ..)| (person, row.id));
            offered.push(photo);
        }
    }
    let (person, application) = owner.expect("two tries");
    assert_eq!(offered.len(), 2);

    let put = async |instance: InstanceId| {
        let photo = PhotoId::new(town.engine.now());
        vault.put_photo(photo, person, instance, b"jpeg").await.unwrap();
        photo
    };
    let never_offered = put(application).await;
    let without_a_journal = put(InstanceId::new(town.engine.now())).await;
    town.advance(Duration::from_secs(3_600)).await;
    let bound = PhotoId::bound(town.engine.now());
    town.advance(Duration::from_secs(1)).await;
    let on_its_way = put(application).await;

    let start = PhotoId::bound(Timestamp::from_secs(0));
    let office = town.office();
    let collect = async || office.collect_photos(&town.engine, start, bound).await.unwrap();
    assert_eq!(collect().await, Collected { seen: 4, dropped: 2 });
    assert_eq!(collect().await, Collected { seen: 2, dropped: 0 });
    for gone in [never_offered, without_a_journal] {
        assert_eq!(vault.photo(gone).await, Ok(None));
    }
    for kept in offered.iter().chain([&on_its_way]) {
        assert!(vault.photo(*kept).await.unwrap().is_some());
    }
}
