//! Tests of a workflow without a server, a database or a clock.
//!
//! [`Given`] tells one story and says how it goes on. [`laws::hold`] plays thousands of stories
//! and says where one breaks what every workflow must keep.

mod diff;
#[cfg(feature = "runtime")]
mod engine;
#[cfg(feature = "runtime")]
pub mod exam;
mod given;
pub mod laws;
#[cfg(feature = "runtime")]
mod power;
mod then;
#[cfg(feature = "runtime")]
mod vault;

pub use crate::explore::Samples;
pub use given::Given;
pub use then::Then;
#[cfg(feature = "runtime")]
pub use {
    engine::TestEngine,
    power::{Cut, PowerStore},
    vault::MemoryVault,
};
