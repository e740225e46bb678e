//! Where a credential's status is published; what it says is judged elsewhere.

use serde::{Deserialize, Serialize};

/// The longest URI in bytes.
const MAX_URI: usize = 512;

/// An entry of a status list (Token Status List part 6), as an SD-JWT VC and an mdoc name it: `status_list` with
/// `idx` and `uri`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusReference {
    /// Where the list is fetched, and what its `sub` must say. Plain `http` serves trials: the list is signed, but
    /// whoever listens learns who is asked for.
    pub uri: String,
    /// Which entry, from 0.
    pub index: u32,
}

impl StatusReference {
    /// What the URI must be.
    pub(crate) const RULE: &'static str =
        "must name its list by an http or https URL of at most 512 visible ASCII characters";

    /// Whether the URI keeps the [`RULE`](Self::RULE).
    pub(crate) fn is_plain(&self) -> bool {
        let web = self.uri.starts_with("https://") || self.uri.starts_with("http://");
        web && self.uri.len() <= MAX_URI && self.uri.bytes().all(|b| b.is_ascii_graphic())
    }
}
