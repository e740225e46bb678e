//! SQLite sits the exams, and is asked about what is its own: the file.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "publication")]
mod publication;
mod sealed;
mod shown;
mod sql;
mod swept;

use std::path::Path;
use std::sync::Arc;

use sealwright_engine::Timestamp;
use sealwright_engine::clock::ManualClock;
use sealwright_engine::store::{Position, Store, Write, Written};
use sealwright_engine::testing::exam::{Student, VaultStudent};
use sealwright_storage::{MasterKey, OpenError, SealedVault, SqliteStore, migrate, status};
use tempfile::TempDir;

sealwright_engine::store_exam!(student);
sealwright_engine::vault_exam!(vault_student);

async fn student() -> Student {
    let folder = tempfile::tempdir().unwrap();
    let (store, clock) = open(&folder).await;
    Student::new(Arc::new(store), clock, folder)
}

async fn vault_student() -> VaultStudent {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(&folder).await;
    let vault = SealedVault::open(store.database(), &MasterKey::from_bytes([7; 32])).await.unwrap();
    VaultStudent::new(Arc::new(vault), folder)
}

async fn open(folder: &TempDir) -> (SqliteStore, ManualClock) {
    let clock = ManualClock::at(Timestamp::from_secs(1_800_000_000));
    let store = SqliteStore::open(file(folder), Arc::new(clock.clone())).await.unwrap();
    (store, clock)
}

fn file(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("office.db")
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

#[tokio::test]
async fn a_bad_write_fails_alone() {
    sql::a_bad_write_fails_alone(student().await).await;
}

#[tokio::test]
async fn a_dropped_caller_cancels_nothing() {
    sql::a_dropped_caller_cancels_nothing(student().await).await;
}

#[tokio::test]
async fn a_show_code_is_used_once() {
    let folder = tempfile::tempdir().unwrap();
    shown::a_code_is_used_once(open(&folder).await.0.database()).await;
}

#[tokio::test]
async fn a_show_code_is_found_by_what_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    shown::a_code_is_found_by_what_is_typed(open(&folder).await.0.database()).await;
}

#[tokio::test]
async fn show_codes_that_are_over_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    shown::what_is_over_is_forgotten(open(&folder).await.0.database()).await;
}

#[tokio::test]
async fn a_page_is_compared_as_a_set() {
    let folder = tempfile::tempdir().unwrap();
    swept::a_page_is_compared_as_a_set(open(&folder).await.0.database()).await;
}

#[tokio::test]
async fn the_table_alone_tells_nothing() {
    let folder = tempfile::tempdir().unwrap();
    swept::the_table_alone_tells_nothing(open(&folder).await.0.database()).await;
}

#[tokio::test]
async fn an_erased_person_leaves_no_row() {
    let folder = tempfile::tempdir().unwrap();
    swept::an_erased_person_leaves_no_row(open(&folder).await.0.database()).await;
}

#[tokio::test]
async fn one_sweep_of_a_kind_is_under_way() {
    let folder = tempfile::tempdir().unwrap();
    swept::one_sweep_of_a_kind_is_under_way(open(&folder).await.0.database()).await;
}

#[tokio::test]
async fn a_second_process_is_refused_and_the_next_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (store, clock) = open(&folder).await;
    let again = SqliteStore::open(file(&folder), Arc::new(clock)).await;
    let refusal = again.err().unwrap();
    assert!(matches!(refusal, OpenError::Locked(_)), "{refusal}");
    assert!(matches!(migrate(&url(&file(&folder))).await, Err(OpenError::Locked(_))));
    drop(store);
    open(&folder).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(&folder).await;
    let write = sql::first(Timestamp::from_secs(1_800_000_000));
    let Write::Append(append) = write.clone() else { unreachable!() };
    assert_eq!(store.write(vec![write]).await, [Ok(Written::Done)]);
    assert!(store.flushes() > 0);
    drop(store);
    let (store, _) = open(&folder).await;
    assert_eq!(store.load(append.row.instance).await.unwrap().unwrap().journal, [append.row]);
    assert_eq!(store.feed(Position(0), 9).await.unwrap().len(), 1);
    assert!(store.describe().contains("synchronous FULL"), "{}", store.describe());
}

#[tokio::test]
async fn a_node_that_joins_takes_back_what_earlier_ones_had() {
    let (store, student) = (student().await, sealwright_engine::NodeId::new(Timestamp::EPOCH));
    let (store, earlier) = (store.store.clone(), student);
    store.join(earlier).await.unwrap();
    let mut write = sql::first(Timestamp::from_secs(1_800_000_000));
    sql::with_effect(&mut write, Some(earlier));
    assert_eq!(store.write(vec![write]).await, [Ok(Written::Done)]);
    let node = sealwright_engine::NodeId::new(Timestamp::EPOCH);
    assert_eq!(store.claim_effects(node, 9).await.unwrap().len(), 0);
    store.join(node).await.unwrap();
    assert_eq!(store.claim_effects(node, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn migrations_run_from_empty_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = url(&file(&folder));
    assert!(matches!(status(&url).await, Err(OpenError::Unreachable { .. })), "asking makes no file");
    assert!(!file(&folder).exists());
    let steps = migrate(&url).await.unwrap();
    assert!(steps.len() >= 2 && steps.iter().all(|step| step.applied));
    assert_eq!(migrate(&url).await.unwrap(), steps);
    assert_eq!(status(&url).await.unwrap(), steps);
    open(&folder).await;
}

#[tokio::test]
async fn older_tables_are_refused_until_they_are_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let url = url(&file(&folder));
    migrate(&url).await.unwrap();
    let raw = rusqlite::Connection::open(file(&folder)).unwrap();
    raw.execute("DELETE FROM sealwright_migration WHERE version LIKE '0002%'", []).unwrap();
    drop(raw);
    let clock = Arc::new(ManualClock::at(Timestamp::EPOCH));
    let refusal = SqliteStore::open(file(&folder), clock.clone()).await.err().unwrap();
    assert!(
        refusal.to_string().contains("0002_vault") && refusal.to_string().contains("migrate"),
        "{refusal}"
    );
    assert_eq!(status(&url).await.unwrap().iter().filter(|step| !step.applied).count(), 1);
    migrate(&url).await.unwrap();
    assert!(SqliteStore::open(file(&folder), clock).await.is_ok());
}

#[tokio::test]
async fn a_url_that_names_no_database_is_told_what_would() {
    for wrong in ["mysql://host/db", "office.db", "sqlite:", ""] {
        let refusal = migrate(wrong).await.err().unwrap().to_string();
        assert!(refusal.contains("sqlite:") && refusal.contains("postgres://"), "{refusal}");
    }
}

#[tokio::test]
async fn readers_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(&folder).await;
    use sea_orm::ConnectionTrait;
    let written =
        store.database().read(|readers| Box::pin(readers.execute_unprepared("DELETE FROM journal"))).await;
    assert!(written.unwrap_err().to_string().contains("readonly"));
}

mod vault {
    use super::*;

    async fn opened(folder: &TempDir) -> (SqliteStore, SealedVault) {
        let (store, _) = open(folder).await;
        let vault = SealedVault::open(store.database(), &MasterKey::from_bytes([7; 32])).await.unwrap();
        (store, vault)
    }

    #[tokio::test]
    async fn what_is_moved_or_altered_does_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let (store, vault) = opened(&folder).await;
        sealed::what_is_moved_or_altered_does_not_open(&store.database(), &vault).await;
    }

    #[tokio::test]
    async fn another_master_key_opens_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (store, vault) = opened(&folder).await;
        sealed::another_master_key_opens_nothing(&store.database(), &vault).await;
    }

    #[tokio::test]
    async fn a_dropped_caller_cancels_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (_store, vault) = opened(&folder).await;
        sealed::a_dropped_caller_cancels_nothing(&vault).await;
    }

    #[tokio::test]
    async fn no_plain_text_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let (store, vault) = opened(&folder).await;
        let canaries = sealed::fill_with_canaries(&vault).await;
        let on_disk = || disk(&folder);
        for canary in &canaries {
            assert!(!contains(&on_disk(), canary), "{canary:?} is on the disk");
        }
        assert!(contains(&on_disk(), b"sealwright_migration"), "the search works");
        drop((vault, store));
        for canary in &canaries {
            assert!(!contains(&on_disk(), canary), "{canary:?} is on the disk");
        }
    }

    #[tokio::test]
    async fn an_erased_persons_key_is_nowhere_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let (store, vault) = opened(&folder).await;
        let person = sealed::enrolled(&vault).await;
        let raw = rusqlite::Connection::open(file(&folder)).unwrap();
        let wrapped: Vec<u8> = raw.query_row("SELECT wrapped_key FROM person", [], |row| row.get(0)).unwrap();
        drop(raw);
        assert!(contains(&disk(&folder), &wrapped), "the search works");
        use sealwright_engine::Vault;
        vault.erase(person, Timestamp::EPOCH).await.unwrap();
        assert!(!contains(&disk(&folder), &wrapped), "the wrapped key can still be found");
        drop(store);
    }

    /// The database's files, one after the other.
    fn disk(folder: &TempDir) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
        }
        bytes
    }

    fn contains(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }
}

#[cfg(feature = "publication")]
mod published {
    use super::*;

    crate::publication::publication_exam!(database);

    async fn database() -> (sealwright_storage::Database, (SqliteStore, TempDir)) {
        let folder = tempfile::tempdir().unwrap();
        let (store, _) = open(&folder).await;
        (store.database(), (store, folder))
    }
}
