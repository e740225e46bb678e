//! The vault's rows as its daily work needs them. What many ask for at once is asked and written
//! together, so that personal data shares flushes as decisions do.

use async_trait::async_trait;
use sealwright_engine::vault::VaultError;
use uuid::Uuid;

/// Rows of people, records and directories. Nothing here can open what is sealed.
///
/// Work that was taken on is carried out, whether or not anybody still waits for it.
#[async_trait]
pub(crate) trait Shelf: Send + Sync {
    /// A record with the key of its person.
    async fn record(&self, sought: Sought) -> Result<Found, VaultError>;

    /// The id that a directory has under a hash.
    async fn entry(&self, hash: [u8; 32]) -> Result<Option<Uuid>, VaultError>;

    /// Makes a change if what it rests on still holds; answers whether it did. It is durable then.
    async fn change(&self, change: Change) -> Result<bool, VaultError>;
}

/// Changes waiting for a batch, and questions. Whoever has one waits for its answer, so this is
/// far beyond what the bounds around the vault let through.
pub(crate) const WAITING: usize = 1_024;

/// Questions, or changes, in one batch.
pub(crate) const BATCH: usize = 256;

/// Which record.
#[derive(Clone, Debug)]
pub(crate) struct Sought {
    pub(crate) person: Uuid,
    /// The field, or nothing but the person.
    pub(crate) field: Option<String>,
    /// This one, or the newest.
    pub(crate) revision: Option<i64>,
}

/// What stands there.
#[derive(Clone, Default, Debug)]
pub(crate) struct Found {
    pub(crate) person: Person,
    /// Revision and sealed value.
    pub(crate) record: Option<(i64, Vec<u8>)>,
}

/// A person's row.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) enum Person {
    /// There is none.
    #[default]
    Unknown,
    /// The key was destroyed.
    Erased,
    /// The wrapped key.
    Known(Vec<u8>),
}

/// A new row, and what it rests on.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// A person, unless known.
    Enrol { person: Uuid, wrapped: Vec<u8> },
    /// A revision, unless there is one of that number, if the person's key is still the one that it
    /// was sealed under.
    Put { person: Uuid, wrapped: Vec<u8>, field: String, revision: i64, sealed: Vec<u8> },
    /// A directory's entry, unless there is one, if its owner is not erased.
    Claim { hash: [u8; 32], id: Uuid, owner: Option<Uuid>, cell: i32 },
    /// What was followed last of a licence, in place of what stood there, if the person is not erased.
    Followed { number: Vec<u8>, record: Vec<u8>, person: Uuid },
}

impl Person {
    /// A row's columns: whether there is one, and its wrapped key.
    pub(crate) fn of(is_there: bool, wrapped: Option<Vec<u8>>) -> Self {
        match wrapped {
            Some(wrapped) => Self::Known(wrapped),
            None if is_there => Self::Erased,
            None => Self::Unknown,
        }
    }
}
