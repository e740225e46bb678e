//! Where an office stands, and the register that answers it in process.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::sqlx::{self, AssertSqlSafe, Connection, PgConnection};
use sealwright::ledger::StoredLedger;
use sealwright_credentials::KeyRing;
use sealwright_credentials::sd_jwt::CredentialType;
use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::Store;
use sealwright_engine::{Engine, PersonId, Vault};
use sealwright_storage::{Database, MasterKey, PostgresOptions, PostgresStore, SealedVault, SqliteStore};
use sealwright_tests::people;
use sealwright_workflows::application::Application;
use sealwright_workflows::licence::Licence;
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::in_process::{LocalPost, LocalVendor};
use sealwright_workflows::office::ledger::{Ledger as _, Line};
use sealwright_workflows::office::register::{DigestPage, Entry, Register};
use sealwright_workflows::office::status::NoStatusLists;
use sealwright_workflows::office::{Notices, Office, Parts};
use sealwright_workflows::policy::Policy;
use sealwright_workflows::register::{DocumentKind, LicenceNumber, LicenceRecord, RecordDigest};
use sealwright_workflows::sweep::Sweep;
use tempfile::TempDir;
use uuid::Uuid;

/// Digests on one page.
const PAGE: u32 = 10_000;

/// The first of those whose licence is a real one, among the invented people.
pub(crate) const FIRST: u32 = 60_000;

/// A kind of database.
pub(crate) enum Ground {
    Sqlite,
    Postgres { url: String },
}

/// An office on an engine, in a fresh database.
pub(crate) struct Desk {
    pub(crate) engine: Engine,
    pub(crate) office: Office,
    pub(crate) book: Arc<Book>,
    pub(crate) place: Place,
}

/// The database.
pub(crate) struct Place {
    folder: TempDir,
    server: Option<(String, String)>,
}

/// A register of `licences` that nobody here holds and some that are real.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) licences: u32,
    pub(crate) real: Mutex<HashMap<LicenceNumber, LicenceRecord>>,
}

impl Ground {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Ground::Sqlite => "sqlite",
            Ground::Postgres { .. } => "postgres",
        }
    }

    /// Opens an office that followed `licences` before.
    pub(crate) async fn desk(&self, licences: u32) -> Desk {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let key = MasterKey::from_bytes([7; 32]);
        KeyRing::generate(&folder.path().join("keys")).unwrap();
        let (store, database, server): (Arc<dyn Store>, Database, _) = match self {
            Ground::Sqlite => {
                let file = folder.path().join("office.db");
                let store = SqliteStore::open(file, Arc::new(SystemClock)).await.unwrap();
                let database = store.database();
                (Arc::new(store), database, None)
            }
            Ground::Postgres { url } => {
                let schema = format!("sweep_{}", std::process::id());
                let options = PostgresOptions { schema: Some(schema.clone()), ..PostgresOptions::default() };
                PostgresStore::migrate(url, &options).await.unwrap();
                let store = PostgresStore::connect(url, options).await.unwrap();
                let database = store.database();
                (Arc::new(store), database, Some((url.clone(), schema)))
            }
        };
        let place = Place { folder, server };
        let vault = Arc::new(SealedVault::open(database.clone(), &key).await.unwrap());
        let ledger = Arc::new(StoredLedger::new(database, &key));
        place.fill(&ledger, &*vault, licences).await;
        let book = Arc::new(Book { licences, ..Book::default() });
        let policy = Policy::default();
        let office = Office::new(Parts {
            vault,
            register: book.clone(),
            vendor: Arc::new(LocalVendor::default()),
            post: Some(Arc::new(LocalPost::default())),
            notices: Notices::default(),
            keys: KeyRing::load(&place.folder.path().join("keys")).unwrap(),
            policy: policy.clone(),
            issuer: "https://licences.example".into(),
            credential_type: CredentialType::licence("https://licences.example/types/driving-licence/1")
                .unwrap(),
            status: Arc::new(NoStatusLists),
            ledger,
            operator: None,
            // The vendor calls back; the poll beside it would fall due in the middle of another round.
            poll_every: Duration::from_secs(3_600),
            outside: 64,
        });
        let engine = Engine::builder(store)
            .workflow::<Application>(office.clone(), policy.clone())
            .workflow::<Licence>(office.clone(), policy.clone())
            .workflow::<Sweep>(office.clone(), policy)
            .start()
            .await
            .unwrap();
        Desk { engine, office, book, place }
    }
}

impl Place {
    /// The file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("office.db")
    }

    /// A connection of its own to the server, if that is what it is.
    pub(crate) async fn connect(&self) -> Option<PgConnection> {
        let (url, schema) = self.server.as_ref()?;
        let mut connection = PgConnection::connect(url).await.unwrap();
        let sql = format!("SET search_path = {schema}");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        Some(connection)
    }

    /// Puts down that so many licences were followed. Whose they are has no key: nobody reads them.
    async fn fill(&self, ledger: &StoredLedger, vault: &dyn Vault, licences: u32) {
        let holder = PersonId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
        vault.enrol(holder).await.unwrap();
        for from in (0..licences).step_by(8_192) {
            let notes = (from..licences.min(from + 8_192)).map(|n| {
                let line = Line { number: number(n).entry(), digest: *digest(n).as_bytes() };
                ledger.note(line, holder)
            });
            for noted in futures_util::future::join_all(notes).await {
                noted.unwrap();
            }
        }
        if let Some(mut connection) = self.connect().await {
            for sql in ["VACUUM (ANALYZE) followed_record", "CHECKPOINT"] {
                sqlx::query(sql).execute(&mut connection).await.unwrap();
            }
        }
    }

    /// Removes what is not in the folder.
    pub(crate) async fn clear(self) {
        if let (Some(mut connection), Some((_, schema))) = (self.connect().await, &self.server) {
            let sql = format!("DROP SCHEMA {schema} CASCADE");
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
    }
}

fn number(n: u32) -> LicenceNumber {
    LicenceNumber::new(DocumentKind::Passport, &format!("E{n:09}")).unwrap()
}

fn digest(n: u32) -> RecordDigest {
    format!("{n:064x}").parse().unwrap()
}

#[async_trait]
impl Register for Book {
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable> {
        let real = self.real.lock().unwrap().get(number).cloned();
        Ok(Entry::Found(Box::new(real.unwrap_or_else(|| people::record(who(number))))))
    }

    async fn photo(&self, _reference: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(Some(people::jpeg("retained")))
    }

    /// The real ones are on the first page, so that what changed is found at once.
    async fn digests(&self, after: Option<&str>) -> Result<DigestPage, Unavailable> {
        let from: u32 = after.map_or(0, |after| after.parse().unwrap());
        let to = self.licences.min(from + PAGE);
        let mut digests: Vec<_> = (from..to).map(|n| (number(n), digest(n))).collect();
        if from == 0 {
            let real = self.real.lock().unwrap();
            digests.extend(real.iter().map(|(number, record)| (number.clone(), record.digest())));
        }
        Ok(DigestPage { digests, unreadable: 0, next: to.to_string(), more: to < self.licences })
    }
}

/// The person behind a number, as [`people::number`] made it: the year of birth from 1900 on, and three digits.
fn who(number: &LicenceNumber) -> u32 {
    let digits = |range: std::ops::Range<usize>| number.as_str()[range].parse::<u32>().unwrap();
    (digits(6..10) - 1_900) * 1_000 + digits(14..17)
}
