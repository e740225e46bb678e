//! Checkpoints: the root of the tree, signed by the log, and by witnesses who say when they saw it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::note::{Note, NoteError, NoteKey};
use super::tree::{Frontier, MAX_SIZE};
use crate::{Digest, SignError, Signer};

/// A tree at one size (`c2sp.org/tlog-checkpoint`, without extension lines, which nobody audits).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
}

impl Checkpoint {
    /// What the tree is now. `origin` names the log, as a URL without scheme.
    pub fn of(origin: &str, tree: &Frontier) -> Result<Self, CheckpointError> {
        let checkpoint = Self { origin: origin.into(), size: tree.size(), root: tree.root() };
        // Reads it back, so that no origin can say more than an origin.
        if checkpoint.text().parse() == Ok(checkpoint.clone()) {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Form)
        }
    }

    /// Which log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Their root.
    pub fn root(&self) -> &Digest {
        &self.root
    }

    /// Signs it with the log's key, which must be Ed25519 and must sign nothing else.
    ///
    /// A log signs no checkpoint that is not consistent with all that it signed before: store the last one,
    /// and sign only what grew out of it.
    pub fn sign(&self, signer: &(impl Signer + ?Sized)) -> Result<SignedCheckpoint, CheckpointError> {
        let key = NoteKey::log(&self.origin, signer.public_key())?;
        let mut note = Note { text: self.text(), signatures: vec![] };
        let signature = signer.sign(note.text.as_bytes())?;
        note.sign(&key, signature.as_bytes());
        Ok(SignedCheckpoint { checkpoint: self.clone(), note })
    }

    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.as_bytes()))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<_> = text.splitn(5, '\n').collect();
        let [origin, size, root, ""] = lines[..] else { return Err(CheckpointError::Form) };
        let size = decimal(size).filter(|size| *size <= MAX_SIZE).ok_or(CheckpointError::Form)?;
        let root = digest(root).ok_or(CheckpointError::Form)?;
        if origin.is_empty() || origin.chars().any(char::is_control) {
            return Err(CheckpointError::Form);
        }
        Ok(Self { origin: origin.into(), size, root })
    }
}

/// A checkpoint with signatures, as a signed note. What [`open`](Self::open) returned is the log's word; what
/// was only parsed is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

impl SignedCheckpoint {
    /// Reads a signed checkpoint and verifies the log's signature on it.
    pub fn open(text: &str, log: &NoteKey) -> Result<Self, CheckpointError> {
        let note: Note = text.parse()?;
        let checkpoint: Checkpoint = note.text.parse()?;
        if checkpoint.origin != log.name() || log.is_witness() {
            return Err(CheckpointError::Foreign);
        }
        let signed = Self { checkpoint, note };
        let mut signatures = signed.note.of(log).peekable();
        if signatures.peek().is_none() {
            return Err(CheckpointError::Foreign);
        }
        if !signatures.all(|signature| log.public_key().verifies(signed.note.text.as_bytes(), signature)) {
            return Err(CheckpointError::Signature);
        }
        drop(signatures);
        Ok(signed)
    }

    /// What is signed.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Adds a witness's signature: at `at` (Unix seconds) this was the largest tree it had seen, and each one
    /// before was a start of it. Check that first, with [`super::verify_consistency`].
    pub fn cosign(
        &mut self,
        name: &str,
        signer: &(impl Signer + ?Sized),
        at: i64,
    ) -> Result<(), CheckpointError> {
        let key = NoteKey::witness(name, signer.public_key())?;
        let at = u64::try_from(at).map_err(|_| CheckpointError::Form)?;
        let signature = signer.sign(&cosigned(at, &self.note.text))?;
        self.note.sign(&key, &[&at.to_be_bytes()[..], signature.as_bytes()].concat());
        Ok(())
    }

    /// When a quorum of trusted witnesses had seen it; `None` if too few signed. A signature in a trusted
    /// name that does not verify is an error, whoever else signed.
    pub fn witnessed_at(&self, trust: &LogTrust) -> Result<Option<i64>, CheckpointError> {
        let mut times = Vec::new();
        for (n, witness) in trust.witnesses.iter().enumerate() {
            if !witness.is_witness() {
                return Err(CheckpointError::Foreign);
            }
            if trust.witnesses[..n].iter().any(|earlier| earlier.public_key() == witness.public_key()) {
                continue;
            }
            let mut first: Option<i64> = None;
            for signature in self.note.of(witness) {
                let at = self.cosigned_at(witness, signature).ok_or(CheckpointError::Signature)?;
                first = Some(first.map_or(at, |first| first.min(at)));
            }
            times.extend(first);
        }
        times.sort_unstable();
        Ok(trust.quorum.checked_sub(1).and_then(|last| times.get(last).copied()))
    }

    fn cosigned_at(&self, witness: &NoteKey, signature: &[u8]) -> Option<i64> {
        let (at, signature) = signature.split_first_chunk::<8>()?;
        let at = u64::from_be_bytes(*at);
        let message = cosigned(at, &self.note.text);
        witness.public_key().verifies(&message, signature).then_some(i64::try_from(at).ok()).flatten()
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

/// Whom a verifier believes. The same key under two names is one witness.
#[derive(Debug, Clone)]
pub struct LogTrust {
    /// The log's key.
    pub log: NoteKey,
    /// Keys of witnesses.
    pub witnesses: Vec<NoteKey>,
    /// How many of them must have signed, 1 at least; with 0 nothing is ever in time.
    pub quorum: usize,
}

/// Why a checkpoint was not made or not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Not of the form of a checkpoint.
    #[error("not a checkpoint: origin, size and root in base64, a line each, without anything more")]
    Form,
    /// Of another log, or not signed by the one key that was expected.
    #[error("the checkpoint is not signed by this log's key")]
    Foreign,
    /// A signature of a known key does not verify.
    #[error("a signature on the checkpoint does not verify: altered or forged")]
    Signature,
    /// Not a note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The signer made no signature.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// The message of a cosignature: two lines, then the checkpoint.
fn cosigned(at: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {at}\n{text}").into_bytes()
}

/// A decimal number in its one spelling.
pub(super) fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// A digest in base64.
pub(super) fn digest(text: &str) -> Option<Digest> {
    STANDARD.decode(text).ok()?.try_into().ok().map(Digest::from_bytes)
}
