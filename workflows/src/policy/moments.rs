//! Points in time that follow from the rules.

use std::time::Duration;

use chrono::{Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use sealwright_engine::{InstanceId, Timestamp};
use sha2::{Digest, Sha256};

use super::{Policy, QuietHours};
use crate::register::{RecordFacts, points_cycle};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Policy {
    /// The local day of a moment.
    pub fn day_of(&self, at: Timestamp) -> NaiveDate {
        at.to_utc().with_timezone(&self.zone).date_naive()
    }

    /// When a review asked for at `submitted` is due, and whether that is a guess.
    pub fn review_due(&self, submitted: Timestamp) -> (Timestamp, bool) {
        let rules = &self.review;
        let due = self.calendar.due(submitted.to_utc(), rules.working_days, rules.cut_off, self.zone);
        (due.at.into(), due.provisional)
    }

    /// The first moment after a photo lock that begins at `from`: midnight, so many months on.
    pub fn photo_lock_end(&self, from: Timestamp) -> Timestamp {
        let months = Months::new(self.licence.photo_lock_months);
        self.day_of(from)
            .checked_add_months(months)
            .and_then(|day| self.midnight(day))
            .unwrap_or(Timestamp::from_micros(i64::MAX))
    }

    /// The first day on which an album file offered at `now` may have been made.
    pub fn album_from(&self, now: Timestamp) -> NaiveDate {
        let months = Months::new(self.photo.album_max_age_months);
        self.day_of(now).checked_sub_months(months).unwrap_or(NaiveDate::MIN)
    }

    /// When somebody is told for the first time that something is waited for.
    pub fn first_alert(&self, now: Timestamp) -> Timestamp {
        now + minutes(self.alerts.first_after_minutes)
    }

    /// When somebody is told again: the time between grows with the waiting, up to the policy's bound.
    pub fn next_alert(&self, since: Timestamp, now: Timestamp) -> Timestamp {
        let first = minutes(self.alerts.first_after_minutes);
        let most = minutes(self.alerts.at_most_every_minutes);
        now + now.since(since).clamp(first, most)
    }

    /// When an overdue review is next told of.
    pub fn next_nag(&self, now: Timestamp) -> Timestamp {
        now + minutes(self.review.nag_every_minutes)
    }

    /// When a decision taken now has its effect.
    pub fn release_at(&self, now: Timestamp) -> Timestamp {
        now + Duration::from_secs(u64::from(self.review.undo_seconds))
    }

    /// Until when a case undone now is kept for who undid it.
    pub fn undone_until(&self, now: Timestamp) -> Timestamp {
        now + minutes(self.review.undone_minutes)
    }

    /// The latest moment to which a case may be held.
    pub fn hold_limit(&self, now: Timestamp) -> Timestamp {
        now + Duration::from_secs(u64::from(self.review.hold_at_most_hours) * HOUR)
    }

    /// When a liveness session that begins now is over.
    pub fn session_end(&self, now: Timestamp) -> Timestamp {
        now + minutes(self.liveness.session_minutes)
    }

    /// Whether a record seen at `seen` is too old to order on.
    pub fn record_is_stale(&self, seen: Timestamp, now: Timestamp) -> bool {
        now.since(seen) > minutes(self.record.max_age_minutes)
    }

    /// Seconds of silence before the reminder, and before the end.
    pub fn silence_seconds(&self) -> (u64, u64) {
        let seconds = |hours: u32| u64::from(hours) * HOUR;
        (seconds(self.silence.remind_after_hours), seconds(self.silence.expire_after_hours))
    }

    /// When the quiet hours end, if it is quiet now.
    pub fn quiet_until(&self, now: Timestamp) -> Option<Timestamp> {
        let QuietHours { from, until } = self.notices.quiet;
        let local = now.to_utc().with_timezone(&self.zone).naive_local();
        let (day, time) = (local.date(), local.time());
        let is_quiet =
            if from <= until { from <= time && time < until } else { from <= time || time < until };
        let day = if time < until { day } else { day.checked_add_days(Days::new(1))? };
        // Where clocks are put back within the quiet hours, the end may have been already.
        is_quiet.then(|| self.moment(day.and_time(until))).flatten().filter(|end| *end > now)
    }

    /// When an admission given now is somebody's to look at.
    pub fn admission_alert(&self, now: Timestamp) -> Timestamp {
        now + days(self.licence.admission_alert_days)
    }

    /// The beginning of the time over which admissions are counted.
    pub fn admissions_since(&self, now: Timestamp) -> Timestamp {
        now - days(self.licence.admissions_within_days)
    }

    /// When an admission given at `at` is no longer counted.
    pub fn admission_forgotten(&self, at: Timestamp) -> Timestamp {
        at + days(self.licence.admissions_within_days)
    }

    /// When the register is asked next about a licence.
    pub fn next_check(&self, now: Timestamp) -> Timestamp {
        now + days(self.licence.check_every_days)
    }

    /// When the register is asked next about a licence with these facts: at the latest when it is due anyway, and
    /// before that on the day after which the facts cannot hold: points are cleared when their cycle ends, and a
    /// validity ends.
    pub fn next_look(&self, facts: Option<&RecordFacts>, now: Timestamp) -> Timestamp {
        let due = self.next_check(now);
        let Some(facts) = facts else { return due };
        let today = self.day_of(now);
        let cleared = points_cycle(facts.first_issue, today).filter(|_| facts.points > 0);
        let days = [cleared.map(|(_, next)| next), facts.expires_on()];
        let moments = days.into_iter().flatten().filter_map(|day| self.midnight(day));
        moments.filter(|at| *at > now).fold(due, Timestamp::min)
    }

    /// Whether `per_mille` of all applications chosen by their ids contain this one. Task numbers are part
    /// of it, so that a second photo is chosen anew.
    pub fn chosen(&self, instance: InstanceId, task: u32, per_mille: u16) -> bool {
        let digest =
            Sha256::new().chain_update(instance.0.as_bytes()).chain_update(task.to_be_bytes()).finalize();
        let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        number % 1_000 < u32::from(per_mille)
    }

    /// 00:00 of a local day; where clocks jump over it, the first moment after the jump.
    fn midnight(&self, day: NaiveDate) -> Option<Timestamp> {
        self.moment(day.and_time(NaiveTime::MIN))
    }

    /// A local time's moment, the first if there are two; where clocks jump over it, what it would be without the jump.
    fn moment(&self, local: NaiveDateTime) -> Option<Timestamp> {
        let jump = || {
            // A day earlier the offset from before the jump is in force; by it, midnight is the jump itself, and
            // a later time is as long after it.
            let before = local.checked_sub_days(Days::new(1))?;
            let before = self.zone.from_local_datetime(&before).earliest()?.to_utc();
            before.checked_add_days(Days::new(1))
        };
        let at = self.zone.from_local_datetime(&local).earliest().map(|at| at.to_utc());
        at.or_else(jump).map(Timestamp::from)
    }
}

impl QuietHours {
    /// How long they are.
    pub(super) fn length(self) -> TimeDelta {
        let length = self.until - self.from;
        if length < TimeDelta::zero() { length + TimeDelta::days(1) } else { length }
    }
}

fn minutes(minutes: u32) -> Duration {
    Duration::from_secs(u64::from(minutes) * MINUTE)
}

fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * DAY)
}
