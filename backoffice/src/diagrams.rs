//! State diagrams of the flagship workflows, by name.

use sealwright_engine::explore::Diagram;
use sealwright_workflows::{application, licence};

/// The workflows there are.
pub const NAMES: [&str; 2] = ["application", "licence"];

/// The diagram of a workflow, explored from its code.
pub fn of(name: &str) -> Option<Diagram> {
    match name {
        "application" => Some(Diagram::explore(&application::samples())),
        "licence" => Some(Diagram::explore(&licence::samples())),
        _ => None,
    }
}
