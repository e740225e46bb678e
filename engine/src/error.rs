//! Why a command did not go through, told to whoever sent it.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::id::Version;
use crate::store::StoreError;

/// Why a command did not go through.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError<R> {
    /// The workflow says no. Nothing was recorded.
    #[error("{0}")]
    Rejected(R),
    /// The instance is not at the version the sender has seen. Look again, then decide again.
    #[error("the instance is at version {actual}, not {expected}: read it again")]
    Stale {
        /// What the sender expected.
        expected: Version,
        /// Where the instance is.
        actual: Version,
    },
    /// The command id was used for another command on this instance.
    #[error("this command id was already used for another command: use a fresh one")]
    KeyReused,
    /// The task's lease is not held any more; somebody else may have the task.
    #[error("the lease on this task has ended: claim the task again")]
    LeaseLost,
    /// There is no such instance.
    #[error("there is no such instance")]
    NotFound,
    /// An instance of this id exists already and was begun by another command.
    #[error("an instance of this id exists already")]
    Exists,
    /// The instance belongs to another workflow, or that workflow is not registered here.
    #[error("the instance does not run workflow `{0}` here")]
    WrongWorkflow(&'static str),
    /// The engine is at a bound. Nothing was recorded.
    #[error("the engine is busy: try again in {} ms", .0.as_millis())]
    Busy(Duration),
    /// The instance waits for an operator.
    #[error("the instance waits for an operator: {0}")]
    Parked(String),
    /// The instance was written by newer code, or is damaged.
    #[error("this program cannot read the instance: {0}")]
    Unreadable(String),
    /// The command's JSON is over the limit.
    #[error("the command has {0} bytes, over the limit of {limit}", limit = crate::limits::COMMAND_BYTES)]
    TooLarge(usize),
    /// The command is not one of this workflow's.
    #[error("the command cannot be read: {0}")]
    Malformed(String),
    /// The store could not record it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
}

impl<R> SendError<R> {
    /// Whether the same command may go through later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Store(_) | Self::Stopped | Self::Unreadable(_))
    }
}

/// A refusal on the JSON side of the engine: the rejection as JSON and as text.
pub(crate) type Refusal = SendError<Rejected>;

/// A rejection, types erased.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Rejected {
    pub(crate) json: String,
    pub(crate) text: String,
}

/// Gives a refusal its type back.
pub(crate) fn typed<R: DeserializeOwned>(refusal: Refusal) -> SendError<R> {
    match refusal {
        SendError::Rejected(Rejected { json, .. }) => match serde_json::from_str(&json) {
            Ok(rejection) => SendError::Rejected(rejection),
            Err(error) => SendError::Malformed(error.to_string()),
        },
        SendError::Stale { expected, actual } => SendError::Stale { expected, actual },
        SendError::KeyReused => SendError::KeyReused,
        SendError::LeaseLost => SendError::LeaseLost,
        SendError::NotFound => SendError::NotFound,
        SendError::Exists => SendError::Exists,
        SendError::WrongWorkflow(name) => SendError::WrongWorkflow(name),
        SendError::Busy(wait) => SendError::Busy(wait),
        SendError::Parked(reason) => SendError::Parked(reason),
        SendError::Unreadable(why) => SendError::Unreadable(why),
        SendError::TooLarge(bytes) => SendError::TooLarge(bytes),
        SendError::Malformed(why) => SendError::Malformed(why),
        SendError::Store(error) => SendError::Store(error),
        SendError::Stopped => SendError::Stopped,
    }
}
