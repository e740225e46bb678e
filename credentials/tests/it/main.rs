//! The crate from outside: what is signed verifies, and nothing else does.

mod flips;
mod sample;

mod barcodes;
mod confusion;
mod contents;
mod es256;
mod golden;
mod key_directory;
mod key_files;
mod key_sets;
mod speccheck;
mod logs;
mod presentations;
mod status_lists;
mod sd_jwt;
mod tampering;
mod vectors;
mod verdicts;
mod wycheproof;
