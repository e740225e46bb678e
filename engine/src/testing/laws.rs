//! What holds for every workflow, whatever it is about.
//!
//! [`hold`] plays random stories. Half of them start at the beginning, half somewhere that an
//! [exploration](crate::explore) has reached. Commands come from the [`Samples`]: mostly such as
//! change something, some that are refused, late and repeated ones; time passes; deadlines fire in
//! time and very late. After every step each [`Law`] is checked. A story that breaks one is cut down to what
//! breaks it and printed.
//!
//! ```text
//! #[test]
//! fn the_laws_hold() {
//!     laws::hold(&samples());
//! }
//! ```
//!
//! Runs are repeatable: the seed is fixed. `PROPTEST_CASES` sets how many stories are played (256
//! unless said otherwise), `PROPTEST_RNG_SEED` plays others.

mod check;
mod coverage;
mod fire;
mod names;
mod quiet;
mod story;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

pub use super::Samples;
use crate::explore::{Sent, ways};
use crate::workflow::Workflow;
use coverage::Coverage;
use story::{Deed, Move, Story};

/// Moves in one story, at most. Longer ones find nothing that these do not, only later.
const MOVES: usize = 40;

/// Any will do, as long as it stays the same.
const SEED: u64 = 0x5EA1;

/// Plays random stories, and returns what was seen in them.
///
/// # Panics
/// A law is broken. The message names the law, says why, and tells the shortest story found.
#[track_caller]
pub fn hold<W: Workflow>(samples: &Samples<W>) -> Held {
    match check(samples) {
        Ok(held) => held,
        Err(broken) => panic!("{broken}"),
    }
}

/// As [`hold`], without the panic.
///
/// # Errors
/// The law that is broken.
pub fn check<W: Workflow>(samples: &Samples<W>) -> Result<Held, Box<Broken>> {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    let seed = config.rng_seed;
    let coverage = RefCell::new(Coverage::new());
    // Where an exploration panics, a story from the beginning will, too.
    let starts = quiet::quietly(|| ways(samples)).unwrap_or_default();
    let played = TestRunner::new(config).run(&plots(), |plot| {
        let mut story = Story::new(samples);
        let played = story.play(&plot.deeds(&starts), &plot.moves);
        coverage.borrow_mut().note(&story);
        played.map_err(|fault| TestCaseError::fail(fault.why))
    });
    match played {
        Ok(()) => coverage.into_inner().verdict(samples),
        Err(TestError::Fail(_, plot)) => {
            Err(Box::new(tell(samples, &plot.deeds(&starts), &plot.moves, seed)))
        }
        Err(TestError::Abort(reason)) => Err(Box::new(Broken {
            law: Law::Deterministic,
            workflow: W::NAME,
            why: format!("a story could not be played to its end: {reason}"),
            story: Vec::new(),
            seed: None,
        })),
    }
}

/// The laws. Their text is what a broken one is called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Law {
    /// Folding what was recorded gives the state that the instance had.
    Replay,
    /// Commands, events, effects and rejections are the same after a trip through JSON, and so is
    /// the state that is folded from them.
    RoundTrip,
    /// A deadline that fired is gone or elsewhere, however late it fired, and at most three are
    /// due in a row at the same instant.
    Deadline,
    /// A closed phase waits for nothing.
    Closed,
    /// An open phase waits for a person or for a time: nobody waits in silence.
    Open,
    /// Bad input is refused, not answered with a panic.
    NoPanic,
    /// A command that is accepted nowhere is dead, or a state forgets it.
    Accepted,
    /// The same question gets the same answer.
    Deterministic,
    /// `evolve`, `react`, `moot` and the views answer, within the engine's limits.
    Views,
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Law::Replay => "replay gives the live state",
            Law::RoundTrip => "JSON brings back what it was given",
            Law::Deadline => "a fired deadline moves or vanishes",
            Law::Closed => "a closed phase has no deadline and no task",
            Law::Open => "an open phase has a task or a deadline",
            Law::NoPanic => "`decide` never panics",
            Law::Accepted => "every command is accepted somewhere",
            Law::Deterministic => "the same question gets the same answer",
            Law::Views => "effects, tasks and labels keep the limits and never panic",
        })
    }
}

/// What was seen while the laws held.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Held {
    /// Stories played.
    pub stories: u32,
    /// Decisions that recorded something.
    pub decisions: u64,
    /// How often each command was accepted, by name.
    pub accepted: BTreeMap<String, u64>,
    /// Phases that instances were in.
    pub phases: BTreeSet<&'static str>,
}

/// A broken law, and the story that breaks it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub struct Broken {
    /// Which one.
    pub law: Law,
    /// The workflow's name.
    pub workflow: &'static str,
    /// How it is broken.
    pub why: String,
    /// A line for each step that leads there.
    pub story: Vec<String>,
    seed: Option<String>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "workflow `{}` breaks the law \"{}\":", self.workflow, self.law)?;
        writeln!(f, "  {}", self.why)?;
        if !self.story.is_empty() {
            writeln!(f, "\nThe shortest story found:")?;
        }
        for line in &self.story {
            writeln!(f, "  {line}")?;
        }
        self.seed.as_ref().map_or(Ok(()), |seed| writeln!(f, "\nPlayed with PROPTEST_RNG_SEED={seed}."))
    }
}

/// A law that a step broke.
#[derive(Clone, Debug)]
struct Fault {
    law: Law,
    why: String,
}

type Lawful<T = ()> = Result<T, Fault>;

/// A story as chance chose it.
#[derive(Clone, Debug)]
struct Plot {
    start: Option<u16>,
    moves: Vec<Move>,
}

impl Plot {
    fn deeds<W: Workflow>(&self, starts: &[Vec<Sent<W::Command>>]) -> Vec<Deed<W>> {
        let start = self.start.and_then(|pick| starts.get(usize::from(pick) % starts.len().max(1)));
        start.into_iter().flatten().cloned().map(Deed::from).collect()
    }
}

fn plots() -> impl Strategy<Value = Plot> {
    use proptest::prelude::*;
    let one = prop_oneof![
        8 => any::<u16>().prop_map(Move::Send),
        2 => any::<u16>().prop_map(Move::Change),
        2 => any::<u16>().prop_map(Move::Try),
        2 => any::<u16>().prop_map(Move::Wait),
        2 => Just(Move::Fire),
        1 => any::<u16>().prop_map(Move::FireLate),
        1 => any::<u16>().prop_map(Move::Again),
    ];
    let moves = proptest::collection::vec(one, 1..=MOVES);
    (any::<Option<u16>>(), moves).prop_map(|(start, moves)| Plot { start, moves })
}

/// Cuts the story down further, deed by deed: unlike moves, deeds stay what they are when others
/// before them are taken out.
fn tell<W: Workflow>(samples: &Samples<W>, start: &[Deed<W>], moves: &[Move], seed: RngSeed) -> Broken {
    let mut story = Story::new(samples);
    let mut fault = match story.play(start, moves) {
        Err(fault) => fault,
        Ok(()) => Fault {
            law: Law::Deterministic,
            why: "a story broke a law, and did not when it was played again".into(),
        },
    };
    let mut deeds = story.deeds();
    let mut n = 0;
    while n < deeds.len() {
        let mut fewer: Vec<Deed<W>> = deeds.clone();
        fewer.remove(n);
        let mut shorter = Story::new(samples);
        match shorter.play(&fewer, &[]) {
            Err(same) if same.law == fault.law => {
                (fault, deeds, story, n) = (same, shorter.deeds(), shorter, 0);
            }
            _ => n += 1,
        }
    }
    let seed = match seed {
        RngSeed::Fixed(seed) => Some(seed.to_string()),
        RngSeed::Random => None,
    };
    Broken { law: fault.law, workflow: W::NAME, why: fault.why, story: story.lines(), seed }
}
