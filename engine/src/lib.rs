//! Durable workflows as pure state machines, run by actors that hold no truth.
//!
//! A [`Workflow`] decides, on plain data, what follows from a command. The [`Engine`] commits the
//! decision to a [`Store`](store::Store), tells whoever asked, and hands the effects to a
//! [`Performer`]. Whatever dies in between is taken up again from the journal.
//!
//! ```
//! use std::sync::Arc;
//!
//! use sealwright_engine::clock::SystemClock;
//! use sealwright_engine::store::MemoryStore;
//! use sealwright_engine::{
//!     Actor, Call, CommandId, Context, Engine, Envelope, InstanceId, Outcome, Performer, Phase, Timestamp,
//!     Workflow,
//! };
//! use serde::{Deserialize, Serialize};
//!
//! /// The value is the state; this is the one before the first event.
//! #[derive(Clone, Default, Debug, PartialEq)]
//! enum Order {
//!     #[default]
//!     New,
//!     Placed,
//!     Paid,
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//! enum Command {
//!     Place { cents: u32 },
//!     Charged,
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//! enum Event {
//!     Placed { cents: u32 },
//!     Paid,
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
//! enum Effect {
//!     Charge { cents: u32 },
//! }
//!
//! #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
//! enum No {
//!     #[error("it costs more than {0} cents")]
//!     TooMuch(u32),
//!     #[error("it was placed already")]
//!     Placed,
//! }
//!
//! impl Workflow for Order {
//!     const NAME: &'static str = "order";
//!     type Policy = u32; // The most that may be charged, in cents.
//!     type Command = Command;
//!     type Event = Event;
//!     type Effect = Effect;
//!     type Rejection = No;
//!
//!     // Pure: no clock, no I/O. The time, the rules and who asks come with the context.
//!     fn decide(&self, command: Command, cx: &Context<'_, u32>) -> Result<Vec<Event>, No> {
//!         match (self, command) {
//!             (Order::New, Command::Place { cents }) if cents > *cx.policy => Err(No::TooMuch(*cx.policy)),
//!             (Order::New, Command::Place { cents }) => Ok(vec![Event::Placed { cents }]),
//!             (_, Command::Place { .. }) => Err(No::Placed),
//!             (Order::Placed, Command::Charged) => Ok(vec![Event::Paid]),
//!             (_, Command::Charged) => Ok(vec![]),
//!         }
//!     }
//!
//!     fn evolve(self, event: &Event, _at: Timestamp) -> Self {
//!         match event {
//!             Event::Placed { .. } => Order::Placed,
//!             Event::Paid => Order::Paid,
//!         }
//!     }
//!
//!     fn phase(&self) -> Phase {
//!         match self {
//!             Order::New => Phase::Open("new"),
//!             Order::Placed => Phase::Open("placed"),
//!             Order::Paid => Phase::Closed("paid"),
//!         }
//!     }
//!
//!     // Stored with the decision, performed after it is durable, at least once, under one key.
//!     fn react(&self, event: &Event) -> Vec<Effect> {
//!         match event {
//!             Event::Placed { cents } => vec![Effect::Charge { cents: *cents }],
//!             Event::Paid => vec![],
//!         }
//!     }
//! }
//!
//! struct Bank;
//!
//! impl Performer<Order> for Bank {
//!     async fn perform(&self, call: Call<Order>) -> Outcome<Command> {
//!         let Effect::Charge { cents } = call.effect;
//!         // Here the bank is asked, with `call.key` as idempotency key.
//!         assert!(cents > 0);
//!         Outcome::Done(Some(Command::Charged))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Arc::new(MemoryStore::new(Arc::new(SystemClock)));
//! let engine = Engine::builder(store).workflow::<Order>(Bank, 10_000).start().await?;
//!
//! let id = InstanceId::new(engine.clock().now());
//! let place = Envelope::new(
//!     CommandId::client("a-key-that-the-client-made")?,
//!     Actor::Applicant("customer-7".into()),
//!     Command::Place { cents: 4_200 },
//! );
//! let receipt = engine.start::<Order>(id, place.clone()).await?; // Durable when this returns.
//! assert_eq!((receipt.version, receipt.repeated), (1, false));
//! assert!(engine.start::<Order>(id, place).await?.repeated); // Sent again: the first outcome.
//!
//! let paid = engine.follow::<Order>(id).until(|order| order.closed).await?; // The bank is being asked.
//! assert_eq!(paid.phase, "paid");
//! engine.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - A command that was acknowledged is in the journal after any crash; one accepted command id
//!   has one outcome for the instance's whole life.
//! - An effect is performed at least once, under one key, and never before its event is durable.
//!   Effects are unordered.
//! - A deadline never fires early. Late or twice is harmless: it is decided on the state.
//! - A task's completion is recorded only under its lease.
//! - What stops is visible: [`Engine::parked`] lists it with its cause, [`Engine::redrive`] sends
//!   it on its way again.
//! - Every queue has a bound, in [`limits`]; at the bound the answer is [`SendError::Busy`].
//!
//! Each of them is held by tests that cut the power at every write; [`testing`] offers the same to
//! your workflow.
//!
//! # Features
//!
//! `runtime` (default) is the engine; without it this crate is the vocabulary of a pure workflow, with
//! no async runtime. `testing` adds given/when/then, the laws, the exam for stores, and, with
//! `runtime`, a test engine with a manual clock.
//!
//! # Figures
//!
//! Recorded through the `metrics` crate; a program that installs a recorder gets them.
//!
//! | name | kind | says |
//! | --- | --- | --- |
//! | `sealwright_transitions_total` | counter | decisions committed |
//! | `sealwright_commit_batch` | histogram | writes in one commit |
//! | `sealwright_flushes_total` | counter | flushes of the store to durable media; by transitions it is the price of a step |
//! | `sealwright_races_total` | counter | decisions taken again, because another node was first or a cache was old |
//! | `sealwright_busy_total{where}` | counter | refused at a bound: `door` (the whole engine) or `instance` |
//! | `sealwright_live_instances` | gauge | instances in memory |
//! | `sealwright_effects_in_memory` | gauge | effects waiting or under way on this node |
//! | `sealwright_effect_failures_total{kind}` | counter | attempts that failed |
//! | `sealwright_parked_total{what}` | counter | parked by this node: `effect` or `instance` |
//! | `sealwright_deadlines_total` | counter | deadlines fired |
//! | `sealwright_ticks_total` | counter | ticks of schedules fired |
//! | `sealwright_schedule_failures_total{schedule}` | counter | rounds in which a schedule could not be fired |
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod door;
pub mod explore;
pub mod id;
pub mod journal;
pub mod limits;
mod name;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod vault;
pub mod workflow;

pub use door::{Actor, Envelope, Lease};
pub use id::{CommandId, EffectKey, InstanceId, NodeId, Version};
pub use name::{Name, name_of};
pub use time::Timestamp;
pub use vault::{PersonId, PhotoId, Vault, VaultError};
pub use workflow::{Context, Data, Labels, Phase, Policy, Task, Workflow};

#[cfg(feature = "runtime")]
mod actors;
#[cfg(feature = "runtime")]
pub mod audit;
#[cfg(feature = "runtime")]
mod backoff;
#[cfg(feature = "runtime")]
pub mod clock;
#[cfg(feature = "runtime")]
mod engine;
#[cfg(feature = "runtime")]
mod error;
#[cfg(feature = "runtime")]
mod kind;
#[cfg(feature = "runtime")]
mod perform;
#[cfg(feature = "runtime")]
mod schedule;

#[cfg(feature = "runtime")]
pub use {
    actors::Receipt,
    backoff::Backoff,
    engine::{Builder, Committed, Engine, Follow, Parked, Progress, View},
    error::SendError,
    perform::{Call, Outcome, Performer, Terms},
    schedule::{BadSchedule, Misfire, Schedule, Tick},
};
