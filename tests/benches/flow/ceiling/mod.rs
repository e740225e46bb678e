//! The same rows with the raw driver, and nothing else.

mod postgres;
mod sqlite;

use std::time::{Duration, Instant};

use crate::ground::Place;
use crate::rounds::Round;
use crate::script::{Cast, Script};

/// Writes the rows of a script.
pub(crate) enum Ceiling {
    Sqlite(Option<sqlite::Raw>),
    Postgres([postgres::Raw; 2]),
}

impl Ceiling {
    pub(crate) async fn open(place: &Place) -> Self {
        match place.server() {
            None => Self::Sqlite(Some(sqlite::Raw::open(&place.file()))),
            Some(_) => {
                let first = postgres::Raw::open(place.connect().await);
                Self::Postgres([first, postgres::Raw::open(place.connect().await)])
            }
        }
    }

    /// Writes for `time`, for `clients` applications at once: half of them in one batch, the others in the next.
    pub(crate) async fn round(&mut self, script: &Script, clients: usize, time: Duration) -> Round {
        let half = clients.div_ceil(2);
        let more = |tally: &Tally| tally.time < time;
        let mut tally = match self {
            Self::Sqlite(slot) => {
                let mut raw = slot.take().unwrap();
                let groups = if clients == 1 { 1 } else { 2 };
                let (raw, tally) = tokio::task::block_in_place(|| {
                    let tally = raw.write(script, groups, half, more);
                    (raw, tally)
                });
                *slot = Some(raw);
                tally
            }
            Self::Postgres([raw, _]) if clients == 1 => raw.write(script, 1, more).await,
            Self::Postgres([first, second]) => {
                let (one, two) =
                    tokio::join!(first.write(script, half, more), second.write(script, half, more));
                one.and(two)
            }
        };
        let flushes_per_transition = tally.latencies.len() as f64 / tally.transitions as f64;
        Round {
            per_s: tally.transitions as f64 / tally.time.as_secs_f64(),
            latencies: std::mem::take(&mut tally.latencies),
            submit_to_issued: Vec::new(),
            flushes_per_transition,
        }
    }

    /// Writes the rows of as many ended applications as leave `instances` stored.
    pub(crate) async fn fill(&mut self, script: &Script, instances: usize) {
        const AT_ONCE: usize = 250;
        let applications = instances / script.instances();
        let transitions = applications.next_multiple_of(AT_ONCE) * script.transitions();
        let more = |tally: &Tally| tally.transitions < transitions;
        match self {
            Self::Sqlite(slot) => {
                let mut raw = slot.take().unwrap();
                tokio::task::block_in_place(|| raw.write(script, 1, AT_ONCE, more));
                *slot = Some(raw);
            }
            Self::Postgres([raw, _]) => drop(raw.write(script, AT_ONCE, more).await),
        }
    }

    pub(crate) async fn close(self) {
        if let Self::Postgres(connections) = self {
            for raw in connections {
                raw.close().await;
            }
        }
    }
}

/// What a round of the ceiling came to.
#[derive(Default)]
struct Tally {
    transitions: usize,
    latencies: Vec<Duration>,
    time: Duration,
}

impl Tally {
    fn batch(&mut self, transitions: usize, began: Instant) {
        self.transitions += transitions;
        self.latencies.push(began.elapsed());
    }

    fn and(mut self, other: Self) -> Self {
        self.transitions += other.transitions;
        self.latencies.extend(other.latencies);
        self.time = self.time.max(other.time);
        self
    }
}

/// Applications that go through the steps together.
struct Group<'s> {
    casts: Vec<Cast<'s>>,
    step: usize,
}

impl<'s> Group<'s> {
    fn new(script: &'s Script, size: usize) -> Self {
        Self { casts: (0..size).map(|_| script.cast()).collect(), step: 0 }
    }

    /// After the last step others begin.
    fn go_on(&mut self, script: &'s Script) {
        self.step += 1;
        if self.step == script.steps.len() {
            *self = Self::new(script, self.casts.len());
        }
    }
}

/// Bytes that look sealed: they do not compress.
fn sealed(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    fastrand::fill(&mut noise);
    noise
}
