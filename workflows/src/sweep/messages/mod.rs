//! What a sweep is asked, what it records, what it wants done, and what it refuses.
//!
//! Nothing in here names anybody: licences and people are references, a cursor is the register's own word for a
//! place in a list.

mod command;
mod effect;
mod event;
mod rejection;

pub use command::*;
pub use effect::*;
pub use event::*;
pub use rejection::*;
