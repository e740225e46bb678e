use std::io;
use std::path::{Path, PathBuf};

use super::CertificatesError;
use crate::x509::IssueError;
use crate::{ChangeRefused, KeyId, KeySetError, KeyState, SignError};

/// Why keys were not made, changed or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// No `keys.json`, or no active key in it.
    #[error("no active signing key in {}: make one with `sealwright keys generate`", dir.display())]
    NoKeys {
        /// The key directory.
        dir: PathBuf,
    },
    /// Others than the owner have rights on a file that must be the owner's.
    #[error(
        "{} has mode {mode:04o}, so others can {verb} it: `chmod {fix} {}`; \
         if somebody else may have had the chance, make a new key instead", path.display(), path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What others can do with it.
        verb: &'static str,
        /// The mode it should have.
        fix: &'static str,
    },
    /// Not a PKCS#8 PEM with an Ed25519 or P-256 key.
    #[error(
        "{} is not an Ed25519 or P-256 private key in unencrypted PKCS#8 PEM: restore it from your backup",
        path.display()
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// A sealed key, and nothing to open it with.
    #[error("{} is sealed: give the master key that it was sealed under", path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
    },
    /// A sealed key that does not open.
    #[error(
        "{} does not open with this master key, or was altered: give the master key that it was sealed under, \
         or restore the file from your backup", path.display()
    )]
    DoesNotOpen {
        /// The file.
        path: PathBuf,
    },
    /// A key would be written in the clear beside sealed ones.
    #[error("the keys in {} are sealed: give the master key, or the new one would lie in the clear", dir.display())]
    WouldBePlain {
        /// The key directory.
        dir: PathBuf,
    },
    /// The key in the file is another one than its name says.
    #[error("{} holds key {found}: it was renamed or replaced; restore it from your backup", path.display())]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The key inside.
        found: KeyId,
    },
    /// The private half of a key that is to sign is not in the directory.
    #[error("the private key {id} is not in {}: restore it from your backup, or make a new key", dir.display())]
    NotHere {
        /// The key directory.
        dir: PathBuf,
        /// The key.
        id: KeyId,
    },
    /// A key is in a keychain, and none was given.
    #[error(
        "the private key `{name}` is on a token, and none is configured: set keys.token, with module, label and \
         pin_file"
    )]
    NoKeychain {
        /// The key's name there.
        name: String,
    },
    /// A keychain gave no key.
    #[error("the private key `{name}`: {source}")]
    Keychain {
        /// The key's name there.
        name: String,
        /// What it said.
        source: SignError,
    },
    /// A key that is imported is in the directory already.
    #[error("key {id} is in {} already", dir.display())]
    Known {
        /// The key directory.
        dir: PathBuf,
        /// The key.
        id: KeyId,
    },
    /// There is no such key, or its state does not allow the change.
    #[error(transparent)]
    Change(#[from] ChangeRefused),
    /// `keys.json` cannot be read as a key set.
    #[error("{}: {source}; restore it from your backup", path.display())]
    List {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: KeySetError,
    },
    /// `certificates.pem` cannot be read, or takes no more.
    #[error("{}: {source}; restore it from your backup", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CertificatesError,
    },
    /// There is no root that is good now.
    #[error("no root certificate in {} is good now: make one with `sealwright keys certificates root`", dir.display())]
    NoRoot {
        /// The key directory.
        dir: PathBuf,
    },
    /// There is a root that is good.
    #[error(
        "{} has a root certificate that is good, and verifiers trust it: renew it, or ask for another one all the \
         same", dir.display()
    )]
    RootThere {
        /// The key directory.
        dir: PathBuf,
    },
    /// A document key without a certificate that could be renewed.
    #[error("key {id} has no certificate: make one with `sealwright keys certificates signer`")]
    NoCertificate {
        /// The key.
        id: KeyId,
    },
    /// A certificate for a key that signs nothing new.
    #[error("key {id} is {state}: only a key that signs, or is to, gets a certificate")]
    SignsNoMore {
        /// The key.
        id: KeyId,
        /// What it is.
        state: KeyState,
    },
    /// No certificate can be made as it was asked for.
    #[error(transparent)]
    Certificate(#[from] IssueError),
    /// The file system refused.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No random bytes for a new key.
    #[error(transparent)]
    Random(#[from] SignError),
}

/// Names what was tried, and on what.
pub(super) fn at(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    move |source| KeyFileError::Io { what, path: path.into(), source }
}
