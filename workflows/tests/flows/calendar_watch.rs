use sealwright_engine::testing::Given;
use sealwright_engine::{Actor, Labels, Phase};
use sealwright_workflows::calendar_watch::{CalendarWatch, Command, Effect, Event, Rejection};
use sealwright_workflows::policy::Policy;

use crate::support::at;

fn look(day: &str) -> Given<CalendarWatch> {
    let tick = Actor::Schedule { name: "calendar".into(), due: at(day) };
    Given::<CalendarWatch>::policy(Policy::default()).at(at(day)).by(tick)
}

#[test]
fn from_1_november_on_each_look_that_finds_no_working_days_for_next_year_wakes_somebody() {
    for day in ["2026-10-31T15:59:59Z", "2026-03-02T01:00:00Z"] {
        look(day).when(Command::Look).events([Event::Covered]).effects([]).phase(Phase::Closed("covered"));
    }
    // Midnight in China; and there again a week later.
    for day in ["2026-10-31T16:00:00Z", "2026-11-09T01:00:00Z"] {
        look(day)
            .when(Command::Look)
            .events([Event::Missing { year: 2027 }])
            .effects([Effect::AlertOperator { year: 2027, since: at(day) }])
            .labels(Labels::none().with("year", 2027))
            .phase(Phase::Closed("missing"))
            .no_deadline();
    }
}

#[test]
fn once_the_year_is_loaded_nobody_is_woken() {
    let mut policy = Policy::default();
    policy
        .calendar
        .load(r#"{"year": 2027, "days": [{"name": "元旦", "date": "2027-01-01", "isOffDay": true}]}"#)
        .unwrap();
    let tick = Actor::Schedule { name: "calendar".into(), due: at("2026-11-09T01:00:00Z") };
    Given::<CalendarWatch>::policy(policy)
        .at(at("2026-11-09T01:00:00Z"))
        .by(tick)
        .when(Command::Look)
        .events([Event::Covered])
        .effects([]);
}

#[test]
fn a_look_is_a_schedules_or_an_operators_and_over_at_once() {
    let then = look("2026-03-02T01:00:00Z").by(Actor::Timer).when(Command::Look);
    let then = then.rejected(Rejection::WrongDoor { actor: "timer".into() });
    let then = then.by(Actor::Operator("ops".into())).when(Command::Look).events([Event::Covered]);
    then.by(Actor::Operator("ops".into())).when(Command::Look).rejected(Rejection::Over);
}
