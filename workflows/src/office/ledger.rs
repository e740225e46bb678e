//! What was followed last of each licence, and where sweeps stand: the port to whoever keeps it.
//!
//! A full comparison with the register must not read a record of ours. So whoever follows one puts down its digest
//! here, and a page of the register's digests is compared as a set.

use async_trait::async_trait;
use sealwright_engine::{InstanceId, PersonId};

use super::http::Unavailable;
use crate::sweep::Kind;

/// Keeps what was followed.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    /// The record of this licence was followed. Nothing is kept of somebody who was erased.
    async fn note(&self, line: Line, person: PersonId) -> Result<(), Unavailable>;

    /// Compares lines with what was followed last, all in one go.
    async fn compare(&self, lines: &[Line]) -> Result<Compared, Unavailable>;

    /// How many licences can be compared.
    async fn count(&self) -> Result<u64, Unavailable>;

    /// Holds the way for `sweep`, unless another one of this kind holds it. The same sweep may enter again.
    async fn enter(&self, kind: Kind, sweep: InstanceId) -> Result<Way, Unavailable>;

    /// Where the last sweep of this kind ended. Holds nothing.
    async fn cursor(&self, kind: Kind) -> Result<Option<String>, Unavailable>;

    /// Frees the way if `sweep` holds it, and moves the cursor if there is a new one. May be called again.
    async fn leave(
        &self,
        kind: Kind,
        sweep: InstanceId,
        moved: Option<Option<String>>,
    ) -> Result<(), Unavailable>;
}

/// A licence and the digest of its record.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Line {
    /// What the licence is known by. Personal data: keep no more than a keyed hash.
    pub number: String,
    /// Of its record; zeros if the register does not know it any more.
    pub digest: [u8; 32],
}

/// What lines came to.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Compared {
    /// How many are known here.
    pub known: u64,
    /// Those of them whose record is not the one that was followed last, in order of line.
    pub differing: Vec<(usize, PersonId)>,
}

/// Whether a sweep may begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// It may, from this cursor on.
    Free(Option<String>),
    /// This other one is under way.
    Held(InstanceId),
}

/// A number is personal data.
impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line(..)")
    }
}
