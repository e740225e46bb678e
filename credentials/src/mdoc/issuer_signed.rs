use std::fmt;

use super::issue::{ALG, X5CHAIN};
use super::limits::{MAX_CHAIN, MAX_DOCUMENT, MIN_RANDOM};
use super::mso::{Mso, SHA_256, encoded, entries, must};
use crate::Digest;
use crate::cbor::{CborError, Reader, Token, Writer};
use crate::cose::to_be_signed;

/// What goes to a wallet: the elements and the issuer's signature over their digests (`IssuerSigned`).
///
/// Well formed, and no more than that: ask [`super::verify()`]. Personal data: it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct IssuerSigned(Vec<u8>);

/// Why bytes are no mdoc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MdocError {
    /// Longer than [`MAX_DOCUMENT`].
    #[error("the mdoc is longer than {MAX_DOCUMENT} bytes")]
    TooLong,
    /// Cut short.
    #[error("the mdoc is cut short")]
    CutShort,
    /// Not an `IssuerSigned`, or not in the CBOR that this program reads: shortest heads, definite lengths, no
    /// floats, nothing twice, nothing unknown around what is signed.
    #[error("the bytes are no IssuerSigned of ISO/IEC 18013-5 in plain CBOR")]
    Form,
}

impl From<CborError> for MdocError {
    fn from(error: CborError) -> Self {
        match error {
            CborError::CutShort => Self::CutShort,
            CborError::NotCanonical | CborError::WrongType => Self::Form,
        }
    }
}

impl IssuerSigned {
    /// Takes bytes that have the form.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, MdocError> {
        Parts::read(&bytes)?;
        Ok(Self(bytes))
    }

    /// The CBOR bytes. OpenID4VCI carries them in base64url.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// SHA-256 of the message that was signed: [`super::Prepared::digest`]. It says nothing about the signature.
    pub fn signed_digest(&self) -> Digest {
        // The form was checked when this value was made.
        let parts = Parts::read(&self.0);
        parts.map_or(Digest::of(&[]), |parts| Digest::of(&to_be_signed(parts.protected, parts.payload)))
    }

    /// The same with only those elements of which `keep(namespace, identifier)` says so. What is kept keeps its
    /// bytes, so the issuer's signature still holds; what is dropped leaves its digest behind, and nothing else.
    pub fn disclose(&self, keep: impl Fn(&str, &str) -> bool) -> Self {
        // The form was checked when this value was made.
        let Ok(parts) = Parts::read(&self.0) else { return self.clone() };
        let kept: Vec<(&str, Vec<&Item<'_>>)> = parts
            .namespaces
            .iter()
            .map(|(name, items)| (*name, items.iter().filter(|item| keep(name, item.identifier)).collect()))
            .filter(|(_, items): &(_, Vec<_>)| !items.is_empty())
            .collect();
        let mut w = Writer::with_capacity(self.0.len());
        w.map(1 + u64::from(!kept.is_empty()));
        if !kept.is_empty() {
            w.text("nameSpaces").map(kept.len() as u64);
        }
        for (name, items) in kept {
            w.text(name).array(items.len() as u64);
            for item in items {
                w.raw(item.tagged);
            }
        }
        w.text("issuerAuth").raw(parts.issuer_auth);
        Self(w.finish())
    }

    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for IssuerSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuerSigned({} bytes)", self.0.len())
    }
}

/// An issuer-signed structure taken apart; nothing in it is believed yet.
pub(super) struct Parts<'a> {
    pub(super) namespaces: Vec<(&'a str, Vec<Item<'a>>)>,
    pub(super) issuer_auth: &'a [u8],
    pub(super) protected: &'a [u8],
    pub(super) algorithm: i64,
    pub(super) chain: Vec<&'a [u8]>,
    pub(super) payload: &'a [u8],
    pub(super) signature: &'a [u8],
}

/// One element as it stands.
pub(super) struct Item<'a> {
    /// Tag and all: what is digested.
    pub(super) tagged: &'a [u8],
    pub(super) digest_id: i64,
    pub(super) identifier: &'a str,
    /// One encoded item.
    pub(super) value: &'a [u8],
}

impl<'a> Parts<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, MdocError> {
        if bytes.len() > MAX_DOCUMENT {
            return Err(MdocError::TooLong);
        }
        Ok(Self::read_all(bytes)?)
    }

    /// The first element whose digest is not the signed one.
    pub(super) fn unknown_item(&self, mso: &Mso<'_>) -> Option<(&'a str, &Item<'a>)> {
        let signed = |name, item: &Item<'_>| {
            mso.digest_algorithm == SHA_256
                && mso.digest(name, item.digest_id) == Some(Digest::of(item.tagged).as_bytes())
        };
        let all =
            self.namespaces.iter().flat_map(|(name, items)| items.iter().map(move |item| (*name, item)));
        all.into_iter().find(|(name, item)| !signed(name, item))
    }

    fn read_all(bytes: &'a [u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(bytes);
        let (mut namespaces, mut issuer_auth) = (None, None);
        for _ in 0..entries(r.map()?)? {
            let twice = match r.text()? {
                "nameSpaces" => namespaces.replace(read_namespaces(&mut r)?).is_some(),
                "issuerAuth" => issuer_auth.replace(r.item()?).is_some(),
                _ => true,
            };
            must(!twice)?;
        }
        must(r.left() == 0)?;
        let issuer_auth = issuer_auth.ok_or(CborError::WrongType)?;

        let mut r = Reader::new(issuer_auth);
        must(r.array()? == 4)?;
        let protected = r.bytes()?;
        let chain = read_chain(&mut r)?;
        let (payload, signature) = (r.bytes()?, r.bytes()?);
        let algorithm = read_algorithm(protected)?;
        let namespaces = namespaces.unwrap_or_default();
        Ok(Self { namespaces, issuer_auth, protected, algorithm, chain, payload, signature })
    }
}

/// A protected header that names an algorithm and nothing else: what else it could say would have to be obeyed.
pub(super) fn read_algorithm(protected: &[u8]) -> Result<i64, CborError> {
    let mut r = Reader::new(protected);
    must(r.map()? == 1 && r.int()? == ALG)?;
    let algorithm = r.int()?;
    must(r.left() == 0)?;
    Ok(algorithm)
}

/// An unprotected header that holds certificates and nothing else: a byte string if it is one, an array if more.
fn read_chain<'a>(r: &mut Reader<'a>) -> Result<Vec<&'a [u8]>, CborError> {
    must(r.map()? == 1 && r.int()? == X5CHAIN)?;
    match r.token()? {
        Token::Bytes(certificate) => Ok(vec![certificate]),
        Token::Array(count) if (2..=MAX_CHAIN).contains(&count) => (0..count).map(|_| r.bytes()).collect(),
        _ => Err(CborError::WrongType),
    }
}

fn read_namespaces<'a>(r: &mut Reader<'a>) -> Result<Vec<(&'a str, Vec<Item<'a>>)>, CborError> {
    let mut namespaces: Vec<(&str, Vec<Item<'_>>)> = Vec::new();
    for _ in 0..entries(r.map()?)? {
        let name = r.text()?;
        must(namespaces.iter().all(|(known, _)| *known != name))?;
        let mut items: Vec<Item<'_>> = Vec::new();
        for _ in 0..entries(r.array()?)? {
            let item = Item::read(r.item()?)?;
            let fresh =
                |known: &Item<'_>| known.identifier != item.identifier && known.digest_id != item.digest_id;
            must(items.iter().all(fresh))?;
            items.push(item);
        }
        namespaces.push((name, items));
    }
    Ok(namespaces)
}

impl<'a> Item<'a> {
    fn read(tagged: &'a [u8]) -> Result<Self, CborError> {
        let mut r = Reader::new(encoded(tagged)?);
        let (mut digest_id, mut random, mut identifier, mut value) = (None, None, None, None);
        for _ in 0..entries(r.map()?)? {
            let twice = match r.text()? {
                "digestID" => digest_id.replace(r.int()?).is_some(),
                "random" => random.replace(r.bytes()?).is_some(),
                "elementIdentifier" => identifier.replace(r.text()?).is_some(),
                "elementValue" => value.replace(r.item()?).is_some(),
                _ => true,
            };
            must(!twice)?;
        }
        must(r.left() == 0 && random.is_some_and(|random| random.len() >= MIN_RANDOM))?;
        let missing = CborError::WrongType;
        Ok(Self {
            tagged,
            digest_id: digest_id.ok_or(missing)?,
            identifier: identifier.ok_or(missing)?,
            value: value.ok_or(missing)?,
        })
    }
}
