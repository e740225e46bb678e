//! What most tests do: start an engine with parcels, send, claim, look.

use std::collections::BTreeSet;
use std::time::Duration;

use sealwright_engine::store::{EffectQuery, EffectRow, ParkedQuery, TaskClaim};
use sealwright_engine::testing::TestEngine;
use sealwright_engine::{Actor, CommandId, Engine, Envelope, InstanceId, Receipt, SendError, View};

use crate::carrier::Carrier;
use crate::parcel::{Command, Parcel, Rejection};

pub(crate) const LIMIT: u32 = 20;

pub(crate) async fn with(carrier: &Carrier) -> TestEngine {
    let carrier = carrier.clone();
    TestEngine::start(move |builder| builder.workflow::<Parcel>(carrier.clone(), LIMIT)).await
}

pub(crate) fn envelope(key: &str, command: Command) -> Envelope<Command> {
    Envelope::new(CommandId::client(key).unwrap(), Actor::Applicant("sender".into()), command)
}

/// Posts a parcel of a weight.
pub(crate) async fn post(engine: &TestEngine, weight: u32) -> InstanceId {
    let id = InstanceId::new(engine.now());
    engine.start::<Parcel>(id, envelope("post", Command::Post { weight })).await.unwrap();
    id
}

pub(crate) async fn send(
    engine: &Engine,
    id: InstanceId,
    key: &str,
    command: Command,
) -> Result<Receipt, SendError<Rejection>> {
    engine.send::<Parcel>(id, envelope(key, command)).await
}

pub(crate) async fn view(engine: &Engine, id: InstanceId) -> View<Parcel> {
    engine.view::<Parcel>(id).await.unwrap().unwrap()
}

pub(crate) async fn phase(engine: &Engine, id: InstanceId) -> &'static str {
    view(engine, id).await.phase
}

pub(crate) async fn effects(engine: &Engine, id: InstanceId) -> Vec<EffectRow> {
    let query = EffectQuery { instance: Some(id), limit: 500, ..EffectQuery::default() };
    engine.store().effects(&query).await.unwrap()
}

pub(crate) fn claim(who: &str) -> TaskClaim {
    TaskClaim {
        queue: Some("desk".into()),
        instance: None,
        who: who.into(),
        roles: BTreeSet::from(["clerk".into()]),
        time: Duration::from_secs(300),
    }
}

/// Sends everything parked on its way, at once.
pub(crate) async fn redrive(engine: &Engine) -> u64 {
    let all = ParkedQuery::default();
    engine.redrive(&all, 1_000, Duration::ZERO).await.unwrap()
}

/// Nothing in the store contradicts the journals.
pub(crate) async fn audited(engine: &Engine) -> u64 {
    let audit = engine.audit(|_| {}).await.unwrap();
    assert!(audit.findings.is_empty(), "{audit:?}");
    audit.rows
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
