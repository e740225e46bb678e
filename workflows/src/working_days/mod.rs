//! Which days offices work, and when a term counted in working days ends (`domain.md` 2.10 and 2.11).
//!
//! A working day is Monday to Friday, less the State Council's holidays, plus its make-up workdays. The
//! State Council publishes next year's paper between October and December, so there is always a future
//! without one. There we count Monday to Friday *and say so*: every answer carries whether it is certain.

mod term;
mod year;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

pub use term::Due;
pub use year::{CalendarRefused, HolidayYear, SpecialDay};

/// The calendar. Cheap to clone compared with what it decides; years are added with [`WorkingDays::load`].
///
/// It is serialised as the list of its year files, and checks them again when read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<HolidayYear>", into = "Vec<HolidayYear>")]
pub struct WorkingDays {
    years: BTreeMap<i32, HolidayYear>,
}

/// What the calendar knows about one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Whether offices work on it.
    pub working: bool,
    /// `false` when no paper covers the day and Monday to Friday was assumed.
    pub certain: bool,
}

impl WorkingDays {
    /// The years shipped with this crate: 2018 to 2026.
    pub fn shipped() -> Self {
        static SHIPPED: LazyLock<WorkingDays> = LazyLock::new(|| {
            let mut calendar = WorkingDays::default();
            for json in FILES {
                calendar.load(json).expect("a test loads every shipped file");
            }
            calendar
        });
        SHIPPED.clone()
    }

    /// Adds the year in `json` (the `holiday-cn` shape), or replaces it: the State Council has amended
    /// papers in mid-year. Returns the year. On an error the calendar is unchanged.
    pub fn load(&mut self, json: &str) -> Result<i32, CalendarRefused> {
        let year = HolidayYear::parse(json)?;
        let number = year.year();
        self.years.insert(number, year);
        Ok(number)
    }

    /// Whether the papers at hand settle this day. From 25 December on that needs the next year's paper
    /// too, because New Year's Day brings its own make-up days and bridges.
    pub fn covers(&self, date: NaiveDate) -> bool {
        let year = date.year();
        let late_december = date.month() == 12 && date.day() >= LATE_DECEMBER;
        self.years.contains_key(&year) && (!late_december || self.years.contains_key(&(year + 1)))
    }

    /// Whether `date` is worked, and whether that is known or assumed.
    pub fn is_working(&self, date: NaiveDate) -> Day {
        // The later paper wins: it was written knowing the earlier one.
        let special = [date.year() + 1, date.year()]
            .into_iter()
            .find_map(|year| self.years.get(&year)?.is_off(date))
            .map(|off| !off);
        let weekday = !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        Day { working: special.unwrap_or(weekday), certain: self.covers(date) }
    }

    /// The year whose file an operator should load now: this year's if it is missing, and from 1 November
    /// on the next year's. `None` means that nothing is to be done.
    pub fn missing_from(&self, today: NaiveDate) -> Option<i32> {
        let year = today.year();
        if !self.years.contains_key(&year) {
            return Some(year);
        }
        (today.month() >= 11 && !self.years.contains_key(&(year + 1))).then_some(year + 1)
    }

    /// The years at hand, ascending.
    pub fn years(&self) -> impl Iterator<Item = i32> + '_ {
        self.years.keys().copied()
    }
}

impl TryFrom<Vec<HolidayYear>> for WorkingDays {
    type Error = CalendarRefused;

    fn try_from(files: Vec<HolidayYear>) -> Result<Self, CalendarRefused> {
        let mut years = BTreeMap::new();
        for file in files {
            file.check()?;
            years.insert(file.year(), file);
        }
        Ok(WorkingDays { years })
    }
}

impl From<WorkingDays> for Vec<HolidayYear> {
    fn from(calendar: WorkingDays) -> Self {
        calendar.years.into_values().collect()
    }
}

/// The longest New Year arrangement so far began with a make-up day on 29 December (2018); four days of
/// margin cost little, since the next paper is out by then.
const LATE_DECEMBER: u32 = 25;

const FILES: [&str; 9] = [
    include_str!("../../data/holidays/2018.json"),
    include_str!("../../data/holidays/2019.json"),
    include_str!("../../data/holidays/2020.json"),
    include_str!("../../data/holidays/2021.json"),
    include_str!("../../data/holidays/2022.json"),
    include_str!("../../data/holidays/2023.json"),
    include_str!("../../data/holidays/2024.json"),
    include_str!("../../data/holidays/2025.json"),
    include_str!("../../data/holidays/2026.json"),
];
