//! Real documents, changed in the ways that decoders stumble over.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use super::{TURN, corpus, run};
use crate::targets::ALL;

/// One change.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    /// These bytes instead of those.
    Overwrite(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Cut(Index),
    /// A piece stands there again, as often.
    Repeat(Index, usize, usize),
    /// From there on it goes on as another document does from there.
    Splice(Index, Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    // Heads of CBOR and DER that announce much, ends of ranges, and the punctuation of the texts.
    let telling = prop::sample::select(vec![
        &b"\x9B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"[..],
        b"\xBB\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"\x5A\xFF\xFF\xFF\xFF",
        b"\x1B\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        b"\x9F\xBF\x5F\x7F\xFF",
        b"\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81",
        b"\x30\x84\xFF\xFF\xFF\xFF",
        b"\xF4\xF5\xF6\xF7\xFB",
        b"[[[[[[[[[[",
        b"{\"a\":",
        b"9223372036854775808",
        b"-1",
        b"1e400",
        b"\"\\ud800\"",
        b"null",
        b"~~",
        b"..",
        b"\n\n",
        b"@1",
        b"=",
        b"\xE4\xB8\xAD",
        b"\xE2\x80\x94 ",
    ]);
    let bytes = prop_oneof![telling.prop_map(<[u8]>::to_vec), prop::collection::vec(any::<u8>(), 1..9)];
    let at = any::<Index>;
    prop_oneof![
        3 => (at(), 0..8u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        3 => (at(), bytes.clone()).prop_map(|(at, bytes)| Change::Overwrite(at, bytes)),
        2 => (at(), bytes).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        1 => (at(), 1..64usize).prop_map(|(at, length)| Change::Remove(at, length)),
        1 => at().prop_map(Change::Cut),
        1 => (at(), 1..64usize, 1..40usize).prop_map(|(at, length, times)| Change::Repeat(at, length, times)),
        1 => (at(), at(), at()).prop_map(|(at, other, from)| Change::Splice(at, other, from)),
    ]
}

impl Change {
    fn make(&self, bytes: &mut Vec<u8>, others: &[(String, Vec<u8>)]) {
        let place = |at: &Index, bytes: &Vec<u8>| at.index(bytes.len() + 1);
        match self {
            Self::Flip(at, bit) => {
                if !bytes.is_empty() {
                    *at.get_mut(&mut bytes[..]) ^= 1 << bit;
                }
            }
            Self::Overwrite(at, with) => {
                let at = place(at, bytes);
                let end = bytes.len().min(at + with.len());
                bytes.splice(at..end, with.iter().copied());
            }
            Self::Insert(at, with) => {
                let at = place(at, bytes);
                bytes.splice(at..at, with.iter().copied());
            }
            Self::Remove(at, length) => {
                let at = place(at, bytes);
                bytes.drain(at..bytes.len().min(at + length));
            }
            Self::Cut(at) => bytes.truncate(place(at, bytes)),
            Self::Repeat(at, length, times) => {
                let at = place(at, bytes);
                let piece = bytes[at..bytes.len().min(at + length)].repeat(*times);
                bytes.splice(at..at, piece);
            }
            Self::Splice(at, other, from) => {
                let other = &other.get(others).1;
                bytes.truncate(place(at, bytes));
                bytes.extend(&other[from.index(other.len() + 1)..]);
            }
        }
    }
}

#[test]
fn changed_documents_get_an_answer() {
    let _turn = TURN.lock();
    for target in &ALL {
        let corpus = corpus(target);
        // The first call makes the keys.
        (target.run)(&corpus[0].1);
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(400) });
        let inputs = (any::<Index>(), prop::collection::vec(change(), 1..5));
        let outcome = runner.run(&inputs, |(start, changes)| {
            let mut bytes = start.get(&corpus).1.clone();
            changes.iter().for_each(|change| change.make(&mut bytes, &corpus));
            run(target, &bytes);
            Ok(())
        });
        outcome.unwrap_or_else(|e| panic!("{}: {e}", target.name));
    }
}

#[test]
fn any_bytes_get_an_answer() {
    let _turn = TURN.lock();
    for target in &ALL {
        (target.run)(&[]);
        let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(200) });
        let outcome = runner.run(&prop::collection::vec(any::<u8>(), 0..300), |bytes| {
            run(target, &bytes);
            Ok(())
        });
        outcome.unwrap_or_else(|e| panic!("{}: {e}", target.name));
    }
}
