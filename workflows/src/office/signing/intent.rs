//! What is stored between the two steps: the exact bytes of every form, salts included.

use std::collections::BTreeMap;

use sealwright_credentials::mdoc::{self, IssuerSigned};
use sealwright_credentials::{Prepared, PublicKey, SealError, Signer, sd_jwt};
use sealwright_engine::{Timestamp, journal};
use serde::{Deserialize, Serialize};

use super::Intended;
use crate::licence::Form;
use crate::office::dossier::{Credential, KeptPhoto};

/// A version in every form, before it is signed. Stored sealed, and once per effect.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Intent {
    pub(super) version: u32,
    pub(super) serial: String,
    pub(super) generated_at: Timestamp,
    pub(super) photo: KeptPhoto,
    /// The compact code.
    pub(super) prepared: Prepared,
    /// None in an intent from before there was this form: it is signed as it was journaled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sd_jwt: Option<sd_jwt::Prepared>,
    /// None where it could not be made; see [`super::mdoc`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mdoc: Option<mdoc::Prepared>,
    /// The holder's key that the forms beside the code are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) device_key: Option<PublicKey>,
}

impl Intent {
    /// Of the compact code.
    pub(super) fn digest(&self) -> journal::Digest {
        journal::Digest(*self.prepared.digest().as_bytes())
    }

    /// Of every form beside it.
    pub(super) fn digests(&self) -> BTreeMap<Form, journal::Digest> {
        let sd_jwt = self.sd_jwt.iter().map(|prepared| (Form::SdJwtVc, prepared.digest()));
        let mdoc = self.mdoc.iter().map(|prepared| (Form::Mdoc, prepared.digest()));
        sd_jwt.chain(mdoc).map(|(form, digest)| (form, journal::Digest(*digest.as_bytes()))).collect()
    }

    /// Whether it is the journaled one: every journaled form is there, with the same bytes.
    pub(super) fn is(&self, intended: &Intended) -> bool {
        let digests = self.digests();
        self.digest() == intended.digest
            && intended.digests.iter().all(|(form, digest)| digests.get(form) == Some(digest))
            && self.serial == intended.serial
            && self.version == intended.version
    }

    /// Signs every journaled form, or none. One that was not journaled stays unsigned: while nodes are updated, an
    /// older one may have answered for what a newer one prepared.
    pub(super) fn sign(
        &self,
        intended: &Intended,
        signer: &dyn Signer,
    ) -> Result<(Credential, Option<IssuerSigned>), SealError> {
        let journaled = |form| intended.digests.contains_key(&form);
        let sd_jwt = self.sd_jwt.as_ref().filter(|_| journaled(Form::SdJwtVc));
        let mdoc = self.mdoc.as_ref().filter(|_| journaled(Form::Mdoc));
        let credential = Credential {
            version: self.version,
            code: self.prepared.sign(signer)?,
            sd_jwt: sd_jwt.map(|prepared| prepared.sign(signer)).transpose()?,
            device_key: self.device_key.clone().filter(|_| sd_jwt.is_some() || mdoc.is_some()),
            photo: self.photo,
        };
        Ok((credential, mdoc.map(|prepared| prepared.sign(signer)).transpose()?))
    }
}
