//! The database for tables beside the engine's: the vault's, and a host program's own.

use std::pin::Pin;
use std::sync::Arc;

use sea_orm::sqlx;
use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tokio::runtime::Handle;
use tokio::sync::Mutex;

use crate::vault::Shelf;

type Pinned<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Reads, and short transactions of its own. Cheap to clone; while one is alive, the database stays
/// open.
#[derive(Clone)]
pub struct Database {
    readers: DatabaseConnection,
    writers: DatabaseConnection,
    sqlite: Option<Arc<Sqlite>>,
    shelf: Arc<dyn Shelf>,
    /// Where connections are opened. They end with it, and callers come from runtimes that end sooner.
    runtime: Handle,
}

/// SQLite has one writer at a time. Whoever wants to write queues here, where the queue is fair,
/// and not in SQLite, where waiting means sleeping and trying again.
struct Sqlite {
    turn: Arc<Mutex<()>>,
    scrub: Box<dyn Fn() -> Pinned<'static, ()> + Send + Sync>,
}

impl Database {
    pub(crate) fn pooled(pool: DatabaseConnection, shelf: Arc<dyn Shelf>, runtime: Handle) -> Self {
        Self { readers: pool.clone(), writers: pool, sqlite: None, shelf, runtime }
    }

    pub(crate) fn taking_turns(
        readers: DatabaseConnection,
        writers: DatabaseConnection,
        turn: Arc<Mutex<()>>,
        shelf: Arc<dyn Shelf>,
        scrub: impl Fn() -> Pinned<'static, ()> + Send + Sync + 'static,
    ) -> Self {
        let sqlite = Some(Arc::new(Sqlite { turn, scrub: Box::new(scrub) }));
        Self { readers, writers, sqlite, shelf, runtime: Handle::current() }
    }

    /// What kind of database it is.
    pub fn backend(&self) -> DbBackend {
        self.readers.get_database_backend()
    }

    /// Runs `work` on a connection for reading. On SQLite it cannot write.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c DatabaseConnection) -> Pinned<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbErr> + Send + 'static,
    {
        let readers = self.readers.clone();
        let reading = self.runtime.spawn(async move { work(&readers).await });
        reading.await.unwrap_or_else(|error| Err(DbErr::Custom(format!("the reading died: {error}")).into()))
    }

    /// Runs `work` in a transaction, which is committed if it answers `Ok`. Keep it short: on SQLite
    /// nobody else writes meanwhile.
    ///
    /// The work goes on if the caller is dropped, so a commit is never cut in half. An error of the
    /// commit itself means that it may or may not have happened.
    ///
    /// # Errors
    /// Those of `work` and of the database.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t DatabaseTransaction) -> Pinned<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbErr> + Send + 'static,
    {
        let this = self.clone();
        let running = self.runtime.spawn(async move {
            let _turn = match &this.sqlite {
                Some(sqlite) => Some(sqlite.turn.clone().lock_owned().await),
                None => None,
            };
            let options = TransactionOptions {
                sqlite_transaction_mode: this.sqlite.is_some().then_some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            };
            let transaction = this.writers.begin_with_options(options).await?;
            match work(&transaction).await {
                Ok(value) => {
                    transaction.commit().await.inspect_err(|error| this.end_on_broken_disk(error))?;
                    Ok(value)
                }
                Err(error) => {
                    if let Err(why) = transaction.rollback().await {
                        tracing::warn!(error = %why, "a rollback failed");
                    }
                    Err(error)
                }
            }
        });
        running
            .await
            .unwrap_or_else(|error| Err(DbErr::Custom(format!("the transaction died: {error}")).into()))
    }

    /// The vault's rows.
    pub(crate) fn shelf(&self) -> &dyn Shelf {
        &*self.shelf
    }

    /// Makes sure that what was deleted before does not linger in SQLite's write-ahead log.
    pub async fn scrub(&self) {
        if let Some(sqlite) = &self.sqlite {
            (sqlite.scrub)().await;
        }
    }

    fn end_on_broken_disk(&self, error: &DbErr) {
        let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error
        else {
            return;
        };
        if let (Some(_), sqlx::Error::Database(inner)) = (&self.sqlite, &**inner) {
            // The low byte of SQLite's extended code; 10 is SQLITE_IOERR.
            let code = inner.code().and_then(|code| code.parse::<i32>().ok());
            if code.is_some_and(|code| code & 0xff == 10) {
                crate::sqlite::end_process(error);
            }
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.sqlite.is_some() { "Database(SQLite)" } else { "Database(PostgreSQL)" })
    }
}
