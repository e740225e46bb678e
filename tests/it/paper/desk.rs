//! At the reviewers' desk.

use std::time::Duration;

use sealwright_engine::store::{InstanceQuery, TaskClaim, TaskRow};
use sealwright_engine::{Actor, CommandId, Envelope, InstanceId, Lease, SendError, Timestamp};
use sealwright_tests::audit::audit;
use sealwright_tests::play::{play, walk};
use sealwright_tests::story::{Step, story};
use sealwright_tests::town::Town;
use sealwright_workflows::application::{Application, Command, Operator, Rejection, Reviewer};
use sealwright_workflows::policy::{Path, Policy};

use super::{application, first, town};

type Sent = Result<sealwright_engine::Receipt, SendError<Rejection>>;

async fn claim(town: &Town, who: &str, time: Duration) -> Option<(TaskRow, Lease)> {
    let claim = TaskClaim {
        queue: Some("photo_review".into()),
        instance: None,
        who: who.into(),
        roles: ["reviewer".to_owned()].into(),
        time,
    };
    town.engine.claim(&claim).await.unwrap()
}

fn key(key: &str) -> CommandId {
    CommandId::client(key).unwrap()
}

async fn plainly(town: &Town, id: InstanceId, who: &str, command: Reviewer) -> Sent {
    let actor = Actor::Reviewer { id: who.into(), roles: ["reviewer".to_owned()].into() };
    town.engine.send::<Application>(id, Envelope::new(key(who), actor, Command::Reviewer(command))).await
}

async fn complete(town: &Town, lease: &Lease, id: &str, command: Reviewer) -> Sent {
    town.engine.complete::<Application>(lease, key(id), Command::Reviewer(command)).await
}

const MINUTES: Duration = Duration::from_secs(600);

#[tokio::test]
async fn a_second_reviewers_plain_command_or_borrowed_lease_decides_nothing_while_another_holds_the_case() {
    let (mut town, _folder) = town().await;
    walk(&mut town, &story("desk", 30).to_review(Path::Camera)).await;
    let id = first(&town);
    let (_, lease) = claim(&town, "ann", MINUTES).await.unwrap();
    assert!(claim(&town, "ben", MINUTES).await.is_none(), "it is taken");
    let plain = plainly(&town, id, "ben", Reviewer::Approve).await;
    assert_eq!(plain, Err(SendError::Rejected(Rejection::NotHeld)));
    let borrowed = Lease { holder: "ben".into(), ..lease.clone() };
    assert_eq!(complete(&town, &borrowed, "borrowed", Reviewer::Approve).await, Err(SendError::LeaseLost));
    assert_eq!(application(&town, id).await.phase, "photo_review");
    complete(&town, &lease, "hers", Reviewer::Approve).await.unwrap();
    town.advance(Duration::from_secs(60)).await;
    assert_eq!(application(&town, id).await.phase, "issued");
    audit(&town).await;
}

#[tokio::test]
async fn an_undo_needs_no_lease_and_ends_with_the_window() {
    let (mut town, _folder) = town().await;
    walk(&mut town, &story("desk", 31).to_review(Path::Camera)).await;
    let id = first(&town);
    let (_, lease) = claim(&town, "ann", Duration::from_secs(20)).await.unwrap();
    complete(&town, &lease, "1", Reviewer::Approve).await.unwrap();
    // By now the lease would have ended, had the decision not ended it; the window has not.
    town.advance(Duration::from_secs(25)).await;
    assert_eq!(town.engine.renew(&lease, MINUTES).await.unwrap(), None);
    plainly(&town, id, "ann", Reviewer::Undo).await.unwrap();
    let (_, lease) = claim(&town, "ann", Duration::from_secs(20)).await.unwrap();
    complete(&town, &lease, "2", Reviewer::Approve).await.unwrap();
    town.engine.clock().advance(Duration::from_secs(30));
    let late = plainly(&town, id, "ann-again", Reviewer::Undo).await;
    assert!(matches!(late, Err(SendError::Rejected(_))), "{late:?}");
    town.advance(Duration::from_secs(10)).await;
    assert_eq!(application(&town, id).await.phase, "issued");
    audit(&town).await;
}

#[tokio::test]
async fn an_undone_case_whose_reviewer_never_comes_back_goes_to_the_next_one() {
    let (mut town, _folder) = town().await;
    let undone = [Step::Decide("ann", Reviewer::Approve), Step::Undo("ann")];
    walk(&mut town, &story("desk", 32).to_review(Path::Album).then(undone)).await;
    assert!(claim(&town, "ben", MINUTES).await.is_none(), "it is kept for ann");
    town.advance(Duration::from_secs(14 * 60)).await;
    assert!(claim(&town, "ben", MINUTES).await.is_none(), "it is kept for ann");
    town.advance(Duration::from_secs(2 * 60)).await;
    let (_, lease) = claim(&town, "ben", MINUTES).await.expect("ann never came back");
    complete(&town, &lease, "ben", Reviewer::Approve).await.unwrap();
    town.advance(Duration::from_secs(60)).await;
    assert_eq!(application(&town, first(&town)).await.phase, "issued");
    audit(&town).await;
}

async fn provisional(town: &Town) -> Vec<InstanceId> {
    let query = InstanceQuery {
        labels: vec![("due".into(), "provisional".into())],
        limit: 9,
        ..InstanceQuery::default()
    };
    town.engine.store().list(&query).await.unwrap().into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn a_provisional_due_date_is_found_by_its_label_and_moved_when_the_years_paper_comes_late() {
    let (mut town, _folder) = town().await;
    let eve: Timestamp = "2026-12-31T02:00:00Z".parse().unwrap();
    town.engine.clock().set(eve);
    walk(&mut town, &story("desk", 33).to_review(Path::Camera)).await;
    let id = first(&town);
    assert_eq!(provisional(&town).await, [id]);
    let due = |task: Option<sealwright_engine::Task>| task.unwrap().due;
    let guessed = due(sealwright_engine::Workflow::task(&application(&town, id).await.state));
    assert_eq!(guessed, "2027-01-01T16:00:00Z".parse().unwrap());

    // A day after the guess has passed, the paper says that it was a holiday, and so are the next two days.
    town.advance(Duration::from_secs(40 * 3_600)).await;
    let paper = r#"{"year": 2027, "papers": ["https://gov.example"], "days": [
        {"name": "元旦", "date": "2027-01-01", "isOffDay": true},
        {"name": "元旦", "date": "2027-01-02", "isOffDay": true},
        {"name": "元旦", "date": "2027-01-03", "isOffDay": true}]}"#;
    let mut policy = Policy::default();
    policy.calendar.load(paper).unwrap();
    town.engine.set_policy::<Application>(policy).unwrap();
    for id in provisional(&town).await {
        let wake = Command::Operator(Operator::RecomputeDue);
        let envelope = Envelope::new(key("paper"), Actor::Operator("ops".into()), wake);
        town.engine.send::<Application>(id, envelope).await.unwrap();
    }
    assert_eq!(provisional(&town).await, []);
    let known = due(sealwright_engine::Workflow::task(&application(&town, id).await.state));
    assert_eq!(known, "2027-01-04T16:00:00Z".parse().unwrap());
    let end = [Step::Decide("ann", Reviewer::Approve), Step::Until("issued")];
    play(&mut town, &story("desk", 33).to_review(Path::Camera).then(end)).await;
    audit(&town).await;
}
