//! Show codes: found by their typed form, used once, and forgotten soon after.

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use sealwright_engine::InstanceId;
use sealwright_engine::store::StoreError;

use crate::database::Database;
use crate::entity::presentation::{ActiveModel, Column, Entity};
use crate::error::read_error;

/// Rows that every new one may take away: more than one, so that what has ended never piles up.
const SWEEP: u64 = 32;

/// Where show codes are kept while they live, and that they were used for as long as anybody could believe them.
#[derive(Clone, Debug)]
pub struct Presentations(Database);

/// A show code that was made here.
#[derive(Clone, PartialEq, Eq)]
pub struct KeptPresentation {
    /// What makes it usable once: a hash over its serial and nonce.
    pub id: [u8; 32],
    /// What is typed instead of it.
    pub typed: String,
    /// The licence that it shows.
    pub licence: InstanceId,
    /// The show code.
    pub code: String,
    /// When it may be forgotten, in Unix seconds: after every clock holds it for over.
    pub until: i64,
}

/// Good for whoever reads it, so only whose it is.
impl std::fmt::Debug for KeptPresentation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptPresentation").field("licence", &self.licence).finish_non_exhaustive()
    }
}

impl Presentations {
    /// In this database, which must be migrated.
    pub fn new(database: Database) -> Self {
        Self(database)
    }

    /// Keeps a new code, and forgets some that are over at `at`. `false`, and nothing is kept, if the typed form
    /// is another's who lives still: make a new one.
    ///
    /// # Errors
    /// The database's. After one that leaves the outcome unknown, make a new code.
    pub async fn keep(&self, new: KeptPresentation, at: i64) -> Result<bool, StoreError> {
        let kept = self.0.write(move |transaction| {
            Box::pin(async move {
                let over = Entity::find().select_only().column(Column::Id).filter(Column::KeptUntil.lte(at));
                let over = over.order_by_asc(Column::KeptUntil).limit(SWEEP);
                let over: Vec<Vec<u8>> = over.into_tuple().all(transaction).await?;
                if !over.is_empty() {
                    Entity::delete_many().filter(Column::Id.is_in(over)).exec(transaction).await?;
                }
                let row = ActiveModel {
                    id: Set(new.id.to_vec()),
                    kept_until: Set(new.until),
                    used_at: Set(None),
                    typed: Set(Some(new.typed)),
                    licence: Set(Some(new.licence.0)),
                    code: Set(Some(new.code)),
                };
                let nothing = OnConflict::new().do_nothing().to_owned();
                let rows =
                    Entity::insert(row).on_conflict(nothing).exec_without_returning(transaction).await?;
                Ok::<_, DbErr>(rows == 1)
            })
        });
        kept.await.map_err(read_error)
    }

    /// The code that this is the typed form of, used or not, unless it is over at `at`.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, typed: &str, at: i64) -> Result<Option<KeptPresentation>, StoreError> {
        let typed = typed.to_owned();
        let row = self.0.read(move |database| {
            Box::pin(async move {
                let row = Entity::find().filter(Column::Typed.eq(typed)).filter(Column::KeptUntil.gt(at));
                row.one(database).await
            })
        });
        Ok(row.await.map_err(read_error)?.and_then(|row| {
            Some(KeptPresentation {
                id: row.id.try_into().ok()?,
                typed: row.typed?,
                licence: InstanceId(row.licence?),
                code: row.code?,
                until: row.kept_until,
            })
        }))
    }

    /// Uses a code; whether it was the first use. Of many at once one is told `true`. `until` is kept for codes
    /// that were made elsewhere.
    ///
    /// # Errors
    /// The database's. After one that leaves the outcome unknown, the code may be used: show a fresh one.
    pub async fn burn(&self, id: [u8; 32], until: i64, at: i64) -> Result<bool, StoreError> {
        let first = self.0.write(move |transaction| {
            Box::pin(async move {
                let row = ActiveModel {
                    id: Set(id.to_vec()),
                    kept_until: Set(until),
                    used_at: Set(Some(at)),
                    typed: Set(None),
                    licence: Set(None),
                    code: Set(None),
                };
                // One statement, so that there is no moment between looking and marking.
                let once = OnConflict::column(Column::Id)
                    .value(Column::UsedAt, at)
                    .action_and_where(Expr::col((Entity, Column::UsedAt)).is_null())
                    .to_owned();
                let rows = Entity::insert(row).on_conflict(once).exec_without_returning(transaction).await?;
                Ok::<_, DbErr>(rows == 1)
            })
        });
        first.await.map_err(read_error)
    }

    /// How many codes are kept, over or not.
    ///
    /// # Errors
    /// The database's.
    pub async fn count(&self) -> Result<u64, StoreError> {
        use sea_orm::PaginatorTrait;
        let count = self.0.read(|database| Box::pin(async move { Entity::find().count(database).await }));
        count.await.map_err(read_error)
    }
}
