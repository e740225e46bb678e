//! The two steps of signing: fix the bytes of every form, then sign those bytes.

mod intent;
mod mdoc;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sealwright_credentials::mdoc::IssuerSigned;
use sealwright_credentials::sd_jwt::{self, CredentialType, HolderKey, Salts, Terms};
use sealwright_credentials::{
    Content, Digest, KeyId, KeyRing, PublicKey, Serial, Sex, Signer, StatusReference, prepare,
};
use sealwright_engine::{EffectKey, InstanceId, PersonId, Timestamp, journal};

use super::dossier::{Credential, DossierError, Dossiers, KeptPhoto, prepared_field};
use super::status::StatusSlots;
use crate::licence::{self, Answer, Form, NotIssued, Portrait};
use crate::register::{self, LicenceRecord};
use intent::Intent;

/// Who signs.
pub(super) struct Desk<'a> {
    pub(super) dossiers: &'a Dossiers,
    pub(super) keys: &'a Arc<KeyRing>,
    /// Who issues, as verifiers know them.
    pub(super) issuer: &'a str,
    pub(super) credential_type: &'a CredentialType,
    pub(super) status: &'a dyn StatusSlots,
    /// Whether it was told already that the key that signs has no certificate.
    pub(super) told_uncertified: &'a AtomicBool,
}

/// What a licence's `Prepare` asks.
pub(super) struct Wanted {
    pub(super) licence: InstanceId,
    pub(super) version: u32,
    pub(super) person: PersonId,
    pub(super) revision: u64,
    pub(super) portrait: Portrait,
}

/// What a licence's `Sign` asks.
#[derive(Clone)]
pub(super) struct Intended {
    pub(super) licence: InstanceId,
    pub(super) version: u32,
    pub(super) person: PersonId,
    pub(super) serial: String,
    pub(super) digest: journal::Digest,
    pub(super) digests: BTreeMap<Form, journal::Digest>,
    pub(super) content: licence::Content,
}

impl Desk<'_> {
    /// Fixes the content of a version, once per effect. An error means: not now.
    pub(super) async fn prepare(
        &self,
        effect: &EffectKey,
        wanted: Wanted,
        now: Timestamp,
    ) -> Result<Answer, String> {
        let (version, field) = (wanted.version, prepared_field(effect));
        match self.intent(&field, wanted, now).await {
            Ok((revision, intent)) => Ok(Answer::Prepared {
                version,
                digest: intent.digest(),
                digests: intent.digests(),
                serial: intent.serial,
                generated_at: intent.generated_at,
                content: licence::Content { field, revision },
            }),
            Err(Trouble::No(cause)) => Ok(Answer::CannotPrepare { version, cause }),
            Err(Trouble::NotNow(why)) => Err(why),
        }
    }

    async fn intent(&self, field: &str, wanted: Wanted, now: Timestamp) -> Result<(u64, Intent), Trouble> {
        if let Some(before) = self.dossiers.get(wanted.person, field, None).await? {
            return Ok(before);
        }
        let record = self.record(&wanted).await?;
        let (photo, jpeg) = self.photo(&wanted).await?;
        let serial = Serial::from_random(random()?);
        // To the second, as the content has it.
        let generated_at = Timestamp::from_secs(now.secs());
        let content = content(self.issuer, &record, &wanted, &serial, generated_at, Digest::of(&jpeg));
        let signer = self.keys.signer().map_err(|error| Trouble::NotNow(error.to_string()))?;
        let unfit = |error| Trouble::NotNow(format!("the record does not fit a document: {error}"));
        let prepared = prepare(&content, signer.key_id(), signer.algorithm()).map_err(unfit)?;
        let status = self.status.slot(&serial).await.map_err(|why| Trouble::NotNow(why.to_string()))?;
        let device_key =
            self.dossiers.device_key(wanted.person, wanted.licence).await?.map(|known| known.key);
        let salts = Salts::generate().map_err(|error| Trouble::NotNow(error.to_string()))?;
        let holder = device_key.as_ref().map(HolderKey::of);
        let terms = Terms {
            holder: holder.as_ref(),
            status: status.as_ref(),
            decoys: true,
            ..Terms::of(self.credential_type)
        };
        let sd_jwt = sd_jwt::prepare(&content, &terms, signer.key_id(), signer.algorithm(), salts);
        // The format demands a holder's key (ISO/IEC 18013-5 9.1.2.4, deviceKeyInfo): one that we made ourselves would
        // bind the document to nobody, so without one there is no mdoc.
        let mdoc = match &device_key {
            Some(key) => self.mdoc(&content, &jpeg, signer, key, status.as_ref())?,
            None => None,
        };
        let intent = Intent {
            version: wanted.version,
            serial: serial.to_string(),
            generated_at,
            photo,
            prepared,
            sd_jwt: Some(sd_jwt.map_err(unfit)?),
            mdoc,
            device_key,
        };
        let revision = self.dossiers.put(wanted.person, field, &intent).await?;
        Ok((revision, intent))
    }

    /// The mdoc, where the key that signs has a certificate and the record fits the format.
    fn mdoc(
        &self,
        content: &Content,
        photo: &[u8],
        signer: &dyn Signer,
        device_key: &PublicKey,
        status: Option<&StatusReference>,
    ) -> Result<Option<sealwright_credentials::mdoc::Prepared>, Trouble> {
        let key = signer.key_id();
        let Some(certificate) = self.keys.certificates().signer_of(key, content.generated_at) else {
            if !self.told_uncertified.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    %key,
                    "no mdocs are issued: the document key has no certificate that is good; make one with `sealwright \
                     keys certificates signer`"
                );
            }
            return Ok(None);
        };
        self.told_uncertified.store(false, Ordering::Relaxed);
        let made = mdoc::Made { content, photo, certificate, device_key, status };
        match made.prepare(&random()?) {
            Ok(prepared) => Ok(Some(prepared)),
            Err(why) => {
                tracing::warn!(serial = %content.serial, %why, "a version is issued without an mdoc");
                Ok(None)
            }
        }
    }

    async fn record(&self, wanted: &Wanted) -> Result<LicenceRecord, Trouble> {
        let missing = || Trouble::NotNow("the vault has no record of this person".into());
        let dossier = self.dossiers.record(wanted.person, None).await?.ok_or_else(missing)?;
        if dossier.revision > wanted.revision {
            return Err(Trouble::No(NotIssued::NewerRevision { revision: dossier.revision }));
        }
        if dossier.revision < wanted.revision {
            // The vault commits before whoever refers to it.
            return Err(Trouble::NotNow("the vault is behind the journal: was an old copy restored?".into()));
        }
        Ok(dossier.record)
    }

    async fn photo(&self, wanted: &Wanted) -> Result<(KeptPhoto, Vec<u8>), Trouble> {
        let missing = Trouble::No(NotIssued::PhotoMissing);
        match wanted.portrait {
            Portrait::Retained => {
                let photo = self.dossiers.retained_photo(wanted.person).await?;
                let (revision, jpeg) = photo.ok_or(missing)?;
                Ok((KeptPhoto::Retained(revision), jpeg))
            }
            Portrait::Reviewed(photo) => match self.dossiers.vault().photo(photo).await {
                Ok(Some((person, _, jpeg))) if person == wanted.person => {
                    Ok((KeptPhoto::Reviewed(photo), jpeg))
                }
                Ok(_) => Err(missing),
                Err(error) => Err(DossierError::from(error).into()),
            },
        }
    }

    /// Signs the bytes that were journaled, and no others. The same bytes give the same credential, so it does not
    /// matter how often. An error means: not now.
    pub(super) async fn sign(&self, intended: Intended) -> Result<Answer, String> {
        let version = intended.version;
        match self.signed(&intended).await {
            Ok(()) => Ok(Answer::Signed { version }),
            Err(Trouble::No(cause)) => Ok(Answer::CannotPrepare { version, cause }),
            Err(Trouble::NotNow(why)) => Err(why),
        }
    }

    /// Why a key does not finish what was prepared for it. One that was withdrawn never will; one that is only
    /// missing may be put back.
    fn gone(&self, key: &KeyId) -> Trouble {
        match self.keys.key_set().get(key) {
            Some((_, state)) if !state.may_verify() => {
                tracing::warn!(%key, %state, "what was prepared for a withdrawn key is prepared anew");
                Trouble::No(NotIssued::KeyWithdrawn)
            }
            _ => Trouble::NotNow(format!("there is no private key {key} in the ring: put it back")),
        }
    }

    async fn signed(&self, intended: &Intended) -> Result<(), Trouble> {
        let not_now = |why: &str| Trouble::NotNow(why.into());
        let place = &intended.content;
        let intent: Option<(u64, Intent)> =
            self.dossiers.get(intended.person, &place.field, Some(place.revision)).await?;
        let (_, intent) = intent.ok_or_else(|| not_now("the vault does not have the prepared content"))?;
        if !intent.is(intended) {
            return Err(not_now("the prepared content is not the journaled one: it will not be signed"));
        }
        let (credential, mdoc) = self.in_every_form(intent, intended).await?;
        let (person, licence) = (intended.person, intended.licence);
        if let Some(mdoc) = mdoc {
            // Before the credential: whoever finds that has all forms.
            self.dossiers.keep_mdoc(person, licence, intended.version, &mdoc).await?;
        }
        self.dossiers.keep_credential(person, licence, &intended.serial, &credential).await?;
        Ok(())
    }
}

impl Desk<'_> {
    /// A signature with a key in memory takes 30 microseconds: no thread of its own. A device takes its time.
    async fn in_every_form(
        &self,
        intent: Intent,
        intended: &Intended,
    ) -> Result<(Credential, Option<IssuerSigned>), Trouble> {
        let key = *intent.prepared.key_id();
        let signer = self.keys.signer_of(&key).ok_or_else(|| self.gone(&key))?;
        let signed = if signer.may_block() {
            let (keys, intended) = (Arc::clone(self.keys), intended.clone());
            let sign = move || keys.signer_of(&key).map(|signer| intent.sign(&intended, signer));
            let signed = tokio::task::spawn_blocking(sign).await;
            signed.map_err(|error| Trouble::NotNow(error.to_string()))?.ok_or_else(|| self.gone(&key))?
        } else {
            intent.sign(intended, signer)
        };
        signed.map_err(|error| Trouble::NotNow(error.to_string()))
    }
}

enum Trouble {
    No(NotIssued),
    NotNow(String),
}

impl From<DossierError> for Trouble {
    fn from(error: DossierError) -> Self {
        if error.is_erased() { Trouble::No(NotIssued::Erased) } else { Trouble::NotNow(error.to_string()) }
    }
}

/// Bytes that nobody can guess.
fn random<const N: usize>() -> Result<[u8; N], Trouble> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Trouble::NotNow(format!("no random bytes: {error}")))?;
    Ok(bytes)
}

fn content(
    issuer: &str,
    record: &LicenceRecord,
    wanted: &Wanted,
    serial: &Serial,
    generated_at: Timestamp,
    photo_digest: Digest,
) -> Content {
    Content {
        issuer: issuer.to_owned(),
        licence_number: record.number.as_str().to_owned(),
        expires: None,
        generated_at: generated_at.secs(),
        serial: serial.clone(),
        version: wanted.version,
        name: record.name.clone(),
        sex: match record.sex {
            register::Sex::Unknown => Sex::Unknown,
            register::Sex::Male => Sex::Male,
            register::Sex::Female => Sex::Female,
            register::Sex::NotStated => Sex::NotStated,
        },
        birth_date: record.birth_date,
        nationality: record.nationality.clone(),
        classes: record.classes.to_string(),
        valid_from: record.valid_from,
        valid_until: record.valid_until,
        first_issue: record.first_issue,
        authority: record.authority.name.clone(),
        archive_number: record.archive_no.as_ref().map(|number| number.as_str().to_owned()),
        address: record.address.clone(),
        record: (!record.remarks.is_empty()).then(|| record.remarks.join("；")),
        photo_digest,
        status_at_issue: record.status.to_string(),
    }
}
