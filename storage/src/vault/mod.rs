//! The vault: personal data under one key per person, the same code on both databases.
//!
//! What is sealed is sealed to its place, so nothing can be moved to another row, field or revision.
//! A look-up is an HMAC under a key that only the master key gives, so that trying all numbers
//! against a stolen database finds nothing.
//!
//! Erasing a person destroys their wrapped data key and, with it, every copy of their data that a
//! backup of the *other* tables may hold. Backups of the table `person` hold wrapped keys: keep
//! those backups short-lived.

mod directory;
mod master_key;
mod seal;
mod shelf;

use async_trait::async_trait;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sealwright_engine::vault::{PersonId, PhotoId, Record, Vault, VaultError};
use sealwright_engine::{InstanceId, Timestamp};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::database::Database;
use crate::entity::{directory as entries, followed_record, person, photo, record};
use crate::error::vault_error;
pub use master_key::{MasterKey, MasterKeyError};
use seal::{DataKey, Keys, Place};
pub(crate) use shelf::{BATCH, Change, Found, Person, Shelf, Sought, WAITING};

/// Times a write is tried again that lost against another one of the same row.
const RACES: u32 = 16;

/// The engine's vault in a database.
///
/// Records and look-ups are written in batches, on SQLite in the engine's own. Photos and erasures go
/// through [`Database::write`]. A dropped caller cuts no commit in half.
pub struct SealedVault {
    database: Database,
    keys: Keys,
}

impl SealedVault {
    /// The vault in `database` under `key`.
    ///
    /// # Errors
    /// [`VaultError::Sealed`] if the people in it were enrolled under another master key.
    pub async fn open(database: Database, key: &MasterKey) -> Result<Self, VaultError> {
        let vault = Self { database, keys: key.derive() };
        let newest = person::Entity::find()
            .filter(person::Column::WrappedKey.is_not_null())
            .order_by_desc(person::Column::Id);
        let newest =
            vault.database.read(|readers| Box::pin(newest.one(readers))).await.map_err(vault_error)?;
        if let Some(row) = newest {
            vault.keys.data_key(row)?;
        }
        Ok(vault)
    }

    /// A person's data key, outside a transaction.
    async fn data_key(&self, person: PersonId) -> Result<DataKey, VaultError> {
        self.look_up(person, None, None).await.map(|(_, key, _)| key)
    }

    /// A person's data key, wrapped and bare, and a record's revision and sealed value.
    async fn look_up(
        &self,
        person: PersonId,
        field: Option<&str>,
        revision: Option<i64>,
    ) -> Result<(Vec<u8>, DataKey, Option<(i64, Vec<u8>)>), VaultError> {
        let sought = Sought { person: person.0, field: field.map(str::to_owned), revision };
        let found = self.shelf().record(sought).await?;
        match found.person {
            Person::Unknown => Err(VaultError::NoPerson),
            Person::Erased => Err(VaultError::Erased),
            Person::Known(wrapped) => {
                let key = self.keys.unwrap(person, &wrapped)?;
                Ok((wrapped, key, found.record))
            }
        }
    }

    fn shelf(&self) -> &dyn Shelf {
        self.database.shelf()
    }
}

/// A person's row, held until the transaction ends: whatever is written under their key is written
/// before or after an erasure, never beside it.
async fn hold(transaction: &DatabaseTransaction, person: PersonId) -> Result<person::Model, Trouble> {
    let row = person::Entity::find_by_id(person.0).lock_exclusive().one(transaction).await?;
    Ok(row.ok_or(VaultError::NoPerson)?)
}

#[async_trait]
impl Vault for SealedVault {
    async fn enrol(&self, person: PersonId) -> Result<(), VaultError> {
        match self.data_key(person).await {
            Err(VaultError::NoPerson) => {}
            known => return known.map(|_| ()),
        }
        let wrapped = self.keys.new_data_key(person)?;
        if self.shelf().change(Change::Enrol { person: person.0, wrapped }).await? {
            return Ok(());
        }
        // Somebody else was quicker, with another key: theirs holds.
        self.data_key(person).await.map(|_| ())
    }

    async fn put(&self, person: PersonId, field: &str, value: &[u8]) -> Result<u64, VaultError> {
        for _ in 0..RACES {
            let (wrapped, key, newest) = self.look_up(person, Some(field), None).await?;
            let mut revision = 1;
            if let Some((known, sealed)) = newest {
                let place = Place::Record { person, field, revision: known };
                if *Zeroizing::new(key.open(&place, &sealed)?) == *value {
                    return Ok(known.unsigned_abs());
                }
                revision = known + 1;
            }
            let sealed = key.seal(&Place::Record { person, field, revision }, value)?;
            let (person, field) = (person.0, field.to_owned());
            // Lost against another value of the field, or against an erasure: look again.
            if self.shelf().change(Change::Put { person, wrapped, field, revision, sealed }).await? {
                return Ok(revision.unsigned_abs());
            }
        }
        Err(VaultError::Unavailable("the field changes all the time".into()))
    }

    async fn get(
        &self,
        person: PersonId,
        field: &str,
        revision: Option<u64>,
    ) -> Result<Option<Record>, VaultError> {
        let revision = revision.map(|revision| i64::try_from(revision).unwrap_or(i64::MAX));
        let (_, key, found) = self.look_up(person, Some(field), revision).await?;
        let Some((revision, sealed)) = found else {
            return Ok(None);
        };
        let value = key.open(&Place::Record { person, field, revision }, &sealed)?;
        Ok(Some(Record { revision: revision.unsigned_abs(), value }))
    }

    async fn put_photo(
        &self,
        photo: PhotoId,
        person: PersonId,
        instance: InstanceId,
        jpeg: &[u8],
    ) -> Result<(), VaultError> {
        let place = Place::Photo { photo, person, instance };
        let (keys, sealed) = (self.keys.clone(), self.data_key(person).await?.seal(&place, jpeg)?);
        let jpeg = Zeroizing::new(jpeg.to_vec());
        let put = self.database.write(move |transaction| {
            Box::pin(async move {
                let key = keys.data_key(hold(transaction, person).await?)?;
                if let Some(row) = photo::Entity::find_by_id(photo.0).one(transaction).await? {
                    let same = row.person == person.0
                        && row.instance == instance.0
                        && key.open(&place, &row.sealed.unwrap_or_default())? == *jpeg;
                    return if same { Ok(()) } else { Err(VaultError::Taken.into()) };
                }
                let row = photo::ActiveModel {
                    id: Set(photo.0),
                    person: Set(person.0),
                    instance: Set(instance.0),
                    sealed: Set(Some(sealed)),
                };
                photo::Entity::insert(row).exec_without_returning(transaction).await?;
                Ok::<_, Trouble>(())
            })
        });
        Ok(put.await?)
    }

    async fn photo(&self, photo: PhotoId) -> Result<Option<(PersonId, InstanceId, Vec<u8>)>, VaultError> {
        let found = photo::Entity::find_by_id(photo.0);
        let row = self.database.read(|readers| Box::pin(found.one(readers))).await.map_err(vault_error)?;
        let Some(row) = row else { return Ok(None) };
        let (person, instance) = (PersonId(row.person), InstanceId(row.instance));
        let key = self.data_key(person).await?;
        let jpeg =
            key.open(&Place::Photo { photo, person, instance }, &row.sealed.ok_or(VaultError::Erased)?)?;
        Ok(Some((person, instance, jpeg)))
    }

    async fn photos_of(&self, instance: InstanceId) -> Result<Vec<PhotoId>, VaultError> {
        let ids = photo::Entity::find()
            .select_only()
            .column(photo::Column::Id)
            .filter(photo::Column::Instance.eq(instance.0))
            .filter(photo::Column::Sealed.is_not_null())
            .order_by_asc(photo::Column::Id)
            .into_tuple::<Uuid>();
        let ids = self.database.read(|readers| Box::pin(ids.all(readers))).await.map_err(vault_error)?;
        Ok(ids.into_iter().map(PhotoId).collect())
    }

    async fn photos_between(
        &self,
        after: PhotoId,
        before: PhotoId,
        limit: usize,
    ) -> Result<Vec<(PhotoId, InstanceId)>, VaultError> {
        let ids = photo::Entity::find()
            .select_only()
            .columns([photo::Column::Id, photo::Column::Instance])
            .filter(photo::Column::Id.gt(after.0))
            .filter(photo::Column::Id.lt(before.0))
            .filter(photo::Column::Sealed.is_not_null())
            .order_by_asc(photo::Column::Id)
            .limit(limit as u64)
            .into_tuple::<(Uuid, Uuid)>();
        let ids = self.database.read(|readers| Box::pin(ids.all(readers))).await.map_err(vault_error)?;
        Ok(ids.into_iter().map(|(photo, instance)| (PhotoId(photo), InstanceId(instance))).collect())
    }

    async fn drop_photo(&self, photo: PhotoId) -> Result<(), VaultError> {
        let dropped = self.database.write(move |transaction| {
            Box::pin(async move {
                photo::Entity::delete_by_id(photo.0).exec(transaction).await?;
                Ok::<_, Trouble>(())
            })
        });
        Ok(dropped.await?)
    }

    async fn find(&self, directory: &str, value: &str) -> Result<Option<Uuid>, VaultError> {
        directory::find(self, directory, value).await
    }

    async fn claim(
        &self,
        directory: &str,
        value: &str,
        id: Uuid,
        owner: Option<PersonId>,
    ) -> Result<Uuid, VaultError> {
        directory::claim(self, directory, value, id, owner).await
    }

    async fn rekey(&self, directory: &str, from: &str, to: &str, id: Uuid) -> Result<(), VaultError> {
        directory::rekey(self, directory, from, to, id).await
    }

    /// Photos keep an empty row, so that whoever still asks for one is told why it is gone.
    async fn erase(&self, person: PersonId, at: Timestamp) -> Result<(), VaultError> {
        let erased = self.database.write(move |transaction| {
            Box::pin(async move {
                let row = hold(transaction, person).await?;
                person::Entity::update_many()
                    .col_expr(person::Column::WrappedKey, Expr::value(None::<Vec<u8>>))
                    .col_expr(person::Column::ErasedAt, Expr::value(row.erased_at.unwrap_or(at.micros())))
                    .filter(person::Column::Id.eq(person.0))
                    .exec(transaction)
                    .await?;
                record::Entity::delete_many()
                    .filter(record::Column::Person.eq(person.0))
                    .exec(transaction)
                    .await?;
                photo::Entity::update_many()
                    .col_expr(photo::Column::Sealed, Expr::value(None::<Vec<u8>>))
                    .filter(photo::Column::Person.eq(person.0))
                    .exec(transaction)
                    .await?;
                entries::Entity::delete_many()
                    .filter(entries::Column::Owner.eq(person.0))
                    .exec(transaction)
                    .await?;
                followed_record::Entity::delete_many()
                    .filter(followed_record::Column::Person.eq(person.0))
                    .exec(transaction)
                    .await?;
                Ok::<_, Trouble>(())
            })
        });
        erased.await?;
        self.database.scrub().await;
        Ok(())
    }
}

/// What ends a transaction of the vault.
struct Trouble(VaultError);

impl From<DbErr> for Trouble {
    fn from(error: DbErr) -> Self {
        Self(vault_error(error))
    }
}

impl From<VaultError> for Trouble {
    fn from(error: VaultError) -> Self {
        Self(error)
    }
}

impl From<Trouble> for VaultError {
    fn from(trouble: Trouble) -> Self {
        trouble.0
    }
}
