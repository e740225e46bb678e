//! The card as SVG: who is shown, how, and that no value breaks out of its place.

use proptest::prelude::*;
use sealwright_credentials::card::{Card, CardError, Face, Form, MAX_PHOTO, Page, PhotoError, Showing};
use sealwright_credentials::{Content, Digest, Standing};

use crate::sample::{self, NOON, date};

pub(crate) const PORTRAIT: &[u8] = include_bytes!("golden/card/portrait.jpg");

pub(crate) const PAGES: [(Page, Form); 4] = [
    (Page::Main, Form::Phone),
    (Page::Secondary, Form::Phone),
    (Page::Main, Form::Print),
    (Page::Secondary, Form::Print),
];

/// The sample licence with the portrait that it is signed for.
pub(crate) fn content() -> Content {
    Content { photo_digest: Digest::of(PORTRAIT), ..sample::content() }
}

pub(crate) fn green<'a>(content: &'a Content, code: &'a str) -> Card<'a> {
    Card {
        content,
        photo: PORTRAIT,
        code,
        standing: Standing::Active,
        status: "A",
        points: Some(3),
        at: NOON,
        showing: Showing::Document,
    }
}

pub(crate) fn red<'a>(content: &'a Content, code: &'a str) -> Card<'a> {
    Card {
        standing: Standing::Suspended,
        status: "BD",
        showing: Showing::Live { until: NOON + 60 },
        ..green(content, code)
    }
}

/// Long values in every field, as long as a register may send them.
pub(crate) fn crowded() -> Content {
    Content {
        name: "阿卜杜热合曼·买买提·".repeat(5),
        nationality: "Saint Vincent and the Grenadines".into(),
        licence_number: "W".repeat(40),
        classes: "A1A2A3B1B2C1C2C3C4C5C6DEFMNP".into(),
        valid_until: None,
        authority: "新疆维吾尔自治区伊犁哈萨克自治州公安局交通警察支队车辆管理所".into(),
        address: "新疆维吾尔自治区伊犁哈萨克自治州".repeat(10),
        record: Some("实习期至2022年9月1日；矫正视力；右耳佩戴助听器；".repeat(5)),
        ..content()
    }
}

#[test]
fn the_card_of_a_known_content_never_changes() {
    let content = content();
    let code = sample::code(&content);
    let green = green(&content, code.as_str());
    let red = red(&content, &code.as_str()[..200]);
    let golden = [
        (green, Page::Main, Form::Phone, include_str!("golden/card/green-main-phone.svg")),
        (green, Page::Secondary, Form::Phone, include_str!("golden/card/green-secondary-phone.svg")),
        (red, Page::Main, Form::Print, include_str!("golden/card/red-main-print.svg")),
        (red, Page::Secondary, Form::Print, include_str!("golden/card/red-secondary-print.svg")),
    ];
    for (card, page, form, golden) in golden {
        let drawn = card.draw(page, form).expect("shown");
        assert!(drawn.svg() == golden.trim_end(), "{page:?} {form:?} is drawn otherwise than before");
    }
}

#[test]
fn each_page_holds_what_the_rules_ask_for() {
    let content = content();
    let card = green(&content, "SW1:CODE");
    for form in [Form::Phone, Form::Print] {
        let main = card.draw(Page::Main, form).expect("shown");
        for text in [
            "欧阳建国",
            "11010519491231002X",
            "1949-12-31",
            "1975-05-06",
            "2021-09-01 至 2031-09-01",
            ">A1<",
            ">A2<",
            ">D<",
        ] {
            assert!(main.svg().contains(text), "{text}");
        }
        for text in
            ["电子证生成时间", "2026-11-22 11:59:00", "二维码", "一维码", "data:image/jpeg;base64,/9j/"]
        {
            assert!(main.svg().contains(text), "{text}");
        }
        assert!(!main.svg().contains("建国门外"), "the address is on the other page");
        let secondary = card.draw(Page::Secondary, form).expect("shown");
        for text in
            ["建国门外大街", "北京市公安局", "矫正视力", "准驾车型代号规定", "重型牵引挂车", "110012345678"]
        {
            assert!(secondary.svg().contains(text), "{text}");
        }
        assert!(!secondary.svg().contains("data:image"));
    }
}

#[test]
fn red_differs_in_words_and_shapes_not_by_colour_alone() {
    let content = content();
    for (page, form) in PAGES {
        let green = green(&content, "SW1:CODE").draw(page, form).expect("shown");
        let red = red(&content, "SW1:CODE").draw(page, form).expect("shown");
        assert!(green.svg().contains("正常") && green.svg().contains("In order"));
        assert!(red.svg().contains("超分、暂扣，不得驾驶") && red.svg().contains("do not drive"));
        assert!(!red.svg().contains("正常"));
        let tick = r#"<circle r="10"/>"#;
        assert_eq!((green.svg().matches(tick).count(), red.svg().matches(tick).count()), (1, 0));
        assert!(
            red.svg().matches("l8 -8h8l-8 8z").count() > 20 && !green.svg().contains("l8 -8h8"),
            "hatching"
        );
    }
}

#[test]
fn shown_live_it_says_when_and_until_when() {
    let content = content();
    let card = Card { showing: Showing::Live { until: NOON + 60 }, ..green(&content, "SW1:CODE") };
    for form in [Form::Phone, Form::Print] {
        let drawn = card.draw(Page::Main, form).expect("shown");
        assert!(drawn.svg().contains("亮证时间") && drawn.svg().contains("2026-11-22 12:00:00 – 12:01:00"));
        assert!(drawn.svg().contains("2026-11-22 11:59:00"), "the generation time stays");
    }
}

#[test]
fn what_may_not_be_shown_is_not_drawn() {
    let content = content();
    for standing in [Standing::Hidden, Standing::Invalid, Standing::Superseded] {
        let card = Card { standing, ..green(&content, "SW1:CODE") };
        for (page, form) in PAGES {
            assert_eq!(card.draw(page, form).err(), Some(CardError::NotShown(standing)));
        }
    }
}

#[test]
fn a_validity_period_that_is_over_is_red_whatever_the_register_says() {
    // 2031-09-01 24:00 in China.
    let end = 1_946_044_800;
    let content = content();
    let card = |at| Card { at, ..green(&content, "SW1:CODE") };
    assert_eq!(card(end - 1).face(), Ok(Face::Green));
    assert_eq!(card(end).face(), Ok(Face::Red));
    let drawn = card(end).draw(Page::Main, Form::Phone).expect("shown");
    assert!(drawn.svg().contains("逾期未换证") && drawn.svg().contains("Not renewed in time"));
    let long_term = Content { valid_until: None, ..content.clone() };
    assert_eq!(Card { content: &long_term, ..card(end) }.face(), Ok(Face::Green));
    let early = Content { valid_from: date(2026, 11, 23), ..content.clone() };
    assert_eq!(Card { content: &early, ..card(NOON) }.face(), Err(CardError::NotYetValid));
}

#[test]
fn times_that_cannot_be_are_refused() {
    let content = content();
    let card = green(&content, "SW1:CODE");
    let drawn = |card: Card<'_>| card.draw(Page::Main, Form::Phone).err();
    assert_eq!(drawn(Card { at: content.generated_at - 301, ..card }), Some(CardError::Time));
    assert_eq!(drawn(Card { at: content.generated_at - 300, ..card }), None);
    assert_eq!(drawn(Card { at: i64::MAX, ..card }), Some(CardError::Time));
    assert_eq!(drawn(Card { at: i64::MIN, ..card }), Some(CardError::Time));
    assert_eq!(drawn(Card { showing: Showing::Live { until: NOON }, ..card }), Some(CardError::CodeOver));
    assert_eq!(drawn(Card { showing: Showing::Live { until: i64::MAX }, ..card }), Some(CardError::Time));
    let over = Content { expires: Some(NOON), ..content.clone() };
    assert_eq!(drawn(Card { content: &over, ..card }), Some(CardError::CodeOver));
}

#[test]
fn only_the_signed_photo_is_drawn() {
    let content = content();
    let other = [PORTRAIT, b"!"].concat();
    let card = Card { photo: &other, ..green(&content, "SW1:CODE") };
    assert_eq!(card.draw(Page::Main, Form::Phone).err(), Some(CardError::OtherPhoto));
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    let signed = Content { photo_digest: Digest::of(svg), ..content.clone() };
    let card = Card { photo: svg, content: &signed, ..card };
    assert_eq!(card.draw(Page::Main, Form::Phone).err(), Some(PhotoError::Unknown.into()));
    let large = vec![0; MAX_PHOTO + 1];
    let card = Card { photo: &large, ..card };
    assert_eq!(card.draw(Page::Main, Form::Phone).err(), Some(PhotoError::Bytes(MAX_PHOTO + 1).into()));
}

#[test]
fn text_that_is_none_is_refused_by_field() {
    for bad in ["\u{FFFF}", "\u{FDD0}", "\u{2028}", "\u{200F}", "\u{1FFFE}"] {
        let content = Content { name: format!("王{bad}明"), ..content() };
        let refused = green(&content, "SW1:CODE").draw(Page::Secondary, Form::Print).err();
        assert_eq!(refused, Some(CardError::NotText("name")), "{bad:?}");
    }
    for bad in ["\u{202E}", "\0", "\u{1B}"] {
        let content = Content { address: format!("1{bad}2"), ..content() };
        let refused = green(&content, "SW1:CODE").draw(Page::Main, Form::Phone).err();
        assert!(matches!(refused, Some(CardError::Content(_))), "{bad:?}");
    }
    let content = content();
    for status in ["", "a", "A\u{0}", "<b>"] {
        let card = Card { status, ..green(&content, "SW1:CODE") };
        assert_eq!(card.draw(Page::Main, Form::Phone).err(), Some(CardError::Status), "{status:?}");
    }
}

#[test]
fn an_error_names_fields_and_never_values() {
    let content = Content { name: "王\u{FFFF}明".into(), ..content() };
    let error = green(&content, "SW1:CODE").draw(Page::Main, Form::Phone).err().expect("refused");
    assert!(!format!("{error} {error:?}").contains('王'));
}

#[test]
fn too_much_for_a_qr_is_refused() {
    let (content, long) = (content(), "A".repeat(4000));
    let refused = green(&content, &long).draw(Page::Main, Form::Print).err();
    assert!(matches!(refused, Some(CardError::Code(_))));
}

/// The elements of an SVG, in order, without their text.
fn skeleton(svg: &str) -> Vec<String> {
    svg.split('<')
        .skip(1)
        .map(|tag| tag.split([' ', '>', '/']).find(|name| !name.is_empty()).unwrap_or("").into())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_value_becomes_markup(name in r#"[<>&"'\]\[!\-;a-z王]{1,40}"#, record in r#"(</text><script>|]]>|<!--|&#x0;|'"|王){1,9}"#) {
        let hostile = Content { name: format!("x{name}"), record: Some(record), ..content() };
        for (page, form) in PAGES {
            let drawn = green(&hostile, "SW1:CODE").draw(page, form).expect("shown");
            let allowed = ["svg", "title", "linearGradient", "stop", "rect", "g", "path", "use", "clipPath", "image", "text", "tspan", "circle"];
            for element in skeleton(drawn.svg()) {
                prop_assert!(allowed.contains(&&*element), "{}", element);
            }
            prop_assert!(!drawn.svg().contains("<!") && !drawn.svg().contains("]]>"));
            prop_assert_eq!(drawn.svg().matches("<text").count(), drawn.svg().matches("</text>").count());
        }
    }

    #[test]
    fn whatever_a_licence_says_it_is_drawn(
        name in "\\PC{1,120}",
        status in "[A-Z]{1,26}",
        classes in "([A-Z][0-9]?){1,32}",
    ) {
        let breaks = ['\u{2028}', '\u{2029}'];
        prop_assume!(!name.trim().is_empty() && name.len() <= 512 && !name.contains(breaks));
        let content = Content { name, classes, ..crowded() };
        let card = Card { status: &status, ..red(&content, "SW1:CODE") };
        for (page, form) in PAGES {
            prop_assert!(card.draw(page, form).is_ok());
        }
    }
}
