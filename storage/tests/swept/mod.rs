//! Claims about what sweeps compare and where they stand, for every database.

use std::sync::Arc;

use futures_util::future::join_all;
use sealwright_engine::vault::Vault;
use sealwright_engine::{InstanceId, PersonId, Timestamp};
use sealwright_storage::{Compared, Database, Entered, FollowedRecords, Listed, MasterKey, SealedVault};
use uuid::Uuid;

fn key() -> MasterKey {
    MasterKey::from_bytes([7; 32])
}

fn listed(number: u32, digest: u8) -> Listed {
    Listed { number: format!("passport:{number:06}"), digest: [digest; 32] }
}

fn person(n: u32) -> PersonId {
    PersonId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + u128::from(n)))
}

async fn people(database: &Database, people: std::ops::Range<u32>) -> Arc<SealedVault> {
    let vault = Arc::new(SealedVault::open(database.clone(), &key()).await.unwrap());
    for enrolled in join_all(people.map(|n| vault.enrol(person(n)))).await {
        enrolled.unwrap();
    }
    vault
}

/// Whatever a page holds, and in whatever order: who differs is told by line, the others are counted.
pub(crate) async fn a_page_is_compared_as_a_set(database: Database) {
    people(&database, 0..1_000).await;
    let records = FollowedRecords::new(database, &key());
    assert_eq!(records.compare(&[]).await.unwrap(), Compared::default());
    assert_eq!(records.compare(&[listed(1, 1)]).await.unwrap(), Compared::default());
    let notes: Vec<_> = (0..1_000).map(|n| (listed(n, 1), person(n))).collect();
    for noted in join_all(notes.iter().map(|(listed, person)| records.note(listed, *person))).await {
        noted.unwrap();
    }
    assert_eq!(records.count().await.unwrap(), 1_000);
    // 500 that are known, two of them changed, and 300 that nobody here ever applied with.
    let mut page: Vec<_> = (600..1_100).rev().map(|n| listed(n, 1)).collect();
    page.extend((2_000..2_200).map(|n| listed(n, 1)));
    page[499] = listed(600, 2);
    page[450] = listed(649, 3);
    let compared = records.compare(&page).await.unwrap();
    assert_eq!(compared, Compared { known: 400, differing: vec![(450, person(649)), (499, person(600))] });
    // Noted again with what stands there now, it is in step.
    records.note(&listed(649, 3), person(649)).await.unwrap();
    records.note(&listed(649, 3), person(649)).await.unwrap();
    let compared = records.compare(&page).await.unwrap();
    assert_eq!(compared, Compared { known: 400, differing: vec![(499, person(600))] });
    assert_eq!(records.count().await.unwrap(), 1_000);
}

/// The same table under another master key knows nobody, and under ours two numbers are not mixed up.
pub(crate) async fn the_table_alone_tells_nothing(database: Database) {
    people(&database, 0..2).await;
    let records = FollowedRecords::new(database.clone(), &key());
    records.note(&listed(1, 1), person(1)).await.unwrap();
    let other = FollowedRecords::new(database, &MasterKey::from_bytes([8; 32]));
    assert_eq!(other.compare(&[listed(1, 1)]).await.unwrap().known, 0);
    assert!(!format!("{:?} {:?}", listed(1, 1), records).contains("000001"));
}

/// Nothing is left of who was erased, and nothing comes back.
pub(crate) async fn an_erased_person_leaves_no_row(database: Database) {
    let vault = people(&database, 0..3).await;
    let records = FollowedRecords::new(database, &key());
    for n in 0..3 {
        records.note(&listed(n, 1), person(n)).await.unwrap();
    }
    vault.erase(person(1), Timestamp::from_secs(1_800_000_000)).await.unwrap();
    records.note(&listed(1, 1), person(1)).await.unwrap();
    records.note(&listed(9, 1), person(9)).await.unwrap();
    assert_eq!(records.count().await.unwrap(), 2);
    let compared = records.compare(&[listed(0, 2), listed(1, 2), listed(2, 1)]).await.unwrap();
    assert_eq!(compared, Compared { known: 2, differing: vec![(0, person(0))] });
}

/// Of many sweeps at once one holds the way; it frees it, and nobody else does.
pub(crate) async fn one_sweep_of_a_kind_is_under_way(database: Database) {
    let records = FollowedRecords::new(database, &key());
    let sweeps: Vec<_> = (0..20).map(|_| InstanceId::new(Timestamp::from_secs(1_800_000_000))).collect();
    let entered = join_all(sweeps.iter().map(|sweep| records.enter("changes", *sweep))).await;
    let entered: Vec<_> = entered.into_iter().map(Result::unwrap).collect();
    let first = entered.iter().position(|entered| *entered == Entered::Free(None)).unwrap();
    let holder = sweeps[first];
    let held = entered.iter().filter(|entered| **entered == Entered::Held(holder)).count();
    assert_eq!(held, 19);
    assert_eq!(records.enter("changes", holder).await.unwrap(), Entered::Free(None), "again");
    assert_eq!(records.enter("full", sweeps[(first + 1) % 20]).await.unwrap(), Entered::Free(None));
    let other = sweeps[(first + 2) % 20];
    records.leave("changes", other, Some(Some("stolen".into()))).await.unwrap();
    assert_eq!(records.look("changes").await.unwrap(), (None, Some(holder)));
    for _ in 0..2 {
        records.leave("changes", holder, Some(Some("c-17".into()))).await.unwrap();
        assert_eq!(records.look("changes").await.unwrap(), (Some("c-17".into()), None));
    }
    assert_eq!(records.enter("changes", other).await.unwrap(), Entered::Free(Some("c-17".into())));
    records.leave("changes", other, None).await.unwrap();
    assert_eq!(records.look("changes").await.unwrap(), (Some("c-17".into()), None), "cancelled");
    assert!(records.enter("no such kind", other).await.is_err());
}
