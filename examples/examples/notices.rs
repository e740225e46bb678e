//! An office that tells people things by a channel of its own, and in words of its own.
//!
//! `cargo run -p sealwright-examples --example notices`

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealwright_credentials::{KeyRing, sd_jwt::CredentialType};
use sealwright_engine::clock::SystemClock;
use sealwright_engine::store::MemoryStore;
use sealwright_engine::{Actor, CommandId, Engine, Envelope, InstanceId, Timestamp, testing::MemoryVault};
use sealwright_workflows::application::{Applicant, Application, Command, Kind};
use sealwright_workflows::licence::Licence;
use sealwright_workflows::office::dossier::Holder;
use sealwright_workflows::office::gateway::{Gateway, Handed, Message};
use sealwright_workflows::office::in_process::{LocalLedger, LocalPost, LocalRegister, LocalVendor};
use sealwright_workflows::office::{Channel, Notices, Office, Parts, notices::Texts, status::NoStatusLists};
use sealwright_workflows::policy::{Locale, Policy};
use sealwright_workflows::register::{Contacts, DocumentKind, LicenceNumber};

/// Where a push would go out. It is away at first, and gets each message under one id.
#[derive(Default)]
struct Chat(Mutex<Vec<String>>);

#[async_trait::async_trait]
impl Gateway for Chat {
    async fn hand(&self, message: &Message, _now: Timestamp) -> Handed {
        let mut seen = self.0.lock().expect("nobody panics with it");
        seen.push(message.id.clone());
        println!("chat, attempt {}: {}", seen.len(), message.text);
        if seen.len() == 1 { Handed::Failed("the chat is away".into()) } else { Handed::Accepted }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (own, keys) = (tempfile::tempdir()?, tempfile::tempdir()?);
    std::fs::write(own.path().join("en.ftl"), "closing = Your licensing office.\n")?;
    KeyRing::generate(keys.path())?;
    let (chat, post) = (Arc::new(Chat::default()), Arc::new(LocalPost::default()));
    let (texts, push) = (Texts::from_folder(own.path())?, Some(chat.clone() as Arc<dyn Gateway>));
    let policy = Policy::from_toml("notices.quiet = { from = \"00:00:00\", until = \"00:00:00\" }")?;
    let office = Office::new(Parts {
        vault: Arc::new(MemoryVault::new()),
        register: Arc::new(LocalRegister::default()),
        vendor: Arc::new(LocalVendor::default()),
        post: Some(post.clone()),
        ledger: Arc::new(LocalLedger::default()),
        notices: Notices { texts, channels: [Channel::Email, Channel::Push].into(), push, sms: None },
        keys: KeyRing::load(keys.path())?,
        policy: policy.clone(),
        issuer: "https://licences.example".into(),
        credential_type: CredentialType::licence("https://licences.example/types/licence/1")?,
        status: Arc::new(NoStatusLists),
        operator: None,
        poll_every: Duration::from_secs(5),
        outside: 8,
    });
    let builder = Engine::builder(Arc::new(MemoryStore::new(Arc::new(SystemClock))));
    let both = builder.workflow::<Application>(office.clone(), policy.clone());
    let engine = both.workflow::<Licence>(office.clone(), policy).start().await?;

    // The register knows nobody, so the application is refused, and Ann is told.
    let contacts = Contacts { email: Some("ann@example.com".into()), ..Contacts::default() };
    let number = LicenceNumber::new(DocumentKind::Passport, "E00000000")?;
    let now = engine.clock().now();
    let Holder { person, licence } = office.dossiers().admit(&number, Some(&contacts), now).await?;
    let begin = Applicant::Begin { person, licence, locale: Locale::En, kind: Kind::FirstIssue };
    let (id, actor) = (CommandId::client("1")?, Actor::Applicant(person.to_string()));
    let envelope = Envelope::new(id, actor, Command::Applicant(begin));
    engine.start::<Application>(InstanceId::new(now), envelope).await?;
    while chat.0.lock().expect("nobody panics with it").len() < 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let [mail] = &post.mails()[..] else { anyhow::bail!("one mail") };
    println!("mail: {}\n{}", mail.subject, mail.text);
    assert!(mail.text.ends_with("Your licensing office.\n"));
    engine.stop().await;
    Ok(())
}
