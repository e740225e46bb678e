//! What the lists say: statuses as the journal has them, and tokens as they went out.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use sealwright_credentials::status_list::{
    Packed, Publication, Published, Shard, Slot, Status, StatusList, Width,
};
use sealwright_credentials::{KeyId, Serial};
use sealwright_engine::InstanceId;
use sealwright_engine::store::Position;

use super::cursor::{self, Advance};
use super::slots::{StatusLists, slot_of};
use super::{NotStored, column, number};
use crate::entity::{status_list, status_slot};

/// This follower's row.
const CURSOR: &str = "status";

/// A credential was seen in the journal: whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// Its serial.
    pub serial: Serial,
    /// The instance that had it signed.
    pub holder: InstanceId,
    /// As which version.
    pub version: u32,
}

/// What one entry says now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Marked {
    /// The entry.
    pub slot: Slot,
    /// Whose credential it is; `None` as long as the journal has not said so.
    pub holder: Option<(InstanceId, u32)>,
    /// What it says.
    pub status: Status,
}

/// A list and when it was published, without the tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListState {
    /// Its number.
    pub number: u32,
    /// Its URI.
    pub uri: String,
    /// When it is due.
    pub publication: Publication,
    /// Whose signature is on the token that is out.
    pub signed_by: Option<KeyId>,
}

/// What a token is made of.
#[derive(Clone, Debug)]
pub struct Contents {
    /// How far the list is handed out.
    pub shard: Shard,
    /// Its URI.
    pub uri: String,
    /// What was published last, and the revision that is read here.
    pub publication: Publication,
    /// The values.
    pub list: StatusList,
    /// The values as they went out last, with their decoys.
    pub before: Option<StatusList>,
}

/// A token that is about to go out, in both forms.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Its times, and the revision it says.
    pub published: Published,
    /// When its values were read, in Unix seconds.
    pub read_at: i64,
    /// Who signed it.
    pub signed_by: KeyId,
    /// The values, with decoys.
    pub packed: Packed,
    /// As a JWT.
    pub jwt: String,
    /// As a CWT.
    pub cwt: Vec<u8>,
}

/// A token that is out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issued {
    /// Its times, and the revision it says.
    pub published: Published,
    /// As a JWT.
    pub jwt: String,
    /// As a CWT.
    pub cwt: Vec<u8>,
}

impl StatusLists {
    /// How far the journal was followed.
    ///
    /// # Errors
    /// The database's.
    pub async fn position(&self) -> Result<Position, NotStored> {
        cursor::position(&self.database, CURSOR).await
    }

    /// The entries of these instances' credentials.
    ///
    /// # Errors
    /// The database's.
    pub async fn held_by(&self, holders: &[InstanceId]) -> Result<Vec<Marked>, NotStored> {
        let holders: Vec<_> = holders.iter().map(|holder| holder.0).collect();
        let rows = status_slot::Entity::find().filter(status_slot::Column::Holder.is_in(holders));
        let rows = self.database.read(|readers| Box::pin(rows.all(readers))).await?;
        rows.iter().map(marked).collect()
    }

    /// Stores what a stretch of the journal says, once: whose the credentials are, and what entries say from now
    /// on. An entry that is invalid stays so. `at` is when the oldest of the changes was decided, in Unix
    /// seconds. Answers how many entries changed.
    ///
    /// # Errors
    /// [`NotStored::Raced`] if another node has followed meanwhile.
    pub async fn follow(
        &self,
        by: Advance,
        seen: Vec<Binding>,
        statuses: Vec<(Slot, Status)>,
        at: i64,
    ) -> Result<u64, NotStored> {
        self.database
            .write(move |transaction| {
                Box::pin(async move {
                    cursor::advance(transaction, CURSOR, by).await?;
                    for binding in seen {
                        bind(transaction, &binding).await?;
                    }
                    let mut changes = BTreeMap::<u32, u64>::new();
                    for (slot, status) in statuses {
                        let changed = mark(transaction, slot, status).await?;
                        *changes.entry(slot.list).or_default() += changed;
                    }
                    changes.retain(|_, changed| *changed > 0);
                    // In order of number, so that two transactions never wait for each other.
                    for list in changes.keys() {
                        let row = hold(transaction, *list).await?;
                        let mut publication = publication(&row)?;
                        publication.changed(at);
                        store(transaction, row.number, &publication, status_list::ActiveModel::default())
                            .await?;
                    }
                    Ok(changes.values().sum())
                })
            })
            .await
    }

    /// All lists, in order of number.
    ///
    /// # Errors
    /// The database's.
    pub async fn states(&self) -> Result<Vec<ListState>, NotStored> {
        use status_list::Column::*;
        type Row = (i64, String, i64, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<String>);
        let rows = status_list::Entity::find()
            .select_only()
            .columns([Number, Uri, Revision, DirtySince, PublishedRevision, IssuedAt, ExpiresAt, SignedBy])
            .order_by_asc(Number)
            .into_tuple::<Row>();
        let rows = self.database.read(|readers| Box::pin(rows.all(readers))).await?;
        let state = |(list, uri, revision, dirty, published, issued, expires, signed_by): Row| {
            let signed_by = signed_by.map(|key| key.parse()).transpose();
            Ok(ListState {
                number: number(list, "status_list")?,
                uri,
                publication: publication_of(revision, dirty, (published, issued, expires))?,
                signed_by: signed_by.map_err(|_| NotStored::Damaged("status_list"))?,
            })
        };
        rows.into_iter().map(state).collect()
    }

    /// What a list says now; `None` if there is no such list.
    ///
    /// # Errors
    /// The database's, and a damaged row.
    pub async fn contents(&self, list: u32) -> Result<Option<Contents>, NotStored> {
        let read = self.database.read(move |readers| {
            Box::pin(async move {
                // The revision first: a change that comes between the two is published twice and not never.
                let Some(row) = status_list::Entity::find_by_id(i64::from(list)).one(readers).await? else {
                    return Ok(None);
                };
                let marked: Vec<(i64, i16)> = status_slot::Entity::find()
                    .select_only()
                    .columns([status_slot::Column::Idx, status_slot::Column::Status])
                    .filter(status_slot::Column::List.eq(i64::from(list)))
                    .filter(status_slot::Column::Status.ne(0))
                    .into_tuple()
                    .all(readers)
                    .await?;
                Ok::<_, DbErr>(Some((row, marked)))
            })
        });
        let Some((row, marked)) = read.await? else { return Ok(None) };
        let shard = self.shard(&row)?;
        let mut values = StatusList::new(Width::Two, shard.entries)?;
        for (index, value) in marked {
            let value = u8::try_from(value).map_err(|_| NotStored::Damaged("status_slot"))?;
            values.set(number(index, "status_slot")?, value)?;
        }
        let publication = publication(&row)?;
        let before = row.packed.map(|packed| Packed::new(Width::Two, packed).unpack()).transpose()?;
        Ok(Some(Contents { shard, uri: row.uri, publication, list: values, before }))
    }

    /// Puts a token out, if the last one is still the one that `was`: after this, and not before, anybody may
    /// have it.
    ///
    /// # Errors
    /// [`NotStored::Raced`] if another node has published meanwhile.
    pub async fn publish(&self, list: u32, was: Option<Published>, issue: Issue) -> Result<(), NotStored> {
        self.database
            .write(move |transaction| {
                Box::pin(async move {
                    let row = hold(transaction, list).await?;
                    let mut publication = publication(&row)?;
                    if publication.published != was {
                        return Err(NotStored::Raced);
                    }
                    publication.publish(issue.published, issue.read_at);
                    let token = status_list::ActiveModel {
                        signed_by: Set(Some(issue.signed_by.to_string())),
                        packed: Set(Some(issue.packed.as_bytes().to_vec())),
                        jwt: Set(Some(issue.jwt)),
                        cwt: Set(Some(issue.cwt)),
                        ..Default::default()
                    };
                    store(transaction, row.number, &publication, token).await
                })
            })
            .await
    }

    /// The token that is out; `None` if there is no such list or none was published yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn issued(&self, list: u32) -> Result<Option<Issued>, NotStored> {
        let row = status_list::Entity::find_by_id(i64::from(list));
        let Some(row) = self.database.read(|readers| Box::pin(row.one(readers))).await? else {
            return Ok(None);
        };
        let published = publication(&row)?.published;
        let issued = published.zip(row.jwt).zip(row.cwt);
        Ok(issued.map(|((published, jwt), cwt)| Issued { published, jwt, cwt }))
    }
}

async fn bind(transaction: &DatabaseTransaction, binding: &Binding) -> Result<(), NotStored> {
    status_slot::Entity::update_many()
        .col_expr(status_slot::Column::Holder, Expr::value(binding.holder.0))
        .col_expr(status_slot::Column::Version, Expr::value(i64::from(binding.version)))
        .filter(status_slot::Column::Serial.eq(binding.serial.as_str()))
        .exec(transaction)
        .await?;
    Ok(())
}

/// How many entries changed: one or none.
async fn mark(transaction: &DatabaseTransaction, slot: Slot, status: Status) -> Result<u64, NotStored> {
    let marked = status_slot::Entity::update_many()
        .col_expr(status_slot::Column::Status, Expr::value(status as i16))
        .filter(status_slot::Column::List.eq(i64::from(slot.list)))
        .filter(status_slot::Column::Idx.eq(i64::from(slot.index)))
        .filter(status_slot::Column::Status.is_not_in([Status::Invalid as i16, status as i16]))
        .exec(transaction)
        .await?;
    Ok(marked.rows_affected)
}

/// A list's row, held until the transaction ends.
async fn hold(transaction: &DatabaseTransaction, list: u32) -> Result<status_list::Model, NotStored> {
    let row = status_list::Entity::find_by_id(i64::from(list)).lock_exclusive().one(transaction).await?;
    row.ok_or(NotStored::Damaged("status_list"))
}

async fn store(
    transaction: &DatabaseTransaction,
    list: i64,
    publication: &Publication,
    rest: status_list::ActiveModel,
) -> Result<(), NotStored> {
    let published = publication.published;
    let row = status_list::ActiveModel {
        revision: Set(column(publication.revision)),
        dirty_since: Set(publication.dirty_since),
        published_revision: Set(published.map(|published| column(published.revision))),
        issued_at: Set(published.map(|published| published.issued_at)),
        expires_at: Set(published.map(|published| published.expires_at)),
        ..rest
    };
    status_list::Entity::update_many()
        .set(row)
        .filter(status_list::Column::Number.eq(list))
        .exec(transaction)
        .await?;
    Ok(())
}

fn publication(row: &status_list::Model) -> Result<Publication, NotStored> {
    let published = (row.published_revision, row.issued_at, row.expires_at);
    publication_of(row.revision, row.dirty_since, published)
}

fn publication_of(
    revision: i64,
    dirty_since: Option<i64>,
    published: (Option<i64>, Option<i64>, Option<i64>),
) -> Result<Publication, NotStored> {
    let published = match published {
        (None, None, None) => None,
        (Some(revision), Some(issued_at), Some(expires_at)) => {
            Some(Published { revision: number(revision, "status_list")?, issued_at, expires_at })
        }
        _ => return Err(NotStored::Damaged("status_list")),
    };
    Ok(Publication { revision: number(revision, "status_list")?, dirty_since, published })
}

fn marked(row: &status_slot::Model) -> Result<Marked, NotStored> {
    let status = u8::try_from(row.status).ok().and_then(Status::from_value);
    let holder = match (row.holder, row.version) {
        (Some(holder), Some(version)) => Some((InstanceId(holder), number(version, "status_slot")?)),
        _ => None,
    };
    Ok(Marked { slot: slot_of(row)?, holder, status: status.ok_or(NotStored::Damaged("status_slot"))? })
}
