//! The CWT form (5.2): a tagged COSE_Sign1, in deterministic CBOR like all of ours.

use super::list::{Packed, Width};
use super::read::{Claims, ReadError, authentic};
use super::token::{CWT_MEDIA_TYPE, Token, TokenError};
use crate::cbor::{CborError, Reader, Writer};
use crate::cose::{read_sign1, sign1, to_be_signed};
use crate::{KeyId, KeySet, Signer};

/// COSE header parameters.
const ALG: i64 = 1;
const KID: i64 = 4;
const TYP: i64 = 16;
const X5CHAIN: i64 = 33;

/// CWT claims.
const ISS: i64 = 1;
const SUB: i64 = 2;
const EXP: i64 = 4;
const IAT: i64 = 6;
const STATUS_LIST: i64 = 65_533;
const TTL: i64 = 65_534;

/// The most certificates in a header.
const MAX_CHAIN: u64 = 8;

pub(super) fn write(
    token: &Token<'_>,
    list: &Packed,
    signer: &(impl Signer + ?Sized),
) -> Result<Vec<u8>, TokenError> {
    let protected = header(signer.algorithm().cose(), signer.key_id(), token.chain);
    let mut w = Writer::with_capacity(list.as_bytes().len() + 512);
    w.map(6).int(ISS).text(token.issuer).int(SUB).text(token.uri);
    w.int(EXP).int(token.expires_at).int(IAT).int(token.issued_at);
    w.int(STATUS_LIST).map(3);
    w.text("lst").bytes(list.as_bytes());
    w.text("bits").int(list.width().bits().into());
    w.text("aggregation_uri").text(token.aggregation_uri);
    w.int(TTL).int(token.ttl_s.into());
    let payload = w.finish();
    let signature = signer.sign(&to_be_signed(&protected, &payload))?;
    Ok(sign1(&protected, &payload, signature.as_bytes()))
}

/// What a token says, if one of `keys` signed it as a status list.
pub(super) fn read(token: &[u8], keys: &KeySet) -> Result<Claims, ReadError> {
    let opened = read_sign1(token).map_err(|_| ReadError::Form)?;
    let header = read_header(&opened.protected).map_err(|_| ReadError::Type)?;
    if header.typ != CWT_MEDIA_TYPE {
        return Err(ReadError::Type);
    }
    let key_id = KeyId::from_slice(header.key_id).ok_or(ReadError::Key)?;
    let message = to_be_signed(&opened.protected, &opened.payload);
    authentic(keys, &key_id, |key| header.algorithm == key.algorithm().cose(), &message, &opened.signature)?;
    read_claims(&opened.payload).map_err(|_| ReadError::Claims)
}

struct Header<'a> {
    algorithm: i64,
    key_id: &'a [u8],
    typ: &'a str,
}

fn header(algorithm: i64, key_id: &KeyId, chain: &[Vec<u8>]) -> Vec<u8> {
    let mut w = Writer::with_capacity(64 + chain.iter().map(Vec::len).sum::<usize>());
    w.map(3 + u64::from(!chain.is_empty()));
    w.int(ALG).int(algorithm).int(KID).bytes(key_id.as_bytes()).int(TYP).text(CWT_MEDIA_TYPE);
    match chain {
        [] => {}
        // RFC 9360: one certificate stands alone.
        [only] => drop(w.int(X5CHAIN).bytes(only)),
        many => {
            w.int(X5CHAIN).array(many.len() as u64);
            for certificate in many {
                w.bytes(certificate);
            }
        }
    }
    w.finish()
}

/// Reads exactly what [`header`] writes. The certificates are not believed: the key set says who may sign.
fn read_header(protected: &[u8]) -> Result<Header<'_>, CborError> {
    let mut r = Reader::new(protected);
    let entries = r.map()?;
    key(&mut r, ALG)?;
    let algorithm = r.int()?;
    key(&mut r, KID)?;
    let key_id = r.bytes()?;
    key(&mut r, TYP)?;
    let typ = r.text()?;
    match entries {
        3 => {}
        4 => {
            key(&mut r, X5CHAIN)?;
            read_chain(&mut r)?;
        }
        _ => return Err(CborError::WrongType),
    }
    if r.left() == 0 { Ok(Header { algorithm, key_id, typ }) } else { Err(CborError::WrongType) }
}

fn read_chain(r: &mut Reader<'_>) -> Result<(), CborError> {
    let before = r.clone();
    if r.bytes().is_ok() {
        return Ok(());
    }
    *r = before;
    let count = r.array()?;
    if !(2..=MAX_CHAIN).contains(&count) {
        return Err(CborError::WrongType);
    }
    (0..count).try_for_each(|_| r.bytes().map(drop))
}

fn read_claims(payload: &[u8]) -> Result<Claims, CborError> {
    let mut r = Reader::new(payload);
    let fixed = |holds: bool| if holds { Ok(()) } else { Err(CborError::WrongType) };
    fixed(r.map()? == 6)?;
    key(&mut r, ISS)?;
    let issuer = r.text()?.to_owned();
    key(&mut r, SUB)?;
    let uri = r.text()?.to_owned();
    key(&mut r, EXP)?;
    let expires_at = r.int()?;
    key(&mut r, IAT)?;
    let issued_at = r.int()?;
    key(&mut r, STATUS_LIST)?;
    fixed(r.map()? == 3 && r.text()? == "lst")?;
    let zlib = r.bytes()?.to_vec();
    fixed(r.text()? == "bits")?;
    let width = u8::try_from(r.int()?).ok().and_then(Width::from_bits).ok_or(CborError::WrongType)?;
    fixed(r.text()? == "aggregation_uri")?;
    let aggregation_uri = r.text()?.to_owned();
    key(&mut r, TTL)?;
    let ttl_s = u32::try_from(r.int()?).map_err(|_| CborError::WrongType)?;
    fixed(r.left() == 0)?;
    Ok(Claims { issuer, uri, aggregation_uri, issued_at, expires_at, ttl_s, list: Packed::new(width, zlib) })
}

fn key(r: &mut Reader<'_>, wanted: i64) -> Result<(), CborError> {
    if r.int()? == wanted { Ok(()) } else { Err(CborError::WrongType) }
}
