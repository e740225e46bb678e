//! The keys and the time of the golden files, so that these are accepted.

use std::sync::LazyLock;

use sealwright_credentials::x509::Certificate;
use sealwright_credentials::{Ed25519Signer, Es256Signer, KeySet, KeyState, Signer as _};

/// 2026-11-22 12:00 in Beijing.
pub(super) const NOON: i64 = 1_795_320_000;

pub(super) const ISSUER: &str = "https://licences.example";

/// Signs every kind of credential here.
pub(super) static SIGNER: LazyLock<Ed25519Signer> = LazyLock::new(|| Ed25519Signer::from_seed(&[0x5E; 32]));

pub(super) static PRESENTER: LazyLock<Ed25519Signer> =
    LazyLock::new(|| Ed25519Signer::from_seed(&[0x30; 32]));

pub(super) static LOG: LazyLock<Ed25519Signer> = LazyLock::new(|| Ed25519Signer::from_seed(&[0x10; 32]));

pub(super) static WITNESS: LazyLock<Ed25519Signer> = LazyLock::new(|| Ed25519Signer::from_seed(&[0x21; 32]));

/// One of each algorithm.
pub(super) static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let es256 = Es256Signer::from_scalar(&[2; 32]).expect("in range");
    let keys = [SIGNER.public_key(), es256.public_key()];
    KeySet::of(keys.map(|key| (key.clone(), KeyState::Active)))
});

pub(super) static PRESENTERS: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::of([(PRESENTER.public_key().clone(), KeyState::Active)]));

pub(super) static ROOT: LazyLock<[Certificate; 1]> =
    LazyLock::new(|| [Certificate::from_pem(include_str!("../../it/golden/root.pem")).expect("golden")]);

/// Of [`SIGNER`]'s key.
pub(super) static DOCUMENT_SIGNER: LazyLock<Certificate> = LazyLock::new(|| {
    Certificate::from_pem(include_str!("../../it/golden/document-signer.pem")).expect("golden")
});

/// The bytes as text, which most decoders take.
pub(super) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
