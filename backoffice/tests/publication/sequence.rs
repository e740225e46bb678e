//! The log.

use std::collections::BTreeSet;
use std::sync::Arc;

use sea_orm::ConnectionTrait;
use sealwright::publication::{NotPublished, Publisher};
use sealwright_credentials::log::{
    Kind, LogEvidence, LogTrust, SignedCheckpoint, verify_consistency, verify_inclusion,
};
use sealwright_credentials::{Algorithm, KeyDirectory, KeyRing, KeyWatch};
use sealwright_engine::store::Position;
use sealwright_storage::publication::Advance;

use crate::town::{Town, signed, signed_as_sd_jwt};

async fn checkpoint(node: &Publisher) -> SignedCheckpoint {
    let (size, note) = node.log().checkpoint().await.unwrap().expect("a checkpoint is signed");
    let opened = SignedCheckpoint::open(&note, node.log_key()).unwrap();
    assert_eq!(opened.checkpoint().size(), size);
    assert_eq!(opened.checkpoint().origin(), "licences.example/log");
    opened
}

pub(crate) async fn every_issued_credential_is_in_the_log_once(town: Town) {
    let mut serials = Vec::new();
    let mut checkpoints = Vec::new();
    let node = town.node();
    town.step(&node).await;
    checkpoints.push(checkpoint(&node).await);
    for n in 0..20_u32 {
        let mut licence = town.licence();
        for version in 1..=n % 3 + 1 {
            serials.push(town.issue(&mut licence, version).await);
        }
        town.wind(7);
        // Now this node, now another one or itself after a restart.
        let step = if n % 2 == 0 { town.step(&node).await } else { town.step(&town.node()).await };
        assert_eq!(step.log_size, 2 * serials.len() as u64, "in the log at once, not after a minute");
        checkpoints.push(checkpoint(&node).await);
    }
    let newest = checkpoint(&node).await;
    let (size, root) = (newest.checkpoint().size(), newest.checkpoint().root());
    let mut places = BTreeSet::new();
    let codes = serials.iter().map(|serial| (signed(serial), Kind::Code));
    let sd_jwts = serials.iter().map(|serial| (signed_as_sd_jwt(serial), Kind::SdJwtVc));
    for (signed, kind) in codes.chain(sd_jwts) {
        let (index, entry) = node.log().find(&signed).await.unwrap().expect("it is in the log");
        assert_eq!(entry.kind, kind);
        assert!(places.insert(index));
        let proof = node.log().inclusion(index, size).await.unwrap();
        assert!(verify_inclusion(&entry.leaf(), index, size, root, &proof));
        let evidence = LogEvidence { entry, index, proof, checkpoint: newest.to_string() };
        let trust = LogTrust { log: node.log_key().clone(), witnesses: vec![], quorum: 1 };
        let unwitnessed = evidence.check(&signed, &trust).unwrap_err();
        assert!(unwitnessed.to_string().contains("witnesses"), "only a witness is missing: {unwitnessed}");
    }
    assert_eq!(places, (0..size).collect(), "each once, and nothing else");
    for (n, new) in checkpoints.iter().enumerate() {
        for old in &checkpoints[..=n] {
            let (old, new) = (old.checkpoint(), new.checkpoint());
            let proof = node.log().consistency(old.size(), new.size()).await.unwrap();
            assert!(verify_consistency(old.size(), old.root(), new.size(), new.root(), &proof));
        }
    }
}

/// A node dies after each thing that it does.
pub(crate) async fn a_crash_between_any_two_steps_loses_nothing(town: Town) {
    let mut licence = town.licence();
    let first = town.issue(&mut licence, 1).await;
    // Before anything: only a slot was reserved.
    town.node().lists().slot(&first).await.unwrap();
    // After the log was appended to, before the checkpoint.
    let Position(end) = town.store.feed_end().await.unwrap();
    let by = Advance { from: Position(0), to: Position(end) };
    let entry = sealwright_credentials::log::Entry {
        kind: Kind::Code,
        signed_at: town.now(),
        signed: signed(&first),
    };
    town.node().log().follow(by, vec![entry]).await.unwrap();
    assert_eq!(town.node().log().checkpoint().await.unwrap(), None);
    // After the lists were followed, before one was published: no key to sign with.
    let no_keys = Arc::new(keyless());
    let failed = town.node().step(&no_keys, town.now()).await;
    assert!(matches!(failed, Err(NotPublished::Key(_))), "{failed:?}");
    assert_eq!(checkpoint(&town.node()).await.checkpoint().size(), 1, "the log does not wait for the lists");
    assert_eq!(town.node().lists().issued(1).await.unwrap(), None);
    assert_eq!(town.node().lists().position().await.unwrap(), Position(end));
    // The next one does what is left, and the one after it nothing.
    let step = town.step(&town.node()).await;
    assert_eq!((step.published, step.log_size), (1, 1), "the log is where the dead node left it");
    let second = town.issue(&mut licence, 2).await;
    town.wind(60);
    let step = town.step(&town.node()).await;
    assert_eq!((step.changed, step.published, step.log_size), (1, 1, 3));
    let step = town.step(&town.node()).await;
    assert_eq!((step.changed, step.published, step.log_size), (0, 0, 3));
    let node = town.node();
    for (index, serial) in [&first, &second].into_iter().enumerate() {
        let (found, _) = node.log().find(&signed(serial)).await.unwrap().unwrap();
        assert_eq!(found, index as u64);
    }
}

/// A ring whose last key was withdrawn.
fn keyless() -> KeyRing {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyDirectory::plain(folder.path());
    let key = keys.generate_active(Algorithm::Ed25519).unwrap();
    let (mut watch, _) = KeyWatch::start(KeyDirectory::plain(folder.path())).unwrap();
    keys.compromise(&key, 0, None).unwrap();
    watch.check().unwrap().expect("the keys changed").ring
}

pub(crate) async fn an_altered_log_is_not_signed(town: Town) {
    let node = town.node();
    for _ in 0..5 {
        town.issue(&mut town.licence(), 1).await;
    }
    town.step(&node).await;
    let before = checkpoint(&node).await;
    town.issue(&mut town.licence(), 1).await;
    let change = async |sql: &'static str| {
        let changed = town.database.write(|transaction| Box::pin(transaction.execute_unprepared(sql)));
        changed.await.unwrap();
    };
    // An old copy of the head is put back.
    change("CREATE TABLE kept AS SELECT * FROM log_head").await;
    change("UPDATE log_head SET size = 0, frontier = '{\"size\":0,\"peaks\":[]}'").await;
    change("DELETE FROM log_entry").await;
    change("DELETE FROM log_node").await;
    let refused = node.step(&town.ring(), town.now()).await;
    assert!(matches!(refused, Err(NotPublished::Inconsistent(10))), "{refused:?}");
    assert!(refused.unwrap_err().to_string().contains("restored"));
    assert_eq!(checkpoint(&node).await, before, "nothing new was signed");
}
