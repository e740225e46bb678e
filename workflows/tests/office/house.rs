//! An engine with the two workflows and an office, all in process.

use std::sync::Arc;
use std::time::Duration;

use sealwright_credentials::sd_jwt::CredentialType;
use sealwright_credentials::x509::{Subject, Terms};
use sealwright_credentials::{Algorithm, KeyDirectory, KeyRing};
use sealwright_engine::store::EffectQuery;
use sealwright_engine::testing::{MemoryVault, TestEngine};
use sealwright_engine::{Actor, CommandId, EffectKey, Envelope, InstanceId, PersonId, Vault};
use sealwright_workflows::application::{Answer, Applicant, Application, Command, Kind, Liveness};
use sealwright_workflows::licence::{Licence, Life};
use sealwright_workflows::office::dossier::Holder;
use sealwright_workflows::office::in_process::{LocalLedger, LocalPost, LocalRegister, LocalVendor};
use sealwright_workflows::office::status::NoStatusLists;
use sealwright_workflows::office::{Notices, Office, Parts};
use sealwright_workflows::policy::{Locale, Policy};

use crate::people;

/// What licences are credentials of.
pub(crate) const LICENCE_TYPE: &str = "https://licences.example/types/driving-licence/1";

pub(crate) const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3, 4, 0xFF, 0xD9];

pub(crate) struct House {
    pub(crate) engine: TestEngine,
    pub(crate) office: Office,
    pub(crate) vault: Arc<MemoryVault>,
    pub(crate) register: Arc<LocalRegister>,
    pub(crate) vendor: Arc<LocalVendor>,
    pub(crate) post: Arc<LocalPost>,
}

/// An applicant with an application that has begun.
pub(crate) struct Applying {
    pub(crate) holder: Holder,
    pub(crate) application: InstanceId,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// With some of its parts changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Parts)) -> Self {
        let (vault, register, vendor, post) = (
            Arc::new(MemoryVault::new()),
            Arc::new(LocalRegister::default()),
            Arc::new(LocalVendor::default()),
            Arc::new(LocalPost::default()),
        );
        let mut parts = Parts {
            vault: vault.clone(),
            register: register.clone(),
            vendor: vendor.clone(),
            post: Some(post.clone()),
            notices: Notices::default(),
            keys: keys(),
            policy: Policy::default(),
            issuer: "https://licences.example".into(),
            credential_type: CredentialType::licence(LICENCE_TYPE).expect("a type's name"),
            status: Arc::new(NoStatusLists),
            ledger: Arc::new(LocalLedger::default()),
            operator: Some("operator@example.com".into()),
            poll_every: Duration::from_secs(5),
            outside: 8,
        };
        change(&mut parts);
        let office = Office::new(parts);
        let performer = office.clone();
        let engine = TestEngine::start(move |builder| {
            builder
                .workflow::<Application>(performer.clone(), Policy::default())
                .workflow::<Licence>(performer.clone(), Policy::default())
        })
        .await;
        Self { engine, office, vault, register, vendor, post }
    }

    /// Puts a record and its photo into the register.
    pub(crate) fn enter(&self, sequence: u32) {
        self.register.put(people::record(sequence));
        self.register.put_photo(&format!("photo-{sequence}"), JPEG.to_vec());
    }

    pub(crate) async fn begin(&self, sequence: u32) -> Applying {
        let now = self.engine.now();
        let number = people::number(sequence);
        let holder = self.office.dossiers().admit(&number, None, now).await.expect("the vault is there");
        let applying = Applying { holder, application: InstanceId::new(now) };
        let Holder { person, licence } = holder;
        let begin = Applicant::Begin { person, licence, locale: Locale::En, kind: Kind::FirstIssue };
        let envelope = self.envelope("begin", &applying, begin);
        self.engine.start::<Application>(applying.application, envelope).await.expect("it begins");
        self.engine.run_until_idle().await;
        applying
    }

    pub(crate) async fn does(&self, applying: &Applying, key: &str, command: Applicant) {
        let envelope = self.envelope(key, applying, command);
        self.engine.send::<Application>(applying.application, envelope).await.expect("it is accepted");
        self.engine.run_until_idle().await;
    }

    fn envelope(&self, key: &str, applying: &Applying, command: Applicant) -> Envelope<Command> {
        let id = CommandId::client(key).expect("a key");
        Envelope::new(id, Actor::Applicant(applying.holder.person.to_string()), Command::Applicant(command))
    }

    pub(crate) async fn confirm(&self, applying: &Applying) {
        let shown = self.office.dossiers().shown(applying.holder.person).await.expect("the vault is there");
        let revision = shown.expect("the record is there").revision;
        self.does(applying, &format!("confirm-{revision}"), Applicant::ConfirmInformation { revision }).await;
    }

    /// Passes the open session at the vendor and waits for the poll.
    pub(crate) async fn pass_liveness(&self) {
        let open = self.vendor.open();
        assert_eq!(open.len(), 1, "one session is open");
        assert!(self.vendor.finish(&open[0], Liveness::Passed { score: 91, serial: "V1".into() }));
        self.engine.advance(Duration::from_secs(6)).await;
    }

    /// A document from a retained photo, signed and live.
    pub(crate) async fn issue(&self, sequence: u32) -> Applying {
        self.enter(sequence);
        let applying = self.begin(sequence).await;
        self.confirm(&applying).await;
        self.pass_liveness().await;
        self.does(&applying, "submit", Applicant::Submit).await;
        applying
    }

    /// What a licence has come to.
    pub(crate) async fn life(&self, applying: &Applying) -> Life {
        let view = self.engine.view::<Licence>(applying.holder.licence).await;
        match view.expect("it can be read").expect("it is there").state {
            Licence::Known(life) => *life,
            Licence::New => panic!("it was applied for"),
        }
    }

    pub(crate) async fn phase(&self, applying: &Applying) -> &'static str {
        let view = self.engine.view::<Application>(applying.application).await;
        view.expect("it can be read").expect("it is there").phase
    }

    pub(crate) async fn erase(&self, person: PersonId) {
        self.vault.erase(person, self.engine.now()).await.expect("the person is there");
    }

    /// The key of the one effect of this kind.
    pub(crate) async fn effect_of(&self, applying: &Applying, kind: &str) -> EffectKey {
        let query = EffectQuery {
            instance: Some(applying.application),
            kind: Some(kind.into()),
            limit: 2,
            ..EffectQuery::default()
        };
        let found = self.engine.store().effects(&query).await.expect("the store is there");
        assert_eq!(found.len(), 1, "one {kind}");
        found[0].key
    }

    /// Answers as the HTTP layer does for a callback.
    pub(crate) async fn answer(&self, applying: &Applying, key: EffectKey, command: Command) {
        let id = CommandId::client("callback").expect("a key");
        let envelope = Envelope::new(id, Actor::Performer(key), command);
        self.engine.send::<Application>(applying.application, envelope).await.expect("it is accepted");
        self.engine.run_until_idle().await;
    }
}

/// Keys of its own, made in a folder that is gone afterwards.
pub(crate) fn keys() -> KeyRing {
    let folder = tempfile::tempdir().expect("a folder");
    KeyRing::generate(folder.path()).expect("a key");
    KeyRing::load(folder.path()).expect("the key")
}

/// Keys with a root, and a certificate of the key that signs, that are good from `now` (Unix seconds) on.
pub(crate) fn certified_keys(folder: &std::path::Path, now: i64) -> KeyRing {
    let directory = KeyDirectory::plain(folder);
    let key = directory.generate(Algorithm::Ed25519).expect("a key");
    let subject =
        Subject {
            country: "CN".into(), common_name: "示例签发机关".into(), organisation: None, state: None
        };
    let validity = KeyDirectory::validity(now, now + 400 * 86_400);
    let (contact, crl) = ("https://licences.example", "https://licences.example/crl");
    let terms = Terms { subject: &subject, validity, contact, crl };
    directory.make_root(&terms, now, false).expect("a root");
    directory.certify(&key, &terms, now).expect("a certificate");
    directory.load().expect("the key")
}

/// What a vendor's callback says.
pub(crate) fn liveness(session: u16, result: Liveness) -> Command {
    Command::Answer(Answer::Liveness { session, result })
}
