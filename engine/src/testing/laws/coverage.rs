//! Which commands were accepted somewhere, over all stories.

use std::collections::{BTreeMap, BTreeSet};

use super::quiet::quietly;
use super::story::{Outcome, Story};
use super::{Broken, Held, Law, Samples, names};
use crate::explore::Diagram;
use crate::workflow::Workflow;

/// What all stories together have seen.
pub(super) struct Coverage {
    held: Held,
    offered: BTreeSet<String>,
    refused: BTreeMap<String, String>,
}

impl Coverage {
    pub(super) fn new() -> Self {
        let held = Held { stories: 0, decisions: 0, accepted: BTreeMap::new(), phases: BTreeSet::new() };
        Self { held, offered: BTreeSet::new(), refused: BTreeMap::new() }
    }

    pub(super) fn note<W: Workflow>(&mut self, story: &Story<'_, W>) {
        self.held.stories += 1;
        self.offered.extend(story.offered.iter().cloned());
        for scene in &story.scenes {
            self.offered.insert(scene.name.clone());
            self.held.phases.extend(scene.phase.map(|phase| phase.name()));
            match &scene.outcome {
                Outcome::Recorded(_) => {
                    self.held.decisions += 1;
                    *self.held.accepted.entry(scene.name.clone()).or_default() += 1;
                }
                Outcome::Refused(why) => {
                    self.refused.insert(scene.name.clone(), why.clone());
                }
                Outcome::Nothing | Outcome::Fault => {}
            }
        }
    }

    /// Whether every command of the workflow's type, and every one that was offered, was accepted.
    /// Chance is given a second chance by an exploration, which is systematic.
    pub(super) fn verdict<W: Workflow>(mut self, samples: &Samples<W>) -> Result<Held, Box<Broken>> {
        let named = names::of::<W::Command>();
        let mut missing = self.missing(samples, &named);
        if !missing.is_empty() {
            if let Ok(diagram) = quietly(|| Diagram::explore(samples)) {
                let edges = diagram.edges.iter().map(|edge| &edge.step);
                for step in edges.chain(diagram.exits.iter().map(|exit| &exit.step)) {
                    *self.held.accepted.entry(step.command.clone()).or_default() += 1;
                }
            }
            missing = self.missing(samples, &named);
        }
        if missing.is_empty() {
            return Ok(self.held);
        }
        let why: Vec<String> = missing.iter().map(|name| self.reason(name)).collect();
        Err(Box::new(Broken {
            law: Law::Accepted,
            workflow: W::NAME,
            why: why.join("\n  "),
            story: Vec::new(),
            seed: None,
        }))
    }

    fn missing<W: Workflow>(&self, samples: &Samples<W>, named: &BTreeSet<String>) -> Vec<String> {
        let within = |outer: &String| {
            let prefix = format!("{outer}.");
            self.held.accepted.keys().any(|name| name.starts_with(&prefix))
        };
        let all: BTreeSet<&String> = named.iter().chain(&self.offered).collect();
        let missing = all.into_iter().filter(|name| {
            !self.held.accepted.contains_key(*name) && !samples.exempt.contains(*name) && !within(name)
        });
        missing.cloned().collect()
    }

    fn reason(&self, name: &str) -> String {
        match self.refused.get(name) {
            Some(why) => format!("`{name}` was refused wherever it was sent, last with: {why}"),
            None if self.offered.contains(name) => {
                format!("`{name}` was sent and never changed anything")
            }
            None => format!("`{name}` is a command of the workflow, and no sample sends it: add one"),
        }
    }
}
