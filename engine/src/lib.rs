//! Durable workflows as pure state machines, run by actors that hold no truth.
//!
//! A [`Workflow`] decides, on plain data, what follows from a command. The [`Engine`] commits the
//! decision to a [`Store`](store::Store), tells whoever asked, and hands the effects to a
//! [`Performer`]. Whatever dies in between is taken up again from the journal.
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
