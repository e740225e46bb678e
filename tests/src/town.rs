//! The town: an office on an engine, and the world around it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sealwright::ledger::StoredLedger;
use sealwright_credentials::sd_jwt::CredentialType;
use sealwright_credentials::x509::{Subject, Terms};
use sealwright_credentials::{KeyDirectory, KeyRing};
use sealwright_engine::clock::{Clock, ManualClock};
use sealwright_engine::store::{InstanceQuery, MemoryStore, Store};
use sealwright_engine::testing::{Cut, MemoryVault, TestEngine};
use sealwright_engine::{Builder, Timestamp, Vault, limits};
use sealwright_storage::{MasterKey, PostgresOptions, PostgresStore, SealedVault, SqliteStore};
use sealwright_workflows::application::Application;
use sealwright_workflows::calendar_watch::CalendarWatch;
use sealwright_workflows::licence::Licence;
use sealwright_workflows::office::in_process::LocalLedger;
use sealwright_workflows::office::ledger::Ledger;
use sealwright_workflows::office::status::NoStatusLists;
use sealwright_workflows::office::{Notices, Office, Parts};
use sealwright_workflows::policy::Policy;
use sealwright_workflows::sweep::Sweep;

use crate::diary::Diary;
use crate::mains::Mains;
use crate::outside::Outside;
use crate::watched::Watched;

/// When the stories begin: a Monday at noon UTC.
pub const MONDAY: Timestamp = Timestamp::from_secs(1_772_452_800);

/// Who is written to when something is stuck.
pub const OPERATOR: &str = "operator@office.example";

/// What licences are credentials of.
pub const LICENCE_TYPE: &str = "https://licences.example/types/driving-licence/1";

/// Where the office keeps what it knows.
#[derive(Clone)]
pub enum Ground {
    /// In memory.
    Memory,
    /// In this file.
    Sqlite(PathBuf),
    /// On this server, in this schema.
    Postgres {
        /// The server.
        url: String,
        /// The schema.
        schema: String,
    },
}

/// What an office stands on, opened.
#[derive(Clone)]
pub struct Opened {
    /// The store itself, in front of any switch.
    pub store: Arc<dyn Store>,
    /// The vault itself, in front of any switch.
    pub vault: Arc<dyn Vault>,
    /// What sweeps compare.
    pub ledger: Arc<dyn Ledger>,
}

impl Ground {
    /// Opens it. Tables are made where there are none.
    pub async fn open(&self, clock: Arc<dyn Clock>) -> Opened {
        let key = MasterKey::from_bytes([7; 32]);
        match self {
            Ground::Memory => {
                let ledger = Arc::new(LocalLedger::default());
                Opened {
                    store: Arc::new(MemoryStore::new(clock)),
                    vault: Arc::new(MemoryVault::new()),
                    ledger,
                }
            }
            Ground::Sqlite(path) => {
                let store = SqliteStore::open(path, clock).await.expect("the file opens");
                let vault = SealedVault::open(store.database(), &key).await.expect("the vault opens");
                let ledger = Arc::new(StoredLedger::new(store.database(), &key));
                Opened { store: Arc::new(store), vault: Arc::new(vault), ledger }
            }
            Ground::Postgres { url, schema } => {
                // The server's own clock counts only where there is no clock that can be wound.
                let clock = clock.is_manual().then_some(clock);
                let schema = Some(schema.clone());
                let options = PostgresOptions { clock, schema, ..PostgresOptions::default() };
                PostgresStore::migrate(url, &options).await.expect("the tables are made");
                let store = PostgresStore::connect(url, options).await.expect("the server is there");
                let vault = SealedVault::open(store.database(), &key).await.expect("the vault opens");
                let ledger = Arc::new(StoredLedger::new(store.database(), &key));
                Opened { store: Arc::new(store), vault: Arc::new(vault), ledger }
            }
        }
    }
}

/// Makes document keys in a folder, with a root and a certificate from Monday on.
pub fn make_keys(folder: &Path) -> PathBuf {
    let keys = folder.join("keys");
    let key = KeyRing::generate(&keys).expect("keys are made");
    let subject =
        Subject { country: "CN".into(), common_name: "芦苇市".into(), organisation: None, state: None };
    let at = MONDAY.secs();
    let validity = KeyDirectory::validity(at, at + 450 * 86_400);
    let (contact, crl) = ("https://licences.example", "https://licences.example/crl");
    let terms = Terms { subject: &subject, validity, contact, crl };
    let directory = KeyDirectory::plain(&keys);
    if directory.certificates().expect("none, or readable").root(at).is_none() {
        directory.make_root(&terms, at, false).expect("a root");
    }
    directory.certify(&key, &terms, at).expect("a certificate");
    keys
}

/// How a town is set up.
#[derive(Clone)]
pub struct Plan {
    /// Where the office keeps what it knows.
    pub ground: Ground,
    /// The folder with the document keys.
    pub keys: PathBuf,
    /// What is seen outside.
    pub diary: Diary,
    /// The switch.
    pub mains: Mains,
    /// The rules.
    pub policy: Policy,
    /// How many instances the engine keeps in memory.
    pub live: usize,
    /// How often a liveness session is asked for.
    pub poll_every: Duration,
}

impl Plan {
    /// A town with an empty diary.
    pub fn new(ground: Ground, keys: PathBuf) -> Self {
        let (diary, mains) = (Diary::default(), Mains::default());
        let poll_every = Duration::from_secs(5);
        Self { ground, keys, diary, mains, policy: Policy::default(), live: 1_000, poll_every }
    }

    /// Opens the office on a clock that is wound by hand and shows Monday, or when the diary ends.
    pub async fn open(self) -> Town {
        let clock = ManualClock::at(self.diary.latest().map_or(MONDAY, |at| at.max(MONDAY)));
        let opened = self.ground.open(Arc::new(clock.clone())).await;
        if let Some(last) = last_decision(&*opened.store).await {
            // Nobody sees a clock run backwards.
            clock.set(clock.now().max(last + limits::NODE_LEASE));
        }
        self.open_on(opened, clock).await
    }

    /// Opens the office on what is open already.
    pub async fn open_on(self, opened: Opened, clock: ManualClock) -> Town {
        let outside = Outside::new(self.diary.clone());
        let desk = Arc::new(Mutex::new(None));
        let switched: Arc<dyn Store> = Arc::new(self.mains.store(opened.store.clone()));
        let (plan, world, slot, raw) = (self.clone(), outside.clone(), desk.clone(), opened.clone());
        let engine = TestEngine::start_on(switched, clock, move |builder| {
            let office = plan.office(&world, &raw);
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(office.clone());
            plan.register(builder, office, &world, raw.store.clone())
        })
        .await;
        Town { engine, outside, opened, plan: self, office: desk }
    }

    /// An office in this town.
    pub fn office(&self, outside: &Outside, opened: &Opened) -> Office {
        Office::new(Parts {
            vault: Arc::new(self.mains.vault(opened.vault.clone())),
            register: Arc::new(outside.clone()),
            vendor: Arc::new(outside.clone()),
            post: Some(Arc::new(outside.clone())),
            notices: Notices::default(),
            keys: KeyRing::load(&self.keys).expect("the keys are there"),
            policy: self.policy.clone(),
            issuer: "https://licences.example".into(),
            credential_type: CredentialType::licence(LICENCE_TYPE).expect("a type's name"),
            status: Arc::new(NoStatusLists),
            ledger: opened.ledger.clone(),
            operator: Some(OPERATOR.into()),
            poll_every: self.poll_every,
            outside: 32,
        })
    }

    /// An engine's workflows, carried out by `office`, watched.
    pub fn register(
        &self,
        builder: Builder,
        office: Office,
        outside: &Outside,
        store: Arc<dyn Store>,
    ) -> Builder {
        let (outside, mains, diary) = (outside.clone(), self.mains.clone(), self.diary.clone());
        let watched = Watched { office, outside, mains, diary, store };
        builder
            .live_instances(self.live)
            .workflow::<Application>(watched.clone(), self.policy.clone())
            .workflow::<Licence>(watched.clone(), self.policy.clone())
            .workflow::<Sweep>(watched.clone(), self.policy.clone())
            .workflow::<CalendarWatch>(watched, self.policy.clone())
    }
}

async fn last_decision(store: &dyn Store) -> Option<Timestamp> {
    let mut query = InstanceQuery { limit: limits::PAGE, ..InstanceQuery::default() };
    let mut last = None;
    loop {
        let page = store.list(&query).await.expect("the store is there");
        let Some(end) = page.last() else { return last };
        query.after = Some(end.id);
        last = last.max(page.iter().map(|row| row.updated_at).max());
    }
}

/// The town.
pub struct Town {
    /// The office's engine.
    pub engine: TestEngine,
    /// The world outside.
    pub outside: Outside,
    /// What the office stands on.
    pub opened: Opened,
    /// How the town is set up.
    pub plan: Plan,
    office: Arc<Mutex<Option<Office>>>,
}

impl Town {
    /// A town in memory.
    pub async fn in_memory(keys: &Path) -> Self {
        Plan::new(Ground::Memory, keys.to_owned()).open().await
    }

    /// The office as it is now; another one after a crash.
    pub fn office(&self) -> Office {
        let office = self.office.lock().unwrap_or_else(PoisonError::into_inner);
        office.clone().expect("it is there from the engine's start on")
    }

    /// What is seen outside.
    pub fn diary(&self) -> &Diary {
        &self.plan.diary
    }

    /// The switch.
    pub fn mains(&self) -> &Mains {
        &self.plan.mains
    }

    /// Ends the engine as a crash would and starts another one.
    pub async fn crash_and_recover(&mut self) {
        // The dead engine must not write once the light is on again.
        self.engine.cut_power_at(0, Cut::Before);
        self.mains().restore();
        self.engine.crash_and_recover().await;
    }

    /// Lets time pass as it does.
    pub async fn advance(&self, time: Duration) {
        self.engine.advance(time).await;
    }
}
