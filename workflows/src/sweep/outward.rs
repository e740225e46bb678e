//! What the outside sees of a sweep: phase, effects, labels.

use sealwright_engine::{Labels, Phase};

use super::messages::{About, Effect, Event, Kind, Moved};
use super::state::{Course, Ending, Step, Sweep};

impl Sweep {
    pub(super) fn phase_now(&self) -> Phase {
        let Sweep::Begun(course) = self else {
            return Phase::Open("new");
        };
        match &course.step {
            Step::Ended(ending, _) => Phase::Closed(ending.as_str()),
            Step::Leaving(..) => Phase::Open("leaving"),
            Step::Entering | Step::Sweeping | Step::Following { .. } | Step::Resting(_) if course.paused => {
                Phase::Open("paused")
            }
            Step::Entering => Phase::Open("entering"),
            Step::Sweeping => Phase::Open("sweeping"),
            Step::Following { .. } => Phase::Open("following"),
            Step::Resting(_) => Phase::Open("resting"),
        }
    }

    pub(super) fn labels_now(&self) -> Labels {
        let Sweep::Begun(course) = self else {
            return Labels::none();
        };
        Labels::none()
            .with("kind", course.kind.as_str())
            .with_some("schedule", course.schedule.as_ref())
            .with_some("dry_run", course.dry_run.then_some("true"))
    }

    pub(super) fn reaction(&self, event: &Event) -> Vec<Effect> {
        let Sweep::Begun(course) = self else { return vec![] };
        match event {
            Event::Started { .. }
            | Event::Admitted { .. }
            | Event::Rested { .. }
            | Event::Resumed { .. }
            | Event::Cancelled { .. } => course.wanted().into_iter().collect(),
            Event::Swept { .. } | Event::Followed { .. } => {
                course.wanted().into_iter().chain(course.failures_alert()).collect()
            }
            Event::Stalled { times, .. } => course.alert(*times).into_iter().collect(),
            Event::Skipped { .. } | Event::FollowedLate { .. } | Event::Paused { .. } | Event::Left => vec![],
        }
    }

    /// An `Enter` is never: whoever holds the way has to learn of it, to free it.
    pub(super) fn is_moot(&self, effect: &Effect) -> bool {
        let Sweep::Begun(course) = self else { return false };
        match effect {
            Effect::Enter { .. } | Effect::Leave { .. } => false,
            Effect::Sweep { .. } | Effect::Follow { .. } => course.wanted().as_ref() != Some(effect),
            Effect::AlertOperator { about: About::Failures { .. }, .. } => false,
            Effect::AlertOperator { about, .. } => course.about() != Some(*about),
        }
    }
}

impl Course {
    /// What the present step waits for.
    fn wanted(&self) -> Option<Effect> {
        let Self { kind, dry_run, slice, asked, .. } = *self;
        match &self.step {
            Step::Leaving(..) if self.entered.is_none() => None,
            Step::Leaving(ending, _) => Some(Effect::Leave { kind, moved: self.left_at(*ending) }),
            Step::Entering | Step::Sweeping | Step::Following { .. } | Step::Resting(_) if self.paused => {
                None
            }
            Step::Entering if asked > 0 => None,
            Step::Entering => Some(Effect::Enter { kind, dry_run }),
            Step::Sweeping => {
                let (place, most) = (self.place.clone(), self.most());
                Some(Effect::Sweep { slice, kind, place, most, dry_run, asked })
            }
            Step::Following { people, .. } => Some(Effect::Follow { slice, people: people.clone(), asked }),
            Step::Resting(_) | Step::Ended(..) => None,
        }
    }

    /// Where the next sweep begins, if this one changes that.
    fn left_at(&self, ending: Ending) -> Option<Moved> {
        match ending {
            Ending::Finished if self.dry_run => None,
            Ending::Finished => {
                // What is compared as a whole begins again, unless this sweep left a part of it to the next one.
                let goes_on = self.kind == Kind::Changes || self.cut;
                Some(Moved { to: self.place.after.clone().filter(|_| goes_on) })
            }
            Ending::Cancelled | Ending::Skipped { .. } => None,
        }
    }

    /// What an operator is told of while the present step lasts.
    fn about(&self) -> Option<About> {
        match self.step {
            Step::Ended(..) => None,
            Step::Leaving(..) => Some(About::Leaving),
            Step::Entering | Step::Sweeping | Step::Following { .. } | Step::Resting(_) if self.paused => {
                Some(About::Paused)
            }
            Step::Entering => Some(About::Entering),
            Step::Sweeping | Step::Following { .. } => Some(About::Slice(self.slice)),
            Step::Resting(_) => None,
        }
    }

    fn alert(&self, times: u32) -> Option<Effect> {
        Some(Effect::AlertOperator { about: self.about()?, since: self.since, times })
    }

    /// At the end somebody learns that not everything is in step.
    fn failures_alert(&self) -> Option<Effect> {
        let Step::Leaving(Ending::Finished, _) = self.step else { return None };
        let (failed, absent) = (self.counts.failed, self.absent().unwrap_or_default());
        let about = About::Failures { failed, absent };
        (failed + absent > 0).then_some(Effect::AlertOperator { about, since: self.started_at, times: 1 })
    }
}
