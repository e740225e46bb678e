//! Where a credential's status is published (Token Status List 6.2); what it says is judged elsewhere.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::json::write_string;
use crate::content::ContentError;

/// An entry of a status list: `status.status_list` in a credential.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusReference {
    /// Where the list is fetched, and what its `sub` must say.
    pub uri: String,
    /// Which entry, from 0.
    pub idx: u64,
}

impl StatusReference {
    pub(super) fn check(&self) -> Result<(), ContentError> {
        let web = self.uri.starts_with("https://") || self.uri.starts_with("http://");
        if web && self.uri.len() <= 512 && self.uri.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(())
        } else {
            Err(ContentError::refused("status", "must have a URL of at most 512 visible ASCII characters"))
        }
    }

    /// Appends the claim's value.
    pub(super) fn write(&self, json: &mut Vec<u8>) {
        json.extend(b"{\"status_list\":{\"idx\":");
        json.extend(self.idx.to_string().as_bytes());
        json.extend(b",\"uri\":");
        write_string(json, &self.uri);
        json.extend(b"}}");
    }

    /// Reads the claim's value; `None` if it is another mechanism or malformed.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let list = value.get("status_list")?;
        let read = Self { uri: list.get("uri")?.as_str()?.into(), idx: list.get("idx")?.as_u64()? };
        read.check().is_ok().then_some(read)
    }
}
