//! One channel's lane: so many at once, and nobody knocks for ever at a door that stays shut.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sealwright_engine::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{Channel, Errand};
use crate::office::gateway::{Gateway, Handed, Message};
use crate::office::mail::{Mail, Post, Posted};

/// Messages under way at once. Most mail servers allow ten connections of one client; gateways ask for no more.
const AT_ONCE: usize = 8;

/// How long a place is waited for; then the notice makes room for others.
const PLACE_TIME: Duration = Duration::from_secs(20);
const NO_PLACE: Duration = Duration::from_secs(5);

/// So many failures in a row, over so long a time, and the gateway is paused.
const FAILURES: u32 = 5;
const FAILING: Duration = Duration::from_secs(15 * 60);

/// How long a pause is; then one message is tried.
const PAUSE: Duration = Duration::from_secs(15 * 60);

/// How long the others wait for the one that is tried.
const TRIAL: Duration = Duration::from_secs(60);

/// An operator is told of the same trouble again after so long.
const TOLD_AGAIN: Duration = Duration::from_secs(24 * 3_600);

pub(in crate::office) struct Lane {
    channel: Channel,
    places: Semaphore,
    health: Mutex<Health>,
}

/// How a channel's attempt ended.
pub(super) enum Sent {
    /// Taken, refused for good, or nobody to send it to.
    Over,
    Later(Timestamp),
    /// It costs an attempt. The text names nobody.
    NotNow(String),
}

/// A gateway was paused, and an operator has to hear of it.
pub(in crate::office) struct Paused {
    pub(in crate::office) since: Timestamp,
    pub(in crate::office) told: u32,
    pub(in crate::office) why: String,
}

/// In memory, per node: a restart begins with trust.
#[derive(Default)]
struct Health {
    failing_since: Option<Timestamp>,
    failures: u32,
    paused_until: Option<Timestamp>,
    told: u32,
    told_at: Option<Timestamp>,
}

impl Lane {
    pub(super) fn new(channel: Channel) -> Self {
        Self { channel, places: Semaphore::new(AT_ONCE), health: Mutex::default() }
    }

    /// A place in the lane, if there is one in time.
    pub(in crate::office) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        tokio::time::timeout(PLACE_TIME, self.places.acquire()).await.ok()?.ok()
    }

    pub(super) async fn post(&self, post: &dyn Post, mail: &Mail, now: Timestamp) -> Sent {
        let Some(_place) = self.place().await else {
            return Sent::Later(now + NO_PLACE);
        };
        match post.send(mail).await {
            Ok(Posted::Accepted) => Sent::Over,
            Ok(Posted::Refused(why)) => self.refused(&mail.id, &why),
            Err(why) => Sent::NotNow(why.to_string()),
        }
    }

    pub(super) async fn hand(
        &self,
        gateway: &dyn Gateway,
        message: &Message,
        now: Timestamp,
    ) -> (Sent, Option<Paused>) {
        let Some(_place) = self.place().await else {
            return (Sent::Later(now + NO_PLACE), None);
        };
        if let Some(until) = self.paused(now) {
            return (Sent::Later(until), None);
        }
        match gateway.hand(message, now).await {
            Handed::Accepted => {
                self.recovered();
                (Sent::Over, None)
            }
            Handed::Refused(why) => {
                self.recovered();
                (self.refused(&message.id, &why), None)
            }
            Handed::Later(at) => {
                let (pause, paused) = self.failed("it asks for patience, again and again", now, false);
                (Sent::Later(pause.map_or(at, |until| until.max(at))), paused)
            }
            Handed::Gone => {
                let (pause, paused) = self.failed("it answers 410: it is gone for good", now, true);
                (Sent::Later(pause.unwrap_or(now + PAUSE)), paused)
            }
            Handed::Failed(why) => match self.failed(&why, now, false) {
                (Some(until), paused) => (Sent::Later(until), paused),
                (None, paused) => (Sent::NotNow(why), paused),
            },
        }
    }

    pub(super) fn count(&self, sent: &Sent, errand: &Errand<'_>) {
        let outcome = match sent {
            Sent::Over => "over",
            Sent::Later(_) => "later",
            Sent::NotNow(_) => "failed",
        };
        tracing::debug!(effect.key = %errand.key, channel = self.channel.as_str(), outcome, "a notice");
        metrics::counter!("sealwright_notices_total", "channel" => self.channel.as_str(), "outcome" => outcome)
            .increment(1);
    }

    fn refused(&self, id: &str, why: &str) -> Sent {
        let channel = self.channel.as_str();
        tracing::warn!(notice.id = id, channel, why, "a notice cannot be delivered");
        metrics::counter!("sealwright_notices_refused_total", "channel" => channel).increment(1);
        Sent::Over
    }

    /// Until when nothing is sent. Whoever asks first after a pause is the one that is tried.
    fn paused(&self, now: Timestamp) -> Option<Timestamp> {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let until = health.paused_until?;
        if now < until {
            return Some(until);
        }
        health.paused_until = Some(now + TRIAL);
        None
    }

    fn recovered(&self) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if health.paused_until.is_some() {
            tracing::info!(channel = self.channel.as_str(), "a gateway takes messages again");
        }
        *health = Health::default();
    }

    /// Until when it is paused now, and what an operator is to be told.
    fn failed(&self, why: &str, now: Timestamp, at_once: bool) -> (Option<Timestamp>, Option<Paused>) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let since = *health.failing_since.get_or_insert(now);
        health.failures += 1;
        let is_long = health.failures >= FAILURES && now.since(since) >= FAILING;
        if !(at_once || is_long || health.paused_until.is_some()) {
            return (None, None);
        }
        let until = now + PAUSE;
        health.paused_until = Some(until);
        let is_news = health.told_at.is_none_or(|at| now.since(at) >= TOLD_AGAIN);
        let paused = is_news.then(|| {
            health.told_at = Some(now);
            health.told += 1;
            Paused { since, told: health.told, why: why.to_owned() }
        });
        (Some(until), paused)
    }
}
