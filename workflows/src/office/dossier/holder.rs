//! People and licences by number.

use sealwright_engine::{InstanceId, PersonId, Timestamp};

use super::{CONTACTS, DossierError, Dossiers, NUMBER};
use crate::register::{Contacts, LicenceNumber};

const PEOPLE: &str = "person";
const LICENCES: &str = "licence";

/// Who a licence number belongs to: two random ids, from which nobody computes the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The person.
    pub person: PersonId,
    /// The instance of their licence.
    pub licence: InstanceId,
}

impl Dossiers {
    /// Who holds a number, if anybody ever applied with it.
    ///
    /// # Errors
    /// The vault's.
    pub async fn find(&self, number: &LicenceNumber) -> Result<Option<Holder>, DossierError> {
        let known = number.entry();
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
        let known = number.entry();
        let person = match self.vault.find(PEOPLE, &known).await? {
            Some(person) => PersonId(person),
            None => self.enrol(&known, now).await?,
        };
        // After the claim, so that whoever finds the person without it writes it; and beside each other,
        // because each waits for the disk.
        let number = self.put(person, NUMBER, number);
        let contacts = async {
            match contacts {
                Some(contacts) => self.put(person, CONTACTS, contacts).await.map(|_| ()),
                None => Ok(()),
            }
        };
        let fresh = InstanceId::new(now).0;
        let licence = async { Ok(self.vault.claim(LICENCES, &known, fresh, Some(person)).await?) };
        let (_, (), licence) = tokio::try_join!(number, contacts, licence)?;
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
}
