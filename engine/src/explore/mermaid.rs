//! A diagram as Mermaid text.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::diagram::{ANY_OPEN, Diagram, Exit};

impl Diagram {
    /// A `stateDiagram-v2`, as GitHub, GitLab and rustdoc's plugins draw it.
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("stateDiagram-v2\n");
        // Writing to a String cannot fail.
        let _ = self.write_mermaid(&mut text);
        text
    }

    fn write_mermaid(&self, text: &mut String) -> std::fmt::Result {
        for node in &self.nodes {
            let title = node.title();
            if title != node.id {
                writeln!(text, "    state \"{}\" as {}", plain(&title), node.id)?;
            }
        }
        if !self.exits.is_empty() {
            writeln!(text, "    state \"any open state\" as {ANY_OPEN}")?;
        }
        if let Some(first) = self.nodes.first() {
            writeln!(text, "    [*] --> {}", first.id)?;
        }
        let mut arrows: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
        for edge in &self.edges {
            let label = plain(&edge.step.label());
            let (Some(from), Some(to)) = (self.place(&edge.from), self.place(&edge.to)) else {
                continue;
            };
            let labels = arrows.entry((from, to)).or_default();
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        for ((from, to), labels) in arrows {
            writeln!(text, "    {} --> {} : {}", self.nodes[from].id, self.nodes[to].id, labels.join(", "))?;
        }
        for exit in &self.exits {
            let to = exit.to.as_deref().unwrap_or(ANY_OPEN);
            writeln!(text, "    {ANY_OPEN} --> {to} : {}", plain(&self.exit_label(exit)))?;
        }
        for node in self.nodes.iter().filter(|node| node.closed) {
            writeln!(text, "    {} --> [*]", node.id)?;
        }
        match self.nodes.first() {
            Some(first) if !self.complete => {
                writeln!(text, "    note right of {} : {}", first.id, plain(&self.incomplete()))
            }
            _ => Ok(()),
        }
    }

    fn exit_label(&self, exit: &Exit) -> String {
        let stays = if exit.to.is_none() { " (stays)" } else { "" };
        let except = self.titles(&exit.except).join(", ");
        let except = if except.is_empty() { except } else { format!(" (not from {except})") };
        format!("{}{stays}{except}", exit.step.label())
    }

    /// The place of a node among the nodes.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.id == id)
    }

    /// What a diagram says that is not complete.
    pub(super) fn incomplete(&self) -> String {
        format!("not complete: the exploration stopped after {} states", self.explored)
    }

    /// The titles of some nodes.
    pub(super) fn titles(&self, ids: &[String]) -> Vec<String> {
        ids.iter().filter_map(|id| Some(self.nodes[self.place(id)?].title())).collect()
    }
}

impl super::Node {
    /// The phase, and what sets it apart.
    pub(super) fn title(&self) -> String {
        if self.detail.is_empty() { self.phase.clone() } else { format!("{} ({})", self.phase, self.detail) }
    }
}

/// Mermaid ends a label at some characters.
fn plain(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '"' | ':' | ';' | '#' | '\n' | '\r') { ' ' } else { c }).collect()
}
