use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::{KeyId, MemorySigner, SignError, Signer as _};

/// What a sealed key file starts with; another number is another form.
const FORM: &str = "sealwright-sealed-key-1:";
const NONCE: usize = 24;

/// 32 secret bytes under which private keys are sealed at rest (XChaCha20-Poly1305). The form of the file and the
/// key's id are authenticated with it, so no file can take another one's place.
///
/// Overwritten on drop and never printed: there is no `Debug`.
#[derive(Clone)]
pub struct SealingKey(Zeroizing<[u8; 32]>);

impl SealingKey {
    /// From 32 bytes that nobody else knows and that are used for nothing else.
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The text of a sealed key file.
    pub(super) fn seal(&self, signer: &MemorySigner) -> Result<String, SignError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)
            .map_err(|e| SignError::Unavailable(format!("no random bytes from the system: {e}")))?;
        let pem = signer.to_pem();
        let payload = Payload { msg: pem.as_bytes(), aad: &place(signer.key_id()) };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        // It fails for messages beyond 256 GiB alone.
        let sealed = sealed.map_err(|_| SignError::Unavailable("the key was not sealed".into()))?;
        Ok(format!("{FORM}{}\n", STANDARD.encode([&nonce[..], &sealed].concat())))
    }

    /// The key with this id in the text of a sealed key file; `None` if it is another text or does not open.
    pub(super) fn open(&self, id: &KeyId, text: &str) -> Option<MemorySigner> {
        let bytes = STANDARD.decode(text.strip_prefix(FORM)?.trim_end()).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: &place(id) };
        let pem = Zeroizing::new(self.cipher().decrypt(&XNonce::from(*nonce), payload).ok()?);
        MemorySigner::from_pem(std::str::from_utf8(&pem).ok()?).ok()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.0).into())
    }
}

/// What is authenticated beside the key: the form, then the id, which has a fixed length.
fn place(id: &KeyId) -> Vec<u8> {
    [FORM.as_bytes(), id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Algorithm;

    fn key(byte: u8) -> SealingKey {
        SealingKey::from_bytes(Zeroizing::new([byte; 32]))
    }

    #[test]
    fn only_its_own_key_opens_it_and_only_under_its_own_id() {
        for algorithm in Algorithm::ALL {
            let signer = MemorySigner::generate(algorithm).expect("a key");
            let other = MemorySigner::generate(algorithm).expect("a key");
            let text = key(1).seal(&signer).expect("sealed");
            let opened = key(1).open(signer.key_id(), &text).expect("opens");
            assert_eq!((opened.key_id(), opened.algorithm()), (signer.key_id(), algorithm));
            assert!(key(2).open(signer.key_id(), &text).is_none());
            assert!(key(1).open(other.key_id(), &text).is_none());
            assert_ne!(key(1).seal(&signer).expect("sealed"), text, "a nonce is used once");
            assert!(!text.contains("PRIVATE"));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_refused() {
        let signer = MemorySigner::generate(Algorithm::Ed25519).expect("a key");
        let text = key(1).seal(&signer).expect("sealed");
        let sealed = STANDARD.decode(text[FORM.len()..].trim_end()).expect("base64");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let text = format!("{FORM}{}", STANDARD.encode(flipped));
            assert!(key(1).open(signer.key_id(), &text).is_none(), "bit {bit}");
        }
        for length in 0..text.len() - 1 {
            assert!(key(1).open(signer.key_id(), &text[..length]).is_none(), "cut to {length}");
        }
        assert!(key(1).open(signer.key_id(), &text.replace("key-1", "key-2")).is_none());
    }
}
