//! Which channels have taken a notice, while others have not. It is in the vault because it is about a person.

use std::collections::BTreeSet;

use sealwright_engine::{EffectKey, PersonId};

use super::Channel;
use crate::office::dossier::{DossierError, Dossiers};

/// With one channel there is nothing to remember.
pub(super) async fn read(
    dossiers: &Dossiers,
    person: PersonId,
    key: EffectKey,
    channels: usize,
) -> Result<BTreeSet<Channel>, DossierError> {
    if channels < 2 {
        return Ok(BTreeSet::new());
    }
    Ok(dossiers.get(person, &field(key), None).await?.map(|(_, told)| told).unwrap_or_default())
}

pub(super) async fn write(
    dossiers: &Dossiers,
    person: PersonId,
    key: EffectKey,
    told: &BTreeSet<Channel>,
) -> Result<(), DossierError> {
    dossiers.put(person, &field(key), told).await.map(|_| ())
}

fn field(key: EffectKey) -> String {
    format!("notice.{key}")
}
