//! A public key as a COSE_Key (RFC 9052 7): OKP as RFC 9053 7.2, EC2 as RFC 9053 7.1; deterministic CBOR.

use crate::cbor::{CborError, Reader, Writer};
use crate::{Algorithm, KeyId, PublicKey};

const KTY: i64 = 1;
const KID: i64 = 2;
const ALG: i64 = 3;
const KEY_OPS: i64 = 4;
const CRV: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;
const D: i64 = -4;

const OKP: i64 = 1;
const EC2: i64 = 2;
const P_256: i64 = 1;
const ED25519: i64 = 6;
const VERIFY: i64 = 2;
const FALSE: u8 = 0xF4;
const TRUE: u8 = 0xF5;

impl PublicKey {
    /// The COSE_Key with type, curve and coordinates alone, as an mdoc's `deviceKey` or a CWT's `cnf` has it.
    pub fn to_cose_key(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(80);
        write(&mut w, self, false);
        w.finish()
    }

    /// Reads a COSE_Key in deterministic CBOR with an Ed25519 or P-256 public key, and no private one.
    pub fn from_cose_key(bytes: &[u8]) -> Result<Self, NotACoseKey> {
        let mut r = Reader::new(bytes);
        let key = read(&mut r)?.ok_or(NotACoseKey("neither an Ed25519 nor a P-256 key"))?;
        if r.left() == 0 { Ok(key) } else { Err(NotACoseKey("something follows the key")) }
    }
}

/// The bytes are no COSE_Key that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a COSE_Key of a public key: {0}")]
pub struct NotACoseKey(pub(crate) &'static str);

impl From<CborError> for NotACoseKey {
    fn from(error: CborError) -> Self {
        Self(match error {
            CborError::CutShort => "it ends too early",
            CborError::NotCanonical => "it is not in deterministic encoding",
            CborError::WrongType => "an item is of another type than it must be",
        })
    }
}

/// Writes a key; `named` with `kid`, `alg` and `key_ops`, as a key set has them.
pub(crate) fn write(w: &mut Writer, key: &PublicKey, named: bool) {
    let (kty, crv) = if key.y().is_some() { (EC2, P_256) } else { (OKP, ED25519) };
    let members = 3 + u64::from(key.y().is_some()) + if named { 3 } else { 0 };
    w.map(members).int(KTY).int(kty);
    if named {
        w.int(KID).bytes(key.key_id().as_bytes());
        w.int(ALG).int(key.algorithm().cose());
        w.int(KEY_OPS).array(1).int(VERIFY);
    }
    w.int(CRV).int(crv).int(X).bytes(key.x());
    if let Some(y) = key.y() {
        w.int(Y).bytes(y);
    }
}

/// Reads a key; `None` for one of a type or curve that this program does not know.
pub(crate) fn read(r: &mut Reader<'_>) -> Result<Option<PublicKey>, NotACoseKey> {
    let members = Members::read(r)?;
    if members.private {
        return Err(NotACoseKey(
            "it holds a private key: take it out, and replace that key if others saw it",
        ));
    }
    let missing = NotACoseKey("a coordinate is missing");
    let key = match (members.kty, members.crv) {
        (Some(OKP), Some(ED25519)) => {
            PublicKey::ed25519(members.x.ok_or(missing)?).map_err(|_| NotACoseKey("no usable Ed25519 key"))?
        }
        (Some(EC2), Some(P_256)) => {
            let (x, y) = members.x.zip(members.y).ok_or(missing)?;
            // RFC 9053 7.1.1: `y` may be the sign bit alone.
            let key = match y {
                [FALSE] => PublicKey::es256(&[&[2], x].concat()),
                [TRUE] => PublicKey::es256(&[&[3], x].concat()),
                _ => PublicKey::es256_xy(x, Reader::new(y).bytes()?),
            };
            key.map_err(|_| NotACoseKey("no usable P-256 key"))?
        }
        (None, _) => return Err(NotACoseKey("it has no type")),
        _ => return Ok(None),
    };
    if members.algorithm.is_some_and(|number| Algorithm::from_cose(number) != Some(key.algorithm())) {
        return Err(NotACoseKey("its algorithm is not that of its curve"));
    }
    if members.kid.is_some_and(|kid| KeyId::from_slice(kid) != Some(key.key_id())) {
        return Err(NotACoseKey("its id does not follow from the key (first 8 bytes of the JWK thumbprint)"));
    }
    if members.verifies == Some(false) {
        return Err(NotACoseKey("its operations do not allow verifying"));
    }
    Ok(Some(key))
}

/// What is looked at of a COSE_Key. Labels and values of other kinds of keys are passed over.
#[derive(Default)]
struct Members<'a> {
    kty: Option<i64>,
    kid: Option<&'a [u8]>,
    algorithm: Option<i64>,
    verifies: Option<bool>,
    crv: Option<i64>,
    x: Option<&'a [u8]>,
    /// The item, a byte string or a boolean.
    y: Option<&'a [u8]>,
    private: bool,
}

impl<'a> Members<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, CborError> {
        let mut members = Self::default();
        let mut previous: &[u8] = &[];
        for _ in 0..r.map()? {
            let label = r.item()?;
            // RFC 8949 4.2.1: ascending, which also means: once.
            if label <= previous {
                return Err(CborError::NotCanonical);
            }
            previous = label;
            let value = r.item()?;
            let int = || Reader::new(value).int().ok();
            let bytes = || Reader::new(value).bytes().ok();
            match Reader::new(label).int() {
                Ok(KTY) => members.kty = int(),
                Ok(KID) => members.kid = Some(Reader::new(value).bytes()?),
                Ok(ALG) => members.algorithm = Some(Reader::new(value).int()?),
                Ok(KEY_OPS) => members.verifies = Some(allows_verifying(value)?),
                Ok(CRV) => members.crv = int(),
                Ok(X) => members.x = bytes(),
                Ok(Y) => members.y = Some(value),
                Ok(D) => members.private = true,
                _ => {}
            }
        }
        Ok(members)
    }
}

fn allows_verifying(operations: &[u8]) -> Result<bool, CborError> {
    let mut r = Reader::new(operations);
    let mut allowed = false;
    for _ in 0..r.array()? {
        allowed |= Reader::new(r.item()?).int() == Ok(VERIFY);
    }
    Ok(allowed)
}
