//! A diagram as data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::samples::Samples;
use super::search::{self, Found};
use crate::workflow::Workflow;

/// The id of what [`Exit`]s are drawn from. No node has it.
pub(super) const ANY_OPEN: &str = "any_open";

/// The phases of a workflow and the commands that lead from one to the next.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Diagram {
    /// The workflow's name.
    pub workflow: String,
    /// The phases, in the order in which they were found; the first is where instances start.
    pub nodes: Vec<Node>,
    /// The ways from one phase to another, or back to itself.
    pub edges: Vec<Edge>,
    /// Ways that nearly every open phase has. They are not among the edges.
    pub exits: Vec<Exit>,
    /// How many states were looked at.
    pub explored: usize,
    /// Whether the exploration came to an end by itself. If not, phases or ways may be missing.
    pub complete: bool,
}

/// A phase, or a part of one if the samples tell its states apart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Node {
    /// Unique within the diagram: letters, digits and underscores.
    pub id: String,
    /// The phase's name.
    pub phase: String,
    /// What sets it apart from others of its phase.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// Whether the instance is over.
    pub closed: bool,
}

/// A way from one node to another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Edge {
    /// The id of the node it leaves.
    pub from: String,
    /// The id of the node it reaches.
    pub to: String,
    /// What leads there.
    pub step: Step,
}

/// A way that nearly every open node has.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Exit {
    /// The id of the node it reaches; none if the instance stays where it is.
    pub to: Option<String>,
    /// What leads there.
    pub step: Step,
    /// The ids of the open nodes that do not have it, the first node aside.
    pub except: Vec<String>,
}

/// A command that changes something.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The command's name, such as `applicant.submit`.
    pub command: String,
    /// The [door](crate::Actor::door) it came through.
    pub door: String,
    /// Whether the instance sent it to itself.
    pub deadline: bool,
}

impl Step {
    /// The name for a reader: the command's, or `deadline (..)`.
    pub fn label(&self) -> String {
        if self.deadline { format!("deadline ({})", self.short()) } else { self.command.clone() }
    }

    /// The command's name without its outer part.
    pub(crate) fn short(&self) -> &str {
        self.command.rsplit('.').next().unwrap_or(&self.command)
    }
}

impl Diagram {
    /// Plays the workflow through and notes where its commands lead. The same samples give the
    /// same diagram.
    pub fn explore<W: Workflow>(samples: &Samples<W>) -> Diagram {
        let found = search::search(samples);
        let nodes = nodes(&found);
        let open: BTreeSet<usize> = (1..nodes.len()).filter(|n| !nodes[*n].closed).collect();
        let (edges, exits) = gather(found.ways, &open);
        let id = |n: usize| nodes[n].id.clone();
        Diagram {
            workflow: W::NAME.to_owned(),
            edges: edges
                .into_iter()
                .map(|(from, to, step)| Edge { from: id(from), to: id(to), step })
                .collect(),
            exits: exits
                .into_iter()
                .map(|(to, step, except)| Exit {
                    to: to.map(id),
                    step,
                    except: except.into_iter().map(id).collect(),
                })
                .collect(),
            nodes,
            explored: found.explored,
            complete: found.complete,
        }
    }

    /// Whether some way reaches a phase of this name.
    pub fn has_phase(&self, phase: &str) -> bool {
        self.nodes.iter().any(|node| node.phase == phase)
    }
}

fn nodes(found: &Found) -> Vec<Node> {
    // Mermaid's own words cannot be ids.
    let words = [ANY_OPEN, "state", "note", "end", "direction", "default", "class", "classDef", "style"];
    let mut taken: BTreeSet<String> = words.map(str::to_owned).into();
    let nodes = found.places.iter().map(|place| {
        let (phase, detail) = (place.phase.name(), &place.detail);
        let text = if detail.is_empty() { phase.to_owned() } else { format!("{phase} {detail}") };
        let plain: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        let mut id = plain.clone();
        let mut n = 2;
        while !taken.insert(id.clone()) {
            id = format!("{plain}_{n}");
            n += 1;
        }
        Node { id, phase: phase.to_owned(), detail: detail.clone(), closed: place.phase.is_closed() }
    });
    nodes.collect()
}

type Way = (usize, usize, Step);
type Common = (Option<usize>, Step, Vec<usize>);

/// Takes out the ways that at least three, and two thirds, of the open nodes have in common.
fn gather(ways: BTreeSet<Way>, open: &BTreeSet<usize>) -> (Vec<Way>, Vec<Common>) {
    let mut sources: BTreeMap<(Option<usize>, Step), BTreeSet<usize>> = BTreeMap::new();
    for (from, to, step) in &ways {
        let target = (from != to).then_some(*to);
        sources.entry((target, step.clone())).or_default().insert(*from);
    }
    sources.retain(|(to, _), from| {
        let could = open.iter().filter(|n| Some(**n) != *to).count();
        let do_so = from.intersection(open).count();
        do_so >= 3 && do_so * 3 >= could * 2
    });
    let kept = ways.into_iter().filter(|(from, to, step)| {
        let target = (from != to).then_some(*to);
        !open.contains(from) || !sources.contains_key(&(target, step.clone()))
    });
    let kept = kept.collect();
    let common = sources.into_iter().map(|((to, step), from)| {
        let except = open.difference(&from).copied().filter(|n| Some(*n) != to).collect();
        (to, step, except)
    });
    (kept, common.collect())
}
