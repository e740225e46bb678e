use super::{Certificate, IssueError, Terms, Validity, make_document_signer, make_root};
use crate::Signer;

/// Makes a root for the same subject and key with another validity and serial. Certificates that the old one
/// signed chain to the new one too.
pub fn renew_root(
    old: &Certificate,
    validity: Validity,
    random: [u8; 16],
    signer: &dyn Signer,
) -> Result<Certificate, IssueError> {
    if !old.is_root() || signer.public_key() != old.key() {
        return Err(IssueError::Issuer);
    }
    make_root(&terms(old, validity), random, signer)
}

/// Makes a document signer's certificate for the same subject and key with another validity and serial, signed
/// by `root`, which may be another one than before.
pub fn renew_document_signer(
    old: &Certificate,
    validity: Validity,
    random: [u8; 16],
    root: &Certificate,
    root_signer: &dyn Signer,
) -> Result<Certificate, IssueError> {
    if !old.is_document_signer() {
        return Err(IssueError::Issuer);
    }
    make_document_signer(&terms(old, validity), old.key(), random, root, root_signer)
}

fn terms(old: &Certificate, validity: Validity) -> Terms<'_> {
    // Without them the checks of making one refuse.
    let (contact, crl) = (old.contact().unwrap_or_default(), old.crl().unwrap_or_default());
    Terms { subject: old.subject(), validity, contact, crl }
}
