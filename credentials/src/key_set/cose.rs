//! The COSE form.

use super::{KeySet, KeySetError, KeyState, MAX_BYTES, MAX_KEYS};
use crate::cbor::{CborError, Reader, Writer};
use crate::cose_key::{self, NotACoseKey};

impl KeySet {
    /// The COSE_KeySet (RFC 9052 7) of the keys that may verify, in deterministic CBOR. It knows no states, so
    /// withdrawn keys are left out: what they signed is UNKNOWN to whoever reads this form.
    pub fn to_cose(&self) -> Vec<u8> {
        let good: Vec<_> = self.0.iter().filter(|entry| entry.state.may_verify()).collect();
        let mut w = Writer::with_capacity(good.len() * 96 + 3);
        w.array(good.len() as u64);
        for entry in good {
            cose_key::write(&mut w, &entry.key, true);
        }
        w.finish()
    }

    /// Reads a COSE_KeySet in deterministic CBOR; every key counts as active. Keys of types and curves that this
    /// program does not know are skipped. Refused are more than [`MAX_BYTES`] bytes or [`MAX_KEYS`] keys,
    /// private keys, and keys whose `kid` or `alg` is not their own.
    pub fn from_cose(bytes: &[u8]) -> Result<Self, KeySetError> {
        if bytes.len() > MAX_BYTES {
            return Err(KeySetError::TooLong);
        }
        read(bytes).map_err(|NotACoseKey(why)| KeySetError::Cose(why))
    }
}

fn read(bytes: &[u8]) -> Result<KeySet, NotACoseKey> {
    let mut r = Reader::new(bytes);
    let count = r.array()?;
    if count > MAX_KEYS as u64 {
        return Err(NotACoseKey("it has more keys than anybody needs"));
    }
    let mut set = KeySet::default();
    for _ in 0..count {
        let Some(key) = cose_key::read(&mut r)? else { continue };
        if set.get(&key.key_id()).is_some() {
            return Err(NotACoseKey("the same key twice"));
        }
        set.put(key, KeyState::Active);
    }
    if r.left() == 0 { Ok(set) } else { Err(CborError::WrongType.into()) }
}
