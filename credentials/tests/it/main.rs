//! The crate from outside: what is signed verifies, and nothing else does.

mod flips;
mod sample;

mod barcodes;
mod confusion;
mod contents;
mod golden;
mod key_files;
mod logs;
mod presentations;
mod status_lists;
mod tampering;
mod vectors;
mod verdicts;
