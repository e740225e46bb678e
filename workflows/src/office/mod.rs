//! The office: what carries the workflows' effects out, and what takes things in. It may use threads,
//! network and image decoders; the workflows themselves know none of it.
//!
//! [`Office`] performs the effects of applications and licences. Whom it asks (register, liveness vendor, mail
//! server) stands behind a port each, with a client that speaks HTTP or SMTP and one [in process](in_process).

pub mod dossier;
mod intake;
pub mod photo;

mod alerts;
mod application;
mod delivery;
pub mod follow;
mod licence;
mod lookup;
pub mod notices;
pub mod orphans;
mod signing;
mod sweep;
mod terms;

pub mod gateway;
pub mod http;
pub mod in_process;
pub mod ledger;
pub mod liveness;
pub mod mail;
pub mod push;
pub mod register;
pub mod status;
pub mod webhook;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sealwright_credentials::KeyRing;
use sealwright_credentials::sd_jwt::CredentialType;
use sealwright_engine::{PersonId, Vault};
use tokio::sync::{Mutex, MutexGuard};

pub use delivery::{Channel, Notices};
pub use dossier::Dossiers;
pub use follow::{Followed, NotFollowed};
pub use intake::{PhotoDesk, PhotoNotTaken};

use crate::policy::Policy;
use delivery::Deliveries;
use ledger::Ledger;
use liveness::LivenessVendor;
use mail::Post;
use register::Register;
use signing::Desk;
use status::StatusSlots;

/// Performs the effects of applications and licences. Clones are the same office.
#[derive(Clone)]
pub struct Office {
    inside: Arc<Inside>,
}

/// What an office is made of.
pub struct Parts {
    /// Where personal data is.
    pub vault: Arc<dyn Vault>,
    /// The authority.
    pub register: Arc<dyn Register>,
    /// Who compares faces.
    pub vendor: Arc<dyn LivenessVendor>,
    /// Who delivers mail; without, nobody is written to.
    pub post: Option<Arc<dyn Post>>,
    /// How people are told things, and in which words.
    pub notices: Notices,
    /// What signs.
    pub keys: KeyRing,
    /// The reasons' texts and the time zone. The engine has its own copy, which decides.
    pub policy: Policy,
    /// Who issues, as verifiers know them; it is signed.
    pub issuer: String,
    /// What the SD-JWT VC form is a credential of.
    pub credential_type: CredentialType,
    /// Where a new credential's status will be published.
    pub status: Arc<dyn StatusSlots>,
    /// What was followed last of each licence.
    pub ledger: Arc<dyn Ledger>,
    /// Who is written to when something is stuck.
    pub operator: Option<String>,
    /// How often a session's result is asked for. Callbacks are faster.
    pub poll_every: Duration,
    /// Questions to the register, and to the vendor, at once.
    pub outside: usize,
}

struct Inside {
    dossiers: Dossiers,
    register: Arc<dyn Register>,
    vendor: Arc<dyn LivenessVendor>,
    post: Option<Arc<dyn Post>>,
    deliveries: Deliveries,
    keys: RwLock<Arc<KeyRing>>,
    policy: RwLock<Arc<Policy>>,
    issuer: String,
    credential_type: CredentialType,
    status: Arc<dyn StatusSlots>,
    told_uncertified: AtomicBool,
    ledger: Arc<dyn Ledger>,
    operator: Option<String>,
    poll_every: Duration,
    outside: usize,
    turns: Vec<Mutex<()>>,
}

/// Locks that all people share. Two people with one lock wait for each other's look-up, so there are many.
const TURNS: usize = 1_024;

impl Office {
    /// Opens an office.
    pub fn new(parts: Parts) -> Self {
        let inside = Inside {
            dossiers: Dossiers::new(parts.vault),
            register: parts.register,
            vendor: parts.vendor,
            post: parts.post,
            deliveries: Deliveries::new(parts.notices),
            keys: RwLock::new(Arc::new(parts.keys)),
            policy: RwLock::new(Arc::new(parts.policy)),
            issuer: parts.issuer,
            credential_type: parts.credential_type,
            status: parts.status,
            told_uncertified: AtomicBool::new(false),
            ledger: parts.ledger,
            operator: parts.operator,
            poll_every: parts.poll_every,
            outside: parts.outside,
            turns: std::iter::repeat_with(Mutex::default).take(TURNS).collect(),
        };
        Self { inside: Arc::new(inside) }
    }

    /// The dossiers it works on.
    pub fn dossiers(&self) -> &Dossiers {
        &self.inside.dossiers
    }

    /// The keys it signs with now.
    pub fn keys(&self) -> Arc<KeyRing> {
        Arc::clone(&self.inside.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs with other keys from now on. What was prepared for an older key needs that key still.
    pub fn set_keys(&self, keys: KeyRing) {
        *self.inside.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Writes notices by other rules from now on; `Engine::set_policy` is for the decisions.
    pub fn set_policy(&self, policy: Policy) {
        *self.inside.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.inside.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn register(&self) -> &dyn Register {
        &*self.inside.register
    }

    fn vendor(&self) -> &dyn LivenessVendor {
        &*self.inside.vendor
    }

    fn ledger(&self) -> &dyn Ledger {
        &*self.inside.ledger
    }

    fn post(&self) -> Option<&dyn Post> {
        self.inside.post.as_deref()
    }

    fn operator(&self) -> Option<&str> {
        self.inside.operator.as_deref()
    }

    fn deliveries(&self) -> &Deliveries {
        &self.inside.deliveries
    }

    /// Who issues, as it stands in every credential.
    pub fn issuer(&self) -> &str {
        &self.inside.issuer
    }

    /// What the SD-JWT VC form is a credential of.
    pub fn credential_type(&self) -> &CredentialType {
        &self.inside.credential_type
    }

    fn signing<'a>(&'a self, keys: &'a Arc<KeyRing>) -> Desk<'a> {
        Desk {
            dossiers: self.dossiers(),
            keys,
            issuer: self.issuer(),
            credential_type: self.credential_type(),
            status: &*self.inside.status,
            told_uncertified: &self.inside.told_uncertified,
        }
    }

    /// Whoever asks the register and stores the answer does so alone, or an older answer might be stored last.
    /// Another node is not held off: what it makes of this is found when everything is compared.
    async fn turn(&self, person: PersonId) -> MutexGuard<'_, ()> {
        // The end of a UUIDv7 is random.
        self.inside.turns[person.0.as_u128() as usize % TURNS].lock().await
    }

    fn poll_every(&self) -> Duration {
        self.inside.poll_every
    }

    fn outside(&self) -> usize {
        self.inside.outside
    }
}
