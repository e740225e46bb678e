use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealwright_credentials::log::{Checkpoint, Entry, LogEvidence, LogTrust, NoteKey, SignedCheckpoint};
use sealwright_credentials::{Digest, Signer as _};

use super::fixed::{LOG, WITNESS, text as utf8};

const ORIGIN: &str = "licences.example/log";

fn trust() -> LogTrust {
    LogTrust {
        log: NoteKey::log(ORIGIN, LOG.public_key()).expect("a name"),
        witnesses: vec![NoteKey::witness("witness.example/w1", WITNESS.public_key()).expect("a name")],
        quorum: 1,
    }
}

/// Evidence of one credential.
pub(super) fn evidence(bytes: &[u8]) -> bool {
    let text = utf8(bytes);
    let Ok(evidence) = text.parse::<LogEvidence>() else { return false };
    assert_eq!(evidence.to_string(), text, "a second spelling");
    let _ = evidence.check(&evidence.entry.signed, &trust());
    assert!(evidence.check(&Digest::of(b"another credential"), &trust()).is_err());
    true
}

/// A checkpoint with its note, which may be signed already or is signed here.
pub(super) fn checkpoint(bytes: &[u8]) -> bool {
    let (text, trust) = (utf8(bytes), trust());
    let hash: String = trust.log.to_string().split('+').skip(1).take(1).collect();
    let signature = LOG.sign(text.as_bytes()).expect("signs");
    let line = [&hex::decode(hash).expect("hex")[..], signature.as_bytes()].concat();
    let signed = format!("{text}\n\u{2014} {ORIGIN} {}\n", STANDARD.encode(line));
    let opened = [text, &signed].map(|note| {
        let opened = SignedCheckpoint::open(note, &trust.log).ok()?;
        assert_eq!(opened.to_string(), note, "a second spelling");
        let _ = opened.witnessed_at(&trust);
        Some(opened)
    });
    let plain = text.parse::<Checkpoint>().is_ok();
    plain || opened.iter().any(Option::is_some)
}

/// A leaf.
pub(super) fn entry(bytes: &[u8]) -> bool {
    let Ok(entry) = Entry::from_bytes(bytes) else { return false };
    assert_eq!(entry.to_bytes(), bytes, "a second spelling");
    true
}

/// The key of a log or witness, as it stands in a configuration.
pub(super) fn key(bytes: &[u8]) -> bool {
    let text = utf8(bytes);
    let Ok(key) = text.parse::<NoteKey>() else { return false };
    assert_eq!(key.to_string(), text, "a second spelling");
    true
}
