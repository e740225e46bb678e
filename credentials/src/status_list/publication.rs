//! When a list is published again: soon after a change, and well before its token expires.

use serde::{Deserialize, Serialize};

/// How often a list is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// How long a change waits for others to go with it, in seconds. With the time that signing and uploading
    /// take it must stay within the 60 seconds that the office promises.
    pub gather_s: u32,
    /// How long a token lives, in seconds; a day at most (`credentials.md` 1.4).
    pub lifetime_s: u32,
    /// How long before its end a token is replaced even if nothing changed, in seconds.
    pub renew_before_s: u32,
}

impl Default for Pace {
    /// Changes after 20 seconds; tokens of 12 hours, replaced after 3.
    fn default() -> Self {
        Self { gather_s: 20, lifetime_s: 12 * 3600, renew_before_s: 9 * 3600 }
    }
}

/// What was published last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// The revision of the list that it says.
    pub revision: u64,
    /// `iat` of the token, in Unix seconds.
    pub issued_at: i64,
    /// `exp` of the token.
    pub expires_at: i64,
}

/// Where one list stands, as a store keeps it in the list's row. Not written with each change of a credential
/// (DESIGN.md part 6, rule 6): whoever follows the journal calls [`changed`](Self::changed) for what it saw.
/// Store it only if `published` is still what it was, before the token goes out: of two nodes that publish at
/// once, one must do it again with a later `iat`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publication {
    /// Counts changes.
    pub revision: u64,
    /// When the oldest change was made that is not published; `None` if all are.
    pub dirty_since: Option<i64>,
    /// What was published last; `None` if nothing was.
    pub published: Option<Published>,
}

impl Publication {
    /// Notes a change that was made at `at`. Noting one twice publishes once too often, never too rarely.
    pub fn changed(&mut self, at: i64) {
        self.revision += 1;
        self.dirty_since = Some(self.dirty_since.map_or(at, |since| since.min(at)));
    }

    /// When to publish next, in Unix seconds; a time that is over means now.
    pub fn due(&self, pace: &Pace) -> i64 {
        let Some(published) = self.published else { return i64::MIN };
        let renewal = published.expires_at.saturating_sub(pace.renew_before_s.into());
        let change = self.dirty_since.map(|since| since.saturating_add(pace.gather_s.into()));
        change.map_or(renewal, |change| change.min(renewal))
    }

    /// What a token that is made at `now` says of its times: `iat` and `exp`.
    ///
    /// `iat` grows with every token, even if the clock was set back or the last token is of this second:
    /// verifiers refuse an older list than they saw.
    pub fn times(&self, pace: &Pace, now: i64) -> (i64, i64) {
        let issued_at = self.published.map_or(now, |last| now.max(last.issued_at.saturating_add(1)));
        (issued_at, issued_at.saturating_add(pace.lifetime_s.into()))
    }

    /// Notes that `published` is out. `read_at` is when its values were read: a change that came after that,
    /// and is not in it, keeps the list dirty.
    pub fn publish(&mut self, published: Published, read_at: i64) {
        self.dirty_since = (published.revision < self.revision).then_some(read_at);
        self.published = Some(published);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PACE: Pace = Pace { gather_s: 20, lifetime_s: 1_000, renew_before_s: 600 };

    fn out(list: &mut Publication, now: i64) {
        let (issued_at, expires_at) = list.times(&PACE, now);
        list.publish(Published { revision: list.revision, issued_at, expires_at }, now);
    }

    #[test]
    fn a_list_that_was_never_published_is_due() {
        assert_eq!(Publication::default().due(&PACE), i64::MIN);
    }

    #[test]
    fn the_oldest_change_decides() {
        let mut list = Publication::default();
        out(&mut list, 10_000);
        assert_eq!(list.due(&PACE), 10_400, "renewal only");
        list.changed(10_050);
        list.changed(10_060);
        list.changed(10_040);
        assert_eq!(list.due(&PACE), 10_060);
        out(&mut list, 10_061);
        assert_eq!((list.dirty_since, list.due(&PACE)), (None, 10_461));
    }

    #[test]
    fn a_change_just_before_the_renewal_goes_with_it() {
        let mut list = Publication::default();
        out(&mut list, 10_000);
        list.changed(10_395);
        assert_eq!(list.due(&PACE), 10_400);
    }

    #[test]
    fn a_change_while_publishing_is_not_forgotten() {
        let mut list = Publication::default();
        list.changed(10_000);
        let (read, at) = (list.revision, 10_010);
        list.changed(10_012);
        list.publish(Published { revision: read, issued_at: 10_014, expires_at: 11_014 }, at);
        assert_eq!(list.due(&PACE), 10_030);
    }

    #[test]
    fn a_clock_that_goes_back_does_not_make_an_older_list() {
        let mut list = Publication::default();
        out(&mut list, 10_000);
        assert_eq!(list.times(&PACE, 9_000), (10_001, 11_001));
        assert_eq!(list.times(&PACE, 10_000), (10_001, 11_001));
    }

    proptest! {
        /// Whoever acts when it is due publishes each change within the gathering time and never lets a token end.
        #[test]
        fn nothing_waits_too_long(changes in prop::collection::vec(1i64..900, 0..40)) {
            let mut list = Publication::default();
            let mut now = 10_000;
            out(&mut list, now);
            let mut waiting: Vec<i64> = Vec::new();
            for gap in changes {
                let change = now + gap;
                while list.due(&PACE) <= change {
                    now = list.due(&PACE).max(now);
                    prop_assert!(waiting.iter().all(|at| now - at <= 20));
                    prop_assert!(now < list.published.expect("published").expires_at);
                    waiting.clear();
                    out(&mut list, now);
                }
                now = change;
                list.changed(now);
                waiting.push(now);
                prop_assert!(list.due(&PACE) <= now + 20);
            }
        }
    }
}
