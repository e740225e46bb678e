//! Sealing: XChaCha20-Poly1305, and the place as associated data.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sealwright_engine::InstanceId;
use sealwright_engine::vault::{PersonId, PhotoId, VaultError};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entity::person;

/// The form of what is stored: this byte, the nonce, the ciphertext with its tag.
const FORM: u8 = 1;
const NONCE: usize = 24;

/// Where a sealed value belongs. It opens nowhere else.
pub(super) enum Place<'a> {
    DataKey { person: PersonId },
    Record { person: PersonId, field: &'a str, revision: i64 },
    Photo { photo: PhotoId, person: PersonId, instance: InstanceId },
}

impl Place<'_> {
    /// Table, row, field, revision, each with its length, so that no two places read the same.
    fn bytes(&self) -> Vec<u8> {
        match self {
            Place::DataKey { person } => parts(&[b"person", person.0.as_bytes(), b"data key"]),
            Place::Record { person, field, revision } => {
                parts(&[b"record", person.0.as_bytes(), field.as_bytes(), &revision.to_be_bytes()])
            }
            Place::Photo { photo, person, instance } => {
                parts(&[b"photo", photo.0.as_bytes(), person.0.as_bytes(), instance.0.as_bytes()])
            }
        }
    }
}

/// What the master key gives: one key per purpose.
#[derive(Clone)]
pub(super) struct Keys {
    wrap: DataKey,
    directory: DataKey,
}

impl Keys {
    pub(super) fn derive(master: &[u8; 32]) -> Self {
        let key = |purpose: &[u8]| DataKey(Zeroizing::new(hmac(master, purpose)));
        Self { wrap: key(b"sealwright vault: wrap 1"), directory: key(b"sealwright vault: directory 1") }
    }

    /// A fresh data key for `person`, wrapped.
    pub(super) fn new_data_key(&self, person: PersonId) -> Result<Vec<u8>, VaultError> {
        let key = random::<32>().map_err(VaultError::Unavailable)?;
        self.wrap.seal(&Place::DataKey { person }, &*key)
    }

    /// The data key in a person's row; `Erased` if it was destroyed.
    pub(super) fn data_key(&self, row: person::Model) -> Result<DataKey, VaultError> {
        self.unwrap(PersonId(row.id), &row.wrapped_key.ok_or(VaultError::Erased)?)
    }

    /// The data key of `person`, from its wrapped form.
    pub(super) fn unwrap(&self, person: PersonId, wrapped: &[u8]) -> Result<DataKey, VaultError> {
        let key = Zeroizing::new(self.wrap.open(&Place::DataKey { person }, wrapped)?);
        let bytes = <[u8; 32]>::try_from(key.as_slice()).map_err(|_| VaultError::Sealed)?;
        Ok(DataKey(Zeroizing::new(bytes)))
    }

    /// What stands for `value` in a directory.
    pub(super) fn look_up(&self, directory: &str, value: &str) -> [u8; 32] {
        hmac(&self.directory.0, &parts(&[directory.as_bytes(), value.as_bytes()]))
    }
}

/// A symmetric key.
#[derive(Clone)]
pub(super) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    pub(super) fn seal(&self, place: &Place<'_>, value: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce = random::<NONCE>().map_err(VaultError::Unavailable)?;
        let payload = Payload { msg: value, aad: &place.bytes() };
        // It fails for values beyond 256 GiB alone.
        let sealed = self.cipher().encrypt(&XNonce::from(*nonce), payload).map_err(|_| VaultError::Sealed)?;
        Ok([&[FORM][..], &*nonce, &sealed].concat())
    }

    pub(super) fn open(&self, place: &Place<'_>, stored: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (FORM, rest) =
            stored.split_first().map(|(form, rest)| (*form, rest)).ok_or(VaultError::Sealed)?
        else {
            return Err(VaultError::Sealed);
        };
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(VaultError::Sealed)?;
        let payload = Payload { msg: sealed, aad: &place.bytes() };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| VaultError::Sealed)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

/// The key of a purpose outside the vault. The prefix keeps it apart from the vault's own.
pub(super) fn derive(master: &[u8; 32], purpose: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(hmac(master, format!("sealwright derived: {purpose}").as_bytes()))
}

/// Random bytes from the operating system.
pub(super) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, String> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut *bytes).map_err(|why| format!("no random bytes: {why}"))?;
    Ok(bytes)
}

fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let hmac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    hmac.chain_update(message).finalize().into_bytes().into()
}

fn parts(parts: &[&[u8]]) -> Vec<u8> {
    let with_length = |part: &&[u8]| [&(part.len() as u64).to_be_bytes()[..], part].concat();
    parts.iter().flat_map(with_length).collect()
}

#[cfg(test)]
mod tests {
    use sealwright_engine::Timestamp;

    use super::*;

    #[test]
    fn a_sealed_value_opens_at_its_place_alone() {
        let key = DataKey(random().unwrap());
        let (one, other) = (PersonId::new(Timestamp::EPOCH), PersonId::new(Timestamp::EPOCH));
        let place = |person, field, revision| Place::Record { person, field, revision };
        let sealed = key.seal(&place(one, "name", 1), b"value").unwrap();
        assert_eq!(key.open(&place(one, "name", 1), &sealed).unwrap(), b"value");
        for wrong in [place(other, "name", 1), place(one, "nam", 1), place(one, "name", 2)] {
            assert_eq!(key.open(&wrong, &sealed), Err(VaultError::Sealed));
        }
        assert_eq!(key.open(&Place::DataKey { person: one }, &sealed), Err(VaultError::Sealed));
        let another = DataKey(random().unwrap());
        assert_eq!(another.open(&place(one, "name", 1), &sealed), Err(VaultError::Sealed));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let key = DataKey(random().unwrap());
        let place = Place::DataKey { person: PersonId::new(Timestamp::EPOCH) };
        let sealed = key.seal(&place, b"v").unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(&place, &bad), Err(VaultError::Sealed), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open(&place, &sealed[..length]), Err(VaultError::Sealed), "length {length}");
        }
    }

    #[test]
    fn look_ups_depend_on_the_master_key_and_the_directory() {
        let keys = |byte| Keys::derive(&[byte; 32]);
        let hash = keys(1).look_up("numbers", "330106");
        assert_eq!(hash, keys(1).look_up("numbers", "330106"));
        assert_ne!(hash, keys(2).look_up("numbers", "330106"));
        assert_ne!(hash, keys(1).look_up("number", "s330106"));
    }
}
