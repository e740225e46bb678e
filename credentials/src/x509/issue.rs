use sha1::{Digest as _, Sha1};
use x509_cert::der::asn1::{Any, BitString, Ia5String, OctetString};
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{DateTime, Encode, Tag, TagNumber};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::crl::dp::DistributionPoint;
use x509_cert::ext::pkix::name::{DistributionPointName, GeneralName};
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, CrlDistributionPoints, ExtendedKeyUsage, IssuerAltName,
    KeyUsage, KeyUsages, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Time;

use super::der::{key_info, sequence, signature_algorithm, signature_to_der};
use super::{Certificate, DOCUMENT_SIGNER, Subject, SubjectError};
use crate::{Algorithm, PublicKey, SignError, Signer};

/// The longest life of a root: 20 years (ISO/IEC 18013-5 B.1.2), in seconds.
pub const MAX_ROOT_S: i64 = 7_305 * 86_400;

/// The longest life of a document signer: 457 days (ISO/IEC 18013-5 B.1.4), in seconds.
pub const MAX_DOCUMENT_SIGNER_S: i64 = 457 * 86_400;

/// 9999-12-31T23:59:59Z, the last moment DER can name.
const LATEST: i64 = 253_402_300_799;

/// When a certificate is good, in Unix seconds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First second.
    pub not_before: i64,
    /// Last second.
    pub not_after: i64,
}

impl Validity {
    /// Whether `at` is within it.
    pub fn contains(&self, at: i64) -> bool {
        (self.not_before..=self.not_after).contains(&at)
    }
}

/// What a certificate is to say beside its key.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Whom it names.
    pub subject: &'a Subject,
    /// From when to when it is good.
    pub validity: Validity,
    /// How to reach the root's authority: a URI or an e-mail address (issuer alternative name).
    pub contact: &'a str,
    /// The `http` or `https` URL of the root's revocation list.
    pub crl: &'a str,
}

/// Why no certificate was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// The subject breaks a rule.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// Empty, outside the years 1970 to 9999, too long, or not within the root's.
    #[error("the validity must lie in 1970 to 9999, {0}")]
    Validity(&'static str),
    /// Not ASCII, too long, or of no kind that verifiers read.
    #[error("{field} must be {wanted}, at most 255 ASCII characters")]
    Address {
        /// The field of [`Terms`].
        field: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// A root must be P-256: verifiers refuse others (ISO/IEC 18013-5 B.1.2).
    #[error("a root must have a P-256 key (ES256): verifiers refuse others")]
    RootAlgorithm,
    /// The certificate offered as issuer is no root, or the signer does not hold its key.
    #[error("the issuer must be a root certificate, and the signer must hold its key")]
    Issuer,
    /// Another country or state than the root's.
    #[error("a document signer must be of its root's country, and of its state if the root names one")]
    Jurisdiction,
    /// The encoder refused; the fields were checked, so this is not expected.
    #[error("the certificate could not be encoded")]
    Encoding,
    /// The signer made no signature, or none of its algorithm.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Makes a root (IACA) whose key is `signer`'s, signed by itself.
///
/// `random` must be fresh and unpredictable: 126 bits of it become the serial number. Pure but for the signer:
/// the same arguments give the same certificate if it is deterministic.
pub fn make_root(
    terms: &Terms<'_>,
    random: [u8; 16],
    signer: &dyn Signer,
) -> Result<Certificate, IssueError> {
    if signer.algorithm() == Algorithm::Ed25519 {
        return Err(IssueError::RootAlgorithm);
    }
    check(terms, MAX_ROOT_S)?;
    let key_id = key_identifier(signer.public_key());
    let subject = terms.subject.to_name().map_err(|_| IssueError::Encoding)?;
    let extensions = (|| {
        Ok(vec![
            extension(false, &SubjectKeyIdentifier(OctetString::new(key_id)?))?,
            extension(true, &KeyUsage(KeyUsages::KeyCertSign | KeyUsages::CRLSign))?,
            extension(false, &IssuerAltName(vec![contact(terms.contact)?]))?,
            extension(true, &BasicConstraints { ca: true, path_len_constraint: Some(0) })?,
            extension(false, &revocation(terms.crl)?)?,
        ])
    })();
    sign(terms, random, &subject, &subject, signer.public_key(), extensions, signer)
}

/// Makes a document signer's certificate for `key`, signed by `root`'s key.
///
/// `random` as in [`make_root`]. The validity must lie within the root's and be at most 457 days.
pub fn make_document_signer(
    terms: &Terms<'_>,
    key: &PublicKey,
    random: [u8; 16],
    root: &Certificate,
    root_signer: &dyn Signer,
) -> Result<Certificate, IssueError> {
    if !root.is_root() || root_signer.public_key() != root.key() || key == root.key() {
        return Err(IssueError::Issuer);
    }
    check(terms, MAX_DOCUMENT_SIGNER_S)?;
    let (own, outer) = (terms.validity, root.validity());
    if own.not_before < outer.not_before || own.not_after > outer.not_after {
        return Err(IssueError::Validity("and within the root's"));
    }
    let of = root.subject();
    if terms.subject.country != of.country || (of.state.is_some() && terms.subject.state != of.state) {
        return Err(IssueError::Jurisdiction);
    }
    let subject = terms.subject.to_name().map_err(|_| IssueError::Encoding)?;
    let extensions = (|| {
        let authority = AuthorityKeyIdentifier {
            key_identifier: Some(OctetString::new(key_identifier(root.key()))?),
            ..Default::default()
        };
        Ok(vec![
            extension(false, &authority)?,
            extension(false, &SubjectKeyIdentifier(OctetString::new(key_identifier(key))?))?,
            extension(true, &KeyUsage(KeyUsages::DigitalSignature.into()))?,
            extension(false, &IssuerAltName(vec![contact(terms.contact)?]))?,
            extension(true, &ExtendedKeyUsage(vec![ObjectIdentifier::new_unwrap(DOCUMENT_SIGNER)]))?,
            extension(false, &revocation(terms.crl)?)?,
        ])
    })();
    sign(terms, random, root.tbs().subject(), &subject, key, extensions, root_signer)
}

fn check(terms: &Terms<'_>, longest: i64) -> Result<(), IssueError> {
    terms.subject.check()?;
    let Validity { not_before, not_after } = terms.validity;
    if !(0..=LATEST).contains(&not_before) || not_after > LATEST || not_after <= not_before {
        return Err(IssueError::Validity("and end after it begins"));
    }
    // Both ends count.
    if not_after - not_before >= longest {
        return Err(IssueError::Validity("and last at most 20 years (root) or 457 days (document signer)"));
    }
    let printable = |text: &str| text.len() <= 255 && text.bytes().all(|b| b.is_ascii_graphic());
    if !printable(terms.contact) || !(is_url(terms.contact) || is_email(terms.contact)) {
        return Err(IssueError::Address { field: "contact", wanted: "a URL or an e-mail address" });
    }
    if !printable(terms.crl) || !is_url(terms.crl) {
        return Err(IssueError::Address { field: "crl", wanted: "an http or https URL" });
    }
    Ok(())
}

fn is_url(text: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
}

fn is_email(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'))
}

/// SHA-1 of the key's bytes (RFC 5280 4.2.1.2): a name that others compute alike; nothing rests on its strength.
fn key_identifier(key: &PublicKey) -> Vec<u8> {
    Sha1::digest(key.as_bytes()).to_vec()
}

fn contact(text: &str) -> Result<GeneralName, x509_cert::der::Error> {
    let address = Ia5String::new(text)?;
    Ok(if is_url(text) {
        GeneralName::UniformResourceIdentifier(address)
    } else {
        GeneralName::Rfc822Name(address)
    })
}

fn revocation(url: &str) -> Result<CrlDistributionPoints, x509_cert::der::Error> {
    let name = GeneralName::UniformResourceIdentifier(Ia5String::new(url)?);
    let distribution_point = Some(DistributionPointName::FullName(vec![name]));
    Ok(CrlDistributionPoints(vec![DistributionPoint { distribution_point, reasons: None, crl_issuer: None }]))
}

fn extension<T: AssociatedOid + Encode>(
    critical: bool,
    value: &T,
) -> Result<Extension, x509_cert::der::Error> {
    Ok(Extension { extn_id: T::OID, critical, extn_value: OctetString::new(value.to_der()?)? })
}

fn sign(
    terms: &Terms<'_>,
    random: [u8; 16],
    issuer: &Name,
    subject: &Name,
    key: &PublicKey,
    extensions: Result<Vec<Extension>, x509_cert::der::Error>,
    signer: &dyn Signer,
) -> Result<Certificate, IssueError> {
    let algorithm = signature_algorithm(signer.algorithm());
    let tbs = extensions
        .and_then(|extensions| to_be_signed(terms, random, issuer, subject, key, &extensions, signer))
        .map_err(|_| IssueError::Encoding)?;
    let signature = signer.sign(&tbs)?;
    let signature = signature_to_der(signer.algorithm(), signature.as_bytes())
        .ok_or_else(|| SignError::Unavailable("it made no signature of its algorithm".into()))?;
    let assemble = || {
        let signature = BitString::from_bytes(&signature)?.to_der()?;
        Any::new(Tag::Sequence, [tbs, algorithm.to_der()?, signature].concat())?.to_der()
    };
    let der = assemble().map_err(|_: x509_cert::der::Error| IssueError::Encoding)?;
    Certificate::from_der(&der).map_err(|_| IssueError::Encoding)
}

fn to_be_signed(
    terms: &Terms<'_>,
    mut random: [u8; 16],
    issuer: &Name,
    subject: &Name,
    key: &PublicKey,
    extensions: &[Extension],
    signer: &dyn Signer,
) -> Result<Vec<u8>, x509_cert::der::Error> {
    // Positive, never zero, and of one length.
    random[0] = random[0] & 0x3F | 0x40;
    let time = |seconds: i64| {
        let since = std::time::Duration::from_secs(seconds.unsigned_abs());
        Time::from(DateTime::from_unix_duration(since)?).to_der()
    };
    let explicit = |number, content: Vec<u8>| {
        Any::new(Tag::ContextSpecific { constructed: true, number: TagNumber(number) }, content)?.to_der()
    };
    let validity = [time(terms.validity.not_before)?, time(terms.validity.not_after)?].concat();
    let content = [
        explicit(0, vec![2, 1, 2])?, // version 3
        SerialNumber::<x509_cert::certificate::Rfc5280>::new(&random)?.to_der()?,
        signature_algorithm(signer.algorithm()).to_der()?,
        issuer.to_der()?,
        Any::new(Tag::Sequence, validity)?.to_der()?,
        subject.to_der()?,
        key_info(key)?.to_der()?,
        explicit(3, sequence(extensions)?)?,
    ];
    Any::new(Tag::Sequence, content.concat())?.to_der()
}
