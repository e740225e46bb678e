//! Walks the journal and holds it against the rows that were derived from it.

use crate::actors::derived;
use crate::engine::Engine;
use crate::error::Refusal;
use crate::id::InstanceId;
use crate::journal::{BrokenChain, verify_chain};
use crate::kind::View;
use crate::limits;
use crate::store::{InstanceQuery, Store, StoreError, Stored, TaskQuery};

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
    /// A row says something else than what the journal leads to.
    #[error("instance {instance}: its {what} is not what its journal leads to")]
    Derived {
        /// The instance.
        instance: InstanceId,
        /// Which row: `phase`, `deadline`, `task`, `labels`.
        what: &'static str,
    },
    /// This program cannot fold the journal.
    #[error("instance {instance}: {why}")]
    Unreadable {
        /// The instance.
        instance: InstanceId,
        /// Why.
        why: String,
    },
}

impl Engine {
    /// As [`audit`], and folds each journal and holds phase, deadline, task and labels against it.
    /// May run beside everything else. After code changed what is derived, first
    /// [`derive_again`](Self::derive_again).
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn audit(&self, mut progress: impl FnMut(u64)) -> Result<Audit, StoreError> {
        let store = &**self.store();
        let mut audit = Audit::default();
        let mut query = InstanceQuery { limit: limits::PAGE, ..InstanceQuery::default() };
        loop {
            let page = store.list(&query).await?;
            let Some(last) = page.last() else { return Ok(audit) };
            query.after = Some(last.id);
            for row in &page {
                self.audit_one(&mut audit, row.id).await?;
                progress(audit.instances);
            }
        }
    }

    async fn audit_one(&self, audit: &mut Audit, instance: InstanceId) -> Result<(), StoreError> {
        let store = &**self.store();
        let mut version = None;
        let mut finding = None;
        // Labels and task are read after the journal. What differs because the instance went on
        // meanwhile is looked at again.
        while let Some(stored) = store.load(instance).await? {
            if version == Some(stored.row.version) {
                break;
            }
            if version.is_none() {
                audit.walk(&stored);
            }
            version = Some(stored.row.version);
            finding = match derived(self.shared(), stored.clone()) {
                Ok(view) => self.differs(&view, &stored).await?,
                Err(Refusal::Unreadable(why)) => Some(Finding::Unreadable { instance, why }),
                Err(_) => None,
            };
            if finding.is_none() {
                break;
            }
        }
        audit.findings.extend(finding);
        Ok(())
    }

    async fn differs(&self, view: &View, stored: &Stored) -> Result<Option<Finding>, StoreError> {
        let instance = stored.row.id;
        let labels = self.store().labels(instance).await?;
        let query = TaskQuery { instance: Some(instance), limit: 1, ..TaskQuery::default() };
        let task = self.store().tasks(&query).await?.into_iter().next();
        let same_labels = labels.len() == view.labels.len()
            && view
                .labels
                .iter()
                .all(|(name, value)| labels.iter().any(|(other, text)| other == name && text == value));
        let row = &stored.row;
        let what = if (row.phase.as_str(), row.closed) != (view.phase, view.closed) {
            "phase"
        } else if row.wake_at != view.wake_at {
            "deadline"
        } else if task.map(|row| row.task) != view.task {
            "task"
        } else if !same_labels {
            "labels"
        } else {
            return Ok(None);
        };
        Ok(Some(Finding::Derived { instance, what }))
    }
}

/// Audits every instance of a store, page by page. `progress` hears how many were walked.
///
/// # Errors
/// If the store cannot be read.
pub async fn audit(store: &dyn Store, mut progress: impl FnMut(u64)) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    let mut after = None;
    loop {
        after = audit.page(store, after).await?;
        progress(audit.instances);
        if after.is_none() {
            return Ok(audit);
        }
    }
}

impl Audit {
    /// Audits one page of a store, at most [`limits::PAGE`] instances; answers where the next one begins. For those
    /// who cannot wait for all of it.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn page(
        &mut self,
        store: &dyn Store,
        after: Option<InstanceId>,
    ) -> Result<Option<InstanceId>, StoreError> {
        let page =
            store.list(&InstanceQuery { after, limit: limits::PAGE, ..InstanceQuery::default() }).await?;
        for row in &page {
            if let Some(stored) = store.load(row.id).await? {
                self.walk(&stored);
            }
        }
        Ok(page.last().map(|last| last.id))
    }

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
