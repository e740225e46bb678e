//! The portrait: JPEG or PNG bytes of bounded size, and nothing else.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

/// The most bytes of a photo on a card.
pub const MAX_PHOTO: usize = 1024 * 1024;

/// The most pixels of a photo's side.
pub const MAX_PHOTO_SIDE: u32 = 4096;

/// A photo's kind and size as its header states them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Photo<'a> {
    mime: &'static str,
    bytes: &'a [u8],
}

/// Why bytes are not a portrait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhotoError {
    /// Neither a JPEG nor a PNG with a size in its header.
    #[error("the photo is neither a JPEG nor a PNG: give the stored photo's bytes")]
    Unknown,
    /// Too many bytes.
    #[error("the photo has {0} bytes, a card takes at most {MAX_PHOTO}: scale it down")]
    Bytes(usize),
    /// Too many pixels, or none.
    #[error("the photo is {0} x {1} pixels, a card takes 1 to {MAX_PHOTO_SIDE} a side: scale it")]
    Size(u32, u32),
}

impl<'a> Photo<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, PhotoError> {
        if bytes.len() > MAX_PHOTO {
            return Err(PhotoError::Bytes(bytes.len()));
        }
        let png = png_size(bytes).map(|size| ("image/png", size));
        let (mime, (width, height)) =
            png.or_else(|| jpeg_size(bytes).map(|size| ("image/jpeg", size))).ok_or(PhotoError::Unknown)?;
        let sides = 1..=MAX_PHOTO_SIDE;
        if !sides.contains(&width) || !sides.contains(&height) {
            return Err(PhotoError::Size(width, height));
        }
        Ok(Self { mime, bytes })
    }

    #[cfg(feature = "render")]
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(super) fn data_uri(&self) -> String {
        format!("data:{};base64,{}", self.mime, BASE64_STANDARD.encode(self.bytes))
    }
}

fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?;
    let side = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    Some((side(0)?, side(4)?))
}

/// Walks the segments to the frame header (ITU-T T.81, B.2.2).
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.strip_prefix(b"\xFF\xD8")?;
    loop {
        let [0xFF, marker, high, low, ..] = *rest else { return None };
        match marker {
            0xFF => rest = &rest[1..],
            // Start of frame, but for the tables DHT, JPG and DAC that share its range.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                let side = |at: usize| Some(u32::from_be_bytes([0, 0, *rest.get(at)?, *rest.get(at + 1)?]));
                return Some((side(7)?, side(5)?));
            }
            // The picture begins, or ends, without a frame.
            0x01 | 0xD0..=0xDA => return None,
            _ => rest = rest.get(2 + usize::from(u16::from_be_bytes([high, low])).max(2)..)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x04\0\0\x01\x7a\x08\x02\0\0\0";
    const JPEG: &[u8] = b"\xFF\xD8\xFF\xE0\0\x04JF\xFF\xFF\xC2\0\x11\x08\x01\x7a\x01\x04\x03";

    #[test]
    fn kind_and_size_come_from_the_header() {
        assert_eq!(png_size(PNG), Some((260, 378)));
        assert_eq!(jpeg_size(JPEG), Some((260, 378)));
        assert_eq!(Photo::of(PNG).expect("a PNG").mime, "image/png");
        assert_eq!(Photo::of(JPEG).expect("a JPEG").mime, "image/jpeg");
        assert_eq!(Photo::of(JPEG).expect("a JPEG").data_uri().get(..23), Some("data:image/jpeg;base64,"));
    }

    #[test]
    fn what_is_no_portrait_is_refused() {
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"/>"#;
        for bytes in [&b""[..], b"GIF89a", svg, &PNG[..20], &JPEG[..12], b"\xFF\xD8\xFF\xD9\0\0"] {
            assert_eq!(Photo::of(bytes), Err(PhotoError::Unknown));
        }
        assert_eq!(Photo::of(&vec![0; MAX_PHOTO + 1]), Err(PhotoError::Bytes(MAX_PHOTO + 1)));
        let mut wide = PNG.to_vec();
        wide[16] = 0x7F;
        assert_eq!(Photo::of(&wide), Err(PhotoError::Size(0x7F00_0104, 378)));
        wide[16..20].fill(0);
        assert_eq!(Photo::of(&wide), Err(PhotoError::Size(0, 378)));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(tail: Vec<u8>, jpeg: bool) {
            let start: &[u8] = if jpeg { b"\xFF\xD8\xFF" } else { b"\x89PNG\r\n\x1a\n" };
            let _ = Photo::of(&[start, &tail].concat());
        }
    }
}
