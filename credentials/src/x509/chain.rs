use super::{Certificate, CertificateError};

/// Why a chain is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// One of its certificates does not read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Not one document signer, perhaps followed by its root.
    #[error("the chain must be one document signer, at most followed by its root")]
    Length,
    /// No trusted root issued it.
    #[error("no trusted root issued the document signer: check the list of roots")]
    Untrusted,
    /// The first certificate may not sign documents.
    #[error("the certificate may not sign documents: its key usages are not those of a document signer")]
    Usage,
    /// Another country or state than the root's.
    #[error("the document signer's country or state is not its root's")]
    Jurisdiction,
    /// The document signer is not good at this time.
    #[error("the document signer's certificate is not valid at this time")]
    SignerTime,
    /// The root is not good at this time.
    #[error("the root certificate is not valid at this time")]
    RootTime,
}

/// Checks a chain as it stands in an mdoc, DER each, against the `roots` that the caller trusts, at `at` (Unix
/// seconds). Answers the document signer.
///
/// ISO/IEC 18013-5 leaves the root out of the chain; one that is there must be a trusted root byte for byte. A
/// certificate in `roots` that is no root of its own signature trusts nobody.
pub fn check_chain(chain: &[&[u8]], roots: &[Certificate], at: i64) -> Result<Certificate, ChainError> {
    let (signer, extra) = match chain {
        [signer] => (signer, None),
        [signer, root] => (signer, Some(root)),
        _ => return Err(ChainError::Length),
    };
    let signer = Certificate::from_der(signer)?;
    if extra.is_some_and(|extra| !roots.iter().any(|root| root.as_der() == *extra)) {
        return Err(ChainError::Untrusted);
    }
    if !signer.is_document_signer() {
        return Err(ChainError::Usage);
    }
    let mut issuers = roots.iter().filter(|root| root.is_root() && signer.is_issued_by(root)).peekable();
    // A renewed root has the key of the one before: either may be the one that is valid now.
    let first = *issuers.peek().ok_or(ChainError::Untrusted)?;
    let root = issuers.find(|root| root.validity().contains(at)).unwrap_or(first);
    let (own, of) = (signer.subject(), root.subject());
    if own.country != of.country || (of.state.is_some() && own.state != of.state) {
        return Err(ChainError::Jurisdiction);
    }
    if !root.validity().contains(at) {
        return Err(ChainError::RootTime);
    }
    if !signer.validity().contains(at) {
        return Err(ChainError::SignerTime);
    }
    Ok(signer)
}
