//! The crate from outside: what is signed verifies, and nothing else does.

mod sample;

mod barcodes;
mod contents;
mod es256;
mod golden;
mod key_files;
mod tampering;
mod vectors;
mod verdicts;

mod mdoc;
mod x509;
