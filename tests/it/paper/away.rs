//! Register and signer stay away for 60 days.

use std::time::Duration;

use sealwright_engine::journal::Body;
use sealwright_engine::store::ParkedQuery;
use sealwright_engine::{InstanceId, Timestamp};
use sealwright_tests::audit::audit;
use sealwright_tests::people::address;
use sealwright_tests::play::{settle, walk};
use sealwright_tests::story::{Step, story};
use sealwright_tests::town::{OPERATOR, Town};

use super::{application, first, holder, town};

const HOUR: Duration = Duration::from_secs(3_600);

/// Sixty days, looked at every six hours.
async fn sixty_days(town: &Town) {
    for _ in 0..60 * 4 {
        town.engine.sleep_through(6 * HOUR).await;
    }
}

/// When events of this name were recorded.
async fn times(town: &Town, instance: InstanceId, event: &str) -> Vec<Timestamp> {
    let history = town.engine.history(instance).await.unwrap();
    let told = history.iter().filter(|body: &&Body| body.events.get().contains(&format!("\"{event}\"")));
    told.map(|body| body.at).collect()
}

/// Somebody was woken at growing intervals, at last every day, and each time by a mail.
fn woken_again_and_again(town: &Town, from: Timestamp, times: &[Timestamp], about: &str) {
    assert!(times[0].since(from) <= 7 * HOUR, "soon for the first time");
    assert!(times.windows(2).all(|pair| pair[1].since(pair[0]) <= 30 * HOUR), "{times:?}");
    assert!((55..=80).contains(&times.len()), "{} times in 60 days", times.len());
    let mails = town.diary().mails();
    let told = mails.iter().filter(|(_, to, subject)| to == OPERATOR && subject.contains(about)).count();
    assert_eq!(told, times.len(), "a mail each time");
}

#[tokio::test]
async fn a_register_that_stays_away_60_days_wakes_somebody_again_and_again_and_nothing_is_lost() {
    let (mut town, _folder) = town().await;
    town.outside.register_is_away(true);
    walk(&mut town, &story("away", 40).then([Step::Begin])).await;
    let (id, began) = (first(&town), town.engine.now());
    sixty_days(&town).await;
    assert_eq!(application(&town, id).await.phase, "record");
    woken_again_and_again(
        &town,
        began,
        &times(&town, id, "answer_stalled").await,
        "register has not answered",
    );
    let applicant: Vec<_> = town.diary().mails().into_iter().filter(|mail| mail.1 == address(40)).collect();
    assert_eq!(applicant, [], "the register knows the address, and it is away");

    town.outside.register_is_away(false);
    town.advance(HOUR).await;
    assert_eq!(application(&town, id).await.phase, "information");
    settle(&mut town).await;
    audit(&town).await;
}

#[tokio::test]
async fn a_signer_that_stays_away_60_days_wakes_somebody_and_signs_when_it_is_back_and_redriven() {
    let (mut town, _folder) = town().await;
    town.outside.disrupt("sign");
    let story = story("away", 41).to_submission().then([Step::Submit, Step::Until("issue")]);
    walk(&mut town, &story).await;
    let (id, began) = (first(&town), town.engine.now());
    let licence = holder(&town, 41).await.licence;
    // Day and night at first, as a real office would try.
    town.advance(48 * HOUR).await;
    let parked = town.engine.parked(9).await.unwrap();
    assert_eq!(parked.effects.len(), 1, "after a day of trying it waits for an operator, with its cause");
    assert_eq!(parked.effects[0].note.as_deref(), Some("sign does not work today"));
    sixty_days(&town).await;
    assert_eq!(application(&town, id).await.phase, "issue");
    let woken = times(&town, licence, "order_stalled").await;
    assert!(woken.windows(2).all(|pair| pair[1].since(pair[0]) <= 30 * HOUR), "{woken:?}");
    assert!(woken.len() >= 60 && woken[0].since(began) < HOUR, "{}", woken.len());
    let mails = town.diary().mails();
    let about =
        |to: &str, text: &str| mails.iter().filter(|(_, at, about)| at == to && about.contains(text)).count();
    assert_eq!(about(OPERATOR, "Version 1 has not been signed"), woken.len());
    assert_eq!(about(&address(41), "takes longer than usual"), 1, "the applicant is told once");

    town.outside.free("sign");
    assert_eq!(town.engine.redrive(&ParkedQuery::default(), 9, Duration::ZERO).await.unwrap(), 1);
    town.advance(HOUR).await;
    assert_eq!(application(&town, id).await.phase, "issued");
    settle(&mut town).await;
    assert_eq!(audit(&town).await.documents, 1);
}
