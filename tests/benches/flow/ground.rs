//! Where an office stands: a fresh database, a vault in it, an engine on it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sea_orm::sqlx::{self, AssertSqlSafe, Connection, PgConnection};
use sealwright::ledger::StoredLedger;
use sealwright_credentials::KeyRing;
use sealwright_credentials::sd_jwt::CredentialType;
use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::Store;
use sealwright_engine::{Engine, Vault};
use sealwright_storage::{Database, MasterKey, PostgresOptions, PostgresStore, SealedVault, SqliteStore};
use sealwright_workflows::application::Application;
use sealwright_workflows::licence::Licence;
use sealwright_workflows::office::status::{NoStatusLists, StatusSlots};
use sealwright_workflows::office::{Notices, Office, Parts};
use sealwright_workflows::policy::Policy;
use tempfile::TempDir;

use crate::counted::Counted;
use crate::outside::Outside;

/// A kind of database.
pub(crate) enum Ground {
    Sqlite,
    Postgres { url: String },
}

/// A fresh database of that kind. It is gone when this is dropped.
pub(crate) struct Place {
    folder: TempDir,
    server: Option<(String, String)>,
}

/// A database, opened.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) database: Database,
    pub(crate) key: MasterKey,
}

/// Who issues.
pub(crate) const ISSUER: &str = "https://licences.example";

/// An office on an engine.
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) office: Office,
    pub(crate) store: Arc<Counted>,
}

/// What can be measured here.
pub(crate) fn all() -> Vec<Ground> {
    let mut all = vec![Ground::Sqlite];
    all.extend(std::env::var("SEALWRIGHT_TEST_POSTGRES").ok().map(|url| Ground::Postgres { url }));
    all
}

impl Ground {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Ground::Sqlite => "sqlite",
            Ground::Postgres { .. } => "postgres",
        }
    }

    /// Makes a fresh database with its tables.
    pub(crate) async fn place(&self) -> Place {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        // Beside the build, and not in a folder that may be in memory.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        KeyRing::generate(&folder.path().join("keys")).unwrap();
        let server = match self {
            Ground::Sqlite => None,
            Ground::Postgres { url } => {
                let next = NEXT.fetch_add(1, Ordering::Relaxed);
                let schema = format!("bench_{}_{next}", std::process::id());
                PostgresStore::migrate(url, &options(&schema)).await.unwrap();
                Some((url.clone(), schema))
            }
        };
        let place = Place { folder, server };
        drop(place.open().await);
        place
    }
}

impl Place {
    /// The file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("office.db")
    }

    /// The server and the schema.
    pub(crate) fn server(&self) -> Option<(&str, &str)> {
        self.server.as_ref().map(|(url, schema)| (url.as_str(), schema.as_str()))
    }

    /// A connection of its own to the server.
    pub(crate) async fn connect(&self) -> PgConnection {
        let (url, schema) = self.server().unwrap();
        let mut connection = PgConnection::connect(url).await.unwrap();
        let sql = format!("SET search_path = {schema}");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        connection
    }

    /// The folder with the document keys.
    pub(crate) fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// What an office stands on, opened.
    pub(crate) async fn open(&self) -> Opened {
        let key = MasterKey::from_bytes([7; 32]);
        let (store, database): (Arc<dyn Store>, _) = match self.server() {
            None => {
                let store = SqliteStore::open(self.file(), Arc::new(SystemClock)).await.unwrap();
                let database = store.database();
                (Arc::new(store), database)
            }
            Some((url, schema)) => {
                let store = PostgresStore::connect(url, options(schema)).await.unwrap();
                let database = store.database();
                (Arc::new(store), database)
            }
        };
        let vault = Arc::new(SealedVault::open(database.clone(), &key).await.unwrap());
        Opened { store, vault, database, key }
    }

    /// Opens an office with at most `live` instances in memory.
    pub(crate) async fn desk(&self, live: usize) -> Desk {
        self.desk_on(self.open().await, live, Arc::new(NoStatusLists)).await
    }

    /// The same on what is open already.
    pub(crate) async fn desk_on(&self, opened: Opened, live: usize, status: Arc<dyn StatusSlots>) -> Desk {
        let store = Arc::new(Counted::new(opened.store));
        let ledger = Arc::new(StoredLedger::new(opened.database, &opened.key));
        let outside = Arc::new(Outside::new());
        let policy = Policy::default();
        let office = Office::new(Parts {
            vault: opened.vault,
            register: outside.clone(),
            vendor: outside.clone(),
            post: Some(outside),
            notices: Notices::default(),
            keys: KeyRing::load(&self.keys()).unwrap(),
            policy: policy.clone(),
            issuer: ISSUER.into(),
            credential_type: CredentialType::licence("https://licences.example/types/driving-licence/1")
                .unwrap(),
            status,
            ledger,
            operator: None,
            // The vendor calls back; the poll beside it would fall due in the middle of another round.
            poll_every: Duration::from_secs(3_600),
            outside: 64,
        });
        let engine = Engine::builder(store.clone())
            .live_instances(live)
            .workflow::<Application>(office.clone(), policy.clone())
            .workflow::<Licence>(office.clone(), policy)
            .start()
            .await
            .unwrap();
        Desk { engine, office, store }
    }

    /// Bytes on disk.
    pub(crate) async fn size(&self) -> i64 {
        match self.server() {
            Some((_, schema)) => {
                let sql = "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class \
                           WHERE relkind = 'r' AND relnamespace = $1::regnamespace";
                let mut connection = self.connect().await;
                sqlx::query_scalar(sql).bind(schema).fetch_one(&mut connection).await.unwrap()
            }
            None => {
                let files = std::fs::read_dir(self.folder.path()).unwrap();
                let sizes = files.map(|file| file.unwrap().metadata().unwrap());
                sizes.filter(|file| file.is_file()).map(|file| file.len() as i64).sum()
            }
        }
    }

    /// Does now what the database would do by itself some time after it was filled.
    pub(crate) async fn settle(&self) {
        match self.server() {
            Some(_) => {
                let mut connection = self.connect().await;
                for sql in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
                    sqlx::query(sql).execute(&mut connection).await.unwrap();
                }
            }
            None => {
                let connection = rusqlite::Connection::open(self.file()).unwrap();
                let moved = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], moved).unwrap();
            }
        }
    }

    /// Removes what is not in the folder.
    pub(crate) async fn clear(self) {
        if let Some((_, schema)) = self.server() {
            let sql = format!("DROP SCHEMA {schema} CASCADE");
            sqlx::query(AssertSqlSafe(sql)).execute(&mut self.connect().await).await.unwrap();
        }
    }
}

fn options(schema: &str) -> PostgresOptions {
    PostgresOptions { schema: Some(schema.into()), ..PostgresOptions::default() }
}
