//! Keys on disk, the only I/O of this crate.
//!
//! A key directory (mode 0700) holds `keys.json`, the public [key set](crate::KeySet) with each state, which may be
//! handed to verifiers as it is; and one private key each: `<key id>.key`, sealed under a [`SealingKey`], or
//! `<key id>.pem`, PKCS#8 in the clear, both mode 0600, or `<key id>.token`, its name in a [`Keychain`], which never
//! gives it away. A private key that `keys.json` does not list is ignored:
//! a crash while it was made leaves one behind, and nothing was signed with it.
//!
//! `certificates.pem` holds the X.509 certificates: a root (IACA), whose private key lies beside the others and is listed
//! nowhere else, since it signs no documents, and the document signers that it vouches for.
//!
//! [`KeyDirectory`] changes it, [`KeyRing`] is what was loaded of it, [`KeyWatch`] notices that it changed.

mod certificates;
mod directory;
mod disk;
mod error;
mod keychain;
mod ring;
mod sealing;
mod watch;

pub use certificates::{Certificates, CertificatesError, MAX_CERTIFICATES};
pub use directory::{Custody, KeyDirectory};
pub use error::KeyFileError;
pub use keychain::Keychain;
pub use ring::KeyRing;
pub use sealing::SealingKey;
pub use watch::{KeyWatch, Reloaded};
