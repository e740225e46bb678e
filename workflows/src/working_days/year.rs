//! One year's paper, and what is wrong with a file that claims to be one.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// A year file in the `holiday-cn` shape: `{year, papers[], days: [{name, date, isOffDay}]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolidayYear {
    year: i32,
    #[serde(default)]
    papers: Vec<String>,
    #[serde(with = "day_list")]
    days: BTreeMap<NaiveDate, SpecialDay>,
}

/// A day that the paper names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecialDay {
    /// The holiday it belongs to, in Chinese.
    pub name: String,
    /// `true` for a day off, `false` for a make-up workday.
    pub off: bool,
}

/// Why a year file was not taken. The calendar is unchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarRefused {
    /// Not JSON of the expected shape.
    #[error(
        "the calendar file cannot be read: {0}; give a file of the form \
         {{\"year\", \"papers\": [], \"days\": [{{\"name\", \"date\": \"YYYY-MM-DD\", \"isOffDay\"}}]}} with each date once"
    )]
    Unreadable(String),
    /// Larger than any calendar.
    #[error(
        "the calendar file has {0} bytes; a year takes about 4 kB, so this is another file: give one of at most {MAX_BYTES} bytes"
    )]
    TooLarge(usize),
    /// No days: how an unpublished year looks in `holiday-cn`.
    #[error(
        "the calendar of {0} names no days, so its paper is not published yet; load it again when it is (usually November)"
    )]
    Empty(i32),
    /// A day that this paper cannot be about.
    #[error(
        "the calendar of {year} names {date}; a paper covers its own year and December before it: correct the date or the year"
    )]
    ForeignDay {
        /// The year of the file.
        year: i32,
        /// The day.
        date: NaiveDate,
    },
    /// New Year's Day is a holiday every year by law, so a file without it is cut off or edited.
    #[error(
        "the calendar of {0} does not give New Year's Day off, so it is incomplete; get the whole file again"
    )]
    Incomplete(i32),
}

impl HolidayYear {
    /// Reads and checks a year file.
    pub fn parse(json: &str) -> Result<Self, CalendarRefused> {
        if json.len() > MAX_BYTES {
            return Err(CalendarRefused::TooLarge(json.len()));
        }
        let year: HolidayYear =
            serde_json::from_str(json).map_err(|error| CalendarRefused::Unreadable(error.to_string()))?;
        year.check()?;
        Ok(year)
    }

    /// The year the paper is about.
    pub fn year(&self) -> i32 {
        self.year
    }

    /// Where the paper was published.
    pub fn papers(&self) -> &[String] {
        &self.papers
    }

    /// The days the paper names, ascending.
    pub fn days(&self) -> impl Iterator<Item = (NaiveDate, &SpecialDay)> {
        self.days.iter().map(|(date, day)| (*date, day))
    }

    pub(super) fn is_off(&self, date: NaiveDate) -> Option<bool> {
        self.days.get(&date).map(|day| day.off)
    }

    pub(super) fn check(&self) -> Result<(), CalendarRefused> {
        let year = self.year;
        if self.days.is_empty() {
            return Err(CalendarRefused::Empty(year));
        }
        let belongs =
            |date: &NaiveDate| date.year() == year || (date.month() == 12 && date.year() + 1 == year);
        if let Some(&date) = self.days.keys().find(|date| !belongs(date)) {
            return Err(CalendarRefused::ForeignDay { year, date });
        }
        let new_year = NaiveDate::from_ymd_opt(year, 1, 1).and_then(|date| self.is_off(date));
        if new_year == Some(true) { Ok(()) } else { Err(CalendarRefused::Incomplete(year)) }
    }
}

/// A published year takes 3 to 5 kB; indented as upstream does it, up to 6 kB.
const MAX_BYTES: usize = 64 * 1024;

mod day_list {
    use std::collections::BTreeMap;

    use chrono::NaiveDate;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::SpecialDay;

    #[derive(Serialize, Deserialize)]
    struct Entry {
        name: String,
        date: NaiveDate,
        #[serde(rename = "isOffDay")]
        off: bool,
    }

    pub(super) fn serialize<S: Serializer>(
        days: &BTreeMap<NaiveDate, SpecialDay>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let entry = |(date, day): (&NaiveDate, &SpecialDay)| Entry {
            name: day.name.clone(),
            date: *date,
            off: day.off,
        };
        days.iter().map(entry).collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<NaiveDate, SpecialDay>, D::Error> {
        let mut days = BTreeMap::new();
        for Entry { name, date, off } in Vec::<Entry>::deserialize(deserializer)? {
            // Two entries for one day could contradict each other; which to believe is not ours to guess.
            if days.insert(date, SpecialDay { name, off }).is_some() {
                return Err(D::Error::custom(format!("{date} stands in it twice")));
            }
        }
        Ok(days)
    }
}
