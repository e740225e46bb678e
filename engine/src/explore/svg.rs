//! A diagram as a picture that needs nothing else: no script, no font, no style sheet.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::diagram::{Diagram, Exit, Node, Step};
use super::layout::{self, Arrow, Plan, Route, Vertex};

/// Ink by door, for light and for dark. Every pair has a contrast of 4.5 to 1 or more on white
/// and on #0d1117.
const DOORS: [(&str, &str, &str, &str); 7] = [
    ("applicant", "applicant", "#0550ae", "#79c0ff"),
    ("reviewer", "reviewer", "#a02c7a", "#f778ba"),
    ("holder", "holder of the task", "#6f42c1", "#d2a8ff"),
    ("performer", "answer to an effect", "#116329", "#7ee787"),
    ("timer", "deadline", "#7d4e00", "#e3b341"),
    ("schedule", "schedule", "#953800", "#ffa657"),
    ("operator", "operator", "#b3121f", "#ff8a84"),
];

const STYLE: &str = "\
.sealwright{color:#1f2328;font:11.5px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif}\
.sealwright text{fill:currentColor}\
.sealwright .name{font-size:13px;font-weight:600;text-anchor:middle}\
.sealwright .more{text-anchor:middle}\
.sealwright .head{font-size:16px;font-weight:600}\
.sealwright .box{fill:currentColor;fill-opacity:.05;stroke:currentColor;stroke-width:1.3}\
.sealwright .any{fill-opacity:0;stroke-dasharray:2 3}\
.sealwright .line{fill:none;stroke:currentColor;stroke-width:1.3}\
.sealwright .later .line{stroke-dasharray:6 3}\
.sealwright .tip{fill:currentColor}";

const MARGIN: f64 = 20.0;
const BOX: f64 = 34.0;
const LINE: f64 = 15.0;
/// How far a loop leaves its box.
const LOOP: f64 = 26.0;

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
            self.nodes
                .iter()
                .filter(|node| node.closed == closed)
                .map(|node| spaced(&node.title()))
                .collect()
        };
        let (open, closed) = (names(false), names(true));
        let start = self
            .nodes
            .first()
            .map(|node| spaced(&node.title()))
            .unwrap_or_default();
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

/// One line of a label, and the door whose ink it has.
type Text = (String, &'static str);

/// What is drawn between two boxes, or on one.
#[derive(Default)]
struct Bundle {
    lines: Vec<Text>,
    /// What a pointer that rests on it reads.
    full: Vec<String>,
    /// The door, if it is the same for all.
    door: Option<&'static str>,
    deadlines: bool,
}

/// Boxes are the start, the nodes, and last the one for exits if there is one.
struct Drawing<'a> {
    diagram: &'a Diagram,
    bundles: BTreeMap<(usize, usize), Bundle>,
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
        Self {
            diagram,
            bundles,
            any,
        }
    }

    fn vertex(&self, n: usize) -> Vertex {
        if n == 0 {
            return Vertex {
                left: 7.0,
                right: 7.0,
                height: 14.0,
            };
        }
        let node = self.diagram.nodes.get(n - 1);
        let title = node.map_or(ANY, |node| &node.phase);
        let detail = node.map_or("", |node| &node.detail);
        let glyph = if node.is_some_and(|node| node.closed) {
            22.0
        } else {
            0.0
        };
        let text = (width(title, 8.0) + glyph).max(width(detail, 6.8));
        let met = |at: fn(&(usize, usize)) -> usize| self.bundles.keys().filter(|key| at(key) == n).count();
        let ports = met(|key| key.0).max(met(|key| key.1)) as f64;
        let half = (text / 2.0 + 14.0).max(ports * 5.0 + 12.0);
        let hanging = self
            .bundles
            .get(&(n, n))
            .map_or(0.0, |bundle| LOOP + 6.0 + bundle.size().0);
        let height = if detail.is_empty() { BOX } else { BOX + 12.0 };
        let beside = self.bundles.get(&(n, n)).map_or(0.0, |bundle| bundle.size().1);
        Vertex {
            left: half,
            right: half + hanging,
            height: height.max(beside),
        }
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        let count = self.diagram.nodes.len() + 1 + usize::from(self.any.is_some());
        let vertices: Vec<Vertex> = (0..count).map(|n| self.vertex(n)).collect();
        let between: Vec<(&(usize, usize), &Bundle)> =
            self.bundles.iter().filter(|((from, to), _)| from != to).collect();
        let arrows: Vec<Arrow> = between
            .iter()
            .map(|((from, to), bundle)| Arrow {
                from: *from,
                to: *to,
                label: bundle.size(),
            })
            .collect();
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
        for ((_, bundle), route) in between.iter().zip(&plan.routes) {
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
            return writeln!(
                text,
                "<circle class=\"tip\" cx=\"{x:.1}\" cy=\"{middle:.1}\" r=\"7\"/>"
            );
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
        let base = if detail.is_empty() {
            middle + 4.5
        } else {
            middle - 2.5
        };
        write!(
            text,
            "<text class=\"name\" x=\"{at:.1}\" y=\"{base:.1}\">{}</text>",
            escaped(&name)
        )?;
        if !detail.is_empty() {
            let base = middle + 12.5;
            write!(
                text,
                "<text class=\"more\" x=\"{at:.1}\" y=\"{base:.1}\">{}</text>",
                escaped(detail)
            )?;
        }
        text.push_str("</g>\n");
        self.bundles
            .get(&(n, n))
            .map_or(Ok(()), |own| own.write_loop(text, x + vertex.left, middle))
    }

    /// The name, what the inks mean, and a warning if something may be missing.
    fn head(&self, plan: &Plan) -> Head {
        let mut text = String::new();
        let name = spaced(&self.diagram.workflow);
        let _ = writeln!(
            text,
            "<text class=\"head\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
            MARGIN + 14.0,
            escaped(&name)
        );
        let mut head = Head {
            text,
            width: width(&name, 10.0),
            height: MARGIN + 40.0,
        };
        let used = |door: &str| {
            self.bundles
                .values()
                .flat_map(|own| &own.lines)
                .any(|line| line.1 == door)
        };
        let mut x = 0.0;
        for (door, means, ..) in DOORS.into_iter().filter(|(door, ..)| used(door)) {
            let item = 30.0 + width(means, 6.8);
            if x > 0.0 && x + item > plan.width.max(420.0) {
                x = 0.0;
                head.height += 18.0;
            }
            let (left, y) = (MARGIN + x, head.height);
            let later = if door == "timer" { " later" } else { "" };
            let _ = writeln!(
                head.text,
                "<g class=\"{door}{later}\"><path class=\"line\" d=\"M{left:.1} {:.1}h20\"/>\
                 <text x=\"{:.1}\" y=\"{y:.1}\">{means}</text></g>",
                y - 4.0,
                left + 26.0
            );
            head.width = head.width.max(x + item);
            x += item + 12.0;
        }
        if !self.diagram.complete {
            head.height += 20.0;
            let warning = self.diagram.incomplete();
            head.width = head.width.max(width(&warning, 6.8));
            let _ = writeln!(
                head.text,
                "<text x=\"{MARGIN}\" y=\"{:.1}\">{}</text>",
                head.height,
                escaped(&warning)
            );
        }
        head
    }
}

struct Head {
    text: String,
    width: f64,
    height: f64,
}

const ANY: &str = "any open state";

impl Bundle {
    fn add(&mut self, step: &Step) {
        let door = DOORS
            .iter()
            .find(|(door, ..)| *door == step.door)
            .map_or("", |(door, ..)| *door);
        self.door = if self.lines.is_empty() || self.door == Some(door) {
            Some(door)
        } else {
            None
        };
        self.deadlines = step.deadline && (self.lines.is_empty() || self.deadlines);
        let line = (spaced(step.short()), door);
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
        self.full.push(format!("{} ({})", step.label(), step.door));
    }

    fn add_exit(&mut self, diagram: &Diagram, exit: &Exit) {
        self.add(&exit.step);
        let except: Vec<String> = diagram
            .titles(&exit.except)
            .iter()
            .map(|title| spaced(title))
            .collect();
        if !except.is_empty() {
            self.lines
                .push((format!("but not from {}", except.join(", ")), ""));
        }
    }

    fn size(&self) -> (f64, f64) {
        let widest = self
            .lines
            .iter()
            .map(|(line, _)| width(line, 6.8))
            .fold(0.0, f64::max);
        (widest, self.lines.len() as f64 * LINE)
    }

    fn open(&self, text: &mut String) -> fmt::Result {
        let later = if self.deadlines { "later " } else { "" };
        write!(text, "<g class=\"{later}{}\">", self.door.unwrap_or(""))?;
        if !self.full.is_empty() {
            write!(text, "<title>{}</title>", escaped(&self.full.join(", ")))?;
        }
        Ok(())
    }

    fn write_lines(&self, text: &mut String, x: f64, top: f64) -> fmt::Result {
        for (n, (line, door)) in self.lines.iter().enumerate() {
            let base = top + LINE * n as f64 + 11.5;
            write!(
                text,
                "<text class=\"{door}\" x=\"{x:.1}\" y=\"{base:.1}\">{}</text>",
                escaped(line)
            )?;
        }
        Ok(())
    }

    fn write_route(&self, text: &mut String, route: &Route) -> fmt::Result {
        self.open(text)?;
        text.push_str("<path class=\"line\" d=\"");
        let mut last: Option<(f64, f64)> = None;
        for [(x, top), (_, bottom)] in &route.runs {
            match last {
                None => write!(text, "M{x:.1} {top:.1}")?,
                Some((from, y)) => {
                    let half = (y + top) / 2.0;
                    write!(text, "C{from:.1} {half:.1} {x:.1} {half:.1} {x:.1} {top:.1}")?;
                }
            }
            write!(text, "V{bottom:.1}")?;
            last = Some((*x, *bottom));
        }
        text.push_str("\"/>");
        let first = route.runs.first().map(|run| run[0]);
        if let Some((x, y)) = if route.up { first } else { last } {
            let back = if route.up { 8 } else { -8 };
            write!(text, "<path class=\"tip\" d=\"M{x:.1} {y:.1}l-4 {back}h8z\"/>")?;
        }
        self.write_lines(text, route.label.0 + 7.0, route.label.1)?;
        text.push_str("</g>\n");
        Ok(())
    }

    fn write_loop(&self, text: &mut String, x: f64, y: f64) -> fmt::Result {
        self.open(text)?;
        let (upper, lower) = (y - 8.0, y + 8.0);
        write!(
            text,
            "<path class=\"line\" d=\"M{x:.1} {upper:.1}c{LOOP} -6 {LOOP} 22 5 16\"/>\
             <path class=\"tip\" d=\"M{x:.1} {lower:.1}l8 -4v8z\"/>"
        )?;
        self.write_lines(text, x + LOOP, y - self.size().1 / 2.0)?;
        text.push_str("</g>\n");
        Ok(())
    }
}

/// What a text takes, by a wide guess: the reader's font is not known.
fn width(text: &str, each: f64) -> f64 {
    text.chars()
        .map(|c| if c.is_ascii() { each } else { each * 1.7 })
        .sum()
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
