//! What sweeps compare, in the store's own database.

use async_trait::async_trait;
use sealwright_engine::store::StoreError;
use sealwright_engine::{InstanceId, PersonId};
use sealwright_storage::{Database, Entered, FollowedRecords, Listed, MasterKey};
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::ledger::{Compared, Ledger, Line, Way};
use sealwright_workflows::sweep::Kind;

/// The ledger in a database.
#[derive(Clone, Debug)]
pub struct StoredLedger(FollowedRecords);

impl StoredLedger {
    /// In this database, which must be migrated. Numbers and digests are hashed under a key that follows from the
    /// master key.
    pub fn new(database: Database, master: &MasterKey) -> Self {
        Self(FollowedRecords::new(database, master))
    }

    /// The sweep of this kind that is under way.
    ///
    /// # Errors
    /// The database's.
    pub async fn holder(&self, kind: Kind) -> Result<Option<InstanceId>, StoreError> {
        Ok(self.0.look(kind.as_str()).await?.1)
    }
}

#[async_trait]
impl Ledger for StoredLedger {
    async fn note(&self, line: Line, person: PersonId) -> Result<(), Unavailable> {
        self.0.note(&listed(&line), person).await.map_err(away)
    }

    async fn compare(&self, lines: &[Line]) -> Result<Compared, Unavailable> {
        let page: Vec<_> = lines.iter().map(listed).collect();
        let found = self.0.compare(&page).await.map_err(away)?;
        Ok(Compared { known: found.known, differing: found.differing })
    }

    async fn count(&self) -> Result<u64, Unavailable> {
        self.0.count().await.map_err(away)
    }

    async fn enter(&self, kind: Kind, sweep: InstanceId) -> Result<Way, Unavailable> {
        Ok(match self.0.enter(kind.as_str(), sweep).await.map_err(away)? {
            Entered::Free(cursor) => Way::Free(cursor),
            Entered::Held(by) => Way::Held(by),
        })
    }

    async fn cursor(&self, kind: Kind) -> Result<Option<String>, Unavailable> {
        Ok(self.0.look(kind.as_str()).await.map_err(away)?.0)
    }

    async fn leave(
        &self,
        kind: Kind,
        sweep: InstanceId,
        moved: Option<Option<String>>,
    ) -> Result<(), Unavailable> {
        self.0.leave(kind.as_str(), sweep, moved).await.map_err(away)
    }
}

fn listed(line: &Line) -> Listed {
    Listed { number: line.number.clone(), digest: line.digest }
}

fn away(error: StoreError) -> Unavailable {
    Unavailable(error.to_string())
}
