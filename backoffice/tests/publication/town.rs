//! A journal, written as the engine writes it, and publishers that follow it.

use std::any::Any;
use std::sync::{Arc, Mutex};

use sealwright::publication::{Plan, Publisher, Stepped};
use sealwright_credentials::status_list::{Expected, Read, read_cwt, read_jwt};
use sealwright_credentials::{Algorithm, Digest, KeyDirectory, KeyRing, Serial};
use sealwright_engine::clock::{Clock, ManualClock};
use sealwright_engine::journal::{self, Body, Row};
use sealwright_engine::store::{Append, Change, Derived, Position, Store, Write, Written};
use sealwright_engine::{Actor, CommandId, InstanceId, Timestamp, Workflow};
use sealwright_storage::publication::ListPlan;
use sealwright_storage::{Database, MasterKey, PostgresOptions, PostgresStore, SqliteStore};
use sealwright_workflows::licence::{Content, Event, Form};

/// What events are written as.
const SCHEMA: u16 = <sealwright_workflows::licence::Licence as Workflow>::SCHEMA;

/// The first second of the story.
pub(crate) const START: i64 = 1_800_000_000;

pub(crate) struct Town {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) database: Database,
    pub(crate) clock: ManualClock,
    pub(crate) keys: KeyDirectory,
    seen: Mutex<Position>,
    _kept: Box<dyn Any + Send + Sync>,
}

/// A licence, and how many decisions are behind it.
pub(crate) struct Licence {
    pub(crate) id: InstanceId,
    decisions: u64,
}

impl Town {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(Timestamp::from_secs(START));
        let store =
            SqliteStore::open(folder.path().join("office.db"), Arc::new(clock.clone())).await.unwrap();
        let database = store.database();
        Self::on(Arc::new(store), database, clock, folder)
    }

    pub(crate) async fn postgres() -> Self {
        let url = std::env::var("SEALWRIGHT_TEST_POSTGRES").expect(
            "SEALWRIGHT_TEST_POSTGRES names no server: run `export SEALWRIGHT_TEST_POSTGRES=$(tests/postgres start)`",
        );
        let clock = ManualClock::at(Timestamp::from_secs(START));
        let options = PostgresOptions {
            schema: Some(format!("published_{}", uuid::Uuid::now_v7().simple())),
            connections: 4,
            clock: Some(Arc::new(clock.clone())),
            ..PostgresOptions::default()
        };
        PostgresStore::migrate(&url, &options).await.unwrap();
        let store = PostgresStore::connect(&url, options).await.unwrap();
        let database = store.database();
        Self::on(Arc::new(store), database, clock, tempfile::tempdir().unwrap())
    }

    fn on(store: Arc<dyn Store>, database: Database, clock: ManualClock, folder: tempfile::TempDir) -> Self {
        let keys = KeyDirectory::plain(folder.path().join("keys"));
        keys.generate_active(Algorithm::Ed25519).unwrap();
        Self { store, database, clock, keys, seen: Mutex::default(), _kept: Box::new(folder) }
    }

    /// A node that publishes. Another one on the same database is another node, or this one after a crash.
    pub(crate) fn node(&self) -> Publisher {
        let plan = Plan { lists: ListPlan { entries: 64, block: 4, ..self.plan().lists }, ..self.plan() };
        let master = MasterKey::from_bytes([7; 32]);
        Publisher::new(self.store.clone(), self.database.clone(), &master, plan).unwrap()
    }

    fn plan(&self) -> Plan {
        Plan::of("https://licences.example", "https://office.example/")
    }

    pub(crate) fn ring(&self) -> Arc<KeyRing> {
        Arc::new(self.keys.load().unwrap())
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.now().secs()
    }

    pub(crate) fn wind(&self, seconds: u64) {
        self.clock.advance(std::time::Duration::from_secs(seconds));
    }

    pub(crate) async fn step(&self, node: &Publisher) -> Stepped {
        node.step(&self.ring(), self.now()).await.unwrap()
    }

    pub(crate) fn licence(&self) -> Licence {
        Licence { id: InstanceId::new(self.clock.now()), decisions: 0 }
    }

    /// Commits a decision of a licence with the labels it leads to.
    pub(crate) async fn decide(
        &self,
        licence: &mut Licence,
        events: &[Event],
        live: Option<u32>,
        standing: &str,
    ) {
        licence.decisions += 1;
        let (instance, version, at) = (licence.id, licence.decisions, self.clock.now());
        let id = CommandId::client(&format!("command-{version}")).unwrap();
        let body = Body {
            instance,
            version,
            workflow: "licence".into(),
            schema: SCHEMA,
            at,
            actor: Actor::Operator("town".into()),
            command: "test".into(),
            id: id.clone(),
            digest: journal::Digest::ZERO,
            policy: journal::Digest::ZERO,
            events: serde_json::value::to_raw_value(events).unwrap(),
        };
        let body = serde_json::to_string(&body).unwrap();
        let hash = journal::Digest::ZERO.chain(body.as_bytes());
        let mut labels = vec![("standing", standing.to_owned())];
        labels.extend(live.map(|live| ("version", live.to_string())));
        let append = Append {
            row: Row { instance, version, command_id: id, body, hash },
            derived: Derived {
                instance,
                version,
                workflow: "licence",
                schema: SCHEMA,
                phase: "active",
                closed: false,
                wake_at: None,
                at,
                task: Change::Keep,
                labels: Change::Set(labels),
            },
            effects: vec![],
            leased_to: None,
            settles: None,
            lease: None,
        };
        let written = self.store.write(vec![Write::Append(Box::new(append))]).await;
        assert_eq!(written, [Ok(Written::Done)]);
        // A feed holds back what is behind an open transaction, and on a server other tests have some open.
        let mut after = *self.seen.lock().unwrap();
        while !self.is_visible(&mut after, instance, version).await {
            tokio::task::yield_now().await;
        }
        *self.seen.lock().unwrap() = after;
    }

    /// Whether the feed has come to this row; moves `after` on.
    async fn is_visible(&self, after: &mut Position, instance: InstanceId, version: u64) -> bool {
        let rows = self.store.feed(*after, 100).await.unwrap();
        *after = rows.last().map_or(*after, |(position, _)| *position);
        rows.iter().any(|(_, row)| (row.instance, row.version) == (instance, version))
    }

    /// Prepares and issues a version.
    pub(crate) async fn issue(&self, licence: &mut Licence, version: u32) -> Serial {
        let before = (version > 1).then(|| version - 1);
        let serial = self.prepare(licence, version, before).await;
        self.decide(licence, &[issued(version)], Some(version), "active").await;
        serial
    }

    /// Prepares a version while another one is live.
    pub(crate) async fn prepare(&self, licence: &mut Licence, version: u32, live: Option<u32>) -> Serial {
        let serial = serial(licence, version);
        let intent = Event::IntentRecorded {
            version,
            serial: serial.to_string(),
            generated_at: Timestamp::from_secs(self.now()),
            digest: journal::Digest(*signed(&serial).as_bytes()),
            digests: [(Form::SdJwtVc, journal::Digest(*signed_as_sd_jwt(&serial).as_bytes()))].into(),
            content: Content { field: "prepared".into(), revision: 1 },
        };
        let standing = if live.is_some() { "active" } else { "none" };
        self.decide(licence, &[intent], live, standing).await;
        serial
    }

    /// The list with this credential, read as a verifier reads it, in both forms.
    pub(crate) async fn read(&self, node: &Publisher, list: u32) -> Read {
        let out = node.lists().issued(list).await.unwrap().expect("the list is published");
        let ring = self.ring();
        let uri = format!("https://office.example/v1/status/{list}");
        let expected = Expected {
            issuer: "https://licences.example",
            uri: &uri,
            keys: ring.key_set(),
            at: self.now(),
            seen: None,
        };
        let read = read_jwt(&out.jwt, &expected).unwrap();
        assert_eq!(read, read_cwt(&out.cwt, &expected).unwrap());
        assert_eq!(read.aggregation_uri(), "https://office.example/v1/status");
        read
    }

    /// What a verifier finds of a credential.
    pub(crate) async fn status(
        &self,
        node: &Publisher,
        serial: &Serial,
    ) -> sealwright_credentials::status_list::Status {
        let slot = node.lists().slot(serial).await.unwrap().slot;
        self.read(node, slot.list).await.status(slot.index).unwrap()
    }
}

pub(crate) fn issued(version: u32) -> Event {
    let check_at = Timestamp::from_secs(START + 366 * 86_400);
    Event::Issued { version, photo_locked_until: None, check_at }
}

/// Random in its first half, so that no two licences share one.
fn serial(licence: &Licence, version: u32) -> Serial {
    let id = hex::encode_upper(&licence.id.0.as_bytes()[4..]);
    format!("{id}{version:08}").parse().unwrap()
}

/// The digest of what is signed for a serial.
pub(crate) fn signed(serial: &Serial) -> Digest {
    Digest::of(serial.as_str().as_bytes())
}

/// The digest of what is signed for a serial as an SD-JWT VC.
pub(crate) fn signed_as_sd_jwt(serial: &Serial) -> Digest {
    Digest::of(format!("{serial} as SD-JWT VC").as_bytes())
}
