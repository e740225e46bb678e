//! Claims about what the vault's tables hold.

use std::task::{Context, Waker};

use sea_orm::{ConnectionTrait, DbBackend};
use sealwright_engine::vault::VaultError;
use sealwright_engine::{InstanceId, PersonId, PhotoId, Timestamp, Vault};
use sealwright_storage::{Database, MasterKey, SealedVault};
use uuid::Uuid;

const AT: Timestamp = Timestamp::from_secs(1_800_000_000);

pub(crate) async fn enrolled(vault: &SealedVault) -> PersonId {
    let person = PersonId::new(AT);
    vault.enrol(person).await.unwrap();
    person
}

/// Somebody with access to the tables changes them.
async fn tamper(database: &Database, text: String) {
    let done = database.write(move |transaction| {
        Box::pin(async move { transaction.execute_unprepared(&text).await.map(|_| ()) })
    });
    done.await.unwrap();
}

fn literal(database: &Database, id: Uuid) -> String {
    match database.backend() {
        DbBackend::Sqlite => format!("x'{}'", id.as_simple()),
        _ => format!("'{id}'"),
    }
}

async fn name(vault: &SealedVault, person: PersonId, revision: u64) -> Result<Vec<u8>, VaultError> {
    vault.get(person, "name", Some(revision)).await.map(|record| record.unwrap().value)
}

pub(crate) async fn what_is_moved_or_altered_does_not_open(database: &Database, vault: &SealedVault) {
    let (person, other) = (enrolled(vault).await, enrolled(vault).await);
    vault.put(person, "name", b"first").await.unwrap();
    vault.put(person, "name", b"second").await.unwrap();
    let (mine, theirs) = (PhotoId::new(AT), PhotoId::new(AT));
    let instance = InstanceId::new(AT);
    vault.put_photo(mine, person, instance, b"jpeg").await.unwrap();
    vault.put_photo(theirs, person, instance, b"jpeg").await.unwrap();
    let (one, two) = (literal(database, person.0), literal(database, other.0));
    let (photo, source) = (literal(database, mine.0), literal(database, theirs.0));

    // An older value played back as the newest.
    let older = "SELECT sealed FROM record WHERE revision = 1";
    tamper(database, format!("UPDATE record SET sealed = ({older}) WHERE revision = 2")).await;
    assert_eq!(name(vault, person, 1).await, Ok(b"first".to_vec()));
    assert_eq!(name(vault, person, 2).await, Err(VaultError::Sealed));
    assert_eq!(vault.put(person, "name", b"third").await, Err(VaultError::Sealed));
    // Another photo of the same person under this photo's id.
    let another = format!("SELECT sealed FROM photo WHERE id = {source}");
    tamper(database, format!("UPDATE photo SET sealed = ({another}) WHERE id = {photo}")).await;
    assert_eq!(vault.photo(mine).await, Err(VaultError::Sealed));
    // A photo given to somebody else.
    assert!(vault.photo(theirs).await.is_ok());
    tamper(database, format!("UPDATE photo SET person = {two} WHERE id = {source}")).await;
    assert_eq!(vault.photo(theirs).await, Err(VaultError::Sealed));
    // One person's key given to another.
    let key = format!("SELECT wrapped_key FROM person WHERE id = {one}");
    tamper(database, format!("UPDATE person SET wrapped_key = ({key}) WHERE id = {two}")).await;
    assert_eq!(vault.put(other, "name", b"x").await, Err(VaultError::Sealed));
    assert_eq!(vault.enrol(other).await, Err(VaultError::Sealed));
}

pub(crate) async fn another_master_key_opens_nothing(database: &Database, vault: &SealedVault) {
    let wrong = MasterKey::from_bytes([8; 32]);
    // An empty vault cannot tell; this one was opened before anybody was in it.
    let stranger = SealedVault::open(database.clone(), &wrong).await.unwrap();
    let person = enrolled(vault).await;
    vault.put(person, "name", b"x").await.unwrap();
    vault.claim("numbers", "1", person.0, None).await.unwrap();
    assert!(matches!(stranger.get(person, "name", None).await, Err(VaultError::Sealed)));
    assert_eq!(stranger.put(person, "name", b"x").await, Err(VaultError::Sealed));
    assert_eq!(stranger.find("numbers", "1").await, Ok(None));
    let refused = SealedVault::open(database.clone(), &wrong).await.err();
    assert_eq!(refused, Some(VaultError::Sealed));
    assert!(SealedVault::open(database.clone(), &MasterKey::from_bytes([7; 32])).await.is_ok());
}

/// Puts recognisable values everywhere a value can be put.
pub(crate) async fn fill_with_canaries(vault: &SealedVault) -> Vec<Vec<u8>> {
    let person = enrolled(vault).await;
    let canaries: Vec<_> =
        ["value", "photo", "number", "moved"].map(|what| format!("canary {what} 7f3a")).into();
    vault.put(person, "name", canaries[0].as_bytes()).await.unwrap();
    let photo = PhotoId::new(AT);
    vault.put_photo(photo, person, InstanceId::new(AT), canaries[1].as_bytes()).await.unwrap();
    vault.claim("numbers", &canaries[2], person.0, Some(person)).await.unwrap();
    vault.rekey("numbers", &canaries[2], &canaries[3], person.0).await.unwrap();
    canaries.into_iter().map(String::into_bytes).collect()
}

/// Callers go away while their work is under way. None leaves a half-open transaction behind that
/// would swallow the next one's work, and what is there opens.
pub(crate) async fn a_dropped_caller_cancels_nothing(vault: &SealedVault) {
    let person = enrolled(vault).await;
    let mut context = Context::from_waker(Waker::noop());
    for n in 0..20 {
        let value = format!("dropped {n}");
        let mut call = vault.put(person, "name", value.as_bytes());
        assert!(call.as_mut().poll(&mut context).is_pending());
        drop(call);
        let kept = format!("kept {n}");
        assert_eq!(vault.put(person, "kept", kept.as_bytes()).await, Ok(n + 1));
        assert!(name_is_whole(vault, person).await);
    }
    for n in 0..20 {
        let kept = vault.get(person, "kept", Some(n + 1)).await.unwrap().unwrap();
        assert_eq!(kept.value, format!("kept {n}").into_bytes());
    }
}

async fn name_is_whole(vault: &SealedVault, person: PersonId) -> bool {
    let newest = vault.get(person, "name", None).await.unwrap();
    newest.is_none_or(|newest| newest.value.starts_with(b"dropped "))
}
