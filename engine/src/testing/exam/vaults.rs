//! Claims about vaults.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::VaultStudent;
use crate::id::{InstanceId, time_ordered};
use crate::time::Timestamp;
use crate::vault::{PersonId, PhotoId, VaultError};

const AT: Timestamp = Timestamp::from_secs(1_800_000_000);

fn fresh() -> Uuid {
    time_ordered(AT)
}

async fn person(student: &VaultStudent) -> PersonId {
    let person = PersonId::new(AT);
    student.vault.enrol(person).await.unwrap();
    person
}

async fn value(student: &VaultStudent, person: PersonId, revision: Option<u64>) -> Option<(u64, Vec<u8>)> {
    let record = student.vault.get(person, "name", revision).await.unwrap();
    record.map(|record| (record.revision, record.value))
}

pub async fn a_value_comes_back_by_revision(student: VaultStudent) {
    let person = person(&student).await;
    student.vault.enrol(person).await.unwrap();
    assert_eq!(value(&student, person, None).await, None);
    assert_eq!(student.vault.put(person, "name", "张三".as_bytes()).await, Ok(1));
    assert_eq!(student.vault.put(person, "name", b"").await, Ok(2));
    student.vault.enrol(person).await.unwrap();
    assert_eq!(value(&student, person, None).await, Some((2, Vec::new())));
    assert_eq!(value(&student, person, Some(1)).await, Some((1, "张三".as_bytes().to_vec())));
    assert_eq!(value(&student, person, Some(3)).await, None);
}

pub async fn the_same_value_twice_is_one_revision(student: VaultStudent) {
    let person = person(&student).await;
    for (value, revision) in [("a", 1), ("a", 1), ("b", 2), ("b", 2), ("a", 3)] {
        assert_eq!(student.vault.put(person, "name", value.as_bytes()).await, Ok(revision));
    }
}

pub async fn writers_of_one_field_get_different_revisions(student: VaultStudent) {
    let person = person(&student).await;
    let writers: Vec<_> = (0..6)
        .map(|n| {
            let vault = Arc::clone(&student.vault);
            tokio::spawn(
                async move { vault.put(person, "name", format!("value {n}").as_bytes()).await.unwrap() },
            )
        })
        .collect();
    let mut revisions = BTreeSet::new();
    for writer in writers {
        revisions.insert(writer.await.unwrap());
    }
    assert_eq!(revisions, (1..=6).collect());
}

pub async fn fields_and_people_are_apart(student: VaultStudent) {
    let (one, other) = (person(&student).await, person(&student).await);
    student.vault.put(one, "name", b"one").await.unwrap();
    student.vault.put(other, "name", b"other").await.unwrap();
    assert_eq!(student.vault.put(one, "phone", b"0").await, Ok(1));
    assert_eq!(value(&student, one, None).await, Some((1, b"one".to_vec())));
    assert_eq!(value(&student, other, None).await, Some((1, b"other".to_vec())));
}

pub async fn nobody_is_not_enrolled(student: VaultStudent) {
    let nobody = PersonId::new(AT);
    let vault = &student.vault;
    assert_eq!(vault.put(nobody, "name", b"x").await, Err(VaultError::NoPerson));
    assert!(matches!(vault.get(nobody, "name", None).await, Err(VaultError::NoPerson)));
    let photo = vault.put_photo(PhotoId::new(AT), nobody, InstanceId::new(AT), b"jpeg").await;
    assert_eq!(photo, Err(VaultError::NoPerson));
    assert_eq!(vault.claim("numbers", "1", fresh(), Some(nobody)).await, Err(VaultError::NoPerson));
}

pub async fn a_photo_comes_back_with_its_owner(student: VaultStudent) {
    let person = person(&student).await;
    let instance = InstanceId::new(AT);
    let ids: Vec<_> = (0..3).map(|second| PhotoId::new(Timestamp::from_secs(second))).collect();
    let jpeg: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
    for id in ids.iter().rev() {
        student.vault.put_photo(*id, person, instance, &jpeg).await.unwrap();
    }
    student.vault.put_photo(ids[0], person, instance, &jpeg).await.unwrap();
    assert_eq!(student.vault.photo(ids[0]).await, Ok(Some((person, instance, jpeg))));
    assert_eq!(student.vault.photos_of(instance).await, Ok(ids));
    assert_eq!(student.vault.photos_of(InstanceId::new(AT)).await, Ok(Vec::new()));
    assert_eq!(student.vault.photo(PhotoId::new(AT)).await, Ok(None));
}

pub async fn a_dropped_photo_is_gone(student: VaultStudent) {
    let person = person(&student).await;
    let (photo, instance) = (PhotoId::new(AT), InstanceId::new(AT));
    student.vault.put_photo(photo, person, instance, b"jpeg").await.unwrap();
    for _ in 0..2 {
        student.vault.drop_photo(photo).await.unwrap();
        assert_eq!(student.vault.photo(photo).await, Ok(None));
    }
    assert_eq!(student.vault.photos_of(instance).await, Ok(Vec::new()));
}

pub async fn photos_are_found_by_when_they_were_taken_in(student: VaultStudent) {
    let (person, erased) = (person(&student).await, person(&student).await);
    let at = |second: i64| Timestamp::from_secs(1_800_000_000 + second);
    let mut photos = Vec::new();
    for second in 0..5 {
        let (photo, instance) = (PhotoId::new(at(second)), InstanceId::new(at(second)));
        student.vault.put_photo(photo, person, instance, b"jpeg").await.unwrap();
        student.vault.put_photo(PhotoId::new(at(second)), erased, instance, b"jpeg").await.unwrap();
        photos.push((photo, instance));
    }
    student.vault.erase(erased, AT).await.unwrap();
    let between = async |from: PhotoId, to, limit| {
        student.vault.photos_between(from, PhotoId::bound(at(to)), limit).await.unwrap()
    };
    let start = PhotoId::bound(at(0));
    assert_eq!(between(start, 5, 10).await, photos);
    assert_eq!(between(start, 3, 10).await, photos[..3]);
    assert_eq!(between(PhotoId::bound(at(1)), 3, 10).await, photos[1..3]);
    assert_eq!(between(start, 5, 2).await, photos[..2]);
    assert_eq!(between(photos[1].0, 5, 2).await, photos[2..4], "the next page begins behind the last one");
}

pub async fn a_value_is_known_under_one_id(student: VaultStudent) {
    let (first, second) = (fresh(), fresh());
    let vault = &student.vault;
    assert_eq!(vault.find("numbers", "330106").await, Ok(None));
    assert_eq!(vault.claim("numbers", "330106", first, None).await, Ok(first));
    assert_eq!(vault.claim("numbers", "330106", second, None).await, Ok(first));
    assert_eq!(vault.claim("phones", "330106", second, None).await, Ok(second));
    assert_eq!(vault.find("numbers", "330106").await, Ok(Some(first)));
    assert_eq!(vault.find("number", "s330106").await, Ok(None), "a directory's name has an end");
}

pub async fn one_of_many_claims_holds(student: VaultStudent) {
    let claims: Vec<_> = (0..6)
        .map(|_| {
            let vault = Arc::clone(&student.vault);
            tokio::spawn(async move { vault.claim("numbers", "330106", fresh(), None).await.unwrap() })
        })
        .collect();
    let mut holding = BTreeSet::new();
    for claim in claims {
        holding.insert(claim.await.unwrap());
    }
    assert_eq!(holding.len(), 1, "all were told the same id");
}

pub async fn an_id_moves_to_another_value(student: VaultStudent) {
    let (id, vault) = (fresh(), &student.vault);
    vault.claim("numbers", "old", id, None).await.unwrap();
    for _ in 0..2 {
        assert_eq!(vault.rekey("numbers", "old", "new", id).await, Ok(()));
        assert_eq!(vault.find("numbers", "old").await, Ok(None));
        assert_eq!(vault.find("numbers", "new").await, Ok(Some(id)));
    }
    assert_eq!(vault.rekey("numbers", "new", "new", id).await, Ok(()));
    assert_eq!(vault.find("numbers", "new").await, Ok(Some(id)));
}

pub async fn an_id_cannot_take_anothers_value(student: VaultStudent) {
    let (id, other, vault) = (fresh(), fresh(), &student.vault);
    vault.claim("numbers", "mine", id, None).await.unwrap();
    vault.claim("numbers", "theirs", other, None).await.unwrap();
    assert_eq!(vault.rekey("numbers", "mine", "theirs", id).await, Err(VaultError::Taken));
    assert_eq!(vault.rekey("numbers", "theirs", "free", id).await, Err(VaultError::Taken));
    assert_eq!(vault.find("numbers", "mine").await, Ok(Some(id)));
    assert_eq!(vault.find("numbers", "theirs").await, Ok(Some(other)));
    assert_eq!(vault.find("numbers", "free").await, Ok(None));
}

pub async fn erasure_is_final_and_told(student: VaultStudent) {
    let (gone, vault) = (person(&student).await, &student.vault);
    let (photo, instance) = (PhotoId::new(AT), InstanceId::new(AT));
    vault.put(gone, "name", b"x").await.unwrap();
    vault.put_photo(photo, gone, instance, b"jpeg").await.unwrap();
    for _ in 0..2 {
        vault.erase(gone, AT).await.unwrap();
        assert_eq!(vault.enrol(gone).await, Err(VaultError::Erased));
        assert_eq!(vault.put(gone, "name", b"x").await, Err(VaultError::Erased));
        assert!(matches!(vault.get(gone, "name", None).await, Err(VaultError::Erased)));
        assert!(matches!(vault.get(gone, "name", Some(1)).await, Err(VaultError::Erased)));
        assert_eq!(vault.photo(photo).await, Err(VaultError::Erased));
        assert_eq!(vault.photos_of(instance).await, Ok(Vec::new()));
        let again = vault.put_photo(photo, gone, instance, b"jpeg").await;
        assert_eq!(again, Err(VaultError::Erased));
        assert_eq!(vault.claim("numbers", "1", fresh(), Some(gone)).await, Err(VaultError::Erased));
    }
    assert_eq!(vault.erase(PersonId::new(AT), AT).await, Err(VaultError::NoPerson));
}

pub async fn erasure_forgets_the_look_ups_of_that_person_alone(student: VaultStudent) {
    let (gone, stays, vault) = (person(&student).await, person(&student).await, &student.vault);
    let ids = [fresh(), fresh(), fresh()];
    vault.claim("numbers", "gone", ids[0], Some(gone)).await.unwrap();
    vault.rekey("numbers", "gone", "moved", ids[0]).await.unwrap();
    vault.claim("numbers", "stays", ids[1], Some(stays)).await.unwrap();
    vault.claim("numbers", "nobody's", ids[2], None).await.unwrap();
    vault.put(stays, "name", b"y").await.unwrap();
    vault.erase(gone, AT).await.unwrap();
    assert_eq!(vault.find("numbers", "moved").await, Ok(None));
    assert_eq!(vault.find("numbers", "stays").await, Ok(Some(ids[1])));
    assert_eq!(vault.find("numbers", "nobody's").await, Ok(Some(ids[2])));
    assert_eq!(value(&student, stays, None).await, Some((1, b"y".to_vec())));
    // The value may be claimed anew: it is a look-up, not a record of who had it.
    assert_eq!(vault.claim("numbers", "moved", ids[2], Some(stays)).await, Ok(ids[2]));
}
