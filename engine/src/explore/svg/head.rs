//! The name above the boxes, and what the inks mean.

use std::fmt::Write;

use super::bundle::Bundle;
use super::side::Side;
use super::{Drawing, MARGIN, escaped, spaced, width};
use crate::explore::layout::Plan;

/// Ink by door, for light and for dark. Every pair has a contrast of 4.5 to 1 or more on white
/// and on #0d1117.
pub(super) const DOORS: [(&str, &str, &str, &str); 7] = [
    ("applicant", "applicant", "#0550ae", "#79c0ff"),
    ("reviewer", "reviewer", "#a02c7a", "#f778ba"),
    ("holder", "holder of the task", "#6f42c1", "#d2a8ff"),
    ("performer", "answer to an effect", "#116329", "#7ee787"),
    ("timer", "deadline", "#7d4e00", "#e3b341"),
    ("schedule", "schedule", "#953800", "#ffa657"),
    ("operator", "operator", "#b3121f", "#ff8a84"),
];

/// What stands above the boxes.
pub(super) struct Head {
    pub(super) text: String,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Drawing<'_> {
    /// The name, what the inks mean, and a warning if something may be missing.
    pub(super) fn head(&self, plan: &Plan) -> Head {
        let mut text = String::new();
        let name = spaced(&self.diagram.workflow);
        let _ = writeln!(
            text,
            "<text class=\"head\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
            MARGIN + 14.0,
            escaped(&name)
        );
        let mut head = Head { text, width: width(&name, 10.0), height: MARGIN + 40.0 };
        let beside = self.beside.values().flat_map(Side::bundles);
        let all: Vec<&Bundle> = self.between.values().chain(beside).collect();
        let used = |door: &str| all.iter().flat_map(|own| &own.lines).any(|line| line.1 == door);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Actor;

    /// WCAG 2.2, relative luminance.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(ink: &str, paper: &str) -> f64 {
        let (ink, paper) = (luminance(ink), luminance(paper));
        (ink.max(paper) + 0.05) / (ink.min(paper) + 0.05)
    }

    #[test]
    fn every_ink_is_readable_on_light_and_on_dark_paper() {
        for (door, _, light, dark) in DOORS {
            assert!(contrast(light, "#ffffff") >= 4.5, "{door} on white");
            assert!(contrast(dark, "#0d1117") >= 4.5, "{door} on dark");
        }
    }

    #[test]
    fn every_door_has_an_ink() {
        use crate::{InstanceId, Timestamp};
        let key = crate::EffectKey { instance: InstanceId::new(Timestamp::EPOCH), version: 1, n: 0 };
        let all = [
            Actor::Applicant(String::new()),
            Actor::Reviewer { id: String::new(), roles: std::collections::BTreeSet::new() },
            Actor::Holder { id: String::new(), task: String::new() },
            Actor::Performer(key),
            Actor::Timer,
            Actor::Schedule { name: String::new(), due: Timestamp::EPOCH },
            Actor::Operator(String::new()),
        ];
        let doors: Vec<&str> = all.iter().map(Actor::door).collect();
        assert_eq!(doors, DOORS.map(|(door, ..)| door));
    }
}
