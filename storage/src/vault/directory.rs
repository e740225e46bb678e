//! Look-ups by keyed hash.

use sea_orm::ActiveValue::Set;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use sealwright_engine::vault::{PersonId, VaultError};
use uuid::Uuid;

use super::{Change, RACES, SealedVault, Trouble};
use crate::entity::directory::{ActiveModel, Column, Entity, Model};

/// The database that new entries live in; there is one so far.
const CELL: i32 = 0;

pub(super) async fn find(
    vault: &SealedVault,
    directory: &str,
    value: &str,
) -> Result<Option<Uuid>, VaultError> {
    vault.shelf().entry(vault.keys.look_up(directory, value)).await
}

pub(super) async fn claim(
    vault: &SealedVault,
    directory: &str,
    value: &str,
    id: Uuid,
    owner: Option<PersonId>,
) -> Result<Uuid, VaultError> {
    let hash = vault.keys.look_up(directory, value);
    for _ in 0..RACES {
        // Whoever was first is told to everyone.
        if let Some(known) = vault.shelf().entry(hash).await? {
            return Ok(known);
        }
        let owner_id = owner.map(|owner| owner.0);
        if vault.shelf().change(Change::Claim { hash, id, owner: owner_id, cell: CELL }).await? {
            return Ok(id);
        }
        if let Some(owner) = owner {
            vault.data_key(owner).await?;
        }
    }
    Err(VaultError::Unavailable("the entry changes all the time".into()))
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
