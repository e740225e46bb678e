//! Tests of a workflow without a server, a database or a clock.
//!
//! [`Given`] tells one story and says how it goes on. [`laws::hold`] plays thousands of stories
//! and says where one breaks what every workflow must keep.

mod diff;
#[cfg(feature = "runtime")]
mod engine;
mod given;
pub mod laws;
#[cfg(feature = "runtime")]
pub mod exam;
#[cfg(feature = "runtime")]
mod power;

pub use crate::explore::Samples;
pub use given::{Given, Then};
#[cfg(feature = "runtime")]
pub use {
    engine::TestEngine,
    power::{Cut, PowerStore},
};
