//! The inside of a code: COSE_Sign1 (RFC 9052), zlib and base45 (RFC 9285).

use ciborium::Value;
use coset::iana::{EnumI64 as _, HeaderParameter};
use coset::{CoseSign1, Header, ProtectedHeader, SignatureContext, TaggedCborSerializable as _};

use crate::{Algorithm, KeyId, zlib};

/// What every code starts with; another number is another format.
pub const PREFIX: &str = "SW1:";

/// The COSE `typ` (RFC 9596) of a code: a signature over anything else can never pass for one.
pub const TYPE: &str = "application/vnd.sw1+cwt";

/// Its header parameter.
const TYP: i64 = 16;

/// The longest code in characters: what the largest QR holds at error correction M.
pub const MAX_CHARS: usize = 3_391;

/// The longest COSE_Sign1 in bytes; bounds what a hostile code can inflate to.
const MAX_COSE: usize = 2_048;

/// Why a text is not a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// It does not start with [`PREFIX`].
    #[error("not a Sealwright code: it does not start with {PREFIX}")]
    Foreign,
    /// Longer than [`MAX_CHARS`].
    #[error("the code is longer than {MAX_CHARS} characters")]
    TooLong,
    /// Not base45 (RFC 9285).
    #[error("the code is damaged: not base45")]
    Base45,
    /// Not one whole zlib stream within the bound.
    #[error("the code is damaged: not a zlib stream of at most {MAX_COSE} bytes")]
    Zlib,
    /// Not a COSE_Sign1 with a payload and no unprotected header.
    #[error("the code holds no COSE_Sign1 of ours")]
    Cose,
    /// Another spelling of the same bytes.
    #[error("the code is not spelled the one way it can be")]
    NotCanonical,
}

/// A code taken apart; nothing in it is believed yet.
pub(crate) struct Opened {
    pub(crate) header: Header,
    pub(crate) protected: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// Takes a code apart, if it is spelled the one way it can be.
pub(crate) fn open(text: &str) -> Result<Opened, CodeError> {
    let body = text.strip_prefix(PREFIX).ok_or(CodeError::Foreign)?;
    if text.len() > MAX_CHARS {
        return Err(CodeError::TooLong);
    }
    let compressed = base45::decode(body).map_err(|_| CodeError::Base45)?;
    let cose = zlib::decompress(&compressed, MAX_COSE).ok_or(CodeError::Zlib)?;
    let sign1 = CoseSign1::from_tagged_slice(&cose).map_err(|_| CodeError::Cose)?;
    let (Some(protected), Some(payload)) = (sign1.protected.original_data, sign1.payload) else {
        return Err(CodeError::Cose);
    };
    if !sign1.unprotected.is_empty() {
        return Err(CodeError::Cose);
    }
    if assemble(&protected, &payload, &sign1.signature) != text {
        return Err(CodeError::NotCanonical);
    }
    Ok(Opened {
        header: sign1.protected.header,
        protected,
        payload,
        signature: sign1.signature,
    })
}

/// The COSE number of the algorithm a header claims.
pub(crate) fn algorithm_in(header: &Header) -> Option<i64> {
    match header.alg.as_ref()? {
        coset::Algorithm::Assigned(algorithm) => Some(algorithm.to_i64()),
        coset::Algorithm::PrivateUse(number) => Some(*number),
        coset::Algorithm::Text(_) => None,
    }
}

/// The only protected header a code of this key can have.
pub(crate) fn protected_header(algorithm: Algorithm, key_id: &KeyId) -> Vec<u8> {
    let map = Value::Map(vec![
        ((HeaderParameter::Alg as i64).into(), algorithm.cose().into()),
        (
            (HeaderParameter::Kid as i64).into(),
            Value::Bytes(key_id.as_bytes().to_vec()),
        ),
        (TYP.into(), Value::Text(TYPE.into())),
    ]);
    let mut bytes = Vec::with_capacity(48);
    ciborium::into_writer(&map, &mut bytes).expect("writing CBOR to memory cannot fail");
    bytes
}

/// The COSE `Sig_structure` (RFC 9052 4.4).
pub(crate) fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    coset::sig_structure_data(SignatureContext::CoseSign1, raw(protected), None, &[], payload)
}

/// Makes the text of a code.
pub(crate) fn assemble(protected: &[u8], payload: &[u8], signature: &[u8]) -> String {
    let cose = CoseSign1 {
        protected: raw(protected),
        unprotected: Header::default(),
        payload: Some(payload.to_vec()),
        signature: signature.to_vec(),
    };
    spell(&cose.to_tagged_vec().expect("byte strings always encode"))
}

/// Spells bytes the one way they can be.
pub(crate) fn spell(cose: &[u8]) -> String {
    format!("{PREFIX}{}", base45::encode(zlib::compress(cose)))
}

/// A header whose exact bytes are kept: what was signed is never encoded again.
fn raw(protected: &[u8]) -> ProtectedHeader {
    ProtectedHeader {
        original_data: Some(protected.to_vec()),
        header: Header::default(),
    }
}
