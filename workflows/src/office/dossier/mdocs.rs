//! Signed mdocs, each in a field of its own: a portrait is in them, and most readers of a document want a short text.

use sealwright_credentials::mdoc::IssuerSigned;
use sealwright_engine::{InstanceId, PersonId};

use super::{DossierError, Dossiers};

impl Dossiers {
    /// The mdoc of a signed document, an `IssuerSigned` in CBOR; none where it was issued without.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn mdoc(
        &self,
        person: PersonId,
        licence: InstanceId,
        version: u32,
    ) -> Result<Option<Vec<u8>>, DossierError> {
        let found = self.vault.get(person, &mdoc_field(licence, version), None).await?;
        Ok(found.map(|found| found.value))
    }

    pub(in crate::office) async fn keep_mdoc(
        &self,
        person: PersonId,
        licence: InstanceId,
        version: u32,
        mdoc: &IssuerSigned,
    ) -> Result<(), DossierError> {
        self.vault.put(person, &mdoc_field(licence, version), mdoc.as_bytes()).await?;
        Ok(())
    }
}

fn mdoc_field(licence: InstanceId, version: u32) -> String {
    format!("mdoc.{licence}.{version}")
}
