use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, GrayImage, ImageFormat, Rgb, RgbImage, RgbaImage};
use proptest::prelude::*;

use super::{HintName, PhotoRefused, PreparedPhoto, Verdict, intake};
use crate::policy::{Bounds, IntakeRules};

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("photos").join(name)).expect(name)
}

fn take(bytes: &[u8]) -> Result<PreparedPhoto, PhotoRefused> {
    intake(bytes, &IntakeRules::default())
}

fn code(bytes: &[u8]) -> &'static str {
    take(bytes).map_or_else(|refused| refused.code(), |_| "taken")
}

fn verdict(photo: &PreparedPhoto, name: HintName) -> Verdict {
    photo.hints.iter().find(|hint| hint.name == name).expect("every hint is measured").verdict
}

fn write(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).expect("an encoder");
    bytes.into_inner()
}

fn plain(width: u32, height: u32) -> RgbImage {
    RgbImage::from_pixel(width, height, Rgb([240, 240, 240]))
}

/// The segments of a JPEG up to its picture, and its picture's frame type.
fn segments(jpeg: &[u8]) -> Vec<u8> {
    let (mut at, mut found) = (2, Vec::new());
    while jpeg[at + 1] != 0xDA {
        assert_eq!(jpeg[at], 0xFF);
        found.push(jpeg[at + 1]);
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    found
}

fn with_segment(jpeg: &[u8], marker: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 2).expect("short").to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, payload, &jpeg[2..]].concat()
}

/// An EXIF block, big-endian: orientation and a GPS directory with a latitude reference and a readable place.
fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"Exif\0\0MM\0*\0\0\0\x08".to_vec();
    block.extend(b"\0\x02");
    block.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    block.extend([0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    block.extend(b"\0\0\0\0");
    block.extend(b"\0\x01");
    block.extend([0x00, 0x01, 0, 2, 0, 0, 0, 2, b'N', 0, 0, 0]);
    block.extend(b"\0\0\0\0GPS 31.2304 N 120.5853 E");
    block
}

#[test]
fn a_portrait_on_white_is_taken_and_passes() {
    for name in ["accepted.jpg", "album.jpg"] {
        let photo = take(&file(name)).expect(name);
        for hint in &photo.hints {
            assert_eq!(hint.verdict, Verdict::Pass, "{name} {hint:?}");
        }
        assert_eq!(photo.hints.len(), 7);
        assert_eq!(photo.digest.len(), 64);
        assert_ne!(photo.digest, photo.sent_digest);
    }
}

#[test]
fn a_busy_background_is_taken_and_shown_to_the_reviewer() {
    let photo = take(&file("flag-background.jpg")).expect("a hint decides nothing");
    assert_eq!(verdict(&photo, HintName::BackgroundUnevenness), Verdict::Fail);
    assert_eq!(verdict(&photo, HintName::BackgroundBrightness), Verdict::Fail);
    assert_eq!(verdict(&photo, HintName::FaceBrightness), Verdict::Pass);
}

#[test]
fn what_cannot_be_a_licence_photo_is_refused_with_a_code() {
    let accepted = file("accepted.jpg");
    let png = write(plain(520, 756), ImageFormat::Png);
    let cut = |bytes: &[u8], part: usize| bytes[..bytes.len() * part / 100].to_vec();
    let mut large = accepted.clone();
    large.resize(5 * 1024 * 1024 + 1, 0);
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("one byte over the limit", large, "too-large"),
        ("nothing", vec![], "not-an-image"),
        ("text", b"hello, this is no photo".to_vec(), "not-an-image"),
        ("a program", b"MZ\x90\0\x03".to_vec(), "not-an-image"),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(), "other-format"),
        ("GIF", b"GIF89a\x01\0\x01\0".to_vec(), "other-format"),
        ("WebP", b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), "other-format"),
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(), "other-format"),
        ("PDF before a JPEG", [b"%PDF-1.7\n", accepted.as_slice()].concat(), "other-format"),
        ("the first bytes of a JPEG", accepted[..3].to_vec(), "undecodable"),
        ("a JPEG cut in its header", accepted[..200].to_vec(), "undecodable"),
        ("a tenth of a JPEG", cut(&accepted, 10), "undecodable"),
        ("half a JPEG", cut(&accepted, 50), "undecodable"),
        ("a JPEG without its last byte", accepted[..accepted.len() - 1].to_vec(), "undecodable"),
        ("the signature of a PNG", png[..8].to_vec(), "undecodable"),
        ("half a PNG", cut(&png, 50), "undecodable"),
        ("a small photo", file("too-small.jpg"), "too-small"),
        ("519 pixels", write(plain(519, 755), ImageFormat::Png), "too-small"),
        ("a square", file("square.png"), "wrong-ratio"),
        ("exactly 2:3", write(plain(600, 900), ImageFormat::Png), "wrong-ratio"),
        ("exactly 3:4", write(plain(600, 800), ImageFormat::Png), "wrong-ratio"),
        ("a hair inside 2:3", write(plain(600, 899), ImageFormat::Png), "taken"),
        ("a hair inside 3:4", write(plain(600, 801), ImageFormat::Png), "taken"),
        ("landscape", write(plain(900, 620), ImageFormat::Png), "wrong-ratio"),
        ("just enough", write(plain(520, 756), ImageFormat::Jpeg), "taken"),
    ];
    for (name, bytes, expected) in rows {
        assert_eq!(code(&bytes), expected, "{name}");
    }
}

/// Both are refused by what they declare; decoding either would take 12 GB.
#[test]
fn a_tiny_file_that_declares_a_huge_picture_is_refused_before_decoding() {
    let mut png = write(plain(520, 756), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF]);
    let expected = PhotoRefused::TooManyPixels { width: 65_535, height: 65_535, limit: 12_000_000 };
    assert_eq!(take(&png), Err(expected.clone()));

    let mut jpeg = write(plain(520, 756), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).expect("a baseline frame");
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF; 4]);
    assert_eq!(take(&jpeg), Err(expected));
}

#[test]
fn a_jpeg_with_endless_scans_is_refused_before_decoding() {
    let jpeg = file("accepted.jpg");
    let scan = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).expect("a scan");
    let header = usize::from(u16::from_be_bytes([jpeg[scan + 2], jpeg[scan + 3]]));
    let empty_scans = jpeg[scan..scan + 2 + header].repeat(200);
    let bomb = [&jpeg[..scan], &empty_scans, &jpeg[scan..]].concat();
    assert!(matches!(take(&bomb), Err(PhotoRefused::Undecodable(why)) if why.contains("passes")));
}

#[test]
fn a_picture_that_needs_too_much_memory_is_refused_whatever_the_rules_say() {
    let rules = IntakeRules { max_pixels: u64::MAX, ..IntakeRules::default() };
    let mut png = write(plain(520, 756), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x5D, 0]);
    let checked = crc(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&checked);
    let refused = intake(&png, &rules).map(|photo| photo.width);
    assert!(matches!(refused, Err(PhotoRefused::TooManyPixels { width: 16_384, .. })), "{refused:?}");
}

#[test]
fn an_animation_is_refused() {
    let png = write(plain(520, 756), ImageFormat::Png);
    // The acTL chunk after the header: two frames.
    let mut chunk = b"acTL\0\0\0\x02\0\0\0\0".to_vec();
    chunk.extend(crc(&chunk).to_be_bytes());
    let animated = [&png[..33], &[0, 0, 0, 8], &chunk, &png[33..]].concat();
    assert_eq!(take(&animated), Err(PhotoRefused::Animated));
}

fn crc(bytes: &[u8]) -> u32 {
    let bit = |crc: u32| {
        if crc & 1 == 1 { 0xEDB8_8320 ^ (crc >> 1) } else { crc >> 1 }
    };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| bit(crc)))
}

#[test]
fn nothing_but_the_picture_is_kept() {
    let plain_file = file("accepted.jpg");
    let sent = [
        with_segment(&plain_file, 0xE1, &exif(1)),
        with_segment(&plain_file, 0xFE, b"GPS 31.2304 N 120.5853 E"),
        [plain_file.as_slice(), b"PK\x03\x04 GPS 31.2304 N 120.5853 E <script>"].concat(),
    ];
    let expected = take(&plain_file).expect("taken");
    for bytes in sent {
        assert!(bytes.windows(3).any(|text| text == b"GPS"));
        let photo = take(&bytes).expect("taken");
        assert_eq!(photo.jpeg, expected.jpeg);
        assert_ne!(photo.sent_digest, expected.sent_digest);
        assert!(!photo.jpeg.windows(3).any(|text| text == b"GPS"));
    }
    let kept = segments(&expected.jpeg);
    assert!(kept.iter().all(|marker| matches!(marker, 0xE0 | 0xDB | 0xC0 | 0xC4)), "{kept:02x?}");
}

#[test]
fn a_lying_picture_is_turned_upright_before_it_is_judged() {
    let upright = image::load_from_memory(&file("accepted.jpg")).expect("a photo");
    // 6: the camera was turned clockwise, so the stored picture lies on its left side.
    let lying = write(upright.rotate270(), ImageFormat::Jpeg);
    assert_eq!(code(&lying), "wrong-ratio");
    let photo = take(&with_segment(&lying, 0xE1, &exif(6))).expect("taken");
    assert_eq!((photo.width, photo.height), (624, 907));
    assert_eq!(verdict(&photo, HintName::ClothesBrightness), Verdict::Pass);
    assert_eq!(verdict(&photo, HintName::BackgroundBrightness), Verdict::Pass);
}

#[test]
fn grey_cmyk_and_transparent_pictures_become_rgb() {
    let middle = |photo: &PreparedPhoto| {
        let picture = image::load_from_memory(&photo.jpeg).expect("a photo").into_rgb8();
        *picture.get_pixel(photo.width / 2, photo.height * 3 / 10)
    };
    let colours = take(&file("accepted.jpg")).expect("taken");
    let printed = take(&file("print-colours.jpg")).expect("taken");
    assert_eq!((printed.width, printed.height), (520, 756));
    let near = |a: Rgb<u8>, b: Rgb<u8>| a.0.iter().zip(b.0).all(|(a, b)| a.abs_diff(b) < 24);
    assert!(near(middle(&printed), middle(&colours)), "{:?} {:?}", middle(&printed), middle(&colours));

    let grey = GrayImage::from_pixel(520, 756, image::Luma([100]));
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let photo = take(&write(grey.clone(), format)).expect("taken");
        assert!(near(middle(&photo), Rgb([100, 100, 100])));
        assert!(photo.jpeg.windows(2).any(|pair| pair == [0xFF, 0xC0]));
    }
    let clear = RgbaImage::from_pixel(520, 756, image::Rgba([0, 0, 0, 0]));
    assert!(near(middle(&take(&write(clear, ImageFormat::Png)).expect("taken")), Rgb([255; 3])));
    let deep = DynamicImage::from(plain(520, 756)).into_rgb16();
    assert!(near(middle(&take(&write(deep, ImageFormat::Png)).expect("taken")), Rgb([240; 3])));
}

#[test]
fn a_large_photo_is_kept_at_a_useful_width_and_what_is_kept_is_taken_again() {
    let picture = image::load_from_memory(&file("accepted.jpg")).expect("a photo");
    let large = picture.resize_exact(2496, 3628, image::imageops::FilterType::Triangle);
    let photo = take(&write(large, ImageFormat::Jpeg)).expect("taken");
    assert_eq!((photo.width, photo.height), (1040, 1512));
    let again = take(&photo.jpeg).expect("taken");
    assert_eq!((again.width, again.height), (1040, 1512));
    assert_eq!(verdict(&again, HintName::BackgroundUnevenness), Verdict::Pass);
}

#[test]
fn the_same_file_gives_the_same_bytes() {
    let (first, second) = (take(&file("album.jpg")), take(&file("album.jpg")));
    assert_eq!(first, second);
}

#[test]
fn blur_darkness_light_clothes_and_a_frame_are_noticed() {
    let picture = image::load_from_memory(&file("accepted.jpg")).expect("a photo");
    let taken = |picture: DynamicImage| take(&write(picture, ImageFormat::Png)).expect("taken");
    assert_eq!(verdict(&taken(picture.blur(4.0)), HintName::Sharpness), Verdict::Fail);
    assert_eq!(verdict(&taken(picture.brighten(-120)), HintName::FaceBrightness), Verdict::Fail);
    let mut light = picture.to_rgb8();
    image::imageops::replace(&mut light, &plain(624, 150), 0, 757);
    assert_eq!(verdict(&taken(light.into()), HintName::ClothesBrightness), Verdict::Fail);
    let mut framed = RgbImage::from_pixel(624, 907, Rgb([20, 20, 20]));
    image::imageops::replace(&mut framed, &picture.crop_imm(6, 6, 612, 895).to_rgb8(), 6, 6);
    assert_eq!(verdict(&taken(framed.into()), HintName::Border), Verdict::Fail);
    let mut tinted = picture.to_rgb8();
    tinted.pixels_mut().for_each(|pixel| pixel.0[2] = pixel.0[2].saturating_sub(60));
    assert_eq!(verdict(&taken(tinted.into()), HintName::BackgroundTint), Verdict::Fail);
}

#[test]
fn every_refusal_says_what_why_and_what_to_do_in_both_languages() {
    let refusals = [
        PhotoRefused::TooLarge { bytes: 5_242_881, limit: 5_242_880 },
        PhotoRefused::NotAnImage,
        PhotoRefused::OtherFormat("HEIC"),
        PhotoRefused::Animated,
        PhotoRefused::Undecodable("inner detail".into()),
        PhotoRefused::TooManyPixels { width: 9000, height: 12000, limit: 12_000_000 },
        PhotoRefused::TooSmall { width: 300, min_width: 520 },
        PhotoRefused::WrongRatio { width: 640, height: 640, above: (2, 3), below: (3, 4) },
    ];
    let codes: Vec<_> = refusals.iter().map(PhotoRefused::code).collect();
    assert_eq!(codes, PhotoRefused::CODES);
    for refused in refusals {
        let (english, chinese) = (refused.in_english(), refused.in_chinese());
        assert!(english.contains(": ") && english.matches(". ").count() >= 1, "{english}");
        assert!(chinese.contains('：') && chinese.contains("请"), "{chinese}");
        assert!(!english.contains("inner") && !chinese.contains("inner"));
    }
    let too_large = PhotoRefused::TooLarge { bytes: 5_242_881, limit: 5_242_880 };
    assert!(too_large.in_english().contains("5.1 of at most 5.0 MB"), "{too_large}");
    let square = PhotoRefused::WrongRatio { width: 640, height: 640, above: (2, 3), below: (3, 4) };
    assert!(square.to_string().contains("453 × 640"), "{square}");
}

#[test]
fn a_configuration_names_only_what_it_changes() {
    let rules: IntakeRules =
        toml::from_str("min_width = 600\n[hints.sharpness]\npass.at_least = 90\nwarn.at_least = 40")
            .expect("rules");
    assert_eq!(rules.min_width, 600);
    assert_eq!(rules.hints.sharpness.pass, Bounds { at_least: Some(90), at_most: None });
    assert_eq!(rules.hints.border, IntakeRules::default().hints.border);
    let json = serde_json::to_string(&rules).expect("JSON");
    assert_eq!(serde_json::from_str::<IntakeRules>(&json).expect("rules"), rules);
    assert!(toml::from_str::<IntakeRules>("min_widht = 600").is_err());
}

proptest! {
    #[test]
    fn garbage_never_panics(magic in 0_usize..3, tail in proptest::collection::vec(any::<u8>(), 0..600)) {
        let magic: &[u8] = [b"\xFF\xD8\xFF".as_slice(), b"\x89PNG\r\n\x1A\n", b""][magic];
        prop_assert_ne!(code(&[magic, &tail].concat()), "taken");
    }

}

proptest! {
    // Each case decodes a whole picture.
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A real file with a few bytes changed: taken or refused, but answered.
    #[test]
    fn a_damaged_photo_never_panics(
        png in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        near_the_start in any::<bool>(),
    ) {
        let format = if png { ImageFormat::Png } else { ImageFormat::Jpeg };
        let mut bytes = write(plain(520, 756), format);
        let reach = if near_the_start { 700.min(bytes.len()) } else { bytes.len() };
        for (place, byte) in changes {
            bytes[place.index(reach)] = byte;
        }
        if let Ok(photo) = take(&bytes) {
            prop_assert!(photo.width >= 520);
        }
    }
}
