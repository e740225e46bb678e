//! Waiting for facts, never for time alone.

use std::time::Duration;

use sealwright_engine::clock::{Clock, SystemClock};

use crate::cli::exit::{Exit, Failure};

/// How long a step of the system may take on a slow machine.
pub(super) const STEP: Duration = Duration::from_secs(30);

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(15);

/// What a look found.
pub(super) enum Look<T> {
    /// It is so.
    Yes(T),
    /// Not yet; this is how it stands.
    NotYet(String),
}

/// Looks again and again until it is so, for at most `bound`.
///
/// # Errors
/// A look's own; or that it did not become so, what was waited for, and how it stood last.
pub(super) async fn until<T>(
    what: &str,
    bound: Duration,
    mut look: impl AsyncFnMut() -> Result<Look<T>, Failure>,
) -> Result<T, Failure> {
    let end = SystemClock.now() + bound;
    loop {
        let seen = match look().await? {
            Look::Yes(found) => return Ok(found),
            Look::NotYet(seen) => seen,
        };
        if SystemClock.now() >= end {
            let what = format!("waited {} s in vain for {what}", bound.as_secs());
            let todo = "Look into the server's log; on a very slow machine, try again.";
            return Err(
                Failure::new(Exit::Failed, "timeout", what, todo).because(format!("last seen: {seen}"))
            );
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A fact that does not hold.
pub(super) fn wrong(what: impl Into<String>) -> Failure {
    Failure::new(Exit::Failed, "demo", what, "")
}

/// Holds a fact.
pub(super) fn hold(fact: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if fact { Ok(()) } else { Err(wrong(otherwise())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_ends_with_the_fact_or_says_what_it_saw() {
        let mut looks = 0;
        let found = until("three", STEP, async || {
            looks += 1;
            Ok(if looks == 3 { Look::Yes(looks) } else { Look::NotYet(looks.to_string()) })
        });
        assert_eq!(found.await.unwrap(), 3);

        let never = until::<()>("rain", Duration::ZERO, async || Ok(Look::NotYet("sunshine".into())));
        let failure = never.await.unwrap_err();
        assert!(
            failure.to_string().contains("rain") && failure.to_string().contains("sunshine"),
            "{failure}"
        );

        let broken = until::<()>("rain", STEP, async || Err(wrong("the window is shut")));
        assert_eq!(broken.await.unwrap_err().what, "the window is shut");
    }
}
