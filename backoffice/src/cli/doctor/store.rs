//! The store: there, current, and keeping what it acknowledges.

use sealwright::config::Config;
use sealwright::desk::shown;
use sealwright_storage::OpenError;

use super::Finding;

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let url = &config.store.url;
    let steps = match sealwright_storage::status(url).await {
        Ok(steps) => steps,
        Err(error) => {
            let todo = "Run `sealwright migrate up`, or correct store.url.";
            return vec![Finding::bad("store", format!("`{}`: {error}", shown(url)), todo)];
        }
    };
    let pending: Vec<_> = steps.iter().filter(|step| !step.applied).map(|step| step.name.as_str()).collect();
    let migrations = match pending.is_empty() {
        true => Finding::good("migrations", format!("all {} are applied", steps.len())),
        false => {
            let detail = format!("missing: {}", pending.join(", "));
            return vec![Finding::bad("migrations", detail, "Run `sealwright migrate up`.")];
        }
    };
    vec![migrations, durability(config).await]
}

/// Opening reads every durability setting back and refuses a weaker one.
async fn durability(config: &Config) -> Finding {
    let url = &config.store.url;
    let Ok(master) = sealwright::serve::master_key(config) else {
        let detail = "it answers; without the master key it cannot be opened for a closer look";
        return Finding::warning("store", detail, "Put the master key right and ask again.");
    };
    match sealwright_storage::open(url, &master).await {
        Ok(opened) => Finding::good("store", opened.store.describe()),
        // Readers have read the settings back; the rest the process that has it did at its start.
        Err(OpenError::Locked(_)) => {
            Finding::good("store", format!("`{}` is open in a running server", shown(url)))
        }
        Err(error) => {
            let todo = match &error {
                OpenError::NotDurable { .. } => "Do not use it like this: acknowledged work could be lost.",
                _ => "See above; the server will not start like this.",
            };
            Finding::bad("store", error.to_string(), todo)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Health;
    use super::*;

    #[tokio::test]
    async fn a_store_is_looked_at_without_being_made() {
        let folder = std::env::temp_dir().join(format!("sealwright-doctor-store-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut config = Config::default();
        config.store.url = format!("sqlite:{}", folder.join("x.db").display());
        let findings = examine(&config).await;
        assert_eq!(findings[0].health, Health::Bad, "{findings:?}");
        assert!(!folder.join("x.db").exists(), "the doctor made a database");

        sealwright_storage::migrate(&config.store.url).await.unwrap();
        let key = folder.join("master.key");
        sealwright_storage::MasterKey::create(&key).map_err(|error| error.to_string()).unwrap();
        config.vault.master_key_file = Some(key);
        let findings = examine(&config).await;
        assert!(findings.iter().all(|finding| finding.health == Health::Good), "{findings:?}");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
