//! What the whole-system tests stand on: a small town with a register, a liveness vendor, a post office and an
//! office that issues licences; a switch that cuts its power at any point; and an audit that afterwards trusts
//! nobody's word but the store's and the outside world's.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a fixture may stop its test")]

pub mod audit;
pub mod cluster;
pub mod diary;
pub mod files;
pub mod live;
pub mod mains;
pub mod outside;
pub mod people;
pub mod play;
pub mod story;
pub mod sweep;
pub mod tally;
pub mod town;
pub mod watched;
