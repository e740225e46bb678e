//! What each event makes of a sweep.

use sealwright_engine::Timestamp;

use super::counts::{Counts, Tally};
use super::messages::{Event, Place};
use super::state::*;

impl Sweep {
    pub(super) fn after(self, event: &Event, at: Timestamp) -> Self {
        match (self, event) {
            (Sweep::New, Event::Started { kind, dry_run, anew, per_second, schedule, alert_at }) => {
                Sweep::Begun(Box::new(Course {
                    kind: *kind,
                    dry_run: *dry_run,
                    anew: *anew,
                    per_second: *per_second,
                    schedule: schedule.clone(),
                    started_at: at,
                    entered: None,
                    place: Place::default(),
                    slice: 1,
                    asked: 0,
                    since: at,
                    step: Step::Entering,
                    paused: false,
                    alert: (*alert_at, 0),
                    counts: Counts::default(),
                    causes: Default::default(),
                    failures: Vec::new(),
                    cut: false,
                    events: 1,
                }))
            }
            // Nothing else is ever recorded first.
            (Sweep::New, _) => Sweep::New,
            (Sweep::Begun(mut course), event) => {
                course.evolve(event, at);
                Sweep::Begun(course)
            }
        }
    }
}

impl Course {
    fn evolve(&mut self, event: &Event, at: Timestamp) {
        self.events = self.events.saturating_add(1);
        match event {
            Event::Started { .. } => {}
            Event::Admitted { cursor, known, alert_at } => {
                self.entered = Some((cursor.clone(), *known));
                self.place = Place { after: cursor.clone(), line: 0 };
                if self.step == Step::Entering {
                    self.step = Step::Sweeping;
                }
                self.moved(at, *alert_at);
            }
            Event::Skipped { by } => self.step = Step::Ended(Ending::Skipped { by: *by }, None),
            Event::Swept { slice: _, tally, differing, next, end, cut, rest_until, alert_at } => {
                self.count(tally);
                self.cut |= *cut;
                if differing.is_empty() {
                    self.on(next.clone(), *end, *rest_until);
                } else {
                    self.step = Step::Following { people: differing.clone(), next: next.clone(), end: *end };
                    self.asked = 0;
                }
                self.moved(at, *alert_at);
            }
            Event::Followed { slice: _, tally, rest_until, alert_at } => {
                self.count(tally);
                if let Step::Following { people: _, next, end } = &self.step {
                    let (next, end) = (next.clone(), *end);
                    self.on(next, end, *rest_until);
                }
                self.moved(at, *alert_at);
            }
            Event::FollowedLate { tally } => {
                self.count(tally);
                if let Step::Leaving(_, underway) | Step::Ended(_, underway) = &mut self.step {
                    *underway = None;
                }
            }
            Event::Rested { alert_at } => {
                self.step = Step::Sweeping;
                self.moved(at, *alert_at);
            }
            Event::Stalled { times, next } => self.alert = (*next, *times),
            Event::Paused { alert_at } => {
                self.paused = true;
                self.moved(at, *alert_at);
            }
            Event::Resumed { alert_at } => {
                self.paused = false;
                self.asked = self.asked.saturating_add(1);
                self.moved(at, *alert_at);
            }
            Event::Cancelled { alert_at } => {
                let underway = match self.step {
                    Step::Sweeping => Some(Underway::Sweeping(self.slice)),
                    Step::Following { .. } => Some(Underway::Following(self.slice)),
                    Step::Entering | Step::Resting(_) | Step::Leaving(..) | Step::Ended(..) => None,
                };
                self.paused = false;
                self.step = Step::Leaving(Ending::Cancelled, underway);
                self.moved(at, *alert_at);
            }
            Event::Left => {
                if let Step::Leaving(ending, underway) = self.step {
                    self.step = Step::Ended(ending, underway);
                }
            }
        }
    }

    /// On to the next slice, or to the end. `next` is where a later sweep goes on then.
    fn on(&mut self, next: Place, end: bool, rest_until: Option<Timestamp>) {
        self.place = next;
        self.step = match (end, rest_until) {
            (true, _) => Step::Leaving(Ending::Finished, None),
            (false, Some(until)) => Step::Resting(until),
            (false, None) => Step::Sweeping,
        };
        self.slice = self.slice.saturating_add(u32::from(!end));
        self.asked = 0;
    }

    fn moved(&mut self, at: Timestamp, alert_at: Timestamp) {
        self.since = at;
        self.alert = (alert_at, 0);
    }

    fn count(&mut self, tally: &Tally) {
        self.counts += tally.counts;
        for (cause, times) in tally.causes() {
            *self.causes.entry(cause).or_default() += times;
        }
        let room = FAILURES_KEPT.saturating_sub(self.failures.len());
        self.failures.extend(tally.failures.iter().take(room));
    }
}
