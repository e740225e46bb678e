//! What is published of credentials, stored: status lists and the transparency log.
//!
//! Both follow the journal afterwards and are no part of the engine's append (DESIGN.md part 6, rule 6). How far
//! one has followed stands in a row, which moves in the same transaction as what was made of the journal: after a
//! crash nothing is missing and nothing is twice there, and of two nodes that follow at once one changes nothing.

mod lists;
mod slots;

mod log;

mod cursor;

use sea_orm::DbErr;
use sealwright_credentials::log::ProofError;
use sealwright_credentials::status_list::ListError;

pub use cursor::{Advance, PhotosSearched};
pub use lists::{Binding, Contents, Issue, Issued, ListState, Marked};
pub use log::Log;
pub use slots::{ListPlan, Placed, StatusLists};

/// Why it was not stored or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotStored {
    /// Another node was quicker. Nothing was changed: read again and go on from there.
    #[error("another node was quicker; nothing was changed, the next step goes on from there")]
    Raced,
    /// The database refused, or cannot be reached. A write may or may not have happened; it may be repeated.
    #[error("the database said: {0}")]
    Database(#[from] DbErr),
    /// A row says what no row may say.
    #[error("the table {0} is damaged: restore it from a backup; it follows from nothing else")]
    Damaged(&'static str),
    /// A status list is too short or too long, or does not unpack.
    #[error(transparent)]
    List(#[from] ListError),
    /// There is no such proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// A number of ours in a column of SQL, which knows no unsigned ones. Ours are counts, far below the bound.
fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A column that this program wrote as an unsigned number.
fn number<T: TryFrom<i64>>(column: i64, table: &'static str) -> Result<T, NotStored> {
    T::try_from(column).map_err(|_| NotStored::Damaged(table))
}
