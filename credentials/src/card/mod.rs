//! The card: the two pages that people look at, as SVG.
//!
//! A [`Card`] is what is shown, [`Card::draw`] draws one [`Page`] of it in one [`Form`]. The main page carries
//! the basic information, the generation time, the QR, the serial's Code 128 and the photo; the secondary page
//! the address, the issuing authority, the driving record and the class-code rules (`domain.md` 1.4). With the
//! feature `render`, `card::render` makes PNG and PDF of the same drawing.
//!
//! Every label is Chinese with English beside it. There is no language argument on purpose: one serial, one
//! look (统一性, `domain.md` 1.5), so that a clerk abroad and an officer at home see the same card and compare
//! it with the same pattern. Values stay as they were signed.
//!
//! Green or red is never colour alone: the words, the mark beside them and the edge of the header differ too.
//! A licence that may not be shown is not drawn: [`CardError::NotShown`].
//!
//! The same arguments give the same bytes on every platform. Fonts are named, never embedded; widths are
//! reckoned with upper bounds, so text shrinks and wraps rather than overlap. The picture proves nothing: what
//! counts is that the code verifies, and the card says so.

mod canvas;
mod classes;
mod face;
mod guilloche;
mod lettering;
mod parts;
mod phone;
mod photo;
mod print;
#[cfg(feature = "render")]
pub mod render;

use crate::barcode::BarcodeError;
use crate::verify::CLOCK_SKEW_S;
use crate::{Content, ContentError, Digest, Standing};

pub use classes::{CLASSES, Class};
pub use face::Face;
use photo::Photo;
pub use photo::{MAX_PHOTO, MAX_PHOTO_SIDE, PhotoError};

/// What is shown. Personal data throughout, so it has no `Debug`.
#[derive(Clone, Copy)]
pub struct Card<'a> {
    /// The verified content of the live version.
    pub content: &'a Content,
    /// The stored photo, JPEG or PNG: the one whose digest is in `content`.
    pub photo: &'a [u8],
    /// The text in the QR: the licence's signed code, or a short-lived one of the same licence.
    pub code: &'a str,
    /// What the authority says now; decides the face.
    pub standing: Standing,
    /// The register's status codes now, for the words on a red card only (`domain.md` 2.8).
    pub status: &'a str,
    /// 累积记分, the points now, where the register says.
    pub points: Option<u16>,
    /// The time of drawing, in Unix seconds.
    pub at: i64,
    /// A document, or a live presentation.
    pub showing: Showing,
}

/// What the card is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Showing {
    /// To keep: it shows the generation time (电子证生成时间).
    Document,
    /// 亮证, "show licence": it shows [`Card::at`] too, and until when its short-lived code is good.
    Live {
        /// The end of the code, Unix seconds, exclusive.
        until: i64,
    },
}

/// One of the two pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    /// 正页.
    Main,
    /// 副页.
    Secondary,
}

/// Where a page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// 360 px wide and as high as it must be.
    Phone,
    /// 148 x 105 mm, A6 landscape: two of them fold out of an A5 sheet, the smallest on which the largest code
    /// has modules of a quarter of a millimetre beside a photo of 26 x 38 mm.
    Print,
}

/// A drawn page.
#[derive(Clone, PartialEq)]
pub struct Drawing {
    svg: String,
    /// Units across and down.
    size: (f64, f64),
    /// What a font must have glyphs for.
    #[cfg(feature = "render")]
    written: Vec<canvas::Written>,
    #[cfg(feature = "render")]
    photo: Option<Vec<u8>>,
}

/// Why no card was drawn. Names fields, never their values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// Hidden, withdrawn or superseded (`domain.md` 2.2).
    #[error("a licence that is {} is not shown: the holder asks the issuing authority", word(*.0))]
    NotShown(Standing),
    /// The validity period has not begun.
    #[error("the licence is not valid yet: show it from its first day on")]
    NotYetValid,
    /// The code in the content is over, or the live code would be before it is shown.
    #[error("the code's time is over: draw the card with a fresh one")]
    CodeOver,
    /// The time of drawing is out of range, or before the content was generated.
    #[error("the time of drawing is out of range or before the licence was generated: check the clock")]
    Time,
    /// The content breaks a rule.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// A text that XML cannot hold or that has no place on one line.
    #[error("{0} holds a character that is not text: correct it in the register")]
    NotText(&'static str),
    /// The status is not a list of codes.
    #[error("the status must be 1 to 26 capital letters")]
    Status,
    /// The photo is no photo.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// The photo is not the one that was signed for.
    #[error("the photo is not the one whose digest is signed: give the stored bytes of this version")]
    OtherPhoto,
    /// The code does not fit a QR.
    #[error(transparent)]
    Code(#[from] BarcodeError),
}

/// Chinese, and the same in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Words(&'static str, &'static str);

impl Card<'_> {
    /// The face this card has, or why it is not shown.
    pub fn face(&self) -> Result<Face, CardError> {
        Face::of(self.content, self.standing, self.at)
    }

    /// Draws one page.
    pub fn draw(&self, page: Page, form: Form) -> Result<Drawing, CardError> {
        self.check()?;
        let photo = Photo::of(self.photo)?;
        if Digest::of(self.photo) != self.content.photo_digest {
            return Err(CardError::OtherPhoto);
        }
        let sheet = parts::Sheet::new(self, self.face()?);
        match (page, form) {
            (Page::Main, Form::Phone) => phone::main(sheet, &photo),
            (Page::Secondary, Form::Phone) => Ok(phone::secondary(sheet)),
            (Page::Main, Form::Print) => print::main(sheet, &photo),
            (Page::Secondary, Form::Print) => Ok(print::secondary(sheet)),
        }
    }

    fn check(&self) -> Result<(), CardError> {
        let content = self.content;
        content.check()?;
        let optional = |text: &'_ Option<String>| text.clone().unwrap_or_default();
        let texts = [
            ("licence_number", content.licence_number.clone()),
            ("name", content.name.clone()),
            ("nationality", content.nationality.clone()),
            ("authority", content.authority.clone()),
            ("address", content.address.clone()),
            ("archive_number", optional(&content.archive_number)),
            ("record", optional(&content.record)),
            ("issuer", content.issuer.clone()),
        ];
        if let Some((field, _)) = texts.iter().find(|(_, text)| text.contains(is_not_text)) {
            return Err(CardError::NotText(field));
        }
        if !(1..=26).contains(&self.status.len()) || !self.status.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(CardError::Status);
        }
        if content.generated_at > self.at.saturating_add(CLOCK_SKEW_S) || self.at > crate::content::LATEST {
            return Err(CardError::Time);
        }
        let end = match self.showing {
            Showing::Document => content.expires,
            Showing::Live { until } => Some(until),
        };
        match end {
            Some(end) if end <= self.at => Err(CardError::CodeOver),
            Some(end) if end > crate::content::LATEST => Err(CardError::Time),
            _ => Ok(()),
        }
    }
}

impl Drawing {
    /// The SVG: one element without a declaration, so that it can be inlined too.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Units across and down: pixels on a phone, quarters of a millimetre in print.
    pub fn size(&self) -> (f64, f64) {
        self.size
    }
}

/// What is no character in XML 1.0, breaks a line, or changes its direction unseen.
fn is_not_text(c: char) -> bool {
    let plane_end = u32::from(c) & 0xFFFE == 0xFFFE;
    plane_end
        || matches!(
            c,
            '\u{FDD0}'
                ..='\u{FDEF}' | '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}'
        )
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Active => "active",
        Standing::Suspended => "suspended",
        Standing::Hidden => "hidden",
        Standing::Invalid => "invalid",
        Standing::Superseded => "superseded",
    }
}
