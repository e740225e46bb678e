//! Stored events of older schemas, one step up at a time. A step is never edited once it has read a journal.

use serde_json::{Value, json};

/// Schema 1 knew one form, the compact code, and journaled its digest alone.
pub(super) fn from_1(mut event: Value) -> Value {
    if let Some(intent) = event.get_mut("intent_recorded").and_then(Value::as_object_mut) {
        intent.insert("digests".into(), json!({}));
    }
    event
}
