//! From bytes to an upright RGB picture, within limits.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, Limits, RgbImage};

use super::whole::{self, Fault};
use super::{PhotoRefused, scale};
use crate::policy::IntakeRules;

/// The file's name and declared type are not asked: content decides. Dimensions are checked before any
/// pixel is decoded.
pub(super) fn decode(bytes: &[u8], rules: &IntakeRules) -> Result<RgbImage, PhotoRefused> {
    if bytes.len() > rules.max_bytes {
        return Err(PhotoRefused::TooLarge { bytes: bytes.len(), limit: rules.max_bytes });
    }
    if bytes.starts_with(JPEG) {
        let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(undecodable)?;
        upright(decoder, rules, || whole::check_jpeg(bytes).map_err(structure))
    } else if bytes.starts_with(PNG) {
        check_pixels(png_size(bytes)?, rules)?;
        let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits()).map_err(undecodable)?;
        if decoder.is_apng().map_err(undecodable)? {
            return Err(PhotoRefused::Animated);
        }
        upright(decoder, rules, || Ok(()))
    } else {
        Err(other_format(bytes).map_or(PhotoRefused::NotAnImage, PhotoRefused::OtherFormat))
    }
}

fn upright(
    mut decoder: impl ImageDecoder,
    rules: &IntakeRules,
    check_structure: impl FnOnce() -> Result<(), PhotoRefused>,
) -> Result<RgbImage, PhotoRefused> {
    let (width, height) = decoder.dimensions();
    check_pixels((width, height), rules)?;
    if decoder.total_bytes() > MAX_DECODED_BYTES {
        return Err(PhotoRefused::TooManyPixels { width, height, limit: rules.max_pixels });
    }
    // A phone held upright writes a lying picture and says so beside it.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let lying = matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    );
    check_shape(if lying { (height, width) } else { (width, height) }, rules)?;
    check_structure()?;
    decoder.set_limits(limits()).map_err(undecodable)?;
    let picture = on_white(DynamicImage::from_decoder(decoder).map_err(undecodable)?);

    // Scaled before it is turned: turning needs a second copy.
    let shown_width = if lying { height } else { width };
    let keep = rules.keep_width.max(rules.min_width).min(shown_width);
    let part = |side: u32| {
        let scaled = u64::from(side) * u64::from(keep) * 2 / u64::from(shown_width.max(1));
        u32::try_from(scaled.div_ceil(2)).unwrap_or(side).max(1)
    };
    let mut picture = DynamicImage::ImageRgb8(scale(picture, part(width), part(height)));
    picture.apply_orientation(orientation);
    Ok(picture.into_rgb8())
}

fn check_pixels((width, height): (u32, u32), rules: &IntakeRules) -> Result<(), PhotoRefused> {
    if u64::from(width) * u64::from(height) > rules.max_pixels {
        return Err(PhotoRefused::TooManyPixels { width, height, limit: rules.max_pixels });
    }
    Ok(())
}

fn check_shape((width, height): (u32, u32), rules: &IntakeRules) -> Result<(), PhotoRefused> {
    if width < rules.min_width {
        return Err(PhotoRefused::TooSmall { width, min_width: rules.min_width });
    }
    if !rules.ratio_fits(width, height) {
        let (above, below) = (rules.ratio_above, rules.ratio_below);
        return Err(PhotoRefused::WrongRatio { width, height, above, below });
    }
    Ok(())
}

/// A cut-out without background is shown on white, as every viewer would.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let picture = picture.into_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0.map(u32::from);
        let over = |colour: u32| ((colour * alpha + 255 * (255 - alpha)) / 255) as u8;
        image::Rgb([over(red), over(green), over(blue)])
    })
}

/// The size stands at a fixed place: read here, so that no decoder sees an absurd one.
fn png_size(bytes: &[u8]) -> Result<(u32, u32), PhotoRefused> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    number(16)
        .zip(number(20))
        .ok_or_else(|| PhotoRefused::Undecodable("the PNG ends within its header".into()))
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    limits
}

fn undecodable(error: ImageError) -> PhotoRefused {
    PhotoRefused::Undecodable(error.to_string())
}

fn structure(fault: Fault) -> PhotoRefused {
    PhotoRefused::Undecodable(match fault {
        Fault::CutOff => "the JPEG ends before its picture does".into(),
        Fault::TooManyScans => "the JPEG asks for more passes than any camera writes".into(),
    })
}

/// Formats that people do send, so that the answer can name them.
fn other_format(bytes: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    let heif = |brand: &[u8]| at(4, b"ftyp") && at(8, brand);
    let rows = [
        (heif(b"hei") || heif(b"hev") || heif(b"mif1") || heif(b"msf1"), "HEIC"),
        (heif(b"avi"), "AVIF"),
        (at(0, b"RIFF") && at(8, b"WEBP"), "WebP"),
        (at(0, b"GIF8"), "GIF"),
        (at(0, b"BM"), "BMP"),
        (at(0, b"II*\0") || at(0, b"MM\0*"), "TIFF"),
        (at(0, b"%PDF"), "PDF"),
        (at(0, b"<svg") || at(0, b"<?xml"), "SVG"),
    ];
    rows.into_iter().find(|(found, _)| *found).map(|(_, name)| name)
}

const JPEG: &[u8] = &[0xFF, 0xD8, 0xFF];
const PNG: &[u8] = &[0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A];

/// One decoded picture: 12 million pixels of 8-bit RGBA are 48 MB; 16 bits a colour fit up to 8 million.
const MAX_DECODED_BYTES: u64 = 64 * 1024 * 1024;
