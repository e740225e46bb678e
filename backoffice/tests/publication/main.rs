//! What the office publishes of credentials, by a clock that is wound by hand. Both databases sit it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lists;
mod sequence;
mod town;

/// Every claim, on each database.
macro_rules! claims {
    ($($file:ident::$claim:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                crate::$file::$claim(crate::town::Town::sqlite().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                crate::$file::$claim(crate::town::Town::postgres().await).await;
            })*
        }
    };
}

claims! {
    lists::a_change_is_visible_within_a_minute
    lists::nothing_is_published_without_a_change_until_it_must_be
    lists::what_each_event_makes_of_a_credential
    lists::a_withdrawn_key_signs_again_at_once
    lists::the_port_and_the_journal_mean_the_same_slot
    lists::two_nodes_publish_as_one
    sequence::every_issued_credential_is_in_the_log_once
    sequence::a_crash_between_any_two_steps_loses_nothing
    sequence::an_altered_log_is_not_signed
}
