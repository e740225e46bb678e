//! Workflows without a runtime: stories, laws and diagrams.
#![expect(clippy::unwrap_used, reason = "tests")]

mod claim;
mod diagram;
mod given;
mod laws;
