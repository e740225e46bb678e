//! The transparency log's rows: entries, complete subtrees, the growing edge, signed checkpoints.

use std::collections::{BTreeMap, HashSet};

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sealwright_credentials::Digest;
use sealwright_credentials::log::{
    Entry, Frontier, Kind, Node, consistency, consistency_nodes, inclusion, inclusion_nodes,
};
use sealwright_engine::store::Position;

use super::cursor::{self, Advance};
use super::{NotStored, column, number};
use crate::Database;
use crate::entity::{log_checkpoint, log_entry, log_head, log_node};

/// This follower's row.
const CURSOR: &str = "log";

/// The one row of the growing edge.
const HEAD: i64 = 1;

/// Rows in one statement: a database takes 32,766 values at least, and a node has three.
const ROWS: usize = 5_000;

/// The log in a database.
#[derive(Clone, Debug)]
pub struct Log {
    database: Database,
}

impl Log {
    /// The log in `database`.
    pub fn new(database: Database) -> Self {
        Self { database }
    }

    /// How far the journal was followed.
    ///
    /// # Errors
    /// The database's.
    pub async fn position(&self) -> Result<Position, NotStored> {
        cursor::position(&self.database, CURSOR).await
    }

    /// Appends what a stretch of the journal says was signed, once, in its order. A digest that the log holds
    /// already is left out. Answers the log's size.
    ///
    /// # Errors
    /// [`NotStored::Raced`] if another node has followed meanwhile.
    pub async fn follow(&self, by: Advance, entries: Vec<Entry>) -> Result<u64, NotStored> {
        self.database
            .write(move |transaction| {
                Box::pin(async move {
                    cursor::advance(transaction, CURSOR, by).await?;
                    append(transaction, entries).await
                })
            })
            .await
    }

    /// Appends entries that stand in no journal of ours; otherwise as [`follow`](Self::follow).
    ///
    /// # Errors
    /// The database's.
    pub async fn append(&self, entries: Vec<Entry>) -> Result<u64, NotStored> {
        self.database.write(move |transaction| Box::pin(append(transaction, entries))).await
    }

    /// The growing edge.
    ///
    /// # Errors
    /// The database's.
    pub async fn head(&self) -> Result<Frontier, NotStored> {
        let row = log_head::Entity::find_by_id(HEAD);
        frontier(self.database.read(|readers| Box::pin(row.one(readers))).await?)
    }

    /// Keeps a signed checkpoint. Of two for one size the first is kept.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep_checkpoint(&self, size: u64, note: String) -> Result<(), NotStored> {
        let row = log_checkpoint::ActiveModel { size: Set(column(size)), note: Set(note) };
        self.database
            .write(move |transaction| {
                Box::pin(async move {
                    log_checkpoint::Entity::insert(row)
                        .on_conflict_do_nothing_on([log_checkpoint::Column::Size])
                        .exec_without_returning(transaction)
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// The newest checkpoint: the tree's size and the signed note.
    ///
    /// # Errors
    /// The database's.
    pub async fn checkpoint(&self) -> Result<Option<(u64, String)>, NotStored> {
        let newest = log_checkpoint::Entity::find().order_by_desc(log_checkpoint::Column::Size);
        let newest = self.database.read(|readers| Box::pin(newest.one(readers))).await?;
        newest.map(|row| Ok((number(row.size, "log_checkpoint")?, row.note))).transpose()
    }

    /// Where the log holds what was signed with this digest.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, signed: &Digest) -> Result<Option<(u64, Entry)>, NotStored> {
        let row = log_entry::Entity::find().filter(log_entry::Column::Digest.eq(signed.as_bytes().to_vec()));
        let row = self.database.read(|readers| Box::pin(row.one(readers))).await?;
        row.map(|row| Ok((number(row.idx, "log_entry")?, entry(&row)?))).transpose()
    }

    /// The path from a leaf to the root of the first `size` leaves.
    ///
    /// # Errors
    /// [`NotStored::Proof`] if there is no such leaf or tree.
    pub async fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Digest>, NotStored> {
        let nodes = self.nodes(inclusion_nodes(index, size)?).await?;
        Ok(inclusion(index, size, |node| nodes.get(&node).copied())?)
    }

    /// That the first `old` leaves of the first `size` are the older tree.
    ///
    /// # Errors
    /// [`NotStored::Proof`] if there is no such tree.
    pub async fn consistency(&self, old: u64, size: u64) -> Result<Vec<Digest>, NotStored> {
        let nodes = self.nodes(consistency_nodes(old, size)?).await?;
        Ok(consistency(old, size, |node| nodes.get(&node).copied())?)
    }

    async fn nodes(&self, wanted: Vec<Node>) -> Result<BTreeMap<Node, Digest>, NotStored> {
        // One look-up by key each, in one statement: a proof has some 2 log2(size) of them.
        let any = wanted.iter().fold(sea_orm::Condition::any(), |any, node| {
            let one = sea_orm::Condition::all()
                .add(log_node::Column::Level.eq(i16::from(node.level)))
                .add(log_node::Column::Idx.eq(column(node.index)));
            any.add(one)
        });
        if wanted.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows = log_node::Entity::find().filter(any);
        let rows = self.database.read(|readers| Box::pin(rows.all(readers))).await?;
        let node = |row: log_node::Model| {
            let level = number(row.level.into(), "log_node")?;
            Ok((Node { level, index: number(row.idx, "log_node")? }, digest(row.hash, "log_node")?))
        };
        rows.into_iter().map(node).collect()
    }
}

/// Appends in the transaction of a caller, who holds the edge from here to its end.
async fn append(transaction: &DatabaseTransaction, entries: Vec<Entry>) -> Result<u64, NotStored> {
    let head = log_head::Entity::find_by_id(HEAD).lock_exclusive().one(transaction).await?;
    let mut tree = frontier(head)?;
    let was = tree.size();
    let (mut leaves, mut nodes) = (Vec::new(), Vec::new());
    for entry in fresh(transaction, entries).await? {
        leaves.push(log_entry::ActiveModel {
            idx: Set(column(tree.size())),
            digest: Set(entry.signed.as_bytes().to_vec()),
            kind: Set((entry.kind as u8).into()),
            signed_at: Set(entry.signed_at),
        });
        nodes.extend(tree.append(entry.leaf()).into_iter().map(|(node, hash)| log_node::ActiveModel {
            level: Set(node.level.into()),
            idx: Set(column(node.index)),
            hash: Set(hash.as_bytes().to_vec()),
        }));
    }
    if leaves.is_empty() {
        return Ok(was);
    }
    for rows in leaves.chunks(ROWS) {
        log_entry::Entity::insert_many(rows.to_vec()).exec_without_returning(transaction).await?;
    }
    for rows in nodes.chunks(ROWS) {
        log_node::Entity::insert_many(rows.to_vec()).exec_without_returning(transaction).await?;
    }
    let text = serde_json::to_string(&tree).map_err(|_| NotStored::Damaged("log_head"))?;
    let moved = log_head::Entity::update_many()
        .col_expr(log_head::Column::Size, Expr::value(column(tree.size())))
        .col_expr(log_head::Column::Frontier, Expr::value(text))
        .filter(log_head::Column::Id.eq(HEAD))
        .filter(log_head::Column::Size.eq(column(was)))
        .exec(transaction)
        .await?;
    if moved.rows_affected == 1 { Ok(tree.size()) } else { Err(NotStored::Raced) }
}

/// Those that the log does not hold, each once.
async fn fresh(transaction: &DatabaseTransaction, entries: Vec<Entry>) -> Result<Vec<Entry>, NotStored> {
    let mut known = HashSet::<Vec<u8>>::new();
    for entries in entries.chunks(ROWS) {
        let digests = entries.iter().map(|entry| entry.signed.as_bytes().to_vec());
        let rows: Vec<Vec<u8>> = log_entry::Entity::find()
            .select_only()
            .column(log_entry::Column::Digest)
            .filter(log_entry::Column::Digest.is_in(digests))
            .into_tuple()
            .all(transaction)
            .await?;
        known.extend(rows);
    }
    Ok(entries.into_iter().filter(|entry| known.insert(entry.signed.as_bytes().to_vec())).collect())
}

fn frontier(row: Option<log_head::Model>) -> Result<Frontier, NotStored> {
    let row = row.ok_or(NotStored::Damaged("log_head"))?;
    let tree: Frontier = serde_json::from_str(&row.frontier).map_err(|_| NotStored::Damaged("log_head"))?;
    if column(tree.size()) == row.size { Ok(tree) } else { Err(NotStored::Damaged("log_head")) }
}

fn entry(row: &log_entry::Model) -> Result<Entry, NotStored> {
    let kind = Kind::from_number(row.kind.into()).ok_or(NotStored::Damaged("log_entry"))?;
    Ok(Entry { kind, signed_at: row.signed_at, signed: digest(row.digest.clone(), "log_entry")? })
}

fn digest(bytes: Vec<u8>, table: &'static str) -> Result<Digest, NotStored> {
    bytes.try_into().map(Digest::from_bytes).map_err(|_| NotStored::Damaged(table))
}
