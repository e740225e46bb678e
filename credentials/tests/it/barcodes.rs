//! Every drawn code is read back by another implementation, from the SVG itself.

use proptest::prelude::*;
use rxing::BarcodeFormat;
use sealwright_credentials::Serial;
use sealwright_credentials::barcode::{BarcodeError, Look, MAX_CODE128, Paint, code128_svg, qr_svg};

use crate::sample::{code, content};

/// Paints the rectangles of our SVG, `scale` pixels a module, in the lightness of their colours.
fn rasterise(svg: &str, scale: usize) -> (Vec<u8>, u32, u32) {
    let attribute = |text: &str, name: &str| {
        let start = text.find(&format!("{name}=\"")).expect(name) + name.len() + 2;
        text[start..start + text[start..].find('"').expect("closed")].to_owned()
    };
    let view_box = attribute(svg, "viewBox");
    let [width, height] = [2, 3].map(|i| {
        view_box.split(' ').nth(i).expect("four numbers").parse::<usize>().expect("a number") * scale
    });
    let mut luma = vec![255; width * height];
    for path in svg.split("<path").skip(1) {
        let fill = attribute(path, "fill");
        let channel = |at: usize| u32::from_str_radix(&fill[at..at + 2], 16).expect("hex");
        let lightness = (299 * channel(1) + 587 * channel(3) + 114 * channel(5)) / 1000;
        for rectangle in attribute(path, "d").split('M').skip(1) {
            let numbers: Vec<usize> = rectangle
                .split(|c: char| !c.is_ascii_digit())
                .filter(|number| !number.is_empty())
                .map(|number| number.parse().expect("a number"))
                .collect();
            let [x, y, w, h] = numbers[..4] else { panic!("{rectangle}") };
            for row in y * scale..(y + h) * scale {
                luma[row * width + x * scale..row * width + (x + w) * scale].fill(lightness as u8);
            }
        }
    }
    (luma, width as u32, height as u32)
}

fn scan(svg: &str, format: BarcodeFormat) -> String {
    let (luma, width, height) = rasterise(svg, 3);
    let found = rxing::helpers::detect_in_luma(luma, width, height, Some(format)).expect("a readable code");
    assert_eq!(*found.getBarcodeFormat(), format);
    found.getText().to_owned()
}

#[test]
fn a_code_is_read_back_from_its_qr_in_every_colour() {
    let code = code(&content());
    for look in [Look::black("亮码"), Look::green("亮码"), Look::red("红码")] {
        let svg = qr_svg(code.as_str(), &look).expect("fits");
        assert_eq!(scan(&svg, BarcodeFormat::QR_CODE), code.as_str());
    }
}

#[test]
fn the_qr_is_no_larger_than_alphanumeric_mode_needs() {
    let text = code(&content());
    let svg = qr_svg(text.as_str(), &Look::black("code")).expect("fits");
    let byte_mode = qr_svg(&text.as_str().to_lowercase(), &Look::black("code")).expect("fits");
    let width = |svg: &str| svg.split("viewBox=\"0 0 ").nth(1).map(|rest| rest[..3].trim().parse::<u32>());
    assert!(
        width(&svg).expect("a view box").expect("a number") + 8
            < width(&byte_mode).expect("a view box").expect("a number")
    );
}

#[test]
fn a_serial_is_read_back_from_its_code_128() {
    let serial = Serial::from_random([1, 35, 69, 103, 137, 171, 205, 239, 1, 35]);
    for look in [Look::black("serial"), Look::green("serial"), Look::red("serial")] {
        let svg = code128_svg(serial.as_str(), 40, &look).expect("fits");
        assert_eq!(scan(&svg, BarcodeFormat::CODE_128), serial.as_str());
    }
}

#[test]
fn every_printable_character_fits_a_code_128() {
    for chunk in (b' '..=b'~').collect::<Vec<_>>().chunks(24) {
        let text = std::str::from_utf8(chunk).expect("ASCII");
        let svg = code128_svg(text, 40, &Look::black("text")).expect("fits");
        assert_eq!(scan(&svg, BarcodeFormat::CODE_128), text);
    }
}

#[test]
fn digits_go_two_to_a_symbol() {
    // Start, ten symbols, check, stop; ten modules of quiet zone at each end.
    let svg = code128_svg("12345678901234567890", 40, &Look::black("digits")).expect("fits");
    assert!(svg.contains(&format!("viewBox=\"0 0 {} 40\"", 12 * 11 + 13 + 20)), "{svg}");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let look = Look::black("text");
    assert_eq!(qr_svg(&"A".repeat(3392), &look), Err(BarcodeError::TooLongForQr { got: 3392 }));
    assert!(qr_svg(&"A".repeat(3391), &look).is_ok());
    for text in ["", "驾", "line\n", &"1".repeat(MAX_CODE128 + 1)] {
        assert_eq!(code128_svg(text, 40, &look), Err(BarcodeError::NotCode128));
    }
}

#[test]
fn an_image_says_what_it_is_and_cannot_be_broken_out_of() {
    let look = Look { ink: Paint::CurrentColor, paper: None, title: "a <b> & \"c\"" };
    let svg = qr_svg("SW1:TEST", &look).expect("fits");
    assert!(svg.contains("<title>a &lt;b&gt; &amp; \"c\"</title>"));
    assert!(svg.contains("role=\"img\"") && svg.contains("shape-rendering=\"crispEdges\""));
    assert_eq!(svg.matches("<path").count(), 1);
    assert!(svg.contains("fill=\"currentColor\""));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_short_text_is_read_back_from_code_128(text in "([0-9]{1,9}|[A-Za-z -]{1,3}){1,5}") {
        prop_assume!(text.len() <= MAX_CODE128);
        let svg = code128_svg(&text, 40, &Look::black("text")).expect("fits");
        prop_assert_eq!(scan(&svg, BarcodeFormat::CODE_128), text);
    }
}
