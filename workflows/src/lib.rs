//! The flagship workflows: an application for an electronic driving licence, and the licence's life.

pub mod working_days;
