//! How often somebody may try: counted per minute, bounded in memory, forgotten with the process.
//!
//! Each node counts for itself, so `n` nodes let through `n` times as much. That is what the limits allow for.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use actix_web::HttpRequest;

use crate::problem::{BUSY, Problem};

/// How long tries are counted together, in seconds.
const WINDOW_S: i64 = 60;

/// Whom a throttle knows apart at once; about 4 MiB. Those beyond share one count.
const CLIENTS: usize = 65_536;

/// Counts tries of clients `K`.
#[derive(Debug)]
pub struct Throttle<K> {
    tries: u32,
    pause_s: i64,
    known: Mutex<HashMap<Option<K>, Count>>,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    ends_at: i64,
    tries: u32,
}

impl<K: Eq + Hash + Clone> Throttle<K> {
    /// Lets each client try `tries` times a minute. Whoever tries more waits for `pause_s`, from that try on.
    pub fn new(tries: u32, pause_s: i64) -> Self {
        Self { tries, pause_s, known: Mutex::default() }
    }

    /// Counts a try at `at` (Unix seconds).
    ///
    /// # Errors
    /// It was one too many; try again after so many seconds.
    pub fn count(&self, who: &K, at: i64) -> Result<(), i64> {
        self.look(who, at, 1)
    }

    /// Whether the client may try, without counting it.
    ///
    /// # Errors
    /// It has to wait for so many seconds.
    pub fn check(&self, who: &K, at: i64) -> Result<(), i64> {
        self.look(who, at, 0)
    }

    fn look(&self, who: &K, at: i64, tries: u32) -> Result<(), i64> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut place = Some(who.clone());
        if !known.contains_key(&place) && known.len() >= CLIENTS {
            known.retain(|_, count| count.ends_at > at);
            if known.len() >= CLIENTS {
                place = None;
            }
        }
        let fresh = Count { ends_at: at.saturating_add(WINDOW_S), tries: 0 };
        if tries == 0 && !known.contains_key(&place) {
            return Ok(());
        }
        let count = known.entry(place).or_insert(fresh);
        // A clock that was set back must not lock anybody out for long.
        let longest = at.saturating_add(self.pause_s.max(WINDOW_S));
        if count.ends_at <= at || count.ends_at > longest {
            *count = fresh;
        }
        let before = count.tries;
        count.tries = before.saturating_add(tries);
        if count.tries <= self.tries {
            return Ok(());
        }
        if before <= self.tries {
            count.ends_at = at.saturating_add(self.pause_s);
            tracing::warn!(tries = self.tries, "a client tries too often and has to wait");
        }
        Err(count.ends_at.saturating_sub(at).max(1))
    }
}

/// The refusal of one who has to wait for so many seconds.
pub fn too_often(seconds: i64) -> Problem {
    BUSY.because("this was tried too often in a short time")
        .todo("Wait as long as Retry-After says.")
        .after(u64::try_from(seconds).unwrap_or(1))
}

/// Who sends a request: the address of the connection or, behind a proxy, the one that the proxy added. Of IPv6
/// the network, since one customer has all of its addresses.
pub fn client(request: &HttpRequest, behind_proxy: bool) -> IpAddr {
    let forwarded = || {
        let header = request.headers().get_all("X-Forwarded-For").last()?.to_str().ok()?;
        header.rsplit(',').next()?.trim().parse().ok()
    };
    let connected = || request.peer_addr().map(|peer| peer.ip());
    let address = behind_proxy.then(forwarded).flatten().or_else(connected);
    network(address.unwrap_or(IpAddr::from([0, 0, 0, 0])))
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn one_try_too_many_waits_and_nobody_else_does() {
        let throttle = Throttle::new(2, 300);
        assert_eq!([throttle.count(&1, 0), throttle.count(&1, 59)], [Ok(()); 2]);
        assert_eq!(throttle.check(&1, 59), Ok(()), "the limit itself is allowed");
        assert_eq!(throttle.count(&1, 59), Err(300));
        assert_eq!(throttle.count(&1, 159), Err(200), "trying on does not make it longer");
        assert_eq!(throttle.check(&1, 358), Err(1));
        assert_eq!(throttle.count(&2, 159), Ok(()));
        assert_eq!(throttle.check(&1, 359), Ok(()));
        assert_eq!(throttle.count(&1, 359), Ok(()));
    }

    #[test]
    fn a_minute_later_everything_is_forgotten() {
        let throttle = Throttle::new(1, 60);
        for minute in 0..5 {
            assert_eq!(throttle.count(&1, minute * 60), Ok(()));
        }
        assert_eq!(throttle.count(&1, 241), Err(60));
        assert_eq!(throttle.count(&1, 0), Ok(()), "a clock set back is no reason to wait for years");
    }

    #[test]
    fn the_memory_is_bounded_and_strangers_share_what_is_left() {
        let throttle = Throttle::new(3, 60);
        for client in 0..CLIENTS {
            assert_eq!(throttle.count(&client, 0), Ok(()));
        }
        let strangers = (CLIENTS..CLIENTS + 5).map(|client| throttle.count(&client, 0).is_ok());
        assert_eq!(strangers.collect::<Vec<_>>(), [true, true, true, false, false]);
        assert!(throttle.known.lock().unwrap().len() <= CLIENTS + 1);
        assert_eq!(throttle.count(&0, 0), Ok(()), "who is known is not disturbed");
        assert_eq!(throttle.count(&(CLIENTS + 9), 61), Ok(()));
        assert_eq!(throttle.known.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_proxy_is_believed_only_where_there_is_one() {
        let asked = |header: &str| {
            let request = TestRequest::default().peer_addr("192.0.2.1:4000".parse().unwrap());
            request.insert_header(("X-Forwarded-For", header)).to_http_request()
        };
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let forged = asked("203.0.113.7, 198.51.100.2");
        assert_eq!(client(&forged, false), address("192.0.2.1"));
        assert_eq!(client(&forged, true), address("198.51.100.2"), "the last one is the proxy's own word");
        assert_eq!(client(&asked("nonsense"), true), address("192.0.2.1"));
        assert_eq!(client(&asked("2001:db8:1:2:3:4:5:6"), true), address("2001:db8:1:2::"));
        assert_eq!(client(&asked("::ffff:192.0.2.9"), true), address("192.0.2.9"));
    }
}
