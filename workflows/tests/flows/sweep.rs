use std::time::Duration;

use sealwright_engine::explore::START;
use sealwright_engine::testing::{Given, Then};
use sealwright_engine::{Actor, Labels, Phase, Timestamp};
use sealwright_workflows::policy::Policy;
use sealwright_workflows::sweep::{
    About, Answer, Cause, Command, Counts, EVENTS, Effect, Event, Kind, Moved, Operator, Place, Rejection,
    Start, Sweep, Tally,
};

use crate::support::{DAY, LICENCE, MINUTE, PERSON, id};

const ALERT: Timestamp = Timestamp::from_micros(START.micros() + 15 * 60 * 1_000_000);

fn operator() -> Actor {
    Actor::Operator("ops".into())
}

fn start(kind: Kind) -> Start {
    Start { kind, per_second: Some(50), dry_run: false, anew: false, schedule: None }
}

fn started(kind: Kind) -> Event {
    Event::Started { kind, dry_run: false, anew: false, per_second: 50, schedule: None, alert_at: ALERT }
}

fn admitted(cursor: Option<&str>) -> Event {
    Event::Admitted { cursor: cursor.map(str::to_owned), known: 1_000, alert_at: ALERT }
}

fn place(after: &str, line: u32) -> Place {
    Place { after: Some(after.into()), line }
}

fn counts(seen: u64, unchanged: u64, reissued: u64) -> Tally {
    Tally { counts: Counts { seen, unchanged, reissued, ..Counts::default() }, failures: vec![] }
}

fn swept(slice: u32, tally: Tally, next: Place, end: bool) -> Answer {
    Answer::Swept { slice, tally, differing: vec![], next, end }
}

fn slice(kind: Kind, slice: u32, place: Place, asked: u32) -> Effect {
    Effect::Sweep { slice, kind, place, most: 500, dry_run: false, asked }
}

fn leave(kind: Kind, to: Option<&str>) -> Effect {
    Effect::Leave { kind, moved: Some(Moved { to: to.map(str::to_owned) }) }
}

fn given(kind: Kind, more: impl IntoIterator<Item = Event>) -> Given<Sweep> {
    Given::<Sweep>::policy(Policy::default()).events([started(kind)]).events(more).by_performer()
}

fn answer(story: Given<Sweep>, answer: Answer) -> Then<Sweep> {
    story.by_performer().when(Command::Answer(answer))
}

fn order(story: Given<Sweep>, order: Operator) -> Then<Sweep> {
    story.by(operator()).when(Command::Operator(order))
}

#[test]
fn a_sweep_of_changes_begins_where_the_last_one_ended_and_leaves_its_own_end_behind() {
    let story = Given::<Sweep>::policy(Policy::default()).by(operator());
    let then = story
        .when(Command::Start(start(Kind::Changes)))
        .events([started(Kind::Changes)])
        .effects([Effect::Enter { kind: Kind::Changes, dry_run: false }])
        .labels(Labels::none().with("kind", "changes"))
        .phase(Phase::Open("entering"));
    let then =
        answer(then.after(Duration::ZERO), Answer::Admitted { cursor: Some("a".into()), known: 1_000 })
            .effects([slice(Kind::Changes, 1, place("a", 0), 0)])
            .phase(Phase::Open("sweeping"));
    // A page has more lines than a slice, and it was not too fast: on at once.
    let then = answer(then.after(11 * SECOND), swept(1, counts(500, 500, 0), place("a", 500), false))
        .effects([slice(Kind::Changes, 2, place("a", 500), 0)]);
    let then = answer(then.after(11 * SECOND), swept(2, counts(20, 18, 2), place("b", 0), true))
        .effects([leave(Kind::Changes, Some("b"))])
        .phase(Phase::Open("leaving"));
    let then = answer(then.after(SECOND), Answer::Left).events([Event::Left]).effects([]);
    then.phase(Phase::Closed("finished")).no_deadline();
}

const SECOND: Duration = Duration::from_secs(1);

/// A full sweep puts down who differs before it touches one, and begins anew the next time.
#[test]
fn a_full_sweep_follows_the_differences_alone() {
    let story = given(Kind::Full, [admitted(None)]);
    let found = Answer::Swept {
        slice: 1,
        tally: counts(1_000, 999, 0),
        differing: vec![PERSON],
        next: place("b", 0),
        end: true,
    };
    let then = answer(story, found)
        .effects([Effect::Follow { slice: 1, people: vec![PERSON], asked: 0 }])
        .phase(Phase::Open("following"));
    let then = answer(then.after(SECOND), Answer::Followed { slice: 1, tally: counts(0, 0, 1) })
        .effects([leave(Kind::Full, None)]);
    answer(then.after(SECOND), Answer::Left).phase(Phase::Closed("finished"));
}

#[test]
fn what_is_known_here_and_not_in_the_register_wakes_somebody_as_failures_do() {
    let mut tally = counts(990, 989, 0);
    tally.fail(Cause::Unreadable, Some(LICENCE));
    let about = About::Failures { failed: 1, absent: 10 };
    let alert = Effect::AlertOperator { about, since: START, times: 1 };
    let then = answer(given(Kind::Full, [admitted(None)]), swept(1, tally, place("b", 0), true));
    then.effects([leave(Kind::Full, None), alert.clone()]).wanted(&alert);
}

#[test]
fn a_slice_that_was_too_fast_is_followed_by_a_rest() {
    let then = answer(
        given(Kind::Changes, [admitted(None)]).after(2 * SECOND),
        swept(1, counts(500, 0, 500), place("b", 0), false),
    );
    // 500 at 50 a second are ten seconds, of which two went by.
    let then = then.effects([]).phase(Phase::Open("resting")).deadline_at(START + 10 * SECOND);
    let due = then.after(Duration::ZERO).when_due();
    due.effects([slice(Kind::Changes, 2, place("b", 0), 0)]).phase(Phase::Open("sweeping"));
}

#[test]
fn comparing_alone_is_not_held_back() {
    let then = answer(
        given(Kind::Full, [admitted(None)]),
        swept(1, counts(20_000, 20_000, 0), place("b", 0), false),
    );
    then.effects([slice(Kind::Full, 2, place("b", 0), 0)]);
}

#[test]
fn an_answer_counts_once_whoever_repeats_it() {
    let answered = || swept(1, counts(500, 499, 1), place("b", 0), false);
    let then = answer(given(Kind::Changes, [admitted(None)]).after(DAY), answered());
    let then = answer(then.after(SECOND), answered()).nothing();
    let then = answer(then.after(SECOND), swept(7, counts(9, 9, 0), place("z", 0), true)).nothing();
    let then = answer(then.after(SECOND), Answer::Followed { slice: 2, tally: counts(0, 0, 9) }).nothing();
    answer(then.after(SECOND), Answer::Admitted { cursor: None, known: 1 }).nothing();
}

#[test]
fn whoever_finds_another_sweep_under_way_has_nothing_to_do() {
    let by = sealwright_engine::InstanceId(id(0xe1));
    let then = answer(given(Kind::Full, []), Answer::Occupied { by }).events([Event::Skipped { by }]);
    let then = then.effects([]).phase(Phase::Closed("skipped")).no_deadline();
    let then = order(then.after(SECOND), Operator::Cancel);
    then.rejected(Rejection::Over { ending: "skipped".into() });
}

#[test]
fn a_paused_sweep_records_what_was_under_way_and_goes_on_from_there() {
    let then = order(given(Kind::Changes, [admitted(None)]), Operator::Pause)
        .phase(Phase::Open("paused"))
        .moot(&slice(Kind::Changes, 1, Place::default(), 0))
        .deadline_at(ALERT);
    let then = order(then.after(SECOND), Operator::Pause).nothing();
    // It could be an attempt that had begun.
    let then =
        answer(then.after(11 * SECOND), swept(1, counts(500, 500, 0), place("b", 0), false)).effects([]);
    let resumed = order(then.after(DAY), Operator::Resume);
    let next = slice(Kind::Changes, 2, place("b", 0), 1);
    let then = resumed.effects([next.clone()]).wanted(&next).phase(Phase::Open("sweeping"));
    order(then.after(SECOND), Operator::Resume).nothing();
}

#[test]
fn a_paused_slice_is_asked_for_again() {
    let then = order(given(Kind::Changes, [admitted(None)]), Operator::Pause);
    let then = order(then.after(SECOND), Operator::Resume);
    let then = then.effects([slice(Kind::Changes, 1, Place::default(), 1)]);
    let then = then.moot(&slice(Kind::Changes, 1, Place::default(), 0));
    // Whichever of the two is performed, the slice is the same.
    let then = answer(then.after(SECOND), swept(1, counts(1, 1, 0), place("b", 0), true));
    then.effects([leave(Kind::Changes, Some("b"))]);
}

#[test]
fn a_sweep_may_be_paused_and_resumed_while_it_waits_for_the_way() {
    let then = order(given(Kind::Changes, []), Operator::Pause);
    let then = answer(then.after(SECOND), Answer::Admitted { cursor: None, known: 3 }).effects([]);
    order(then.after(SECOND), Operator::Resume).effects([slice(Kind::Changes, 1, Place::default(), 1)]);
}

#[test]
fn a_cancelled_sweep_frees_the_way_moves_nothing_and_counts_what_still_ends() {
    let then = order(given(Kind::Changes, [admitted(Some("a"))]), Operator::Cancel)
        .effects([Effect::Leave { kind: Kind::Changes, moved: None }])
        .phase(Phase::Open("leaving"));
    let then = order(then.after(SECOND), Operator::Cancel).nothing();
    let then = answer(then.after(SECOND), Answer::Left).phase(Phase::Closed("cancelled"));
    let late = || swept(1, counts(500, 499, 1), place("b", 0), false);
    let then = answer(then.after(SECOND), late())
        .events([Event::FollowedLate { tally: counts(500, 499, 1) }])
        .effects([])
        .phase(Phase::Closed("cancelled"));
    answer(then.after(SECOND), late()).nothing();
}

#[test]
fn a_sweep_cancelled_before_it_entered_leaves_when_it_has() {
    let then = order(given(Kind::Full, []), Operator::Cancel).effects([]).phase(Phase::Open("leaving"));
    let then = answer(then.after(SECOND), Answer::Admitted { cursor: None, known: 3 });
    let then = then.effects([Effect::Leave { kind: Kind::Full, moved: None }]);
    answer(then.after(SECOND), Answer::Left).phase(Phase::Closed("cancelled"));
    let then = order(given(Kind::Full, []), Operator::Cancel);
    let by = sealwright_engine::InstanceId(id(0xe1));
    answer(then.after(SECOND), Answer::Occupied { by }).phase(Phase::Closed("cancelled"));
}

#[test]
fn a_dry_run_moves_nothing() {
    let dry = Start { dry_run: true, ..start(Kind::Changes) };
    let story = Given::<Sweep>::policy(Policy::default()).by(operator());
    let then = story.when(Command::Start(dry));
    let then = then.effects([Effect::Enter { kind: Kind::Changes, dry_run: true }]);
    let then = answer(then.after(SECOND), Answer::Admitted { cursor: Some("a".into()), known: 9 });
    let tally = Tally { counts: Counts { seen: 2, different: 2, ..Counts::default() }, failures: vec![] };
    let then = answer(then.after(SECOND), swept(1, tally, place("b", 0), true));
    then.effects([Effect::Leave { kind: Kind::Changes, moved: None }]);
}

#[test]
fn a_register_that_is_away_wakes_somebody_again_and_again_and_the_sweep_goes_on_after_60_days() {
    let mut story = given(Kind::Changes, [admitted(None)]);
    let (mut due, mut told) = (ALERT, 0);
    while due <= START + 60 * DAY {
        told += 1;
        let alert = Effect::AlertOperator { about: About::Slice(1), since: START, times: told };
        let then = story.when_due().effects([alert.clone()]).wanted(&alert);
        due = Policy::default().next_alert(START, due);
        story = then.deadline_at(due).after(Duration::ZERO);
    }
    assert!((60..=70).contains(&told), "told {told} times");
    answer(story, swept(1, counts(5, 5, 0), place("b", 0), false)).effects([slice(
        Kind::Changes,
        2,
        place("b", 0),
        0,
    )]);
}

#[test]
fn a_paused_sweep_is_not_forgotten() {
    let then = order(given(Kind::Changes, [admitted(None)]), Operator::Pause);
    let alert = Effect::AlertOperator { about: About::Paused, since: START, times: 1 };
    let then = then.after(Duration::ZERO).when_due().effects([alert.clone()]);
    order(then.after(MINUTE), Operator::Resume).moot(&alert);
}

/// An instance's life is bounded, so a sweep over very much ends at a page and the next one goes on there.
#[test]
fn a_sweep_that_has_grown_old_leaves_the_rest_to_the_next_one() {
    for kind in [Kind::Changes, Kind::Full] {
        let rests = (0..EVENTS).map(|_| Event::Stalled { times: 1, next: ALERT });
        let old = || given(kind, [admitted(None)]).events(rests.clone()).after(DAY);
        let then = answer(old(), swept(1, counts(500, 500, 0), place("a", 500), false));
        then.effects([slice(kind, 2, place("a", 500), 0)]);
        let then = answer(old(), swept(1, counts(500, 500, 0), place("b", 0), false));
        then.effects([leave(kind, Some("b"))]).phase(Phase::Open("leaving"));
    }
}

#[test]
fn a_speed_that_cannot_be_kept_is_refused_and_a_slow_one_has_small_slices() {
    for per_second in [0, 10_001] {
        let story = Given::<Sweep>::policy(Policy::default()).by(operator());
        let fast = Start { per_second: Some(per_second), ..start(Kind::Changes) };
        story.when(Command::Start(fast)).rejected(Rejection::Speed { per_second });
    }
    let slow = Event::Started {
        kind: Kind::Changes,
        dry_run: false,
        anew: false,
        per_second: 2,
        schedule: None,
        alert_at: ALERT,
    };
    let story = Given::<Sweep>::policy(Policy::default()).events([slow]);
    let then = answer(story, Answer::Admitted { cursor: None, known: 0 });
    let place = Place::default();
    let (kind, dry_run) = (Kind::Changes, false);
    then.effects([Effect::Sweep { slice: 1, kind, place, most: 20, dry_run, asked: 0 }]);
}

#[test]
fn a_sweep_begun_anew_does_not_go_on_where_the_last_one_ended() {
    let anew = Start { anew: true, ..start(Kind::Changes) };
    let then = Given::<Sweep>::policy(Policy::default()).by(operator()).when(Command::Start(anew));
    answer(then.after(SECOND), Answer::Admitted { cursor: Some("lost".into()), known: 9 }).effects([slice(
        Kind::Changes,
        1,
        Place::default(),
        0,
    )]);
}

#[test]
fn each_door_leads_to_its_own_commands() {
    let wrong = |actor: &str| Rejection::WrongDoor { actor: actor.into() };
    let story = || Given::<Sweep>::policy(Policy::default());
    let begin = || Command::Start(start(Kind::Full));
    story().by(Actor::Timer).when(begin()).rejected(wrong("timer"));
    story().by(operator()).when(Command::Answer(Answer::Left)).rejected(wrong("operator"));
    let tick = Actor::Schedule { name: "x".into(), due: START };
    story().by(tick).when(Command::Operator(Operator::Cancel)).rejected(wrong("schedule"));
    order(story(), Operator::Pause).rejected(Rejection::NotBegun);
    let then = story().by(operator()).when(begin());
    then.by(operator()).when(begin()).rejected(Rejection::AlreadyBegun);
}
