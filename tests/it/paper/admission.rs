//! Around the admission: what a new application must not evade, and what an id must not tell.

use std::time::Duration;

use sealwright_engine::{CommandId, Envelope, InstanceId, PersonId, SendError};
use sealwright_tests::audit::audit;
use sealwright_tests::play::{applicant, application_id, play, walk};
use sealwright_tests::story::{Step, story};
use sealwright_workflows::application::{
    Applicant, Application, Command, Kind, Outcome, Refusal, Rejection, Reviewer,
};
use sealwright_workflows::licence::Decline;
use sealwright_workflows::policy::{Locale, Path};
use uuid::Uuid;

use super::{application, holder, town};

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_photo_lock_is_not_evaded_by_a_new_application_and_ends_after_six_months() {
    let (mut town, _folder) = town().await;
    let issued = [Step::Decide("ann", Reviewer::Approve), Step::Until("issued")];
    let mut lock = story("lock", 60).to_review(Path::Camera).then(issued);
    lock.applications = vec![60, 60, 60];
    lock.steps.extend([(1, Step::Begin), (1, Step::Until("refused"))]);
    play(&mut town, &lock).await;
    let Application::Closed(ending) = application(&town, application_id(&town, 1)).await.state else {
        panic!("it is refused")
    };
    let Outcome::Refused(Refusal::NotAdmitted(Decline::PhotoLocked { until })) = ending.outcome else {
        panic!("{:?}", ending.outcome)
    };
    town.engine.sleep_through(until.since(town.engine.now())).await;
    lock.steps.extend([(2, Step::Begin), (2, Step::Until("path"))]);
    play(&mut town, &lock).await;
    assert!(until.since(ending.at) > 180 * DAY);
    audit(&town).await;
}

#[tokio::test]
async fn ids_are_random_and_one_computed_from_a_number_is_refused() {
    let (mut town, _folder) = town().await;
    walk(&mut town, &story("ids", 61).then([Step::Begin, Step::Until("information")])).await;
    let (mut elsewhere, _folder) = super::town().await;
    walk(&mut elsewhere, &story("ids", 61).then([Step::Begin, Step::Until("information")])).await;
    let (here, there) = (holder(&town, 61).await, holder(&elsewhere, 61).await);
    let random = [here.person.0, here.licence.0, there.person.0, there.licence.0];
    assert!(random.iter().all(|id| id.get_version_num() == 7));
    // The same number, at the same time: nothing but the time is alike.
    let tail = |id: Uuid| id.as_u128() & ((1 << 62) - 1);
    assert!(tail(here.person.0) != tail(there.person.0) && tail(here.licence.0) != tail(there.licence.0));

    let number = sealwright_tests::people::number(62);
    let computed = Uuid::new_v5(&Uuid::NAMESPACE_OID, number.as_str().as_bytes());
    for (person, licence) in [(computed, here.licence.0), (here.person.0, computed)] {
        let (person, licence) = (PersonId(person), InstanceId(licence));
        let begin = Applicant::Begin { person, licence, locale: Locale::En, kind: Kind::FirstIssue };
        let id = CommandId::client("begin").unwrap();
        let envelope = Envelope::new(id, applicant(person), Command::Applicant(begin));
        let begun = town.engine.start::<Application>(InstanceId::new(town.engine.now()), envelope).await;
        assert_eq!(begun, Err(SendError::Rejected(Rejection::DerivedId)));
    }
}
