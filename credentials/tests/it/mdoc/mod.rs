//! Mobile driving licences.

pub(crate) mod sample;

mod device;
mod golden;
mod issuing;
mod names;
mod tampering;
mod verdicts;
