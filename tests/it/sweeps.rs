//! Sweeps on every store: each page crashed in, and nothing done or counted twice.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sealwright_engine::clock::ManualClock;
use sealwright_engine::store::InstanceQuery;
use sealwright_engine::testing::TestEngine;
use sealwright_engine::{Actor, Builder, CommandId, EffectKey, Engine, Envelope, InstanceId};
use sealwright_tests::cluster::shared_ground;
use sealwright_tests::files::Files;
use sealwright_tests::outside::Outside;
use sealwright_tests::people;
use sealwright_tests::town::{Ground, MONDAY, Opened, Plan, Town, make_keys};
use sealwright_workflows::calendar_watch::CalendarWatch;
use sealwright_workflows::licence::{self, FromApplication, Licence, Life, Portrait, PortraitKind, Standing};
use sealwright_workflows::office::dossier::Holder;
use sealwright_workflows::policy::Policy;
use sealwright_workflows::register::LicenceRecord;
use sealwright_workflows::sweep::{Cause, Command, Counts, Course, Kind, Operator, Start, Sweep};

/// Licences in the town: three slices of changes, two pages of digests.
const LICENCES: u32 = 130;

/// Licences a second, so that a slice has 50.
const PER_SECOND: u32 = 5;

/// What a sweep came to: its counts, and each licence's version and standing.
type Outcome = (Counts, Vec<(u32, Standing)>);

async fn holder(town: &Town, who: u32) -> Holder {
    town.office().dossiers().find(&people::number(who)).await.unwrap().unwrap()
}

async fn life(town: &Town, who: u32) -> Life {
    let licence = holder(town, who).await.licence;
    match town.engine.view::<Licence>(licence).await.unwrap().unwrap().state {
        Licence::Known(life) => *life,
        Licence::New => panic!("licence {who} never began"),
    }
}

/// Everybody has a document.
async fn settle(town: &Town) {
    let performer =
        Actor::Performer(EffectKey { instance: InstanceId::new(town.engine.now()), version: 1, n: 0 });
    for who in 0..LICENCES {
        let record = people::record(who);
        town.outside.enter(who, record.clone());
        let office = town.office();
        let Holder { person, licence } =
            office.dossiers().admit(&record.number, None, town.engine.now()).await.unwrap();
        let application = InstanceId::new(town.engine.now());
        let send = async |key: &str, command| {
            let id = CommandId::client(key).unwrap();
            let envelope = Envelope::new(id, performer.clone(), licence::Command::Application(command));
            town.engine.send_or_start::<Licence>(licence, envelope).await.unwrap();
        };
        let portrait = PortraitKind::Retained;
        send("reserve", FromApplication::Reserve { application, person, portrait }).await;
        let facts = record.facts();
        office.follow(&town.engine, record, performer.clone()).await.unwrap();
        let (portrait, revision) = (Portrait::Retained, 1);
        send("issue", FromApplication::Issue { application, order: 1, person, revision, portrait, facts })
            .await;
    }
    town.engine.run_until_idle().await;
    for who in 0..LICENCES {
        assert_eq!(life(town, who).await.standing(), Standing::Active, "licence {who}");
    }
}

fn changed(who: u32, change: impl FnOnce(&mut LicenceRecord)) -> LicenceRecord {
    let mut record = people::record(who);
    change(&mut record);
    record
}

/// The register changes something about some: others were sent out before.
fn change_some(town: &Town) {
    for who in (0..LICENCES).step_by(13) {
        town.outside.enter(who, changed(who, |record| record.classes = "B2".parse().unwrap()));
    }
    town.outside.enter(1, changed(1, |record| record.status = "B".parse().unwrap()));
    town.outside.enter(64, changed(64, |record| record.status = "J".parse().unwrap()));
    town.outside.enter(129, changed(129, |record| record.status = "F".parse().unwrap()));
    // Nobody here ever applied with this one.
    town.outside.enter(500, people::record(500));
}

async fn start(town: &Town, kind: Kind, change: impl FnOnce(&mut Start)) -> InstanceId {
    let sweep = InstanceId::new(town.engine.now());
    let mut start = Start { kind, per_second: Some(PER_SECOND), dry_run: false, anew: false, schedule: None };
    change(&mut start);
    let operator = Actor::Operator("ops".into());
    let envelope = Envelope::new(CommandId::client("start").unwrap(), operator, Command::Start(start));
    town.engine.start::<Sweep>(sweep, envelope).await.unwrap();
    sweep
}

async fn order(town: &Town, sweep: InstanceId, key: &str, command: Operator) {
    let operator = Actor::Operator("ops".into());
    let envelope = Envelope::new(CommandId::client(key).unwrap(), operator, Command::Operator(command));
    town.engine.send::<Sweep>(sweep, envelope).await.unwrap();
}

async fn course(town: &Town, sweep: InstanceId) -> (Course, &'static str) {
    let view = town.engine.view::<Sweep>(sweep).await.unwrap().unwrap();
    match view.state {
        Sweep::Begun(course) => (*course, view.phase),
        Sweep::New => panic!("the sweep never began"),
    }
}

async fn outcome(town: &Town, sweep: InstanceId) -> Outcome {
    let (course, phase) = course(town, sweep).await;
    assert_eq!(phase, "finished", "{course:?}");
    let mut licences = Vec::new();
    for who in 0..LICENCES {
        let life = life(town, who).await;
        licences.push((life.versions, life.standing()));
    }
    (course.counts, licences)
}

async fn town(ground: Ground, keys: &Path) -> Town {
    let town = Plan::new(ground, keys.to_owned()).open().await;
    settle(&town).await;
    town
}

async fn finish(town: &Town) {
    town.advance(Duration::from_secs(600)).await;
}

fn expected(kind: Kind) -> Counts {
    let seen = match kind {
        // The list has every change since the beginning: those of the first day are late by now.
        Kind::Changes => 144,
        Kind::Full => 131,
    };
    let counts = Counts {
        seen,
        unknown: 1,
        reissued: 10,
        suspended: 1,
        hidden: 1,
        invalidated: 1,
        ..Counts::default()
    };
    Counts { unchanged: seen - 14, ..counts }
}

/// Neither the crashes nor their place change what comes of it.
async fn crashed_in_every_slice(kind: Kind, ground: impl Fn() -> Ground, keys: &Path) {
    let quiet = town(ground(), keys).await;
    change_some(&quiet);
    let sweep = start(&quiet, kind, |_| ()).await;
    finish(&quiet).await;
    let uncut = outcome(&quiet, sweep).await;
    if kind == Kind::Full {
        assert_eq!(uncut.0, expected(kind));
    }
    assert_eq!(uncut.0.reissued, 10, "{:?}", uncut.0);
    assert_eq!(uncut.1.iter().filter(|(versions, _)| *versions == 2).count(), 10);

    let mut town = town(ground(), keys).await;
    change_some(&town);
    let sweep = start(&town, kind, |_| ()).await;
    let mut crashes = 0;
    loop {
        // The effect is carried out and cannot tell: the light goes out before its answer is written.
        for effect in ["sweep", "follow"] {
            town.outside.linger(effect);
        }
        let before = town.diary().entries().len();
        for _ in 0..200 {
            town.engine.clock().advance(Duration::from_secs(1));
            tokio::time::timeout(Duration::from_millis(50), town.engine.run_until_idle()).await.ok();
            if town.diary().entries()[before..].iter().any(is_slice) {
                break;
            }
        }
        let underway = town.diary().entries()[before..].iter().any(is_slice);
        if underway {
            // What it does inside the licences is done by then, or half done; either will do.
            tokio::time::timeout(Duration::from_millis(300), town.engine.run_until_idle()).await.ok();
        }
        for effect in ["sweep", "follow"] {
            town.outside.free(effect);
        }
        if !underway {
            break;
        }
        crashes += 1;
        town.crash_and_recover().await;
    }
    assert!(crashes >= 2, "{kind:?}: {crashes} crashes");
    finish(&town).await;
    assert_eq!(outcome(&town, sweep).await, uncut, "{kind:?}, after {crashes} crashes");
    assert_eq!(town.engine.audit(|_| {}).await.unwrap().findings, vec![]);
}

fn is_slice(entry: &sealwright_tests::diary::Entry) -> bool {
    matches!(entry, sealwright_tests::diary::Entry::Performed { kind, .. } if kind == "sweep" || kind == "follow")
}

#[tokio::test]
async fn on_memory_a_sweep_of_changes_crashed_in_every_slice_ends_as_one_that_was_not() {
    let files = Files::new().await;
    crashed_in_every_slice(Kind::Changes, || Ground::Memory, &make_keys(files.folder())).await;
}

#[tokio::test]
async fn on_memory_a_full_sweep_crashed_in_every_slice_ends_as_one_that_was_not() {
    let files = Files::new().await;
    crashed_in_every_slice(Kind::Full, || Ground::Memory, &make_keys(files.folder())).await;
}

#[tokio::test]
async fn on_sqlite_a_full_sweep_crashed_in_every_slice_ends_as_one_that_was_not() {
    let files = Files::new().await;
    crashed_in_every_slice(Kind::Full, || files.fresh(), &make_keys(files.folder())).await;
}

#[tokio::test]
async fn on_postgres_a_full_sweep_crashed_in_every_slice_ends_as_one_that_was_not() {
    let files = Files::new().await;
    crashed_in_every_slice(Kind::Full, shared_ground, &make_keys(files.folder())).await;
}

#[tokio::test]
async fn the_next_sweep_of_changes_begins_where_the_last_one_ended() {
    let files = Files::new().await;
    let town = town(files.fresh(), &make_keys(files.folder())).await;
    let first = start(&town, Kind::Changes, |_| ()).await;
    finish(&town).await;
    assert_eq!(course(&town, first).await.0.counts.seen, u64::from(LICENCES));
    town.outside.enter(7, changed(7, |record| record.status = "D".parse().unwrap()));
    let dry = start(&town, Kind::Changes, |start| start.dry_run = true).await;
    finish(&town).await;
    let (dry, _) = course(&town, dry).await;
    assert_eq!(dry.counts, Counts { seen: 1, different: 1, ..Counts::default() });
    assert_eq!(life(&town, 7).await.standing(), Standing::Active, "a dry run touches nothing");
    let second = start(&town, Kind::Changes, |_| ()).await;
    finish(&town).await;
    let (second, _) = course(&town, second).await;
    assert_eq!(second.counts, Counts { seen: 1, suspended: 1, ..Counts::default() });
    let anew = start(&town, Kind::Changes, |start| start.anew = true).await;
    finish(&town).await;
    assert_eq!(course(&town, anew).await.0.counts.seen, u64::from(LICENCES) + 1);
}

/// Paused in the middle, asked to go faster by nobody, and gone on with a day later.
#[tokio::test]
async fn a_paused_sweep_goes_on_and_a_second_one_is_skipped_meanwhile() {
    let files = Files::new().await;
    let town = town(Ground::Memory, &make_keys(files.folder())).await;
    change_some(&town);
    let sweep = start(&town, Kind::Full, |start| start.per_second = Some(1)).await;
    town.engine.run_until_idle().await;
    let (halfway, phase) = course(&town, sweep).await;
    assert_eq!(phase, "resting", "{halfway:?}");
    order(&town, sweep, "pause", Operator::Pause).await;
    town.advance(Duration::from_secs(86_400)).await;
    assert_eq!(course(&town, sweep).await.0.counts, halfway.counts, "it stands");
    let told = town.diary().mails().iter().filter(|(_, _, subject)| subject.contains("paused")).count();
    assert!((5..12).contains(&told), "somebody was told {told} times in a day");
    let other = start(&town, Kind::Full, |_| ()).await;
    finish(&town).await;
    assert_eq!(course(&town, other).await.1, "skipped");
    order(&town, sweep, "resume", Operator::Resume).await;
    finish(&town).await;
    let (counts, _) = outcome(&town, sweep).await;
    assert_eq!(counts, expected(Kind::Full));
}

#[tokio::test]
async fn a_register_that_is_away_wakes_somebody_and_the_sweep_goes_on_when_it_is_back() {
    let files = Files::new().await;
    let town = town(Ground::Memory, &make_keys(files.folder())).await;
    change_some(&town);
    town.outside.register_is_away(true);
    let sweep = start(&town, Kind::Full, |_| ()).await;
    town.advance(Duration::from_secs(3_600)).await;
    let (stalled, phase) = course(&town, sweep).await;
    assert_eq!((phase, stalled.counts), ("sweeping", Counts::default()));
    assert!(town.diary().mails().iter().any(|(_, _, subject)| subject.contains("register has not answered")));
    town.outside.register_is_away(false);
    finish(&town).await;
    assert_eq!(outcome(&town, sweep).await.0, expected(Kind::Full));
}

#[tokio::test]
async fn what_the_register_lost_is_counted_and_told() {
    let files = Files::new().await;
    let town = town(Ground::Memory, &make_keys(files.folder())).await;
    town.outside.forget(11);
    let sweep = start(&town, Kind::Full, |_| ()).await;
    finish(&town).await;
    let (course, phase) = course(&town, sweep).await;
    assert_eq!((phase, course.absent()), ("finished", Some(1)));
    assert_eq!(course.causes.get(&Cause::Refused), None);
    assert!(
        town.diary()
            .mails()
            .iter()
            .any(|(_, _, subject)| subject.contains("1 licences are not in the register"))
    );
}

/// Nobody but people are named: the journal of a sweep has references alone.
#[tokio::test]
async fn a_sweeps_journal_names_nobody() {
    let files = Files::new().await;
    let town = town(Ground::Memory, &make_keys(files.folder())).await;
    change_some(&town);
    let sweep = start(&town, Kind::Full, |_| ()).await;
    finish(&town).await;
    let stored = town.engine.store().load(sweep).await.unwrap().unwrap();
    let text: String = stored.journal.iter().map(|row| row.body.to_string()).collect();
    for who in [0, 1, 13] {
        assert!(!text.contains(people::number(who).as_str()));
    }
    let query = InstanceQuery { workflow: Some("sweep".into()), limit: 9, ..InstanceQuery::default() };
    assert_eq!(town.engine.store().list(&query).await.unwrap().len(), 1);
}

/// Two nodes with the policy's own schedules on one store.
async fn nodes_with(toml: &str, ground: Ground) -> (TestEngine, Engine, Opened) {
    let policy = Policy::from_toml(toml).unwrap();
    let clock = ManualClock::at(MONDAY);
    let files = Files::new().await;
    let plan = Plan::new(ground.clone(), make_keys(files.folder()));
    let outside = Outside::new(plan.diary.clone());
    let register = move |opened: &Opened| {
        let office = plan.office(&outside, opened);
        let policy = policy.clone();
        move |builder: Builder| {
            let builder = builder
                .workflow::<Sweep>(office.clone(), policy.clone())
                .workflow::<CalendarWatch>(office.clone(), policy.clone());
            sealwright::schedules::plan(builder, &policy).unwrap()
        }
    };
    let opened = ground.open(Arc::new(clock.clone())).await;
    let one = TestEngine::start_on(opened.store.clone(), clock.clone(), register(&opened)).await;
    let other = match ground {
        Ground::Memory => one.another_node().await,
        _ => {
            let second = ground.open(Arc::new(clock.clone())).await;
            let builder = Engine::builder(second.store.clone()).clock(Arc::new(clock));
            register(&second)(builder).start().await.unwrap()
        }
    };
    (one, other, opened)
}

async fn swept(engine: &Engine) -> Vec<String> {
    let query = InstanceQuery { workflow: Some("sweep".into()), limit: 500, ..InstanceQuery::default() };
    engine.store().list(&query).await.unwrap().into_iter().map(|row| row.phase).collect()
}

const HOURLY: &str =
    "[[schedule]]\nname = \"hourly\"\ncron = \"0 0 * * * *\"\nkind = \"changes\"\nmisfire = ";

async fn a_tick_is_one_sweep_on_two_nodes(ground: Ground) {
    let (one, other, _) = nodes_with(&format!("{HOURLY}\"all\""), ground).await;
    one.run_until_idle().await;
    one.settle(&other).await;
    for hour in 1..=12 {
        one.clock().advance(Duration::from_secs(3_600));
        tokio::join!(one.run_until_idle(), one.settle(&other));
        let phases = swept(&one).await;
        assert_eq!(phases.len(), hour, "one sweep a tick");
        assert!(phases.iter().all(|phase| phase == "finished"), "{phases:?}");
    }
}

#[tokio::test]
async fn on_memory_a_tick_is_one_sweep_on_two_nodes() {
    a_tick_is_one_sweep_on_two_nodes(Ground::Memory).await;
}

#[tokio::test]
async fn on_postgres_a_tick_is_one_sweep_on_two_nodes() {
    a_tick_is_one_sweep_on_two_nodes(shared_ground()).await;
}

#[tokio::test]
async fn ticks_that_nobody_was_there_for_are_made_up_for_as_the_policy_says() {
    for (misfire, expected) in [("skip", 0), ("once", 1), ("all", 10)] {
        let (one, _, _) = nodes_with(&format!("{HOURLY}\"{misfire}\""), Ground::Memory).await;
        one.run_until_idle().await;
        // Half past: no tick is on time.
        one.sleep_through(Duration::from_secs(10 * 3_600 + 1_800)).await;
        assert_eq!(swept(&one).await.len(), expected, "{misfire}");
        one.advance(Duration::from_secs(1_800)).await;
        assert_eq!(swept(&one).await.len(), expected + 1, "{misfire}: the next one comes in time");
    }
}

/// From 1 November on somebody is told each Monday, and on no other day, until the year is loaded.
#[tokio::test]
async fn next_years_working_days_are_asked_for_each_week() {
    let toml = "[[schedule]]\nname = \"calendar\"\ncron = \"0 0 9 * * Mon\"\nkind = \"calendar\"\n";
    let (one, _, _) = nodes_with(toml, Ground::Memory).await;
    one.run_until_idle().await;
    // From 2 March to the end of October nothing is missing, and then five Mondays of November are.
    let looks = async |phase: &str| {
        let query = InstanceQuery {
            workflow: Some("calendar_watch".into()),
            phase: Some(phase.into()),
            limit: 500,
            ..InstanceQuery::default()
        };
        one.store().list(&query).await.unwrap().len()
    };
    let day = Duration::from_secs(86_400);
    one.advance(243 * day).await;
    assert_eq!((looks("covered").await, looks("missing").await), (34, 0));
    one.advance(30 * day).await;
    assert_eq!((looks("covered").await, looks("missing").await), (34, 5));
}
