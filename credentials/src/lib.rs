//! Credential formats, signing and verification: bytes in, bytes out.
//!
//! A [`Content`] is what is signed about a licence. [`prepare`] fixes its bytes and their digest, so that the
//! digest can be journaled *before* anything is signed; a [`Signer`] signs those bytes; [`seal`] makes the
//! [`Code`], the text inside the QR. [`verify()`] answers what an inspector needs to know and fails closed.
//!
//! Nothing here reads a clock, a network or a database: time comes in as an argument. The one exception is
//! [`keys`], which reads and writes key files.
//!
//! ```
//! use sealwright_credentials::{Ed25519Signer, KeySet, KeyState, Signer, Verdict, prepare, verify};
//! # use sealwright_credentials::{Content, Date, Digest, Serial, Sex};
//! # let date = |y, m, d| Date::from_ymd_opt(y, m, d).expect("a date");
//! # let content = Content {
//! #     issuer: "https://licences.example".into(), licence_number: "11010519491231002X".into(),
//! #     expires: None, generated_at: 1_795_000_000, serial: Serial::from_random([7; 10]), version: 1,
//! #     name: "王小明".into(), sex: Sex::Male, birth_date: date(1949, 12, 31), nationality: "CHN".into(),
//! #     classes: "C1E".into(), valid_from: date(2021, 9, 1), valid_until: Some(date(2031, 9, 1)),
//! #     first_issue: date(1975, 5, 6), authority: "北京市公安局交通管理局".into(), archive_number: None,
//! #     address: "北京市朝阳区建国路1号".into(), record: None, photo_digest: Digest::of(b"photo"),
//! #     status_at_issue: "A".into(),
//! # };
//! let signer = Ed25519Signer::generate()?;
//! let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
//!
//! let prepared = prepare(&content, signer.key_id(), signer.algorithm())?;   // journal prepared.digest() ...
//! let code = prepared.sign(&signer)?;                                       // ... then sign
//!
//! let report = verify(code.as_str(), &keys, 1_795_000_060, None);
//! assert_eq!(report.verdict, Verdict::Valid);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// Lets unit tests share the samples of the integration tests.
#[cfg(test)]
extern crate self as sealwright_credentials;

pub mod content;

mod cbor;
mod content_cbor;
mod digest;
mod serial;

mod algorithm;
mod key_id;

mod cose_key;
mod jwk;
mod public_key;

pub mod signer;

mod key_state;

pub mod key_set;
pub mod keys;

mod sealing;

pub mod code;

mod cose;
mod zlib;

pub mod verify;

pub mod presentation;

pub mod status_list;

mod status_reference;

pub mod log;
pub mod sd_jwt;

pub mod barcode;
pub mod card;

pub mod x509;

pub mod mdoc;

pub mod inspect;

pub use algorithm::Algorithm;
pub use chrono::NaiveDate as Date;
pub use code::{Code, CodeError, Prepared, SealError, prepare, seal};
pub use content::{Content, ContentError, Sex};
pub use cose_key::NotACoseKey;
pub use digest::Digest;
pub use key_id::{KeyId, NotAKeyId};
pub use key_set::{ChangeRefused, KeySet, KeySetError, KeyState, Rotation, TransitionRefused};
pub use keys::{
    Certificates, Custody, KeyDirectory, KeyFileError, KeyRing, KeyWatch, Keychain, Reloaded, SealingKey,
};
pub use public_key::{NotAPublicKey, PublicKey};
pub use serial::Serial;
pub use signer::{Ed25519Signer, Es256Signer, MemorySigner, SignError, Signature, Signer};
pub use status_reference::StatusReference;
pub use verify::{Check, Evidence, NoEvidence, Report, Signed, Standing, Verdict, verify, verify_with};
