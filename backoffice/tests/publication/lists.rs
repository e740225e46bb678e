//! Status lists.

use sealwright::publication::Stepped;
use sealwright_credentials::Algorithm;
use sealwright_credentials::status_list::Status;
use sealwright_workflows::licence::{Event, InvalidatedBy, NotIssued, Purpose};
use sealwright_workflows::office::status::StatusSlots;
use sealwright_workflows::register::Outcome;

use crate::town::{Town, issued};

fn hold(hold: Outcome) -> Event {
    Event::HoldSet { hold }
}

/// A node that looks every five seconds, as the server does.
pub(crate) async fn a_change_is_visible_within_a_minute(town: Town) {
    let (node, mut licence) = (town.node(), town.licence());
    let serial = town.issue(&mut licence, 1).await;
    town.step(&node).await;
    assert_eq!(town.status(&node, &serial).await, Status::Valid);
    for (standing, outcome, wanted) in [
        ("suspended", Outcome::Red, Status::Suspended),
        ("active", Outcome::Normal, Status::Valid),
        ("hidden", Outcome::Hidden, Status::Suspended),
        ("active", Outcome::Normal, Status::Valid),
    ] {
        town.wind(1_003);
        town.step(&node).await;
        town.decide(&mut licence, &[hold(outcome)], Some(1), standing).await;
        let (since, mut published) = (town.now(), 0);
        while town.status(&node, &serial).await != wanted {
            assert!(town.now() - since <= 55, "a look, and the time to sign, fit into the minute");
            town.wind(5);
            published += town.step(&node).await.published;
        }
        assert_eq!(published, 1, "{standing}");
        assert!(town.now() - since >= 20, "changes are gathered, so that each is not a list of its own");
    }
}

pub(crate) async fn nothing_is_published_without_a_change_until_it_must_be(town: Town) {
    let (node, mut licence) = (town.node(), town.licence());
    assert_eq!(town.step(&node).await, Stepped::default(), "nothing happened yet");
    town.issue(&mut licence, 1).await;
    assert_eq!(town.step(&node).await, Stepped { changed: 0, published: 1, log_size: 1 });
    let first = town.read(&node, 1).await;
    let mut licences = Vec::new();
    for _ in 0..8 {
        // Others are issued, which changes no entry of the list.
        let mut licence = town.licence();
        town.issue(&mut licence, 1).await;
        licences.push(licence);
        town.wind(20 * 60);
        assert_eq!(town.step(&node).await.published, 0);
        assert_eq!(town.step(&town.node()).await.published, 0, "a restart publishes nothing either");
    }
    assert_eq!(town.read(&node, 1).await, first);
    // Three hours after the last one, nine before it ends.
    town.wind(20 * 60 - 1);
    assert_eq!(town.step(&node).await.published, 0);
    town.wind(1);
    assert_eq!(town.step(&node).await.published, 1);
    let second = town.read(&node, 1).await;
    assert_eq!(second.issued_at() - first.issued_at(), 3 * 3_600);
    assert_eq!(second.list(), first.list());
    // A server that was away for days publishes as soon as it is back; meanwhile nobody believes the old list.
    town.wind(3 * 86_400);
    assert_eq!(town.step(&node).await.published, 1);
    assert_eq!(town.read(&node, 1).await.issued_at(), town.now());
}

pub(crate) async fn what_each_event_makes_of_a_credential(town: Town) {
    let (node, mut licence, mut other) = (town.node(), town.licence(), town.licence());
    let first = town.issue(&mut licence, 1).await;
    let theirs = town.issue(&mut other, 1).await;
    let second = town.prepare(&mut licence, 2, Some(1)).await;
    let is = async |wanted: [Status; 4], third: &_| {
        town.step(&node).await;
        town.wind(60);
        town.step(&node).await;
        let mut found = Vec::new();
        for serial in [&first, &second, third, &theirs] {
            found.push(town.status(&node, serial).await);
        }
        assert_eq!(found, wanted);
    };
    use Status::{Invalid, Suspended, Valid};
    is([Valid, Valid, Valid, Valid], &first).await;
    town.decide(&mut licence, &[issued(2)], Some(2), "active").await;
    is([Invalid, Valid, Valid, Valid], &second).await;
    // A third one is signed and abandoned: nobody may ever show it.
    let third = town.prepare(&mut licence, 3, Some(2)).await;
    is([Invalid, Valid, Valid, Valid], &third).await;
    let purpose = Purpose::Application { application: other.id, order: 1 };
    let abandoned = Event::OrderAbandoned { version: 3, purpose, cause: NotIssued::PhotoMissing };
    town.decide(&mut licence, &[abandoned, Event::SignedInVain { version: 3 }], Some(2), "active").await;
    is([Invalid, Valid, Invalid, Valid], &third).await;
    town.decide(&mut licence, &[hold(Outcome::Red)], Some(2), "suspended").await;
    is([Invalid, Suspended, Invalid, Valid], &third).await;
    let by = InvalidatedBy::Register;
    town.decide(&mut licence, &[Event::Invalidated { version: 2, by }], Some(2), "invalid").await;
    is([Invalid, Invalid, Invalid, Valid], &third).await;
    // Whatever a journal says afterwards, it is final.
    town.decide(&mut licence, &[hold(Outcome::Normal)], Some(2), "active").await;
    is([Invalid, Invalid, Invalid, Valid], &third).await;
}

pub(crate) async fn a_withdrawn_key_signs_again_at_once(town: Town) {
    let (node, mut licence) = (town.node(), town.licence());
    town.issue(&mut licence, 1).await;
    town.step(&node).await;
    let signer = *town.ring().signer().unwrap().key_id();
    town.keys.generate(Algorithm::Ed25519).unwrap();
    town.keys.rotate(None).unwrap();
    town.wind(60);
    assert_eq!(town.step(&node).await.published, 0, "what it signed is still believed");
    town.keys.compromise(&signer, town.now(), None).unwrap();
    assert_eq!(town.step(&node).await.published, 1);
    assert_eq!(town.read(&node, 1).await.issued_at(), town.now());
    assert_eq!(town.step(&node).await.published, 0);
}

pub(crate) async fn the_port_and_the_journal_mean_the_same_slot(town: Town) {
    let (node, mut licence) = (town.node(), town.licence());
    let serial = "ABCDEFGH00000001".parse().unwrap();
    let port: &dyn StatusSlots = &node;
    let early = port.slot(&serial).await.unwrap().unwrap();
    assert_eq!(early.uri, "https://office.example/v1/status/1");
    let issued = town.issue(&mut licence, 1).await;
    let before = port.slot(&issued).await.unwrap();
    town.step(&node).await;
    assert_eq!(port.slot(&issued).await.unwrap(), before);
    assert_eq!(town.node().slot(&serial).await.unwrap(), Some(early.clone()));
    assert_ne!(before, Some(early));
}

/// Two nodes step at once while licences change; what comes out is what one would have made.
pub(crate) async fn two_nodes_publish_as_one(town: Town) {
    let (one, other) = (town.node(), town.node());
    let mut issued = Vec::new();
    for n in 0..90_u32 {
        let mut licence = town.licence();
        let serial = town.issue(&mut licence, 1).await;
        if n % 3 == 0 {
            town.decide(&mut licence, &[hold(Outcome::Red)], Some(1), "suspended").await;
        }
        issued.push((serial, if n % 3 == 0 { Status::Suspended } else { Status::Valid }));
        if n % 9 == 0 {
            town.wind(25);
            let keys = town.ring();
            let (mine, theirs) = tokio::join!(one.step(&keys, town.now()), other.step(&keys, town.now()));
            mine.unwrap();
            theirs.unwrap();
        }
    }
    town.wind(60);
    town.step(&one).await;
    let mut slots = std::collections::BTreeSet::new();
    for (serial, wanted) in &issued {
        assert_eq!(town.status(&other, serial).await, *wanted);
        assert!(slots.insert(other.lists().slot(serial).await.unwrap().slot));
    }
    assert!(one.lists().states().await.unwrap().len() > 1, "the first list is used up");
    assert_eq!(one.log().head().await.unwrap().size(), 90);
    let last = town.step(&other).await;
    assert_eq!((last.changed, last.published), (0, 0), "all of it was published");
}
