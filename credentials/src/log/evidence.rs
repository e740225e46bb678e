//! Evidence that a credential is older than a theft, as a text of its own (`c2sp.org/tlog-proof`).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{CheckpointError, LogTrust, SignedCheckpoint, decimal, digest};
use super::entry::Entry;
use super::note::MAX_NOTE;
use super::proof::verify_inclusion;
use crate::{Digest, Evidence, Signed};

/// The longest evidence in bytes.
pub const MAX_EVIDENCE: usize = MAX_NOTE + 4 * 1024;

/// The most hashes in a proof: one per level.
const MAX_HASHES: usize = 48;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// An entry, its path to the root, and the root's signatures. Good for ever, and without any network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvidence {
    /// What was signed. Stands in the proof's line `extra`.
    pub entry: Entry,
    /// Its place in the log.
    pub index: u64,
    /// The path from there to the root.
    pub proof: Vec<Digest>,
    /// The signed checkpoint's text.
    pub checkpoint: String,
}

impl LogEvidence {
    /// Whether the log holds the credential with this digest (of its to-be-signed bytes), and since when.
    pub fn check(&self, signed: &Digest, trust: &LogTrust) -> Result<Logged, EvidenceError> {
        if self.entry.signed != *signed {
            return Err(EvidenceError::OtherCredential);
        }
        let signed = SignedCheckpoint::open(&self.checkpoint, &trust.log)?;
        let checkpoint = signed.checkpoint();
        let leaf = self.entry.leaf();
        if !verify_inclusion(&leaf, self.index, checkpoint.size(), checkpoint.root(), &self.proof) {
            return Err(EvidenceError::NotIncluded);
        }
        let witnessed_at = signed.witnessed_at(trust)?.ok_or(EvidenceError::TooFewWitnesses)?;
        Ok(Logged { entry: self.entry, index: self.index, witnessed_at })
    }
}

/// Evidence for [`crate::verify_with`], as far as these keys are trusted.
#[derive(Debug, Clone, Copy)]
pub struct Trusted<'a> {
    /// The evidence.
    pub evidence: &'a LogEvidence,
    /// The log and its witnesses.
    pub trust: &'a LogTrust,
}

impl Evidence for Trusted<'_> {
    fn seen_at(&self, signed: &Signed<'_>) -> Option<i64> {
        self.evidence.check(signed.digest, self.trust).ok().map(|logged| logged.witnessed_at)
    }
}

/// What evidence showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged {
    /// What was signed.
    pub entry: Entry,
    /// Its place in the log.
    pub index: u64,
    /// By when enough witnesses had seen it there, in Unix seconds.
    pub witnessed_at: i64,
}

impl Logged {
    /// Whether it was there before a key was stolen. Then no thief made it.
    pub fn before(&self, stolen_at: i64) -> bool {
        self.witnessed_at < stolen_at
    }
}

/// Why evidence shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Not of the form of evidence.
    #[error("not evidence of a log: {FIRST_LINE}, extra, index, hashes, a blank line and a checkpoint")]
    Form,
    /// Of another credential.
    #[error("the evidence is of another credential")]
    OtherCredential,
    /// The path does not lead to the root.
    #[error("the log does not hold the credential where the evidence says")]
    NotIncluded,
    /// Fewer than the quorum.
    #[error("too few trusted witnesses signed the checkpoint: nobody says when it was made")]
    TooFewWitnesses,
    /// The checkpoint is not believed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl fmt::Display for LogEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        writeln!(f, "extra {}", STANDARD.encode(self.entry.to_bytes()))?;
        writeln!(f, "index {}", self.index)?;
        for hash in &self.proof {
            writeln!(f, "{}", STANDARD.encode(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for LogEvidence {
    type Err = EvidenceError;

    fn from_str(text: &str) -> Result<Self, EvidenceError> {
        read(text).ok_or(EvidenceError::Form)
    }
}

fn read(text: &str) -> Option<LogEvidence> {
    if text.len() > MAX_EVIDENCE {
        return None;
    }
    let (head, checkpoint) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    if lines.next()? != FIRST_LINE {
        return None;
    }
    let entry = STANDARD.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
    let entry = Entry::from_bytes(&entry).ok()?;
    let index = decimal(lines.next()?.strip_prefix("index ")?)?;
    let proof: Vec<_> = lines.take(MAX_HASHES + 1).map(digest).collect::<Option<_>>()?;
    (proof.len() <= MAX_HASHES).then(|| LogEvidence { entry, index, proof, checkpoint: checkpoint.into() })
}
