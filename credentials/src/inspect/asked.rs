use std::sync::LazyLock;

use crate::log::Trusted;
use crate::presentation::Challenge;
use crate::sd_jwt::Binding;
use crate::x509::Certificate;
use crate::{KeySet, PublicKey, Standing};

/// What a verifier knows and wants. What is not said here is not trusted, and what it would have served for is
/// told as not consulted.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The issuer's document keys: of licence codes, SD-JWTs and status lists.
    pub keys: &'a KeySet,
    /// The issuer's presentation keys, of show codes.
    pub presenters: &'a KeySet,
    /// The roots of mdocs.
    pub roots: &'a [Certificate],
    /// Now, in Unix seconds.
    pub at: i64,
    /// What the authority says about the document now, where it was asked. A status list counts beside it.
    pub standing: Option<Standing>,
    /// Evidence that a document is older than its key's theft.
    pub evidence: Option<Trusted<'a>>,
    /// Status lists at hand, signed, as JWT or CWT: those that a credential may name.
    pub status_lists: &'a [Vec<u8>],
    /// Who issues; needed to believe a status list that an mdoc names, since mdocs name no issuer.
    pub issuer: Option<&'a str>,
    /// The type that an SD-JWT must have (`vct`). Without it any type is taken, and the report says which.
    pub vct: Option<&'a str>,
    /// What the holder of an SD-JWT has to prove.
    pub binding: Option<Binding<'a>>,
    /// The `SessionTranscript` of a device's response.
    pub session: Option<&'a [u8]>,
    /// The device key that a show code's credential is bound to.
    pub device: Option<&'a PublicKey>,
    /// What was given for a show code to answer.
    pub challenge: Option<&'a Challenge>,
    /// Whether the show code is used for the first time; `None` offline.
    pub first_use: Option<bool>,
}

static NO_KEYS: LazyLock<KeySet> = LazyLock::new(KeySet::default);

impl<'a> Asked<'a> {
    /// A verifier with these document keys at this time, and nothing more.
    pub fn of(keys: &'a KeySet, at: i64) -> Self {
        Self {
            keys,
            presenters: &NO_KEYS,
            roots: &[],
            at,
            standing: None,
            evidence: None,
            status_lists: &[],
            issuer: None,
            vct: None,
            binding: None,
            session: None,
            device: None,
            challenge: None,
            first_use: None,
        }
    }
}
