//! A journal that was altered is found.

use sealwright_engine::audit::{Audit, Finding};
use sealwright_engine::journal::{BrokenChain, Digest, verify_chain};
use sealwright_engine::store::Stored;

use crate::carrier::Carrier;
use crate::desk::{post, send, with};
use crate::parcel::Command;

/// A stored instance of six decisions.
async fn stored() -> Stored {
    let engine = with(&Carrier::default()).await;
    let id = post(&engine, 3).await;
    engine.run_until_idle().await;
    for key in ["1", "2", "3", "4"] {
        send(&engine, id, key, Command::Note).await.unwrap();
    }
    engine.store().load(id).await.unwrap().unwrap()
}

fn findings(stored: &Stored) -> Vec<Finding> {
    let mut audit = Audit::default();
    audit.walk(stored);
    audit.findings
}

/// Seals the rows again from `from` on, as somebody would who knows how.
fn reseal(stored: &mut Stored, from: usize) {
    for n in from..stored.journal.len() {
        let before = if n == 0 { Digest::ZERO } else { stored.journal[n - 1].hash };
        stored.journal[n].hash = before.chain(stored.journal[n].body.as_bytes());
    }
}

#[tokio::test]
async fn an_untouched_journal_has_no_findings() {
    let stored = stored().await;
    assert_eq!(findings(&stored), []);
    let head = verify_chain(stored.row.id, &stored.journal).unwrap();
    assert_eq!(head, stored.row.head);
}

#[tokio::test]
async fn any_altered_byte_of_any_row_is_found() {
    let stored = stored().await;
    for n in 0..stored.journal.len() {
        for at in 0..stored.journal[n].body.len() {
            let mut altered = stored.clone();
            let mut bytes = altered.journal[n].body.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(body) = String::from_utf8(bytes) else { continue };
            altered.journal[n].body = body;
            let version = n as u64 + 1;
            let instance = stored.row.id;
            assert_eq!(findings(&altered), [Finding::Chain(BrokenChain::Altered { instance, version })]);
        }
    }
}

#[tokio::test]
async fn rows_cut_off_the_end_are_found() {
    let stored = stored().await;
    for left in 0..stored.journal.len() {
        let mut cut = stored.clone();
        cut.journal.truncate(left);
        assert_eq!(findings(&cut), [Finding::Head(stored.row.id)], "{left} rows left");
    }
}

#[tokio::test]
async fn rows_taken_out_swapped_or_doubled_are_found() {
    let stored = stored().await;
    let mut swapped = stored.clone();
    swapped.journal.swap(2, 3);
    assert!(matches!(
        findings(&swapped)[..],
        [Finding::Chain(BrokenChain::Gap { expected: 3, found: 4, .. })]
    ));
    let mut without = stored.clone();
    without.journal.remove(2);
    assert!(matches!(findings(&without)[..], [Finding::Chain(BrokenChain::Gap { expected: 3, .. })]));
    let mut doubled = stored.clone();
    doubled.journal.insert(2, stored.journal[1].clone());
    assert!(matches!(
        findings(&doubled)[..],
        [Finding::Chain(BrokenChain::Gap { expected: 3, found: 2, .. })]
    ));
}

#[tokio::test]
async fn rows_swapped_and_numbered_and_sealed_again_are_found_by_what_they_say() {
    let mut swapped = stored().await;
    swapped.journal.swap(2, 3);
    for (version, row) in (1..).zip(&mut swapped.journal) {
        row.version = version;
    }
    reseal(&mut swapped, 2);
    swapped.row.head = swapped.journal.last().unwrap().hash;
    assert!(matches!(findings(&swapped)[..], [Finding::Chain(BrokenChain::Contradicted { version: 3, .. })]));
}

#[tokio::test]
async fn a_row_altered_and_sealed_again_to_the_end_is_found_by_its_head() {
    let mut altered = stored().await;
    altered.journal[0].body = altered.journal[0].body.replace("\"weight\":3", "\"weight\":4");
    reseal(&mut altered, 0);
    assert_eq!(findings(&altered), [Finding::Head(altered.row.id)]);
}

#[tokio::test]
async fn a_row_of_another_instance_is_found() {
    let (mut mixed, other) = (stored().await, stored().await);
    mixed.journal[5] = other.journal[5].clone();
    assert!(!findings(&mixed).is_empty());
}
