//! The holder's part of a presentation: a signature by the key that the issuer signed for (ISO/IEC 18013-5 9.1.3).

use super::issue::protected_header;
use super::issuer_signed::{IssuerSigned, read_algorithm};
use super::limits::MAX_DOCUMENT;
use super::mso::{TAG_ENCODED, encoded, entries, must};
use super::{DOC_TYPE, Report, verify};
use crate::cbor::{CborError, Reader, Token, Writer};
use crate::cose::to_be_signed;
use crate::verify::Checks;
use crate::x509::Certificate;
use crate::{Algorithm, Check, PublicKey, Signature, Standing, Verdict};

/// The device signs no elements of its own: an empty map.
const NO_ELEMENTS: &[u8] = &[0xA0];

/// The holder's signature over one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSignature {
    /// The algorithm of the holder's key.
    pub algorithm: Algorithm,
    /// The signature over [`device_authentication`].
    pub signature: Signature,
}

/// Why there is no device authentication or response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The session transcript is not one CBOR array.
    #[error("the session transcript must be one CBOR array (SessionTranscript of ISO/IEC 18013-5 9.1.5.1)")]
    SessionTranscript,
}

/// The message that the holder's key signs in a session: the COSE `Sig_structure` over
/// `DeviceAuthenticationBytes` for a licence, without elements of the device's own.
///
/// `session_transcript` is the encoded `SessionTranscript`; both sides compute it for themselves.
pub fn device_authentication(
    session_transcript: &[u8],
    algorithm: Algorithm,
) -> Result<Vec<u8>, DeviceError> {
    let payload = authentication_bytes(session_transcript).ok_or(DeviceError::SessionTranscript)?;
    Ok(to_be_signed(&protected_header(algorithm), &payload))
}

/// What a wallet sends: a `DeviceResponse` of one document.
pub fn device_response(document: &IssuerSigned, device: &DeviceSignature) -> Vec<u8> {
    let mut w = Writer::with_capacity(document.as_bytes().len() + 256);
    w.map(3).text("version").text("1.0").text("documents").array(1);
    w.map(3).text("docType").text(DOC_TYPE).text("issuerSigned").raw(document.as_bytes());
    w.text("deviceSigned").map(2).text("nameSpaces").tag(TAG_ENCODED).bytes(NO_ELEMENTS);
    w.text("deviceAuth").map(1).text("deviceSignature").array(4);
    // Null: the payload is what both sides compute.
    w.bytes(&protected_header(device.algorithm)).map(0).null().bytes(device.signature.as_bytes());
    w.text("status").int(0);
    w.finish()
}

/// Verifies a `DeviceResponse` of one licence: everything that [`verify()`] does, and that the holder's key signed
/// this session. A MAC in place of the signature, and elements that the device signed itself, are refused.
pub fn verify_device(
    response: &[u8],
    session_transcript: &[u8],
    roots: &[Certificate],
    at: i64,
    standing: Option<Standing>,
) -> Report {
    let mut checks = Checks::default();
    let opened = match (response.len() <= MAX_DOCUMENT).then(|| open(response)) {
        Some(Ok(opened)) => opened,
        _ => {
            let detail = "the bytes are no DeviceResponse of one licence, signed by its device";
            let verdict = checks.fail("form", Verdict::Invalid, detail);
            return Report { verdict, checks: checks.done, document: None };
        }
    };
    let mut report = verify(opened.issuer_signed, roots, at, standing);
    let Some(document) = &report.document else { return report };
    let passed = document.device_key.as_ref().is_some_and(|key| opened.is_signed_by(key, session_transcript));
    let detail = if passed {
        "the holder's key signed this session"
    } else {
        "the holder's key did not sign this session: a copy, or a message of another session"
    };
    report.checks.push(Check { name: "device", passed: Some(passed), detail: detail.into() });
    if !passed {
        report.verdict = report.verdict.max(Verdict::Invalid);
        report.document = None;
    }
    report
}

struct Opened<'a> {
    issuer_signed: &'a [u8],
    protected: &'a [u8],
    signature: &'a [u8],
}

impl Opened<'_> {
    fn is_signed_by(&self, key: &PublicKey, session_transcript: &[u8]) -> bool {
        let Some(payload) = authentication_bytes(session_transcript) else { return false };
        read_algorithm(self.protected) == Ok(key.algorithm().cose())
            && key.verifies_either_s(&to_be_signed(self.protected, &payload), self.signature)
    }
}

fn authentication_bytes(session_transcript: &[u8]) -> Option<Vec<u8>> {
    let mut r = Reader::new(session_transcript);
    let whole =
        r.item().ok()?.len() == session_transcript.len() && Reader::new(session_transcript).array().is_ok();
    whole.then_some(())?;
    let mut inner = Writer::with_capacity(session_transcript.len() + 64);
    inner.array(4).text("DeviceAuthentication").raw(session_transcript).text(DOC_TYPE);
    inner.tag(TAG_ENCODED).bytes(NO_ELEMENTS);
    let inner = inner.finish();
    let mut w = Writer::with_capacity(inner.len() + 8);
    w.tag(TAG_ENCODED).bytes(&inner);
    Some(w.finish())
}

fn open(response: &[u8]) -> Result<Opened<'_>, CborError> {
    let mut r = Reader::new(response);
    let (mut version, mut document, mut status) = (None, None, None);
    for _ in 0..entries(r.map()?)? {
        let twice = match r.text()? {
            "version" => version.replace(r.text()?).is_some(),
            "documents" => {
                must(r.array()? == 1)?;
                document.replace(r.item()?).is_some()
            }
            "status" => status.replace(r.int()?).is_some(),
            _ => true,
        };
        must(!twice)?;
    }
    must(r.left() == 0 && version == Some("1.0") && status == Some(0))?;

    let mut r = Reader::new(document.ok_or(CborError::WrongType)?);
    let (mut doc_type, mut issuer_signed, mut device_signed) = (None, None, None);
    for _ in 0..entries(r.map()?)? {
        let twice = match r.text()? {
            "docType" => doc_type.replace(r.text()?).is_some(),
            "issuerSigned" => issuer_signed.replace(r.item()?).is_some(),
            "deviceSigned" => device_signed.replace(r.item()?).is_some(),
            _ => true,
        };
        must(!twice)?;
    }
    must(doc_type == Some(DOC_TYPE))?;
    let (protected, signature) = open_device_signed(device_signed.ok_or(CborError::WrongType)?)?;
    Ok(Opened { issuer_signed: issuer_signed.ok_or(CborError::WrongType)?, protected, signature })
}

fn open_device_signed(device_signed: &[u8]) -> Result<(&[u8], &[u8]), CborError> {
    let mut r = Reader::new(device_signed);
    let (mut elements, mut signature) = (None, None);
    for _ in 0..entries(r.map()?)? {
        let twice = match r.text()? {
            "nameSpaces" => elements.replace(encoded(r.item()?)?).is_some(),
            "deviceAuth" => {
                must(r.map()? == 1 && r.text()? == "deviceSignature" && r.array()? == 4)?;
                let protected = r.bytes()?;
                must(r.map()? == 0 && r.token()? == Token::Null)?;
                signature.replace((protected, r.bytes()?)).is_some()
            }
            _ => true,
        };
        must(!twice)?;
    }
    must(elements == Some(NO_ELEMENTS))?;
    signature.ok_or(CborError::WrongType)
}
