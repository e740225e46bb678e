//! The inside of a code: COSE_Sign1 (RFC 9052), zlib frame and base45 (RFC 9285), each with one spelling.

use crate::cbor::{CborError, Reader, Writer};
use crate::{Algorithm, KeyId, zlib};

/// What every code starts with; another number is another format.
pub const PREFIX: &str = "SW1:";

/// The COSE `typ` (RFC 9596) of a code: a signature over anything else can never pass for one.
pub const TYPE: &str = "application/vnd.sw1+cwt";

/// The longest code in characters: what the largest QR holds at error correction M.
pub const MAX_CHARS: usize = 3_391;

const TAG_SIGN1: u64 = 18;
const ALG: i64 = 1;
const KID: i64 = 4;
const TYP: i64 = 16;

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
    /// Not base45 (RFC 9285), or not its one spelling.
    #[error("the code is damaged: not base45")]
    Base45,
    /// Not the zlib frame of a code.
    #[error("the code is damaged: its length or checksum is wrong")]
    Zlib,
    /// Not a tagged COSE_Sign1 with a payload and no unprotected header, in deterministic encoding.
    #[error("the code holds no COSE_Sign1 of ours")]
    Cose,
}

/// A code taken apart; nothing in it is believed yet.
pub(crate) struct Opened {
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
    let framed = base45::decode(body).map_err(|_| CodeError::Base45)?;
    // The decoder lets a last pair of characters run over a byte.
    if base45::encode(&framed) != body {
        return Err(CodeError::Base45);
    }
    let cose = zlib::unframe(&framed).ok_or(CodeError::Zlib)?;
    read_sign1(cose).map_err(|_| CodeError::Cose)
}

/// Makes the text of a code.
pub(crate) fn assemble(protected: &[u8], payload: &[u8], signature: &[u8]) -> String {
    spell(&sign1(protected, payload, signature))
}

/// A tagged COSE_Sign1 with an empty unprotected header.
pub(crate) fn sign1(protected: &[u8], payload: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(protected.len() + payload.len() + signature.len() + 16);
    w.tag(TAG_SIGN1).array(4).bytes(protected).map(0).bytes(payload).bytes(signature);
    w.finish()
}

/// Spells a COSE_Sign1 as text.
pub(crate) fn spell(cose: &[u8]) -> String {
    format!("{PREFIX}{}", base45::encode(zlib::frame(cose)))
}

/// The COSE `Sig_structure` (RFC 9052 4.4).
pub(crate) fn to_be_signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    to_be_signed_with(&[], protected, payload)
}

/// The COSE `Sig_structure` with externally supplied data: bytes that both sides know and nobody carries.
pub(crate) fn to_be_signed_with(external: &[u8], protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut w = Writer::with_capacity(protected.len() + external.len() + payload.len() + 24);
    w.array(4).text("Signature1").bytes(protected).bytes(external).bytes(payload);
    w.finish()
}

/// A protected header as it claims to be. A token cannot choose: [`crate::verify()`] compares each with the key's.
pub(crate) struct Header<'a> {
    pub(crate) algorithm: i64,
    pub(crate) key_id: &'a [u8],
    pub(crate) typ: &'a str,
}

impl<'a> Header<'a> {
    /// The only header a licence code of this key can have.
    pub(crate) fn of(algorithm: Algorithm, key_id: &'a KeyId) -> Self {
        Self { algorithm: algorithm.cose(), key_id: key_id.as_bytes(), typ: TYPE }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(48);
        w.map(3).int(ALG).int(self.algorithm).int(KID).bytes(self.key_id).int(TYP).text(self.typ);
        w.finish()
    }

    /// Reads a header of exactly algorithm, key id and type, in this order; `None` for any other.
    pub(crate) fn read(protected: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(protected);
        let key = |r: &mut Reader<'a>, wanted| (r.int().ok()? == wanted).then_some(());
        (r.map().ok()? == 3).then_some(())?;
        key(&mut r, ALG)?;
        let algorithm = r.int().ok()?;
        key(&mut r, KID)?;
        let key_id = r.bytes().ok()?;
        key(&mut r, TYP)?;
        let typ = r.text().ok()?;
        (r.left() == 0).then_some(Self { algorithm, key_id, typ })
    }
}

/// Takes a COSE_Sign1 apart that [`sign1`] made.
pub(crate) fn read_sign1(cose: &[u8]) -> Result<Opened, CborError> {
    let mut r = Reader::new(cose);
    let fixed = |holds: bool| if holds { Ok(()) } else { Err(CborError::WrongType) };
    fixed(r.tag()? == TAG_SIGN1)?;
    fixed(r.array()? == 4)?;
    let protected = r.bytes()?.to_vec();
    fixed(r.map()? == 0)?;
    let (payload, signature) = (r.bytes()?.to_vec(), r.bytes()?.to_vec());
    fixed(r.left() == 0)?;
    Ok(Opened { protected, payload, signature })
}
