//! The JWT form (5.1): a compact JWS whose payload is JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::list::{Packed, Width};
use super::read::{Claims, ReadError, authentic};
use super::token::{Token, TokenError};
use crate::key_set::{base64url, from_base64url};
use crate::{KeySet, Signer};

const TYP: &str = "statuslist+jwt";

/// Exactly these members: what is not known could be critical.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    x5c: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    iss: String,
    sub: String,
    iat: i64,
    exp: i64,
    ttl: u32,
    status_list: Values,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    bits: Width,
    lst: String,
    aggregation_uri: String,
}

pub(super) fn write(
    token: &Token<'_>,
    list: &Packed,
    signer: &(impl Signer + ?Sized),
) -> Result<String, TokenError> {
    let header = Header {
        alg: signer.algorithm().jose().into(),
        kid: signer.key_id().to_string(),
        typ: TYP.into(),
        x5c: token.chain.iter().map(|certificate| STANDARD.encode(certificate)).collect(),
    };
    let payload = Payload {
        iss: token.issuer.into(),
        sub: token.uri.into(),
        iat: token.issued_at,
        exp: token.expires_at,
        ttl: token.ttl_s,
        status_list: Values {
            bits: list.width(),
            lst: base64url(list.as_bytes()),
            aggregation_uri: token.aggregation_uri.into(),
        },
    };
    let mut jwt = format!("{}.{}", part(&header), part(&payload));
    let signature = signer.sign(jwt.as_bytes())?;
    jwt.push('.');
    jwt.push_str(&base64url(signature.as_bytes()));
    Ok(jwt)
}

/// What a token says, if one of `keys` signed it as a status list.
pub(super) fn read(token: &str, keys: &KeySet) -> Result<Claims, ReadError> {
    let (message, signature) = token.rsplit_once('.').ok_or(ReadError::Form)?;
    let (header, payload) = message.split_once('.').ok_or(ReadError::Form)?;
    let header = from_base64url(header).ok_or(ReadError::Form)?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| ReadError::Type)?;
    if header.typ != TYP {
        return Err(ReadError::Type);
    }
    let signature = from_base64url(signature).ok_or(ReadError::Form)?;
    let key_id = header.kid.parse().map_err(|_| ReadError::Key)?;
    authentic(keys, &key_id, |key| header.alg == key.algorithm().jose(), message.as_bytes(), &signature)?;

    let payload = from_base64url(payload).ok_or(ReadError::Form)?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(|_| ReadError::Claims)?;
    let zlib = from_base64url(&payload.status_list.lst).ok_or(ReadError::Claims)?;
    Ok(Claims {
        issuer: payload.iss,
        uri: payload.sub,
        aggregation_uri: payload.status_list.aggregation_uri,
        issued_at: payload.iat,
        expires_at: payload.exp,
        ttl_s: payload.ttl,
        list: Packed::new(payload.status_list.bits, zlib),
    })
}

fn part(value: &impl Serialize) -> String {
    base64url(&serde_json::to_vec(value).expect("plain strings and numbers"))
}
