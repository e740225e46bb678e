//! The flagship workflows: an application for an electronic driving licence, and the licence's life.

pub mod register;
pub mod working_days;
pub mod policy;
pub mod licence;
pub mod application;

#[cfg(feature = "office")]
pub mod office;
