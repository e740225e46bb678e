use std::sync::Arc;

use crate::{SignError, Signer};

/// Private keys that are in no file: a [`Token`](crate::signer::token::Token), or whatever else signs and gives no
/// key away.
pub trait Keychain: Send + Sync {
    /// Who signs with the key of this name, for a token a `pkcs11:` URI (RFC 7512) such as
    /// `pkcs11:object=licences-2027`. May block on a device.
    ///
    /// # Errors
    /// There is no such key, or its holder does not answer.
    fn signer(&self, name: &str) -> Result<Arc<dyn Signer>, SignError>;
}
