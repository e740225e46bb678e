//! Every decoder against everything: real documents, what a fuzzer found, and changes of both.
//!
//! The corpora are folders of `corpus/`, one for each target. `seed-*` are real documents, `found-*` are what once went
//! wrong or led somewhere new. `credentials/fuzz` starts from the same folders.

use std::path::Path;
use std::sync::Mutex;

use peak_alloc::PeakAlloc;
use targets::{ALL, ROOM, Target};

mod changed;
mod targets;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// One at a time, or they would count each other's memory.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a target; answers whether it accepted.
fn run(target: &Target, bytes: &[u8]) -> bool {
    // Keys and certificates are made at the first call.
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let accepted = (target.run)(bytes);
    let taken = MEMORY.peak_usage().saturating_sub(before);
    let allowed = ROOM + target.factor * bytes.len() + target.inflates();
    assert!(taken <= allowed, "{}: {taken} bytes of memory for {} bytes of input", target.name, bytes.len());
    accepted
}

impl Target {
    /// A status list is a compressed megabyte at most, however short its token; it is read four times over.
    fn inflates(&self) -> usize {
        if self.name.starts_with("status_list") { 12 << 20 } else { 0 }
    }
}

/// Name and bytes of each file in a target's corpus.
fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decoders/corpus").join(target.name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<_> = files
        .map(|file| {
            let path = file.expect("a file").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("readable"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn real_documents_are_accepted_and_nothing_in_the_corpora_does_harm() {
    let _turn = TURN.lock();
    for target in &ALL {
        let corpus = corpus(target);
        assert!(corpus.iter().any(|(name, _)| name.starts_with("seed-")), "{}: no seeds", target.name);
        for (name, bytes) in corpus {
            (target.run)(&bytes);
            let accepted = run(target, &bytes);
            assert!(accepted || !name.starts_with("seed-"), "{}/{name} is refused", target.name);
        }
    }
}

#[test]
fn every_cut_of_a_real_document_gets_an_answer() {
    let _turn = TURN.lock();
    for target in &ALL {
        for (_, bytes) in corpus(target).iter().filter(|(name, _)| name.starts_with("seed-")) {
            // All of the short ones; of long ones every step that is no multiple of what they are made of.
            for length in (0..bytes.len()).step_by(1 + bytes.len() / 499) {
                run(target, &bytes[..length]);
            }
        }
    }
}
