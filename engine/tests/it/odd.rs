//! A workflow that breaks the laws on request, and whose events have changed their shape once.

use std::time::Duration;

use sealwright_engine::journal::{Body, Digest, Row};
use sealwright_engine::store::{Append, Change, Derived, Store, Write, Written};
use sealwright_engine::{Actor, CommandId, Context, InstanceId, Phase, Timestamp, Version, Workflow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Clone, Default, Debug, PartialEq)]
pub(crate) struct Odd {
    pub(crate) mode: Option<Mode>,
    pub(crate) sum: i64,
    pub(crate) due: Option<Timestamp>,
}

/// What its deadline leads to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// It moves by a minute.
    Moves,
    /// Something is recorded, and the deadline stays.
    Stays,
    /// Accepted, and nothing is recorded.
    Nothing,
    Refuses,
    Panics,
    /// No deadline.
    Calm,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Command {
    Begin(Mode),
    Add(i64),
    Heal,
    Fire,
    /// Records so many events in one decision.
    Flood(usize),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    Begun(Mode),
    /// In schema 1 this was a bare number.
    Added {
        amount: i64,
    },
    Moved,
    Healed,
    /// Nobody can fold this.
    Cursed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("no")]
pub(crate) struct No;

impl Workflow for Odd {
    const NAME: &'static str = "odd";
    const SCHEMA: u16 = 2;
    type Policy = ();
    type Command = Command;
    type Event = Event;
    type Effect = ();
    type Rejection = No;

    fn decide(&self, command: Command, _: &Context<'_, ()>) -> Result<Vec<Event>, No> {
        match command {
            Command::Begin(mode) => Ok(vec![Event::Begun(mode)]),
            Command::Add(amount) => Ok(vec![Event::Added { amount }]),
            Command::Heal => Ok(vec![Event::Healed]),
            Command::Flood(count) => Ok(vec![Event::Added { amount: 1 }; count]),
            Command::Fire => match self.mode {
                Some(Mode::Moves) => Ok(vec![Event::Moved]),
                Some(Mode::Stays) => Ok(vec![Event::Added { amount: 1 }]),
                Some(Mode::Panics) => panic!("the clock fell off the wall"),
                Some(Mode::Refuses) => Err(No),
                Some(Mode::Nothing | Mode::Calm) | None => Ok(vec![]),
            },
        }
    }

    fn evolve(mut self, event: &Event, at: Timestamp) -> Self {
        match event {
            Event::Begun(mode) => {
                self.mode = Some(*mode);
                self.due = (*mode != Mode::Calm).then_some(at + Duration::from_secs(60));
            }
            Event::Added { amount } => self.sum += amount,
            Event::Moved => self.due = Some(at + Duration::from_secs(60)),
            Event::Healed => self.due = None,
            Event::Cursed => panic!("cursed"),
        }
        self
    }

    fn phase(&self) -> Phase {
        Phase::Open("odd")
    }

    fn deadline(&self) -> Option<(Timestamp, Command)> {
        Some((self.due?, Command::Fire))
    }

    fn upcast(schema: u16, event: Value) -> Value {
        match (schema, event.get("added").and_then(Value::as_i64)) {
            (1, Some(amount)) => json!({"added": {"amount": amount}}),
            _ => event,
        }
    }
}

/// A row of another time's code: writes events behind the engine's back.
pub(crate) async fn write_row(
    store: &dyn Store,
    instance: InstanceId,
    version: Version,
    schema: u16,
    events: Value,
    wake_at: Option<Timestamp>,
) {
    let head = store.load(instance).await.unwrap().map_or(Digest::ZERO, |stored| stored.row.head);
    let id = CommandId::client(&format!("by-hand-{version}")).unwrap();
    let body = Body {
        instance,
        version,
        workflow: Odd::NAME.into(),
        schema,
        at: Timestamp::from_secs(1_772_452_800),
        actor: Actor::Operator("hand".into()),
        command: "by_hand".into(),
        id: id.clone(),
        digest: Digest::ZERO,
        policy: Digest::ZERO,
        events: serde_json::value::to_raw_value(&events).unwrap(),
    };
    let body = serde_json::to_string(&body).unwrap();
    let append = Append {
        row: Row { instance, version, command_id: id, hash: head.chain(body.as_bytes()), body },
        derived: Derived {
            instance,
            version,
            workflow: Odd::NAME,
            schema,
            phase: "odd",
            closed: false,
            wake_at,
            at: Timestamp::from_secs(1_772_452_800),
            task: Change::Keep,
            labels: Change::Keep,
        },
        effects: vec![],
        leased_to: None,
        settles: None,
        lease: None,
    };
    let written = store.write(vec![Write::Append(Box::new(append))]).await;
    assert_eq!(written, [Ok(Written::Done)]);
}
