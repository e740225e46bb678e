//! Waiting times between attempts.

use std::time::Duration;

/// Doubling waiting times with a ceiling, each cut by a random part so that what failed together
/// does not come back together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
    /// The random part that may be cut off, 0.0 to 1.0.
    pub jitter: f64,
}

impl Default for Backoff {
    /// 1 s, 2 s, 4 s ... 1 h, each up to 20 % shorter.
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(3_600), jitter: 0.2 }
    }
}

impl Backoff {
    /// The wait after the `failures`th failure, from 1; `chance` is in 0.0..1.0.
    pub fn wait(&self, failures: u32, chance: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let wait = self.first.saturating_mul(1 << doublings).min(self.longest);
        wait.mul_f64(1.0 - self.jitter.clamp(0.0, 1.0) * chance.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_jitter_only_shortens() {
        let backoff = Backoff::default();
        let seconds = |failures| backoff.wait(failures, 0.0).as_secs();
        assert_eq!([seconds(1), seconds(2), seconds(3), seconds(12), seconds(13)], [1, 2, 4, 2_048, 3_600]);
        assert_eq!(seconds(u32::MAX), 3_600);
        assert_eq!(backoff.wait(1, 1.0), Duration::from_millis(800));
    }
}
