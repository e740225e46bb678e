//! The way of a batch: split, run, tried again, told.

use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::sqlx::{self, PgPool};
use sealwright_engine::Timestamp;
use sealwright_engine::store::{StoreError, Write, Written};

use super::append::Batch;

/// Times a statement is tried that lost a deadlock or a serialization race.
pub(super) const RACES: u32 = 8;

type Answer = Result<Written, StoreError>;

/// Carries out `writes` and answers each. A statement that fails is undone, and its writes are then
/// tried one by one, so that a bad one fails alone.
pub(super) async fn all(
    pool: &PgPool,
    now: Option<Timestamp>,
    writes: &[Write],
    flushes: &AtomicU64,
) -> Vec<Answer> {
    let mut answers = vec![Ok(Written::Done); writes.len()];
    let mut waiting: Vec<usize> = (0..writes.len()).collect();
    while !waiting.is_empty() {
        let mut batch = Batch::default();
        waiting.retain(|&place| !batch.take(place, &writes[place]));
        match run(pool, now, &batch, flushes).await {
            Ok(losers) => losers.into_iter().for_each(|(place, lost)| answers[place] = Ok(lost)),
            Err(Failure::Bad(error)) => {
                if batch.places().nth(1).is_some() {
                    tracing::warn!(%error, "a batch failed; its writes are tried one by one");
                }
                for place in batch.places() {
                    answers[place] = alone(pool, now, place, &writes[place], flushes).await;
                }
            }
            Err(Failure::Told(error)) => {
                batch.places().for_each(|place| answers[place] = Err(error.clone()));
            }
        }
    }
    answers
}

async fn alone(
    pool: &PgPool,
    now: Option<Timestamp>,
    place: usize,
    write: &Write,
    flushes: &AtomicU64,
) -> Answer {
    let mut batch = Batch::default();
    batch.take(place, write);
    match run(pool, now, &batch, flushes).await {
        Ok(losers) => Ok(losers.first().map_or(Written::Done, |(_, lost)| *lost)),
        // The key that is there already is the one of a decision that was quicker.
        Err(Failure::Bad(sqlx::Error::Database(error))) if error.code().as_deref() == Some("23505") => {
            match error.table() {
                Some("journal" | "instance") => Ok(Written::Conflict),
                _ => Err(StoreError::Failed(error.to_string())),
            }
        }
        Err(Failure::Bad(error)) => Err(StoreError::Failed(error.to_string())),
        Err(Failure::Told(error)) => Err(error),
    }
}

async fn run(
    pool: &PgPool,
    now: Option<Timestamp>,
    batch: &Batch<'_>,
    flushes: &AtomicU64,
) -> Result<Vec<(usize, Written)>, Failure> {
    let mut connection =
        pool.acquire().await.map_err(|error| Failure::Told(StoreError::Unavailable(error.to_string())))?;
    for race in 1.. {
        match batch.run(&mut connection, now).await {
            Ok(losers) => {
                flushes.fetch_add(1, Ordering::Relaxed);
                return Ok(losers);
            }
            Err(error) => match classify(error) {
                Class::Race if race < RACES => {}
                Class::Race => {
                    let why = "the statement lost every race against others".to_owned();
                    return Err(Failure::Told(StoreError::Unavailable(why)));
                }
                Class::Told(error) => return Err(Failure::Told(error)),
                Class::Bad(error) => return Err(Failure::Bad(error)),
            },
        }
    }
    unreachable!("the loop ends by returning")
}

/// Why a statement did not carry a batch out.
enum Failure {
    /// Something in it cannot be written. Nothing was.
    Bad(sqlx::Error),
    /// The same for all of it.
    Told(StoreError),
}

enum Class {
    Race,
    Bad(sqlx::Error),
    Told(StoreError),
}

fn classify(error: sqlx::Error) -> Class {
    let sqlx::Error::Database(inner) = &error else {
        return match error {
            // The text for the server could not even be made.
            sqlx::Error::Encode(_) => Class::Bad(error),
            // The statement was sent and the line went dead: the commit may have been under way.
            other => Class::Told(StoreError::Unknown(other.to_string())),
        };
    };
    match inner.code().as_deref() {
        Some("40001" | "40P01") => Class::Race,
        Some("53100") => Class::Told(StoreError::Full(inner.to_string())),
        // Read-only after a fail-over; a limit of time or of connections: refused before it began.
        Some("25006" | "57014" | "55P03" | "53300" | "57P03") => {
            Class::Told(StoreError::Unavailable(inner.to_string()))
        }
        // The server went down with the statement in it.
        Some(code) if code.starts_with("57P") || code.starts_with("08") => {
            Class::Told(StoreError::Unknown(inner.to_string()))
        }
        _ => Class::Bad(error),
    }
}

/// How a failed claim is told. A claim that did happen ends with its lease.
pub(super) fn told(error: sqlx::Error) -> StoreError {
    if matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed) {
        return StoreError::Unavailable(error.to_string());
    }
    match classify(error) {
        Class::Race => StoreError::Unavailable("another claim was quicker".into()),
        Class::Bad(error) => StoreError::Failed(error.to_string()),
        Class::Told(error) => error,
    }
}
