//! Both pages for a phone: 360 px wide, one column, as high as the values need.

use super::canvas::{Anchor, Letters, N, WORDS, area};
use super::classes::{CLASSES, Held, held};
use super::parts::{Sheet, Sizes, TITLE, day, period, sex};
use super::photo::Photo;
use super::{CardError, Drawing, Words};

const WIDTH: f64 = 360.0;
const MARGIN: f64 = 20.0;
const ROOM: f64 = WIDTH - 2.0 * MARGIN;
const HEADER: f64 = 84.0;
const GAP: f64 = 12.0;

const VALUE: Sizes = Sizes { label: 11.0, value: 16.0, least: 12.0 };

pub(super) fn main(mut sheet: Sheet<'_>, photo: &Photo<'_>) -> Result<Drawing, CardError> {
    let content = sheet.content();
    let mut y = top(&mut sheet, Words("正页", "Main page"));

    let (frame, left) = (area(MARGIN + 3.0, y + 3.0, 104.0, 151.0), MARGIN + 126.0);
    sheet.photo(photo, frame);
    let beside = ROOM - 126.0;
    let name = Sizes { value: 23.0, least: 14.0, ..VALUE };
    let mut below =
        sheet.field("name", Words("姓名", "Name"), &content.name, area(left, y, beside, 74.0), name);
    let half = beside / 2.0;
    let a = sheet.field(
        "sex",
        Words("性别", "Sex"),
        sex(content.sex),
        area(left, below + 9.0, half - 6.0, 40.0),
        VALUE,
    );
    let b = sheet.field(
        "nationality",
        Words("国籍", "Nationality"),
        &content.nationality,
        area(left + half, below + 9.0, half, 40.0),
        VALUE,
    );
    below = a.max(b);
    let birth = day(content.birth_date);
    below = sheet.field(
        "birth_date",
        Words("出生日期", "Date of birth"),
        &birth,
        area(left, below + 9.0, beside, 40.0),
        VALUE,
    );
    y = below.max(frame.y + frame.h + 3.0) + GAP;

    let number = Sizes { value: 20.0, least: 12.0, ..VALUE };
    y = sheet.field(
        "licence_number",
        Words("证号", "Licence number"),
        &content.licence_number,
        area(MARGIN, y, ROOM, 42.0),
        number,
    ) + GAP;
    // Side by side, so of one size.
    let pair = Sizes { value: 14.0, ..VALUE };
    let period = period(content);
    let a = sheet.field("valid", Words("有效期限", "Valid"), &period, area(MARGIN, y, 218.0, 40.0), pair);
    let first = day(content.first_issue);
    let b = sheet.field(
        "first_issue",
        Words("初次领证", "First issue"),
        &first,
        area(MARGIN + 223.0, y, 97.0, 40.0),
        pair,
    );
    y = a.max(b) + GAP;
    y = sheet.classes(area(MARGIN, y, ROOM, 150.0), VALUE.label, 17.0, 12.0) + GAP + 8.0;

    rule(&mut sheet, y);
    y = sheet.times(area(MARGIN, y + GAP, ROOM, 84.0), Sizes { value: 19.0, ..VALUE }) + GAP;
    y = sheet.qr(MARGIN - 16.0, y, ROOM + 32.0)? + GAP;
    y = sheet.barcode(MARGIN - 4.0, y, ROOM + 8.0, 52.0)? + GAP;
    Ok(bottom(sheet, y + 18.0))
}

pub(super) fn secondary(mut sheet: Sheet<'_>) -> Drawing {
    let content = sheet.content();
    let mut y = top(&mut sheet, Words("副页", "Secondary page"));
    let least = Sizes { value: 15.0, ..VALUE };
    let mut field = |sheet: &mut Sheet<'_>, field, label, value: &str| {
        y = sheet.field(field, label, value, area(MARGIN, y, ROOM, 60.0), least) + GAP;
    };
    field(&mut sheet, "name", Words("姓名", "Name"), &content.name);
    field(&mut sheet, "licence_number", Words("证号", "Licence number"), &content.licence_number);
    field(&mut sheet, "address", Words("住址", "Address"), &content.address);
    field(&mut sheet, "authority", Words("发证机关", "Issuing authority"), &content.authority);
    if let Some(number) = &content.archive_number {
        field(&mut sheet, "archive_number", Words("档案编号", "Archive number"), number);
    }
    let record = content.record.as_deref().unwrap_or("无 None");
    field(&mut sheet, "record", Words("驾驶记录", "Driving record"), record);
    if let Some(points) = sheet.card.points {
        let points = format!("{points}");
        field(&mut sheet, "points", Words("累积记分", "Points in this cycle"), &points);
    }
    field(&mut sheet, "issuer", Words("电子证签发方", "Issuer of the electronic licence"), &content.issuer);
    y += 6.0;
    rule(&mut sheet, y);
    y = rules(&mut sheet, y + 22.0);
    bottom(sheet, y + 24.0)
}

fn top(sheet: &mut Sheet<'_>, page: Words) -> f64 {
    sheet.ground(WIDTH, GROUND);
    let (guilloche, at) = (&sheet.guilloche, (WIDTH * 0.78, HEADER + 210.0));
    sheet.canvas.rosette(guilloche, 0, at, 190.0, 0.34);
    sheet.canvas.rosette(guilloche, 1, (WIDTH * 0.1, HEADER + 620.0), 220.0, 0.28);
    sheet.header(WIDTH, HEADER, page, 24.0);
    sheet.standing(area(MARGIN - 6.0, HEADER + 16.0, ROOM + 12.0, 50.0));
    HEADER + 16.0 + 50.0 + 16.0
}

/// Higher than any card; the view box cuts it.
const GROUND: f64 = 6000.0;

fn bottom(mut sheet: Sheet<'_>, y: f64) -> Drawing {
    sheet.footer(MARGIN, y, ROOM, 12.0);
    let height = (y + 34.0).ceil();
    sheet.canvas.finish((WIDTH, height), None, TITLE)
}

/// A dashed line, as where a paper would be folded.
fn rule(sheet: &mut Sheet<'_>, y: f64) {
    let (line, y, to) = (sheet.palette().line, N(y), N(WIDTH - MARGIN));
    sheet.canvas.raw(format_args!(
        r#"<path d="M{MARGIN} {y}H{to}" stroke="{line}" stroke-opacity=".6" stroke-dasharray="1 5" stroke-width="2" stroke-linecap="round"/>"#
    ));
}

/// The class-code rules; what the licence holds stands out.
fn rules(sheet: &mut Sheet<'_>, mut y: f64) -> f64 {
    let palette = sheet.palette();
    sheet.canvas.text(WORDS, MARGIN, y, "准驾车型代号规定", Letters::new(15.0, palette.ink).bold());
    y += 16.0;
    sheet.canvas.text(WORDS, MARGIN, y, "Rules of the class codes", Letters::new(11.0, palette.muted));
    y += 10.0;
    for class in CLASSES {
        let held = held(&sheet.content().classes, class.code);
        let right = WIDTH - MARGIN - 8.0;
        let mark = match held {
            Held::Named => Some(("持有", "held")),
            Held::Permitted => Some(("准驾", "permitted")),
            Held::No => None,
        };
        let height = if class.permits.is_empty() { 42.0 } else { 56.0 };
        if held != Held::No {
            sheet.canvas.rect(area(MARGIN - 8.0, y, ROOM + 16.0, height), 8.0, palette.panel);
        }
        badge(sheet, class.code, held, y + 8.0);
        let left = MARGIN + 46.0;
        let strong = Letters::new(13.5, palette.ink);
        let zh = if held == Held::Named { strong.bold() } else { strong };
        sheet.canvas.text(WORDS, left, y + 18.0, class.zh, zh);
        let small = Letters::new(10.5, palette.muted);
        sheet.canvas.text(WORDS, left, y + 33.0, class.en, small);
        if !class.permits.is_empty() {
            let permits = format!("另可驾驶 also {}", class.permits.join(" "));
            sheet.canvas.text(WORDS, left, y + 48.0, &permits, small);
        }
        if let Some((zh, en)) = mark {
            let end = Letters::new(11.0, palette.deep).bold().anchor(Anchor::End);
            sheet.canvas.text(WORDS, right, y + 17.0, &format!("{zh} {en}"), end);
        }
        y += height + 3.0;
    }
    y
}

fn badge(sheet: &mut Sheet<'_>, code: &'static str, held: Held, y: f64) {
    let palette = sheet.palette();
    let (letters, x) = (Letters::new(14.0, palette.deep).bold().anchor(Anchor::Middle), MARGIN);
    let letters = match held {
        Held::Named => {
            sheet.canvas.rect(area(x, y, 36.0, 26.0), 6.0, palette.deep);
            Letters { fill: "#ffffff", ..letters }
        }
        Held::Permitted | Held::No => {
            let (line, y) = (palette.line, N(y));
            let faint = if held == Held::No { r#" stroke-opacity=".55""# } else { "" };
            sheet.canvas.raw(format_args!(
                r#"<rect x="{x}" y="{y}" width="36" height="26" rx="6" fill="none" stroke="{line}"{faint}/>"#
            ));
            letters
        }
    };
    sheet.canvas.text(WORDS, x + 18.0, y + 18.0, code, letters);
}
