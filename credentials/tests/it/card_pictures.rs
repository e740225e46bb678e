//! The card as PNG and PDF, with the fonts of `SEALWRIGHT_TEST_FONTS`: what was drawn is read back.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use rxing::BarcodeFormat;
use sealwright_credentials::card::render::{FontError, Fonts, MAX_SCALE, RenderError, pdf, png};
use sealwright_credentials::card::{Card, Form, Page};
use sealwright_credentials::{Content, Digest, Serial};

use crate::card::{PAGES, content, crowded, green, red};
use crate::sample;

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run tests/run, which installs what is needed"))
}

static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let paths = variable("SEALWRIGHT_TEST_FONTS");
    Fonts::read(&paths.split(':').collect::<Vec<_>>()).expect("the fonts of SEALWRIGHT_TEST_FONTS")
});

fn scan(png: &[u8], format: BarcodeFormat) -> String {
    let picture = image::load_from_memory(png).expect("a PNG").into_luma8();
    let (width, height) = picture.dimensions();
    let found = rxing::helpers::detect_in_luma(picture.into_raw(), width, height, Some(format));
    found.expect("a readable code").getText().to_owned()
}

/// The longest code there is: a QR of version 33 with the density of the real thing.
fn longest() -> String {
    const BASE45: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let body = (0u32..).map(|at| char::from(BASE45[(at.wrapping_mul(2_654_435_761) >> 13) as usize % 45]));
    "SW1:".chars().chain(body.take(2_260)).collect::<String>().trim_end().to_owned()
}

#[test]
fn both_codes_are_read_back_from_the_main_page_at_phone_and_print_size() {
    let (content, long) = (content(), longest());
    let code = sample::code(&content);
    let mut pages = Vec::new();
    for form in [Form::Phone, Form::Print] {
        for card in
            [green(&content, code.as_str()), red(&content, &code.as_str()[..200]), red(&content, &long)]
        {
            let png = png(&card.draw(Page::Main, form).expect("shown"), 3, &FONTS).expect("rendered");
            assert_eq!(scan(&png, BarcodeFormat::QR_CODE), card.code, "{form:?}");
            assert_eq!(scan(&png, BarcodeFormat::CODE_128), content.serial.as_str(), "{form:?}");
            pages.push((png, card.code, content.serial.clone()));
        }
    }
    others_read(&pages);
}

/// Two decoders that are not ours and not Rust: zxing-cpp and zbar, through `tests/interop/codes.py`.
fn others_read(pages: &[(Vec<u8>, &str, Serial)]) {
    let folder = tempfile::tempdir().expect("a folder");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/interop/codes.py");
    let mut reader = Command::new(variable("SEALWRIGHT_TEST_PYTHON"))
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = reader.stdin.take().expect("piped");
    for (at, (png, code, serial)) in pages.iter().enumerate() {
        let file = folder.path().join(format!("{at}.png"));
        std::fs::write(&file, png).expect("written");
        let line = serde_json::json!({"file": file, "qr": code, "code128": serial.as_str()});
        writeln!(input, "{line}").expect("read");
    }
    drop(input);
    let output = reader.wait_with_output().expect("Python ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.lines().filter(|line| line.ends_with(" ok")).count(), 2 * pages.len(), "{text}");
}

#[test]
fn the_usual_code_is_read_on_a_screen_of_one_pixel_a_unit() {
    let content = content();
    let code = sample::code(&content);
    let live = red(&content, &code.as_str()[..200]);
    let png = png(&live.draw(Page::Main, Form::Phone).expect("shown"), 1, &FONTS).expect("rendered");
    assert_eq!(image::load_from_memory(&png).expect("a PNG").width(), 360);
    assert_eq!(scan(&png, BarcodeFormat::QR_CODE), live.code);
}

#[test]
fn the_longest_serial_is_read_too() {
    let serial: Serial = "Z9Y8X7W6V5U4T3S2R1Q0P9O8N7M6L5K4".parse().expect("a serial");
    let content = Content { serial, ..content() };
    for form in [Form::Phone, Form::Print] {
        let drawn = green(&content, "SW1:CODE").draw(Page::Main, form).expect("shown");
        let png = png(&drawn, 3, &FONTS).expect("rendered");
        assert_eq!(scan(&png, BarcodeFormat::CODE_128), content.serial.as_str(), "{form:?}");
    }
}

#[test]
fn a_character_without_a_glyph_is_reported_by_field() {
    // A rare ideograph of plane 3, and a Lydian letter: not in the usual Chinese fonts.
    let content =
        Content { name: "王\u{3134A}明\u{10920}".into(), record: Some("\u{3134A}".into()), ..content() };
    let drawn = green(&content, "SW1:CODE").draw(Page::Secondary, Form::Phone).expect("shown");
    let Err(RenderError::Glyphs(missing)) = png(&drawn, 1, &FONTS) else { panic!("a box was drawn") };
    let found: Vec<_> = missing.fields().iter().map(|field| (field.field, &field.characters[..])).collect();
    assert_eq!(found, [("name", &['\u{10920}', '\u{3134A}'][..]), ("record", &['\u{3134A}'][..])]);
    let said = format!("{missing} {missing:?}");
    assert!(said.contains("2 character(s) of name") && !said.contains('\u{3134A}'), "{said}");
    assert!(matches!(pdf(&green(&content, "SW1:CODE"), &FONTS), Err(RenderError::Glyphs(_))));
}

#[test]
fn ordinary_values_are_covered_by_the_configured_fonts() {
    let (content, crowded) = (content(), crowded());
    for content in [&content, &crowded] {
        for (page, form) in PAGES {
            let drawn = red(content, "SW1:CODE").draw(page, form).expect("shown");
            assert_eq!(FONTS.check(&drawn), Ok(()));
        }
    }
}

#[test]
fn fonts_that_are_none_are_refused() {
    let refused = |result: Result<Fonts, FontError>| result.err().expect("refused").to_string();
    assert!(refused(Fonts::of([("a.ttf".into(), b"no font".to_vec())])).contains("a.ttf is no TrueType"));
    assert!(refused(Fonts::of([])).contains("no font is configured"));
    assert!(refused(Fonts::read(&["no/such.ttf"])).contains("no/such.ttf cannot be read"));
}

#[test]
fn a_photo_that_cannot_be_decoded_is_refused_not_left_out() {
    let broken = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x04\0\0\x01\x7a\x08\x02\0\0\0 and no pixels";
    let content = Content { photo_digest: Digest::of(broken), ..content() };
    let card = Card { photo: broken, ..green(&content, "SW1:CODE") };
    let drawn = card.draw(Page::Main, Form::Phone).expect("its header is fine");
    assert_eq!(png(&drawn, 1, &FONTS), Err(RenderError::Photo));
    assert_eq!(pdf(&card, &FONTS), Err(RenderError::Photo));
}

#[test]
fn sizes_are_bounded_and_exact() {
    let content = content();
    let drawn = green(&content, "SW1:CODE").draw(Page::Secondary, Form::Print).expect("shown");
    for scale in [0, MAX_SCALE + 1, u32::MAX] {
        assert_eq!(png(&drawn, scale, &FONTS), Err(RenderError::Scale));
    }
    let picture = png(&drawn, 2, &FONTS).expect("rendered");
    let picture = image::load_from_memory(&picture).expect("a PNG");
    assert_eq!((picture.width(), picture.height()), (1184, 840));
}

#[test]
fn the_pdf_is_one_a4_page_of_real_letters_and_always_the_same_bytes() {
    let content = content();
    let code = sample::code(&content);
    let card = green(&content, code.as_str());
    let first = pdf(&card, &FONTS).expect("rendered");
    assert_eq!(first, pdf(&card, &FONTS).expect("rendered"));
    let text = String::from_utf8_lossy(&first);
    assert!(text.starts_with("%PDF-") && text.contains("/Count 1"));
    assert!(text.contains("595.27") && text.contains("841.88"), "A4");
    assert!(
        text.contains("/FontFile") || text.contains("/Subtype /Type0") || text.contains("/Type0"),
        "letters"
    );
    assert!(!text.contains("欧阳") && !text.contains("11010519491231002X"), "no person in the properties");
}
