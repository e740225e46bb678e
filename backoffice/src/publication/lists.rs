//! Status lists: follow the journal, and publish what changed within the time that was promised.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use sealwright_credentials::status_list::{Published, Slot, Status, Token};
use sealwright_credentials::{KeyRing, Serial, StatusReference};
use sealwright_engine::InstanceId;
use sealwright_storage::publication::{Contents, Issue, ListState, NotStored};
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::status::StatusSlots;

use super::journal::Stretch;
use super::{NotPublished, Publisher, TTL_S, status_of};

/// Times a list is made again because another node published it meanwhile; the next step tries again.
const RACES: u32 = 3;

impl Publisher {
    /// Follows the journal to its end. Answers how many entries changed.
    pub(super) async fn follow(&self, now: i64) -> Result<u64, NotPublished> {
        let mut changed = 0;
        loop {
            let position = self.lists.position().await?;
            let Some(stretch) = self.stretch(position).await? else { return Ok(changed) };
            let statuses = self.statuses(&stretch).await?;
            // The clock that decided may be another node's, and ahead of ours.
            let at = stretch.since.unwrap_or(now).min(now);
            match self.lists.follow(stretch.by, stretch.prepared, statuses, at).await {
                Ok(entries) => changed += entries,
                // Another node stored this stretch. Whatever changed since its labels were read lies ahead of it.
                Err(NotStored::Raced) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What the entries of all licences in the stretch say by now. The labels are read after the feed, so they
    /// are as new as the stretch or newer.
    async fn statuses(&self, stretch: &Stretch) -> Result<Vec<(Slot, Status)>, NotPublished> {
        let serials: Vec<_> = stretch.prepared.iter().map(|binding| binding.serial.clone()).collect();
        let placed = self.lists.slots(&serials).await?;
        let mut entries = BTreeMap::<InstanceId, BTreeMap<Slot, (u32, Status)>>::new();
        for (binding, placed) in stretch.prepared.iter().zip(placed) {
            // What every entry says that nobody was seen with.
            entries.entry(binding.holder).or_default().insert(placed.slot, (binding.version, Status::Valid));
        }
        let licences: Vec<_> = stretch.licences.keys().copied().collect();
        for marked in self.lists.held_by(&licences).await? {
            if let Some((holder, version)) = marked.holder {
                entries.entry(holder).or_default().insert(marked.slot, (version, marked.status));
            }
        }
        let mut statuses = Vec::new();
        for (licence, entries) in entries {
            let labels = self.store.labels(licence).await?;
            let label = |name| labels.iter().find(|(other, _)| other == name).map(|(_, value)| &**value);
            let live = label("version").and_then(|version| version.parse().ok());
            let abandoned = stretch.licences.get(&licence);
            statuses.extend(entries.into_iter().filter_map(|(slot, (version, said))| {
                let status = match abandoned {
                    Some(abandoned) if abandoned.contains(&version) => Some(Status::Invalid),
                    _ => status_of(version, live, label("standing")),
                };
                status.filter(|status| *status != said).map(|status| (slot, status))
            }));
        }
        Ok(statuses)
    }

    /// Publishes every list that is due. Answers how many.
    pub(super) async fn publish(&self, keys: &Arc<KeyRing>, now: i64) -> Result<u32, NotPublished> {
        let mut published = 0;
        for state in self.lists.states().await? {
            for _ in 0..RACES {
                if !self.is_due(&state, keys, now) {
                    break;
                }
                match self.publish_one(state.number, keys, now).await {
                    Ok(()) => published += 1,
                    Err(NotPublished::Rows(NotStored::Raced)) => continue,
                    Err(error) => return Err(error),
                }
                break;
            }
        }
        Ok(published)
    }

    /// By the clock, or because nobody may believe the signature that is out.
    fn is_due(&self, state: &ListState, keys: &KeyRing, now: i64) -> bool {
        let believed = state
            .signed_by
            .as_ref()
            .is_some_and(|key| keys.key_set().get(key).is_some_and(|(_, key_state)| key_state.may_verify()));
        !believed || state.publication.due(&self.plan.pace) <= now
    }

    async fn publish_one(&self, list: u32, keys: &Arc<KeyRing>, now: i64) -> Result<(), NotPublished> {
        let contents = self.lists.contents(list).await?;
        let contents = contents.ok_or(NotStored::Damaged("status_list"))?;
        let was = contents.publication.published;
        let (issued_at, expires_at) = contents.publication.times(&self.plan.pace, now);
        let published = Published { revision: contents.publication.revision, issued_at, expires_at };
        let (issuer, aggregation) = (self.plan.issuer.clone(), self.plan.lists.base.clone());
        let keys = keys.clone();
        // A long list takes a third of a second of one core to pack.
        let make = move || make(contents, published, now, &issuer, &aggregation, &keys);
        let issue = tokio::task::spawn_blocking(make).await??;
        self.lists.publish(list, was, issue).await?;
        metrics::counter!("sealwright_status_lists_published_total").increment(1);
        Ok(())
    }
}

fn make(
    contents: Contents,
    published: Published,
    read_at: i64,
    issuer: &str,
    aggregation_uri: &str,
    keys: &KeyRing,
) -> Result<Issue, NotPublished> {
    let Contents { shard, uri, mut list, before, .. } = contents;
    let space = shard.space().map_err(NotStored::from)?;
    space.disguise(&mut list, before.as_ref(), shard.next).map_err(NotStored::from)?;
    let packed = list.pack();
    let signer = keys.signer()?;
    let token = Token {
        issuer,
        uri: &uri,
        aggregation_uri,
        issued_at: published.issued_at,
        expires_at: published.expires_at,
        ttl_s: TTL_S,
        chain: &[],
    };
    let (jwt, cwt) = (token.jwt(&packed, signer)?, token.cwt(&packed, signer)?);
    Ok(Issue { published, read_at, signed_by: *signer.key_id(), packed, jwt, cwt })
}

#[async_trait]
impl StatusSlots for Publisher {
    async fn slot(&self, serial: &Serial) -> Result<Option<StatusReference>, Unavailable> {
        let placed = self.lists.slot(serial).await.map_err(|error| Unavailable(error.to_string()))?;
        Ok(Some(StatusReference { uri: placed.uri, index: placed.slot.index }))
    }
}
