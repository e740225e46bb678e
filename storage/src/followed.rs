//! What was followed last of each licence, as keyed hashes, and where sweeps stand.
//!
//! A full comparison with the register has to be cheap, so a licence is one row of three short columns, and a page of
//! the register's digests is compared in one statement. The hashes are keyed: the table alone tells neither whether a
//! number is in it nor what a record says. A row belongs to a person and goes with them: an erasure deletes it in the
//! same transaction.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sea_orm::sea_query::Expr;
use sea_orm::sqlx::{self, Row as _};
use sea_orm::{
    ColumnTrait, DbBackend, DbErr, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, RuntimeErr,
};
use sealwright_engine::store::StoreError;
use sealwright_engine::{InstanceId, PersonId};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::database::Database;
use crate::entity::{followed_record, sweep_way};
use crate::error::read_error;
use crate::vault::{Change, MasterKey};

/// Bytes of each hash: among a thousand million licences, two are alike with a chance of one in 10^20.
const HASH: usize = 16;

/// What the key is derived for.
const PURPOSE: &str = "sealwright sweep: followed records 1";

/// What was followed last of each licence, and where sweeps stand.
#[derive(Clone)]
pub struct FollowedRecords {
    database: Database,
    keyed: Hmac<Sha256>,
}

/// A licence of the register, as a page of digests has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// What the licence is known by, such as its number with its kind.
    pub number: String,
    /// The digest of its record.
    pub digest: [u8; 32],
}

/// What a page came to.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Compared {
    /// How many of its licences are known here.
    pub known: u64,
    /// Those whose record is not the one that was followed last: the line on the page, and whose it is.
    pub differing: Vec<(usize, PersonId)>,
}

/// Whether a sweep may begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entered {
    /// It may, from this cursor on.
    Free(Option<String>),
    /// This other one is under way.
    Held(InstanceId),
}

impl FollowedRecords {
    /// In this database, which must be migrated. The key follows from the master key.
    pub fn new(database: Database, master: &MasterKey) -> Self {
        let key: Zeroizing<[u8; 32]> = master.derive_for(PURPOSE);
        let keyed = Hmac::new_from_slice(&*key).expect("HMAC takes a key of any length");
        Self { database, keyed }
    }

    /// Keeps that the licence under `number` was followed up to the record with this digest. Nothing is kept of a
    /// person who is unknown or erased. May be called again.
    ///
    /// # Errors
    /// The database's; it may be called again.
    pub async fn note(&self, listed: &Listed, person: PersonId) -> Result<(), StoreError> {
        let (number, record) = self.hashes(listed);
        let note = Change::Followed { number: number.to_vec(), record: record.to_vec(), person: person.0 };
        let noted = self.database.shelf().change(note).await;
        noted.map(|_| ()).map_err(|error| StoreError::Unavailable(error.to_string()))
    }

    /// Compares a page, in one statement.
    ///
    /// # Errors
    /// The database's.
    pub async fn compare(&self, page: &[Listed]) -> Result<Compared, StoreError> {
        if page.is_empty() {
            return Ok(Compared::default());
        }
        let hashes: Vec<_> = page.iter().map(|listed| self.hashes(listed)).collect();
        self.compare_hashes(hashes).await.map_err(read_error)
    }

    /// How many licences can be compared.
    ///
    /// # Errors
    /// The database's.
    pub async fn count(&self) -> Result<u64, StoreError> {
        let all = followed_record::Entity::find();
        let count = self.database.read(|readers| Box::pin(async move { all.count(readers).await }));
        count.await.map_err(read_error)
    }

    /// Holds the way for `sweep`, unless another one of this kind holds it. The same sweep may enter again.
    ///
    /// # Errors
    /// The database's. After one that leaves the outcome unknown, enter again, or leave.
    pub async fn enter(&self, kind: &str, sweep: InstanceId) -> Result<Entered, StoreError> {
        let (kind, name) = (kind.to_owned(), kind.to_owned());
        let row = self.database.write(move |transaction| {
            Box::pin(async move {
                // The first statement of its transaction, so that nodes take turns.
                let free = sweep_way::Column::Holder.is_null().or(sweep_way::Column::Holder.eq(sweep.0));
                sweep_way::Entity::update_many()
                    .col_expr(sweep_way::Column::Holder, Expr::value(sweep.0))
                    .filter(sweep_way::Column::Kind.eq(kind.as_str()))
                    .filter(free)
                    .exec(transaction)
                    .await?;
                sweep_way::Entity::find_by_id(kind).one(transaction).await
            })
        });
        let row = row.await.map_err(read_error)?.ok_or_else(|| unknown(&name))?;
        Ok(match row.holder {
            Some(holder) if holder != sweep.0 => Entered::Held(InstanceId(holder)),
            _ => Entered::Free(row.cursor),
        })
    }

    /// Where the last sweep of this kind ended, and the one that is under way. Holds nothing.
    ///
    /// # Errors
    /// The database's.
    pub async fn look(&self, kind: &str) -> Result<(Option<String>, Option<InstanceId>), StoreError> {
        let found = sweep_way::Entity::find_by_id(kind.to_owned());
        let row = self.database.read(|readers| Box::pin(found.one(readers))).await.map_err(read_error)?;
        let row = row.ok_or_else(|| unknown(kind))?;
        Ok((row.cursor, row.holder.map(InstanceId)))
    }

    /// Frees the way if `sweep` holds it, and moves the cursor if it says so. May be called again.
    ///
    /// # Errors
    /// The database's; it may be called again.
    pub async fn leave(
        &self,
        kind: &str,
        sweep: InstanceId,
        moved: Option<Option<String>>,
    ) -> Result<(), StoreError> {
        let kind = kind.to_owned();
        let left = self.database.write(move |transaction| {
            Box::pin(async move {
                let mut leave = sweep_way::Entity::update_many()
                    .col_expr(sweep_way::Column::Holder, Expr::value(None::<Uuid>))
                    .filter(sweep_way::Column::Kind.eq(kind))
                    .filter(sweep_way::Column::Holder.eq(sweep.0));
                if let Some(cursor) = moved {
                    leave = leave.col_expr(sweep_way::Column::Cursor, Expr::value(cursor));
                }
                leave.exec(transaction).await.map(|_| ())
            })
        });
        left.await.map_err(read_error)
    }

    fn hashes(&self, Listed { number, digest }: &Listed) -> ([u8; HASH], [u8; HASH]) {
        let hash = |parts: &[&[u8]]| {
            let mut keyed = self.keyed.clone();
            parts.iter().for_each(|part| keyed.update(part));
            let mut short = [0; HASH];
            short.copy_from_slice(&keyed.finalize().into_bytes()[..HASH]);
            short
        };
        // A number has no zero byte, so the two cannot be taken for each other.
        (hash(&[b"number", number.as_bytes()]), hash(&[b"record\0", digest, number.as_bytes()]))
    }

    async fn compare_hashes(&self, hashes: Vec<([u8; HASH], [u8; HASH])>) -> Result<Compared, DbErr> {
        let lines = self.database.read(move |readers| {
            Box::pin(async move {
                match readers.get_database_backend() {
                    DbBackend::Sqlite => compare_in_file(readers.get_sqlite_connection_pool(), &hashes).await,
                    _ => compare_on_server(readers.get_postgres_connection_pool(), &hashes).await,
                }
                .map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))
            })
        });
        let mut compared = Compared::default();
        for line in lines.await? {
            match line {
                (None, known) => compared.known = known.unsigned_abs(),
                (Some(person), line) => {
                    compared.differing.push((usize::try_from(line).unwrap_or(usize::MAX), PersonId(person)));
                }
            }
        }
        compared.differing.sort_unstable_by_key(|(line, _)| *line);
        Ok(compared)
    }
}

/// Somebody who differs with their line, or nobody with the number of those who are known.
type Line = (Option<Uuid>, i64);

/// The page is one value, of 32 bytes a line.
const IN_FILE: &str = "
WITH RECURSIVE line (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM line WHERE n + 1 < ?2),
found AS MATERIALIZED (
    SELECT line.n, followed.person, followed.record_hash = substr(?1, line.n * 32 + 17, 16) AS same
    FROM line CROSS JOIN followed_record AS followed ON followed.number_hash = substr(?1, line.n * 32 + 1, 16)
)
SELECT NULL, count(*) FROM found UNION ALL SELECT person, n FROM found WHERE NOT same";

async fn compare_in_file(
    pool: &sqlx::SqlitePool,
    hashes: &[([u8; HASH], [u8; HASH])],
) -> Result<Vec<Line>, sqlx::Error> {
    let page: Vec<u8> =
        hashes.iter().flat_map(|(number, record)| number.iter().chain(record)).copied().collect();
    let lines = i64::try_from(hashes.len()).unwrap_or(i64::MAX);
    let rows = sqlx::query(IN_FILE).bind(page).bind(lines).fetch_all(pool).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

const ON_SERVER: &str = "
WITH found AS MATERIALIZED (
    SELECT line.n - 1 AS n, followed.person, followed.record_hash = line.record AS same
    FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS line (number, record, n)
    JOIN followed_record AS followed ON followed.number_hash = line.number
)
SELECT NULL::uuid, count(*) FROM found UNION ALL SELECT person, n FROM found WHERE NOT same";

/// A page reaches its rows by key, however large the table and whatever the server believes of it.
const BY_KEY: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_bitmapscan = off";

async fn compare_on_server(
    pool: &sqlx::PgPool,
    hashes: &[([u8; HASH], [u8; HASH])],
) -> Result<Vec<Line>, sqlx::Error> {
    let mut transaction = pool.begin().await?;
    sqlx::raw_sql(BY_KEY).execute(&mut *transaction).await?;
    let rows = sqlx::query(ON_SERVER)
        .bind(Vec::from_iter(hashes.iter().map(|(number, _)| &number[..])))
        .bind(Vec::from_iter(hashes.iter().map(|(_, record)| &record[..])))
        .fetch_all(&mut *transaction)
        .await?;
    transaction.commit().await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

fn unknown(kind: &str) -> StoreError {
    StoreError::Failed(format!(
        "the table sweep_way has no row `{kind}`: it was deleted by hand; insert it again"
    ))
}

impl std::fmt::Debug for FollowedRecords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FollowedRecords").field("database", &self.database).finish_non_exhaustive()
    }
}

/// A number is personal data.
impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listed(..)")
    }
}
