//! What an instance knows by heart: the fold of its journal.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::Refusal;
use crate::id::{CommandId, InstanceId, Version};
use crate::journal::{Digest, Row};
use crate::kind::{Kind, Live, Unreadable, View, panic_text};
use crate::store::Stored;

/// The fold of an instance's journal.
pub(crate) struct Cached {
    pub(crate) kind: Arc<dyn Kind>,
    pub(crate) live: Box<dyn Live>,
    pub(crate) version: Version,
    pub(crate) head: Digest,
    pub(crate) schema: u16,
    /// What the store's rows say of the derived parts, if this actor wrote them itself.
    pub(crate) view: Option<View>,
    pub(crate) phase: &'static str,
    pub(crate) closed: bool,
    pub(crate) parked: Option<String>,
    accepted: HashMap<u128, Accepted>,
}

/// An accepted command, by half digests: enough to tell commands of one instance apart.
struct Accepted {
    version: Version,
    digest: u128,
}

impl Cached {
    /// An instance before its first decision.
    pub(crate) fn fresh(kind: Arc<dyn Kind>) -> Self {
        let live = kind.fresh();
        let view = live.derive();
        Self {
            schema: kind.schema(),
            kind,
            live,
            version: 0,
            head: Digest::ZERO,
            phase: view.phase,
            closed: view.closed,
            view: None,
            parked: None,
            accepted: HashMap::new(),
        }
    }

    /// Folds a stored instance. Checks the order of the rows; `audit` checks the hashes.
    pub(crate) fn fold(kind: Arc<dyn Kind>, stored: Stored) -> Result<Self, Refusal> {
        let folded = catch_unwind(AssertUnwindSafe(|| {
            let mut cached = Self::fresh(kind);
            cached.take_in(&stored.journal).map(|()| cached)
        }));
        let mut cached = folded
            .unwrap_or_else(|panic| Err(format!("its fold panicked: {}", panic_text(&*panic))))
            .map_err(Refusal::Unreadable)?;
        if cached.version != stored.row.version {
            let rows = cached.version;
            let said = stored.row.version;
            return Err(Refusal::Unreadable(format!(
                "the journal has {rows} rows, the instance says {said}"
            )));
        }
        cached.schema = cached.schema.max(stored.row.schema);
        cached.parked = stored.row.parked;
        Ok(cached)
    }

    fn take_in(&mut self, journal: &[Row]) -> Result<(), String> {
        for row in journal {
            if row.version != self.version + 1 {
                return Err(format!("version {} follows {} in the journal", row.version, self.version));
            }
            let digest = self.live.fold(row).map_err(|why| match why {
                Unreadable::Newer(schema) => format!("newer code wrote it (schema {schema})"),
                Unreadable::Damaged(error) => format!("version {} is damaged: {error}", row.version),
            })?;
            self.version = row.version;
            self.head = row.hash;
            self.remember(&row.command_id, digest, row.version);
        }
        let view = self.live.derive();
        self.phase = view.phase;
        self.closed = view.closed;
        Ok(())
    }

    /// The version that a command made when it was accepted; an error if its id was another's.
    pub(crate) fn accepted(&self, id: &CommandId, digest: Digest) -> Option<Result<Version, Refusal>> {
        let before = self.accepted.get(&half(Digest::of(id.as_str().as_bytes())))?;
        let same = before.digest == half(digest);
        Some(if same { Ok(before.version) } else { Err(Refusal::KeyReused) })
    }

    pub(crate) fn remember(&mut self, id: &CommandId, digest: Digest, version: Version) {
        let accepted = Accepted { version, digest: half(digest) };
        self.accepted.insert(half(Digest::of(id.as_str().as_bytes())), accepted);
    }

    pub(crate) fn is_of(&self, workflow: &str) -> bool {
        self.kind.name() == workflow
    }
}

/// Loads an instance. `workflow` is what a new one would be.
pub(crate) async fn load(
    shared: &super::Shared,
    id: InstanceId,
    workflow: Option<&'static str>,
) -> Result<Option<Cached>, Refusal> {
    match shared.store.load(id).await? {
        Some(stored) => fold(shared, stored).map(Some),
        None => Ok(workflow.and_then(|name| shared.kinds.get(name)).map(|kind| Cached::fresh(kind.clone()))),
    }
}

/// What is derived from a stored instance's journal.
pub(crate) fn derived(shared: &super::Shared, stored: Stored) -> Result<View, Refusal> {
    fold(shared, stored).map(|cached| cached.live.derive())
}

fn fold(shared: &super::Shared, stored: Stored) -> Result<Cached, Refusal> {
    let name = &stored.row.workflow;
    let Some(kind) = shared.kinds.get(name.as_str()) else {
        let why = format!("workflow `{name}` is not registered here");
        return Err(Refusal::Unreadable(why));
    };
    Cached::fold(kind.clone(), stored)
}

fn half(digest: Digest) -> u128 {
    let mut half = [0; 16];
    half.copy_from_slice(&digest.0[..16]);
    u128::from_le_bytes(half)
}
