//! The licence as SD-JWT VC from outside, with every kind of key there is.

pub(crate) mod made;

mod golden;
mod issuing;
mod metadata;
mod presenting;
mod strictness;
mod tampering;
mod verdicts;
