//! The office's performer, watched: what it performs and what stood in the store at that moment.

use std::sync::Arc;
use std::time::Duration;

use sealwright_engine::store::Store;
use sealwright_engine::{Call, Outcome, Performer, Terms, Workflow, name_of};
use sealwright_workflows::office::Office;

use crate::diary::{Diary, Entry};
use crate::mains::Mains;
use crate::outside::Outside;

/// How long a held effect is put off each time.
const PUT_OFF: Duration = Duration::from_secs(60);

/// The office, watched.
#[derive(Clone)]
pub struct Watched {
    /// Who performs.
    pub office: Office,
    /// What may hold an effect up.
    pub outside: Outside,
    /// The switch that is met when a performer returns.
    pub mains: Mains,
    /// Where it is written down.
    pub diary: Diary,
    /// The store itself, in front of any switch.
    pub store: Arc<dyn Store>,
}

impl<W: Workflow> Performer<W> for Watched
where
    Office: Performer<W>,
{
    async fn perform(&self, call: Call<W>) -> Outcome<W::Command> {
        let (key, kind) = (call.key, name_of(&call.effect).outer);
        let now = call.engine.clock().now();
        if self.outside.holds(kind) {
            return Outcome::Later(now + PUT_OFF);
        }
        if self.outside.is_broken(kind) {
            return Outcome::Retry(format!("{kind} does not work today"));
        }
        self.outside.turn().await;
        let stored = self.store.load(call.instance).await;
        let seen = stored.ok().map(|stored| stored.map_or(0, |stored| stored.row.version));
        self.diary.note(Entry::Performed { key, kind: kind.to_owned(), seen });
        let outcome = self.office.perform(call).await;
        self.outside.lingered(kind).await;
        self.mains.returned();
        outcome
    }

    fn terms(&self, kind: &str) -> Terms {
        Performer::<W>::terms(&self.office, kind)
    }
}
