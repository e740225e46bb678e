//! The X.509 certificates of ISO/IEC 18013-5 Annex B: a root (IACA) and the document signers it vouches for.
//!
//! The root is P-256 and signs certificates only; a document signer, Ed25519 or P-256, signs mdocs. Time and
//! randomness are arguments, so making and checking are pure. Reading is strict: DER with one spelling, bounded,
//! no critical extension that is not understood; whatever is not shown to be good is refused.
//!
//! What is not here: revocation lists. Fetch the one that [`Certificate::crl`] names before trusting a chain
//! for long, and keep document signers short-lived.

mod certificate;
mod der;
mod subject;

mod issue;
mod renew;

mod chain;

pub use certificate::{Certificate, CertificateError, MAX_CERTIFICATE};
pub use chain::{ChainError, check_chain};
pub use issue::{
    IssueError, MAX_DOCUMENT_SIGNER_S, MAX_ROOT_S, Terms, Validity, make_document_signer, make_root,
};
pub use renew::{renew_document_signer, renew_root};
pub use subject::{Subject, SubjectError};

/// Extended key usage of an mdoc document signer (ISO/IEC 18013-5 B.1.4).
pub const DOCUMENT_SIGNER: &str = "1.0.18013.5.1.2";
