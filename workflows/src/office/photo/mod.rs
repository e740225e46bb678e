//! Photo intake: from the bytes somebody sent to a photo that is safe to keep and to show (`domain.md` 2.4).
//!
//! What cannot be a licence photo is refused at once, with what to do about it. What a person must judge
//! (background, clothes, likeness) is only measured: hints never decide. The file itself is not kept: the
//! picture is decoded within limits and encoded anew, so no metadata, place or appended file survives.

mod decode;
mod hints;
mod refused;
mod whole;

#[cfg(test)]
mod tests;

use std::fmt;

use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use sha2::{Digest, Sha256};

pub use hints::{Hint, HintName, Verdict};
pub use refused::PhotoRefused;

use crate::policy::IntakeRules;

/// A photo taken in: decoded, turned upright, at most as wide as is useful, and encoded anew.
#[derive(Clone, PartialEq, Eq)]
pub struct PreparedPhoto {
    /// A baseline RGB JPEG without metadata. The same input and rules give the same bytes.
    pub jpeg: Vec<u8>,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// SHA-256 of `jpeg`, lower-case hex.
    pub digest: String,
    /// SHA-256 of the bytes that were sent, to recognise the same file sent twice.
    pub sent_digest: String,
    /// What was measured, for a reviewer to see after the picture.
    pub hints: Vec<Hint>,
}

/// Takes in the bytes of one upload.
///
/// Pure and CPU-bound: up to a second and about 150 MB for the largest picture the default rules admit, so
/// run it in a blocking pool that admits few at a time. The caller limits the request body as well; this
/// function never sees the bytes it does not get.
pub fn intake(bytes: &[u8], rules: &IntakeRules) -> Result<PreparedPhoto, PhotoRefused> {
    let picture = decode::decode(bytes, rules)?;
    let jpeg = encode(&picture, rules)?;
    Ok(PreparedPhoto {
        width: picture.width(),
        height: picture.height(),
        digest: hex::encode(Sha256::digest(&jpeg)),
        sent_digest: hex::encode(Sha256::digest(bytes)),
        hints: hints::measure(&picture, &rules.hints),
        jpeg,
    })
}

/// Scales in two steps: averaging first, because the better filter needs 16 bytes for every pixel it reads.
fn scale(picture: RgbImage, width: u32, height: u32) -> RgbImage {
    if (picture.width(), picture.height()) == (width, height) {
        return picture;
    }
    let (twice, tall) = (width.saturating_mul(2), height.saturating_mul(2));
    let picture = if picture.width() > twice { imageops::thumbnail(&picture, twice, tall) } else { picture };
    imageops::resize(&picture, width, height, FilterType::CatmullRom)
}

fn encode(picture: &RgbImage, rules: &IntakeRules) -> Result<Vec<u8>, PhotoRefused> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, rules.jpeg_quality)
        .encode_image(picture)
        .map_err(|error| PhotoRefused::Undecodable(error.to_string()))?;
    Ok(jpeg)
}

impl fmt::Debug for PreparedPhoto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedPhoto")
            .field("bytes", &self.jpeg.len())
            .field("width", &self.width)
            .field("height", &self.height)
            .field("hints", &self.hints)
            .finish_non_exhaustive()
    }
}
