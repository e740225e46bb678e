//! What an application is asked, what it records, what it wants done, and what it refuses.
//!
//! Nothing in here names anybody: people, photos and licences are references into the vault.

mod command;
mod effect;
mod event;
mod rejection;

pub use command::*;
pub use effect::*;
pub use event::*;
pub use rejection::*;
