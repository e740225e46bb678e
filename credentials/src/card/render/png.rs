use std::io::Cursor;

use image::{ImageReader, Limits};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::Tree;

use super::{Fonts, RenderError};
use crate::card::{Drawing, MAX_PHOTO_SIDE};

/// The most pixels a unit: the highest card of all then takes about 160 MB to draw.
pub const MAX_SCALE: u32 = 6;

/// A drawing as PNG, `scale` pixels a unit: 360 units across on a phone, 592 in print (4 a millimetre).
///
/// At 3 every module of both codes falls on whole pixels: a phone of 1080 px, and 305 dpi in print.
pub fn png(drawing: &Drawing, scale: u32, fonts: &Fonts) -> Result<Vec<u8>, RenderError> {
    if !(1..=MAX_SCALE).contains(&scale) {
        return Err(RenderError::Scale);
    }
    decodes(drawing)?;
    let tree = fonts.tree(drawing)?;
    let (width, height) = drawing.size;
    let pixels = |units: f64| (units * f64::from(scale)).round() as u32;
    let mut pixmap = Pixmap::new(pixels(width), pixels(height))
        .ok_or_else(|| RenderError::Renderer("a picture without a size".into()))?;
    resvg::render(&tree, scaled(&tree, pixmap.width(), pixmap.height()), &mut pixmap.as_mut());
    pixmap.encode_png().map_err(|error| RenderError::Renderer(error.to_string()))
}

fn scaled(tree: &Tree, width: u32, height: u32) -> Transform {
    let size = tree.size();
    Transform::from_scale(width as f32 / size.width(), height as f32 / size.height())
}

/// resvg leaves out a picture that it cannot decode; a card without its photo is none.
pub(super) fn decodes(drawing: &Drawing) -> Result<(), RenderError> {
    let Some(photo) = &drawing.photo else { return Ok(()) };
    let mut reader =
        ImageReader::new(Cursor::new(photo)).with_guessed_format().map_err(|_| RenderError::Photo)?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_PHOTO_SIDE), Some(MAX_PHOTO_SIDE));
    limits.max_alloc = Some(4 * u64::from(MAX_PHOTO_SIDE) * u64::from(MAX_PHOTO_SIDE));
    reader.limits(limits);
    reader.decode().map(drop).map_err(|_| RenderError::Photo)
}
