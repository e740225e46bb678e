//! A diagram as a picture that needs nothing else: no script, no font, no style sheet.

mod bundle;
mod head;
mod side;

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::diagram::{Diagram, Node};
use super::layout::{self, Arrow, Vertex};
use bundle::Bundle;
use head::DOORS;
use side::Side;

const STYLE: &str = "\
.sealwright{color:#1f2328;font:11.5px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif}\
.sealwright text{fill:currentColor}\
.sealwright .name{font-size:13px;font-weight:600;text-anchor:middle}\
.sealwright .more{text-anchor:middle}\
.sealwright .end{font-weight:600}\
.sealwright .head{font-size:16px;font-weight:600}\
.sealwright .box{fill:currentColor;fill-opacity:.05;stroke:currentColor;stroke-width:1.3}\
.sealwright .any{fill-opacity:0;stroke-dasharray:2 3}\
.sealwright .line{fill:none;stroke:currentColor;stroke-width:1.3}\
.sealwright .later .line{stroke-dasharray:6 3}\
.sealwright .tip{fill:currentColor}";

const MARGIN: f64 = 20.0;
const BOX: f64 = 34.0;

impl Diagram {
    /// A picture that follows the reader's light or dark scheme. Its ink is `currentColor`, by
    /// door: a page may set `.sealwright` and `.sealwright .applicant` to colours of its own.
    pub fn to_svg(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = Drawing::of(self).write(&mut text);
        text
    }

    fn summary(&self) -> String {
        let names = |closed| -> Vec<String> {
            self.nodes.iter().filter(|node| node.closed == closed).map(|node| spaced(&node.title())).collect()
        };
        let (open, closed) = (names(false), names(true));
        let start = self.nodes.first().map(|node| spaced(&node.title())).unwrap_or_default();
        let mut text = format!(
            "{} open phases: {}. {} ends: {}. It starts in {start}.",
            open.len(),
            open.join(", "),
            closed.len(),
            closed.join(", ")
        );
        if !self.complete {
            text.push_str(&format!(" This is {}.", self.incomplete()));
        }
        text
    }
}

/// Ends that more boxes than this lead to are named beside each of these boxes instead: a dozen
/// lines across the whole picture tell nobody anything.
const CROWD: usize = 4;

/// Boxes are the start, the nodes, and last the one for exits if there is one.
struct Drawing<'a> {
    diagram: &'a Diagram,
    /// Arrows between two boxes.
    between: BTreeMap<(usize, usize), Bundle>,
    /// What hangs beside a box.
    beside: BTreeMap<usize, Side>,
    any: Option<usize>,
}

impl<'a> Drawing<'a> {
    fn of(diagram: &'a Diagram) -> Self {
        let any = (!diagram.exits.is_empty()).then_some(diagram.nodes.len() + 1);
        let mut bundles: BTreeMap<(usize, usize), Bundle> = BTreeMap::new();
        if !diagram.nodes.is_empty() {
            bundles.insert((0, 1), Bundle::default());
        }
        let place = |id: &str| diagram.place(id).map(|n| n + 1);
        for edge in &diagram.edges {
            if let (Some(from), Some(to)) = (place(&edge.from), place(&edge.to)) {
                bundles.entry((from, to)).or_default().add(&edge.step);
            }
        }
        for (any, exit) in diagram.exits.iter().filter_map(|exit| Some((any?, exit))) {
            if let Some(to) = exit.to.as_deref().map_or(Some(any), place) {
                bundles.entry((any, to)).or_default().add_exit(diagram, exit);
            }
        }
        let mut drawing = Self { diagram, between: BTreeMap::new(), beside: BTreeMap::new(), any };
        let crowded = |to: usize| {
            // A closed phase that something leads out of is a place like others.
            let end = to > 0
                && diagram.nodes.get(to - 1).is_some_and(|node| node.closed)
                && !bundles.keys().any(|key| key.0 == to && key.1 != to);
            let leads = |key: &&(usize, usize)| key.1 == to && key.0 != to && Some(key.0) != any;
            end && bundles.keys().filter(leads).count() > CROWD
        };
        let crowded: Vec<bool> = (0..diagram.nodes.len() + 2).map(crowded).collect();
        for ((from, to), bundle) in bundles {
            if from == to {
                drawing.beside.entry(from).or_default().own = Some(bundle);
            } else if crowded[to] && Some(from) != any {
                let end = spaced(&diagram.nodes[to - 1].title());
                drawing.beside.entry(from).or_default().ends.push((end, bundle));
            } else {
                drawing.between.insert((from, to), bundle);
            }
        }
        drawing
    }

    fn vertex(&self, n: usize) -> Vertex {
        if n == 0 {
            return Vertex { left: 7.0, right: 7.0, height: 14.0, room: 14.0 };
        }
        let node = self.diagram.nodes.get(n - 1);
        let title = node.map_or(ANY, |node| &node.phase);
        let detail = node.map_or("", |node| &node.detail);
        let glyph = if node.is_some_and(|node| node.closed) { 22.0 } else { 0.0 };
        let text = (width(title, 8.0) + glyph).max(width(detail, 6.8));
        let met = |at: fn(&(usize, usize)) -> usize| self.between.keys().filter(|key| at(key) == n).count();
        let ports = met(|key| key.0).max(met(|key| key.1)) as f64;
        let left = (text / 2.0 + 14.0).max(ports * 5.0 + 12.0);
        let height = if detail.is_empty() { BOX } else { BOX + 12.0 };
        let beside = self.beside.get(&n).map_or((0.0, 0.0), Side::size);
        Vertex { left, right: left + beside.0, height, room: height.max(beside.1) }
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        let count = self.diagram.nodes.len() + 1 + usize::from(self.any.is_some());
        let vertices: Vec<Vertex> = (0..count).map(|n| self.vertex(n)).collect();
        let arrow = |((from, to), bundle): (&(usize, usize), &Bundle)| Arrow {
            from: *from,
            to: *to,
            label: bundle.size(),
        };
        let arrows: Vec<Arrow> = self.between.iter().map(arrow).collect();
        let plan = layout::plan(&vertices, &arrows, self.any);
        let head = self.head(&plan);
        let (width, top) = (plan.width.max(head.width) + 2.0 * MARGIN, head.height + MARGIN);
        let height = top + plan.height + MARGIN;
        let id = format!("sealwright-{}", escaped(&self.diagram.workflow));
        write!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sealwright\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\">\n\
             <title id=\"{id}-title\">States of {}</title>\n<desc id=\"{id}-desc\">{}</desc>\n\
             <style>{STYLE}",
            escaped(&spaced(&self.diagram.workflow)),
            escaped(&self.diagram.summary())
        )?;
        for (door, _, light, _) in DOORS {
            write!(text, ".sealwright .{door}{{color:{light}}}")?;
        }
        text.push_str("@media (prefers-color-scheme:dark){.sealwright{color:#e6edf3}");
        for (door, _, _, dark) in DOORS {
            write!(text, ".sealwright .{door}{{color:{dark}}}")?;
        }
        writeln!(text, "}}</style>\n{}", head.text)?;
        writeln!(text, "<g transform=\"translate({MARGIN} {top:.1})\">")?;
        for (bundle, route) in self.between.values().zip(&plan.routes) {
            bundle.write_route(text, route)?;
        }
        for (n, vertex) in vertices.iter().enumerate() {
            self.write_box(text, n, vertex, plan.boxes[n])?;
        }
        text.push_str("</g>\n</svg>\n");
        Ok(())
    }

    fn write_box(&self, text: &mut String, n: usize, vertex: &Vertex, (x, top): (f64, f64)) -> fmt::Result {
        let middle = top + vertex.height / 2.0;
        if n == 0 {
            return writeln!(text, "<circle class=\"tip\" cx=\"{x:.1}\" cy=\"{middle:.1}\" r=\"7\"/>");
        }
        let node = self.diagram.nodes.get(n - 1);
        let closed = node.is_some_and(|node| node.closed);
        let class = if node.is_some() { "box" } else { "box any" };
        let radius = if closed { 17.0 } else { 5.0 };
        let full = node.map_or_else(|| ANY.to_owned(), Node::title);
        writeln!(
            text,
            "<g><title>{}</title><rect class=\"{class}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" \
             height=\"{:.1}\" rx=\"{radius}\"/>",
            escaped(&full),
            x - vertex.left,
            vertex.left * 2.0,
            vertex.height
        )?;
        let mut at = x;
        if closed {
            let ring = x - vertex.left + 18.0;
            at += 11.0;
            writeln!(
                text,
                "<circle class=\"line\" cx=\"{ring:.1}\" cy=\"{middle:.1}\" r=\"7\"/>\
                 <circle class=\"tip\" cx=\"{ring:.1}\" cy=\"{middle:.1}\" r=\"3.6\"/>"
            )?;
        }
        let detail = node.map_or("", |node| &node.detail);
        let name = spaced(node.map_or(ANY, |node| &node.phase));
        let base = if detail.is_empty() { middle + 4.5 } else { middle - 2.5 };
        write!(text, "<text class=\"name\" x=\"{at:.1}\" y=\"{base:.1}\">{}</text>", escaped(&name))?;
        if !detail.is_empty() {
            let base = middle + 12.5;
            write!(text, "<text class=\"more\" x=\"{at:.1}\" y=\"{base:.1}\">{}</text>", escaped(detail))?;
        }
        text.push_str("</g>\n");
        let edge = x + vertex.left;
        self.beside.get(&n).map_or(Ok(()), |side| side.write(text, edge, (top, top + vertex.height)))
    }
}

const ANY: &str = "any open state";

/// What a text takes, by a wide guess: the reader's font is not known.
fn width(text: &str, each: f64) -> f64 {
    text.chars().map(|c| if c.is_ascii() { each } else { each * 1.7 }).sum()
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            _ if c.is_control() => {}
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_calls_its_phases_cannot_break_out_of_the_picture() {
        assert_eq!(escaped("<a href=\"x\">&\u{7}</a>"), "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;");
    }
}
