//! What hangs on the right side of a box: the loop back to itself, and ends named in place.

use std::fmt::{self, Write};

use super::bundle::{Bundle, LINE};
use super::{escaped, width};

/// How far an arrow leaves its box.
const OUT: f64 = 26.0;
/// What the sign for an end takes.
const RING: f64 = 18.0;

/// Top to bottom.
#[derive(Default)]
pub(super) struct Side {
    /// What leads back to the box.
    pub(super) own: Option<Bundle>,
    /// The names of ends, and what leads there.
    pub(super) ends: Vec<(String, Bundle)>,
}

impl Side {
    pub(super) fn bundles(&self) -> impl Iterator<Item = &Bundle> {
        self.own.iter().chain(self.ends.iter().map(|(_, bundle)| bundle))
    }

    pub(super) fn size(&self) -> (f64, f64) {
        let own = self.own.as_ref().map_or((0.0, 0.0), Bundle::size);
        let end = |(name, bundle): &(String, Bundle)| {
            let text: f64 = bundle.lines.iter().map(|(line, _)| width(line, 6.8) + 10.0).sum();
            RING + width(name, 7.4) + text
        };
        let wide = self.ends.iter().map(end).fold(own.0, f64::max);
        (OUT + 8.0 + wide, own.1 + LINE * self.ends.len() as f64)
    }

    /// `x` is the edge of the box, which reaches from `top` to `bottom`.
    pub(super) fn write(&self, text: &mut String, x: f64, (top, bottom): (f64, f64)) -> fmt::Result {
        let mut y = (top + bottom - self.size().1) / 2.0;
        if let Some(own) = &self.own {
            let height = own.size().1;
            let at = (y + height / 2.0).clamp(top + 9.0, bottom - 9.0);
            let (upper, lower) = (at - 8.0, at + 8.0);
            own.open(text)?;
            write!(
                text,
                "<path class=\"line\" d=\"M{x:.1} {upper:.1}c{OUT} -6 {OUT} 22 5 16\"/>\
                 <path class=\"tip\" d=\"M{x:.1} {lower:.1}l8 -4v8z\"/>"
            )?;
            own.write_lines(text, x + OUT, y)?;
            text.push_str("</g>\n");
            y += height;
        }
        for (name, bundle) in &self.ends {
            let middle = y + LINE / 2.0;
            let from = middle.clamp(top + 5.0, bottom - 5.0);
            let (tip, ring) = (x + OUT, x + OUT + 8.0);
            bundle.open(text)?;
            write!(
                text,
                "<path class=\"line\" d=\"M{x:.1} {from:.1}C{:.1} {from:.1} {:.1} {middle:.1} {:.1} {middle:.1}\"/>\
                 <path class=\"tip\" d=\"M{tip:.1} {middle:.1}l-8 -4v8z\"/></g>\
                 <circle class=\"line\" cx=\"{ring:.1}\" cy=\"{middle:.1}\" r=\"5\"/>\
                 <circle class=\"tip\" cx=\"{ring:.1}\" cy=\"{middle:.1}\" r=\"2.4\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\"><tspan class=\"end\">{}</tspan>",
                x + 14.0,
                x + 4.0,
                x + OUT - 7.0,
                x + OUT + RING,
                middle + 4.0,
                escaped(name)
            )?;
            for (line, door) in &bundle.lines {
                write!(text, "  <tspan class=\"{door}\">{}</tspan>", escaped(line))?;
            }
            text.push_str("</text>\n");
            y += LINE;
        }
        Ok(())
    }
}
