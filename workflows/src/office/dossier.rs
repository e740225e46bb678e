//! What the vault keeps about a person for these workflows, and under which names.

mod device_key;
mod holder;
mod kept;
mod mdocs;

use std::sync::Arc;

use sealwright_engine::{PersonId, Vault, VaultError};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use device_key::DeviceKey;
pub use holder::Holder;
pub(in crate::office) use kept::prepared_field;
pub use kept::{Credential, Dossier, KeptPhoto, PHOTOS_PER_APPLICATION, Shown};

/// The dossiers: people by their licence number, records, sessions, credentials, photos.
#[derive(Clone)]
pub struct Dossiers {
    vault: Arc<dyn Vault>,
}

/// Why the dossier cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DossierError {
    /// The vault's answer.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What is stored is not what this program stores there.
    #[error("the dossier's field `{0}` cannot be read: it was written by another version of this program")]
    Unreadable(String),
    /// Too many photos.
    #[error("this application has {PHOTOS_PER_APPLICATION} photos already; begin another one")]
    TooManyPhotos,
}

const NUMBER: &str = "number";
const CONTACTS: &str = "contacts";

impl Dossiers {
    /// The dossiers in `vault`.
    pub fn new(vault: Arc<dyn Vault>) -> Self {
        Self { vault }
    }

    /// The vault behind them.
    pub fn vault(&self) -> &Arc<dyn Vault> {
        &self.vault
    }

    pub(in crate::office) async fn get<T: DeserializeOwned>(
        &self,
        person: PersonId,
        field: &str,
        revision: Option<u64>,
    ) -> Result<Option<(u64, T)>, DossierError> {
        let Some(found) = self.vault.get(person, field, revision).await? else {
            return Ok(None);
        };
        // The parser's own words may repeat a value.
        let value = serde_json::from_slice(&found.value);
        let value = value.map_err(|_| DossierError::Unreadable(field.to_owned()))?;
        Ok(Some((found.revision, value)))
    }

    pub(in crate::office) async fn put(
        &self,
        person: PersonId,
        field: &str,
        value: &impl Serialize,
    ) -> Result<u64, DossierError> {
        let json = serde_json::to_vec(value).map_err(|_| DossierError::Unreadable(field.to_owned()))?;
        Ok(self.vault.put(person, field, &json).await?)
    }
}

impl DossierError {
    /// Whether the person's data is gone for good.
    pub fn is_erased(&self) -> bool {
        matches!(self, Self::Vault(VaultError::Erased))
    }
}
