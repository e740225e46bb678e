//! The exam every [`Store`] sits, and the one for every [`Vault`].
//!
//! A store's crate writes one line per database, and gets a test per claim:
//!
//! ```text
//! sealwright_engine::store_exam!(student);
//!
//! async fn student() -> Student { .. an empty store whose clock is the student's .. }
//! ```
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a check's name is its claim, and it fails by panicking"
)]

pub mod appends;
pub mod completion;
pub mod deadlines;
mod draft;
pub mod effects;
pub mod feed;
pub mod lists;
pub mod model;
pub mod parking;
pub mod tasks;
pub mod vaults;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, ManualClock};
use crate::id::{InstanceId, NodeId};
use crate::journal::Row;
use crate::store::{EffectQuery, EffectRow, Position, Store, Stored, Write, Written};
use crate::time::Timestamp;
use crate::vault::Vault;

/// Who sits the exam: an empty store, and the clock it was given.
pub struct Student {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its clock; the exam winds it.
    pub clock: ManualClock,
    _keep: Box<dyn Any + Send>,
}

impl Student {
    /// A student. `keep` lives as long: a folder, a server.
    pub fn new(store: Arc<dyn Store>, clock: ManualClock, keep: impl Send + 'static) -> Self {
        Self { store, clock, _keep: Box::new(keep) }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Two nodes, both alive.
    async fn nodes(&self) -> (NodeId, NodeId) {
        let (one, other) = (NodeId::new(self.now()), NodeId::new(self.now()));
        for node in [one, other] {
            self.store.join(node).await.unwrap();
        }
        self.store.beat(one).await.unwrap();
        (one, other)
    }

    async fn write(&self, write: impl Into<Write>) -> Written {
        let mut answers = self.store.write(vec![write.into()]).await;
        assert_eq!(answers.len(), 1, "one answer for one write");
        answers.remove(0).unwrap()
    }

    async fn done(&self, write: impl Into<Write>) {
        assert_eq!(self.write(write).await, Written::Done);
    }

    async fn load(&self, id: InstanceId) -> Stored {
        self.store.load(id).await.unwrap().expect("the instance is there")
    }

    /// The feed behind `after`, read in pages until `count` rows are there. A row may be held back
    /// while somebody else's transaction is open, so this asks again; it ends, for those do.
    async fn feed(&self, mut after: Position, count: usize) -> (Position, Vec<Row>) {
        let mut rows = Vec::new();
        for _ in 0..50_000 {
            for (position, row) in self.store.feed(after, 3).await.unwrap() {
                assert!(position > after, "positions rise");
                after = position;
                rows.push(row);
            }
            if rows.len() >= count {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(rows.len(), count, "the feed has as many rows as were written");
        (after, rows)
    }

    async fn effects_of(&self, id: InstanceId) -> Vec<EffectRow> {
        let query = EffectQuery { instance: Some(id), limit: 100, ..EffectQuery::default() };
        self.store.effects(&query).await.unwrap()
    }
}

/// Who sits the vault's exam: an empty vault.
pub struct VaultStudent {
    /// The vault.
    pub vault: Arc<dyn Vault>,
    _keep: Box<dyn Any + Send>,
}

impl VaultStudent {
    /// A student. `keep` lives as long: a folder, a server.
    pub fn new(vault: Arc<dyn Vault>, keep: impl Send + 'static) -> Self {
        Self { vault, _keep: Box::new(keep) }
    }
}

/// One test per claim about stores. The argument names an `async fn() -> Student`; the caller's
/// crate needs tokio with its macros.
#[macro_export]
macro_rules! store_exam {
    ($make:path) => {
        $crate::exam_tests! { $make;
            appends: [
                a_first_append_is_there_whole, stored_bytes_come_back_exactly, a_conflict_fails_alone,
                a_refused_append_leaves_nothing, one_of_many_writers_wins_a_version,
                one_of_many_writers_creates_an_instance, a_repeated_command_id_conflicts,
                an_unknown_outcome_is_resolved_by_appending_again, a_version_cannot_be_skipped,
                a_full_batch_is_one_answer_each, what_is_loaded_is_of_one_moment,
                what_is_derived_changes_only_at_its_version,
            ]
            effects: [
                effects_are_claimed_soonest_first_and_no_more_than_asked, an_effect_is_due_to_the_microsecond,
                a_living_nodes_effects_are_not_claimed, a_beat_keeps_a_node_alive,
                a_leaving_node_gives_back, a_postponed_effect_waits, only_its_node_postpones_an_effect,
                a_settled_effect_keeps_its_first_note, an_answer_settles_its_effect,
                one_of_many_nodes_gets_an_effect, the_next_effect_is_one_that_nobody_has,
                effects_are_listed_by_filter_and_page,
            ]
            parking: [
                a_parked_effect_waits_for_an_operator, only_its_node_parks_an_effect,
                a_redriven_effect_starts_over, redriving_is_bounded_and_spaced,
                redriving_means_what_it_names, a_parked_instance_sleeps_until_redriven,
            ]
            tasks: [
                tasks_are_claimed_soonest_due_first, a_task_asks_for_a_role,
                the_excluded_do_not_get_a_task, a_reserved_task_waits_for_its_person,
                a_leased_task_is_nobody_elses, an_expired_lease_frees_the_task,
                claiming_again_makes_the_older_lease_void, one_of_many_people_gets_a_task,
                a_lease_is_renewed_while_it_holds, a_task_is_given_back_once,
                a_task_of_one_instance_is_claimed_by_name, tasks_are_listed_by_filter_and_page,
            ]
            completion: [
                a_holder_completes_a_task_once, a_stale_lease_completes_nothing,
                an_expired_lease_completes_nothing, anothers_lease_completes_nothing,
                a_lost_race_is_told_before_a_lost_lease, an_edited_task_keeps_its_lease,
                another_task_ends_the_lease, a_repeated_completion_is_a_conflict,
            ]
            lists: [
                instances_are_listed_by_filter, instances_are_listed_by_all_their_labels,
                instances_are_paged_from_both_ends, labels_are_replaced_or_kept,
                the_census_counts_phases,
            ]
            deadlines: [
                deadlines_come_due_in_order, the_next_deadline_is_the_soonest,
                a_handled_tick_never_moves_back,
            ]
            feed: [
                the_feed_is_read_in_pages, the_feed_ends_at_its_last_row,
                the_feed_skips_nothing_under_writers,
            ]
            model: [random_histories_end_as_in_memory]
        }
    };
}

/// One test per claim about vaults. The argument names an `async fn() -> VaultStudent`.
#[macro_export]
macro_rules! vault_exam {
    ($make:path) => {
        $crate::exam_tests! { $make;
            vaults: [
                a_value_comes_back_by_revision, the_same_value_twice_is_one_revision,
                writers_of_one_field_get_different_revisions, fields_and_people_are_apart,
                nobody_is_not_enrolled, a_photo_comes_back_with_its_owner, a_dropped_photo_is_gone,
                photos_are_found_by_when_they_were_taken_in,
                a_value_is_known_under_one_id, one_of_many_claims_holds, an_id_moves_to_another_value,
                an_id_cannot_take_anothers_value, erasure_is_final_and_told,
                erasure_forgets_the_look_ups_of_that_person_alone,
            ]
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! exam_tests {
    ($make:path; $($part:ident: [$($check:ident),* $(,)?])*) => {
        $(
            mod $part {
                #[allow(unused_imports, reason = "the student may be given by a full path")]
                use super::*;
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $check() {
                        $crate::testing::exam::$part::$check($make().await).await;
                    }
                )*
            }
        )*
    };
}
