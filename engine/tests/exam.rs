//! The stores and vaults in memory sit the exams.

mod store {
    use std::sync::Arc;

    use sealwright_engine::Timestamp;
    use sealwright_engine::clock::ManualClock;
    use sealwright_engine::store::MemoryStore;
    use sealwright_engine::testing::exam::Student;

    sealwright_engine::store_exam!(student);

    async fn student() -> Student {
        let clock = ManualClock::at(Timestamp::from_secs(1_800_000_000));
        let store = MemoryStore::new(Arc::new(clock.clone()));
        Student::new(Arc::new(store), clock, ())
    }
}

mod vault {
    use std::sync::Arc;

    use sealwright_engine::testing::MemoryVault;
    use sealwright_engine::testing::exam::VaultStudent;

    sealwright_engine::vault_exam!(student);

    async fn student() -> VaultStudent {
        VaultStudent::new(Arc::new(MemoryVault::new()), ())
    }
}
