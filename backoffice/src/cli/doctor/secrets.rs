//! The master key and the document keys.

use std::path::Path;

use sealwright::config::Config;
use sealwright::serve::MASTER_KEY;
use sealwright_credentials::KeyRing;

use super::Finding;

pub(super) fn master_key(config: &Config) -> Finding {
    let place = match &config.vault.master_key_file {
        Some(file) => format!("{}, readable by its owner alone", file.display()),
        None => format!("in {MASTER_KEY}"),
    };
    match sealwright::serve::master_key(config) {
        Ok(_) => Finding::good("master key", place),
        Err(error) => {
            let todo = format!(
                "Make one with `(umask 077; openssl rand -hex 32 > master.key)` and name it in vault.master_key_file, \
                 or put it into {MASTER_KEY}. If there is data already, only its own key opens it: restore that one."
            );
            Finding::bad("master key", format!("{error:#}"), todo)
        }
    }
}

pub(super) fn document_keys(dir: &Path) -> Finding {
    match KeyRing::load(dir) {
        Ok(ring) => {
            let detail =
                format!("{} signs, {} in all", ring.signer().key_id(), ring.key_set().iter().count());
            Finding::good("document keys", detail)
        }
        Err(error) => {
            let todo = "Run `sealwright keys generate` for a first key; otherwise restore the folder from its backup.";
            Finding::bad("document keys", error.to_string(), todo)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;

    #[test]
    fn keys_that_are_not_there_are_bad_and_it_says_how_to_make_them() {
        let finding = document_keys(Path::new("no/such/folder"));
        assert_eq!(finding.health, Health::Bad);
        assert!(finding.what_to_do.contains("keys generate"));
        let mut config = Config::default();
        config.vault.master_key_file = Some("no/such/file".into());
        let finding = master_key(&config);
        assert_eq!(finding.health, Health::Bad);
        assert!(finding.detail.contains("no/such/file"), "{}", finding.detail);
    }
}
