//! How far the journal was followed.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use sealwright_engine::Timestamp;
use sealwright_engine::store::Position;

use super::{NotStored, column, number};
use crate::Database;
use crate::entity::publication_cursor::{Column, Entity};

/// A stretch of the journal that was read, and what of it is stored now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Advance {
    /// Where it began: the position that was stored.
    pub from: Position,
    /// Its last row.
    pub to: Position,
}

/// How far the search for photos that nothing refers to has come: up to which moment, in milliseconds.
#[derive(Clone, Debug)]
pub struct PhotosSearched {
    database: Database,
}

impl PhotosSearched {
    /// The mark in `database`.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// Up to when.
    ///
    /// # Errors
    /// The database's.
    pub async fn until(&self) -> Result<Timestamp, NotStored> {
        let Position(millis) = position(&self.database, PHOTOS).await?;
        Ok(Timestamp::from_micros(column(millis).saturating_mul(1_000)))
    }

    /// Moves on after all photos of this stretch were looked at.
    ///
    /// # Errors
    /// [`NotStored::Raced`] if another node was quicker.
    pub async fn advance(&self, from: Timestamp, to: Timestamp) -> Result<(), NotStored> {
        let millis = |at: Timestamp| Position(at.micros().div_euclid(1_000).unsigned_abs());
        let by = Advance { from: millis(from), to: millis(to) };
        self.database.write(move |transaction| Box::pin(advance(transaction, PHOTOS, by))).await
    }
}

const PHOTOS: &str = "photos";

pub(super) async fn position(database: &Database, name: &'static str) -> Result<Position, NotStored> {
    let row = database.read(move |readers| Box::pin(Entity::find_by_id(name).one(readers))).await?;
    let row = row.ok_or(NotStored::Damaged("publication_cursor"))?;
    Ok(Position(number(row.position, "publication_cursor")?))
}

/// Moves on, if nobody else did. The first statement of its transaction, so that nodes take turns.
pub(super) async fn advance(
    transaction: &DatabaseTransaction,
    name: &'static str,
    by: Advance,
) -> Result<(), NotStored> {
    let moved = Entity::update_many()
        .col_expr(Column::Position, Expr::value(column(by.to.0)))
        .filter(Column::Name.eq(name))
        .filter(Column::Position.eq(column(by.from.0)))
        .exec(transaction)
        .await?;
    if moved.rows_affected == 1 { Ok(()) } else { Err(NotStored::Raced) }
}
