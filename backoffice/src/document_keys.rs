//! The document keys: sealed under the master key, and followed while they change.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use sealwright_credentials::{Custody, KeyDirectory, KeyFileError, KeySet, KeyWatch, Reloaded, SealingKey};
use sealwright_storage::MasterKey;
use sealwright_workflows::office::Office;
use tokio::task::JoinHandle;

use crate::config::{Keys, TokenConfig};

/// How often a server looks whether its keys changed. A rotation needs no more haste: the old key goes on verifying.
/// It is also the longest that a server goes on signing with a key that was declared compromised.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the key that seals document keys is derived for. It is stored, so to speak: another text opens none of them.
const PURPOSE: &str = "document keys 1";

/// The key directory at `dir`; without a master key its private keys lie in the clear.
pub fn directory(dir: &Path, master: Option<&MasterKey>) -> KeyDirectory {
    match master {
        Some(master) => KeyDirectory::sealed(dir, SealingKey::from_bytes(master.derive_for(PURPOSE))),
        None => KeyDirectory::plain(dir),
    }
}

/// As [`directory`], with the token that is configured, whose keys sign beside those in files.
///
/// # Errors
/// The token cannot be opened, or this program cannot speak to one.
pub fn with_token(keys: &Keys, dir: &Path, master: Option<&MasterKey>) -> anyhow::Result<KeyDirectory> {
    let directory = directory(dir, master);
    match &keys.token {
        Some(token) => attach(directory, token).context("keys.token"),
        None => Ok(directory),
    }
}

#[cfg(feature = "pkcs11")]
fn attach(directory: KeyDirectory, config: &TokenConfig) -> anyhow::Result<KeyDirectory> {
    use sealwright_credentials::signer::token::Token;
    use zeroize::Zeroizing;

    let pin = Zeroizing::new(crate::assembly::secret(&config.pin_file)?);
    let pin = Zeroizing::new(pin.trim().to_owned());
    let token = Token::open(&config.module, &config.label, &pin);
    let token = token.with_context(|| format!("the module {}", config.module.display()))?;
    Ok(directory.with_keychain(Arc::new(token)))
}

#[cfg(not(feature = "pkcs11"))]
fn attach(_: KeyDirectory, _: &TokenConfig) -> anyhow::Result<KeyDirectory> {
    anyhow::bail!("this program was built without PKCS#11: build it with `--features pkcs11`")
}

/// How many private keys of `set` lie in the clear in `directory`.
pub fn in_the_clear(directory: &KeyDirectory, set: &KeySet) -> usize {
    set.iter().filter(|(id, ..)| directory.custody(id) == Custody::Plain).count()
}

/// Gives an office the keys of a directory whenever they change, until it is dropped.
pub(crate) struct Follower(JoinHandle<()>);

impl Follower {
    /// Follows from now on. Needs a tokio runtime.
    pub(crate) fn start(watch: KeyWatch, office: Office) -> Self {
        let watch = Arc::new(Mutex::new(watch));
        Self(tokio::spawn(async move {
            let mut every = tokio::time::interval(LOOK_EVERY);
            every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut told = None;
            loop {
                every.tick().await;
                let watch = watch.clone();
                let look = move || watch.lock().unwrap_or_else(PoisonError::into_inner).check();
                // A look that panicked is a look that failed; the next one tells more.
                let Ok(checked) = tokio::task::spawn_blocking(look).await else { continue };
                let trouble = take_over(checked, &office);
                if trouble.is_some() && trouble != told {
                    tracing::error!(why = trouble, "the document keys changed, and not all can be read");
                }
                told = trouble;
            }
        }))
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Gives the office what was found; returns what was wrong with it.
fn take_over(checked: Result<Option<Reloaded>, KeyFileError>, office: &Office) -> Option<String> {
    match checked {
        Ok(None) => None,
        Ok(Some(Reloaded { ring, trouble })) => {
            if ring.key_set() != office.keys().key_set() {
                match ring.signer() {
                    Ok(signer) => tracing::info!(key = %signer.key_id(), "the document keys changed"),
                    Err(error) => tracing::error!(%error, "the document keys changed"),
                }
            }
            office.set_keys(ring);
            trouble.map(|trouble| trouble.to_string())
        }
        Err(error) => Some(error.to_string()),
    }
}
