//! The flagship workflows: an application for an electronic driving licence, and the licence's life.

pub mod application;
pub mod calendar_watch;
pub mod licence;
pub mod notice;
pub mod policy;
pub mod register;
pub mod sweep;
pub mod working_days;

#[cfg(feature = "office")]
pub mod office;
