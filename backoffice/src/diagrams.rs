//! State diagrams of the flagship workflows, by name.

use sealwright_engine::explore::Diagram;
use sealwright_workflows::{application, calendar_watch, licence, sweep};

/// The workflows there are.
pub const NAMES: [&str; 4] = ["application", "licence", "sweep", "calendar_watch"];

/// The diagram of a workflow, explored from its code.
pub fn of(name: &str) -> Option<Diagram> {
    match name {
        "application" => Some(Diagram::explore(&application::samples())),
        "licence" => Some(Diagram::explore(&licence::samples())),
        "sweep" => Some(Diagram::explore(&sweep::samples())),
        "calendar_watch" => Some(Diagram::explore(&calendar_watch::samples())),
        _ => None,
    }
}
