//! The tables as SeaORM sees them, one file each, and how rows become the engine's values.
#![allow(unreachable_pub, dead_code, reason = "SeaORM's derives ask for public items and a `Relation`")]

mod convert;
pub mod directory;
pub mod effect;
pub mod followed_record;
pub mod instance;
pub mod journal;
pub mod label;
pub mod log_checkpoint;
pub mod log_entry;
pub mod log_head;
pub mod log_node;
pub mod node;
pub mod person;
pub mod photo;
pub mod presentation;
pub mod publication_cursor;
pub mod record;
pub mod schedule;
pub mod status_block;
pub mod status_list;
pub mod status_slot;
pub mod sweep_way;
pub mod task;

/// Names as they are stored: a JSON array.
pub(crate) fn json(names: &std::collections::BTreeSet<String>) -> String {
    serde_json::Value::from_iter(names.iter().map(String::as_str)).to_string()
}
