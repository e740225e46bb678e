//! The vault's rows on the server: what waits is asked, and written, in one statement.
//!
//! Each statement runs in a task that serves everybody, so a caller who goes away cancels nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sea_orm::sqlx::{self, PgPool, Row};
use sealwright_engine::vault::VaultError;
use tokio::sync::{Mutex, mpsc, oneshot};
use uuid::Uuid;

use super::write::RACES;
use crate::vault::{BATCH, Change, Found, Person, Shelf, Sought, WAITING};

/// Statements of each kind under way at once: one is answered while the next is carried out.
const AT_ONCE: usize = 2;

type Reply<T> = oneshot::Sender<Result<T, VaultError>>;
type Queue<Q, A> = mpsc::Sender<(Q, Reply<A>)>;
type Inbox<Q, A> = Arc<Mutex<mpsc::Receiver<(Q, Reply<A>)>>>;

/// The vault's rows on the server.
pub(super) struct ServerShelf {
    records: Queue<Sought, Found>,
    entries: Queue<[u8; 32], Option<Uuid>>,
    changes: Queue<Change, bool>,
    pool: PgPool,
}

/// All that it asks of the server.
pub(super) const STATEMENTS: [&str; 3] = [RECORDS, ENTRIES, CHANGE];

impl ServerShelf {
    /// Serves from `pool` until it is dropped.
    pub(super) fn open(pool: PgPool, flushes: &Arc<AtomicU64>) -> Self {
        let (records, inbox) = mpsc::channel(WAITING);
        serve(inbox, &pool, |pool, asked| async move { look_up_records(&pool, &asked).await });
        let (entries, inbox) = mpsc::channel(WAITING);
        serve(inbox, &pool, |pool, asked| async move { look_up_entries(&pool, &asked).await });
        let (changes, inbox) = mpsc::channel(WAITING);
        let flushes = flushes.clone();
        serve(inbox, &pool, move |pool, asked| {
            let flushes = flushes.clone();
            async move { change_all(&pool, &asked, &flushes).await }
        });
        Self { records, entries, changes, pool }
    }

    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }
}

#[async_trait]
impl Shelf for ServerShelf {
    async fn record(&self, sought: Sought) -> Result<Found, VaultError> {
        ask(&self.records, sought).await
    }

    async fn entry(&self, hash: [u8; 32]) -> Result<Option<Uuid>, VaultError> {
        ask(&self.entries, hash).await
    }

    async fn change(&self, change: Change) -> Result<bool, VaultError> {
        ask(&self.changes, change).await
    }
}

async fn ask<Q, A>(queue: &Queue<Q, A>, question: Q) -> Result<A, VaultError> {
    let gone = || VaultError::Unavailable("the connection to it has ended".into());
    let (reply, answer) = oneshot::channel();
    queue.send((question, reply)).await.map_err(|_| gone())?;
    answer.await.map_err(|_| gone())?
}

/// Takes whatever waits, carries it out together, answers everyone, again.
fn serve<Q, A, W, F>(inbox: mpsc::Receiver<(Q, Reply<A>)>, pool: &PgPool, work: W)
where
    Q: Send + Sync + 'static,
    A: Send + 'static,
    W: Fn(PgPool, Vec<Q>) -> F + Clone + Send + 'static,
    F: Future<Output = Vec<Result<A, VaultError>>> + Send,
{
    let inbox: Inbox<Q, A> = Arc::new(Mutex::new(inbox));
    for _ in 0..AT_ONCE {
        let (inbox, pool, work) = (inbox.clone(), pool.clone(), work.clone());
        tokio::spawn(async move {
            let mut round = Vec::with_capacity(BATCH);
            while inbox.lock().await.recv_many(&mut round, BATCH).await > 0 {
                let (asked, replies): (Vec<_>, Vec<_>) = round.drain(..).unzip();
                for (reply, answer) in replies.into_iter().zip(work(pool.clone(), asked).await) {
                    // Whoever is gone needs no answer.
                    let _ = reply.send(answer);
                }
            }
        });
    }
}

const RECORDS: &str =
    "SELECT asked.ord, person.id IS NOT NULL, person.wrapped_key, found.revision, found.sealed
     FROM unnest($1::uuid[], $2::text[], $3::bigint[]) WITH ORDINALITY AS asked (person, field, revision, ord)
     LEFT JOIN person ON person.id = asked.person
     LEFT JOIN LATERAL (
         SELECT record.revision, record.sealed FROM record
         WHERE record.person = asked.person AND record.field = asked.field
             AND (asked.revision IS NULL OR record.revision = asked.revision)
         ORDER BY record.revision DESC LIMIT 1
     ) found ON true";

async fn look_up_records(pool: &PgPool, asked: &[Sought]) -> Vec<Result<Found, VaultError>> {
    let rows = sqlx::query(RECORDS)
        .bind(Vec::from_iter(asked.iter().map(|sought| sought.person)))
        .bind(Vec::from_iter(asked.iter().map(|sought| sought.field.as_deref())))
        .bind(Vec::from_iter(asked.iter().map(|sought| sought.revision)))
        .fetch_all(pool)
        .await;
    let mut found = vec![Ok(Found::default()); asked.len()];
    let read = rows.and_then(|rows| {
        for row in rows {
            let person = Person::of(row.try_get(1)?, row.try_get(2)?);
            let record = row.try_get::<Option<i64>, _>(3)?.zip(row.try_get(4)?);
            let place = usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default();
            if let Some(found) = place.checked_sub(1).and_then(|place| found.get_mut(place)) {
                *found = Ok(Found { person, record });
            }
        }
        Ok(())
    });
    match read {
        Ok(()) => found,
        Err(error) => vec![Err(told(&error)); asked.len()],
    }
}

const ENTRIES: &str = "SELECT hash, id FROM directory WHERE hash = ANY($1::bytea[])";

async fn look_up_entries(pool: &PgPool, asked: &[[u8; 32]]) -> Vec<Result<Option<Uuid>, VaultError>> {
    let found: Result<Vec<(Vec<u8>, Uuid)>, _> = sqlx::query_as(ENTRIES)
        .bind(Vec::from_iter(asked.iter().map(|hash| &hash[..])))
        .fetch_all(pool)
        .await;
    match found {
        Ok(found) => {
            let found: HashMap<_, _> = found.into_iter().collect();
            asked.iter().map(|hash| Ok(found.get(&hash[..]).copied())).collect()
        }
        Err(error) => vec![Err(told(&error)); asked.len()],
    }
}

/// Changes of one statement must be of different rows; what is doubled waits for the next one. If
/// a statement fails, its changes are tried one by one, so that a bad one fails alone.
async fn change_all(pool: &PgPool, asked: &[Change], flushes: &AtomicU64) -> Vec<Result<bool, VaultError>> {
    let mut answers = vec![Ok(false); asked.len()];
    let mut waiting: Vec<usize> = (0..asked.len()).collect();
    while !waiting.is_empty() {
        let mut taken = HashSet::new();
        let (now, later): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|place| taken.insert(Key::of(&asked[*place])));
        waiting = later;
        let together: Vec<_> = now.iter().map(|place| &asked[*place]).collect();
        match change(pool, &together, flushes).await {
            Ok(done) => now.iter().zip(done).for_each(|(place, done)| answers[*place] = Ok(done)),
            Err(error) if now.len() == 1 => answers[now[0]] = Err(told(&error)),
            Err(error) => {
                tracing::warn!(%error, "a batch of the vault failed; its changes are tried one by one");
                for place in now {
                    let alone = change(pool, &[&asked[place]], flushes).await;
                    answers[place] = alone.map(|done| done[0]).map_err(|error| told(&error));
                }
            }
        }
    }
    answers
}

/// What a row is known by.
#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Person(Uuid),
    Record(Uuid, &'a str, i64),
    Entry(&'a [u8]),
}

impl<'a> Key<'a> {
    fn of(change: &'a Change) -> Self {
        match change {
            Change::Enrol { person, .. } => Key::Person(*person),
            Change::Put { person, field, revision, .. } => Key::Record(*person, field, *revision),
            Change::Claim { hash, .. } => Key::Entry(hash),
            // Of another length, so no directory's.
            Change::Followed { number, .. } => Key::Entry(number),
        }
    }
}

/// The rows that a change rests on are locked, so that an erasure comes before or after it.
const CHANGE: &str = "
WITH enrolled AS (
    INSERT INTO person (id, wrapped_key) SELECT * FROM unnest($1::uuid[], $2::bytea[])
    ON CONFLICT (id) DO NOTHING RETURNING id
), put AS (
    INSERT INTO record (person, field, revision, sealed)
    SELECT new.person, new.field, new.revision, new.sealed
    FROM unnest($3::uuid[], $4::bytea[], $5::text[], $6::bigint[], $7::bytea[])
        AS new (person, wrapped, field, revision, sealed)
    JOIN person ON person.id = new.person AND person.wrapped_key = new.wrapped
    FOR SHARE OF person
    ON CONFLICT (person, field, revision) DO NOTHING RETURNING person, field, revision
), owned AS (
    INSERT INTO directory (hash, id, owner, cell)
    SELECT new.hash, new.id, new.owner, new.cell
    FROM unnest($8::bytea[], $9::uuid[], $10::uuid[], $11::int[]) AS new (hash, id, owner, cell)
    JOIN person ON person.id = new.owner AND person.wrapped_key IS NOT NULL
    FOR SHARE OF person
    ON CONFLICT (hash) DO NOTHING RETURNING hash
), unowned AS (
    INSERT INTO directory (hash, id, cell)
    SELECT new.hash, new.id, new.cell
    FROM unnest($8::bytea[], $9::uuid[], $10::uuid[], $11::int[]) AS new (hash, id, owner, cell)
    WHERE new.owner IS NULL
    ON CONFLICT (hash) DO NOTHING RETURNING hash
), followed AS (
    INSERT INTO followed_record (number_hash, record_hash, person)
    SELECT new.number, new.record, new.person
    FROM unnest($12::bytea[], $13::bytea[], $14::uuid[]) AS new (number, record, person)
    JOIN person ON person.id = new.person AND person.wrapped_key IS NOT NULL
    FOR SHARE OF person
    ON CONFLICT (number_hash) DO UPDATE SET record_hash = excluded.record_hash, person = excluded.person
    RETURNING number_hash
)
SELECT id, NULL::text, NULL::bigint, NULL::bytea FROM enrolled
UNION ALL SELECT person, field, revision, NULL FROM put
UNION ALL SELECT NULL, NULL, NULL, hash FROM owned
UNION ALL SELECT NULL, NULL, NULL, hash FROM unowned
UNION ALL SELECT NULL, NULL, NULL, number_hash FROM followed";

async fn change(pool: &PgPool, changes: &[&Change], flushes: &AtomicU64) -> Result<Vec<bool>, sqlx::Error> {
    // In one order, so that two statements of different nodes do not wait for each other in a ring.
    let mut enrolled = Vec::new();
    let mut put = Vec::new();
    let mut claimed = Vec::new();
    let mut followed = Vec::new();
    for change in changes {
        match change {
            Change::Enrol { person, wrapped } => enrolled.push((*person, &wrapped[..])),
            Change::Put { person, wrapped, field, revision, sealed } => {
                put.push((*person, &field[..], *revision, &wrapped[..], &sealed[..]));
            }
            Change::Claim { hash, id, owner, cell } => claimed.push((&hash[..], *id, *owner, *cell)),
            Change::Followed { number, record, person } => {
                followed.push((&number[..], &record[..], *person));
            }
        }
    }
    enrolled.sort_unstable();
    put.sort_unstable();
    claimed.sort_unstable();
    followed.sort_unstable();
    for race in 1.. {
        let rows = sqlx::query(CHANGE)
            .bind(Vec::from_iter(enrolled.iter().map(|one| one.0)))
            .bind(Vec::from_iter(enrolled.iter().map(|one| one.1)))
            .bind(Vec::from_iter(put.iter().map(|one| one.0)))
            .bind(Vec::from_iter(put.iter().map(|one| one.3)))
            .bind(Vec::from_iter(put.iter().map(|one| one.1)))
            .bind(Vec::from_iter(put.iter().map(|one| one.2)))
            .bind(Vec::from_iter(put.iter().map(|one| one.4)))
            .bind(Vec::from_iter(claimed.iter().map(|one| one.0)))
            .bind(Vec::from_iter(claimed.iter().map(|one| one.1)))
            .bind(Vec::from_iter(claimed.iter().map(|one| one.2)))
            .bind(Vec::from_iter(claimed.iter().map(|one| one.3)))
            .bind(Vec::from_iter(followed.iter().map(|one| one.0)))
            .bind(Vec::from_iter(followed.iter().map(|one| one.1)))
            .bind(Vec::from_iter(followed.iter().map(|one| one.2)))
            .fetch_all(pool)
            .await;
        match rows {
            Ok(rows) => {
                flushes.fetch_add(1, Ordering::Relaxed);
                return done(&rows, changes);
            }
            Err(sqlx::Error::Database(error))
                if race < RACES && matches!(error.code().as_deref(), Some("40001" | "40P01")) => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("the loop ends by returning")
}

fn done(rows: &[sqlx::postgres::PgRow], changes: &[&Change]) -> Result<Vec<bool>, sqlx::Error> {
    let mut written = HashSet::new();
    for row in rows {
        let (person, field, revision) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        written.insert(match (person, field, revision) {
            (Some(person), Some(field), Some(revision)) => Key::Record(person, field, revision),
            (Some(person), _, _) => Key::Person(person),
            (None, _, _) => Key::Entry(row.try_get(3)?),
        });
    }
    Ok(changes.iter().map(|change| written.contains(&Key::of(change))).collect())
}

fn told(error: &sqlx::Error) -> VaultError {
    VaultError::Unavailable(error.to_string())
}
