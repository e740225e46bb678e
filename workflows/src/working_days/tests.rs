#![allow(clippy::unwrap_used, reason = "a test may stop")]

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Asia::Shanghai;
use chrono_tz::{America, Asia, Europe, Pacific, Tz};
use proptest::prelude::*;

use super::{CalendarRefused, Day, Due, FILES, WorkingDays};

fn date(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("an instant").to_utc()
}

fn due(submitted: &str, working_days: u8, cut_off: Option<&str>) -> Due {
    let cut_off = cut_off.map(|text| text.parse::<NaiveTime>().expect("a time"));
    WorkingDays::shipped().due(at(submitted), working_days, cut_off, Shanghai)
}

/// A plausible 2027: New Year on a Friday with the Sunday before it made up.
const YEAR_2027: &str = r#"{"year": 2027, "papers": ["paper"], "days": [
    {"name": "元旦", "date": "2026-12-27", "isOffDay": false},
    {"name": "元旦", "date": "2026-12-31", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-01", "isOffDay": true},
    {"name": "元旦", "date": "2027-01-02", "isOffDay": true}]}"#;

#[test]
fn a_term_ends_at_24_00_of_the_nth_working_day_after_the_submission() {
    let rows: &[(&str, &str, u8, &str)] = &[
        ("an ordinary Tuesday", "2026-03-10T09:00:00+08:00", 1, "2026-03-11T16:00:00Z"),
        ("Friday to Monday", "2026-03-13T09:00:00+08:00", 1, "2026-03-16T16:00:00Z"),
        ("a Saturday", "2026-03-14T09:00:00+08:00", 1, "2026-03-16T16:00:00Z"),
        ("the last second of Friday, local time", "2026-03-13T15:59:59Z", 1, "2026-03-16T16:00:00Z"),
        ("the first second of Saturday, local time", "2026-03-13T16:00:00Z", 1, "2026-03-16T16:00:00Z"),
        ("Sunday in UTC, Monday in China", "2026-03-15T23:00:00Z", 1, "2026-03-17T16:00:00Z"),
        ("the day before National Day", "2026-09-30T10:00:00+08:00", 1, "2026-10-08T16:00:00Z"),
        ("a make-up Saturday before Spring Festival", "2026-02-14T10:00:00+08:00", 1, "2026-02-24T16:00:00Z"),
        ("the Friday before a make-up Saturday", "2026-02-13T10:00:00+08:00", 1, "2026-02-14T16:00:00Z"),
        ("in the middle of Spring Festival", "2026-02-18T10:00:00+08:00", 1, "2026-02-24T16:00:00Z"),
        ("three days over Spring Festival", "2026-02-13T10:00:00+08:00", 3, "2026-02-25T16:00:00Z"),
        ("a make-up day from next year's paper", "2018-12-28T10:00:00+08:00", 1, "2018-12-29T16:00:00Z"),
        ("a bridge from next year's paper", "2018-12-29T10:00:00+08:00", 1, "2019-01-02T16:00:00Z"),
        ("no working day: the day of submission", "2026-03-10T09:00:00+08:00", 0, "2026-03-10T16:00:00Z"),
    ];
    for (name, submitted, days, expected) in rows {
        assert_eq!(due(submitted, *days, None), Due { at: at(expected), provisional: false }, "{name}");
    }
}

#[test]
fn after_the_cut_off_or_on_a_day_off_a_submission_counts_as_made_on_the_next_working_day() {
    let rows: &[(&str, &str, &str)] = &[
        ("before it", "2026-03-13T16:59:59+08:00", "2026-03-16T16:00:00Z"),
        ("at it", "2026-03-13T17:00:00+08:00", "2026-03-17T16:00:00Z"),
        ("on a Saturday", "2026-03-14T09:00:00+08:00", "2026-03-17T16:00:00Z"),
        ("on a make-up Saturday, before it", "2026-02-28T09:00:00+08:00", "2026-03-02T16:00:00Z"),
        ("on a make-up Saturday, after it", "2026-02-28T18:00:00+08:00", "2026-03-03T16:00:00Z"),
    ];
    for (name, submitted, expected) in rows {
        let expected = Due { at: at(expected), provisional: false };
        assert_eq!(due(submitted, 1, Some("17:00:00")), expected, "{name}");
    }
}

#[test]
fn without_next_years_paper_a_term_is_provisional_and_loading_it_makes_it_certain() {
    let mut calendar = WorkingDays::shipped();
    let submitted = at("2026-12-30T09:00:00+08:00");
    let assumed = calendar.due(submitted, 1, None, Shanghai);
    assert_eq!(assumed, Due { at: at("2026-12-31T16:00:00Z"), provisional: true });
    let new_years_eve = calendar.due(at("2026-12-31T09:00:00+08:00"), 1, None, Shanghai);
    assert_eq!(new_years_eve, Due { at: at("2027-01-01T16:00:00Z"), provisional: true });

    assert_eq!(calendar.load(YEAR_2027), Ok(2027));
    let known = calendar.due(submitted, 1, None, Shanghai);
    assert_eq!(known, Due { at: at("2027-01-04T16:00:00Z"), provisional: false });
    assert_eq!(calendar.is_working(date("2026-12-27")), Day { working: true, certain: true });
}

#[test]
fn a_year_replaces_itself() {
    let mut calendar = WorkingDays::shipped();
    calendar.load(YEAR_2027).unwrap();
    calendar.load(&YEAR_2027.replace("2027-01-02", "2027-01-04")).unwrap();
    assert!(!calendar.is_working(date("2027-01-04")).working);
    assert_eq!(calendar.years().filter(|year| *year == 2027).count(), 1);
}

#[test]
fn days_without_a_paper_are_monday_to_friday_and_uncertain() {
    let calendar = WorkingDays::shipped();
    let rows = [
        ("2017-10-02", true, false),
        ("2018-01-01", false, true),
        ("2026-12-24", true, true),
        ("2026-12-25", true, false),
        ("2025-12-31", true, true),
        ("2027-01-01", true, false),
        ("2027-01-02", false, false),
    ];
    for (day, working, certain) in rows {
        assert_eq!(calendar.is_working(date(day)), Day { working, certain }, "{day}");
        assert_eq!(calendar.covers(date(day)), certain, "{day}");
    }
}

#[test]
fn from_november_on_the_missing_next_year_is_named() {
    let mut calendar = WorkingDays::shipped();
    assert_eq!(calendar.missing_from(date("2026-10-31")), None);
    assert_eq!(calendar.missing_from(date("2026-11-01")), Some(2027));
    assert_eq!(calendar.missing_from(date("2025-12-31")), None);
    assert_eq!(calendar.missing_from(date("2027-02-01")), Some(2027));
    calendar.load(YEAR_2027).unwrap();
    assert_eq!(calendar.missing_from(date("2026-12-31")), None);
    assert_eq!(calendar.missing_from(date("2027-12-31")), Some(2028));
}

/// Three independent sets were compared when the files were made; these sums would show a later slip.
#[test]
fn the_shipped_years_hold_what_was_compared() {
    let calendar = WorkingDays::shipped();
    assert_eq!(calendar.years().collect::<Vec<_>>(), (2018..=2026).collect::<Vec<_>>());
    let mut made_up = 0;
    let mut working = std::collections::BTreeMap::<i32, u32>::new();
    for day in date("2018-01-01").iter_days().take(3287) {
        let known = calendar.is_working(day);
        let weekend = day.weekday().num_days_from_monday() >= 5;
        made_up += u32::from(known.working && weekend);
        *working.entry(day.year()).or_default() += u32::from(known.working);
    }
    assert_eq!(made_up, 59);
    let per_year: Vec<u32> = working.into_values().collect();
    assert_eq!(per_year, [250, 250, 249, 250, 249, 249, 251, 248, 248], "working days per year");
    assert_eq!(FILES.len(), 9);
}

#[test]
fn a_bad_file_is_refused_with_its_reason_and_changes_nothing() {
    let huge = format!("{YEAR_2027}{}", " ".repeat(70_000));
    let twice = YEAR_2027.replace("2027-01-02", "2027-01-01");
    let foreign = YEAR_2027.replace("2026-12-27", "2026-11-27");
    let cut = YEAR_2027.replace("\"2027-01-01\", \"isOffDay\": true", "\"2027-01-01\", \"isOffDay\": false");
    let rows: &[(&str, &str)] = &[
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        (&YEAR_2027[..150], "cannot be read"),
        (
            r#"{"year": 2027, "days": [{"name": "x", "date": "2027-02-30", "isOffDay": true}]}"#,
            "cannot be read",
        ),
        (&twice, "2027-01-01 stands in it twice"),
        (r#"{"year": 2027, "papers": [], "days": []}"#, "not published yet"),
        (&foreign, "names 2026-11-27"),
        (&cut, "does not give New Year's Day off"),
        (&huge, "70"),
    ];
    for (json, reason) in rows {
        let mut calendar = WorkingDays::shipped();
        let refused = calendar.load(json).expect_err(reason);
        assert!(refused.to_string().contains(reason), "{refused}");
        assert_eq!(calendar, WorkingDays::shipped());
    }
}

#[test]
fn a_calendar_is_the_same_after_json_and_a_bad_one_does_not_come_back() {
    let calendar = WorkingDays::shipped();
    let json = serde_json::to_string(&calendar).unwrap();
    assert_eq!(serde_json::from_str::<WorkingDays>(&json).unwrap(), calendar);
    let empty = r#"[{"year": 2027, "papers": [], "days": []}]"#;
    let error = serde_json::from_str::<WorkingDays>(empty).unwrap_err().to_string();
    assert!(error.contains(&CalendarRefused::Empty(2027).to_string()), "{error}");
}

#[test]
fn midnight_is_found_where_clocks_jump_over_it() {
    let calendar = WorkingDays::default();
    let rows: &[(&str, Tz, &str, &str)] = &[
        (
            "Beirut skips the midnight of 25 March 2018",
            Asia::Beirut,
            "2018-03-22T12:00:00Z",
            "2018-03-23T22:00:00Z",
        ),
        (
            "São Paulo skipped that of 4 November 2018",
            America::Sao_Paulo,
            "2018-11-03T12:00:00Z",
            "2018-11-04T03:00:00Z",
        ),
        (
            "Havana has that of 4 November 2018 twice",
            America::Havana,
            "2018-11-03T12:00:00Z",
            "2018-11-04T04:00:00Z",
        ),
        ("Apia skipped 30 December 2011", Pacific::Apia, "2011-12-30T09:00:00Z", "2011-12-30T10:00:00Z"),
        ("Berlin in summer", Europe::Berlin, "2026-07-01T12:00:00Z", "2026-07-01T22:00:00Z"),
    ];
    for (name, zone, submitted, expected) in rows {
        let days = u8::from(name.starts_with("Beirut"));
        assert_eq!(calendar.due(at(submitted), days, None, *zone).at, at(expected), "{name}");
    }
}

#[test]
fn the_ends_of_time_do_not_panic() {
    let calendar = WorkingDays::shipped();
    for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        for zone in [Shanghai, Pacific::Apia, America::Sao_Paulo] {
            assert!(calendar.due(instant, 255, Some(NaiveTime::MIN), zone).provisional);
        }
    }
    for day in [NaiveDate::MIN, NaiveDate::MAX] {
        assert!(!calendar.covers(day));
        calendar.is_working(day);
        calendar.missing_from(day);
    }
}

prop_compose! {
    fn instant()(seconds in -70_000_000_000_i64..70_000_000_000, near in any::<bool>()) -> DateTime<Utc> {
        // Half of them inside the years with data.
        let seconds = if near { 1_514_764_800 + seconds.rem_euclid(300_000_000) } else { seconds };
        DateTime::from_timestamp(seconds, 0).expect("within chrono's range")
    }
}

fn zones() -> impl Strategy<Value = Tz> {
    prop::sample::select(vec![Shanghai, Asia::Beirut, America::Sao_Paulo, America::Havana, Europe::Berlin])
}

proptest! {
    #[test]
    fn due_is_after_the_submission_and_monotone(
        submitted in instant(),
        later in 0_i64..2_000_000,
        days in any::<u8>(),
        cut_off in proptest::option::of(0_u32..86_400),
        zone in zones(),
    ) {
        let calendar = WorkingDays::shipped();
        let cut_off = cut_off.and_then(|seconds| NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0));
        let first = calendar.due(submitted, days, cut_off, zone);
        let second = calendar.due(submitted + TimeDelta::seconds(later), days, cut_off, zone);
        prop_assert!(first.at > submitted);
        prop_assert!(second.at >= first.at);
        let longer = calendar.due(submitted, days.saturating_add(1), cut_off, zone);
        prop_assert!(longer.at >= first.at);
    }

    /// The definition, counted the slow way.
    #[test]
    fn as_many_working_days_pass_as_were_asked_for(submitted in instant(), days in 1_u8..40) {
        let calendar = WorkingDays::shipped();
        let due = calendar.due(submitted, days, None, Shanghai);
        let last = due.at.with_timezone(&Shanghai).date_naive() - Days::new(1);
        let from = submitted.with_timezone(&Shanghai).date_naive() + Days::new(1);
        let passed: Vec<Day> =
            from.iter_days().take_while(|day| *day <= last).map(|day| calendar.is_working(day)).collect();
        prop_assert_eq!(passed.iter().filter(|day| day.working).count(), usize::from(days));
        prop_assert!(calendar.is_working(last).working);
        prop_assert_eq!(due.provisional, passed.iter().any(|day| !day.certain));
    }

    #[test]
    fn no_text_makes_the_loader_panic(text in ".{0,200}") {
        let mut calendar = WorkingDays::shipped();
        prop_assert!(calendar.load(&text).is_err());
    }
}
