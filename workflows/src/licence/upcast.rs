//! Stored events of older schemas, one step up at a time. A step is never edited once it has read a journal.

use serde_json::{Map, Value, json};

/// Schema 1 knew one form, the compact code, and journaled its digest alone.
pub(super) fn from_1(mut event: Value) -> Value {
    if let Some(intent) = event.get_mut("intent_recorded").and_then(Value::as_object_mut) {
        intent.insert("digests".into(), json!({}));
    }
    event
}

/// Schema 2 knew orders of applications alone, and nothing of a record but its status.
pub(super) fn from_2(mut event: Value) -> Value {
    for name in ["ordered", "order_abandoned"] {
        if let Some(order) = event.get_mut(name).and_then(Value::as_object_mut) {
            let by: Map<_, _> =
                ["application", "order"].into_iter().filter_map(|key| order.remove_entry(key)).collect();
            order.insert("purpose".into(), json!({ "application": by }));
        }
    }
    if let Some(seen) = event.get_mut("record_seen").and_then(Value::as_object_mut) {
        seen.insert("facts".into(), Value::Null);
        seen.insert("changed".into(), Value::Null);
        seen.insert("doubt".into(), false.into());
    }
    event
}
