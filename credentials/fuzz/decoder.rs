//! One program for all targets: the variable `DECODER` names the one to fuzz.
#![no_main]

use std::sync::LazyLock;

use targets::{ALL, Target};

/// The functions that the ordinary tests call too.
#[path = "../tests/decoders/targets/mod.rs"]
mod targets;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("DECODER").unwrap_or_default();
    let found = ALL.into_iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("set DECODER to one of {:?}", ALL.map(|target| target.name)))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    (TARGET.run)(bytes);
});
