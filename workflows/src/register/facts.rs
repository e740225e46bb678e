//! What of a record may stand in events.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{AuthorityCode, ClassSet, LicenceRecord, StatusSet};

/// The extract of a record that the rules need and that names nobody: no number, name, birth date, address,
/// contact or reference. Stored in events, so its JSON form is kept readable forever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFacts {
    /// The status letters.
    pub status: StatusSet,
    /// Points in the present cycle.
    pub points: u8,
    /// The permitted classes.
    pub classes: ClassSet,
    /// The day from which the yearly points cycle runs.
    pub first_issue: NaiveDate,
    /// First day of validity.
    pub valid_from: NaiveDate,
    /// Last day of validity; `None` is long-term.
    pub valid_until: Option<NaiveDate>,
    /// The issuing authority's code.
    pub authority: AuthorityCode,
    /// Whether there is a retained photo that meets the requirements.
    pub retained_photo_usable: bool,
    /// The register's revision of the record, if it counts them.
    pub revision: Option<u64>,
}

impl RecordFacts {
    /// Whether the licence is within its validity on this local day, first and last day included.
    pub fn in_force(&self, on: NaiveDate) -> bool {
        self.valid_from <= on && self.valid_until.is_none_or(|until| on <= until)
    }

    /// The local day on which it stops being in force; `None` if it never does.
    pub fn expires_on(&self) -> Option<NaiveDate> {
        self.valid_until?.checked_add_days(Days::new(1))
    }
}

impl From<&LicenceRecord> for RecordFacts {
    fn from(record: &LicenceRecord) -> Self {
        record.facts()
    }
}
