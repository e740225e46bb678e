//! Which entry of which list a credential has, for its whole life.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
};
use sealwright_credentials::Serial;
use sealwright_credentials::status_list::{Block, ListError, Secret, Shard, Slot, Space};
use tokio::sync::Mutex;

use super::{NotStored, number};
use crate::entity::{status_block, status_list, status_slot};
use crate::{Database, MasterKey};

/// Times a block is asked for again after another node took it. Somebody wins each time.
const RACES: u32 = 64;

/// How lists are opened. What is changed here holds for lists that are opened afterwards.
#[derive(Clone, Debug)]
pub struct ListPlan {
    /// A list's URI is this and its number; credentials refer to it for ever. Without a slash at the end.
    pub base: String,
    /// Entries of a list. The more, the less an entry tells; a million take 250 kB unpacked.
    pub entries: u32,
    /// Positions a node takes at once. What it has not used when it ends is lost.
    pub block: u32,
}

/// A credential's entry, and the list's URI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    /// List and index.
    pub slot: Slot,
    /// Where the list is published.
    pub uri: String,
}

/// The status lists in a database. Clones are the same node, which takes indexes from one block.
///
/// The order in which a list's indexes are handed out follows from the master key and is stored nowhere.
#[derive(Clone)]
pub struct StatusLists {
    pub(super) database: Database,
    pub(super) master: MasterKey,
    plan: Arc<ListPlan>,
    held: Arc<Mutex<Option<(Block, Space)>>>,
}

impl StatusLists {
    /// The lists in `database`.
    ///
    /// # Errors
    /// [`ListError::Size`] if no list has as many entries as `plan` says.
    pub fn new(database: Database, master: MasterKey, plan: ListPlan) -> Result<Self, ListError> {
        Space::new(plan.entries, Secret::from_random([0; 32]))?;
        Ok(Self { database, master, plan: Arc::new(plan), held: Arc::default() })
    }

    /// The entry of the credential with this serial; one is reserved if it has none. The same serial has the
    /// same entry for ever, whichever node is asked.
    ///
    /// # Errors
    /// The database's. It may be called again.
    pub async fn slot(&self, serial: &Serial) -> Result<Placed, NotStored> {
        let placed = self.slots(std::slice::from_ref(serial)).await?;
        placed.into_iter().next().ok_or(NotStored::Damaged("status_slot"))
    }

    /// As [`slot`](Self::slot), of many in one transaction; answers in their order.
    ///
    /// # Errors
    /// As [`slot`](Self::slot).
    pub async fn slots(&self, serials: &[Serial]) -> Result<Vec<Placed>, NotStored> {
        let mut known = self.known(serials).await?;
        let missing: BTreeSet<_> =
            serials.iter().map(Serial::as_str).filter(|serial| !known.contains_key(*serial)).collect();
        if !missing.is_empty() {
            let mut rows = Vec::with_capacity(missing.len());
            for serial in missing {
                let slot = self.next().await?;
                rows.push(status_slot::ActiveModel {
                    list: Set(slot.list.into()),
                    idx: Set(slot.index.into()),
                    serial: Set(serial.to_owned()),
                    status: Set(0),
                    holder: Set(None),
                    version: Set(None),
                });
            }
            // Whoever was first with a serial is told to everyone. An entry that is taken already is an error:
            // two credentials never share one.
            let stored = self.database.write(move |transaction| {
                Box::pin(async move {
                    status_slot::Entity::insert_many(rows)
                        .on_conflict_do_nothing_on([status_slot::Column::Serial])
                        .exec_without_returning(transaction)
                        .await
                })
            });
            stored.await?;
            known = self.known(serials).await?;
        }
        let placed = serials.iter().map(|serial| known.get(serial.as_str()).cloned());
        placed.collect::<Option<_>>().ok_or(NotStored::Damaged("status_slot"))
    }

    async fn known(&self, serials: &[Serial]) -> Result<HashMap<String, Placed>, NotStored> {
        let wanted: Vec<String> = serials.iter().map(|serial| serial.as_str().to_owned()).collect();
        let (rows, uris) = self
            .database
            .read(|readers| {
                Box::pin(async move {
                    let rows = status_slot::Entity::find().filter(status_slot::Column::Serial.is_in(wanted));
                    let rows = rows.all(readers).await?;
                    Ok::<_, DbErr>((rows, uris(readers).await?))
                })
            })
            .await?;
        let placed = |row: status_slot::Model| {
            let uri = uris.get(&row.list).cloned().ok_or(NotStored::Damaged("status_list"))?;
            Ok((row.serial.clone(), Placed { slot: slot_of(&row)?, uri }))
        };
        rows.into_iter().map(placed).collect()
    }

    /// The next index of this node's block, or of a new one.
    async fn next(&self) -> Result<Slot, NotStored> {
        let mut held = self.held.lock().await;
        for _ in 0..RACES {
            if let Some((block, space)) = &mut *held
                && let Some(slot) = block.take(space)
            {
                return Ok(slot);
            }
            *held = match self.reserve().await {
                Ok(block) => Some(block),
                Err(NotStored::Raced) => None,
                Err(error) => return Err(error),
            };
        }
        Err(NotStored::Raced)
    }

    /// Takes a block of the newest list, or opens the next one.
    async fn reserve(&self) -> Result<(Block, Space), NotStored> {
        let newest = status_list::Entity::find().order_by_desc(status_list::Column::Number);
        let newest = self.database.read(|readers| Box::pin(newest.one(readers))).await?;
        let Some(row) = newest else { return self.open(1).await };
        let mut shard = self.shard(&row)?;
        let space = shard.space()?;
        let was = shard.next;
        let Some(block) = shard.reserve(self.plan.block) else { return self.open(shard.number + 1).await };
        let taken = block.clone();
        self.database
            .write(move |transaction| Box::pin(take(transaction, taken, was)))
            .await
            .map(|()| (block, space))
    }

    /// Opens a list. Whether this node did or another one, it is asked for a block next.
    async fn open(&self, list: u32) -> Result<(Block, Space), NotStored> {
        let shard = Shard::open(list, self.plan.entries, self.secret(list))?;
        let row = status_list::ActiveModel {
            number: Set(list.into()),
            uri: Set(format!("{}/{list}", self.plan.base)),
            entries: Set(shard.entries.into()),
            next: Set(0),
            revision: Set(0),
            ..Default::default()
        };
        let opened = self.database.write(move |transaction| {
            Box::pin(async move {
                status_list::Entity::insert(row)
                    .on_conflict_do_nothing_on([status_list::Column::Number])
                    .exec_without_returning(transaction)
                    .await
            })
        });
        opened.await?;
        Err(NotStored::Raced)
    }

    /// What a row says of how a list is handed out.
    pub(super) fn shard(&self, row: &status_list::Model) -> Result<Shard, NotStored> {
        let number: u32 = number(row.number, "status_list")?;
        let mut shard = Shard::open(number, super::number(row.entries, "status_list")?, self.secret(number))?;
        shard.next = super::number(row.next, "status_list")?;
        Ok(shard)
    }

    fn secret(&self, list: u32) -> Secret {
        Secret::from_random(*self.master.derive_for(&format!("status list {list}")))
    }
}

impl std::fmt::Debug for StatusLists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusLists").field("plan", &self.plan).finish_non_exhaustive()
    }
}

/// Stores a block with the list's new end, if that is still where the block begins.
async fn take(transaction: &DatabaseTransaction, block: Block, was: u32) -> Result<(), NotStored> {
    let moved = status_list::Entity::update_many()
        .col_expr(status_list::Column::Next, Expr::value(i64::from(block.end)))
        .filter(status_list::Column::Number.eq(i64::from(block.list)))
        .filter(status_list::Column::Next.eq(i64::from(was)))
        .exec(transaction)
        .await?;
    if moved.rows_affected != 1 {
        return Err(NotStored::Raced);
    }
    let row = status_block::ActiveModel {
        list: Set(block.list.into()),
        start: Set(was.into()),
        behind: Set(block.end.into()),
    };
    status_block::Entity::insert(row).exec_without_returning(transaction).await?;
    Ok(())
}

async fn uris(readers: &DatabaseConnection) -> Result<HashMap<i64, String>, DbErr> {
    use sea_orm::QuerySelect;
    let rows: Vec<(i64, String)> = status_list::Entity::find()
        .select_only()
        .column(status_list::Column::Number)
        .column(status_list::Column::Uri)
        .into_tuple()
        .all(readers)
        .await?;
    Ok(rows.into_iter().collect())
}

pub(super) fn slot_of(row: &status_slot::Model) -> Result<Slot, NotStored> {
    Ok(Slot { list: number(row.list, "status_slot")?, index: number(row.idx, "status_slot")? })
}
