//! Asking the server about the statement that carries batches: does it do what it says, and how.

use sea_orm::sqlx::{self, PgConnection, PgPool, Row as _};
use sealwright_engine::journal::{Digest, Row};
use sealwright_engine::store::{Append, Change, Derived, Write, Written};
use sealwright_engine::{CommandId, InstanceId, Timestamp};

use super::append::Batch;
use crate::error::OpenError;

/// Two rows, one new and one that is stale: exactly one may win. Nothing of it stays.
///
/// What only speaks PostgreSQL's language, or rewrites statements on the way, is found out here.
pub(super) async fn probe(pool: &PgPool) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::Probe(error.to_string());
    let writes = [1, 2].map(|version| {
        let instance = InstanceId::new(Timestamp::EPOCH);
        let command_id = CommandId::stored("probe");
        let row = Row { instance, version, command_id, body: "{}".into(), hash: Digest::ZERO };
        let derived = Derived {
            instance,
            version,
            workflow: "probe",
            schema: 1,
            phase: "probe",
            closed: true,
            wake_at: None,
            at: Timestamp::EPOCH,
            task: Change::Keep,
            labels: Change::Set(Vec::new()),
        };
        let (effects, leased_to, settles, lease) = (Vec::new(), None, None, None);
        Write::Append(Box::new(Append { row, derived, effects, leased_to, settles, lease }))
    });
    let ids = Vec::from_iter(writes.iter().filter_map(|write| match write {
        Write::Append(append) => Some(append.row.instance.0),
        _ => None,
    }));
    let mut batch = Batch::default();
    let taken = writes.iter().enumerate().all(|(place, write)| batch.take(place, write));
    let mut transaction = pool.begin().await.map_err(failed)?;
    let losers = batch.run(&mut transaction, None).await.map_err(failed)?;
    let (rows, instances): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM journal WHERE command_id = 'probe' AND instance = ANY($1)),
             (SELECT count(*) FROM instance WHERE id = ANY($1))",
    )
    .bind(ids)
    .fetch_one(&mut *transaction)
    .await
    .map_err(failed)?;
    transaction.rollback().await.map_err(failed)?;
    if taken && losers == [(1, Written::Conflict)] && (rows, instances) == (1, 1) {
        return Ok(());
    }
    Err(OpenError::Probe(format!("of a new and a stale row, {losers:?} lost, and {rows} were written")))
}

/// How the server will carry a statement out on this connection, as it explains it.
pub(super) async fn plan(connection: &mut PgConnection, sql: &str) -> Result<String, sqlx::Error> {
    let prepare = format!("PREPARE sealwright_plan AS {sql}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(prepare)).execute(&mut *connection).await?;
    let parameters = (1..).take_while(|n| sql.contains(&format!("${n}::"))).count();
    let nulls = vec!["NULL"; parameters].join(", ");
    let explain = format!("EXPLAIN EXECUTE sealwright_plan ({nulls})");
    let lines = sqlx::query(sqlx::AssertSqlSafe(explain)).persistent(false).fetch_all(&mut *connection).await;
    sqlx::raw_sql("DEALLOCATE sealwright_plan").execute(connection).await?;
    let lines: Result<Vec<String>, _> = lines?.iter().map(|row| row.try_get(0)).collect();
    Ok(lines?.join("\n"))
}
