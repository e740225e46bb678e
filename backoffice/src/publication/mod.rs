//! What the office publishes of credentials: status lists, and the transparency log.
//!
//! A [`Publisher`] follows the journal's feed with a cursor of its own for each, so that after a restart it
//! catches up. [`Publisher::step`] does all that is due at a time it is given; a task calls it every few seconds.
//! Several nodes may do so at once: whoever is second changes nothing.

mod status;

mod journal;
mod lists;
mod sequence;
mod slots;

mod task;

use std::sync::Arc;

use sealwright_credentials::log::{Checkpoint, CheckpointError, NoteKey};
use sealwright_credentials::status_list::{Pace, TokenError};
use sealwright_credentials::{Ed25519Signer, KeyRing, SignError, Signer as _};
use sealwright_engine::store::{Store, StoreError};
use sealwright_storage::publication::{ListPlan, Log, NotStored, StatusLists};
use sealwright_storage::{Database, MasterKey};

pub use status::status_of;
pub(crate) use task::Task;

/// Entries of a list: many enough that an entry tells nothing of its neighbours, and 256 KiB unpacked.
pub const ENTRIES: u32 = 1 << 20;

/// Positions a node takes at once: a few seconds' work of a busy office, and nothing if they are lost.
pub const BLOCK: u32 = 1_024;

/// How long a verifier may keep a copy of a list, in seconds.
pub const TTL_S: u32 = 300;

/// What the log's key is derived for. It is stored, so to speak: another text is another log.
const LOG_KEY: &str = "transparency log key 1";

/// How a [`Publisher`] is set up.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who issues, as credentials name them.
    pub issuer: String,
    /// How lists are opened.
    pub lists: ListPlan,
    /// When they are published.
    pub pace: Pace,
    /// The log's name, a URL without scheme.
    pub origin: String,
}

impl Plan {
    /// For an office at this address; without one at its issuer's.
    pub fn of(issuer: &str, public_url: &str) -> Self {
        let base = if public_url.is_empty() { issuer } else { public_url }.trim_end_matches('/');
        let origin = issuer.split_once("://").map_or(issuer, |(_, rest)| rest).trim_end_matches('/');
        Self {
            issuer: issuer.to_owned(),
            lists: ListPlan { base: format!("{base}/v1/status"), entries: ENTRIES, block: BLOCK },
            pace: Pace::default(),
            origin: format!("{origin}/log"),
        }
    }
}

/// Publishes status lists and the log.
pub struct Publisher {
    store: Arc<dyn Store>,
    lists: StatusLists,
    counter: slots::Counter,
    log: Log,
    log_key: Ed25519Signer,
    log_name: NoteKey,
    plan: Plan,
}

/// What a step did.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Stepped {
    /// Entries of status lists that say something else now.
    pub changed: u64,
    /// Lists that were published.
    pub published: u32,
    /// The log's size, as the newest checkpoint says.
    pub log_size: u64,
}

/// Why a step did not do all that was due. The next one goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotPublished {
    /// The engine's store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lists or the log.
    #[error(transparent)]
    Rows(#[from] NotStored),
    /// A row of the journal cannot be read.
    #[error("a journal row is damaged: {0}")]
    Journal(#[from] serde_json::Error),
    /// There is no key to sign with.
    #[error(transparent)]
    Key(#[from] SignError),
    /// A status list was not signed.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A checkpoint was not signed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The tree is not what was signed before. Nothing is signed any more: restore the database.
    #[error("the log does not contain what checkpoint {0} says: it was altered, or an old copy was restored")]
    Inconsistent(u64),
    /// The thread that signs died.
    #[error("a list was not made: {0}")]
    Died(#[from] tokio::task::JoinError),
}

impl Publisher {
    /// For the journal in `store`, with the lists and the log in `database`. The log's key follows from the
    /// master key and signs checkpoints alone. Needs a tokio runtime.
    ///
    /// # Errors
    /// No list has as many entries as the plan says, or the issuer's name is no name for a log.
    pub fn new(
        store: Arc<dyn Store>,
        database: Database,
        master: &MasterKey,
        plan: Plan,
    ) -> anyhow::Result<Self> {
        let log_key = Ed25519Signer::from_seed(&master.derive_for(LOG_KEY));
        let log_name = NoteKey::log(&plan.origin, log_key.public_key())?;
        Checkpoint::of(&plan.origin, &Default::default())?;
        let lists = StatusLists::new(database.clone(), master.clone(), plan.lists.clone())?;
        Ok(Self {
            store,
            counter: slots::Counter::open(lists.clone()),
            lists,
            log: Log::new(database),
            log_key,
            log_name,
            plan,
        })
    }

    /// Does all that is due at `now`, in Unix seconds. Call it every few seconds.
    ///
    /// # Errors
    /// What went wrong first; the log goes on if the lists cannot, and the other way round.
    pub async fn step(&self, keys: &Arc<KeyRing>, now: i64) -> Result<Stepped, NotPublished> {
        let sequenced = self.sequence().await;
        let changed = self.follow(now).await;
        let published = self.publish(keys, now).await;
        Ok(Stepped { log_size: sequenced?, changed: changed?, published: published? })
    }

    /// The lists.
    pub fn lists(&self) -> &StatusLists {
        &self.lists
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The key that the log's checkpoints are verified with.
    pub fn log_key(&self) -> &NoteKey {
        &self.log_name
    }

    /// How it was set up.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }
}
