//! The walk through a workflow's states.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::diagram::Step;
use super::samples::{Samples, fold};
use crate::door::Actor;
use crate::name::name_of;
use crate::time::Timestamp;
use crate::workflow::{Phase, Workflow};

/// States that look alike and are still followed up. Enough for a counter to reach its limit
/// behind commands that look the same each time, and few enough that times do not multiply.
const ALIKE: usize = 8;

/// What a search came upon.
pub(super) struct Found {
    pub(super) places: Vec<Place>,
    pub(super) ways: BTreeSet<(usize, usize, Step)>,
    pub(super) explored: usize,
    pub(super) complete: bool,
}

/// A command on the way to a state.
#[derive(Clone)]
#[cfg_attr(not(feature = "testing"), expect(dead_code, reason = "only the laws walk a way again"))]
pub(crate) struct Sent<C> {
    pub(crate) at: Timestamp,
    pub(crate) actor: Actor,
    pub(crate) command: C,
    pub(crate) deadline: bool,
}

/// A shortest way to one state of each sort: same place, same commands that change something.
#[cfg(feature = "testing")]
pub(crate) fn ways<W: Workflow>(samples: &Samples<W>) -> Vec<Vec<Sent<W::Command>>> {
    let search = walk(samples);
    let way = |head: &usize| {
        let back = std::iter::successors(Some(*head), |at| search.trail[*at].as_ref().map(|(from, _)| *from));
        let mut way: Vec<Sent<W::Command>> =
            back.filter_map(|at| search.trail[at].as_ref().map(|(_, sent)| sent.clone())).collect();
        way.reverse();
        way
    };
    search.heads.iter().map(way).collect()
}

/// States that a diagram does not tell apart.
#[derive(PartialEq, Eq)]
pub(super) struct Place {
    pub(super) phase: Phase,
    pub(super) detail: String,
}

/// Breadth first, so that the first way found to a phase is a shortest one.
pub(super) fn search<W: Workflow>(samples: &Samples<W>) -> Found {
    walk(samples).found
}

fn walk<W: Workflow>(samples: &Samples<W>) -> Search<'_, W> {
    let mut search = Search {
        samples,
        found: Found { places: Vec::new(), ways: BTreeSet::new(), explored: 0, complete: true },
        seen: Vec::new(),
        alike: BTreeMap::new(),
        trail: Vec::new(),
        heads: Vec::new(),
        queue: VecDeque::new(),
    };
    search.visit(W::default(), samples.start, None);
    while let Some((from, moves)) = search.queue.pop_front() {
        for next in moves {
            search.visit(next.state, next.sent.at, Some((from, next.sent)));
        }
    }
    search
}

struct Search<'a, W: Workflow> {
    samples: &'a Samples<W>,
    found: Found,
    /// The states of each place.
    seen: Vec<Vec<W>>,
    /// How many states of a place accept the same commands.
    alike: BTreeMap<(usize, BTreeSet<Step>), usize>,
    /// How each state was reached: from which, by what.
    trail: Vec<Option<(usize, Sent<W::Command>)>>,
    /// The first state of each sort.
    heads: Vec<usize>,
    queue: VecDeque<(usize, Vec<Next<W>>)>,
}

/// Where a command leads.
struct Next<W: Workflow> {
    step: Step,
    to: usize,
    state: W,
    sent: Sent<W::Command>,
}

impl<W: Workflow> Search<'_, W> {
    /// Looks at a state unless it was seen before, and queues what follows from it.
    fn visit(&mut self, state: W, at: Timestamp, origin: Option<(usize, Sent<W::Command>)>) {
        let place = self.place(&state);
        if self.seen[place].contains(&state) {
            return;
        }
        if self.found.explored >= self.samples.states {
            self.found.complete = false;
            return;
        }
        self.found.explored += 1;
        let moves = self.moves(&state, at);
        self.seen[place].push(state);
        let mut news = false;
        for next in &moves {
            news |= self.found.ways.insert((place, next.to, next.step.clone()));
        }
        let enabled = moves.iter().map(|next| next.step.clone()).collect();
        let alike = self.alike.entry((place, enabled)).or_default();
        *alike += 1;
        let here = self.trail.len();
        self.trail.push(origin);
        if *alike == 1 {
            self.heads.push(here);
        }
        if news || *alike <= ALIKE {
            self.queue.push_back((here, moves));
        }
    }

    fn place(&mut self, state: &W) -> usize {
        let place = Place { phase: state.phase(), detail: self.samples.detail(state) };
        self.found.places.iter().position(|known| *known == place).unwrap_or_else(|| {
            self.found.places.push(place);
            self.seen.push(Vec::new());
            self.found.places.len() - 1
        })
    }

    /// Everything that changes `state`: commands at once, commands that only time allows, and the
    /// deadline. Time does not pass beyond the deadline: that is what it is for.
    fn moves(&mut self, state: &W, at: Timestamp) -> Vec<Next<W>> {
        let deadline = state.deadline();
        let mut moves: Vec<Next<W>> = Vec::new();
        for wait in [Duration::ZERO].iter().chain(&self.samples.steps) {
            let now = at + *wait;
            if !wait.is_zero() && deadline.as_ref().is_some_and(|(due, _)| *due <= now) {
                continue;
            }
            let early = moves.len();
            for (actor, command) in self.samples.candidates(state, now) {
                let Some(next) = self.next(state, &actor, command, now, false) else {
                    continue;
                };
                let known = |earlier: &Next<W>| earlier.step == next.step && earlier.to == next.to;
                if !moves[..early].iter().any(known) {
                    moves.push(next);
                }
            }
        }
        if let Some((due, command)) = deadline {
            moves.extend(self.next(state, &Actor::Timer, command, at.max(due), true));
        }
        moves
    }

    fn next(
        &mut self,
        state: &W,
        actor: &Actor,
        command: W::Command,
        at: Timestamp,
        deadline: bool,
    ) -> Option<Next<W>> {
        let events = self.samples.decide(state, actor, command.clone(), at).ok()?;
        if events.is_empty() {
            return None;
        }
        let name = name_of(&command).to_string();
        let step = Step { command: name, door: actor.door().to_owned(), deadline };
        let state = fold(state, &events, at);
        let sent = Sent { at, actor: actor.clone(), command, deadline };
        Some(Next { step, to: self.place(&state), state, sent })
    }
}
