//! Photos that nothing refers to: a crash came between the vault and the command that was to name them.

use std::collections::hash_map::{Entry, HashMap};

use sealwright_engine::store::StoreError;
use sealwright_engine::{Engine, InstanceId, PhotoId, limits};

use super::Office;
use super::dossier::DossierError;

/// What a look at some photos came to.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Collected {
    /// Photos looked at.
    pub seen: u64,
    /// Photos forgotten.
    pub dropped: u64,
}

/// Why photos were not looked at. Begin again where it began.
#[derive(Debug, thiserror::Error)]
pub enum NotCollected {
    /// The vault's.
    #[error(transparent)]
    Vault(#[from] DossierError),
    /// The journal's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Office {
    /// Forgets the photos between these two ids that the journal of their application does not name. May be called
    /// again, and on several nodes. `before` must lie far enough back that no command is still on its way.
    ///
    /// # Errors
    /// The vault's or the store's; what was dropped stays dropped.
    pub async fn collect_photos(
        &self,
        engine: &Engine,
        mut after: PhotoId,
        before: PhotoId,
    ) -> Result<Collected, NotCollected> {
        let vault = self.dossiers().vault();
        let mut collected = Collected::default();
        loop {
            let page = vault.photos_between(after, before, limits::PAGE).await.map_err(DossierError::from)?;
            let Some((last, _)) = page.last() else { return Ok(collected) };
            after = *last;
            let mut journals = HashMap::<InstanceId, String>::new();
            for (photo, application) in page {
                collected.seen += 1;
                let journal = match journals.entry(application) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => new.insert(events(engine, application).await?),
                };
                if journal.contains(&photo.to_string()) {
                    continue;
                }
                vault.drop_photo(photo).await.map_err(DossierError::from)?;
                collected.dropped += 1;
                tracing::info!(%photo, instance.id = %application, "forgot a photo that was never offered");
            }
        }
    }
}

/// All that an application ever recorded, as text.
async fn events(engine: &Engine, application: InstanceId) -> Result<String, StoreError> {
    let history = engine.history(application).await?;
    Ok(history.iter().map(|row| row.events.get()).collect())
}
