//! The log, before Sigstore's verifier (npm) and before Cloudflare's implementation of C2SP's logs (crates.io).

use std::collections::HashMap;

use sealwright_credentials::log::{
    Checkpoint, Entry, Frontier, Kind, LogEvidence, Node, NoteKey, consistency, inclusion,
};
use sealwright_credentials::{Digest, Ed25519Signer, Signer};
use serde_json::{Value, json};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::tlog::{Hash, check_record, check_tree, record_hash};

use crate::{NODE, NOON, ORIGIN, PYTHON, answers, base64, only_the_first, signer};

#[derive(Default)]
struct Log {
    tree: Frontier,
    nodes: HashMap<Node, Digest>,
}

impl Log {
    fn append(&mut self) {
        self.nodes.extend(self.tree.append(entry(self.tree.size()).leaf()));
    }

    fn inclusion(&self, index: u64) -> Vec<Digest> {
        inclusion(index, self.tree.size(), |node| self.nodes.get(&node).copied()).unwrap()
    }

    fn consistency(&self, old: u64) -> Vec<Digest> {
        consistency(old, self.tree.size(), |node| self.nodes.get(&node).copied()).unwrap()
    }
}

fn entry(n: u64) -> Entry {
    Entry { kind: Kind::Code, signed_at: NOON + n as i64, signed: Digest::of(&n.to_be_bytes()) }
}

fn theirs(digest: &Digest) -> Hash {
    Hash(*digest.as_bytes())
}

fn list(proof: &[Digest]) -> Vec<Hash> {
    proof.iter().map(theirs).collect()
}

#[test]
fn sigstore_verifies_our_log() {
    let mut log = Log::default();
    let mut cases: Vec<Value> = Vec::new();
    let mut expected = Vec::new();
    for size in 1..=130 {
        log.append();
        let signed = Checkpoint::of(ORIGIN, &log.tree).unwrap().sign(&signer()).unwrap();
        for index in [0, size / 3, size / 2, size - 1] {
            let proof = log.inclusion(index);
            let good = LogEvidence { entry: entry(index), index, proof, checkpoint: signed.to_string() };
            let leaf = base64(&good.entry.to_bytes());
            let mut case = |evidence: &str, accepted: bool| {
                cases.push(json!({"task": "log", "evidence": evidence, "leaf": leaf}));
                expected.push(accepted);
            };
            case(&good.to_string(), true);
            // The same signature under another tree, and another entry's place.
            case(&good.to_string().replace(&format!("\n{size}\n"), &format!("\n{}\n", size + 1)), false);
            if size > 1 {
                case(&LogEvidence { index: (index + 1) % size, ..good }.to_string(), false);
            }
        }
    }
    let answers = answers(NODE, &cases);
    for ((answer, accepted), case) in answers.iter().zip(&expected).zip(&cases) {
        assert_eq!(answer["accepted"], *accepted, "{answer} for {case}");
    }
}

#[test]
fn another_implementation_verifies_every_proof_of_our_log() {
    let mut log = Log::default();
    let mut roots = vec![log.tree.root()];
    for size in 1..=130u64 {
        log.append();
        let root = log.tree.root();
        for index in 0..size {
            let (proof, leaf) = (list(&log.inclusion(index)), record_hash(&entry(index).to_bytes()));
            check_record(&proof, size, theirs(&root), index, leaf).unwrap();
            if size > 1 {
                assert!(check_record(&proof, size, theirs(&root), (index + 1) % size, leaf).is_err());
            }
        }
        for old in 1..=size {
            let proof = list(&log.consistency(old));
            let old_root = theirs(&roots.get(old as usize).copied().unwrap_or(root));
            check_tree(&proof, size, theirs(&root), old, old_root).unwrap();
        }
        roots.push(root);
    }
}

#[test]
fn another_implementation_reads_our_signed_checkpoints() {
    let mut log = Log::default();
    (0..13).for_each(|_| log.append());
    let checkpoint = Checkpoint::of(ORIGIN, &log.tree).unwrap();
    let mut signed = checkpoint.sign(&signer()).unwrap();
    signed.cosign("witness.example", &Ed25519Signer::from_seed(&[7; 32]), NOON).unwrap();
    let key = NoteKey::log(ORIGIN, signer().public_key()).unwrap().to_string();
    let verifiers = VerifierList::new(vec![Box::new(StandardVerifier::new(&key).unwrap())]);

    let note = Note::from_bytes(signed.to_string().as_bytes()).unwrap();
    let (verified, unverified) = note.verify(&verifiers).unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 1));
    let read = tlog_tiles::Checkpoint::from_bytes(note.text()).unwrap();
    assert_eq!((read.origin(), read.size(), read.extension()), (ORIGIN, 13, ""));
    assert_eq!(read.hash(), &theirs(checkpoint.root()));
    assert_eq!(note.to_bytes(), signed.to_string().as_bytes());

    let other = signed.to_string().replace("\n13\n", "\n14\n");
    assert!(Note::from_bytes(other.as_bytes()).unwrap().verify(&verifiers).is_err());
}

#[test]
fn a_witness_signs_as_the_specification_says() {
    let mut log = Log::default();
    (0..5).for_each(|_| log.append());
    let witness = Ed25519Signer::from_seed(&[7; 32]);
    let mut signed = Checkpoint::of(ORIGIN, &log.tree).unwrap().sign(&signer()).unwrap();
    signed.cosign("witness.example/w1", &witness, NOON).unwrap();
    let case = |note: String| {
        let public = base64(witness.public_key().as_bytes());
        json!({"task": "cosigned", "note": note, "name": "witness.example/w1", "public": public})
    };
    let other = signed.to_string().replace("\n5\n", "\n6\n");
    let answers = answers(PYTHON, &[case(signed.to_string()), case(other)]);
    assert_eq!(only_the_first(&answers)["at"], NOON);
}
