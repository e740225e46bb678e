//! What the evidence of a log came to.

use std::cell::RefCell;

use crate::Check;
use crate::log::{EvidenceError, Trusted};
use crate::verify::{Evidence, Signed};

/// Evidence that remembers what it was asked and what came of it, so that whoever brought it learns why it did not
/// help.
pub(super) struct Heard<'a> {
    trusted: Option<Trusted<'a>>,
    asked: RefCell<Option<Result<i64, EvidenceError>>>,
}

impl<'a> Heard<'a> {
    pub(super) fn of(trusted: Option<Trusted<'a>>) -> Self {
        Self { trusted, asked: RefCell::new(None) }
    }

    /// The check on it; none if there is no evidence.
    pub(super) fn told(self) -> Option<Check> {
        self.trusted?;
        let (passed, detail) = match self.asked.into_inner() {
            None => (None, "not consulted: the key is not one that is compromised".to_owned()),
            Some(Ok(at)) => (Some(true), format!("witnesses had seen it in the log by {}", moment(at))),
            Some(Err(why)) => (Some(false), why.to_string()),
        };
        Some(Check { name: "evidence", passed, detail })
    }
}

impl Evidence for Heard<'_> {
    fn seen_at(&self, signed: &Signed<'_>) -> Option<i64> {
        let trusted = self.trusted?;
        let found = trusted.evidence.check(signed.digest, trusted.trust).map(|logged| logged.witnessed_at);
        self.asked.replace(Some(found.clone()));
        found.ok()
    }
}

fn moment(at: i64) -> String {
    let time = chrono::DateTime::from_timestamp(at, 0);
    time.map_or_else(|| at.to_string(), |time| time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}
