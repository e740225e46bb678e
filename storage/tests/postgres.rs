//! PostgreSQL sits the exams, and is asked about what is its own: many nodes and broken lines.
//!
//! `SEALWRIGHT_TEST_POSTGRES` names a server; `tests/postgres start` makes one. Each test has a
//! schema of its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(feature = "publication")]
mod publication;
mod sealed;
mod shown;
mod sql;
mod swept;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::sqlx::{self, AssertSqlSafe, Connection, PgConnection};
use sealwright_engine::clock::ManualClock;
use sealwright_engine::store::{Position, Store, StoreError, Write, Written};
use sealwright_engine::testing::exam::{Student, VaultStudent};
use sealwright_engine::{CommandId, InstanceId, NodeId, Timestamp, Vault as _};
use sealwright_storage::{MasterKey, OpenError, PostgresOptions, PostgresStore, SealedVault};

sealwright_engine::store_exam!(student);
sealwright_engine::vault_exam!(vault_student);

async fn student() -> Student {
    let (store, clock) = open(&schema()).await;
    Student::new(Arc::new(store), clock, ())
}

async fn vault_student() -> VaultStudent {
    let (_, vault) = opened().await;
    VaultStudent::new(Arc::new(vault), ())
}

async fn opened() -> (PostgresStore, SealedVault) {
    let (store, _) = open(&schema()).await;
    let vault = SealedVault::open(store.database(), &MasterKey::from_bytes([7; 32])).await.unwrap();
    (store, vault)
}

async fn open(schema: &str) -> (PostgresStore, ManualClock) {
    let clock = ManualClock::at(Timestamp::from_secs(1_800_000_000));
    let options = PostgresOptions { clock: Some(Arc::new(clock.clone())), ..options(schema) };
    PostgresStore::migrate(&url(), &options).await.unwrap();
    (PostgresStore::connect(&url(), options).await.unwrap(), clock)
}

fn options(schema: &str) -> PostgresOptions {
    PostgresOptions { schema: Some(schema.into()), connections: 4, ..PostgresOptions::default() }
}

fn url() -> String {
    std::env::var("SEALWRIGHT_TEST_POSTGRES").expect(
        "SEALWRIGHT_TEST_POSTGRES names no server: run `export SEALWRIGHT_TEST_POSTGRES=$(tests/postgres start)`",
    )
}

fn schema() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let run = uuid::Uuid::now_v7().as_u128() as u32;
    format!("exam_{run:08x}_{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn raw(schema: &str) -> PgConnection {
    let mut connection = PgConnection::connect(&url()).await.unwrap();
    let sql = format!("SET search_path = {schema}");
    sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection
}

#[tokio::test]
async fn a_bad_write_fails_alone() {
    sql::a_bad_write_fails_alone(student().await).await;
}

#[tokio::test]
async fn a_dropped_caller_cancels_nothing() {
    sql::a_dropped_caller_cancels_nothing(student().await).await;
}

/// A connection belongs to the runtime on which it was opened: the engine's thread ends, the store goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_outlive_the_runtimes_of_their_callers() {
    let (store, vault) = opened().await;
    let (store, vault) = (Arc::new(store), Arc::new(vault));
    let (theirs, photos) = (store.clone(), vault.clone());
    let caller = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let reading = (0..16).map(|_| theirs.feed_end());
            assert!(futures_util::future::join_all(reading).await.iter().all(Result::is_ok));
            let looking = (0..16).map(|_| photos.photos_of(InstanceId::new(Timestamp::from_secs(0))));
            assert!(futures_util::future::join_all(looking).await.iter().all(Result::is_ok));
            theirs.beat(NodeId(uuid::Uuid::now_v7())).await.unwrap();
        });
    });
    caller.await.unwrap();
    let reading = (0..16).map(|_| store.feed_end());
    assert!(futures_util::future::join_all(reading).await.iter().all(Result::is_ok));
    let looking = (0..16).map(|_| vault.photos_of(InstanceId::new(Timestamp::from_secs(0))));
    assert!(futures_util::future::join_all(looking).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn migrations_run_from_empty_and_again_and_at_once() {
    let options = options(&schema());
    assert!(PostgresStore::status(&url(), &options).await.unwrap().iter().all(|step| !step.applied));
    let refusal = PostgresStore::connect(&url(), options.clone()).await.err().unwrap();
    assert!(
        matches!(&refusal, OpenError::Behind { pending } if pending.contains("0001_engine")),
        "{refusal}"
    );
    let migrate = || {
        let options = options.clone();
        tokio::spawn(async move { PostgresStore::migrate(&url(), &options).await })
    };
    let (one, other) = (migrate(), migrate());
    let steps = one.await.unwrap().unwrap();
    assert!(steps.len() >= 2 && steps.iter().all(|step| step.applied));
    assert_eq!(other.await.unwrap().unwrap(), steps);
    assert_eq!(PostgresStore::migrate(&url(), &options).await.unwrap(), steps);
    assert_eq!(PostgresStore::status(&url(), &options).await.unwrap(), steps);
}

#[tokio::test]
async fn a_server_that_would_lose_work_is_refused() {
    let schema = schema();
    open(&schema).await;
    for weak in ["off", "local"] {
        let weak_url = format!("{}?options=-csynchronous_commit%3D{weak}", url());
        let refusal = PostgresStore::connect(&weak_url, options(&schema)).await.err().unwrap();
        let told = refusal.to_string();
        assert!(matches!(refusal, OpenError::NotDurable { setting: "synchronous_commit", .. }), "{told}");
        assert!(told.contains(weak), "{told}");
    }
    let alone = PostgresOptions { require_standby: true, ..options(&schema) };
    let refusal = PostgresStore::connect(&url(), alone).await.err().unwrap();
    assert!(refusal.to_string().contains("synchronous_standby_names"), "{refusal}");
    let read_only = format!("{}?options=-cdefault_transaction_read_only%3Don", url());
    let refusal = PostgresStore::connect(&read_only, options(&schema)).await.err().unwrap();
    assert!(matches!(refusal, OpenError::ReadOnly(_)), "{refusal}");
}

#[tokio::test]
async fn the_probe_refuses_a_database_that_lets_a_stale_row_win_or_a_new_one_lose() {
    let schema = schema();
    open(&schema).await;
    let mut raw = raw(&schema).await;
    for (broken, mended) in [
        (
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
             CREATE TRIGGER swallow BEFORE INSERT ON journal FOR EACH ROW EXECUTE FUNCTION swallow()",
            "DROP TRIGGER swallow ON journal",
        ),
        (
            "CREATE TRIGGER swallow BEFORE INSERT ON instance FOR EACH ROW EXECUTE FUNCTION swallow()",
            "DROP TRIGGER swallow ON instance",
        ),
    ] {
        sqlx::raw_sql(broken).execute(&mut raw).await.unwrap();
        let refusal = PostgresStore::connect(&url(), options(&schema)).await.err().unwrap();
        assert!(matches!(refusal, OpenError::Probe(_)), "{refusal}");
        sqlx::raw_sql(mended).execute(&mut raw).await.unwrap();
    }
    let store = PostgresStore::connect(&url(), options(&schema)).await.unwrap();
    assert_eq!(store.feed_end().await, Ok(Position(0)), "the probe leaves nothing behind");
}

#[tokio::test]
async fn an_open_transaction_holds_the_feed_back() {
    let schema = schema();
    let (store, clock) = open(&schema).await;
    let mut other = raw(&schema).await;
    let mut open = other.begin().await.unwrap();
    sqlx::query("SELECT pg_current_xact_id()").execute(&mut *open).await.unwrap();
    use sealwright_engine::clock::Clock;
    assert_eq!(store.write(vec![sql::first(clock.now())]).await, [Ok(Written::Done)]);
    assert_eq!(store.feed(Position(0), 9).await, Ok(Vec::new()));
    assert_eq!(store.feed_end().await, Ok(Position(0)));
    open.rollback().await.unwrap();
    while store.feed(Position(0), 9).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_ne!(store.feed_end().await, Ok(Position(0)));
}

#[tokio::test]
async fn after_a_dump_was_restored_new_rows_come_behind_old_ones() {
    let schema = schema();
    let (store, clock) = open(&schema).await;
    use sealwright_engine::clock::Clock;
    let write = async |store: &PostgresStore| {
        assert_eq!(store.write(vec![sql::first(clock.now())]).await, [Ok(Written::Done)]);
    };
    write(&store).await;
    let far = "UPDATE journal SET position = position + (1::bigint << 50)";
    sqlx::query(far).execute(&mut raw(&schema).await).await.unwrap();
    let (store, _) = self::open(&schema).await;
    write(&store).await;
    let mut feed = Vec::new();
    while feed.len() < 2 {
        feed = store.feed(Position(0), 9).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(feed[0].0 >= Position(1 << 50) && feed[1].0 > feed[0].0);
}

#[tokio::test]
async fn times_are_the_servers_unless_a_clock_is_given() {
    let schema = schema();
    PostgresStore::migrate(&url(), &options(&schema)).await.unwrap();
    let store = PostgresStore::connect(&url(), options(&schema)).await.unwrap();
    let (node, other) = (NodeId::new(Timestamp::EPOCH), NodeId::new(Timestamp::EPOCH));
    store.join(node).await.unwrap();
    store.join(other).await.unwrap();
    // Decided in the far future by this node's clock, and due all the same: the server's counts.
    let mut write = sql::first(Timestamp::from_secs(32_000_000_000));
    sql::with_effect(&mut write, Some(node));
    assert_eq!(store.write(vec![write]).await, [Ok(Written::Done)]);
    assert_eq!(store.claim_effects(other, 9).await.unwrap(), []);
    assert_eq!(store.next_effect().await, Ok(None), "its node is alive");
    store.leave(node).await.unwrap();
    let claimed = store.claim_effects(other, 9).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let mut raw = raw(&schema).await;
    let until: i64 = sqlx::query_scalar("SELECT alive_until FROM node").fetch_one(&mut raw).await.unwrap();
    let now: i64 = sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        .fetch_one(&mut raw)
        .await
        .unwrap();
    assert!((now..now + 20_000_000).contains(&until));
    assert!(claimed[0].due_at.micros() <= now);
}

/// The line is cut while a commit waits behind a lock: nobody can tell its outcome, and appending
/// again under the same command id and version settles it.
#[tokio::test]
async fn a_broken_line_is_an_unknown_outcome_and_appending_again_settles_it() {
    let schema = schema();
    let (store, clock) = open(&schema).await;
    use sealwright_engine::clock::Clock;
    let write = sql::first(clock.now());
    let mut lock = raw(&schema).await;
    let mut held = lock.begin().await.unwrap();
    sqlx::query("LOCK TABLE journal IN SHARE MODE").execute(&mut *held).await.unwrap();
    let cut = tokio::spawn({
        let (store, write) = (store.clone(), write.clone());
        async move { store.write(vec![write]).await }
    });
    let mut killer = raw(&schema).await;
    let kill = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN (
             SELECT pid FROM pg_locks WHERE NOT granted AND relation = '{schema}.journal'::regclass)"
    );
    while sqlx::query(AssertSqlSafe(kill.clone())).fetch_all(&mut killer).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    let answer = cut.await.unwrap();
    assert!(matches!(answer[0], Err(StoreError::Unknown(_))), "{answer:?}");
    held.rollback().await.unwrap();
    let again = store.write(vec![write.clone()]).await;
    assert!(matches!(again[0], Ok(Written::Done | Written::Conflict)), "{again:?}");
    let Write::Append(append) = write else { unreachable!() };
    assert_eq!(store.load(append.row.instance).await.unwrap().unwrap().journal.len(), 1);
}

/// The decision behind `first` that makes `version`, by a command named after its sender.
fn next(first: &Write, version: u64, sender: &str) -> Write {
    let Write::Append(append) = first.clone() else { panic!("only decisions have a next one") };
    let mut append = append;
    (append.row.version, append.derived.version) = (version, version);
    append.row.command_id = CommandId::client(&format!("{sender}-{version}")).unwrap();
    Write::Append(append)
}

/// Two nodes write batches over the same instances in opposite orders. Nobody is lost to a
/// deadlock, and every version is won once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_racing_over_the_same_instances_lose_nothing() {
    const ROUNDS: u64 = 20;
    let schema = schema();
    let (one, clock) = open(&schema).await;
    let (other, _) = open(&schema).await;
    use sealwright_engine::clock::Clock;
    let first: Vec<_> = (0..50).map(|_| sql::first(clock.now())).collect();
    assert!(one.write(first.clone()).await.iter().all(|answer| *answer == Ok(Written::Done)));
    let race = |store: PostgresStore, name: &'static str, mut writes: Vec<Write>, turn: bool| {
        tokio::spawn(async move {
            let mut won = 0;
            for round in 0..ROUNDS {
                let batch = writes.iter().map(|write| next(write, round + 2, name)).collect();
                for answer in store.write(batch).await {
                    match answer.unwrap() {
                        Written::Done => won += 1,
                        lost => assert_eq!(lost, Written::Conflict),
                    }
                }
                if turn {
                    writes.reverse();
                }
            }
            won
        })
    };
    let (left, right) =
        (race(one.clone(), "one", first.clone(), false), race(other, "other", first.clone(), true));
    let won: u64 = left.await.unwrap() + right.await.unwrap();
    let mut versions = 0;
    for write in &first {
        let stored = one.load(sql::instance(write)).await.unwrap().unwrap();
        assert_eq!(stored.row.version, stored.journal.len() as u64);
        versions += stored.row.version - 1;
    }
    assert_eq!(won, versions);
}

#[tokio::test]
async fn on_a_filled_database_a_batch_is_carried_out_by_index_alone() {
    let schema = schema();
    let (store, _) = open(&schema).await;
    let mut raw = raw(&schema).await;
    sqlx::raw_sql(
        "INSERT INTO instance SELECT gen_random_uuid(), 'exam', 1, 1, 'open', false, NULL, NULL, '', 0, 0
             FROM generate_series(1, 20000);
         INSERT INTO journal SELECT 1, id, 1, 'c:begin', '{}', '' FROM instance;
         INSERT INTO effect SELECT id, 1, 0, 'exam', 'notify', '{}', 0, 0, 0, 0, NULL, NULL FROM instance;
         INSERT INTO task SELECT id, 'exam', 'look', 'review', 0, '[]', '[]', NULL, NULL, NULL, 0, NULL FROM instance;
         INSERT INTO label SELECT id, 'office', 'north' FROM instance;
         INSERT INTO person SELECT id, '' FROM instance;
         INSERT INTO record SELECT id, 'name', 1, '' FROM person;
         INSERT INTO directory SELECT id::text::bytea, id, id, 0 FROM person;
         ANALYZE",
    )
    .execute(&mut raw)
    .await
    .unwrap();
    all_by_index(&store.plan().await.unwrap());
}

/// The server plans once, as a rule before there is anything in the tables, and keeps that plan.
#[tokio::test]
async fn a_batch_reaches_its_rows_by_index_also_when_planned_for_empty_tables() {
    let (store, _) = open(&schema()).await;
    all_by_index(&store.plan().await.unwrap());
}

fn all_by_index(plan: &str) {
    for table in ["instance", "journal", "effect", "task", "label", "person", "record", "directory"] {
        let steps: Vec<_> = plan.lines().map(str::trim).collect();
        let named =
            |step: &&str| step.contains(&format!(" on {table} ")) || step.contains(&format!(" on {table}_"));
        assert!(steps.iter().any(&named), "the plan names {table}:\n{plan}");
        for (place, step) in steps.iter().enumerate() {
            // A whole index is no better than a whole table.
            let read = step.contains("Scan") && named(step);
            let by_key = steps.get(place + 1).is_some_and(|next| next.starts_with("Index Cond"));
            assert!(!read || by_key, "{table} is scanned whole:\n{step}\n{plan}");
        }
    }
}

mod vault {
    use super::*;

    #[tokio::test]
    async fn what_is_moved_or_altered_does_not_open() {
        let (store, vault) = opened().await;
        sealed::what_is_moved_or_altered_does_not_open(&store.database(), &vault).await;
    }

    #[tokio::test]
    async fn another_master_key_opens_nothing() {
        let (store, vault) = opened().await;
        sealed::another_master_key_opens_nothing(&store.database(), &vault).await;
    }

    #[tokio::test]
    async fn a_dropped_caller_cancels_nothing() {
        let (_store, vault) = opened().await;
        sealed::a_dropped_caller_cancels_nothing(&vault).await;
    }

    #[tokio::test]
    async fn no_plain_text_is_in_the_tables() {
        let schema = schema();
        let (store, _) = open(&schema).await;
        let vault = SealedVault::open(store.database(), &MasterKey::from_bytes([7; 32])).await.unwrap();
        let canaries = sealed::fill_with_canaries(&vault).await;
        let mut raw = raw(&schema).await;
        for canary in canaries {
            for table in ["person", "record", "photo", "directory"] {
                let sql = format!(
                    "SELECT count(*) FROM {table} WHERE strpos({table}::text, $1) > 0 OR strpos({table}::text, $2) > 0"
                );
                let found: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                    .bind(String::from_utf8(canary.clone()).unwrap())
                    .bind(hex::encode(&canary))
                    .fetch_one(&mut raw)
                    .await
                    .unwrap();
                assert_eq!(found, 0, "{canary:?} is in {table}");
            }
        }
        let sql = "SELECT count(*) FROM record WHERE strpos(record::text, 'name') > 0";
        assert_eq!(
            sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut raw).await.unwrap(),
            1,
            "the search works"
        );
    }
}

#[cfg(feature = "publication")]
mod published {
    use super::*;

    crate::publication::publication_exam!(database);

    async fn database() -> (sealwright_storage::Database, PostgresStore) {
        let (store, _) = open(&schema()).await;
        (store.database(), store)
    }
}

#[tokio::test]
async fn a_show_code_is_used_once() {
    shown::a_code_is_used_once(open(&schema()).await.0.database()).await;
}

#[tokio::test]
async fn a_show_code_is_found_by_what_is_typed() {
    shown::a_code_is_found_by_what_is_typed(open(&schema()).await.0.database()).await;
}

#[tokio::test]
async fn show_codes_that_are_over_are_forgotten() {
    shown::what_is_over_is_forgotten(open(&schema()).await.0.database()).await;
}

#[tokio::test]
async fn a_page_is_compared_as_a_set() {
    swept::a_page_is_compared_as_a_set(open(&schema()).await.0.database()).await;
}

#[tokio::test]
async fn the_table_alone_tells_nothing() {
    swept::the_table_alone_tells_nothing(open(&schema()).await.0.database()).await;
}

#[tokio::test]
async fn an_erased_person_leaves_no_row() {
    swept::an_erased_person_leaves_no_row(open(&schema()).await.0.database()).await;
}

#[tokio::test]
async fn one_sweep_of_a_kind_is_under_way() {
    swept::one_sweep_of_a_kind_is_under_way(open(&schema()).await.0.database()).await;
}
