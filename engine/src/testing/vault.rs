//! A vault in memory. It forgets as the real one does, but encrypts nothing: there is nothing at rest.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use uuid::Uuid;

use crate::id::InstanceId;
use crate::time::Timestamp;
use crate::vault::{PersonId, PhotoId, Record, Vault, VaultError};

/// A [`Vault`] for tests. It sits the same exam as the stored ones.
#[derive(Default)]
pub struct MemoryVault {
    shelves: Mutex<Shelves>,
}

#[derive(Default)]
struct Shelves {
    /// `None` is a person who was erased.
    people: HashMap<PersonId, Option<Fields>>,
    photos: BTreeMap<PhotoId, Photo>,
    directory: HashMap<(String, String), Entry>,
}

/// The revisions of each field, the first one first.
type Fields = HashMap<String, Vec<Vec<u8>>>;

struct Photo {
    person: PersonId,
    instance: InstanceId,
    jpeg: Vec<u8>,
}

struct Entry {
    id: Uuid,
    owner: Option<PersonId>,
}

impl MemoryVault {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelves {
    fn person(&mut self, person: PersonId) -> Result<&mut Fields, VaultError> {
        let fields = self.people.get_mut(&person).ok_or(VaultError::NoPerson)?;
        fields.as_mut().ok_or(VaultError::Erased)
    }
}

#[async_trait]
impl Vault for MemoryVault {
    async fn enrol(&self, person: PersonId) -> Result<(), VaultError> {
        let mut shelves = self.shelves();
        let fields = shelves.people.entry(person).or_insert_with(|| Some(Fields::new()));
        fields.as_ref().map(|_| ()).ok_or(VaultError::Erased)
    }

    async fn put(&self, person: PersonId, field: &str, value: &[u8]) -> Result<u64, VaultError> {
        let mut shelves = self.shelves();
        let revisions = shelves.person(person)?.entry(field.to_owned()).or_default();
        if revisions.last().is_none_or(|newest| newest != value) {
            revisions.push(value.to_vec());
        }
        Ok(revisions.len() as u64)
    }

    async fn get(
        &self,
        person: PersonId,
        field: &str,
        revision: Option<u64>,
    ) -> Result<Option<Record>, VaultError> {
        let mut shelves = self.shelves();
        let Some(revisions) = shelves.person(person)?.get(field) else {
            return Ok(None);
        };
        let revision = revision.unwrap_or(revisions.len() as u64);
        let value = usize::try_from(revision)
            .ok()
            .and_then(|count| count.checked_sub(1))
            .and_then(|index| revisions.get(index));
        Ok(value.map(|value| Record { revision, value: value.clone() }))
    }

    async fn put_photo(
        &self,
        photo: PhotoId,
        person: PersonId,
        instance: InstanceId,
        jpeg: &[u8],
    ) -> Result<(), VaultError> {
        let mut shelves = self.shelves();
        shelves.person(person)?;
        shelves.photos.insert(photo, Photo { person, instance, jpeg: jpeg.to_vec() });
        Ok(())
    }

    async fn photo(&self, photo: PhotoId) -> Result<Option<(PersonId, InstanceId, Vec<u8>)>, VaultError> {
        let mut shelves = self.shelves();
        let Some(Photo { person, .. }) = shelves.photos.get(&photo) else {
            return Ok(None);
        };
        let person = *person;
        shelves.person(person)?;
        let found = shelves.photos.get(&photo);
        Ok(found.map(|photo| (photo.person, photo.instance, photo.jpeg.clone())))
    }

    async fn photos_of(&self, instance: InstanceId) -> Result<Vec<PhotoId>, VaultError> {
        let shelves = self.shelves();
        let here = |photo: &Photo| {
            photo.instance == instance && matches!(shelves.people.get(&photo.person), Some(Some(_)))
        };
        // Ids are made in the order of time, and the map is in the order of ids.
        Ok(shelves.photos.iter().filter(|(_, photo)| here(photo)).map(|(id, _)| *id).collect())
    }

    async fn photos_between(
        &self,
        after: PhotoId,
        before: PhotoId,
        limit: usize,
    ) -> Result<Vec<(PhotoId, InstanceId)>, VaultError> {
        let shelves = self.shelves();
        let kept = shelves.photos.iter().filter(|(id, photo)| {
            after < **id && **id < before && matches!(shelves.people.get(&photo.person), Some(Some(_)))
        });
        Ok(kept.take(limit).map(|(id, photo)| (*id, photo.instance)).collect())
    }

    async fn drop_photo(&self, photo: PhotoId) -> Result<(), VaultError> {
        self.shelves().photos.remove(&photo);
        Ok(())
    }

    async fn find(&self, directory: &str, value: &str) -> Result<Option<Uuid>, VaultError> {
        let place = (directory.to_owned(), value.to_owned());
        Ok(self.shelves().directory.get(&place).map(|entry| entry.id))
    }

    async fn claim(
        &self,
        directory: &str,
        value: &str,
        id: Uuid,
        owner: Option<PersonId>,
    ) -> Result<Uuid, VaultError> {
        let mut shelves = self.shelves();
        if let Some(owner) = owner {
            shelves.person(owner)?;
        }
        let place = (directory.to_owned(), value.to_owned());
        Ok(shelves.directory.entry(place).or_insert(Entry { id, owner }).id)
    }

    async fn rekey(&self, directory: &str, from: &str, to: &str, id: Uuid) -> Result<(), VaultError> {
        let mut shelves = self.shelves();
        let (from, to) = ((directory.to_owned(), from.to_owned()), (directory.to_owned(), to.to_owned()));
        match shelves.directory.get(&to).map(|entry| entry.id) {
            Some(holder) if holder == id => return Ok(()),
            Some(_) => return Err(VaultError::Taken),
            None => {}
        }
        if shelves.directory.get(&from).is_none_or(|entry| entry.id != id) {
            return Err(VaultError::Taken);
        }
        if let Some(entry) = shelves.directory.remove(&from) {
            shelves.directory.insert(to, entry);
        }
        Ok(())
    }

    async fn erase(&self, person: PersonId, _at: Timestamp) -> Result<(), VaultError> {
        let mut shelves = self.shelves();
        *shelves.people.get_mut(&person).ok_or(VaultError::NoPerson)? = None;
        shelves.directory.retain(|_, entry| entry.owner != Some(person));
        for photo in shelves.photos.values_mut().filter(|photo| photo.person == person) {
            photo.jpeg = Vec::new();
        }
        Ok(())
    }
}
