//! Clients in real time: they apply, and ask again when nobody answers.

use std::sync::Arc;
use std::time::Duration;

use sealwright_engine::clock::SystemClock;
use sealwright_engine::{CommandId, Engine, Envelope, InstanceId, Receipt, SendError, Timestamp};
use sealwright_workflows::application::{Applicant, Application, Command, Kind, Rejection};
use sealwright_workflows::office::Office;
use sealwright_workflows::policy::Locale;

use crate::diary::Entry;
use crate::outside::Outside;
use crate::people;
use crate::play::applicant;
use crate::town::{Opened, Plan};

/// How long a client waits before it asks again.
const BREATH: Duration = Duration::from_millis(25);

/// One node of an office in real time.
#[derive(Clone)]
pub struct Node {
    /// Its engine.
    pub engine: Engine,
    /// Its office.
    pub office: Office,
}

impl Plan {
    /// Starts a node by the system's clock on what is open already.
    pub async fn node(&self, opened: &Opened, outside: &Outside) -> Node {
        let office = self.office(outside, opened);
        let builder = Engine::builder(opened.store.clone()).clock(Arc::new(SystemClock));
        let builder = self.register(builder, office.clone(), outside, opened.store.clone());
        Node { engine: builder.start().await.expect("the store can be joined"), office }
    }
}

/// Somebody who applies on the retained path, through whichever of the nodes answers.
pub struct Applicants {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// Where acknowledgements are written down.
    pub plan: Plan,
}

impl Applicants {
    /// Applies, from the first click to the end; answers the application.
    pub async fn apply(&self, who: u32) -> InstanceId {
        let id = InstanceId::new(self.now());
        let holder = loop {
            match self.node(who).office.dossiers().admit(&people::number(who), None, self.now()).await {
                Ok(holder) => break holder,
                Err(_) => tokio::time::sleep(BREATH).await,
            }
        };
        let person = holder.person;
        let begin =
            Applicant::Begin { person, licence: holder.licence, locale: Locale::En, kind: Kind::FirstIssue };
        let actor = applicant(person);
        let say = |key: &str, command| {
            Envelope::new(CommandId::client(key).expect("a key"), actor.clone(), Command::Applicant(command))
        };
        self.everywhere(id, say("begin", begin)).await;
        self.until(who, id, "information").await;
        let revision = loop {
            match self.node(who).office.dossiers().shown(person).await {
                Ok(shown) => break shown.expect("the record is there").revision,
                Err(_) => tokio::time::sleep(BREATH).await,
            }
        };
        self.everywhere(id, say("confirm", Applicant::ConfirmInformation { revision })).await;
        self.until(who, id, "submit").await;
        self.everywhere(id, say("submit", Applicant::Submit)).await;
        self.until(who, id, "issued").await;
        id
    }

    /// Sends a command to every node at once, again and again, until each has acknowledged it; all must tell
    /// of the same outcome.
    async fn everywhere(&self, id: InstanceId, envelope: Envelope<Command>) {
        let sends = self.nodes.iter().map(|node| self.insist(node, id, envelope.clone()));
        let receipts = futures_util::future::join_all(sends).await;
        let first = receipts.iter().filter(|receipt| !receipt.repeated).count();
        let versions: Vec<_> = receipts.iter().map(|receipt| receipt.version).collect();
        assert!(versions.windows(2).all(|pair| pair[0] == pair[1]), "{}: {versions:?}", envelope.id);
        assert!(first <= 1, "{} was carried out by {first} nodes", envelope.id);
        let (instance, command, version) = (id, envelope.id, versions[0]);
        self.plan.diary.note(Entry::Acked { instance, command, version });
    }

    async fn insist(&self, node: &Node, id: InstanceId, envelope: Envelope<Command>) -> Receipt {
        let begins = matches!(envelope.command, Command::Applicant(Applicant::Begin { .. }));
        loop {
            let sent: Result<_, SendError<Rejection>> = match begins {
                true => node.engine.start::<Application>(id, envelope.clone()).await,
                false => node.engine.send::<Application>(id, envelope.clone()).await,
            };
            match sent {
                Ok(receipt) => return receipt,
                Err(SendError::Store(_) | SendError::Busy(_)) => tokio::time::sleep(BREATH).await,
                Err(error) => panic!("{id}: {}: {error}", envelope.id),
            }
        }
    }

    async fn until(&self, who: u32, id: InstanceId, phase: &str) {
        loop {
            let mut follow = self.node(who).engine.follow::<Application>(id);
            match follow.until(|progress| progress.phase == phase || progress.closed).await {
                Ok(progress) if progress.phase == phase => return,
                Ok(progress) => panic!("application of {who} ended {} before {phase}", progress.phase),
                Err(_) => tokio::time::sleep(BREATH).await,
            }
        }
    }

    fn node(&self, who: u32) -> &Node {
        &self.nodes[who as usize % self.nodes.len()]
    }

    fn now(&self) -> Timestamp {
        self.nodes[0].engine.clock().now()
    }
}
