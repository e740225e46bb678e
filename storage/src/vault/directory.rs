//! Look-ups by keyed hash.

use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use sealwright_engine::vault::{PersonId, VaultError};
use uuid::Uuid;

use super::{SealedVault, Trouble, hold};
use crate::entity::directory::{ActiveModel, Column, Entity, Model};
use crate::error::vault_error;

/// The database that new entries live in; there is one so far.
const CELL: i32 = 0;

pub(super) async fn find(
    vault: &SealedVault,
    directory: &str,
    value: &str,
) -> Result<Option<Uuid>, VaultError> {
    let hash = vault.keys.look_up(directory, value);
    let row = entry(vault.database.read(), &hash).await.map_err(vault_error)?;
    Ok(row.map(|row| row.id))
}

pub(super) async fn claim(
    vault: &SealedVault,
    directory: &str,
    value: &str,
    id: Uuid,
    owner: Option<PersonId>,
) -> Result<Uuid, VaultError> {
    if let Some(known) = find(vault, directory, value).await? {
        return Ok(known);
    }
    let (keys, hash) = (vault.keys.clone(), vault.keys.look_up(directory, value));
    let claimed = vault.database.write(move |transaction| {
        Box::pin(async move {
            if let Some(owner) = owner {
                keys.data_key(hold(transaction, owner).await?)?;
            }
            let row = Model { hash: hash.to_vec(), id, owner: owner.map(|owner| owner.0), cell: CELL };
            insert(transaction, row).await?;
            // Whoever was first is told to everyone.
            let holds = entry(transaction, &hash).await?;
            Ok::<_, Trouble>(holds.map_or(id, |row| row.id))
        })
    });
    Ok(claimed.await?)
}

pub(super) async fn rekey(
    vault: &SealedVault,
    directory: &str,
    from: &str,
    to: &str,
    id: Uuid,
) -> Result<(), VaultError> {
    let (from, to) = (vault.keys.look_up(directory, from), vault.keys.look_up(directory, to));
    let moved = vault.database.write(move |transaction| {
        Box::pin(async move {
            let old = entry(transaction, &from).await?.filter(|row| row.id == id);
            match entry(transaction, &to).await? {
                Some(row) if row.id != id => return Err(VaultError::Taken.into()),
                Some(_) => {}
                None => {
                    let Some(old) = old else {
                        return Err(VaultError::Taken.into());
                    };
                    insert(transaction, Model { hash: to.to_vec(), ..old }).await?;
                    let holds = entry(transaction, &to).await?;
                    if holds.is_none_or(|row| row.id != id) {
                        return Err(VaultError::Taken.into());
                    }
                }
            }
            if from != to {
                use sea_orm::{ColumnTrait, QueryFilter};
                Entity::delete_many()
                    .filter(Column::Hash.eq(from.to_vec()))
                    .filter(Column::Id.eq(id))
                    .exec(transaction)
                    .await?;
            }
            Ok::<_, Trouble>(())
        })
    });
    Ok(moved.await?)
}

async fn entry(database: &impl ConnectionTrait, hash: &[u8; 32]) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(hash.to_vec()).one(database).await
}

/// Unless it is there already.
async fn insert(database: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    let row =
        ActiveModel { hash: Set(row.hash), id: Set(row.id), owner: Set(row.owner), cell: Set(row.cell) };
    Entity::insert(row).on_conflict_do_nothing_on([Column::Hash]).exec_without_returning(database).await?;
    Ok(())
}
