//! A licence.
mod messages;
pub use messages::*;
