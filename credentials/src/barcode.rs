//! QR and Code 128 as SVG: one path, exact modules, quiet zone inside the view box.
//!
//! An image is as large as the page makes it; one module is one unit of the view box.

use std::fmt::{self, Write as _};

use barcoders::sym::code128::Code128;
use qrcode::{Color, EcLevel, QrCode};

/// Modules of free space around a QR (ISO/IEC 18004).
const QR_QUIET: usize = 4;

/// Modules of free space left and right of a Code 128 (ISO/IEC 15417).
const CODE128_QUIET: usize = 10;

/// The most characters in a Code 128: more would not fit a card's width.
pub const MAX_CODE128: usize = 48;

/// How a code is drawn. The colours must differ in lightness or no scanner reads it.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// The dark modules.
    pub ink: Paint,
    /// Everything else, quiet zone included; `None` lets the page show through.
    pub paper: Option<Paint>,
    /// What a screen reader says.
    pub title: &'a str,
}

impl<'a> Look<'a> {
    /// Black on white.
    pub fn black(title: &'a str) -> Self {
        Self { ink: Paint::Rgb(0, 0, 0), paper: Some(Paint::Rgb(255, 255, 255)), title }
    }

    /// The good licence: black on green (`domain.md` 2.2).
    pub fn green(title: &'a str) -> Self {
        Self { ink: Paint::Rgb(0, 0, 0), paper: Some(Paint::Rgb(0xD9, 0xF2, 0xE1)), title }
    }

    /// 红码, the suspended licence: red on red, the ink dark enough to be scanned.
    pub fn red(title: &'a str) -> Self {
        Self { ink: Paint::Rgb(0xA8, 0x00, 0x1C), paper: Some(Paint::Rgb(0xFD, 0xE3, 0xE3)), title }
    }
}

/// A colour in SVG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Red, green, blue.
    Rgb(u8, u8, u8),
    /// The colour of the text around an inlined image.
    CurrentColor,
}

impl fmt::Display for Paint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rgb(r, g, b) => write!(f, "#{r:02x}{g:02x}{b:02x}"),
            Self::CurrentColor => f.write_str("currentColor"),
        }
    }
}

/// Why a text was not drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BarcodeError {
    /// More than the largest QR holds at error correction M.
    #[error(
        "{got} characters do not fit a QR: at most 3391 capital letters, digits and $%*+-./: or 2331 bytes"
    )]
    TooLongForQr {
        /// Characters given.
        got: usize,
    },
    /// Empty, too long, or not printable ASCII.
    #[error("a Code 128 holds 1 to {MAX_CODE128} printable ASCII characters")]
    NotCode128,
}

/// A QR with error correction M (15 % may be lost), in the smallest version that holds `text`.
pub fn qr_svg(text: &str, look: &Look<'_>) -> Result<String, BarcodeError> {
    Ok(qr_modules(text)?.svg(look))
}

/// A Code 128, `height` modules high (15 % of its width or more scans well).
pub fn code128_svg(text: &str, height: usize, look: &Look<'_>) -> Result<String, BarcodeError> {
    Ok(code128_modules(text, height)?.svg(look))
}

/// The dark modules of a code as an SVG path, in a box that includes the quiet zone; one module is one unit.
pub(crate) struct Modules {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) path: String,
}

pub(crate) fn qr_modules(text: &str) -> Result<Modules, BarcodeError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)
        .map_err(|_| BarcodeError::TooLongForQr { got: text.chars().count() })?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::with_capacity(width * width * 4);
    for (y, row) in colors.chunks(width).enumerate() {
        bars(&mut path, row.iter().map(|color| *color == Color::Dark), QR_QUIET, y + QR_QUIET, 1);
    }
    let size = width + 2 * QR_QUIET;
    Ok(Modules { width: size, height: size, path })
}

pub(crate) fn code128_modules(text: &str, height: usize) -> Result<Modules, BarcodeError> {
    let printable = text.bytes().all(|b| (b' '..=b'~').contains(&b));
    if !printable || !(1..=MAX_CODE128).contains(&text.len()) {
        return Err(BarcodeError::NotCode128);
    }
    let code = Code128::new(with_sets(text)).map_err(|_| BarcodeError::NotCode128)?;
    let modules = code.encode();
    let mut path = String::new();
    bars(&mut path, modules.iter().map(|module| *module == 1), CODE128_QUIET, 0, height);
    Ok(Modules { width: modules.len() + 2 * CODE128_QUIET, height, path })
}

/// Marks where the character set changes: digits go two to a symbol (set C) where a run is long enough to pay
/// for the switch, everything else through set B.
fn with_sets(text: &str) -> String {
    const SET_B: char = '\u{0181}';
    const SET_C: char = '\u{0106}';
    let mut out = String::with_capacity(text.len() + 8);
    let mut set = None;
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.bytes().take_while(u8::is_ascii_digit).count();
        let at_an_end = set.is_none() || run == rest.len();
        let (wanted, length) = if run >= 6 || (run >= 4 && at_an_end) || (run == 2 && text.len() == 2) {
            (SET_C, run & !1)
        } else {
            (SET_B, run.max(1))
        };
        if set != Some(wanted) {
            out.push(wanted);
            set = Some(wanted);
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

/// Appends one rectangle per run of dark modules.
fn bars(path: &mut String, dark: impl Iterator<Item = bool>, left: usize, top: usize, height: usize) {
    let mut from = None;
    for (x, dark) in dark.chain([false]).enumerate() {
        match (dark, from) {
            (true, None) => from = Some(x),
            (false, Some(start)) => {
                let width = x - start;
                write!(path, "M{} {top}h{width}v{height}h-{width}z", start + left)
                    .expect("writing to a string cannot fail");
                from = None;
            }
            _ => {}
        }
    }
}

impl Modules {
    fn svg(&self, look: &Look<'_>) -> String {
        let Self { width, height, path } = self;
        let Look { ink, paper, title } = look;
        let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let paper = paper
            .map_or(String::new(), |paper| format!(r#"<path fill="{paper}" d="M0 0h{width}v{height}H0z"/>"#));
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" shape-rendering="crispEdges"><title>{title}</title>{paper}<path fill="{ink}" d="{path}"/></svg>"#
        )
    }
}
