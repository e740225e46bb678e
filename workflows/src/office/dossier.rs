//! What the vault keeps about a person for these workflows, and under which names.

use std::sync::Arc;

use sealwright_credentials::Code;
use sealwright_engine::{EffectKey, InstanceId, PersonId, PhotoId, Timestamp, Vault, VaultError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::liveness::Session;
use super::photo::PreparedPhoto;
use crate::register::{Contacts, DocumentKind, LicenceNumber, LicenceRecord, RecordFacts, Sex};

/// Photos that one application may store. The tries are limited by the workflow; this holds off a client that
/// uploads without ever offering.
pub const PHOTOS_PER_APPLICATION: usize = 64;

/// The dossiers: people by their licence number, records, sessions, credentials, photos.
#[derive(Clone)]
pub struct Dossiers {
    vault: Arc<dyn Vault>,
}

/// Who a licence number belongs to: two random ids, from which nobody computes the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The person.
    pub person: PersonId,
    /// The instance of their licence.
    pub licence: InstanceId,
}

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

/// A signed document, as the vault keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its version.
    pub version: u32,
    /// The signed text for the QR.
    pub code: Code,
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
const RECORD: &str = "record";
const RETAINED: &str = "retained_photo";
const RETAINED_REFERENCE: &str = "retained_photo_reference";

const PEOPLE: &str = "person";
const LICENCES: &str = "licence";
const SERIALS: &str = "serial";

impl Dossiers {
    /// The dossiers in `vault`.
    pub fn new(vault: Arc<dyn Vault>) -> Self {
        Self { vault }
    }

    /// The vault behind them.
    pub fn vault(&self) -> &Arc<dyn Vault> {
        &self.vault
    }

    /// Who holds a number, if anybody ever applied with it.
    ///
    /// # Errors
    /// The vault's.
    pub async fn find(&self, number: &LicenceNumber) -> Result<Option<Holder>, DossierError> {
        let known = entry(number);
        let person = self.vault.find(PEOPLE, &known).await?;
        let licence = self.vault.find(LICENCES, &known).await?;
        Ok(person
            .zip(licence)
            .map(|(person, licence)| Holder { person: PersonId(person), licence: InstanceId(licence) }))
    }

    /// Who holds a number; makes both ids if nobody applied with it before. `contacts` are how the applicant
    /// wants to be reached where the register does not say.
    ///
    /// May be called again, also by several at once: all get the same answer.
    ///
    /// # Errors
    /// The vault's.
    pub async fn admit(
        &self,
        number: &LicenceNumber,
        contacts: Option<&Contacts>,
        now: Timestamp,
    ) -> Result<Holder, DossierError> {
        let known = entry(number);
        let person = match self.vault.find(PEOPLE, &known).await? {
            Some(person) => PersonId(person),
            None => self.enrol(&known, now).await?,
        };
        // After the claim, so that whoever finds the person without it writes it.
        self.put(person, NUMBER, number).await?;
        if let Some(contacts) = contacts {
            self.put(person, CONTACTS, contacts).await?;
        }
        let fresh = InstanceId::new(now).0;
        let licence = self.vault.claim(LICENCES, &known, fresh, Some(person)).await?;
        Ok(Holder { person, licence: InstanceId(licence) })
    }

    async fn enrol(&self, known: &str, now: Timestamp) -> Result<PersonId, DossierError> {
        let fresh = PersonId::new(now);
        self.vault.enrol(fresh).await?;
        let person = PersonId(self.vault.claim(PEOPLE, known, fresh.0, Some(fresh)).await?);
        if person != fresh {
            // Somebody else was faster, and nobody will ever know this one.
            self.vault.erase(fresh, now).await?;
        }
        Ok(person)
    }

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

    pub(super) async fn keep_record(
        &self,
        person: PersonId,
        record: &LicenceRecord,
    ) -> Result<u64, DossierError> {
        self.put(person, RECORD, record).await
    }

    /// Whether our copy is of the photo with this reference.
    pub(super) async fn has_retained(&self, person: PersonId, reference: &str) -> Result<bool, DossierError> {
        let known = self.vault.get(person, RETAINED_REFERENCE, None).await?;
        Ok(known.is_some_and(|known| known.value == reference.as_bytes()))
    }

    pub(super) async fn keep_retained(
        &self,
        person: PersonId,
        reference: &str,
        jpeg: &[u8],
    ) -> Result<(), DossierError> {
        self.vault.put(person, RETAINED, jpeg).await?;
        // After the photo: a crash between fetches it again.
        self.vault.put(person, RETAINED_REFERENCE, reference.as_bytes()).await?;
        Ok(())
    }

    pub(super) async fn keep_session(
        &self,
        person: PersonId,
        application: InstanceId,
        number: u16,
        session: &Session,
    ) -> Result<(), DossierError> {
        self.put(person, &session_field(application, number), session).await.map(|_| ())
    }

    pub(super) async fn keep_credential(
        &self,
        person: PersonId,
        licence: InstanceId,
        serial: &str,
        credential: &Credential,
    ) -> Result<(), DossierError> {
        self.put(person, &credential_field(licence, credential.version), credential).await?;
        self.vault.claim(SERIALS, serial, licence.0, Some(person)).await?;
        Ok(())
    }

    pub(super) async fn get<T: DeserializeOwned>(
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

    pub(super) async fn put(
        &self,
        person: PersonId,
        field: &str,
        value: &impl Serialize,
    ) -> Result<u64, DossierError> {
        let json = serde_json::to_vec(value).map_err(|_| DossierError::Unreadable(field.to_owned()))?;
        Ok(self.vault.put(person, field, &json).await?)
    }
}

/// Where the content of an order is kept: its field is bound to the effect that asked for it.
pub(super) fn prepared_field(effect: &EffectKey) -> String {
    format!("prepared.{effect}")
}

fn credential_field(licence: InstanceId, version: u32) -> String {
    format!("credential.{licence}.{version}")
}

fn session_field(application: InstanceId, session: u16) -> String {
    format!("liveness.{application}.{session}")
}

/// What the directories know a number by. Numbers of different documents may be alike.
fn entry(number: &LicenceNumber) -> String {
    let kind = match number.kind() {
        DocumentKind::ResidentIdentityCard => "resident_identity_card",
        DocumentKind::HkMacaoTaiwanResidencePermit => "hk_macao_taiwan_residence_permit",
        DocumentKind::HkMacaoTravelPermit => "hk_macao_travel_permit",
        DocumentKind::TaiwanTravelPermit => "taiwan_travel_permit",
        DocumentKind::ForeignPermanentResidentCard => "foreign_permanent_resident_card",
        DocumentKind::Passport => "passport",
    };
    format!("{kind}:{}", number.as_str())
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

impl DossierError {
    /// Whether the person's data is gone for good.
    pub fn is_erased(&self) -> bool {
        matches!(self, Self::Vault(VaultError::Erased))
    }
}
