//! The flagship workflows: an application for an electronic driving licence, and the licence's life.

pub mod register;
pub mod working_days;

#[cfg(feature = "office")]
pub mod office;
