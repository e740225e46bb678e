//! SQLite sits the exams.

use std::sync::Arc;

use sealwright_engine::Timestamp;
use sealwright_engine::clock::ManualClock;
use sealwright_engine::testing::exam::Student;
use sealwright_storage::SqliteStore;

sealwright_engine::store_exam!(student);

async fn student() -> Student {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(Timestamp::from_secs(1_800_000_000));
    let store = SqliteStore::open(folder.path().join("exam.db"), Arc::new(clock.clone()))
        .await
        .unwrap();
    Student::new(Arc::new(store), clock, folder)
}
