//! Reading a QR back from what was drawn: our SVG, or a picture of it.

use std::io::Cursor;

use image::{ImageReader, Limits};
use rqrr::PreparedImage;

/// Pixels a module when an SVG is painted.
const SCALE: usize = 4;
/// Modules in a row of what is painted: the largest QR has 177 and its quiet zone.
const MODULES: usize = 512;
/// Pixels in a row of a picture.
const PIXELS: u32 = 8_192;
/// Bytes that decoding a picture may take.
const PICTURE_BYTES: u64 = 128 * 1024 * 1024;

/// The text of the first QR in an SVG of this program's.
pub(crate) fn in_svg(svg: &str) -> Option<String> {
    let (luma, width, height) = paint(svg)?;
    scan(width, height, |x, y| luma[y * width + x])
}

/// The text of the first QR in a JPEG or PNG.
pub(crate) fn in_picture(bytes: &[u8]) -> Option<String> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(PIXELS), Some(PIXELS));
    limits.max_alloc = Some(PICTURE_BYTES);
    reader.limits(limits);
    let picture = reader.decode().ok()?.into_luma8();
    scan(picture.width() as usize, picture.height() as usize, |x, y| {
        picture.get_pixel(x as u32, y as u32).0[0]
    })
}

fn scan(width: usize, height: usize, luma: impl Fn(usize, usize) -> u8) -> Option<String> {
    let mut prepared = PreparedImage::prepare_from_greyscale(width, height, luma);
    prepared.detect_grids().iter().find_map(|grid| Some(grid.decode().ok()?.1))
}

/// Paints the rectangles of our SVG in the lightness of their colours.
fn paint(svg: &str) -> Option<(Vec<u8>, usize, usize)> {
    let mut size = attribute(svg, "viewBox")?.split(' ').skip(2).map(str::parse::<usize>);
    let (width, height) = (size.next()?.ok()?, size.next()?.ok()?);
    if !(1..=MODULES).contains(&width) || !(1..=MODULES).contains(&height) {
        return None;
    }
    let (width, height) = (width * SCALE, height * SCALE);
    let mut luma = vec![255; width * height];
    for path in svg.split("<path").skip(1) {
        let ink = lightness(attribute(path, "fill")?)?;
        for rectangle in attribute(path, "d")?.split('M').skip(1) {
            let numbers = rectangle.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty());
            let numbers: Vec<usize> = numbers.take(4).map(str::parse).collect::<Result<_, _>>().ok()?;
            let [x, y, w, h] = numbers[..] else { return None };
            if x > MODULES || y > MODULES || w > MODULES || h > MODULES {
                return None;
            }
            for row in y * SCALE..(y + h) * SCALE {
                luma.get_mut(row * width + x * SCALE..row * width + (x + w) * SCALE)?.fill(ink);
            }
        }
    }
    Some((luma, width, height))
}

fn attribute<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("{name}=\""))?;
    Some(rest.split_once('"')?.0)
}

fn lightness(fill: &str) -> Option<u8> {
    let channel = |at: usize| u32::from_str_radix(fill.get(at..at + 2)?, 16).ok();
    u8::try_from((299 * channel(1)? + 587 * channel(3)? + 114 * channel(5)?) / 1_000).ok()
}

#[cfg(test)]
mod tests {
    use sealwright_credentials::barcode::{Look, qr_svg};

    use super::*;

    #[test]
    fn what_was_drawn_is_read_back_in_every_colour() {
        let text = format!("SW1:{}", "A1B2C3D4E5".repeat(60));
        for look in [Look::black("code"), Look::green("code"), Look::red("code")] {
            assert_eq!(in_svg(&qr_svg(&text, &look).unwrap()), Some(text.clone()));
        }
    }

    #[test]
    fn a_picture_of_it_is_read_too() {
        let (luma, width, height) = paint(&qr_svg("SW1:HELLO", &Look::black("code")).unwrap()).unwrap();
        let mut png = Cursor::new(Vec::new());
        let picture = image::GrayImage::from_raw(width as u32, height as u32, luma).unwrap();
        picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
        assert_eq!(in_picture(png.get_ref()).as_deref(), Some("SW1:HELLO"));
    }

    #[test]
    fn what_is_no_drawing_is_no_code() {
        let huge = r##"<svg viewBox="0 0 99999999 99999999"><path fill="#000000" d="M0 0h1v1h-1z"/></svg>"##;
        let outside = r##"<svg viewBox="0 0 9 9"><path fill="#000000" d="M400 400h9v9h-9z"/></svg>"##;
        for svg in ["", "<svg>", huge, outside, r#"<svg viewBox="0 0 9 9"><path fill="é" d="M"/>"#] {
            assert_eq!(in_svg(svg), None, "{svg}");
        }
        assert_eq!(in_picture(b"no picture"), None);
    }
}
