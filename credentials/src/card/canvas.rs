//! The one place where SVG is written: everything that is text passes through [`Escaped`].

use std::fmt::{self, Write as _};

use super::face::Palette;
use super::guilloche::Guilloche;
use super::lettering::{Fitted, LEADING};
use super::photo::Photo;
use super::{Drawing, Words};
use crate::barcode::Modules;

/// Fonts of the common systems, in the order in which they are tried. None is embedded.
const FONTS: &str = "'PingFang SC','Noto Sans CJK SC','Noto Sans SC','Source Han Sans SC','Microsoft YaHei','HarmonyOS Sans SC','Droid Sans Fallback','Noto Sans','Roboto',sans-serif";

/// A text that was drawn, and the field it came from.
#[cfg(feature = "render")]
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) field: &'static str,
    pub(super) text: String,
}

/// The field of words that are the card's own.
pub(super) const WORDS: &str = "words";

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

pub(super) const fn area(x: f64, y: f64, w: f64, h: f64) -> Area {
    Area { x, y, w, h }
}

/// How letters look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letters {
    pub(super) size: f64,
    pub(super) fill: &'static str,
    pub(super) bold: bool,
    pub(super) anchor: Anchor,
    /// Extra space between letters.
    pub(super) spacing: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Letters {
    pub(super) const fn new(size: f64, fill: &'static str) -> Self {
        Self { size, fill, bold: false, anchor: Anchor::Start, spacing: 0.0 }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    pub(super) const fn spaced(self, spacing: f64) -> Self {
        Self { spacing, ..self }
    }
}

/// The drawing so far.
pub(super) struct Canvas {
    pub(super) palette: &'static Palette,
    body: String,
    #[cfg(feature = "render")]
    written: Vec<Written>,
    #[cfg(feature = "render")]
    photo: Option<Vec<u8>>,
}

impl Canvas {
    pub(super) fn new(palette: &'static Palette) -> Self {
        Self {
            palette,
            body: String::with_capacity(64 * 1024),
            #[cfg(feature = "render")]
            written: Vec::new(),
            #[cfg(feature = "render")]
            photo: None,
        }
    }

    /// Markup of our own making; never a value.
    pub(super) fn raw(&mut self, markup: fmt::Arguments<'_>) {
        self.body.write_fmt(markup).expect("writing to a string cannot fail");
    }

    pub(super) fn rect(&mut self, Area { x, y, w, h }: Area, radius: f64, fill: &str) {
        let (x, y, w, h, radius) = (N(x), N(y), N(w), N(h), N(radius));
        self.raw(format_args!(
            r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{radius}" fill="{fill}"/>"#
        ));
    }

    /// One line of a field's text, with its baseline at `y`.
    pub(super) fn text(&mut self, field: &'static str, x: f64, y: f64, text: &str, letters: Letters) {
        self.open(x, y, letters);
        self.raw(format_args!("{}</text>", Escaped(text)));
        self.note(field, text);
    }

    /// Fitted lines of a field's text, the top of the first at `y`.
    pub(super) fn lines(&mut self, field: &'static str, x: f64, y: f64, fitted: &Fitted, letters: Letters) {
        let letters = Letters { size: fitted.size, ..letters };
        let first = y + fitted.size;
        self.open(x, first, letters);
        for (line, text) in fitted.lines.iter().enumerate() {
            let y = first + line as f64 * fitted.size * LEADING;
            self.raw(format_args!(r#"<tspan x="{}" y="{}">{}</tspan>"#, N(x), N(y), Escaped(text)));
        }
        self.raw(format_args!("</text>"));
        self.note(field, &fitted.lines.concat());
    }

    /// A label: Chinese, and English beside it.
    pub(super) fn label(&mut self, x: f64, y: f64, Words(zh, en): Words, size: f64) {
        let letters = Letters::new(size, self.palette.muted);
        self.open(x, y, letters);
        let (gap, small) = (N(size * 0.45), N(size * 0.9));
        self.raw(format_args!(
            r#"{}<tspan dx="{gap}" font-size="{small}" xml:lang="en">{}</tspan></text>"#,
            Escaped(zh),
            Escaped(en)
        ));
        self.note(WORDS, &format!("{zh}{en}"));
    }

    /// Remembers what fonts must be able to write.
    #[cfg_attr(
        not(feature = "render"),
        expect(unused_variables, clippy::unused_self, reason = "SVG asks no font")
    )]
    fn note(&mut self, field: &'static str, text: &str) {
        #[cfg(feature = "render")]
        self.written.push(Written { field, text: text.to_owned() });
    }

    fn open(&mut self, x: f64, y: f64, letters: Letters) {
        let Letters { size, fill, bold, anchor, spacing } = letters;
        let weight = if bold { r#" font-weight="700""# } else { "" };
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => r#" text-anchor="middle""#,
            Anchor::End => r#" text-anchor="end""#,
        };
        self.raw(format_args!(
            r#"<text x="{}" y="{}" font-size="{}" fill="{fill}"{weight}{anchor}"#,
            N(x),
            N(y),
            N(size)
        ));
        if spacing > 0.0 {
            self.raw(format_args!(r#" letter-spacing="{}""#, N(spacing)));
        }
        self.raw(format_args!(">"));
    }

    /// A code in its panel; `module` units a module, the quiet zone included.
    pub(super) fn modules(&mut self, x: f64, y: f64, module: f64, modules: &Modules, Words(zh, en): Words) {
        let (x, y, module, path, ink) = (N(x), N(y), N(module), &modules.path, self.palette.code);
        self.raw(format_args!(
            r#"<g role="img" transform="translate({x} {y}) scale({module})" shape-rendering="crispEdges"><title>{zh} {en}</title><path fill="{ink}" d="{path}"/></g>"#
        ));
    }

    /// A rosette around a point.
    pub(super) fn rosette(
        &mut self,
        guilloche: &Guilloche,
        which: usize,
        at: (f64, f64),
        radius: f64,
        opacity: f64,
    ) {
        let ((times, degrees), petal) = (guilloche.turns(which), guilloche.petal(which, radius));
        let name = format!("r{which}{}", guilloche.name());
        let (x, y, opacity, line) = (N(at.0), N(at.1), N(opacity), self.palette.line);
        self.raw(format_args!(
            r#"<g transform="translate({x} {y})" fill="none" stroke="{line}" stroke-width=".5" stroke-opacity="{opacity}" aria-hidden="true"><path id="{name}" d="{petal}"/>"#
        ));
        for turn in 1..times {
            let degrees = N(f64::from(turn) * degrees);
            self.raw(format_args!(r##"<use href="#{name}" transform="rotate({degrees})"/>"##));
        }
        self.raw(format_args!("</g>"));
    }

    /// Waves inside an area; they rise out of nothing at its left and calm down to its right.
    pub(super) fn waves(&mut self, guilloche: &Guilloche, within: Area, stroke: &str, opacity: f64) {
        let Area { x, y, w, h } = within;
        let name = guilloche.name();
        self.raw(format_args!(
            r##"<linearGradient id="f{name}" gradientUnits="userSpaceOnUse" x2="{w}"><stop stop-color="{stroke}" stop-opacity="0"/><stop offset=".55" stop-color="{stroke}" stop-opacity="{opacity}"/><stop offset="1" stop-color="{stroke}" stop-opacity="{calm}"/></linearGradient><clipPath id="w{name}"><rect width="{w}" height="{h}" y="{top}"/></clipPath><g transform="translate({x} {middle})" clip-path="url(#w{name})" fill="none" stroke="url(#f{name})" stroke-width=".6" aria-hidden="true">"##,
            w = N(w), h = N(h), top = N(-h / 2.0), x = N(x), middle = N(y + h / 2.0), opacity = N(opacity), calm = N(opacity / 3.0)
        ));
        for path in guilloche.waves(w, h * 0.9) {
            self.raw(format_args!(r#"<path d="{path}"/>"#));
        }
        self.raw(format_args!("</g>"));
    }

    /// The portrait, filling `within`.
    pub(super) fn image(&mut self, Area { x, y, w, h }: Area, photo: &Photo<'_>) {
        let (x, y, w, h, uri) = (N(x), N(y), N(w), N(h), photo.data_uri());
        self.raw(format_args!(
            r#"<image x="{x}" y="{y}" width="{w}" height="{h}" preserveAspectRatio="xMidYMid slice" href="{uri}"><title>照片 Photo</title></image>"#
        ));
        #[cfg(feature = "render")]
        self.photo.replace(photo.bytes().to_owned());
    }

    /// The whole document: `size` in units, of which `per_mm` are a millimetre; one is a pixel without.
    pub(super) fn finish(self, size: (f64, f64), per_mm: Option<f64>, title: Words) -> Drawing {
        let Words(zh, en) = title;
        let shown = |units: f64| match per_mm {
            Some(per_mm) => format!("{}mm", N(units / per_mm)),
            None => N(units).to_string(),
        };
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}" height="{}" xml:lang="zh-Hans" font-family="{FONTS}"><title>{zh} {en}</title>{}</svg>"#,
            N(size.0),
            N(size.1),
            shown(size.0),
            shown(size.1),
            self.body
        );
        Drawing {
            svg,
            size,
            #[cfg(feature = "render")]
            written: self.written,
            #[cfg(feature = "render")]
            photo: self.photo,
        }
    }
}

/// A number with at most four digits after the point.
pub(super) struct N(pub(super) f64);

impl fmt::Display for N {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.4}", self.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        f.write_str(if text == "-0" { "0" } else { text })
    }
}

/// Text inside an element. What XML cannot hold at all was refused before.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c => f.write_char(c),
        })
    }
}
