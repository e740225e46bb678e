//! Effects in an order nobody planned, and under names somebody guessed.

use std::sync::Arc;
use std::time::Duration;

use sealwright_engine::clock::{Clock as _, SystemClock};
use sealwright_engine::{Actor, CommandId, Envelope};
use sealwright_tests::audit::{Evidence, audit};
use sealwright_tests::live::Applicants;
use sealwright_tests::outside::Outside;
use sealwright_tests::people;
use sealwright_tests::play::{applicant, play, settle, walk};
use sealwright_tests::story::{Step, story};
use sealwright_tests::town::{Ground, Plan, make_keys};
use sealwright_workflows::application::{Applicant, Application, Command};
use sealwright_workflows::licence::{self, Licence, Operator, Standing};

use super::{application, first, holder, licence as licence_of, town};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn effects_performed_newest_first_issue_each_licence_once() {
    const PEOPLE: u32 = 60;
    let folder = tempfile::tempdir().unwrap();
    let mut plan = Plan::new(Ground::Memory, make_keys(folder.path()));
    plan.poll_every = Duration::from_millis(1);
    let outside = Outside::new(plan.diary.clone());
    outside.line_up();
    (0..PEOPLE).for_each(|who| outside.enter(who, people::record(who)));
    let opened = plan.ground.open(Arc::new(SystemClock)).await;
    let node = plan.node(&opened, &outside).await;
    let applicants = Arc::new(Applicants { nodes: vec![node.clone()], plan: plan.clone() });
    let everybody: Vec<_> = (0..PEOPLE)
        .map(|who| {
            let applicants = applicants.clone();
            tokio::spawn(async move { applicants.apply(who).await })
        })
        .collect();
    let mut longest = 0;
    while plan.diary.mails().len() < PEOPLE as usize {
        longest = longest.max(outside.waiting());
        // Those who are on their way are let come, so that the newest is a new one.
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        outside.call_newest();
    }
    for one in everybody {
        one.await.unwrap();
    }
    assert!(longest > 20, "many waited at once: {longest}");
    node.engine.stop().await;
    let looked = Evidence::of(&plan, &opened, SystemClock.now()).hold().await;
    assert_eq!(looked.documents, PEOPLE as usize);
}

#[tokio::test]
async fn an_order_abandoned_by_a_suspension_and_signed_anyway_is_not_live() {
    let (mut town, _folder) = town().await;
    walk(&mut town, &story("order", 50).to_submission()).await;
    let (id, who) = (first(&town), holder(&town, 50).await);
    town.outside.linger("sign");
    let submit = Command::Applicant(Applicant::Submit);
    let envelope = Envelope::new(CommandId::client("submit").unwrap(), applicant(who.person), submit);
    town.engine.send::<Application>(id, envelope).await.unwrap();
    let office = town.office();
    let signed = async || office.dossiers().credential(who.person, who.licence, 1).await.unwrap();
    while signed().await.is_none() {
        tokio::task::yield_now().await;
    }
    // Signed, and nobody knows it yet.
    let suspend = licence::Command::Operator(Operator::Suspend);
    let envelope =
        Envelope::new(CommandId::client("suspend").unwrap(), Actor::Operator("ops".into()), suspend);
    town.engine.send::<Licence>(who.licence, envelope).await.unwrap();
    town.outside.free("sign");
    settle(&mut town).await;
    assert_eq!(application(&town, id).await.phase, "refused");
    let Licence::Known(life) = licence_of(&town, 50).await.state else { panic!("it is known") };
    assert_eq!((life.standing(), life.document.is_none(), life.versions), (Standing::None, true, 1));
    assert!(life.in_vain.is_empty(), "the signature in vain is on record");
    assert!(signed().await.is_some());
    assert_eq!(audit(&town).await.documents, 1, "it verifies, and no label leads to it");
}

#[tokio::test]
async fn a_clients_key_equal_to_an_effects_key_disturbs_nothing() {
    let (mut town, _folder) = town().await;
    let begun = story("keys", 51).then([Step::Begin, Step::Until("information")]);
    walk(&mut town, &begun).await;
    let (id, person) = (first(&town), holder(&town, 51).await.person);
    // The key of the liveness effect that this very command will cause, in every spelling.
    let key = |version: u64| format!("{}.{version}.0", id.0.as_simple());
    let next = application(&town, id).await.version + 1;
    let send = async |key: &str, command: Applicant| {
        let envelope =
            Envelope::new(CommandId::client(key).unwrap(), applicant(person), Command::Applicant(command));
        town.engine.send::<Application>(id, envelope).await.unwrap()
    };
    let confirm = Applicant::ConfirmInformation { revision: 1 };
    let first = send(&format!("e:{}", key(next)), confirm.clone()).await;
    assert_eq!((first.version, first.repeated), (next, false));
    town.advance(Duration::from_secs(30)).await;
    assert_eq!(application(&town, id).await.phase, "submit", "the effect's answer was taken");
    let again = send(&format!("e:{}", key(next)), confirm).await;
    assert_eq!((again.version, again.repeated), (next, true));
    let next = application(&town, id).await.version + 1;
    send(&format!("x:{}", key(next)), Applicant::Submit).await;
    let end = begun.then([Step::Until("issued")]);
    play(&mut town, &end).await;
    assert_eq!(audit(&town).await.documents, 1);
}
