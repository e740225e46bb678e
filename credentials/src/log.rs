//! The transparency log: every credential that was ever signed, in an order that nobody can change unseen.
//!
//! Why: Ed25519 knows no time, so a thief of a document key can sign credentials of any date. What the log
//! held before the theft was signed before the theft. The log's own key is another one than the documents',
//! and witnesses, who sign what they saw and when, have keys of their own.
//!
//! An [`Entry`] says what was signed. The [`Frontier`] of a Merkle tree (RFC 6962 2.1, RFC 9162 2.1) takes it
//! and names the nodes to store, two per entry on average. From stored nodes come inclusion and consistency
//! proofs ([`inclusion`], [`consistency`]), which anybody checks ([`verify_inclusion`],
//! [`verify_consistency`]). A [`Checkpoint`] is the tree's root, signed, in the text form of C2SP
//! (`c2sp.org/tlog-checkpoint`); [`LogEvidence`] puts entry, proof and checkpoint together
//! (`c2sp.org/tlog-proof`), for a verifier that knows when a key was stolen.
//!
//! ```
//! use sealwright_credentials::log::*;
//! # use sealwright_credentials::{Digest, Ed25519Signer, Signer};
//! # use std::collections::HashMap;
//! # let (log_key, witness_key) = (Ed25519Signer::generate()?, Ed25519Signer::generate()?);
//! let mut tree = Frontier::default();
//! let mut stored = HashMap::new();                                      // a table: UNIQUE(level, index)
//! let entry = Entry { kind: Kind::Code, signed_at: 1_795_000_000, signed: Digest::of(b"to be signed") };
//! stored.extend(tree.append(entry.leaf()));
//!
//! let origin = "licences.example/log";
//! let checkpoint = Checkpoint::of(origin, &tree)?;
//! let mut signed = checkpoint.sign(&log_key)?;
//! signed.cosign("witness.example", &witness_key, 1_795_000_030)?;
//!
//! let proof = inclusion(0, tree.size(), |node| stored.get(&node).copied())?;
//! let evidence = LogEvidence { entry, index: 0, proof, checkpoint: signed.to_string() };
//! let trust = LogTrust {
//!     log: NoteKey::log(origin, log_key.public_key())?,
//!     witnesses: vec![NoteKey::witness("witness.example", witness_key.public_key())?],
//!     quorum: 1,
//! };
//! let stolen_at = 1_795_100_000;
//! let logged = evidence.check(&entry.signed, &trust)?;
//! assert!(logged.before(stolen_at));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod entry;

mod tree;

mod proof;

mod note;

mod checkpoint;

mod evidence;

mod policy;

pub use checkpoint::{Checkpoint, CheckpointError, LogTrust, SignedCheckpoint};
pub use entry::{Entry, Kind, NotAnEntry};
pub use evidence::{EvidenceError, LogEvidence, Logged, MAX_EVIDENCE, Trusted};
pub use note::{MAX_NOTE, MAX_SIGNATURES, NoteError, NoteKey};
pub use policy::NotATrustPolicy;
pub use proof::{
    ProofError, consistency, consistency_nodes, inclusion, inclusion_nodes, verify_consistency,
    verify_inclusion,
};
pub use tree::{Frontier, MAX_SIZE, Node, empty_root, leaf_hash};
