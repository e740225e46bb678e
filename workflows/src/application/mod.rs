//! An application.
mod messages;
mod refusal;
pub use messages::*;
pub use refusal::Refusal;
