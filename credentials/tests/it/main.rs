//! The crate from outside: what is signed verifies, and nothing else does.

mod sample;

mod barcodes;
mod contents;
mod golden;
mod key_files;
mod sd_jwt;
mod tampering;
mod vectors;
mod verdicts;
