//! Cron schedules, in a time zone, with a rule for missed ticks.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::id::InstanceId;
use crate::time::Timestamp;

/// When something recurs.
///
/// The expression is that of the `cron` crate: six or seven fields, seconds first, day of week 1
/// is Sunday. It is read on the wall clock of the zone: a time that a daylight-saving change skips
/// becomes the first instant after the gap; a time that happens twice is meant once, the first time.
#[derive(Clone, Debug)]
pub struct Schedule {
    name: String,
    cron: cron::Schedule,
    zone: Tz,
    misfire: Misfire,
}

/// What becomes of ticks that came while nobody was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Misfire {
    /// They are skipped; the next tick is the next one.
    Skip,
    /// The last of them is fired once.
    #[default]
    Once,
    /// Each of them is fired, oldest first.
    All,
}

/// One firing of a schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tick {
    /// The schedule's name.
    pub schedule: String,
    /// When it was due.
    pub due: Timestamp,
    /// The instance that is this tick: the same on every node, so two nodes cannot fire it twice.
    pub instance: InstanceId,
}

/// A schedule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadSchedule {
    /// The expression cannot be read.
    #[error(
        "schedule `{name}`: `{cron}` is no cron expression ({why}). Six fields are needed: second minute hour day month weekday"
    )]
    Cron {
        /// The schedule.
        name: String,
        /// The expression.
        cron: String,
        /// What the parser said.
        why: String,
    },
    /// The zone is not known.
    #[error("schedule `{name}`: `{zone}` is no time zone of the IANA list, such as `Asia/Shanghai`")]
    Zone {
        /// The schedule.
        name: String,
        /// The zone.
        zone: String,
    },
    /// It has no tick, ever.
    #[error("schedule `{name}`: `{cron}` never comes, such as 30 February")]
    Never {
        /// The schedule.
        name: String,
        /// The expression.
        cron: String,
    },
}

impl Schedule {
    /// A schedule under a name that is never reused for another one.
    ///
    /// # Errors
    /// If the expression or the zone cannot be read, or the schedule has no tick ever.
    pub fn new(name: &str, cron: &str, zone: &str, misfire: Misfire) -> Result<Self, BadSchedule> {
        let bad = |why: cron::error::Error| BadSchedule::Cron {
            name: name.into(),
            cron: cron.into(),
            why: reason(&why.to_string()),
        };
        let parsed = cron::Schedule::from_str(cron).map_err(bad)?;
        let tz = Tz::from_str(zone);
        let tz = tz.map_err(|_| BadSchedule::Zone { name: name.into(), zone: zone.into() })?;
        let schedule = Self { name: name.into(), cron: parsed, zone: tz, misfire };
        // From a fixed day, so that the same schedule is accepted or refused on any day.
        let first = schedule.after(Timestamp::from_secs(1_577_836_800)).next();
        first.map(|_| schedule).ok_or(BadSchedule::Never { name: name.into(), cron: cron.into() })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What becomes of missed ticks.
    pub fn misfire(&self) -> Misfire {
        self.misfire
    }

    /// The ticks after `at`, strictly increasing.
    pub fn after(&self, at: Timestamp) -> impl Iterator<Item = Timestamp> + '_ {
        // The wall clock is iterated as if it were UTC. A later wall time never means an earlier
        // instant (in a gap it means its end, in a fold the first time), so that nothing before
        // the wall time of `at` can come after `at`.
        let from = at.to_utc().with_timezone(&self.zone).naive_local().and_utc();
        let mut last = at;
        let instants = self.cron.after_owned(from).map(|wall| self.instant(wall.naive_utc()));
        instants.filter(move |instant| {
            let later = *instant > last;
            if later {
                last = *instant;
            }
            later
        })
    }

    /// The tick due at `due`.
    pub fn tick(&self, due: Timestamp) -> Tick {
        Tick { schedule: self.name.clone(), due, instance: InstanceId::of_tick(&self.name, due) }
    }

    /// The ticks to fire now, if `last` was handled, oldest first; and the newest one that is to be
    /// regarded as handled afterwards.
    pub fn due(&self, last: Timestamp, now: Timestamp, limit: usize) -> (Vec<Timestamp>, Option<Timestamp>) {
        match self.misfire {
            Misfire::All => {
                let missed = self.after(last).take_while(|at| *at <= now);
                let ticks: Vec<_> = missed.take(limit).collect();
                let newest = ticks.last().copied();
                (ticks, newest)
            }
            Misfire::Once => {
                let newest = self.newest(last, now);
                (newest.into_iter().collect(), newest)
            }
            Misfire::Skip => {
                let newest = self.newest(last, now);
                // On time is what came since the last look, with the polling time as tolerance.
                let on_time = newest.filter(|at| now.since(*at) <= 2 * crate::limits::POLL);
                (on_time.into_iter().collect(), newest)
            }
        }
    }

    /// The newest tick after `last` and not after `now`. Looked for from the end: a year of missed
    /// seconds must not be walked.
    fn newest(&self, last: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let mut back = Duration::from_secs(60);
        loop {
            let from = last.max(now - back);
            let newest = self.after(from).take_while(|at| *at <= now).last();
            if newest.is_some() || from == last {
                return newest;
            }
            back *= 4;
        }
    }

    /// The instant at which the zone's wall clock shows `wall`.
    fn instant(&self, wall: NaiveDateTime) -> Timestamp {
        match self.zone.from_local_datetime(&wall) {
            LocalResult::Single(at) => at.to_utc().into(),
            LocalResult::Ambiguous(first, second) => first.min(second).to_utc().into(),
            LocalResult::None => self.end_of_gap(wall).into(),
        }
    }

    /// The first instant after the gap that `wall` lies in. Gaps end on a full minute and last at
    /// most a day (Samoa skipped one).
    fn end_of_gap(&self, wall: NaiveDateTime) -> DateTime<Utc> {
        let (mut inside, mut outside) = (wall, wall + TimeDelta::hours(25));
        while outside - inside > TimeDelta::seconds(1) {
            let middle = inside + (outside - inside) / 2;
            if self.zone.from_local_datetime(&middle).earliest().is_none() {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        let local = self.zone.from_local_datetime(&outside).earliest();
        // Rounded down to the second: the search ends within one second after the gap.
        local.map_or(wall.and_utc(), |at| DateTime::from_timestamp(at.timestamp(), 0).unwrap_or(at.to_utc()))
    }
}

/// A parser's message in one line. Where it only draws the expression with a mark under it, the place.
fn reason(message: &str) -> String {
    let mark = message.lines().find(|line| line.trim() == "^").and_then(|line| line.find('^'));
    match mark {
        Some(column) => format!("it cannot be read from character {} on", column + 1),
        None => message.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

#[cfg(test)]
mod tests;
