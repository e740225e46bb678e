//! Looking a record up: from the register into the vault.

use sealwright_engine::PersonId;

use super::dossier::{DossierError, Dossiers};
use super::register::{Entry, Register};
use crate::register::{LicenceRecord, RecordFacts};

/// What a look-up came to, definitely.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LookedUp {
    Found { revision: u64, facts: RecordFacts },
    NotFound,
    Unreadable(String),
    Erased,
}

/// Asks `register` for the record of `person` and stores it. An error means: not now.
pub(super) async fn look_up(
    register: &dyn Register,
    dossiers: &Dossiers,
    person: PersonId,
) -> Result<LookedUp, String> {
    let number = match dossiers.number(person).await {
        Ok(Some(number)) => number,
        Ok(None) => return Err("the vault has no number for this person: was intake cut short?".into()),
        Err(error) if error.is_erased() => return Ok(LookedUp::Erased),
        Err(error) => return Err(error.to_string()),
    };
    let mut record = match register.record(&number).await.map_err(|why| why.to_string())? {
        Entry::Found(record) => *record,
        Entry::NotFound => return Ok(LookedUp::NotFound),
        Entry::Unreadable(why) => return Ok(LookedUp::Unreadable(why)),
    };
    match store(register, dossiers, person, &mut record).await {
        Ok(revision) => Ok(LookedUp::Found { revision, facts: record.facts() }),
        Err(Trouble::Dossier(error)) if error.is_erased() => Ok(LookedUp::Erased),
        Err(Trouble::Dossier(error)) => Err(error.to_string()),
        Err(Trouble::Register(why)) => Err(why),
        Err(Trouble::Unreadable(why)) => Ok(LookedUp::Unreadable(why)),
    }
}

/// Why a record was not stored.
pub(super) enum Trouble {
    Dossier(DossierError),
    Register(String),
    Unreadable(String),
}

impl From<DossierError> for Trouble {
    fn from(error: DossierError) -> Self {
        Trouble::Dossier(error)
    }
}

/// Stores a record, with the photo it refers to if our copy is of another one.
pub(super) async fn store(
    register: &dyn Register,
    dossiers: &Dossiers,
    person: PersonId,
    record: &mut LicenceRecord,
) -> Result<u64, Trouble> {
    let mut fetched = None;
    if record.retained_photo_meets
        && let Some(reference) = record.retained_photo.clone()
        && !dossiers.has_retained(person, &reference).await?
    {
        let photo = register.photo(&reference).await;
        match photo.map_err(|why| Trouble::Register(why.to_string()))? {
            Some(jpeg) if jpeg.starts_with(&[0xFF, 0xD8, 0xFF]) => {
                fetched = Some((reference, jpeg));
            }
            // Nobody can be shown a photo that is not there; the applicant gives one.
            Some(_) | None => {
                tracing::warn!(person.id = %person, "the register's retained photo is missing or is no JPEG");
                record.retained_photo_meets = false;
            }
        }
    }
    let photo = fetched.as_ref().map(|(reference, jpeg)| (reference.as_str(), &jpeg[..]));
    Ok(dossiers.keep_record(person, record, photo).await?)
}
