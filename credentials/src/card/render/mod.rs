//! A card as PNG and PDF, with the fonts that the caller configures (feature `render`).
//!
//! Why these crates: resvg draws the SVG itself, so what is printed is what is shown; krilla is the maintained
//! successor of svg2pdf by the same people and shares resvg's tree. Together they add 81 crates
//! (about fifty new to the workspace), all under permissive licences, and only to who asks for the feature.

mod fonts;
mod pdf;
mod png;

use super::CardError;

pub use fonts::{FontError, Fonts, Missing, MissingGlyphs};
pub use pdf::pdf;
pub use png::{MAX_SCALE, png};

/// Why a drawing was not rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// There is no card to render.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The fonts cannot write all of it.
    #[error(transparent)]
    Glyphs(#[from] MissingGlyphs),
    /// The photo's header was fine, the rest is not.
    #[error("the photo cannot be decoded: give the stored bytes")]
    Photo,
    /// Out of `1..=MAX_SCALE`.
    #[error("a scale is 1 to {MAX_SCALE} pixels a unit")]
    Scale,
    /// The renderer failed: a fault of this program.
    #[error("the renderer failed: {0}")]
    Renderer(String),
}

#[cfg(test)]
mod tests;
