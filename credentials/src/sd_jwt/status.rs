//! The claim `status` (Token Status List 6.2).

use serde_json::Value;

use super::json::write_string;
use crate::StatusReference;

/// Appends the claim's value.
pub(super) fn write(json: &mut Vec<u8>, status: &StatusReference) {
    json.extend(b"{\"status_list\":{\"idx\":");
    json.extend(status.index.to_string().as_bytes());
    json.extend(b",\"uri\":");
    write_string(json, &status.uri);
    json.extend(b"}}");
}

/// Reads the claim's value; `None` if it is another mechanism or malformed.
pub(super) fn read(value: &Value) -> Option<StatusReference> {
    let list = value.get("status_list")?;
    let index = list.get("idx")?.as_u64()?.try_into().ok()?;
    let read = StatusReference { uri: list.get("uri")?.as_str()?.into(), index };
    read.is_plain().then_some(read)
}
