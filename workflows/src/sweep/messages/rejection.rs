//! Why a sweep does not do what it was asked.

use serde::{Deserialize, Serialize};

use super::super::PER_SECOND;

/// Why a sweep refuses a command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The command came through another door than its own.
    #[error("the door `{actor}` does not lead to this command; send it through the door it is named after")]
    WrongDoor {
        /// The door it came through.
        actor: String,
    },
    /// It began before.
    #[error("the sweep has begun already; start another one under a fresh id")]
    AlreadyBegun,
    /// Nothing has begun.
    #[error("the sweep has not begun; start it first")]
    NotBegun,
    /// No such speed.
    #[error("{per_second} licences a second cannot be kept; give 1 to {PER_SECOND}")]
    Speed {
        /// What was asked for.
        per_second: u32,
    },
    /// It is over, or about to be.
    #[error("the sweep is {ending}; start another one if it is still needed")]
    Over {
        /// How it ended.
        ending: String,
    },
}
