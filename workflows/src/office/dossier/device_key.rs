//! The key of the holder's wallet.

use sealwright_credentials::PublicKey;
use sealwright_engine::{InstanceId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{DossierError, Dossiers};

/// A key whose private half is in the holder's wallet, as they registered it. The next version is bound to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeviceKey {
    /// The key.
    pub key: PublicKey,
    /// When it was registered.
    pub since: Timestamp,
}

impl Dossiers {
    /// The holder's key that the licence's next version is bound to; none if there is none, or it was taken back.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn device_key(
        &self,
        person: PersonId,
        licence: InstanceId,
    ) -> Result<Option<DeviceKey>, DossierError> {
        let found: Option<(u64, Option<DeviceKey>)> = self.get(person, &field(licence), None).await?;
        Ok(found.and_then(|(_, key)| key))
    }

    /// Registers a key in the place of the one before, or takes that back. The same key again changes nothing.
    /// Answers what is registered now.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn keep_device_key(
        &self,
        person: PersonId,
        licence: InstanceId,
        key: Option<PublicKey>,
        now: Timestamp,
    ) -> Result<Option<DeviceKey>, DossierError> {
        let known = self.device_key(person, licence).await?;
        if known.as_ref().map(|known| &known.key) == key.as_ref() {
            return Ok(known);
        }
        let key = key.map(|key| DeviceKey { key, since: now });
        self.put(person, &field(licence), &key).await?;
        Ok(key)
    }
}

fn field(licence: InstanceId) -> String {
    format!("device_key.{licence}")
}
