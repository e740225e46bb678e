//! What a comparison cannot avoid, with the raw driver.

use std::time::Instant;

use rusqlite::{Connection, OpenFlags};
use sea_orm::sqlx::{self, PgConnection};

use crate::ground::Place;

/// Every hash of a number with the hash of its record, in an order of its own.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Lines of one page.
const PAGE: usize = 10_000;

/// Looks every licence up and compares.
pub(crate) enum Raw {
    Sqlite(Connection, Pairs),
    Postgres(Box<PgConnection>, Pairs),
}

impl Raw {
    pub(crate) async fn open(place: &Place) -> Self {
        const ALL: &str = "SELECT number_hash, record_hash FROM followed_record";
        match place.connect().await {
            None => {
                let file =
                    Connection::open_with_flags(place.file(), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
                let mut pairs: Pairs = {
                    let mut all = file.prepare(ALL).unwrap();
                    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
                    rows.map(Result::unwrap).collect()
                };
                fastrand::Rng::with_seed(7).shuffle(&mut pairs);
                Self::Sqlite(file, pairs)
            }
            Some(mut server) => {
                let mut pairs: Pairs = sqlx::query_as(ALL).fetch_all(&mut server).await.unwrap();
                fastrand::Rng::with_seed(7).shuffle(&mut pairs);
                for sql in
                    ["SET enable_seqscan = off", "SET enable_hashjoin = off", "SET enable_mergejoin = off"]
                {
                    sqlx::query(sql).execute(&mut server).await.unwrap();
                }
                Self::Postgres(Box::new(server), pairs)
            }
        }
    }

    /// Licences a second.
    pub(crate) async fn round(&mut self) -> f64 {
        let began = Instant::now();
        let (same, all) = match self {
            Raw::Sqlite(file, pairs) => {
                file.execute_batch("BEGIN").unwrap();
                let mut same = 0;
                {
                    let mut find = file
                        .prepare("SELECT record_hash FROM followed_record WHERE number_hash = ?1")
                        .unwrap();
                    for (number, record) in pairs.iter() {
                        let found: Vec<u8> = find.query_row([number], |row| row.get(0)).unwrap();
                        same += usize::from(found == *record);
                    }
                }
                file.execute_batch("COMMIT").unwrap();
                (same, pairs.len())
            }
            Raw::Postgres(server, pairs) => {
                let mut same = 0;
                for page in pairs.chunks(PAGE) {
                    let found: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
                        "SELECT line.record, followed.record_hash FROM unnest($1::bytea[], $2::bytea[]) AS line (number, record)
                         JOIN followed_record AS followed ON followed.number_hash = line.number",
                    )
                    .bind(Vec::from_iter(page.iter().map(|(number, _)| &number[..])))
                    .bind(Vec::from_iter(page.iter().map(|(_, record)| &record[..])))
                    .fetch_all(&mut **server)
                    .await
                    .unwrap();
                    same += found.iter().filter(|(line, followed)| line == followed).count();
                }
                (same, pairs.len())
            }
        };
        assert_eq!(same, all, "everything is in step");
        all as f64 / began.elapsed().as_secs_f64()
    }
}
