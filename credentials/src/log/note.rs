//! Signed notes (`c2sp.org/signed-note`): a text, a blank line, and a line for each signature.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Digest, PublicKey};

/// The longest note in bytes.
pub const MAX_NOTE: usize = 64 * 1024;

/// The most signatures on a note; the specification asks for at least 16.
pub const MAX_SIGNATURES: usize = 32;

/// Begins a signature line: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// Signature types of the specification.
const ED25519: u8 = 0x01;
const COSIGNATURE: u8 = 0x04;

/// Why a text is no note, or a key no note key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// More than [`MAX_NOTE`] bytes or [`MAX_SIGNATURES`] signatures.
    #[error("the note is longer than {MAX_NOTE} bytes or has more than {MAX_SIGNATURES} signatures")]
    TooLong,
    /// Not of the form of a note.
    #[error("not a signed note: text, a blank line, then lines of an em dash, a name and base64")]
    Form,
    /// The name of a key is empty, or has a space, a control character or a plus in it.
    #[error(
        "a key's name must not be empty nor hold spaces, control characters or +; use a URL without scheme"
    )]
    Name,
    /// Not an Ed25519 key, or its text is damaged.
    #[error("a note key must be Ed25519, written as name+hash+key")]
    Key,
}

/// A key that notes are verified with, as `name+hash+base64`; known by its name and a hash over name and key.
#[derive(Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    kind: u8,
    key: PublicKey,
}

impl NoteKey {
    /// The key of a log, whose name is the log's origin.
    pub fn log(origin: &str, key: &PublicKey) -> Result<Self, NoteError> {
        Self::of(origin, ED25519, key)
    }

    /// The key of a witness, whose signatures say when (`c2sp.org/tlog-cosignature`).
    pub fn witness(name: &str, key: &PublicKey) -> Result<Self, NoteError> {
        Self::of(name, COSIGNATURE, key)
    }

    fn of(name: &str, kind: u8, key: &PublicKey) -> Result<Self, NoteError> {
        if !is_name(name) {
            return Err(NoteError::Name);
        }
        if key.algorithm() != crate::Algorithm::Ed25519 {
            return Err(NoteError::Key);
        }
        Ok(Self { name: name.into(), kind, key: key.clone() })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether its signatures carry a time.
    pub(super) fn is_witness(&self) -> bool {
        self.kind == COSIGNATURE
    }

    /// The first four bytes of SHA-256(name || newline || type || key).
    pub(super) fn hash(&self) -> [u8; 4] {
        let digest = Digest::of(&[self.name.as_bytes(), b"\n", &self.encoded()].concat());
        let [a, b, c, d, ..] = *digest.as_bytes();
        [a, b, c, d]
    }

    fn encoded(&self) -> Vec<u8> {
        [&[self.kind], self.key.as_bytes()].concat()
    }
}

impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex::encode(self.hash()), STANDARD.encode(self.encoded()))
    }
}

impl fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoteKey({self})")
    }
}

impl FromStr for NoteKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, rest) = text.split_once('+').ok_or(NoteError::Key)?;
        let (hash, encoded) = rest.split_once('+').ok_or(NoteError::Key)?;
        let encoded = STANDARD.decode(encoded).map_err(|_| NoteError::Key)?;
        let (kind, bytes) = encoded.split_first().ok_or(NoteError::Key)?;
        if ![ED25519, COSIGNATURE].contains(kind) {
            return Err(NoteError::Key);
        }
        let key = Self::of(name, *kind, &PublicKey::ed25519(bytes).map_err(|_| NoteError::Key)?)?;
        if hex::encode(key.hash()) == hash { Ok(key) } else { Err(NoteError::Key) }
    }
}

/// A note taken apart; nothing in it is believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// With its last newline.
    pub(super) text: String,
    pub(super) signatures: Vec<Line>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    name: String,
    hash: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    /// Adds a signature.
    pub(super) fn sign(&mut self, key: &NoteKey, signature: &[u8]) {
        self.signatures.push(Line {
            name: key.name.clone(),
            hash: key.hash(),
            signature: signature.to_vec(),
        });
    }

    /// The signatures that claim to be of this key. Others are none of our business.
    pub(super) fn of<'n>(&'n self, key: &NoteKey) -> impl Iterator<Item = &'n [u8]> {
        let (name, hash) = (key.name.clone(), key.hash());
        let own = move |line: &&Line| line.name == name && line.hash == hash;
        self.signatures.iter().filter(own).map(|line| &line.signature[..])
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE {
            return Err(NoteError::TooLong);
        }
        if note.chars().any(|c| c.is_ascii_control() && c != '\n') {
            return Err(NoteError::Form);
        }
        let (body, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::Form)?;
        let signatures: Vec<_> = lines
            .split('\n')
            .take(MAX_SIGNATURES + 1)
            .map(line)
            .collect::<Option<_>>()
            .ok_or(NoteError::Form)?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::TooLong);
        }
        Ok(Self { text: format!("{body}\n"), signatures })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.signatures {
            let signature = [&line.hash[..], &line.signature].concat();
            writeln!(f, "{DASH}{} {}", line.name, STANDARD.encode(signature))?;
        }
        Ok(())
    }
}

fn line(line: &str) -> Option<Line> {
    let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
    let signature = STANDARD.decode(signature).ok()?;
    let (hash, signature) = signature.split_first_chunk::<4>()?;
    let whole = is_name(name) && !signature.is_empty();
    whole.then(|| Line { name: name.into(), hash: *hash, signature: signature.to_vec() })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in the documentation of Go's `golang.org/x/mod/sumdb/note`.
    #[test]
    fn a_note_that_go_signed_verifies() {
        let key: NoteKey =
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".parse().expect("a key");
        let text = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\
                    \n\
                    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let note: Note = text.parse().expect("a note");
        assert_eq!(note.to_string(), text);
        let signatures: Vec<_> = note.of(&key).collect();
        assert_eq!(signatures.len(), 1);
        assert!(key.public_key().verifies(note.text.as_bytes(), signatures[0]));
    }
}
