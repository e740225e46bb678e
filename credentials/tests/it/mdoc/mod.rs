//! Mobile driving licences.

pub(crate) mod sample;

mod device;
mod golden;
mod issuing;
mod tampering;
mod verdicts;
