use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::elements::{Encoded, Mdl, encode};
use super::issuer_signed::Parts;
use super::mso::{self, Digests, TAG_ENCODED};
use super::time::is_writable;
use super::{DOC_TYPE, IssuerSigned, MdlError, NAMESPACE, NAMESPACE_CN, must};
use crate::cbor::Writer;
use crate::cose::to_be_signed;
use crate::key_set::{base64url, from_base64url};
use crate::sealing::{SealError, fitting, sign_prepared};
use crate::verify::day_in_china;
use crate::x509::Certificate;
use crate::{Algorithm, Digest, KeyId, PublicKey, Signature, Signer, StatusReference};

/// COSE header `alg` (RFC 9052 3.1).
pub(super) const ALG: i64 = 1;

/// COSE header `x5chain` (RFC 9360 2).
pub(super) const X5CHAIN: i64 = 33;

/// For whom, by whom and for how long an mdoc is issued.
#[derive(Debug, Clone, Copy)]
pub struct Issuance<'a> {
    /// The document signer's certificate; its root may follow, though ISO/IEC 18013-5 leaves it out.
    pub chain: &'a [Certificate],
    /// The holder's public key: only who has its private half can present the mdoc. The format demands one.
    pub device_key: &'a PublicKey,
    /// When it was signed and how long it is good.
    pub validity: MsoValidity,
    /// Where its status is published, if it is.
    pub status: Option<&'a StatusReference>,
}

/// `validityInfo`, in Unix seconds. `valid_until` is the technical end of this mdoc, not of the licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MsoValidity {
    /// When it was signed.
    pub signed: i64,
    /// First second; not before `signed`.
    pub valid_from: i64,
    /// Last second; not after the signer's certificate nor the licence's last day (in China).
    pub valid_until: i64,
    /// When the holder may expect the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_update: Option<i64>,
}

/// Fixes the bytes to be signed. Pure: the same arguments give the same bytes.
///
/// `random` must be fresh for each mdoc and unpredictable. The salts of the elements and the order of their digest
/// ids follow from it; whoever knows it can guess elements that were not disclosed, so forget it.
pub fn prepare(mdl: &Mdl<'_>, issuance: &Issuance<'_>, random: &[u8; 32]) -> Result<Prepared, MdlError> {
    let signer = check(mdl, issuance)?;
    let mut stream = Stream { secret: random, block: 0 };
    let [international, domestic] = encode(mdl, signer.subject())?;
    let spaces = [(NAMESPACE, international), (NAMESPACE_CN, domestic)];

    let mut w = Writer::with_capacity(mdl.portrait.len() + 8_192);
    let mut digests = Vec::with_capacity(spaces.len());
    w.map(2).text("nameSpaces").map(spaces.len() as u64);
    for (namespace, elements) in &spaces {
        w.text(namespace).array(elements.len() as u64);
        let mut of_ids = vec![Digest::from_bytes([0; 32]); elements.len()];
        for (element, id) in elements.iter().zip(stream.permutation(elements.len())) {
            let start = w.written().len();
            write_item(&mut w, element, id, &stream.next());
            of_ids[id] = Digest::of(&w.written()[start..]);
        }
        digests.push(Digests { namespace, digests: of_ids });
    }
    let payload = mso::write(DOC_TYPE, &digests, issuance.device_key, &issuance.validity, issuance.status);

    let algorithm = signer.key().algorithm();
    let protected = protected_header(algorithm);
    w.text("issuerAuth").array(4).bytes(&protected);
    w.map(1).int(X5CHAIN);
    if issuance.chain.len() > 1 {
        w.array(issuance.chain.len() as u64);
    }
    for certificate in issuance.chain {
        w.bytes(certificate.as_der());
    }
    w.bytes(&payload);
    Ok(Prepared::of(algorithm, signer.key().key_id(), w.finish(), to_be_signed(&protected, &payload)))
}

/// Puts the signature to what was signed.
///
/// Only the signature's length is checked; whether it verifies is for [`super::verify()`].
pub fn seal(prepared: &Prepared, signature: &Signature) -> Result<IssuerSigned, SealError> {
    Ok(IssuerSigned::of(prepared.with_signature(fitting(signature, prepared.algorithm)?)))
}

/// The protected header of a signature by such a key; it holds nothing else.
pub(super) fn protected_header(algorithm: Algorithm) -> Vec<u8> {
    let mut w = Writer::with_capacity(4);
    w.map(1).int(ALG).int(algorithm.cose());
    w.finish()
}

/// An mdoc whose bytes are fixed, before it is signed.
///
/// As [`crate::Prepared`]: store it (serde) with the order and sign what was stored; what was altered does not
/// load. It holds personal data and belongs into the vault. Its [`digest`](Self::digest) does not: 32 random
/// bytes are in every element's digest, so it can be journaled.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct Prepared {
    algorithm: Algorithm,
    key_id: KeyId,
    /// The issuer-signed structure up to its last member, the signature.
    body: Vec<u8>,
    to_be_signed: Vec<u8>,
    digest: Digest,
}

impl Prepared {
    fn of(algorithm: Algorithm, key_id: KeyId, body: Vec<u8>, to_be_signed: Vec<u8>) -> Self {
        Self { algorithm, key_id, digest: Digest::of(&to_be_signed), body, to_be_signed }
    }

    /// The algorithm it must be signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key it must be signed with: the one in the document signer's certificate.
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The message to sign: the COSE `Sig_structure`.
    pub fn to_be_signed(&self) -> &[u8] {
        &self.to_be_signed
    }

    /// SHA-256 of [`to_be_signed`](Self::to_be_signed), and through it of every element.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Signs and seals. Refuses a signer with another key than the prepared one.
    pub fn sign(&self, signer: &(impl Signer + ?Sized)) -> Result<IssuerSigned, SealError> {
        seal(self, &sign_prepared(signer, &self.key_id, self.algorithm, &self.to_be_signed)?)
    }

    fn with_signature(&self, signature: &[u8]) -> Vec<u8> {
        let mut w = Writer::with_capacity(self.body.len() + signature.len() + 4);
        w.raw(&self.body).bytes(signature);
        w.finish()
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared")
            .field("key_id", &self.key_id)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// The whole with an empty signature, and what must follow from it again.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    unsigned: String,
    unsigned_digest: Digest,
    digest: Digest,
}

impl From<Prepared> for Stored {
    fn from(prepared: Prepared) -> Self {
        let unsigned = prepared.with_signature(&[]);
        let unsigned_digest = Digest::of(&unsigned);
        Self { unsigned: base64url(&unsigned), unsigned_digest, digest: prepared.digest }
    }
}

impl TryFrom<Stored> for Prepared {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        const ALTERED: &str =
            "a prepared mdoc does not match its own digest: it was altered after it was stored";
        let unsigned = from_base64url(&stored.unsigned).ok_or("a prepared mdoc's bytes are base64url")?;
        if Digest::of(&unsigned) != stored.unsigned_digest {
            return Err(ALTERED);
        }
        let parts = Parts::read(&unsigned).map_err(|_| "a prepared mdoc is an issuer-signed structure")?;
        let signer = parts.chain.first().and_then(|der| Certificate::from_der(der).ok());
        let key = signer.as_ref().map(Certificate::key).ok_or("a prepared mdoc names its signer")?;
        let (algorithm, message) = (key.algorithm(), to_be_signed(parts.protected, parts.payload));
        let mso = mso::Mso::read(parts.payload).map_err(|_| ALTERED)?;
        let same = parts.algorithm == algorithm.cose()
            && parts.signature.is_empty()
            && Digest::of(&message) == stored.digest
            && parts.unknown_item(&mso).is_none();
        if !same {
            return Err(ALTERED);
        }
        // The empty signature is the one byte at the end.
        let body = unsigned[..unsigned.len() - 1].to_vec();
        Ok(Self::of(algorithm, key.key_id(), body, message))
    }
}

/// Whether this can be issued; the document signer if so.
fn check<'a>(mdl: &Mdl<'_>, issuance: &Issuance<'a>) -> Result<&'a Certificate, MdlError> {
    let Issuance { chain, device_key, validity, status } = *issuance;
    let signer = chain.first().filter(|signer| signer.is_document_signer() && chain.len() <= 2);
    let signer = signer.ok_or(MdlError::Refused {
        field: "chain",
        rule: "must be a document signer's certificate, at most followed by its root",
    })?;
    must(
        chain.get(1).is_none_or(|root| root.is_root() && signer.is_issued_by(root)),
        "chain",
        "must hold the root that issued the document signer, or no root",
    )?;
    must(device_key != signer.key(), "device_key", "must be the holder's, not the issuer's own")?;
    let MsoValidity { signed, valid_from, valid_until, expected_update } = validity;
    let times = [signed, valid_from, valid_until, expected_update.unwrap_or(signed)];
    must(times.into_iter().all(is_writable), "validity", "must lie in the years 0 to 9999")?;
    must(
        signed <= valid_from && valid_from < valid_until,
        "validity",
        "must begin when it is signed or later, and end after it begins",
    )?;
    must(
        expected_update.is_none_or(|at| (signed..=valid_until).contains(&at)),
        "expected_update",
        "must be between signing and the end",
    )?;
    let outer = signer.validity();
    must(
        outer.contains(signed) && outer.contains(valid_until),
        "validity",
        "must lie within the document signer's certificate: renew the certificate, or end earlier",
    )?;
    let last = mdl.content.valid_until.unwrap_or(mdl.technical_end);
    must(
        day_in_china(valid_until).is_some_and(|day| day <= last),
        "validity",
        "must end with the licence's last day (or its technical end) at the latest",
    )?;
    must(status.is_none_or(StatusReference::is_plain), "status", StatusReference::RULE)?;
    Ok(signer)
}

/// `IssuerSignedItemBytes` (ISO/IEC 18013-5 8.3.2.1.2.2).
fn write_item(w: &mut Writer, element: &Encoded, id: usize, random: &[u8; 32]) {
    let mut item = Writer::with_capacity(element.value.len() + 128);
    item.map(4).text("digestID").int(id as i64).text("random").bytes(random);
    item.text("elementIdentifier").text(&element.identifier).text("elementValue").raw(&element.value);
    w.tag(TAG_ENCODED).bytes(item.written());
}

/// As many unpredictable blocks as are asked for, out of one secret.
struct Stream<'a> {
    secret: &'a [u8; 32],
    block: u32,
}

impl Stream<'_> {
    fn next(&mut self) -> [u8; 32] {
        self.block += 1;
        Sha256::new()
            .chain_update(b"sealwright mdoc salt 1")
            .chain_update(self.secret)
            .chain_update(self.block.to_be_bytes())
            .finalize()
            .into()
    }

    /// 0..length in an order that says nothing about which element has which id (Fisher-Yates).
    fn permutation(&mut self, length: usize) -> Vec<usize> {
        let mut ids: Vec<usize> = (0..length).collect();
        for last in (1..length).rev() {
            let block = self.next();
            // 64 bits for a choice among a few dozen: the bias is beyond measure.
            let number = block[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            ids.swap(last, (number % (last as u64 + 1)) as usize);
        }
        ids
    }
}
