//! The crate from outside: what is signed verifies, and nothing else does.

mod sample;

mod barcodes;
mod card;
#[cfg(feature = "render")]
mod card_pictures;
mod contents;
mod golden;
mod key_files;
mod tampering;
mod vectors;
mod verdicts;
