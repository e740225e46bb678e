//! Rows as the engine's values. A row that no version of this program wrote is told as such.

use std::collections::BTreeSet;

use sealwright_engine::journal::{Digest, Row};
use sealwright_engine::store::{EffectRow, EffectState, InstanceRow, StoreError, TaskRow};
use sealwright_engine::{CommandId, EffectKey, InstanceId, NodeId, Task, Timestamp};

use super::{effect, instance, journal, task};

impl TryFrom<instance::Model> for InstanceRow {
    type Error = StoreError;
    fn try_from(row: instance::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: InstanceId(row.id),
            workflow: row.workflow,
            version: number(row.version, "instance.version")?,
            schema: number(row.schema.into(), "instance.schema")?,
            phase: row.phase,
            closed: row.closed,
            wake_at: row.wake_at.map(Timestamp::from_micros),
            parked: row.parked,
            head: digest(&row.head, "instance.head")?,
            created_at: Timestamp::from_micros(row.created_at),
            updated_at: Timestamp::from_micros(row.updated_at),
        })
    }
}

impl TryFrom<journal::Model> for Row {
    type Error = StoreError;
    fn try_from(row: journal::Model) -> Result<Self, StoreError> {
        Ok(Self {
            instance: InstanceId(row.instance),
            version: number(row.version, "journal.version")?,
            command_id: CommandId::stored(&row.command_id),
            body: row.body,
            hash: digest(&row.hash, "journal.hash")?,
        })
    }
}

impl TryFrom<effect::Model> for EffectRow {
    type Error = StoreError;
    fn try_from(row: effect::Model) -> Result<Self, StoreError> {
        Ok(Self {
            key: EffectKey {
                instance: InstanceId(row.instance),
                version: number(row.version, "effect.version")?,
                n: number(row.n.into(), "effect.n")?,
            },
            workflow: row.workflow,
            kind: row.kind,
            body: row.body,
            state: match row.state {
                0 => EffectState::Due,
                1 => EffectState::Settled,
                2 => EffectState::Parked,
                other => return Err(foreign("effect.state", other)),
            },
            decided_at: Timestamp::from_micros(row.decided_at),
            due_at: Timestamp::from_micros(row.due_at),
            attempts: number(row.attempts.into(), "effect.attempts")?,
            leased_to: row.leased_to.map(NodeId),
            note: row.note,
        })
    }
}

impl TryFrom<task::Model> for TaskRow {
    type Error = StoreError;
    fn try_from(row: task::Model) -> Result<Self, StoreError> {
        Ok(Self {
            instance: InstanceId(row.instance),
            workflow: row.workflow,
            task: Task {
                key: row.key,
                queue: row.queue,
                due: Timestamp::from_micros(row.due_at),
                roles: names(&row.roles, "task.roles")?,
                excluded: names(&row.excluded, "task.excluded")?,
                reserved: row.reserved_for.zip(row.reserved_until.map(Timestamp::from_micros)),
            },
            leased: row.holder.zip(row.lease_until.map(Timestamp::from_micros)),
        })
    }
}

fn number<N: TryFrom<i64>>(value: i64, column: &str) -> Result<N, StoreError> {
    N::try_from(value).map_err(|_| foreign(column, value))
}

fn digest(bytes: &[u8], column: &str) -> Result<Digest, StoreError> {
    bytes.try_into().map(Digest).map_err(|_| foreign(column, format!("{} bytes", bytes.len())))
}

fn names(json: &str, column: &str) -> Result<BTreeSet<String>, StoreError> {
    serde_json::from_str(json).map_err(|error| foreign(column, error))
}

fn foreign(column: &str, value: impl std::fmt::Display) -> StoreError {
    StoreError::Failed(format!("{column} holds {value}, which this program never writes"))
}
