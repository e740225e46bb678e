//! The tables as SeaORM sees them, one file each, and how rows become the engine's values.
#![allow(
    unreachable_pub,
    dead_code,
    reason = "SeaORM's derives ask for public items and a `Relation`"
)]

mod convert;
pub mod directory;
pub mod effect;
pub mod instance;
pub mod journal;
pub mod label;
pub mod node;
pub mod person;
pub mod photo;
pub mod record;
pub mod schedule;
pub mod task;
