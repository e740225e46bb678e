//! An office in process, and somebody who applies there.

use std::sync::Arc;
use std::time::Duration;

use sealwright_credentials::{KeyRing, sd_jwt::CredentialType};
use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::MemoryStore;
use sealwright_engine::testing::MemoryVault;
use sealwright_engine::{Actor, CommandId, Engine, Envelope, InstanceId};
use sealwright_workflows::application::{Applicant, Application, Command, Kind, Liveness};
use sealwright_workflows::licence::Licence;
use sealwright_workflows::office::dossier::Holder;
use sealwright_workflows::office::in_process::{LocalLedger, LocalVendor};
use sealwright_workflows::office::register::Register;
use sealwright_workflows::office::{Notices, Office, Parts, status::NoStatusLists};
use sealwright_workflows::policy::{Locale, Policy};
use sealwright_workflows::register::LicenceNumber;

/// An engine with both workflows and an office on `register`.
pub async fn open(register: Arc<dyn Register>) -> anyhow::Result<(Engine, Office, Arc<LocalVendor>)> {
    let vendor = Arc::new(LocalVendor::default());
    let folder = tempfile::tempdir()?;
    KeyRing::generate(folder.path())?;
    let office = Office::new(Parts {
        vault: Arc::new(MemoryVault::new()),
        register,
        vendor: vendor.clone(),
        post: None,
        notices: Notices::default(),
        keys: KeyRing::load(folder.path())?,
        policy: Policy::default(),
        issuer: "https://office.example".into(),
        credential_type: CredentialType::licence("https://office.example/types/licence")?,
        status: Arc::new(NoStatusLists),
        ledger: Arc::new(LocalLedger::default()),
        operator: None,
        poll_every: Duration::from_millis(10),
        outside: 8,
    });
    let engine = Engine::builder(Arc::new(MemoryStore::new(Arc::new(SystemClock))))
        .workflow::<Application>(office.clone(), Policy::default())
        .workflow::<Licence>(office.clone(), Policy::default());
    Ok((engine.start().await?, office, vendor))
}

/// Applies with the retained photo, step by step, until the document is there.
pub async fn apply(
    engine: &Engine,
    office: &Office,
    vendor: &LocalVendor,
    number: &LicenceNumber,
) -> anyhow::Result<Holder> {
    let now = engine.clock().now();
    let holder = office.dossiers().admit(number, None, now).await?;
    let Holder { person, licence } = holder;
    let case = InstanceId::new(now);
    let mut news = engine.follow::<Application>(case);
    let mut document = engine.follow::<Licence>(licence);
    let begin = Applicant::Begin { person, licence, locale: Locale::En, kind: Kind::FirstIssue };
    let confirm = Applicant::ConfirmInformation { revision: 1 };
    for (phase, step) in [("begin", begin), ("information", confirm), ("submit", Applicant::Submit)] {
        if phase == "submit" {
            news.until(|case| case.phase == "liveness" && !vendor.open().is_empty()).await?;
            let sessions = vendor.open();
            vendor.finish(&sessions[0], Liveness::Passed { score: 95, serial: "V1".into() });
        }
        if phase != "begin" {
            news.until(|case| case.phase == phase).await?;
        }
        let (id, actor) = (CommandId::client(phase)?, Actor::Applicant(person.to_string()));
        let envelope = Envelope::new(id, actor, Command::Applicant(step));
        engine.send_or_start::<Application>(case, envelope).await?;
    }
    document.until(|licence| licence.phase == "active").await?;
    Ok(holder)
}
