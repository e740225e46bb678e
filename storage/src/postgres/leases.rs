//! Claims and leases: short statements, each of them its own transaction, none of them waiting
//! while work is done. "Now" is read once per statement.

use std::time::Duration;

use sea_orm::sqlx::postgres::{PgArguments, PgRow};
use sea_orm::sqlx::query::Query;
use sea_orm::sqlx::{AssertSqlSafe, PgPool, Postgres, Row, query};
use sealwright_engine::limits::NODE_LEASE;
use sealwright_engine::store::{ParkedQuery, TaskClaim};
use sealwright_engine::{InstanceId, Lease, NodeId, Timestamp};

use crate::entity::{effect, json, task};

type Result<T> = std::result::Result<T, sea_orm::sqlx::Error>;
type Statement = Query<'static, Postgres, PgArguments>;

/// The store's clock as the first parameter, or the server's.
const CLOCK: &str = "WITH clock AS MATERIALIZED (
    SELECT COALESCE($1::bigint, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now)";

fn statement(now: Option<Timestamp>, sql: &str) -> Statement {
    // The texts are constants of this file; values are bound.
    query(AssertSqlSafe(format!("{CLOCK}{sql}"))).bind(now.map(Timestamp::micros))
}

/// A node that died long ago is only a row that nobody needs.
pub(super) async fn join(pool: &PgPool, now: Option<Timestamp>, node: NodeId) -> Result<()> {
    beat(pool, now, node).await?;
    let sql = " DELETE FROM node WHERE alive_until < (SELECT now FROM clock) - 86400000000";
    statement(now, sql).execute(pool).await?;
    Ok(())
}

pub(super) async fn beat(pool: &PgPool, now: Option<Timestamp>, node: NodeId) -> Result<()> {
    let sql = " INSERT INTO node (id, alive_until) SELECT $2, now + $3 FROM clock
        ON CONFLICT (id) DO UPDATE SET alive_until = excluded.alive_until";
    statement(now, sql).bind(node.0).bind(micros(NODE_LEASE)).execute(pool).await?;
    Ok(())
}

pub(super) async fn leave(pool: &PgPool, node: NodeId) -> Result<()> {
    let sql = "WITH gone AS (DELETE FROM node WHERE id = $1)
        UPDATE effect SET leased_to = NULL WHERE state = 0 AND leased_to = $1";
    query(sql).bind(node.0).execute(pool).await?;
    Ok(())
}

pub(super) async fn claim_effects(
    pool: &PgPool,
    now: Option<Timestamp>,
    node: NodeId,
    limit: usize,
) -> Result<Vec<effect::Model>> {
    let sql = ", due AS MATERIALIZED (
            SELECT instance, version, n FROM effect
            WHERE state = 0 AND due_at <= (SELECT now FROM clock)
                AND (leased_to IS NULL OR NOT EXISTS (
                    SELECT 1 FROM node WHERE node.id = leased_to AND alive_until > (SELECT now FROM clock)))
            ORDER BY due_at, instance, version, n LIMIT $2 FOR UPDATE OF effect SKIP LOCKED)
        UPDATE effect SET leased_to = $3 FROM due
        WHERE effect.instance = due.instance AND effect.version = due.version AND effect.n = due.n
        RETURNING effect.*";
    let claim = statement(now, sql).bind(i64::try_from(limit).unwrap_or(i64::MAX)).bind(node.0);
    let rows = claim.fetch_all(pool).await?;
    let mut rows: Vec<_> = rows.iter().map(effect_row).collect::<Result<_>>()?;
    rows.sort_by_key(|row| (row.due_at, row.instance, row.version, row.n));
    Ok(rows)
}

pub(super) async fn redrive(
    pool: &PgPool,
    now: Option<Timestamp>,
    which: &ParkedQuery,
    limit: usize,
    spacing: Duration,
) -> Result<u64> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut count = 0;
    if which.effect.is_none() && which.kind.is_none() {
        let sql = "UPDATE instance SET parked = NULL WHERE id IN (
                SELECT id FROM instance WHERE parked IS NOT NULL AND ($1::uuid IS NULL OR id = $1)
                    AND ($2::text IS NULL OR workflow = $2) AND ($3::text IS NULL OR strpos(parked, $3) > 0)
                ORDER BY id LIMIT $4 FOR UPDATE)";
        let unpark = query(sql)
            .bind(which.instance.map(|id| id.0))
            .bind(which.workflow.clone())
            .bind(which.cause.clone())
            .bind(limit);
        count += unpark.execute(pool).await?.rows_affected();
    }
    let sql = ", meant AS MATERIALIZED (
            SELECT instance, version, n FROM effect
            WHERE state = 2 AND ($2::uuid IS NULL OR (instance = $2 AND version = $3 AND n = $4))
                AND ($5::uuid IS NULL OR instance = $5) AND ($6::text IS NULL OR workflow = $6)
                AND ($7::text IS NULL OR kind = $7) AND ($8::text IS NULL OR strpos(note, $8) > 0)
            ORDER BY instance, version, n LIMIT $9 FOR UPDATE),
        placed AS (
            SELECT *, row_number() OVER (ORDER BY instance, version, n) - 1 AS place FROM meant)
        UPDATE effect SET state = 0, attempts = 0, leased_to = NULL,
            due_at = (SELECT now FROM clock) + placed.place * $10
        FROM placed
        WHERE effect.instance = placed.instance AND effect.version = placed.version AND effect.n = placed.n";
    let revive = statement(now, sql)
        .bind(which.effect.map(|key| key.instance.0))
        .bind(which.effect.map(|key| key.version as i64))
        .bind(which.effect.map(|key| i32::from(key.n)))
        .bind(which.instance.map(|id| id.0))
        .bind(which.workflow.clone())
        .bind(which.kind.clone())
        .bind(which.cause.clone())
        .bind(limit - i64::try_from(count).unwrap_or(limit))
        .bind(micros(spacing));
    Ok(count + revive.execute(pool).await?.rows_affected())
}

pub(super) async fn claim_task(
    pool: &PgPool,
    now: Option<Timestamp>,
    claim: &TaskClaim,
) -> Result<Option<(task::Model, Lease)>> {
    // One text per shape of the question, so that each finds its index. Whoever asks for just any
    // task need not wait for one that somebody else is about to get; whoever asks for this one must.
    let (place, patience) = match (claim.instance, &claim.queue) {
        (Some(_), Some(_)) => ("instance = $2::uuid AND queue = $3::text", ""),
        (Some(_), None) => ("instance = $2::uuid AND $3::text IS NULL", ""),
        (None, Some(_)) => ("$2::uuid IS NULL AND queue = $3::text", "SKIP LOCKED"),
        (None, None) => ("$2::uuid IS NULL AND $3::text IS NULL", "SKIP LOCKED"),
    };
    let sql = format!(
        ", free AS MATERIALIZED (
            SELECT instance FROM task WHERE {place}
                AND (holder IS NULL OR holder = $4 OR lease_until <= (SELECT now FROM clock))
                AND (reserved_for IS NULL OR reserved_for = $4 OR reserved_until <= (SELECT now FROM clock))
                AND EXISTS (SELECT 1 FROM json_array_elements_text(roles::json) AS role (name)
                            WHERE role.name IN (SELECT json_array_elements_text($5::text::json)))
                AND NOT EXISTS (SELECT 1 FROM json_array_elements_text(excluded::json) AS person (name)
                                WHERE person.name = $4)
            ORDER BY due_at, instance LIMIT 1 FOR UPDATE OF task {patience})
        UPDATE task SET holder = $4, epoch = epoch + 1, lease_until = (SELECT now FROM clock) + $6
        FROM free WHERE task.instance = free.instance RETURNING task.*"
    );
    let claimed = statement(now, &sql)
        .bind(claim.instance.map(|id| id.0))
        .bind(claim.queue.clone())
        .bind(claim.who.clone())
        .bind(json(&claim.roles))
        .bind(micros(claim.time))
        .fetch_optional(pool)
        .await?;
    let Some(row) = claimed else { return Ok(None) };
    let row = task_row(&row)?;
    let lease = Lease {
        instance: InstanceId(row.instance),
        task: row.key.clone(),
        holder: claim.who.clone(),
        epoch: row.epoch.unsigned_abs(),
        until: Timestamp::from_micros(row.lease_until.unwrap_or_default()),
    };
    Ok(Some((row, lease)))
}

const VALID: &str = "instance = $2 AND key = $3 AND holder = $4 AND epoch = $5
    AND lease_until > (SELECT now FROM clock)";

fn under(lease: &Lease, statement: Statement) -> Statement {
    statement
        .bind(lease.instance.0)
        .bind(lease.task.clone())
        .bind(lease.holder.clone())
        .bind(lease.epoch as i64)
}

pub(super) async fn renew(
    pool: &PgPool,
    now: Option<Timestamp>,
    lease: &Lease,
    time: Duration,
) -> Result<Option<Timestamp>> {
    let sql = format!(
        " UPDATE task SET lease_until = (SELECT now FROM clock) + $6 WHERE {VALID} RETURNING lease_until"
    );
    let row = under(lease, statement(now, &sql)).bind(micros(time)).fetch_optional(pool).await?;
    row.map(|row| row.try_get(0).map(Timestamp::from_micros)).transpose()
}

pub(super) async fn release(pool: &PgPool, now: Option<Timestamp>, lease: &Lease) -> Result<bool> {
    let sql = format!(" UPDATE task SET holder = NULL, lease_until = NULL WHERE {VALID}");
    Ok(under(lease, statement(now, &sql)).execute(pool).await?.rows_affected() > 0)
}

pub(super) async fn record_tick(pool: &PgPool, schedule: &str, due: Timestamp) -> Result<()> {
    let sql = "INSERT INTO schedule (name, last_due) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET last_due = excluded.last_due
        WHERE excluded.last_due > schedule.last_due";
    query(sql).bind(schedule.to_owned()).bind(due.micros()).execute(pool).await?;
    Ok(())
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

fn effect_row(row: &PgRow) -> Result<effect::Model> {
    Ok(effect::Model {
        instance: row.try_get("instance")?,
        version: row.try_get("version")?,
        n: row.try_get("n")?,
        workflow: row.try_get("workflow")?,
        kind: row.try_get("kind")?,
        body: row.try_get("body")?,
        state: row.try_get("state")?,
        decided_at: row.try_get("decided_at")?,
        due_at: row.try_get("due_at")?,
        attempts: row.try_get("attempts")?,
        leased_to: row.try_get("leased_to")?,
        note: row.try_get("note")?,
    })
}

fn task_row(row: &PgRow) -> Result<task::Model> {
    Ok(task::Model {
        instance: row.try_get("instance")?,
        workflow: row.try_get("workflow")?,
        key: row.try_get("key")?,
        queue: row.try_get("queue")?,
        due_at: row.try_get("due_at")?,
        roles: row.try_get("roles")?,
        excluded: row.try_get("excluded")?,
        reserved_for: row.try_get("reserved_for")?,
        reserved_until: row.try_get("reserved_until")?,
        holder: row.try_get("holder")?,
        epoch: row.try_get("epoch")?,
        lease_until: row.try_get("lease_until")?,
    })
}
