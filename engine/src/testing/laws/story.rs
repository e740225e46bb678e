//! One instance's life, played step by step.

use std::time::Duration;

use super::quiet::quietly;
use super::{Fault, Law, Lawful, Samples, check};
use crate::door::Actor;
use crate::explore::{Sent, admits, fold};
use crate::name::{Name, name_of};
use crate::time::Timestamp;
use crate::workflow::{Phase, Workflow};

/// A step as chance chose it: what it comes to depends on the state.
#[derive(Clone, Debug)]
pub(super) enum Move {
    /// A command that changes something and leaves the instance open, if there is one. Without
    /// this, chance would end most stories before anything happened in them.
    Send(u16),
    /// A command that changes something, if there is one.
    Change(u16),
    /// Any command.
    Try(u16),
    /// One that was sent before: late, or twice.
    Again(u16),
    /// Time passes.
    Wait(u16),
    /// The deadline fires in time.
    Fire,
    /// The deadline fires after an outage.
    FireLate(u16),
}

/// A step as it was played.
pub(super) enum Deed<W: Workflow> {
    Send(Timestamp, Actor, W::Command),
    Fire(Timestamp),
}

impl<W: Workflow> From<Sent<W::Command>> for Deed<W> {
    fn from(sent: Sent<W::Command>) -> Self {
        if sent.deadline { Deed::Fire(sent.at) } else { Deed::Send(sent.at, sent.actor, sent.command) }
    }
}

impl<W: Workflow> Clone for Deed<W> {
    fn clone(&self) -> Self {
        match self {
            Deed::Send(at, actor, command) => Deed::Send(*at, actor.clone(), command.clone()),
            Deed::Fire(at) => Deed::Fire(*at),
        }
    }
}

/// How late deadlines fire: in time, and after outages that nobody hopes for.
pub(super) const LATE: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(3_600),
    Duration::from_secs(40 * 86_400),
    Duration::from_secs(3_650 * 86_400),
];

/// What came of a deed.
pub(super) enum Outcome {
    Recorded(String),
    Nothing,
    Refused(String),
    Fault,
}

/// A deed with what came of it.
pub(super) struct Scene<W: Workflow> {
    pub(super) deed: Deed<W>,
    /// The command, written out.
    sent: String,
    /// The command's name.
    pub(super) name: String,
    pub(super) outcome: Outcome,
    pub(super) phase: Option<Phase>,
}

/// An instance's life so far.
pub(super) struct Story<'a, W: Workflow> {
    pub(super) samples: &'a Samples<W>,
    pub(super) state: W,
    pub(super) now: Timestamp,
    pub(super) scenes: Vec<Scene<W>>,
    pub(super) recorded: Vec<(W::Event, Timestamp)>,
    /// Effects asked for, which `moot` may be asked about at any time.
    pub(super) effects: Vec<W::Effect>,
    /// What the offered commands are called, accepted or not.
    pub(super) offered: Vec<String>,
}

impl<'a, W: Workflow> Story<'a, W> {
    pub(super) fn new(samples: &'a Samples<W>) -> Self {
        Self {
            samples,
            state: W::default(),
            now: samples.start,
            scenes: Vec::new(),
            recorded: Vec::new(),
            effects: Vec::new(),
            offered: Vec::new(),
        }
    }

    /// Deeds that are known, and then what chance chooses.
    pub(super) fn play(&mut self, start: &[Deed<W>], moves: &[Move]) -> Lawful {
        check::start(self)?;
        start.iter().try_for_each(|deed| self.act(deed.clone()))?;
        for one in moves {
            if let Some(deed) = self.choose(one)? {
                self.act(deed)?;
            }
        }
        check::replay(self)
    }

    pub(super) fn deeds(&self) -> Vec<Deed<W>> {
        self.scenes.iter().map(|scene| scene.deed.clone()).collect()
    }

    /// The story for a reader.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |scene: &Scene<W>| {
            let (at, door) = match &scene.deed {
                Deed::Send(at, actor, _) => (at, actor.door()),
                Deed::Fire(at) => (at, "timer"),
            };
            let came = match &scene.outcome {
                Outcome::Recorded(events) => events.clone(),
                Outcome::Nothing => "nothing".into(),
                Outcome::Refused(why) => format!("refused: {why}"),
                Outcome::Fault => "!".into(),
            };
            format!("at {} by {door}: {} -> {came}", brief(*at), scene.sent)
        };
        self.scenes.iter().map(line).collect()
    }

    /// What a move comes to, here and now.
    fn choose(&mut self, one: &Move) -> Lawful<Option<Deed<W>>> {
        let send = |(actor, command): (Actor, W::Command), now| Deed::Send(now, actor, command);
        Ok(match one {
            Move::Send(pick) | Move::Change(pick) => {
                let stay = matches!(one, Move::Send(_));
                let all = self.candidates()?;
                let useful = |(actor, command): &(Actor, W::Command)| self.useful(actor, command, stay);
                let (useful, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(useful);
                let all = if useful.is_empty() { rest } else { useful };
                pick_name(all, *pick).map(|it| send(it, self.now))
            }
            Move::Try(pick) => pick_from(self.candidates()?, *pick).map(|it| send(it, self.now)),
            Move::Again(pick) => {
                let sent = self.scenes.iter().filter_map(|scene| match &scene.deed {
                    Deed::Send(_, actor, command) => Some((actor.clone(), command.clone())),
                    Deed::Fire(_) => None,
                });
                pick_from(sent.collect(), *pick).map(|it| send(it, self.now))
            }
            Move::Wait(pick) => {
                if let Some(step) = pick_from(self.samples.steps.clone(), *pick) {
                    self.now = self.now + step;
                }
                None
            }
            Move::Fire => self.due().map(Deed::Fire),
            Move::FireLate(pick) => {
                let late = pick_from(LATE.to_vec(), *pick).unwrap_or_default();
                self.due().map(|due| Deed::Fire(due + late))
            }
        })
    }

    /// Whether the command changes something, or panics: that, too, is worth a step.
    fn useful(&self, actor: &Actor, command: &W::Command, stay: bool) -> bool {
        let tried = quietly(|| {
            let events = self.samples.decide(&self.state, actor, command.clone(), self.now).ok()?;
            let open = || !fold(&self.state, &events, self.now).phase().is_closed();
            Some(!events.is_empty() && (!stay || open()))
        });
        tried.map_or(true, |useful| useful.unwrap_or(false))
    }

    fn candidates(&mut self) -> Lawful<Vec<(Actor, W::Command)>> {
        let all = quietly(|| self.samples.candidates(&self.state, self.now)).map_err(|panic| Fault {
            law: Law::Views,
            why: format!("the samples, or a view they looked at, panicked: {panic}"),
        })?;
        for (_, command) in &all {
            let name = name_of(command).to_string();
            if !self.offered.contains(&name) {
                self.offered.push(name);
            }
        }
        Ok(all)
    }

    fn due(&self) -> Option<Timestamp> {
        self.state.deadline().map(|(due, _)| due.max(self.now))
    }

    fn act(&mut self, deed: Deed<W>) -> Lawful {
        let (actor, command, at) = match &deed {
            Deed::Send(at, actor, command) => (actor.clone(), command.clone(), self.now.max(*at)),
            Deed::Fire(at) => match self.state.deadline() {
                Some((due, command)) => (Actor::Timer, command, self.now.max(due).max(*at)),
                None => return Ok(()),
            },
        };
        if !admits(&self.state, &actor, at) {
            return Ok(());
        }
        self.now = at;
        let deed = match deed {
            Deed::Send(..) => Deed::Send(at, actor.clone(), command.clone()),
            Deed::Fire(_) => Deed::Fire(at),
        };
        self.scenes.push(Scene {
            deed,
            sent: format!("{command:?}"),
            name: name_of(&command).to_string(),
            outcome: Outcome::Fault,
            phase: None,
        });
        let outcome = match check::decide(self, &actor, &command)? {
            Ok(events) if events.is_empty() => Outcome::Nothing,
            Ok(events) => {
                let text = format!("{events:?}");
                self.record(events, &text)?;
                Outcome::Recorded(text)
            }
            Err(rejection) => Outcome::Refused(rejection.to_string()),
        };
        if let Some(scene) = self.scenes.last_mut() {
            scene.outcome = outcome;
        }
        Ok(())
    }

    fn record(&mut self, events: Vec<W::Event>, text: &str) -> Lawful {
        if let Some(scene) = self.scenes.last_mut() {
            // Told even if the next check fails.
            scene.outcome = Outcome::Recorded(text.to_owned());
        }
        let next = check::evolve(self, &events)?;
        let effects = check::react(&next, &events)?;
        self.state = next;
        self.recorded.extend(events.into_iter().map(|event| (event, self.now)));
        self.effects.extend(effects);
        check::state(self)?;
        let phase = self.state.phase();
        if let Some(scene) = self.scenes.last_mut() {
            scene.phase = Some(phase);
        }
        Ok(())
    }

    /// The state, folded anew.
    pub(super) fn folded(&self, recorded: &[(W::Event, Timestamp)]) -> W {
        recorded
            .iter()
            .fold(W::default(), |state, (event, at)| fold(&state, std::slice::from_ref(event), *at))
    }
}

/// Spread over everything there is, whatever there is.
fn pick_from<T>(mut all: Vec<T>, pick: u16) -> Option<T> {
    if all.is_empty() {
        return None;
    }
    let n = usize::from(pick) * all.len() / (usize::from(u16::MAX) + 1);
    Some(all.swap_remove(n))
}

/// As [`pick_from`], among the names first: ten samples of one command are no reason to send it ten
/// times as often as another.
fn pick_name<A, C: serde::Serialize>(all: Vec<(A, C)>, pick: u16) -> Option<(A, C)> {
    let mut named: Vec<(Name, Vec<(A, C)>)> = Vec::new();
    for (actor, command) in all {
        let name = name_of(&command);
        match named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, same)) => same.push((actor, command)),
            None => named.push((name, vec![(actor, command)])),
        }
    }
    let (_, same) = pick_from(named, pick)?;
    // The low digits, which hardly count for the name.
    pick_from(same, pick.rotate_left(8))
}

/// A time without the digits that say nothing.
pub(super) fn brief(at: Timestamp) -> String {
    at.to_string().replace(".000000Z", "Z")
}
