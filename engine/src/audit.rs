//! Walks the journal and holds it against the rows that were derived from it.

use crate::id::InstanceId;
use crate::journal::{BrokenChain, verify_chain};
use crate::limits;
use crate::store::{InstanceQuery, Store, StoreError, Stored};

/// What an audit found.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Audit {
    /// Instances walked.
    pub instances: u64,
    /// Journal rows whose seal holds.
    pub rows: u64,
    /// What does not hold; empty if all is well.
    pub findings: Vec<Finding>,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// The chain of rows is broken.
    #[error(transparent)]
    Chain(#[from] BrokenChain),
    /// The journal ends elsewhere than the instance's row says: rows were cut off, or the row altered.
    #[error("instance {0}: its row does not point at the journal's end")]
    Head(InstanceId),
}

/// Audits every instance of a store, page by page. `progress` hears how many were walked.
///
/// # Errors
/// If the store cannot be read.
pub async fn audit(store: &dyn Store, mut progress: impl FnMut(u64)) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    let mut query = InstanceQuery {
        limit: limits::PAGE,
        ..InstanceQuery::default()
    };
    loop {
        let page = store.list(&query).await?;
        let Some(last) = page.last() else { return Ok(audit) };
        query.after = Some(last.id);
        for row in &page {
            if let Some(stored) = store.load(row.id).await? {
                audit.walk(&stored);
            }
            progress(audit.instances);
        }
    }
}

impl Audit {
    /// Audits one instance.
    pub fn walk(&mut self, stored: &Stored) {
        self.instances += 1;
        match verify_chain(stored.row.id, &stored.journal) {
            Err(broken) => self.findings.push(broken.into()),
            Ok(head) => {
                self.rows += stored.journal.len() as u64;
                if head != stored.row.head || stored.journal.len() as u64 != stored.row.version {
                    self.findings.push(Finding::Head(stored.row.id));
                }
            }
        }
    }
}
