use super::*;

fn schedule(cron: &str, zone: &str) -> Schedule {
    Schedule::new("test", cron, zone, Misfire::Once).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next ticks, as the zone's wall clock and the offset show them.
fn ticks(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let local = |tick: Timestamp| tick.to_utc().with_timezone(&schedule.zone);
    let shown = |tick| local(tick).format("%m-%d %H:%M %z").to_string();
    schedule.after(at(after)).take(count).map(shown).collect()
}

#[test]
fn a_tick_is_on_the_wall_clock_of_the_zone() {
    let noon = schedule("0 0 12 * * *", "Asia/Shanghai");
    let next = noon.after(at("2026-03-02T04:00:00Z")).next();
    assert_eq!(next, Some(at("2026-03-03T04:00:00Z")), "strictly after");
    assert_eq!(noon.after(at("2026-03-02T03:59:59.999999Z")).next(), Some(at("2026-03-02T04:00:00Z")));
}

#[test]
fn a_time_that_a_gap_skips_comes_at_the_end_of_the_gap_once() {
    let half_past_two = schedule("0 30 2 * * *", "Europe/Berlin");
    assert_eq!(
        ticks(&half_past_two, "2026-03-27T12:00:00Z", 3),
        ["03-28 02:30 +0100", "03-29 03:00 +0200", "03-30 02:30 +0200"]
    );
    // All that the gap skips is one tick, also with that of its end.
    let often = schedule("0 */30 * * * *", "Europe/Berlin");
    assert_eq!(
        ticks(&often, "2026-03-29T00:15:00Z", 4),
        ["03-29 01:30 +0100", "03-29 03:00 +0200", "03-29 03:30 +0200", "03-29 04:00 +0200"]
    );
}

#[test]
fn a_time_that_comes_twice_is_meant_the_first_time() {
    let half_past_two = schedule("0 30 2 * * *", "Europe/Berlin");
    assert_eq!(
        ticks(&half_past_two, "2026-10-24T12:00:00Z", 3),
        ["10-25 02:30 +0200", "10-26 02:30 +0100", "10-27 02:30 +0100"]
    );
    let often = schedule("0 */30 * * * *", "Europe/Berlin");
    assert_eq!(
        ticks(&often, "2026-10-24T23:45:00Z", 4),
        ["10-25 02:00 +0200", "10-25 02:30 +0200", "10-25 03:00 +0100", "10-25 03:30 +0100"]
    );
    // Also if the last tick was in the fold's second half.
    assert_eq!(ticks(&often, "2026-10-25T01:10:00Z", 1), ["10-25 03:00 +0100"]);
}

#[test]
fn ticks_increase_strictly_wherever_they_are_asked_from() {
    for zone in
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Shanghai"]
    {
        let often = schedule("0 */20 * * * *", zone);
        let (from, to) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        let all: Vec<_> = often.after(from).take_while(|tick| *tick < to).collect();
        assert!(all.is_sorted_by(|a, b| a < b), "{zone}");
        for pair in all.windows(2) {
            assert_eq!(often.after(pair[0]).next(), Some(pair[1]), "{zone}");
            let between = Timestamp::from_micros(pair[1].micros() - 1);
            assert_eq!(often.after(between).next(), Some(pair[1]), "{zone}");
        }
    }
}

#[test]
fn the_day_that_samoa_skipped_is_made_good_at_its_end() {
    let noon = schedule("0 0 12 * * *", "Pacific/Apia");
    // The 30th of December 2011 did not happen there.
    assert_eq!(
        ticks(&noon, "2011-12-29T00:00:00Z", 3),
        ["12-29 12:00 -1000", "12-31 00:00 +1400", "12-31 12:00 +1400"]
    );
}

#[test]
fn what_cannot_be_read_or_never_comes_is_refused_with_what_to_do() {
    let bad = |cron, zone| Schedule::new("nightly", cron, zone, Misfire::Once).unwrap_err();
    let cron = bad("0 2 * * *", "UTC").to_string();
    assert!(cron.contains("`nightly`") && cron.contains("Six fields are needed"), "{cron}");
    assert!(cron.contains("from character 10 on") && !cron.contains('\n'), "{cron}");
    let cron = bad("0 0 25 * * *", "UTC").to_string();
    assert!(cron.contains("`0 0 25 * * *`"), "{cron}");
    let zone = bad("0 0 2 * * *", "Europe/Atlantis").to_string();
    assert!(zone.contains("`Europe/Atlantis`") && zone.contains("Asia/Shanghai"), "{zone}");
    let never = bad("0 0 2 30 2 *", "UTC");
    assert!(matches!(never, BadSchedule::Never { .. }), "{never}");
}

#[test]
fn missed_ticks_are_found_without_walking_them_all() {
    let every_second = |misfire| Schedule::new("test", "* * * * * *", "UTC", misfire).unwrap();
    let (last, now) = (at("2020-01-01T00:00:00Z"), at("2026-03-02T12:00:00.5Z"));
    let newest = at("2026-03-02T12:00:00Z");
    assert_eq!(every_second(Misfire::Once).due(last, now, 64), (vec![newest], Some(newest)));
    assert_eq!(every_second(Misfire::Skip).due(last, now, 64), (vec![newest], Some(newest)));
    let (all, handled) = every_second(Misfire::All).due(last, now, 64);
    assert_eq!((all.len(), handled), (64, Some(at("2020-01-01T00:01:04Z"))));

    let yearly = Schedule::new("test", "0 0 0 1 1 *", "UTC", Misfire::Once).unwrap();
    let newest = at("2026-01-01T00:00:00Z");
    assert_eq!(yearly.due(last, now, 64), (vec![newest], Some(newest)));
    assert_eq!(yearly.due(newest, now, 64), (vec![], None));
}

#[test]
fn a_skipped_tick_is_handled_and_not_fired() {
    let hourly = Schedule::new("test", "0 0 * * * *", "UTC", Misfire::Skip).unwrap();
    let last = at("2026-03-02T09:00:00Z");
    let late = at("2026-03-02T12:00:10Z");
    assert_eq!(hourly.due(last, late, 64), (vec![], Some(at("2026-03-02T12:00:00Z"))));
    let on_time = at("2026-03-02T12:00:01Z");
    let newest = at("2026-03-02T12:00:00Z");
    assert_eq!(hourly.due(last, on_time, 64), (vec![newest], Some(newest)));
}
