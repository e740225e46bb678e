//! The desk: engine, vault, keys and rules, put together from a configuration.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use sealwright_engine::{
    Actor, Call, CommandId, Engine, Envelope, InstanceId, Outcome, Performer, PersonId, SendError, Terms,
    Timestamp, Vault,
};
use sealwright_storage::MasterKey;
use sealwright_workflows::application::{Application, Command, Operator};
use sealwright_workflows::calendar_watch::CalendarWatch;
use sealwright_workflows::licence::{Command as LicenceCommand, Effect, Licence, Register};
use sealwright_workflows::office::webhook::WebhookSecret;
use sealwright_workflows::office::{Dossiers, Office, PhotoDesk};
use sealwright_workflows::policy::{Locale, Policy};
use sealwright_workflows::sweep::Sweep;

use crate::assembly;
use crate::config::Config;
use crate::document_keys::Follower;
use crate::ledger::StoredLedger;
use crate::presenting::Presenting;
use crate::problem::{NOT_FOUND, Problem};
use crate::publication::{Plan, Publisher, Task};
use crate::schedules;

/// Engine, vault, keys and rules. One per server.
pub struct Desk {
    /// The engine.
    pub engine: Engine,
    /// Personal data.
    pub vault: Arc<dyn Vault>,
    /// What carries effects out, and the document keys.
    pub office: Office,
    /// What the vault keeps about people.
    pub dossiers: Dossiers,
    /// What the liveness vendor signs its callbacks with.
    pub callback_secrets: Vec<WebhookSecret>,
    /// What the register signs its pushes with.
    pub push_secrets: Vec<WebhookSecret>,
    /// Where photos are taken in.
    pub photos: PhotoDesk,
    /// Show codes.
    pub presenting: Presenting,
    /// What sweeps compare.
    pub ledger: Arc<StoredLedger>,
    /// How the server was configured.
    pub config: Config,
    /// What publishes status lists and the log.
    pub publisher: Arc<Publisher>,
    policy: RwLock<Arc<Policy>>,
    _follower: Follower,
    _publishing: Task,
}

impl Desk {
    /// Opens store and vault, loads keys and rules, starts the engine.
    ///
    /// # Errors
    /// Whatever of these is not in order, with what to do about it.
    pub async fn open(config: Config, policy: Policy, master: MasterKey) -> anyhow::Result<Self> {
        Self::open_with(config, policy, master, None).await
    }

    /// As [`open`](Self::open), with a signer that waits before it signs: for pulling the plug meanwhile.
    pub(crate) async fn open_with(
        config: Config,
        policy: Policy,
        master: MasterKey,
        signing_delay: Option<Duration>,
    ) -> anyhow::Result<Self> {
        let opened = sealwright_storage::open(&config.store.url, &master).await;
        let opened =
            opened.with_context(|| format!("the store `{}` cannot be opened", shown(&config.store.url)))?;
        let (store, vault) = (opened.store, opened.vault);
        tracing::info!(store = store.describe(), "the store is open");
        let callback_secrets = assembly::callback_secrets(&config)?;
        let push_secrets = assembly::push_secrets(&config)?;
        let presenting = Presenting::new(&master, opened.database.clone());
        let plan = Plan::of(&config.office.issuer, &config.http.public_url);
        let ledger = Arc::new(StoredLedger::new(opened.database.clone(), &master));
        let publisher = Publisher::new(store.clone(), opened.database, &master, plan);
        let publisher = Arc::new(publisher.context("nothing could be published")?);
        let (office, watch) =
            assembly::office(&config, vault.clone(), &policy, &master, publisher.clone(), ledger.clone())?;
        let builder = Engine::builder(store)
            .workflow::<Application>(office.clone(), policy.clone())
            .workflow::<Licence>(
                Unhurried { office: office.clone(), signing_delay: signing_delay.unwrap_or_default() },
                policy.clone(),
            )
            .workflow::<Sweep>(office.clone(), policy.clone())
            .workflow::<CalendarWatch>(office.clone(), policy.clone());
        let engine =
            schedules::plan(builder, &policy)?.start().await.context("the engine cannot be started")?;
        Ok(Self {
            _publishing: Task::start(publisher.clone(), engine.clock().clone(), office.clone()),
            publisher,
            engine,
            vault,
            dossiers: office.dossiers().clone(),
            _follower: Follower::start(watch, office.clone()),
            office,
            callback_secrets,
            push_secrets,
            photos: PhotoDesk::default(),
            presenting,
            ledger,
            config,
            policy: RwLock::new(Arc::new(policy)),
        })
    }

    /// The rules in force.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the rules, here and in the engine.
    ///
    /// # Errors
    /// Never in practice: every workflow is registered.
    pub fn set_policy(&self, policy: Policy) -> anyhow::Result<()> {
        self.engine.set_policy::<Application>(policy.clone())?;
        self.engine.set_policy::<Licence>(policy.clone())?;
        self.engine.set_policy::<Sweep>(policy.clone())?;
        self.engine.set_policy::<CalendarWatch>(policy.clone())?;
        self.office.set_policy(policy.clone());
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
        Ok(())
    }

    /// A person's licence, and the language they are spoken to in.
    ///
    /// # Errors
    /// Nobody of that id is known, or they were erased.
    pub async fn known(&self, person: PersonId) -> Result<(InstanceId, Locale), Problem> {
        let unknown = || NOT_FOUND.because("this person is not known here");
        let number = self.dossiers.number(person).await?.ok_or_else(unknown)?;
        let holder = self.dossiers.find(&number).await?.ok_or_else(unknown)?;
        let contacts = self.dossiers.contacts(person).await?;
        let locale = contacts.locale.as_deref().map_or(Locale::default(), Locale::of_tag);
        Ok((holder.licence, locale))
    }

    /// Forgets a person for good, and tells their licence, whose documents do not stand any longer.
    /// May be called again.
    ///
    /// # Errors
    /// The vault's; the licence's, after which it must be called again.
    pub async fn erase(&self, person: PersonId) -> Result<(), Problem> {
        // The licence first: after the erasure nobody could find it by its number.
        match self.known(person).await {
            Ok((licence, _)) => self.tell_erased(licence, person).await?,
            Err(problem) if problem.is(NOT_FOUND) => {}
            Err(problem) => return Err(problem),
        }
        Ok(self.vault.erase(person, self.now()).await?)
    }

    async fn tell_erased(&self, licence: InstanceId, person: PersonId) -> Result<(), Problem> {
        let key = CommandId::client(&format!("operator:erase:{person}"));
        let key = key.map_err(|error| NOT_FOUND.because(error.to_string()))?;
        let command = LicenceCommand::Register(Register::Erased);
        let envelope = Envelope::new(key, Actor::Operator("erasure".into()), command);
        match self.engine.send::<Licence>(licence, envelope).await {
            // A licence that never began has no document.
            Ok(_) | Err(SendError::NotFound | SendError::Rejected(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.engine.clock().now()
    }

    /// Has every open review's due time computed again; answers how many moved.
    ///
    /// # Errors
    /// The store's.
    pub async fn recompute_due(&self, operator: &str) -> anyhow::Result<u64> {
        let mut moved = 0;
        let mut query = sealwright_engine::store::InstanceQuery {
            workflow: Some("application".into()),
            closed: Some(false),
            limit: sealwright_engine::limits::PAGE,
            ..Default::default()
        };
        loop {
            let page = self.engine.store().list(&query).await?;
            let Some(last) = page.last() else { return Ok(moved) };
            query.after = Some(last.id);
            for row in &page {
                moved += u64::from(self.recompute_one(row.id, operator).await?);
            }
        }
    }

    async fn recompute_one(&self, id: InstanceId, operator: &str) -> anyhow::Result<bool> {
        let key =
            CommandId::client(&format!("operator:{}", sealwright_engine::id::time_ordered(self.now())))?;
        let command = Command::Operator(Operator::RecomputeDue);
        let envelope = Envelope::new(key, Actor::Operator(operator.into()), command);
        let before = self.engine.view::<Application>(id).await?.map(|view| view.version);
        match self.engine.send::<Application>(id, envelope).await {
            Ok(receipt) => Ok(Some(receipt.version) != before),
            Err(SendError::Rejected(_) | SendError::Parked(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The office, with a pause before each signature.
struct Unhurried {
    office: Office,
    signing_delay: Duration,
}

impl Performer<Licence> for Unhurried {
    async fn perform(&self, call: Call<Licence>) -> Outcome<LicenceCommand> {
        if matches!(call.effect, Effect::Sign { .. }) && !self.signing_delay.is_zero() {
            tokio::time::sleep(self.signing_delay).await;
        }
        Performer::<Licence>::perform(&self.office, call).await
    }

    fn terms(&self, kind: &str) -> Terms {
        let terms = Performer::<Licence>::terms(&self.office, kind);
        Terms { time: terms.time + self.signing_delay, ..terms }
    }
}

/// A store's URL without its password.
pub fn shown(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => url.into(),
    }
}
