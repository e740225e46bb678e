//! Records, photos, sessions and credentials of a person.

use sealwright_credentials::Code;
use sealwright_credentials::sd_jwt::SdJwt;
use sealwright_engine::{EffectKey, InstanceId, PersonId, PhotoId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{CONTACTS, DossierError, Dossiers, NUMBER};
use crate::office::liveness::Session;
use crate::office::photo::PreparedPhoto;
use crate::register::{Contacts, DocumentKind, LicenceNumber, LicenceRecord, RecordFacts, Sex};

const RECORD: &str = "record";
/// The register's count under which the newest record was seen again, if it counts without a change.
const COUNT: &str = "record_count";
const RETAINED: &str = "retained_photo";
const RETAINED_REFERENCE: &str = "retained_photo_reference";

const SERIALS: &str = "serial";

/// Photos that one application may store. The tries are limited by the workflow; this holds off a client that
/// uploads without ever offering.
pub const PHOTOS_PER_APPLICATION: usize = 64;

/// A record as it is stored, with the dossier's revision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dossier {
    /// The revision to confirm, and to issue from.
    pub revision: u64,
    /// The record.
    pub record: LicenceRecord,
}

/// A record as the applicant confirms it: the number masked, nothing that the register only needs itself.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named as the fields of the record")]
pub struct Shown {
    /// What `ConfirmInformation` has to name.
    pub revision: u64,
    /// Such as `110*************2X`.
    pub number: String,
    pub document: DocumentKind,
    pub name: String,
    pub sex: Sex,
    pub nationality: String,
    pub birth_date: chrono::NaiveDate,
    pub address: String,
    pub authority_name: String,
    pub remarks: Vec<String>,
    pub facts: RecordFacts,
}

/// A signed document in all its forms, as the vault keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its version.
    pub version: u32,
    /// The signed text for the QR.
    pub code: Code,
    /// The same as SD-JWT VC. Documents from before there was this form have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sd_jwt: Option<SdJwt>,
    /// The photo whose digest is signed.
    pub photo: KeptPhoto,
}

/// Where the photo of a document is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptPhoto {
    /// The register's, at this revision of our copy.
    Retained(u64),
    /// One that was taken in.
    Reviewed(PhotoId),
}

impl Dossiers {
    /// The number of a person.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn number(&self, person: PersonId) -> Result<Option<LicenceNumber>, DossierError> {
        self.get(person, NUMBER, None).await.map(value)
    }

    /// The record at a revision, or the newest.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn record(
        &self,
        person: PersonId,
        revision: Option<u64>,
    ) -> Result<Option<Dossier>, DossierError> {
        let found = self.get(person, RECORD, revision).await?;
        Ok(found.map(|(revision, record)| Dossier { revision, record }))
    }

    /// The newest record, as the applicant confirms it.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn shown(&self, person: PersonId) -> Result<Option<Shown>, DossierError> {
        Ok(self.record(person, None).await?.map(Shown::from))
    }

    /// How to reach a person: what the register says, then what the applicant said.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn contacts(&self, person: PersonId) -> Result<Contacts, DossierError> {
        let official = self.record(person, None).await?.map(|dossier| dossier.record.contacts);
        let official = official.unwrap_or_default();
        let own: Contacts = value(self.get(person, CONTACTS, None).await?).unwrap_or_default();
        Ok(Contacts {
            email: official.email.or(own.email),
            phone: official.phone.or(own.phone),
            locale: official.locale.or(own.locale),
        })
    }

    /// The register's photo, with the revision of our copy.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn retained_photo(&self, person: PersonId) -> Result<Option<(u64, Vec<u8>)>, DossierError> {
        let photo = self.vault.get(person, RETAINED, None).await?;
        Ok(photo.map(|photo| (photo.revision, photo.value)))
    }

    /// Where the applicant's app goes on with a liveness session.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn session(
        &self,
        person: PersonId,
        application: InstanceId,
        session: u16,
    ) -> Result<Option<Session>, DossierError> {
        self.get(person, &session_field(application, session), None).await.map(value)
    }

    /// A signed document of a licence.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn credential(
        &self,
        person: PersonId,
        licence: InstanceId,
        version: u32,
    ) -> Result<Option<Credential>, DossierError> {
        self.get(person, &credential_field(licence, version), None).await.map(value)
    }

    /// The photo of a signed document.
    ///
    /// # Errors
    /// The vault's; erased.
    pub async fn photo_of(
        &self,
        person: PersonId,
        credential: &Credential,
    ) -> Result<Option<Vec<u8>>, DossierError> {
        match credential.photo {
            KeptPhoto::Retained(revision) => {
                let photo = self.vault.get(person, RETAINED, Some(revision)).await?;
                Ok(photo.map(|photo| photo.value))
            }
            KeptPhoto::Reviewed(photo) => Ok(self.vault.photo(photo).await?.map(|(_, _, jpeg)| jpeg)),
        }
    }

    /// The licence that a serial belongs to.
    ///
    /// # Errors
    /// The vault's.
    pub async fn licence_of(&self, serial: &str) -> Result<Option<InstanceId>, DossierError> {
        Ok(self.vault.find(SERIALS, serial).await?.map(InstanceId))
    }

    /// Stores a photo that intake accepted, for one application.
    ///
    /// # Errors
    /// The vault's; erased; too many.
    pub async fn keep_photo(
        &self,
        person: PersonId,
        application: InstanceId,
        photo: &PreparedPhoto,
        now: Timestamp,
    ) -> Result<PhotoId, DossierError> {
        if self.vault.photos_of(application).await?.len() >= PHOTOS_PER_APPLICATION {
            return Err(DossierError::TooManyPhotos);
        }
        let id = PhotoId::new(now);
        self.vault.put_photo(id, person, application, &photo.jpeg).await?;
        Ok(id)
    }

    /// Whether our copy is of the photo with this reference.
    pub(in crate::office) async fn has_retained(
        &self,
        person: PersonId,
        reference: &str,
    ) -> Result<bool, DossierError> {
        let known = self.vault.get(person, RETAINED_REFERENCE, None).await?;
        Ok(known.is_some_and(|known| known.value == reference.as_bytes()))
    }

    /// Stores a record and, before it, the photo it refers to: a revision of the record that names a usable
    /// photo means that we have it.
    pub(in crate::office) async fn keep_record(
        &self,
        person: PersonId,
        record: &LicenceRecord,
        photo: Option<(&str, &[u8])>,
    ) -> Result<u64, DossierError> {
        let Some((reference, jpeg)) = photo else { return self.put(person, RECORD, record).await };
        self.vault.put(person, RETAINED, jpeg).await?;
        // After the photo: a crash between fetches it again.
        let reference = async { Ok(self.vault.put(person, RETAINED_REFERENCE, reference.as_bytes()).await?) };
        let (revision, _) = tokio::try_join!(self.put(person, RECORD, record), reference)?;
        Ok(revision)
    }

    /// The register's count under which the newest record was seen again.
    pub(in crate::office) async fn count(&self, person: PersonId) -> Result<Option<u64>, DossierError> {
        self.get(person, COUNT, None).await.map(value)
    }

    /// Remembers that the newest record was seen again under a higher count.
    pub(in crate::office) async fn keep_count(
        &self,
        person: PersonId,
        count: Option<u64>,
    ) -> Result<(), DossierError> {
        match count {
            Some(count) => self.put(person, COUNT, &count).await.map(|_| ()),
            None => Ok(()),
        }
    }

    pub(in crate::office) async fn keep_session(
        &self,
        person: PersonId,
        application: InstanceId,
        number: u16,
        session: &Session,
    ) -> Result<(), DossierError> {
        self.put(person, &session_field(application, number), session).await.map(|_| ())
    }

    pub(in crate::office) async fn keep_credential(
        &self,
        person: PersonId,
        licence: InstanceId,
        serial: &str,
        credential: &Credential,
    ) -> Result<(), DossierError> {
        // Beside each other, because each waits for the disk. A serial that leads to no document is one that
        // was never issued.
        let field = credential_field(licence, credential.version);
        let serial = async { Ok(self.vault.claim(SERIALS, serial, licence.0, Some(person)).await?) };
        tokio::try_join!(self.put(person, &field, credential), serial)?;
        Ok(())
    }
}

/// Where the content of an order is kept: its field is bound to the effect that asked for it.
pub(in crate::office) fn prepared_field(effect: &EffectKey) -> String {
    format!("prepared.{effect}")
}

fn credential_field(licence: InstanceId, version: u32) -> String {
    format!("credential.{licence}.{version}")
}

fn session_field(application: InstanceId, session: u16) -> String {
    format!("liveness.{application}.{session}")
}

fn value<T>(found: Option<(u64, T)>) -> Option<T> {
    found.map(|(_, value)| value)
}

impl From<Dossier> for Shown {
    fn from(Dossier { revision, record }: Dossier) -> Self {
        let facts = record.facts();
        Shown {
            revision,
            number: record.number.masked(),
            document: record.number.kind(),
            name: record.name,
            sex: record.sex,
            nationality: record.nationality,
            birth_date: record.birth_date,
            address: record.address,
            authority_name: record.authority.name,
            remarks: record.remarks,
            facts,
        }
    }
}
