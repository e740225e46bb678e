//! Numbered migrations, from an empty database to this version's tables.
//!
//! A host program may run them itself: [`Migrator`] is SeaORM's. They keep their own list of what
//! was applied, so that they live beside the host's migrations, and each may run twice.

mod m0001_engine;
mod m0002_vault;
mod m0003_publication;
mod m0004_presentation;
mod m0005_sweep;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, DynIden, TransactionTrait};
use sea_orm_migration::sea_query::{Alias, IntoIden};
use sea_orm_migration::{
    MigrationName, MigrationStatus, MigrationTrait, MigratorTrait, SchemaManager, async_trait,
};

use crate::error::OpenError;

/// All migrations, in order.
#[derive(Clone, Copy, Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let scripts = [
            m0001_engine::SCRIPT,
            m0002_vault::SCRIPT,
            m0003_publication::SCRIPT,
            m0004_presentation::SCRIPT,
            m0005_sweep::SCRIPT,
        ];
        scripts.into_iter().map(|script| Box::new(script) as Box<dyn MigrationTrait>).collect()
    }

    fn migration_table_name() -> DynIden {
        Alias::new("sealwright_migration").into_iden()
    }
}

/// A migration and whether the database has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Its name, which starts with its number.
    pub name: String,
    /// Whether it was applied.
    pub applied: bool,
}

/// What was applied to a database and what was not. Changes nothing.
pub(crate) async fn steps(database: &DatabaseConnection) -> Result<Vec<Step>, OpenError> {
    let steps = Migrator::get_migration_with_status_read_only(database).await?;
    let step = |step: &sea_orm_migration::Migration| Step {
        name: step.name().to_owned(),
        applied: step.status() == MigrationStatus::Applied,
    };
    Ok(steps.iter().map(step).collect())
}

/// Lets one node at a time migrate. Any number will do, as long as every version of this program
/// takes the same one.
pub(crate) const LOCK: &str = "SELECT pg_advisory_xact_lock(7325109846)";

/// Applies what is missing, all of it or nothing. Two nodes may do so at once.
pub(crate) async fn apply(database: &DatabaseConnection) -> Result<(), OpenError> {
    let all = database.begin().await?;
    if all.get_database_backend() == DbBackend::Postgres {
        all.execute_unprepared(LOCK).await?;
    }
    Migrator::up(&all, None).await?;
    Ok(all.commit().await?)
}

/// Refuses a database whose tables are not those of this version.
pub(crate) async fn require_current(database: &DatabaseConnection) -> Result<(), OpenError> {
    let steps = steps(database).await?;
    let pending: Vec<_> = steps.into_iter().filter(|step| !step.applied).map(|step| step.name).collect();
    if pending.is_empty() { Ok(()) } else { Err(OpenError::Behind { pending: pending.join(", ") }) }
}

/// A migration: statements in both dialects, run one by one.
struct Script {
    /// Starts with its number.
    name: &'static str,
    sqlite: &'static [&'static str],
    postgres: &'static [&'static str],
}

impl MigrationName for Script {
    fn name(&self) -> &str {
        self.name
    }
}

#[expect(elided_lifetimes_in_paths, reason = "async_trait wants the signature as the trait has it")]
#[async_trait::async_trait]
impl MigrationTrait for Script {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements = match manager.get_database_backend() {
            DbBackend::Sqlite => self.sqlite,
            DbBackend::Postgres => self.postgres,
            other => {
                let why = format!("{other:?} is not supported: use SQLite or PostgreSQL");
                return Err(DbErr::Migration(why));
            }
        };
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
