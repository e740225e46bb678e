//! The actors. They hold no truth: whatever they know can be read again from the store, so any of
//! them may die at any await. No actix type leaves this folder.
//!
//! | actor | does |
//! | --- | --- |
//! | [`Instance`](instance) | one per live instance: its queue is the order, its cache the state |
//! | [`Registry`](registry) | finds or loads instances, passivates idle ones |
//! | [`Outbox`](outbox) | performs due effects |
//! | [`Alarm`](alarm) | sends due deadlines |
//! | [`Calendar`](calendar) | fires schedules |
//!
//! Beside them runs the [committer](committer), the only one who writes decisions.

mod alarm;
mod calendar;
mod committer;
mod instance;
mod node;
mod outbox;
mod registry;
mod shared;

pub(crate) use calendar::Planned;
pub use instance::Receipt;
pub(crate) use instance::{Ask, Begin, Command, Reply, derived};
pub(crate) use node::{Plan, start};
pub(crate) use shared::Shared;
