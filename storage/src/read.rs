//! What both databases read the same way, through the entities.

use sea_orm::sea_query::{Expr, ExprTrait, Order as Direction, Query, SimpleExpr, Value};
use sea_orm::{
    ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
};
use sealwright_engine::limits::PAGE;
use sealwright_engine::store::{
    EffectQuery, EffectRow, InstanceQuery, InstanceRow, Order, StoreError, Stored, TaskQuery, TaskRow,
};
use sealwright_engine::{EffectKey, InstanceId, Timestamp};

use crate::entity::{effect, instance, journal, label, node, schedule, task};
use crate::error::read_error;

/// The store's own clock, inside a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Now {
    /// A clock of this process.
    At(Timestamp),
    /// The database server's, in the words of its dialect.
    Server(&'static str),
}

impl Now {
    fn expr(self) -> SimpleExpr {
        match self {
            Now::At(at) => Expr::val(at.micros()),
            Now::Server(sql) => Expr::cust(sql),
        }
    }
}

/// The instance's row is read first and the journal up to its version second. Rows of a journal
/// never change, so the two are of one moment without a transaction around them.
pub(crate) async fn load(
    database: &DatabaseConnection,
    id: InstanceId,
) -> Result<Option<Stored>, StoreError> {
    let Some(row) = instance::Entity::find_by_id(id.0).one(database).await.map_err(read_error)? else {
        return Ok(None);
    };
    let rows = journal::Entity::find()
        .filter(journal::Column::Instance.eq(id.0))
        .filter(journal::Column::Version.lte(row.version))
        .order_by_asc(journal::Column::Version)
        .all(database)
        .await
        .map_err(read_error)?;
    Ok(Some(Stored { row: row.try_into()?, journal: all(rows)? }))
}

pub(crate) async fn list(
    database: &DatabaseConnection,
    query: &InstanceQuery,
) -> Result<Vec<InstanceRow>, StoreError> {
    use instance::Column;
    let mut select = instance::Entity::find()
        .apply_if(query.workflow.as_deref(), |select, name| select.filter(Column::Workflow.eq(name)))
        .apply_if(query.phase.as_deref(), |select, phase| select.filter(Column::Phase.eq(phase)))
        .apply_if(query.closed, |select, closed| select.filter(Column::Closed.eq(closed)));
    select = match query.parked {
        Some(true) => select.filter(Column::Parked.is_not_null()),
        Some(false) => select.filter(Column::Parked.is_null()),
        None => select,
    };
    for (name, value) in &query.labels {
        let labelled = Query::select()
            .column(label::Column::Instance)
            .from(label::Entity)
            .and_where(label::Column::Name.eq(name.as_str()))
            .and_where(label::Column::Value.eq(value.as_str()))
            .take();
        select = select.filter(Column::Id.in_subquery(labelled));
    }
    let direction = match query.order {
        Order::Oldest => Direction::Asc,
        Order::Newest => Direction::Desc,
    };
    if let Some(after) = query.after {
        select = select.filter(match query.order {
            Order::Oldest => Column::Id.gt(after.0),
            Order::Newest => Column::Id.lt(after.0),
        });
    }
    page(select.order_by(Column::Id, direction), query.limit, database).await
}

pub(crate) async fn labels(
    database: &DatabaseConnection,
    id: InstanceId,
) -> Result<Vec<(String, String)>, StoreError> {
    let rows = label::Entity::find()
        .filter(label::Column::Instance.eq(id.0))
        .order_by_asc(label::Column::Name)
        .all(database)
        .await
        .map_err(read_error)?;
    Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
}

pub(crate) async fn census(
    database: &DatabaseConnection,
    workflow: &str,
) -> Result<Vec<(String, bool, u64)>, StoreError> {
    let rows: Vec<(String, bool, i64)> = instance::Entity::find()
        .select_only()
        .columns([instance::Column::Phase, instance::Column::Closed])
        .column_as(Expr::cust("COUNT(*)"), "count")
        .filter(instance::Column::Workflow.eq(workflow))
        .group_by(instance::Column::Phase)
        .group_by(instance::Column::Closed)
        .order_by_asc(instance::Column::Phase)
        .order_by_asc(instance::Column::Closed)
        .into_tuple()
        .all(database)
        .await
        .map_err(read_error)?;
    Ok(rows.into_iter().map(|(phase, closed, count)| (phase, closed, count.unsigned_abs())).collect())
}

pub(crate) async fn due(
    database: &DatabaseConnection,
    now: Now,
    limit: usize,
) -> Result<Vec<InstanceId>, StoreError> {
    let rows: Vec<uuid::Uuid> = waking()
        .select_only()
        .column(instance::Column::Id)
        .filter(Expr::col(instance::Column::WakeAt).lte(now.expr()))
        .order_by_asc(instance::Column::WakeAt)
        .order_by_asc(instance::Column::Id)
        .limit(limit as u64)
        .into_tuple()
        .all(database)
        .await
        .map_err(read_error)?;
    Ok(rows.into_iter().map(InstanceId).collect())
}

pub(crate) async fn next_wake(database: &DatabaseConnection) -> Result<Option<Timestamp>, StoreError> {
    let soonest: Option<Option<i64>> = waking()
        .select_only()
        .column(instance::Column::WakeAt)
        .order_by_asc(instance::Column::WakeAt)
        .limit(1)
        .into_tuple()
        .one(database)
        .await
        .map_err(read_error)?;
    Ok(soonest.flatten().map(Timestamp::from_micros))
}

pub(crate) async fn next_effect(
    database: &DatabaseConnection,
    now: Now,
) -> Result<Option<Timestamp>, StoreError> {
    let alive = Query::select()
        .column(node::Column::Id)
        .from(node::Entity)
        .and_where(Expr::col(node::Column::AliveUntil).gt(now.expr()))
        .take();
    let soonest: Option<i64> = effect::Entity::find()
        .select_only()
        .column(effect::Column::DueAt)
        // In words, because a bound parameter hides from the planner which index fits.
        .filter(Expr::cust("state = 0"))
        .filter(effect::Column::LeasedTo.is_null().or(effect::Column::LeasedTo.not_in_subquery(alive)))
        .order_by_asc(effect::Column::DueAt)
        .limit(1)
        .into_tuple()
        .one(database)
        .await
        .map_err(read_error)?;
    Ok(soonest.map(Timestamp::from_micros))
}

pub(crate) async fn effects(
    database: &DatabaseConnection,
    query: &EffectQuery,
) -> Result<Vec<EffectRow>, StoreError> {
    use effect::Column;
    let select = effect::Entity::find()
        .apply_if(query.instance, |select, id| select.filter(Column::Instance.eq(id.0)))
        .apply_if(query.state, |select, state| select.filter(Expr::cust(format!("state = {}", state as u8))))
        .apply_if(query.workflow.as_deref(), |select, name| select.filter(Column::Workflow.eq(name)))
        .apply_if(query.kind.as_deref(), |select, kind| select.filter(Column::Kind.eq(kind)))
        .apply_if(query.after, |select, after| select.filter(behind(after)))
        .order_by_asc(Column::Instance)
        .order_by_asc(Column::Version)
        .order_by_asc(Column::N);
    page(select, query.limit, database).await
}

pub(crate) async fn tasks(
    database: &DatabaseConnection,
    query: &TaskQuery,
    now: Now,
) -> Result<Vec<TaskRow>, StoreError> {
    use task::Column;
    let select = task::Entity::find()
        .apply_if(query.queue.as_deref(), |select, queue| select.filter(Column::Queue.eq(queue)))
        .apply_if(query.instance, |select, id| select.filter(Column::Instance.eq(id.0)))
        .apply_if(query.holder.as_deref(), |select, who| {
            select.filter(Column::Holder.eq(who)).filter(Expr::col(Column::LeaseUntil).gt(now.expr()))
        })
        .apply_if(query.due_by, |select, by| select.filter(Column::DueAt.lte(by.micros())))
        .apply_if(query.after, |select, (due, id)| {
            let place = Expr::tuple([Expr::col(Column::DueAt), Expr::col(Column::Instance)]);
            select.filter(place.gt(Expr::tuple([Expr::val(due.micros()), Expr::val(id.0)])))
        })
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Instance);
    page(select, query.limit, database).await
}

pub(crate) async fn last_tick(
    database: &DatabaseConnection,
    name: &str,
) -> Result<Option<Timestamp>, StoreError> {
    let row = schedule::Entity::find_by_id(name.to_owned()).one(database).await.map_err(read_error)?;
    Ok(row.map(|row| Timestamp::from_micros(row.last_due)))
}

/// Converts every row, or tells of the first that cannot be.
pub(crate) fn all<M, T: TryFrom<M, Error = StoreError>>(rows: Vec<M>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(T::try_from).collect()
}

async fn page<E, T>(
    select: Select<E>,
    limit: usize,
    database: &DatabaseConnection,
) -> Result<Vec<T>, StoreError>
where
    E: EntityTrait,
    T: TryFrom<E::Model, Error = StoreError>,
{
    all(select.limit(limit.min(PAGE) as u64).all(database).await.map_err(read_error)?)
}

fn waking() -> Select<instance::Entity> {
    instance::Entity::find()
        .filter(instance::Column::WakeAt.is_not_null())
        .filter(instance::Column::Parked.is_null())
}

fn behind(key: EffectKey) -> SimpleExpr {
    use effect::Column;
    let place = [Column::Instance, Column::Version, Column::N].map(Expr::col);
    let values: [Value; 3] = [key.instance.0.into(), (key.version as i64).into(), i32::from(key.n).into()];
    Expr::tuple(place).gt(Expr::tuple(values.map(Expr::val)))
}
