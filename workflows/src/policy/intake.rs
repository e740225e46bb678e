//! What a photo must be on arrival, and what is measured on it.

use serde::{Deserialize, Serialize};

/// What a photo must be on arrival, and what is measured on it. A policy names only what it changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntakeRules {
    /// Largest file, in bytes: 5 MiB (`reliability.md` D1).
    pub max_bytes: usize,
    /// Most pixels, before decoding. 12 million is what a 12-megapixel phone leaves after cutting to the
    /// ratio; a progressive JPEG takes 9 bytes for each while it is decoded.
    pub max_pixels: u64,
    /// Smallest width, in pixels, upright: 520 (`domain.md` 2.4).
    pub min_width: u32,
    /// Width to height must be more than this: 2:3 (`domain.md` 2.4).
    pub ratio_above: (u32, u32),
    /// Width to height must be less than this: 3:4 (`domain.md` 2.4).
    pub ratio_below: (u32, u32),
    /// A wider picture is scaled down to this width: twice the least one is enough to judge and to print.
    pub keep_width: u32,
    /// JPEG quality of what is kept, 1 to 100. The archive asks for 70 or more (`domain.md` 2.4).
    pub jpeg_quality: u8,
    /// Limits of what is measured.
    pub hints: HintRules,
}

/// Limits of the hints. Brightness is luma, 0 to 255. They are ours, found on portraits and blurred copies of
/// them; the law has none, and a hint decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HintRules {
    /// Variance of the Laplacian over the face, at 520 pixels width.
    pub sharpness: HintRule,
    /// Mean brightness of the background band (white background, `domain.md` 1.6).
    pub background_brightness: HintRule,
    /// Mean distance between the strongest and the weakest colour of the background band.
    pub background_tint: HintRule,
    /// Standard deviation of the brightness of the background band.
    pub background_unevenness: HintRule,
    /// Mean brightness of the middle, where the face is.
    pub face_brightness: HintRule,
    /// Mean brightness of the lowest band (dark clothes, `domain.md` 1.6).
    pub clothes_brightness: HintRule,
    /// Difference in brightness between the outermost pixels and the background within: a frame or a scan's edge.
    pub border: HintRule,
}

/// A measured value passes, warns or fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HintRule {
    /// Within these it passes.
    pub pass: Bounds,
    /// Outside the former and within these it warns; outside both it fails.
    pub warn: Bounds,
}

/// A range, ends included; an absent end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Lower end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<u32>,
    /// Upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
}

impl IntakeRules {
    /// Whether there are proportions that fit at all.
    pub(super) fn has_ratios(&self) -> bool {
        let ((low_w, low_h), (high_w, high_h)) = (self.ratio_above, self.ratio_below);
        let cross = |a: u32, b: u32| u64::from(a) * u64::from(b);
        low_h > 0 && high_h > 0 && cross(low_w, high_h) < cross(high_w, low_h)
    }

    /// Whether the proportion lies strictly between the two.
    pub fn ratio_fits(&self, width: u32, height: u32) -> bool {
        let compare =
            |(w, h): (u32, u32)| (u64::from(width) * u64::from(h)).cmp(&(u64::from(height) * u64::from(w)));
        compare(self.ratio_above).is_gt() && compare(self.ratio_below).is_lt()
    }
}

impl Bounds {
    /// Whether `value` lies within.
    pub fn hold(self, value: u32) -> bool {
        self.at_least.is_none_or(|least| least <= value) && self.at_most.is_none_or(|most| value <= most)
    }
}

impl Default for IntakeRules {
    fn default() -> Self {
        IntakeRules {
            max_bytes: 5 * 1024 * 1024,
            max_pixels: 12_000_000,
            min_width: 520,
            ratio_above: (2, 3),
            ratio_below: (3, 4),
            keep_width: 1040,
            jpeg_quality: 90,
            hints: HintRules::default(),
        }
    }
}

impl Default for HintRules {
    fn default() -> Self {
        let at_least = |pass, warn| HintRule { pass: floor(pass), warn: floor(warn) };
        let at_most = |pass, warn| HintRule { pass: ceiling(pass), warn: ceiling(warn) };
        HintRules {
            sharpness: at_least(30, 12),
            background_brightness: at_least(215, 190),
            background_tint: at_most(14, 28),
            background_unevenness: at_most(12, 25),
            face_brightness: HintRule { pass: between(90, 210), warn: between(60, 235) },
            clothes_brightness: at_most(90, 130),
            border: at_most(12, 40),
        }
    }
}

fn floor(value: u32) -> Bounds {
    Bounds { at_least: Some(value), at_most: None }
}

fn ceiling(value: u32) -> Bounds {
    Bounds { at_least: None, at_most: Some(value) }
}

fn between(at_least: u32, at_most: u32) -> Bounds {
    Bounds { at_least: Some(at_least), at_most: Some(at_most) }
}
