//! The master key and the document keys.

use sealwright::certificates::complaints;
use sealwright::config::Config;
use sealwright::document_keys;
use sealwright::serve::MASTER_KEY;
use sealwright_credentials::Algorithm;

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

pub(super) fn document_keys(config: &Config) -> Finding {
    // Without a master key there is a finding about that already.
    let master = sealwright::serve::master_key(config).ok();
    let directory = match document_keys::with_token(&config.keys, &config.keys.dir, master.as_ref()) {
        Ok(directory) => directory,
        Err(error) => {
            let todo = "Look at keys.token: the module, the token's label, and the file with its PIN.";
            return Finding::bad("document keys", format!("{error:#}"), todo);
        }
    };
    let ring = match directory.load() {
        Ok(ring) => ring,
        Err(error) => {
            let todo = "Run `sealwright keys generate` for a first key; otherwise restore the folder from its backup.";
            return Finding::bad("document keys", error.to_string(), todo);
        }
    };
    let signs: Vec<_> =
        Algorithm::ALL.into_iter().filter_map(|algorithm| ring.signer_for(algorithm)).collect();
    let signs: Vec<_> =
        signs.iter().map(|signer| format!("{} ({})", signer.key_id(), signer.algorithm().jose())).collect();
    let detail = format!("{} signs, {} in all", signs.join(" and "), ring.key_set().iter().count());
    match document_keys::in_the_clear(&directory, ring.key_set()) {
        0 => Finding::good("document keys", detail),
        plain => {
            let todo =
                "Any change of the keys under the master key seals them, such as `sealwright keys generate`.";
            Finding::warning("document keys", format!("{detail}; {plain} in the clear"), todo)
        }
    }
}

/// About the certificates of the keys that sign; nothing where there are no keys, which is told already.
pub(super) fn certificates(config: &Config, at: i64) -> Option<Finding> {
    let directory = document_keys::directory(&config.keys.dir, None);
    if directory.key_set().is_ok_and(|set| set.is_empty()) {
        return None;
    }
    let todo = "`sealwright keys certificates root` makes a root, `signer` a certificate for each key, `renew` renews.";
    Some(match complaints(&directory, at) {
        Err(error) => Finding::bad("certificates", error.to_string(), "Restore the file from its backup."),
        Ok(found) if found.is_empty() => Finding::good("certificates", "root and signers are good"),
        Ok(found) => Finding::warning("certificates", found.join("; "), todo),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;

    #[test]
    fn keys_that_are_not_there_are_bad_and_it_says_how_to_make_them() {
        let mut config = Config::default();
        config.keys.dir = "no/such/folder".into();
        let finding = document_keys(&config);
        assert_eq!(finding.health, Health::Bad);
        assert!(finding.what_to_do.contains("keys generate"));
        config.vault.master_key_file = Some("no/such/file".into());
        let finding = master_key(&config);
        assert_eq!(finding.health, Health::Bad);
        assert!(finding.detail.contains("no/such/file"), "{}", finding.detail);
    }

    #[test]
    fn keys_in_the_clear_are_a_warning_until_they_are_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.keys.dir = folder.path().join("keys");
        config.vault.master_key_file = Some(folder.path().join("master.key"));
        let master = sealwright_storage::MasterKey::create(folder.path().join("master.key"));
        let master = master.map_err(|error| error.to_string()).unwrap();
        sealwright_credentials::KeyRing::generate(&config.keys.dir).unwrap();
        let finding = super::document_keys(&config);
        assert_eq!(finding.health, Health::Warning);
        assert!(finding.detail.contains("1 in the clear"), "{}", finding.detail);

        let directory = document_keys::directory(&config.keys.dir, Some(&master));
        directory.generate(Algorithm::Es256).unwrap();
        let finding = super::document_keys(&config);
        assert_eq!(finding.health, Health::Good);
        assert!(finding.detail.contains("(EdDSA) and ") && finding.detail.contains("(ES256) signs"));

        let now = 1_795_320_000;
        let found = certificates(&config, now).unwrap();
        assert_eq!(found.health, Health::Warning);
        assert!(found.detail.contains("no root") && found.what_to_do.contains("keys certificates"));
        sealwright::certificates::furnish(&directory, &config, now).unwrap();
        assert_eq!(certificates(&config, now).unwrap().health, Health::Good);
        let late = now + 420 * 86_400;
        assert_eq!(certificates(&config, late).unwrap().detail.matches("ends in").count(), 2);
        std::fs::write(config.keys.dir.join("certificates.pem"), "-----BEGIN CERTIFICATE-----").unwrap();
        assert_eq!(certificates(&config, now).unwrap().health, Health::Bad);
    }
}
