//! What can be measured on a photo. A hint shows a reviewer where to look; it never decides.

use image::RgbImage;
use image::imageops::{self, FilterType};
use serde::{Deserialize, Serialize};

use crate::policy::{Bounds, HintRule, HintRules};

/// One measurement. Whole numbers, so that a screen and a test see the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hint {
    /// What was measured.
    pub name: HintName,
    /// The value, rounded.
    pub value: u32,
    /// Within this it passes.
    pub limit: Bounds,
    /// What the rules make of it.
    pub verdict: Verdict,
}

/// What is measured; units are in [`HintRules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "explained at the fields of `HintRules`")]
pub enum HintName {
    Sharpness,
    BackgroundBrightness,
    BackgroundTint,
    BackgroundUnevenness,
    FaceBrightness,
    ClothesBrightness,
    Border,
}

/// What the rules make of a value. No decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "they say it")]
pub enum Verdict {
    Pass,
    Warn,
    Fail,
}

/// Measures an upright picture of any size; values do not depend on it.
pub(super) fn measure(picture: &RgbImage, rules: &HintRules) -> Vec<Hint> {
    let height = (u64::from(picture.height()) * u64::from(WIDTH) / u64::from(picture.width().max(1))).max(8);
    let height = u32::try_from(height).unwrap_or(u32::MAX);
    let small = imageops::resize(picture, WIDTH, height, FilterType::Triangle);
    let face = Area::of(&small, (300, 700), (200, 600));
    // Beside the head and above the shoulders there is nothing but background.
    let background = [
        Area::of(&small, (20, 980), (12, 24)),
        Area::of(&small, (20, 100), (12, 380)),
        Area::of(&small, (900, 980), (12, 380)),
    ];
    let rim = [
        Area::of(&small, (0, 1000), (0, 6)),
        Area::of(&small, (0, 8), (0, 380)),
        Area::of(&small, (992, 1000), (0, 380)),
    ];
    let clothes = Area::of(&small, (100, 900), (880, 1000));

    let ground = Sample::of(&small, &background);
    let rim = Sample::of(&small, &rim);
    let rows = [
        (HintName::Sharpness, laplacian_variance(&small, face), rules.sharpness),
        (HintName::BackgroundBrightness, ground.mean, rules.background_brightness),
        (HintName::BackgroundTint, ground.tint, rules.background_tint),
        (HintName::BackgroundUnevenness, ground.deviation, rules.background_unevenness),
        (HintName::FaceBrightness, Sample::of(&small, &[face]).mean, rules.face_brightness),
        (HintName::ClothesBrightness, Sample::of(&small, &[clothes]).mean, rules.clothes_brightness),
        (HintName::Border, (rim.mean - ground.mean).abs(), rules.border),
    ];
    rows.into_iter().map(|(name, value, rule)| hint(name, value, rule)).collect()
}

fn hint(name: HintName, value: f64, rule: HintRule) -> Hint {
    let value = value.round() as u32;
    let verdict = if rule.pass.hold(value) {
        Verdict::Pass
    } else if rule.warn.hold(value) {
        Verdict::Warn
    } else {
        Verdict::Fail
    };
    Hint { name, value, limit: rule.pass, verdict }
}

/// A rectangle of the picture: columns and rows, ends excluded.
#[derive(Clone, Copy)]
struct Area {
    x: (u32, u32),
    y: (u32, u32),
}

impl Area {
    /// From thousandths of width and height; at least one pixel.
    fn of(picture: &RgbImage, x: (u32, u32), y: (u32, u32)) -> Area {
        let part = |(from, to): (u32, u32), side: u32| {
            let at = |thousandths: u32| (u64::from(side) * u64::from(thousandths) / 1000) as u32;
            let from = at(from).min(side - 1);
            (from, at(to).max(from + 1))
        };
        Area { x: part(x, picture.width()), y: part(y, picture.height()) }
    }

    fn pixels(self) -> impl Iterator<Item = (u32, u32)> {
        (self.y.0..self.y.1).flat_map(move |y| (self.x.0..self.x.1).map(move |x| (x, y)))
    }
}

struct Sample {
    mean: f64,
    deviation: f64,
    tint: f64,
}

impl Sample {
    fn of(picture: &RgbImage, areas: &[Area]) -> Sample {
        let (mut count, mut sum, mut squares, mut tint) = (0.0, 0.0, 0.0, 0.0);
        for (x, y) in areas.iter().flat_map(|area| area.pixels()) {
            let brightness = luma(picture, x, y);
            let [red, green, blue] = picture.get_pixel(x, y).0;
            tint += f64::from(red.max(green).max(blue) - red.min(green).min(blue));
            count += 1.0;
            sum += brightness;
            squares += brightness * brightness;
        }
        let mean = sum / count;
        let variance: f64 = squares / count - mean * mean;
        Sample { mean, deviation: variance.max(0.0).sqrt(), tint: tint / count }
    }
}

fn laplacian_variance(picture: &RgbImage, area: Area) -> f64 {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    // The area lies within the picture, so every pixel of it has four neighbours.
    for (x, y) in area.pixels() {
        let around = luma(picture, x - 1, y)
            + luma(picture, x + 1, y)
            + luma(picture, x, y - 1)
            + luma(picture, x, y + 1);
        let edge = around - 4.0 * luma(picture, x, y);
        count += 1.0;
        sum += edge;
        squares += edge * edge;
    }
    let mean: f64 = sum / count;
    squares / count - mean * mean
}

/// Rec. 601, as JPEG itself uses it.
fn luma(picture: &RgbImage, x: u32, y: u32) -> f64 {
    let [red, green, blue] = picture.get_pixel(x, y).0.map(f64::from);
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// Sharpness means nothing without a scale: all is measured at the least width of an upload.
const WIDTH: u32 = 520;
