//! Where letters really fall: the layout's reckoning against fonts.

use resvg::usvg::{Group, Node, Rect};

use super::*;
use crate::card::{Card, Drawing, Form, Page, Showing};
use crate::{Content, Digest, Ed25519Signer, KeySet, KeyState, Signer, Standing, verify};

/// 2026-11-22 12:00 in Beijing.
const NOON: i64 = 1_795_320_000;
const PORTRAIT: &[u8] = include_bytes!("../../../tests/it/golden/card/portrait.jpg");

/// The content of the golden code, with the portrait.
fn plain() -> Content {
    let signer = Ed25519Signer::from_seed(&[0x5E; 32]);
    let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
    let golden = include_str!("../../../tests/it/golden/code.txt").trim_end();
    let content = verify(golden, &keys, NOON, None).content.expect("the golden code is genuine");
    Content { photo_digest: Digest::of(PORTRAIT), ..content }
}

fn fonts() -> Fonts {
    let paths = std::env::var("SEALWRIGHT_TEST_FONTS")
        .expect("SEALWRIGHT_TEST_FONTS is not set: run tests/run, which installs what is needed");
    Fonts::read(&paths.split(':').collect::<Vec<_>>()).expect("fonts")
}

/// The inked box of every text, in units.
fn texts(group: &Group, found: &mut Vec<(String, Rect)>) {
    for node in group.children() {
        match node {
            Node::Group(group) => texts(group, found),
            Node::Text(text) => {
                let words: String = text.chunks().iter().map(|chunk| chunk.text()).collect();
                found.push((words, text.flattened().abs_bounding_box()));
            }
            _ => {}
        }
    }
}

fn assert_apart(drawing: &Drawing, fonts: &Fonts, what: &str) {
    let tree = fonts.tree(drawing).expect("covered");
    let mut found = Vec::new();
    texts(tree.root(), &mut found);
    assert!(found.len() > 20, "{what}");
    let (right, bottom) = (drawing.size().0 as f32, drawing.size().1 as f32);
    for (at, (text, a)) in found.iter().enumerate() {
        let inside = a.left() >= 0.0 && a.top() >= 0.0 && a.right() <= right && a.bottom() <= bottom;
        assert!(inside, "{what}: {text} leaves the page: {a:?}");
        for (other, b) in &found[at + 1..] {
            let across = a.right().min(b.right()) - a.left().max(b.left());
            let down = a.bottom().min(b.bottom()) - a.top().max(b.top());
            // Less than a tenth of a unit is a hair's touch.
            assert!(across.min(down) < 0.1, "{what}: `{text}` {a:?} and `{other}` {b:?} overlap");
        }
    }
}

#[test]
fn no_text_touches_another_or_leaves_the_page() {
    let fonts = fonts();
    let plain = plain();
    let chinese = |bytes: usize| "驾".repeat(bytes / 3);
    let longest = Content {
        name: chinese(512),
        nationality: chinese(512),
        licence_number: "1".repeat(512),
        classes: "A1".repeat(32),
        valid_until: None,
        authority: chinese(512),
        archive_number: Some("9".repeat(512)),
        address: chinese(512),
        record: Some("W".repeat(512)),
        issuer: format!("https://{}", "w".repeat(504)),
        ..plain.clone()
    };
    let wide = Content {
        name: "W".repeat(512),
        nationality: "Www ".repeat(128),
        authority: "Mm-".repeat(170),
        address: "WM, ".repeat(128),
        classes: "ABCDEFGH".repeat(8),
        ..longest.clone()
    };
    let uyghur = Content {
        name: "阿卜杜热合曼·买买提·".repeat(5),
        address: "新疆维吾尔自治区伊犁哈萨克自治州".repeat(10),
        ..plain.clone()
    };
    for (name, content) in [("plain", &plain), ("longest", &longest), ("wide", &wide), ("uyghur", &uyghur)] {
        for (standing, status) in [
            (Standing::Active, "A"),
            (Standing::Suspended, "B"),
            (Standing::Suspended, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        ] {
            let showing = if status == "A" { Showing::Document } else { Showing::Live { until: NOON + 60 } };
            let card = Card {
                content,
                photo: PORTRAIT,
                code: "SW1:CODE",
                standing,
                status,
                points: Some(12),
                at: NOON,
                showing,
            };
            for page in [Page::Main, Page::Secondary] {
                for form in [Form::Phone, Form::Print] {
                    let drawing = card.draw(page, form).expect("shown");
                    assert_apart(&drawing, &fonts, &format!("{name} {status} {page:?} {form:?}"));
                }
            }
        }
    }
}
