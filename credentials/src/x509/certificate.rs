use std::fmt;

use x509_cert::der::asn1::{Ia5String, OctetString};
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{Decode, DecodePem as _, Encode as _, EncodePem as _, pem::LineEnding};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, IssuerAltName,
    KeyUsage, SubjectKeyIdentifier,
};
use x509_cert::time::Time;
use x509_cert::{TbsCertificate, Version};

use super::der::{key, signature_algorithm, verifies};
use super::issue::Validity;
use super::{DOCUMENT_SIGNER, Subject};
use crate::PublicKey;

/// The most bytes of DER in one certificate that is read.
pub const MAX_CERTIFICATE: usize = 8 * 1024;

/// The most bytes of PEM: base64 takes a third more, and lines and labels a little.
const MAX_PEM: usize = 2 * MAX_CERTIFICATE;

/// A certificate that is well formed and understood in every part that matters, and no more than that: whether
/// it is to be believed is for [`super::check_chain`].
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    inner: x509_cert::Certificate,
    der: Vec<u8>,
    subject: Subject,
    key: PublicKey,
    extensions: Extensions,
    /// Found out once: a root is asked for each mdoc.
    is_own_issuer: bool,
}

/// Why bytes are no certificate of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Longer than any certificate of this kind.
    #[error("the certificate is longer than {MAX_CERTIFICATE} bytes")]
    TooLong,
    /// No PEM, or none labelled `CERTIFICATE`.
    #[error("not a PEM certificate: it must start with -----BEGIN CERTIFICATE-----")]
    Pem,
    /// Not X.509, or not its one DER spelling.
    #[error("not an X.509 certificate in DER")]
    Der,
    /// Not version 3.
    #[error("the certificate is not of version 3")]
    Version,
    /// The name lacks what ISO/IEC 18013-5 asks for, or has it twice.
    #[error("the certificate's names must have one country (C) and one common name (CN) each")]
    Name,
    /// A key that is neither Ed25519 nor P-256.
    #[error("the certificate's key is neither Ed25519 nor P-256")]
    Key,
    /// Signed with something else than Ed25519 or ECDSA with SHA-256 on P-256.
    #[error("the certificate is signed with an algorithm that is neither Ed25519 nor ECDSA with SHA-256")]
    Algorithm,
    /// An extension is there twice, malformed, or critical and unknown.
    #[error("the certificate's extension {0} is repeated, malformed, or critical and unknown")]
    Extension(String),
}

impl Certificate {
    /// Reads DER.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE {
            return Err(CertificateError::TooLong);
        }
        Self::of(x509_cert::Certificate::from_der(der).map_err(|_| CertificateError::Der)?, der.to_vec())
    }

    /// Reads one PEM block.
    pub fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        if pem.len() > MAX_PEM {
            return Err(CertificateError::TooLong);
        }
        let inner = x509_cert::Certificate::from_pem(pem.trim()).map_err(|_| CertificateError::Pem)?;
        let der = inner.to_der().map_err(|_| CertificateError::Der)?;
        Self::from_der(&der)
    }

    /// The DER bytes.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as a PEM block.
    pub fn to_pem(&self) -> String {
        self.inner.to_pem(LineEnding::LF).expect("what was read can be written")
    }

    /// Whom it names.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The key it vouches for.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// From when to when it is good.
    pub fn validity(&self) -> Validity {
        let seconds = |time: Time| time.to_unix_duration().as_secs() as i64;
        let validity = self.tbs().validity();
        Validity { not_before: seconds(validity.not_before), not_after: seconds(validity.not_after) }
    }

    /// The serial number, big endian.
    pub fn serial(&self) -> &[u8] {
        self.tbs().serial_number().as_bytes()
    }

    /// How to reach the issuer: a URI or an e-mail address.
    pub fn contact(&self) -> Option<&str> {
        self.extensions.contact.as_deref()
    }

    /// Where the issuer publishes what it has revoked.
    pub fn crl(&self) -> Option<&str> {
        self.extensions.crl.as_deref()
    }

    /// Whether it may sign certificates: a CA with that key usage, its own issuer, its own signature.
    pub fn is_root(&self) -> bool {
        let x = &self.extensions;
        x.authority && x.signs_certificates && self.is_own_issuer
    }

    /// Whether it may sign mdocs, and nothing more: no CA, and exactly that extended key usage, critical.
    pub fn is_document_signer(&self) -> bool {
        let x = &self.extensions;
        !x.authority && !x.signs_certificates && x.signs_data && x.signs_documents
    }

    /// Whether `issuer`'s name and key identifiers match and its key made the signature.
    pub fn is_issued_by(&self, issuer: &Self) -> bool {
        let (own, signed) = (&self.extensions, self.inner.signature_algorithm());
        let identified = own.authority_key_id.is_none()
            || issuer.extensions.key_id.is_none()
            || own.authority_key_id == issuer.extensions.key_id;
        if self.tbs().issuer() != issuer.tbs().subject()
            || !identified
            || *signed != signature_algorithm(issuer.key.algorithm())
        {
            return false;
        }
        let (Ok(message), Some(signature)) = (self.tbs().to_der(), self.inner.signature().as_bytes()) else {
            return false;
        };
        verifies(&issuer.key, &message, signature)
    }

    pub(super) fn tbs(&self) -> &TbsCertificate {
        self.inner.tbs_certificate()
    }

    fn of(inner: x509_cert::Certificate, der: Vec<u8>) -> Result<Self, CertificateError> {
        // One spelling: what the reader let pass in another one is refused here.
        if inner.to_der().as_deref() != Ok(&der) {
            return Err(CertificateError::Der);
        }
        let tbs = inner.tbs_certificate();
        let ids = (tbs.issuer_unique_id(), tbs.subject_unique_id());
        if tbs.version() != Version::V3 || ids != (&None, &None) {
            return Err(CertificateError::Version);
        }
        let known = crate::Algorithm::ALL.map(signature_algorithm);
        if tbs.signature() != inner.signature_algorithm() || !known.contains(tbs.signature()) {
            return Err(CertificateError::Algorithm);
        }
        Subject::of_name(tbs.issuer()).ok_or(CertificateError::Name)?;
        let subject = Subject::of_name(tbs.subject()).ok_or(CertificateError::Name)?;
        let key = key(tbs.subject_public_key_info()).ok_or(CertificateError::Key)?;
        let extensions = Extensions::read(tbs.extensions().map_or(&[], Vec::as_slice))?;
        let mut certificate = Self { subject, key, extensions, inner, der, is_own_issuer: false };
        certificate.is_own_issuer = certificate.is_issued_by(&certificate);
        Ok(certificate)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject)
            .field("serial", &hex::encode(self.serial()))
            .finish_non_exhaustive()
    }
}

/// What the extensions say, so far as it is acted upon.
#[derive(Clone, Default, PartialEq, Eq)]
struct Extensions {
    authority: bool,
    signs_certificates: bool,
    signs_data: bool,
    signs_documents: bool,
    key_id: Option<Vec<u8>>,
    authority_key_id: Option<Vec<u8>>,
    contact: Option<String>,
    crl: Option<String>,
}

impl Extensions {
    fn read(extensions: &[Extension]) -> Result<Self, CertificateError> {
        let mut read = Self::default();
        for (at, extension) in extensions.iter().enumerate() {
            let refused = || CertificateError::Extension(extension.extn_id.to_string());
            let twice = extensions[..at].iter().any(|earlier| earlier.extn_id == extension.extn_id);
            if twice || read.take(extension).is_none() {
                return Err(refused());
            }
        }
        Ok(read)
    }

    fn take(&mut self, extension: &Extension) -> Option<()> {
        let bytes = extension.extn_value.as_bytes();
        match extension.extn_id {
            BasicConstraints::OID => {
                let value: BasicConstraints = decode(bytes)?;
                // A root that others could sign roots with is no IACA (ISO/IEC 18013-5 B.1.2).
                (!value.ca || value.path_len_constraint == Some(0)).then_some(())?;
                self.authority = value.ca && extension.critical;
            }
            KeyUsage::OID => {
                let value: KeyUsage = decode(bytes)?;
                self.signs_certificates = value.key_cert_sign() && extension.critical;
                self.signs_data = value.digital_signature() && extension.critical;
            }
            ExtendedKeyUsage::OID => {
                let value: ExtendedKeyUsage = decode(bytes)?;
                let wanted = ObjectIdentifier::new_unwrap(DOCUMENT_SIGNER);
                self.signs_documents = value.0 == [wanted] && extension.critical;
            }
            SubjectKeyIdentifier::OID => {
                let value: SubjectKeyIdentifier = decode(bytes)?;
                self.key_id = Some(value.0.into_bytes().into());
            }
            AuthorityKeyIdentifier::OID => {
                let value: AuthorityKeyIdentifier = decode(bytes)?;
                self.authority_key_id = value.key_identifier.map(OctetString::into_bytes).map(Into::into);
            }
            IssuerAltName::OID => self.contact = decode::<IssuerAltName>(bytes)?.0.iter().find_map(address),
            CrlDistributionPoints::OID => {
                let value: CrlDistributionPoints = decode(bytes)?;
                self.crl = value.0.iter().find_map(|point| match point.distribution_point.as_ref()? {
                    DistributionPointName::FullName(names) => names.iter().find_map(address),
                    DistributionPointName::NameRelativeToCRLIssuer(_) => None,
                });
            }
            _ => (!extension.critical).then_some(())?,
        }
        Some(())
    }
}

fn decode<'a, T: Decode<'a>>(bytes: &'a [u8]) -> Option<T> {
    T::from_der(bytes).ok()
}

fn address(name: &GeneralName) -> Option<String> {
    let text: &Ia5String = match name {
        GeneralName::UniformResourceIdentifier(text) | GeneralName::Rfc822Name(text) => text,
        _ => return None,
    };
    Some(text.to_string())
}
