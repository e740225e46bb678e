//! Keys that never leave a PKCS#11 token (feature `pkcs11`).

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{SignError, Signature, Signer};
use crate::{Algorithm, KeyId, Keychain, PublicKey};

/// DER of the object identifier of P-256 (RFC 5480 2.1.1.1).
const P_256: &[u8] = &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

/// A token behind a PKCS#11 module: a smart card, an HSM, or a program that plays one.
///
/// A module is the process's: open it once, and take all its keys from there.
pub struct Token {
    module: Pkcs11,
    label: String,
    pin: AuthPin,
}

/// How a key is found on its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyName {
    /// By `CKA_LABEL`.
    Label(String),
    /// By `CKA_ID`.
    Id(Vec<u8>),
}

impl KeyName {
    /// From a `pkcs11:` URI (RFC 7512) with the attribute `object` or `id` alone: which token is meant is said once,
    /// for all keys.
    ///
    /// # Errors
    /// [`TokenError::NoName`].
    pub fn from_uri(uri: &str) -> Result<Self, TokenError> {
        let refused = || TokenError::NoName(uri.into());
        let (attribute, value) =
            uri.strip_prefix("pkcs11:").and_then(|rest| rest.split_once('=')).ok_or_else(refused)?;
        if value.is_empty() || value.contains([';', '?', '&']) {
            return Err(refused());
        }
        let bytes = unescaped(value).ok_or_else(refused)?;
        match attribute {
            "object" => Ok(Self::Label(String::from_utf8(bytes).map_err(|_| refused())?)),
            "id" => Ok(Self::Id(bytes)),
            _ => Err(refused()),
        }
    }
}

/// Undoes percent-encoding (RFC 3986 2.1).
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.extend(hex::decode(part.get(..2)?).ok()?);
        bytes.extend_from_slice(part.get(2..)?.as_bytes());
    }
    Some(bytes)
}

/// Signs with a key on a [`Token`]; Ed25519 (`CKM_EDDSA`) or P-256 (`CKM_ECDSA`).
///
/// A session that was lost is opened again, once per signature. Each signature is verified before it is handed
/// out. An Ed25519 token signs the same message alike; an ES256 token mostly draws a new nonce, so that signing
/// again gives another good signature.
pub struct TokenSigner {
    token: Arc<Token>,
    name: KeyName,
    public: PublicKey,
    key_id: KeyId,
    open: Mutex<Option<Open>>,
}

struct Open {
    session: Session,
    key: ObjectHandle,
}

/// Why a token gave no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// There is no token with this label.
    #[error("no token is labelled `{0}`: insert it, or give the label that it has")]
    NoToken(String),
    /// The name is none.
    #[error(
        "`{0}` names no key: write pkcs11:object= and its label, or pkcs11:id= and its id such as %01%AF"
    )]
    NoName(String),
    /// None or several keys have this name.
    #[error("the token has {found} {kind} keys named {name:?}: it must be exactly one")]
    NotOne {
        /// The name.
        name: KeyName,
        /// Public or private.
        kind: &'static str,
        /// How many there are.
        found: usize,
    },
    /// The public key is none that this program knows.
    #[error("the key named {0:?} is neither an Ed25519 nor a P-256 key")]
    NotOurs(KeyName),
    /// The module or the token refused.
    #[error("the token: {0}")]
    Token(#[from] Error),
}

impl Token {
    /// Opens the token with this label through a PKCS#11 module (a shared library). The PIN is the user's.
    pub fn open(module: &Path, label: &str, pin: &Zeroizing<String>) -> Result<Arc<Self>, TokenError> {
        let module = Pkcs11::new(module)?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(error.into()),
        }
        let token = Self { module, label: label.into(), pin: AuthPin::new(pin.as_str().into()) };
        token.slot()?;
        Ok(Arc::new(token))
    }

    /// The key with this name.
    pub fn signer(self: &Arc<Self>, name: KeyName) -> Result<TokenSigner, TokenError> {
        let session = self.session()?;
        let public = public_key(&session, &name)?;
        let open = self.find(session, &name)?;
        let (token, key_id) = (Arc::clone(self), public.key_id());
        Ok(TokenSigner { token, name, public, key_id, open: Mutex::new(Some(open)) })
    }

    /// A token may come back in another slot.
    fn slot(&self) -> Result<Slot, TokenError> {
        for slot in self.module.get_slots_with_initialized_token()? {
            if self.module.get_token_info(slot)?.label() == self.label {
                return Ok(slot);
            }
        }
        Err(TokenError::NoToken(self.label.clone()))
    }

    fn session(&self) -> Result<Session, TokenError> {
        let session = self.module.open_ro_session(self.slot()?)?;
        match session.login(UserType::User, Some(&self.pin)) {
            // All sessions of a process share the login.
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(error) => Err(error.into()),
        }
    }

    fn find(&self, session: Session, name: &KeyName) -> Result<Open, TokenError> {
        let key = one(&session, ObjectClass::PRIVATE_KEY, "private", name)?;
        Ok(Open { session, key })
    }
}

impl Keychain for Arc<Token> {
    fn signer(&self, name: &str) -> Result<Arc<dyn Signer>, SignError> {
        let signer = KeyName::from_uri(name).and_then(|name| Token::signer(self, name));
        signer
            .map(|signer| Arc::new(signer) as Arc<dyn Signer>)
            .map_err(|error| SignError::Unavailable(error.to_string()))
    }
}

impl TokenSigner {
    fn try_sign(&self, open: &mut Option<Open>, message: &[u8]) -> Result<Vec<u8>, TokenError> {
        let Open { session, key } = match open {
            Some(open) => open,
            None => open.insert(self.token.find(self.token.session()?, &self.name)?),
        };
        Ok(match self.public.algorithm() {
            Algorithm::Ed25519 => {
                let pure = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
                session.sign(&pure, *key, message)?
            }
            Algorithm::Es256 => session.sign(&Mechanism::Ecdsa, *key, &Sha256::digest(message))?,
        })
    }
}

impl Signer for TokenSigner {
    fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn may_block(&self) -> bool {
        true
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignError> {
        let unavailable = |error: TokenError| SignError::Unavailable(error.to_string());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = self.try_sign(&mut open, message).or_else(|_| {
            // The session may be gone: removed and inserted, logged out, module restarted.
            *open = None;
            self.try_sign(&mut open, message).map_err(unavailable)
        })?;
        let signature = match self.algorithm() {
            Algorithm::Ed25519 => Some(Signature::from_bytes(bytes)),
            Algorithm::Es256 => Signature::es256(&bytes),
        };
        signature.filter(|signature| self.public.verifies(message, signature.as_bytes())).ok_or_else(|| {
            SignError::Unavailable(
                "the token made a signature that does not verify: is its public key its own?".into(),
            )
        })
    }
}

impl fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSigner").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

fn one(
    session: &Session,
    class: ObjectClass,
    kind: &'static str,
    name: &KeyName,
) -> Result<ObjectHandle, TokenError> {
    let named = match name {
        KeyName::Label(label) => Attribute::Label(label.as_bytes().to_vec()),
        KeyName::Id(id) => Attribute::Id(id.clone()),
    };
    match session.find_objects(&[Attribute::Class(class), named])?[..] {
        [key] => Ok(key),
        ref keys => Err(TokenError::NotOne { name: name.clone(), kind, found: keys.len() }),
    }
}

fn public_key(session: &Session, name: &KeyName) -> Result<PublicKey, TokenError> {
    let object = one(session, ObjectClass::PUBLIC_KEY, "public", name)?;
    let wanted = [AttributeType::KeyType, AttributeType::EcParams, AttributeType::EcPoint];
    let (mut kind, mut curve, mut point) = (None, Vec::new(), Vec::new());
    for attribute in session.get_attributes(object, &wanted)? {
        match attribute {
            Attribute::KeyType(value) => kind = Some(value),
            Attribute::EcParams(value) => curve = value,
            Attribute::EcPoint(value) => point = value,
            _ => {}
        }
    }
    let key = match kind {
        Some(KeyType::EC_EDWARDS) => PublicKey::ed25519(unwrapped(&point, 32)),
        Some(KeyType::EC) if curve == P_256 => PublicKey::es256(unwrapped(&point, 65)),
        _ => return Err(TokenError::NotOurs(name.clone())),
    };
    key.map_err(|_| TokenError::NotOurs(name.clone()))
}

/// `CKA_EC_POINT` is a DER octet string; some tokens leave the wrapping out.
fn unwrapped(point: &[u8], length: usize) -> &[u8] {
    match point {
        [0x04, wrapped, inside @ ..] if usize::from(*wrapped) == length && inside.len() == length => inside,
        _ => point,
    }
}
