//! What both forms are made of: header, standing, fields, class badges, codes.

use chrono::DateTime;

use super::canvas::{Anchor, Area, Canvas, Letters, N, WORDS, area};
use super::face::{Palette, standing_words};
use super::guilloche::Guilloche;
use super::lettering::{ems, fit};
use super::photo::Photo;
use super::{Card, CardError, Face, Showing, Words, classes};
use crate::barcode::{Modules, code128_modules, qr_modules};
use crate::verify::CHINA_OFFSET_S;
use crate::{Content, Date, Sex};

pub(super) const TITLE: Words = Words("机动车电子驾驶证", "Electronic Driving Licence");
/// Where the page is as light as it gets.
const FADE: f64 = 900.0;
const VERIFY: Words = Words("以扫码核验结果为准", "Only a verified scan counts, not the picture");

/// A card with the canvas it is drawn on.
pub(super) struct Sheet<'a> {
    pub(super) card: &'a Card<'a>,
    pub(super) face: Face,
    pub(super) guilloche: Guilloche,
    pub(super) canvas: Canvas,
}

/// The sizes that differ between forms.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) label: f64,
    pub(super) value: f64,
    pub(super) least: f64,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(card: &'a Card<'a>, face: Face) -> Self {
        let guilloche = Guilloche::of(&card.content.serial);
        Self { card, face, guilloche, canvas: Canvas::new(face.palette()) }
    }

    pub(super) fn content(&self) -> &'a Content {
        self.card.content
    }

    pub(super) fn palette(&self) -> &'static Palette {
        self.canvas.palette
    }

    /// The page's colour and its rosettes.
    pub(super) fn ground(&mut self, width: f64, height: f64) {
        let [top, bottom] = self.palette().page;
        let name = format!("p{}", self.guilloche.name());
        self.canvas.raw(format_args!(
            r##"<linearGradient id="{name}" gradientUnits="userSpaceOnUse" x2="0" y2="{FADE}"><stop stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/></linearGradient><rect width="{}" height="{}" fill="url(#{name})"/>"##,
            N(width),
            N(height)
        ));
    }

    /// The header: title, waves, and an edge that is smooth on a green card and hatched on a red one.
    pub(super) fn header(&mut self, width: f64, height: f64, page: Words, size: f64) {
        let Palette { deep, deeper, line, pale, .. } = *self.palette();
        let name = format!("h{}", self.guilloche.name());
        self.canvas.raw(format_args!(
            r##"<linearGradient id="{name}"><stop stop-color="{deeper}"/><stop offset="1" stop-color="{deep}"/></linearGradient><rect width="{}" height="{}" fill="url(#{name})"/>"##,
            N(width),
            N(height)
        ));
        let left = width * 0.4;
        self.canvas.waves(&self.guilloche, area(left, 0.0, width - left, height), pale, 0.32);
        match self.face {
            Face::Green => self.canvas.rect(area(0.0, height, width, 3.0), 0.0, line),
            Face::Red => self.hatching(area(0.0, height, width, 8.0)),
        }
        let margin = size * 0.8;
        let y = height * 0.5;
        self.canvas.text(WORDS, margin, y, TITLE.0, Letters::new(size, "#ffffff").bold().spaced(1.0));
        self.canvas.text(WORDS, margin, y + size * 0.78, TITLE.1, Letters::new(size * 0.52, pale));
        let end = Letters::new(size * 0.6, "#ffffff").anchor(Anchor::End);
        self.canvas.text(WORDS, width - margin, y, page.0, end);
        let end = Letters::new(size * 0.48, pale).anchor(Anchor::End);
        self.canvas.text(WORDS, width - margin, y + size * 0.78, page.1, end);
    }

    fn hatching(&mut self, Area { x, y, w, h }: Area) {
        let Palette { line, panel, .. } = *self.palette();
        self.canvas.rect(area(x, y, w, h), 0.0, panel);
        let mut path = String::new();
        let mut at = x;
        while at + h * 2.0 <= x + w {
            path.push_str(&format!("M{} {}l{h} -{h}h{h}l-{h} {h}z", N(at), N(y + h), h = N(h)));
            at += h * 2.0;
        }
        self.canvas.raw(format_args!(r#"<path d="{path}" fill="{line}"/>"#));
    }

    /// The standing: a mark and words. `within` is 48 units high on a phone.
    pub(super) fn standing(&mut self, within: Area) {
        let Area { x, y, w, h } = within;
        let Palette { line, panel, deep, ink, muted, .. } = *self.palette();
        self.canvas.raw(format_args!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{panel}" stroke="{line}" stroke-width="1.5"/>"#,
            N(x), N(y), N(w), N(h), N(h * 0.24)
        ));
        let (cx, cy, r) = (N(x + h * 0.5), N(y + h * 0.5), h * 0.3);
        let mark = match self.face {
            // A tick in a disc.
            Face::Green => {
                r##"<circle r="10"/><path d="M-4.6 .4l3.2 3.4l6.2 -7.2" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round"/>"##
            }
            // A bar in an octagon.
            Face::Red => {
                r##"<path d="M-4.1 -10h8.2l5.9 5.9v8.2l-5.9 5.9h-8.2l-5.9 -5.9v-8.2z"/><path d="M-5.6 0h11.2" fill="none" stroke="#fff" stroke-width="3"/>"##
            }
        };
        let scale = N(r / 10.0);
        self.canvas.raw(format_args!(
            r#"<g transform="translate({cx} {cy}) scale({scale})" fill="{deep}" aria-hidden="true">{mark}</g>"#
        ));
        let words = standing_words(self.face, self.content(), self.card.status, self.card.at);
        let (zh, en): (Vec<_>, Vec<_>) = words.iter().map(|Words(zh, en)| (*zh, *en)).unzip();
        let (mut zh, mut en) = (zh.join("、"), en.join(" · "));
        if self.face == Face::Red {
            zh.push_str("，不得驾驶");
            en.push_str(" – do not drive");
        }
        let (left, room) = (x + h, w - h * 1.25);
        let zh = fit(&zh, room, h * 0.46, h * 0.34, h * 0.1);
        let en = fit(&en, room, h * 0.34, h * 0.235, h * 0.08);
        let top = y + (h - zh.height() - en.height()) / 2.0;
        self.canvas.lines(WORDS, left, top, &zh, Letters::new(0.0, ink).bold());
        self.canvas.lines(WORDS, left, top + zh.height(), &en, Letters::new(0.0, muted));
    }

    /// A labelled field; answers the y below it. At the least size the value may become higher than `within`.
    pub(super) fn field(
        &mut self,
        field: &'static str,
        label: Words,
        value: &str,
        within: Area,
        sizes: Sizes,
    ) -> f64 {
        let Area { x, y, w, h } = within;
        self.canvas.label(x, y + sizes.label, label, sizes.label);
        let top = y + sizes.label * 1.42;
        let fitted = fit(value, w, h - sizes.label * 1.42, sizes.value, sizes.least);
        let letters = Letters::new(0.0, self.palette().ink).bold();
        self.canvas.lines(field, x, top, &fitted, letters);
        top + fitted.height()
    }

    /// The classes as badges; answers the y below them. Badges shrink until they fit `within`, down to `least`.
    pub(super) fn classes(&mut self, within: Area, label: f64, largest: f64, least: f64) -> f64 {
        let Area { x, y, w, h } = within;
        self.canvas.label(x, y + label, Words("准驾车型", "Class"), label);
        let top = y + label * 1.6;
        let mut size = largest;
        let rows = |size: f64| {
            let across = ((w + size * 0.3) / (size * 2.3)).floor().max(1.0) as usize;
            (across, classes::codes(&self.content().classes).count().div_ceil(across))
        };
        while size > least && label * 1.6 + rows(size).1 as f64 * size * 1.75 > h {
            size = f64::max(size - 0.5, least);
        }
        let (across, rows) = rows(size);
        let Palette { deep, .. } = *self.palette();
        for (at, code) in classes::codes(&self.content().classes).enumerate() {
            let left = x + (at % across) as f64 * size * 2.3;
            let row = top + (at / across) as f64 * size * 1.75;
            self.canvas.rect(area(left, row, size * 2.0, size * 1.45), size * 0.3, deep);
            let letters = Letters::new(size, "#ffffff").bold().anchor(Anchor::Middle);
            self.canvas.text("classes", left + size, row + size * 1.08, code, letters);
        }
        top + rows as f64 * size * 1.75 - size * 0.3
    }

    /// The photo in a frame.
    pub(super) fn photo(&mut self, photo: &Photo<'_>, within: Area) {
        let Area { x, y, w, h } = within;
        let Palette { line, panel, .. } = *self.palette();
        self.canvas.rect(area(x - 3.0, y - 3.0, w + 6.0, h + 6.0), 5.0, line);
        self.canvas.rect(area(x - 2.0, y - 2.0, w + 4.0, h + 4.0), 4.0, panel);
        self.canvas.image(within, photo);
    }

    /// The QR in the middle of a square that it does not leave; answers the y below it.
    pub(super) fn qr(&mut self, x: f64, y: f64, side: f64) -> Result<f64, CardError> {
        let modules = qr_modules(self.card.code)?;
        let module = module(side, modules.width);
        let drawn = module * modules.width as f64;
        let (left, y) = (thirds(x + (side - drawn) / 2.0), thirds(y));
        let panel = self.palette().panel;
        self.canvas.rect(area(left, y, drawn, drawn), 6.0, panel);
        self.canvas.modules(left, y, module, &modules, Words("二维码", "QR code"));
        Ok(y + drawn)
    }

    /// The serial as Code 128 with its text below; answers the y below it.
    pub(super) fn barcode(&mut self, x: f64, y: f64, w: f64, h: f64) -> Result<f64, CardError> {
        let serial = self.content().serial.as_str();
        let Modules { width, .. } = code128_modules(serial, 1)?;
        let module = module(w, width);
        let tall = (h / module).round();
        let modules = code128_modules(serial, tall as usize)?;
        let drawn = module * width as f64;
        let left = thirds(x + (w - drawn) / 2.0);
        let panel = self.palette().panel;
        self.canvas.rect(area(left, y, drawn, tall * module + 18.0), 6.0, panel);
        self.canvas.modules(left, y + 5.0, module, &modules, Words("一维码", "barcode"));
        let size = f64::min(11.0, drawn * 0.9 / (ems(serial) + serial.len() as f64 * 0.1));
        let letters = Letters::new(size, self.palette().ink).anchor(Anchor::Middle).spaced(size * 0.1);
        let bottom = y + 5.0 + tall * module;
        self.canvas.text("serial", left + drawn / 2.0, bottom + 10.5, serial, letters);
        Ok(bottom + 13.0)
    }

    /// When it was generated; shown live, that time first and large.
    pub(super) fn times(&mut self, within: Area, sizes: Sizes) -> f64 {
        let generated = Words("电子证生成时间", "Generated (UTC+8)");
        let written = time(self.content().generated_at);
        match self.card.showing {
            Showing::Document => self.field("generated_at", generated, &written, within, sizes),
            Showing::Live { until } => {
                let Area { x, y, w, h } = within;
                let until = time(until);
                let shown = format!("{} – {}", time(self.card.at), &until[11..]);
                let label = Words("亮证时间", "Shown live (UTC+8)");
                let y = self.field("at", label, &shown, area(x, y, w, h / 2.0), sizes);
                let small = Sizes { value: sizes.label * 1.1, ..sizes };
                self.field("generated_at", generated, &written, area(x, y + 3.0, w, h / 2.0), small)
            }
        }
    }

    /// What to trust, and the serial in letters too small for a copier.
    pub(super) fn footer(&mut self, x: f64, y: f64, w: f64, size: f64) {
        let Words(zh, en) = VERIFY;
        let muted = self.palette().muted;
        self.canvas.text(WORDS, x + w / 2.0, y, zh, Letters::new(size, muted).anchor(Anchor::Middle));
        let small = size * 0.85;
        let letters = Letters::new(small, muted).anchor(Anchor::Middle);
        self.canvas.text(WORDS, x + w / 2.0, y + size * 1.2, en, letters);
        let (serial, tiny) = (self.content().serial.as_str(), size * 0.22);
        let times = (w / tiny / (ems(serial) + 1.0)).floor().max(1.0) as usize;
        let micro = vec![serial; times].join(" ");
        let letters = Letters::new(tiny, self.palette().deep).anchor(Anchor::Middle);
        self.canvas.text("serial", x + w / 2.0, y + size * 1.8, &micro, letters);
    }
}

pub(super) fn sex(sex: Sex) -> &'static str {
    match sex {
        Sex::Unknown => "未知 Unknown",
        Sex::Male => "男 Male",
        Sex::Female => "女 Female",
        Sex::NotStated => "未说明 Not stated",
    }
}

pub(super) fn day(date: Date) -> String {
    date.format("%Y-%m-%d").to_string()
}

/// From the first day to the last; 长期 has none.
pub(super) fn period(content: &Content) -> String {
    let end = content.valid_until.map_or_else(|| "长期 Long-term".into(), day);
    format!("{} 至 {end}", day(content.valid_from))
}

/// A moment in China; what cannot be written was refused before.
fn time(at: i64) -> String {
    DateTime::from_timestamp(at.saturating_add(CHINA_OFFSET_S), 0)
        .map_or_else(String::new, |at| at.format("%Y-%m-%d %H:%M:%S").to_string())
}

/// The size of a module where `modules` share `room`: four or five whole units, else as many thirds as fit, so
/// that at three pixels a unit (and on phones of that density) every edge falls on a pixel.
fn module(room: f64, modules: usize) -> f64 {
    let fits = room / modules as f64;
    if fits >= 4.0 { fits.floor().min(5.0) } else { (fits * 3.0).floor().max(1.0) / 3.0 }
}

fn thirds(x: f64) -> f64 {
    (x * 3.0).round() / 3.0
}
