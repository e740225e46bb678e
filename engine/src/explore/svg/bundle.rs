//! Everything between the same two boxes: one arrow with a line of label for each command.

use std::fmt::{self, Write};

use super::head::DOORS;
use super::{escaped, spaced, width};
use crate::explore::diagram::{Diagram, Exit, Step};
use crate::explore::layout::Route;

/// The height of a line of text.
pub(super) const LINE: f64 = 15.0;

/// One line of a label, and the door whose ink it has.
type Text = (String, &'static str);

/// What is drawn between two boxes, or on one.
#[derive(Default)]
pub(super) struct Bundle {
    pub(super) lines: Vec<Text>,
    /// What a pointer that rests on it reads.
    full: Vec<String>,
    /// The door, if it is the same for all.
    door: Option<&'static str>,
    deadlines: bool,
    /// The titles that the last exit is not open to.
    except: Vec<String>,
}

impl Bundle {
    pub(super) fn add(&mut self, step: &Step) {
        let door = DOORS.iter().find(|(door, ..)| *door == step.door).map_or("", |(door, ..)| *door);
        self.door = if self.lines.is_empty() || self.door == Some(door) { Some(door) } else { None };
        self.deadlines = step.deadline && (self.lines.is_empty() || self.deadlines);
        let line = (spaced(step.short()), door);
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
        self.full.push(format!("{} ({})", step.label(), step.door));
    }

    pub(super) fn add_exit(&mut self, diagram: &Diagram, exit: &Exit) {
        let all = diagram.titles(&exit.except);
        let mut names: Vec<String> = all.iter().map(|title| spaced(title)).collect();
        if names.len() > 2 {
            names = vec![format!("{} others", names.len())];
        }
        let except = (format!("but not from {}", names.join(" or ")), "");
        // What holds for several commands is said once, after the last of them.
        if self.except == all && self.lines.last() == Some(&except) {
            self.lines.pop();
        } else if self.except.is_empty() && !self.lines.is_empty() && !all.is_empty() {
            self.lines.push(("from all of them".into(), ""));
        }
        self.add(&exit.step);
        if !all.is_empty() {
            self.full.push(format!("not from {}", all.join(", ")));
            self.lines.push(except);
        }
        self.except = all;
    }

    pub(super) fn size(&self) -> (f64, f64) {
        let widest = self.lines.iter().map(|(line, _)| width(line, 6.8)).fold(0.0, f64::max);
        (widest, self.lines.len() as f64 * LINE)
    }

    pub(super) fn open(&self, text: &mut String) -> fmt::Result {
        let later = if self.deadlines { "later " } else { "" };
        write!(text, "<g class=\"{later}{}\">", self.door.unwrap_or(""))?;
        if !self.full.is_empty() {
            write!(text, "<title>{}</title>", escaped(&self.full.join(", ")))?;
        }
        Ok(())
    }

    pub(super) fn write_lines(&self, text: &mut String, x: f64, top: f64) -> fmt::Result {
        for (n, (line, door)) in self.lines.iter().enumerate() {
            let base = top + LINE * n as f64 + 11.5;
            write!(text, "<text class=\"{door}\" x=\"{x:.1}\" y=\"{base:.1}\">{}</text>", escaped(line))?;
        }
        Ok(())
    }

    pub(super) fn write_route(&self, text: &mut String, route: &Route) -> fmt::Result {
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
}
