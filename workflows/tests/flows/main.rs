//! The two flagship workflows, by claims: given what happened, when somebody asks, then what follows.
//!
//! Which test holds what was found on paper (issue 2):
//!
//! | found | held by |
//! | --- | --- |
//! | a plain command while another holds the lease | `review::a_plain_command_decides_nothing_while_another_holds_the_lease` |
//! | a client's key equal to an effect's key | the engine: command ids are namespaced by door (`engine/src/id.rs`) |
//! | effects performed newest first | `together::every_order_of_effects_comes_to_the_same_end` |
//! | a withdrawal that overtakes a reservation | `ending::a_withdrawal_that_overtakes_the_reservation_gives_it_back`, `together::..` |
//! | 60 days away | `waiting::whoever_stays_away_for_60_days_wakes_somebody_again_and_again`, `licence::a_signer_..` |
//! | an order abandoned and signed anyway | `licence::an_order_abandoned_by_a_suspension_and_signed_anyway_is_not_live` |
//! | two applications open | `admission::only_one_application_is_open_at_a_time`, `together::..` |
//! | a bar or lock evaded | `admission::a_bar_..`, `admission::a_photo_lock_..`, `second_look::a_withdrawal_does_not_escape_a_bar` |
//! | an undo after the lease ended | `review::an_undo_needs_no_lease` |
//! | a reviewer who never comes back | `review::an_undone_case_goes_back_to_the_queue` |
//! | a late provisional due date | `due::a_late_provisional_due_date_is_moved_and_nags_at_once` |
//! | an id that gives a number away | `ids::ids_are_random_and_derived_ones_are_refused` |
#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod office;
mod support;

mod actions;
mod admission;
mod again;
mod calendar_watch;
mod due;
mod ending;
mod fixtures;
mod gate;
mod ids;
mod laws;
mod licence;
mod matrix;
mod photo;
mod retained;
mod review;
mod second_look;
mod standing;
mod sweep;
mod together;
mod waiting;
