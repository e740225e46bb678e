//! A term of n working days: from an instant of submission to an instant that is due.

use chrono::offset::{LocalResult, Offset, TimeZone};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::WorkingDays;

/// When a term ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The first instant after the term: 24:00 local time of its last day.
    pub at: DateTime<Utc>,
    /// A day on the way has no paper yet. Compute it again when one is loaded.
    pub provisional: bool,
}

impl WorkingDays {
    /// The end of a term of `working_days` that begins with a submission: 24:00, in `zone`, of the n-th
    /// working day after the day of submission, which itself does not count (Civil Code, Art. 201 and 203).
    ///
    /// With a `cut_off` (local close of business) a submission at or after it, or on a day that is not
    /// worked, counts as made on the next working day. Without one the calendar day is what it is.
    ///
    /// Always later than `submitted_at`, and never earlier for a later submission. Never panics; at the
    /// very end of representable time the result is clamped and provisional.
    pub fn due(
        &self,
        submitted_at: DateTime<Utc>,
        working_days: u8,
        cut_off: Option<NaiveTime>,
        zone: Tz,
    ) -> Due {
        self.end_of_term(submitted_at, working_days, cut_off, zone)
            .unwrap_or(Due { at: DateTime::<Utc>::MAX_UTC, provisional: true })
    }

    fn end_of_term(
        &self,
        submitted_at: DateTime<Utc>,
        working_days: u8,
        cut_off: Option<NaiveTime>,
        zone: Tz,
    ) -> Option<Due> {
        let utc = submitted_at.naive_utc();
        let local = utc.checked_add_offset(zone.offset_from_utc_datetime(&utc).fix())?;
        let mut walk = Walk { calendar: self, date: local.date(), certain: true };
        if let Some(cut_off) = cut_off {
            let open = walk.look() && local.time() < cut_off;
            if !open {
                walk.next_working_day()?;
            }
        }
        for _ in 0..working_days {
            walk.next_working_day()?;
        }
        let at = midnight_after(walk.date, zone)?;
        Some(Due { at, provisional: !walk.certain })
    }
}

/// A date moving forward, remembering whether every day it looked at was certain.
struct Walk<'a> {
    calendar: &'a WorkingDays,
    date: NaiveDate,
    certain: bool,
}

impl Walk<'_> {
    fn look(&mut self) -> bool {
        let day = self.calendar.is_working(self.date);
        self.certain &= day.certain;
        day.working
    }

    /// `None` only where the calendar of the machine ends: no file gives more than a year's days off.
    fn next_working_day(&mut self) -> Option<()> {
        loop {
            self.date = self.date.checked_add_days(Days::new(1))?;
            if self.look() {
                return Some(());
            }
        }
    }
}

/// 24:00 of `date` in `zone`. Where clocks jump over midnight it is the jump; where midnight comes twice,
/// the first one.
fn midnight_after(date: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let midnight = date.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN);
    let offset = match zone.offset_from_local_datetime(&midnight) {
        LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => offset.fix(),
        LocalResult::None => offset_before(midnight, zone)?,
    };
    Some(midnight.checked_sub_offset(offset)?.and_utc())
}

/// The offset in force before the gap that swallows `local`. Offsets span 26 hours, so a day earlier, read
/// as UTC, is before the jump whatever the zone, and no zone jumps twice in so short a time.
fn offset_before(local: NaiveDateTime, zone: Tz) -> Option<chrono::FixedOffset> {
    let earlier = local.checked_sub_signed(TimeDelta::hours(24))?;
    Some(zone.offset_from_utc_datetime(&earlier).fix())
}
