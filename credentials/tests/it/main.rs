//! The crate from outside: what is signed verifies, and nothing else does.

mod flips;
mod sample;

mod barcodes;
mod contents;
mod golden;
mod key_files;
mod logs;
mod status_lists;
mod tampering;
mod vectors;
mod verdicts;
