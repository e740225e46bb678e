//! What the holder of a licence is told of its life. What applicants are told stands with the application.

use serde::{Deserialize, Serialize};

/// What became of a licence, as its holder is told. Stored in effects: variants are never renamed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LicenceNotice {
    /// Suspended: still shown, in red (`domain.md` 2.2).
    Suspended,
    /// Not shown at present (`domain.md` 2.2).
    Hidden,
    /// As it was before a suspension or hiding.
    Restored,
    /// Made anew, because the record changed.
    Reissued {
        /// The new version.
        version: u32,
    },
    /// Over for good.
    Invalidated,
}
