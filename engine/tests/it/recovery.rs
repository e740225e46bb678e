//! Whatever write the power is cut at, and whatever write the store stumbles over: the same end,
//! nothing acknowledged lost, nothing performed before its event (the performers look).

use std::future::Future;
use std::pin::Pin;

use sealwright_engine::testing::{Cut, TestEngine};
use sealwright_engine::{
    Actor, CommandId, Envelope, InstanceId, Misfire, Receipt, Schedule, SendError, Timestamp, Workflow,
    limits,
};

use crate::carrier::{Carrier, Deed};
use crate::desk::{LIMIT, audited, claim, effects, envelope, phase, seconds, view};
use crate::parcel::{Command, PATIENCE, Parcel};
use crate::relay::{self, Clerk, Depot};

/// A client that does not give up, and remembers what it was promised.
struct Client {
    engine: TestEngine,
    carrier: Carrier,
    promised: Vec<(InstanceId, CommandId)>,
}

impl Client {
    async fn start() -> Self {
        let carrier = Carrier::default();
        let inside = carrier.clone();
        let engine = TestEngine::start(move |builder| {
            let nightly = Schedule::new("nightly", "0 0 2 * * *", "UTC", Misfire::Once).unwrap();
            builder
                .workflow::<Parcel>(inside.clone(), LIMIT)
                .workflow::<Depot>(Clerk::default(), ())
                .schedule::<Parcel>(nightly, |_| Command::Post { weight: 1 })
        });
        Self { engine: engine.await, carrier, promised: Vec::new() }
    }

    /// Works until nothing is left to do, and starts again if the power was cut.
    async fn rest(&mut self) {
        self.engine.run_until_idle_or_dark().await;
        if self.engine.is_dark() {
            self.engine.crash_and_recover().await;
        }
    }

    async fn pass(&mut self, time: std::time::Duration) {
        self.rest().await;
        let end = self.engine.now() + time;
        while self.engine.now() < end {
            self.engine.clock().advance(end.since(self.engine.now()).min(seconds(600)));
            self.rest().await;
        }
    }

    async fn insist<W: Workflow>(&mut self, id: InstanceId, key: &str, command: W::Command) -> Receipt {
        let key = CommandId::client(key).unwrap();
        for _ in 0..10 {
            let envelope = Envelope::new(key.clone(), Actor::Applicant("sender".into()), command.clone());
            match self.engine.send_or_start::<W>(id, envelope).await {
                Ok(receipt) => {
                    self.promised.push((id, key));
                    return receipt;
                }
                Err(refusal) if refusal.is_transient() => self.pass(seconds(1)).await,
                Err(refusal) => panic!("{refusal:?}"),
            }
        }
        panic!("`{key}` never went through");
    }

    /// Claims and completes; a lease that was lost on the way is claimed again.
    async fn check(&mut self, key: &str) -> Receipt {
        let key = CommandId::client(key).unwrap();
        let mut lease = None;
        for _ in 0..10 {
            if lease.is_none() {
                lease = self.engine.claim(&claim("ann")).await.ok().flatten().map(|(_, lease)| lease);
            }
            let Some(held) = &lease else {
                self.pass(seconds(1)).await;
                continue;
            };
            let check = Command::Check { accept: true };
            match self.engine.complete::<Parcel>(held, key.clone(), check).await {
                Ok(receipt) => {
                    self.promised.push((held.instance, key));
                    return receipt;
                }
                Err(SendError::LeaseLost) => lease = None,
                Err(refusal) => {
                    assert!(refusal.is_transient(), "{refusal:?}");
                    self.pass(seconds(1)).await;
                }
            }
        }
        panic!("the check never went through");
    }
}

type Story = for<'a> fn(&'a mut Client) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Plays a story with each fault at each of its writes. Answers how many faults came.
async fn holds(story: Story) -> u32 {
    let mut faults = 0;
    for stays_on in [false, true] {
        for cut in [Cut::Before, Cut::After] {
            for n in 0.. {
                let mut client = Client::start().await;
                if stays_on {
                    client.engine.hiccup_at(n, cut);
                } else {
                    client.engine.cut_power_at(n, cut);
                }
                story(&mut client).await;
                let came = !client.engine.is_fault_pending();
                client.pass(seconds(60)).await;
                audited(&client.engine).await;
                for (id, key) in &client.promised {
                    let kept = client.engine.history(*id).await.unwrap();
                    assert_eq!(
                        kept.iter().filter(|body| body.id == *key).count(),
                        1,
                        "`{key}` was promised; fault {n} {cut:?}"
                    );
                }
                let parked = client.engine.parked(10).await.unwrap();
                assert!(parked.effects.is_empty() && parked.instances.is_empty(), "{parked:?}");
                if !came {
                    break;
                }
                faults += 1;
            }
        }
    }
    faults
}

#[tokio::test]
async fn an_effect_its_answer_a_task_and_its_completion() {
    let faults = holds(|client| {
        Box::pin(async move {
            let id = InstanceId::new(client.engine.now());
            client.insist::<Parcel>(id, "1", Command::Post { weight: 3 }).await;
            client.pass(seconds(60)).await;
            assert_eq!(phase(&client.engine, id).await, "at_the_desk");
            let done = client.check("2").await;
            assert!(done.closed);
            client.pass(seconds(60)).await;
            assert_eq!(view(&client.engine, id).await.version, 3);
            for kind in ["carry", "thank"] {
                assert!(!client.carrier.attempts(kind).is_empty(), "{kind} was never performed");
            }
        })
    });
    assert!(faults.await >= 4 * 5, "post, answer, claim, complete, settle");
}

#[tokio::test]
async fn a_command_from_one_instance_to_another() {
    let faults = holds(|client| {
        Box::pin(async move {
            let now = client.engine.now();
            let (depot, light, heavy) = (InstanceId::new(now), InstanceId::new(now), InstanceId::new(now));
            let load = relay::Command::Load(vec![(light, 1), (heavy, 99)]);
            client.insist::<Depot>(depot, "load", load).await;
            client.pass(seconds(60)).await;
            let state = client.engine.view::<Depot>(depot).await.unwrap().unwrap().state;
            assert_eq!((state.posted.len(), state.refused.len(), state.waiting.len()), (1, 1, 0));
            assert_eq!(view(&client.engine, light).await.version, 2);
            assert_eq!(client.engine.view::<Parcel>(heavy).await.unwrap(), None);
        })
    });
    assert!(faults.await >= 4 * 4);
}

#[tokio::test]
async fn a_deadline_and_its_effect() {
    let faults = holds(|client| {
        Box::pin(async move {
            client.carrier.always(Deed::Later(seconds(1_000_000)));
            let id = InstanceId::new(client.engine.now());
            client.insist::<Parcel>(id, "1", Command::Post { weight: 3 }).await;
            client.pass(PATIENCE + seconds(120)).await;
            let reminded = client.engine.history(id).await.unwrap();
            let reminders = reminded.iter().filter(|body| body.command == "remind").count();
            assert_eq!(reminders, 1);
            assert!(!client.carrier.attempts("ring").is_empty());
        })
    });
    assert!(faults.await >= 4 * 4);
}

#[tokio::test]
async fn a_tick_of_a_schedule() {
    let faults = holds(|client| {
        Box::pin(async move {
            // From noon to four in the morning.
            client.pass(seconds(16 * 3_600)).await;
            let tick = Timestamp::from_secs(1_772_452_800 + 14 * 3_600);
            let id = InstanceId::of_tick("nightly", tick);
            assert_eq!(phase(&client.engine, id).await, "at_the_desk");
            assert_eq!(client.engine.store().feed_end().await.unwrap().0, 2);
        })
    });
    assert!(faults.await >= 4 * 3, "begin, record, answer");
}

#[tokio::test]
async fn failures_parking_and_a_redrive() {
    let faults = holds(|client| {
        Box::pin(async move {
            client.carrier.always(Deed::Fail);
            let id = InstanceId::new(client.engine.now());
            client.insist::<Parcel>(id, "1", Command::Post { weight: 3 }).await;
            client.pass(seconds(600)).await;
            client.carrier.always(Deed::Carry);
            while phase(&client.engine, id).await == "on_its_way" {
                redrive_insisting(client).await;
                client.pass(seconds(60)).await;
            }
            assert_eq!(view(&client.engine, id).await.version, 2);
        })
    });
    assert!(faults.await >= 4 * 6);
}

async fn redrive_insisting(client: &mut Client) {
    let all = sealwright_engine::store::ParkedQuery::default();
    while client.engine.redrive(&all, 10, seconds(0)).await.is_err() {
        client.rest().await;
    }
}

#[tokio::test]
async fn an_effect_of_a_decision_whose_outcome_was_unknown_is_performed_once_and_without_a_restart() {
    let carrier = Carrier::default();
    let engine = crate::desk::with(&carrier).await;
    let id = InstanceId::new(engine.now());
    engine.hiccup_at(0, Cut::After);
    let begun = engine.start::<Parcel>(id, envelope("1", Command::Post { weight: 3 })).await.unwrap();
    assert_eq!((begun.version, begun.repeated), (1, false), "appended again, found, and told so");
    engine.run_until_idle().await;
    assert_eq!(phase(&engine, id).await, "at_the_desk");
    assert_eq!(carrier.log().len(), 1);
}

#[tokio::test]
async fn an_unknown_outcome_that_stays_unknown_is_told_and_its_effect_is_still_performed() {
    let carrier = Carrier::default();
    let mut engine = crate::desk::with(&carrier).await;
    let id = InstanceId::new(engine.now());
    engine.cut_power_at(0, Cut::After);
    let post = || envelope("1", Command::Post { weight: 3 });
    let begun = engine.start::<Parcel>(id, post()).await;
    assert!(matches!(begun, Err(SendError::Store(_))), "{begun:?}");
    assert!(begun.unwrap_err().to_string().contains("unknown"));
    engine.crash_and_recover().await;
    assert_eq!(phase(&engine, id).await, "at_the_desk");
    let again = engine.start::<Parcel>(id, post()).await.unwrap();
    assert_eq!((again.version, again.repeated), (1, true));
}

#[tokio::test]
async fn a_performer_is_not_asked_again_because_the_store_did_not_take_its_answer() {
    for cut in [Cut::Before, Cut::After] {
        for n in 1..4 {
            let carrier = Carrier::told([Deed::Fail]);
            let engine = crate::desk::with(&carrier).await;
            engine.hiccup_at(n, cut);
            let id = crate::desk::post(&engine, 3).await;
            engine.advance(seconds(120)).await;
            assert_eq!(phase(&engine, id).await, "at_the_desk");
            assert_eq!(carrier.log().len(), 2, "write {n} {cut:?}");
            assert_eq!(effects(&engine, id).await[0].attempts, 1);
        }
    }
}

#[tokio::test]
async fn what_a_dead_node_had_is_taken_over_when_its_lease_ends_and_not_before() {
    let carrier = Carrier::told([Deed::Hang]);
    let mut engine = crate::desk::with(&carrier).await;
    let id = crate::desk::post(&engine, 3).await;
    carrier.until_under_way(1).await;
    engine.crash().await;
    let other = engine.another_node().await;
    engine.settle(&other).await;
    assert_eq!(carrier.log().len(), 1, "its lease still runs");
    engine.clock().advance(limits::NODE_LEASE);
    engine.settle(&other).await;
    assert_eq!(carrier.log().len(), 2);
    assert_eq!(phase(&other, id).await, "at_the_desk");
}
