use crate::{Digest, KeyId};

/// Shows that something was signed already at some time, where its key can no longer be believed about that: the
/// proof that a transparency log had it then, say.
pub trait Evidence {
    /// Unix seconds at which this was signed for certain, the earliest that can be shown; `None` if nothing shows
    /// it. Never the time that the credential itself claims: a thief of the key writes there what they like.
    fn seen_at(&self, signed: &Signed<'_>) -> Option<i64>;
}

/// What must be shown to have been signed. Its signature is checked by whoever asks.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The key that is said to have signed.
    pub key_id: &'a KeyId,
    /// SHA-256 of the message that was signed; [`crate::Prepared::digest`] when it was issued.
    pub digest: &'a Digest,
    /// The signature.
    pub signature: &'a [u8],
}

/// Nothing to show.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoEvidence;

impl Evidence for NoEvidence {
    fn seen_at(&self, _: &Signed<'_>) -> Option<i64> {
        None
    }
}
