//! The crate from outside: what is signed verifies, and nothing else does.

mod flips;
mod sample;

mod barcodes;
mod card;
#[cfg(feature = "render")]
mod card_pictures;
mod certificates;
mod confusion;
mod contents;
mod es256;
mod golden;
mod inspecting;
mod key_directory;
mod key_files;
mod key_sets;
mod logs;
mod presentations;
mod sd_jwt;
mod speccheck;
mod status_lists;
mod tampering;
mod vectors;
mod verdicts;
mod wycheproof;

mod mdoc;
mod x509;
