//! Whole-system tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs, reason = "tests")]

mod abort;
mod canaries;
mod crash;
mod crowd;
mod nodes;
mod orphans;
mod paper;
mod planted;
mod power;
mod sweeps;
