//! Why an application refuses a command.

use chrono::NaiveDate;
use sealwright_engine::Timestamp;
use serde::{Deserialize, Serialize};

use crate::policy::Path;

/// Why an application refuses a command.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The command came through another door than its own.
    #[error("the door `{actor}` does not lead to this command; send it through the door it is named after")]
    WrongDoor {
        /// The door it came through.
        actor: String,
    },
    /// Somebody else's application.
    #[error("this application belongs to another person; use one of your own")]
    NotYours,
    /// An id was computed from a name, so that guessing numbers would find it.
    #[error("ids of people and licences must be random (UUIDv7); this one was computed from a name")]
    DerivedId,
    /// Nothing has begun.
    #[error("the application has not begun; begin it first")]
    NotBegun,
    /// It began before.
    #[error("the application has begun already; go on with its present step")]
    AlreadyBegun,
    /// It is over.
    #[error("the application is over ({outcome}); begin a new one if you still want to apply")]
    Over {
        /// How it ended.
        outcome: String,
    },
    /// Another step is at hand.
    #[error("this is not possible in the step `{step}`; look at the application and do what it waits for")]
    NotNow {
        /// The present step.
        step: String,
    },
    /// The document is being made.
    #[error("the document has been ordered, so the application cannot be withdrawn any more; wait for it")]
    IssueOrdered,
    /// A serious decision is being completed.
    #[error(
        "a decision about the photo is being completed, so the application cannot be withdrawn now; wait for it"
    )]
    DecisionPending,
    /// The record that was shown is not the newest.
    #[error("the record was shown at another revision than {newest}; show it again and confirm that")]
    StaleRevision {
        /// The newest.
        newest: u64,
    },
    /// The retained path is not a choice.
    #[error("choose camera or album; the retained photo is used by itself where it meets the requirements")]
    PathNotOffered,
    /// The photo comes from elsewhere than chosen.
    #[error("the chosen path is `{chosen:?}`; give a photo from there, or choose the other path first")]
    WrongSource {
        /// The chosen one.
        chosen: Path,
    },
    /// The file is too old (`domain.md` 2.4).
    #[error("the photo was made on {made_on}, and it must not be from before {earliest}; take a new one")]
    PhotoTooOld {
        /// When it was made.
        made_on: NaiveDate,
        /// The first day that is recent enough.
        earliest: NaiveDate,
    },
    /// The policy wants to know when the file was made.
    #[error(
        "the file does not say when it was made; take the photo with the camera, or choose one that does"
    )]
    PhotoUndated,
    /// A value outside its bounds.
    #[error("{what} is out of bounds; {bounds}")]
    OutOfBounds {
        /// Which.
        what: String,
        /// What is allowed.
        bounds: String,
    },
    /// A decision without the task.
    #[error("only who holds the task decides; claim it first")]
    NotHeld,
    /// The task is another one by now.
    #[error("this task is over; get the next case")]
    TaskOver,
    /// Somebody who decided about this photo already.
    #[error("you have had a part in this case; somebody else must decide now")]
    Excluded,
    /// A rejection without reasons.
    #[error("a rejection needs at least one reason; choose from the list")]
    NoReasons,
    /// A reason that the policy does not have.
    #[error("there is no reason `{code}`; choose from the list")]
    UnknownReason {
        /// The code.
        code: String,
    },
    /// Passed on once already, or a second look as it is.
    #[error("the case was passed on already; decide it, or hold it")]
    NotPassedOnAgain,
    /// Barring takes two.
    #[error("barring takes two people and nobody else chose it here; choose a reason that does not bar")]
    BarAlone,
    /// Nothing to undo.
    #[error("there is no decision that can be undone")]
    NothingToUndo,
    /// Another person's decision.
    #[error("only who decided can undo it")]
    NotYourDecision,
    /// The window is over.
    #[error("the decision took effect at {at} and cannot be undone any more; tell a lead")]
    TooLateToUndo {
        /// When.
        at: Timestamp,
    },
}
