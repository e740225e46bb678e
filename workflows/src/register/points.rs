//! The yearly cycle of points (Order 163, `domain.md` 2.9): twelve months from the day of first issue, the holder's
//! own and not the calendar's.

use chrono::{Datelike, Months, NaiveDate};

/// The cycle that a day lies in: its first day, and the first day of the next one. Who was first issued on 29 February
/// begins on the 28th where there is no 29th. A day before the first issue lies in the first cycle.
pub fn points_cycle(first_issue: NaiveDate, on: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    // Counted from the first issue each time: a clamped day does not stay clamped.
    let begins = |years: u32| first_issue.checked_add_months(Months::new(12 * years));
    let guess = u32::try_from(on.year() - first_issue.year()).unwrap_or(0);
    let years = match begins(guess) {
        Some(begin) if begin <= on || guess == 0 => guess,
        _ => guess - 1,
    };
    Some((begins(years)?, begins(years + 1)?))
}

#[cfg(test)]
mod tests {
    use super::points_cycle;

    #[test]
    fn a_cycle_is_twelve_months_from_the_first_issue_clamped_to_the_month() {
        let rows = [
            ("2014-05-12", "2026-05-11", "2025-05-12", "2026-05-12"),
            ("2014-05-12", "2026-05-12", "2026-05-12", "2027-05-12"),
            ("2020-02-29", "2021-02-27", "2020-02-29", "2021-02-28"),
            ("2020-02-29", "2021-02-28", "2021-02-28", "2022-02-28"),
            ("2020-02-29", "2024-02-28", "2023-02-28", "2024-02-29"),
            ("2020-02-29", "2024-02-29", "2024-02-29", "2025-02-28"),
            ("2020-12-31", "2021-01-01", "2020-12-31", "2021-12-31"),
            ("2020-06-01", "2019-01-01", "2020-06-01", "2021-06-01"),
        ];
        for (first, on, from, to) in rows {
            let day = |text: &str| text.parse().expect("a day");
            assert_eq!(points_cycle(day(first), day(on)), Some((day(from), day(to))), "{first} on {on}");
        }
    }
}
