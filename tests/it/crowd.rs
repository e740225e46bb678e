//! Ten thousand live applications waiting at once, in the places of a thousand.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use sealwright_engine::store::{EffectQuery, EffectState};
use sealwright_engine::{CommandId, Envelope, InstanceId, Workflow as _};
use sealwright_tests::audit::audit;
use sealwright_tests::people;
use sealwright_tests::play::applicant;
use sealwright_tests::town::{Ground, Plan, make_keys};
use sealwright_workflows::application::{Applicant, Application, Command, Kind};
use sealwright_workflows::licence::Licence;
use sealwright_workflows::policy::Locale;

const PEOPLE: u32 = 10_000;
const AT_ONCE: u32 = 500;

async fn census(town: &sealwright_tests::town::Town, workflow: &str) -> BTreeMap<String, u64> {
    let counts = town.engine.store().census(workflow).await.unwrap();
    counts.into_iter().map(|(phase, _, count)| (phase, count)).collect()
}

fn all(phase: &str) -> BTreeMap<String, u64> {
    BTreeMap::from([(phase.to_owned(), u64::from(PEOPLE))])
}

#[tokio::test]
async fn ten_thousand_applications_wait_are_put_away_and_every_deadline_of_theirs_fires() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = Plan::new(Ground::Memory, make_keys(folder.path()));
    plan.live = 1_000;
    let town = plan.open().await;
    let begin = async |who: u32| {
        town.outside.enter(who, people::record(who));
        let now = town.engine.now();
        let office = town.office();
        let holder = office.dossiers().admit(&people::number(who), None, now).await.unwrap();
        let (person, licence) = (holder.person, holder.licence);
        let begin = Applicant::Begin { person, licence, locale: Locale::En, kind: Kind::FirstIssue };
        let id = InstanceId::new(now);
        let key = CommandId::client("begin").unwrap();
        let envelope = Envelope::new(key, applicant(person), Command::Applicant(begin));
        town.engine.start::<Application>(id, envelope).await.unwrap();
        (id, person)
    };
    let mut applications = Vec::new();
    for first in (0..PEOPLE).step_by(AT_ONCE as usize) {
        applications.extend(join_all((first..first + AT_ONCE).map(begin)).await);
        town.engine.run_until_idle().await;
    }
    assert_eq!(census(&town, Application::NAME).await, all("information"));
    assert_eq!(census(&town, Licence::NAME).await, all("reserved"));

    // Everybody is put away, and comes back where they were.
    assert_eq!(town.engine.passivate().await, 0);
    for (n, (id, person)) in applications.iter().enumerate().step_by(2) {
        let confirm = Command::Applicant(Applicant::ConfirmInformation { revision: 1 });
        let key = CommandId::client("confirm").unwrap();
        let sent =
            town.engine.send::<Application>(*id, Envelope::new(key, applicant(*person), confirm)).await;
        assert!(sent.is_ok(), "{n}: {sent:?}");
    }
    town.advance(Duration::from_secs(30)).await;
    let half = u64::from(PEOPLE / 2);
    let halves = BTreeMap::from([("information".to_owned(), half), ("submit".to_owned(), half)]);
    assert_eq!(census(&town, Application::NAME).await, halves);
    assert_eq!(town.engine.passivate().await, 0);

    // A week of silence, and everybody is reminded; a month, and everybody is let go.
    town.advance(Duration::from_secs(8 * 86_400)).await;
    let mails = town.diary().mails();
    assert_eq!(mails.len(), PEOPLE as usize, "each is reminded once");
    town.advance(Duration::from_secs(31 * 86_400)).await;
    assert_eq!(census(&town, Application::NAME).await, all("expired"));
    assert_eq!(census(&town, Licence::NAME).await, all("none"));
    let mut subjects = BTreeMap::new();
    for (_, address, subject) in town.diary().mails() {
        *subjects.entry((address, subject)).or_insert(0) += 1;
    }
    assert_eq!((subjects.len(), subjects.values().max()), (2 * PEOPLE as usize, Some(&1)));
    let due = EffectQuery { state: Some(EffectState::Due), limit: 9, ..EffectQuery::default() };
    assert_eq!(town.engine.store().effects(&due).await.unwrap(), vec![]);
    let looked = audit(&town).await;
    assert_eq!(looked.instances, 2 * PEOPLE as usize);
    println!("{looked:?}");
}
