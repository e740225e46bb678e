//! The port to personal data. Journals, labels and logs hold references; what they refer to lives
//! here, under one key per person.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::id::{InstanceId, time_ordered};
use crate::time::Timestamp;

/// A person, by a random id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonId(pub Uuid);

impl PersonId {
    /// A new person.
    pub fn new(at: Timestamp) -> Self {
        Self(time_ordered(at))
    }
}

impl std::fmt::Display for PersonId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A stored photo, by a random id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhotoId(pub Uuid);

impl PhotoId {
    /// A new photo.
    pub fn new(at: Timestamp) -> Self {
        Self(time_ordered(at))
    }

    /// Below all photos that were taken in at `at` (to the millisecond) or later, above all earlier ones.
    pub fn bound(at: Timestamp) -> Self {
        // The first 48 bits of a UUIDv7 are its time (RFC 9562 5.7).
        let millis = u128::try_from(at.micros() / 1_000).unwrap_or(0);
        Self(Uuid::from_u128(millis << 80))
    }
}

impl std::fmt::Display for PhotoId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One revision of one field of a person's dossier.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Counts up from 1.
    pub revision: u64,
    /// The value.
    pub value: Vec<u8>,
}

/// Keeps personal data, encrypted, and forgets it for good when a person is erased.
///
/// The vault commits before the command that refers to it is sent.
#[async_trait]
pub trait Vault: Send + Sync + 'static {
    /// Makes a person known. May be called again.
    async fn enrol(&self, person: PersonId) -> Result<(), VaultError>;

    /// Stores `value` as the next revision of a field, and answers its number. If the newest
    /// revision has the same value, nothing is stored and its number is the answer: the same change
    /// arriving twice counts once.
    async fn put(&self, person: PersonId, field: &str, value: &[u8]) -> Result<u64, VaultError>;

    /// A field's value at `revision`, or the newest.
    async fn get(
        &self,
        person: PersonId,
        field: &str,
        revision: Option<u64>,
    ) -> Result<Option<Record>, VaultError>;

    /// Stores a photo for `person`, bound to `instance`. May be called again with the same bytes.
    async fn put_photo(
        &self,
        photo: PhotoId,
        person: PersonId,
        instance: InstanceId,
        jpeg: &[u8],
    ) -> Result<(), VaultError>;

    /// A photo's bytes, with the person and the instance it is bound to.
    async fn photo(&self, photo: PhotoId) -> Result<Option<(PersonId, InstanceId, Vec<u8>)>, VaultError>;

    /// The photos bound to an instance, oldest first.
    async fn photos_of(&self, instance: InstanceId) -> Result<Vec<PhotoId>, VaultError>;

    /// The photos with ids between these two, neither included, by id, at most `limit`, with the instances they are
    /// bound to: for finding those that nothing refers to.
    async fn photos_between(
        &self,
        after: PhotoId,
        before: PhotoId,
        limit: usize,
    ) -> Result<Vec<(PhotoId, InstanceId)>, VaultError>;

    /// Forgets one photo. May be called again.
    async fn drop_photo(&self, photo: PhotoId) -> Result<(), VaultError>;

    /// The id under which `value` is known in a directory; only a keyed hash of it is stored.
    async fn find(&self, directory: &str, value: &str) -> Result<Option<Uuid>, VaultError>;

    /// Makes `value` known as `id` unless it is known already; answers the id that holds. The entry
    /// is forgotten when its `owner` is erased; without one it stays.
    async fn claim(
        &self,
        directory: &str,
        value: &str,
        id: Uuid,
        owner: Option<PersonId>,
    ) -> Result<Uuid, VaultError>;

    /// Moves `id` from one value to another. May be called again; its owner stays.
    ///
    /// # Errors
    /// [`VaultError::Taken`] if the new value belongs to another id, or the old one does not belong
    /// to `id` (and neither does the new one).
    async fn rekey(&self, directory: &str, from: &str, to: &str, id: Uuid) -> Result<(), VaultError>;

    /// Destroys a person's key and the look-ups they own: all their data is unreadable from now on,
    /// here and in every copy. May be called again; later questions answer [`VaultError::Erased`].
    async fn erase(&self, person: PersonId, at: Timestamp) -> Result<(), VaultError>;
}

/// Why the vault could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The person was erased. Final: tell whoever asked.
    #[error("the person's data was erased")]
    Erased,
    /// Nobody of that id was ever enrolled.
    #[error("no such person")]
    NoPerson,
    /// The value is known under another id.
    #[error("the value belongs to another entry")]
    Taken,
    /// What is stored does not open under its key and its place: altered, moved, or a wrong master key.
    #[error("stored data does not open: it was altered or moved, or the master key is another one")]
    Sealed,
    /// The vault cannot be reached now.
    #[error("the vault is not available: {0}")]
    Unavailable(String),
}
