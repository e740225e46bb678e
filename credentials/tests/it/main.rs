//! The crate from outside: what is signed verifies, and nothing else does.

mod sample;

mod barcodes;
mod contents;
mod es256;
mod golden;
mod key_directory;
mod key_files;
mod key_sets;
mod speccheck;
mod tampering;
mod vectors;
mod verdicts;
mod wycheproof;

mod mdoc;
mod x509;
