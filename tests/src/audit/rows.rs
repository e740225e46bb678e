//! Rows are what the journal leads to.

use std::collections::{BTreeMap, BTreeSet};

use sealwright_engine::journal::{Body, verify_chain};
use sealwright_engine::store::{EffectRow, EffectState, InstanceRow, Stored};
use sealwright_engine::{EffectKey, InstanceId, Task, Timestamp, Workflow, name_of};

/// An instance as its journal says.
pub(super) struct Folded<W: Workflow> {
    pub(super) state: W,
    pub(super) events: Vec<(Timestamp, W::Event)>,
    /// Key, kind and body of every effect that was ever asked for.
    pub(super) effects: Vec<(EffectKey, String, String)>,
}

impl<W: Workflow> Folded<W> {
    pub(super) fn of(stored: &Stored, findings: &mut Vec<String>) -> Self {
        let id = stored.row.id;
        match verify_chain(id, &stored.journal) {
            Err(broken) => findings.push(broken.to_string()),
            Ok(head) if head != stored.row.head => findings.push(format!("{id}: the row has another head")),
            Ok(_) => {}
        }
        if stored.journal.len() as u64 != stored.row.version {
            findings.push(format!("{id}: {} rows at version {}", stored.journal.len(), stored.row.version));
        }
        let mut folded = Self { state: W::default(), events: Vec::new(), effects: Vec::new() };
        let mut commands = BTreeSet::new();
        let mut last = Timestamp::EPOCH;
        for row in &stored.journal {
            let body: Body = match serde_json::from_str(&row.body) {
                Ok(body) => body,
                Err(error) => {
                    findings.push(format!("{id}: version {} cannot be read: {error}", row.version));
                    continue;
                }
            };
            if !commands.insert(row.command_id.clone()) {
                findings.push(format!("{id}: command {} was accepted twice", row.command_id));
            }
            if body.at < last {
                findings.push(format!("{id}: version {} was decided before the one before it", row.version));
            }
            last = body.at;
            if let Err(error) = folded.take_in(id, &body) {
                findings.push(format!("{id}: the events of version {} cannot be read: {error}", row.version));
            }
        }
        folded
    }

    fn take_in(&mut self, id: InstanceId, body: &Body) -> serde_json::Result<()> {
        let events = body.events::<W>()?;
        for event in &events {
            self.state = std::mem::take(&mut self.state).evolve(event, body.at);
        }
        let effects = events.iter().flat_map(|event| self.state.react(event));
        for (n, effect) in effects.enumerate() {
            let key = EffectKey { instance: id, version: body.version, n: n as u16 };
            let json = serde_json::to_string(&effect).expect("plain data");
            self.effects.push((key, name_of(&effect).outer.to_owned(), json));
        }
        self.events.extend(events.into_iter().map(|event| (body.at, event)));
        Ok(())
    }

    pub(super) fn agrees(
        &self,
        row: &InstanceRow,
        labels: &[(String, String)],
        tasks: Vec<Task>,
        findings: &mut Vec<String>,
    ) {
        let id = row.id;
        let phase = self.state.phase();
        if (row.phase.as_str(), row.closed) != (phase.name(), phase.is_closed()) {
            findings.push(format!("{id}: the row says {}, the journal {}", row.phase, phase.name()));
        }
        let wake_at = self.state.deadline().map(|(at, _)| at);
        if row.wake_at != wake_at {
            findings.push(format!("{id}: the row wakes at {:?}, the journal at {wake_at:?}", row.wake_at));
        }
        let task: Vec<Task> = self.state.task().into_iter().collect();
        if tasks != task {
            findings.push(format!("{id}: the tasks are {tasks:?}, the journal says {task:?}"));
        }
        let said: BTreeMap<_, _> =
            labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let derived = self.state.labels();
        if said != derived.iter().collect() {
            findings.push(format!("{id}: the labels are {labels:?}, the journal says {derived:?}"));
        }
        if let Some(why) = &row.parked {
            findings.push(format!("{id} is parked: {why}"));
        }
    }
}

/// The effects are those of the journal, each once, and none waits.
pub(super) fn effects_agree(
    expected: Vec<(EffectKey, String, String)>,
    rows: &[EffectRow],
    findings: &mut Vec<String>,
) {
    let mut rows: BTreeMap<EffectKey, &EffectRow> = rows.iter().map(|row| (row.key, row)).collect();
    for (key, kind, body) in expected {
        match rows.remove(&key) {
            None => findings.push(format!("effect {key} ({kind}) has an event and no row")),
            Some(row) if row.kind != kind || row.body != body => {
                findings.push(format!("effect {key} is {} and should be {kind}: {body}", row.kind));
            }
            Some(row) if row.state != EffectState::Settled => {
                findings.push(format!("effect {key} ({kind}) is {:?}: {:?}", row.state, row.note));
            }
            Some(_) => {}
        }
    }
    findings.extend(rows.keys().map(|key| format!("effect {key} has no event")));
}
