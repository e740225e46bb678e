//! A vault behind the switch.

use std::sync::Arc;

use async_trait::async_trait;
use sealwright_engine::vault::Record;
use sealwright_engine::{InstanceId, PersonId, PhotoId, Timestamp, Vault, VaultError};
use uuid::Uuid;

use super::Mains;

/// A vault behind the switch.
#[derive(Clone)]
pub struct SwitchedVault {
    mains: Mains,
    inner: Arc<dyn Vault>,
}

impl SwitchedVault {
    pub(super) fn new(mains: Mains, inner: Arc<dyn Vault>) -> Self {
        Self { mains, inner }
    }

    fn lit(&self) -> Result<&dyn Vault, VaultError> {
        self.mains.lit::<VaultError>()?;
        Ok(&*self.inner)
    }
}

#[async_trait]
impl Vault for SwitchedVault {
    async fn enrol(&self, person: PersonId) -> Result<(), VaultError> {
        self.mains.change("vault: a person", self.inner.enrol(person)).await
    }
    async fn put(&self, person: PersonId, field: &str, value: &[u8]) -> Result<u64, VaultError> {
        self.mains.change("vault: a field", self.inner.put(person, field, value)).await
    }
    async fn put_photo(
        &self,
        photo: PhotoId,
        person: PersonId,
        instance: InstanceId,
        jpeg: &[u8],
    ) -> Result<(), VaultError> {
        self.mains.change("vault: a photo", self.inner.put_photo(photo, person, instance, jpeg)).await
    }
    async fn drop_photo(&self, photo: PhotoId) -> Result<(), VaultError> {
        self.mains.change("vault: a photo dropped", self.inner.drop_photo(photo)).await
    }
    async fn claim(
        &self,
        directory: &str,
        value: &str,
        id: Uuid,
        owner: Option<PersonId>,
    ) -> Result<Uuid, VaultError> {
        self.mains.change("vault: a directory entry", self.inner.claim(directory, value, id, owner)).await
    }
    async fn rekey(&self, directory: &str, from: &str, to: &str, id: Uuid) -> Result<(), VaultError> {
        self.mains.change("vault: a directory entry", self.inner.rekey(directory, from, to, id)).await
    }
    async fn erase(&self, person: PersonId, at: Timestamp) -> Result<(), VaultError> {
        self.mains.change("vault: a person erased", self.inner.erase(person, at)).await
    }

    async fn get(
        &self,
        person: PersonId,
        field: &str,
        revision: Option<u64>,
    ) -> Result<Option<Record>, VaultError> {
        self.lit()?.get(person, field, revision).await
    }
    async fn photo(&self, photo: PhotoId) -> Result<Option<(PersonId, InstanceId, Vec<u8>)>, VaultError> {
        self.lit()?.photo(photo).await
    }
    async fn photos_of(&self, instance: InstanceId) -> Result<Vec<PhotoId>, VaultError> {
        self.lit()?.photos_of(instance).await
    }
    async fn photos_between(
        &self,
        after: PhotoId,
        before: PhotoId,
        limit: usize,
    ) -> Result<Vec<(PhotoId, InstanceId)>, VaultError> {
        self.lit()?.photos_between(after, before, limit).await
    }
    async fn find(&self, directory: &str, value: &str) -> Result<Option<Uuid>, VaultError> {
        self.lit()?.find(directory, value).await
    }
}
