//! Both pages on paper: A6 landscape, four units a millimetre, everything inside it whatever the values.

use super::canvas::{Anchor, Letters, N, WORDS, area};
use super::classes::{CLASSES, Held, held};
use super::lettering::fit;
use super::parts::{Sheet, Sizes, TITLE, day, period, sex};
use super::photo::Photo;
use super::{CardError, Drawing, Words};

pub(super) const WIDTH: f64 = 592.0;
pub(super) const HEIGHT: f64 = 420.0;
const MARGIN: f64 = 20.0;

/// Values of 3.1 mm and labels of 1.9 mm; the least size is for 512-byte values in the smallest boxes alone.
const SIZES: Sizes = Sizes { label: 7.5, value: 12.5, least: 1.5 };

pub(super) fn main(mut sheet: Sheet<'_>, photo: &Photo<'_>) -> Result<Drawing, CardError> {
    let content = sheet.content();
    sheet.ground(WIDTH, HEIGHT);
    let guilloche = &sheet.guilloche;
    sheet.canvas.rosette(guilloche, 0, (250.0, 220.0), 150.0, 0.36);
    sheet.canvas.rosette(guilloche, 1, (480.0, 330.0), 120.0, 0.26);
    sheet.header(WIDTH, 54.0, Words("正页", "Main page"), 18.0);

    sheet.photo(photo, area(MARGIN + 3.0, 77.0, 104.0, 151.0));
    let (left, beside) = (146.0, 206.0);
    let name = Sizes { value: 20.0, ..SIZES };
    sheet.field("name", Words("姓名", "Name"), &content.name, area(left, 72.0, beside, 50.0), name);
    sheet.field("sex", Words("性别", "Sex"), sex(content.sex), area(left, 126.0, 96.0, 28.0), SIZES);
    let nationality = area(left + 104.0, 126.0, beside - 104.0, 28.0);
    sheet.field("nationality", Words("国籍", "Nationality"), &content.nationality, nationality, SIZES);
    let birth = day(content.birth_date);
    sheet.field(
        "birth_date",
        Words("出生日期", "Date of birth"),
        &birth,
        area(left, 160.0, 96.0, 28.0),
        SIZES,
    );
    let first = day(content.first_issue);
    let place = area(left + 104.0, 160.0, beside - 104.0, 28.0);
    sheet.field("first_issue", Words("初次领证", "First issue"), &first, place, SIZES);
    let period = period(content);
    sheet.field("valid", Words("有效期限", "Valid"), &period, area(left, 194.0, beside, 36.0), SIZES);

    let number = Sizes { value: 16.0, ..SIZES };
    let place = area(MARGIN, 240.0, 196.0, 34.0);
    sheet.field("licence_number", Words("证号", "Licence number"), &content.licence_number, place, number);
    sheet.classes(area(MARGIN + 204.0, 240.0, 128.0, 42.0), SIZES.label, 13.0, 3.0);
    sheet.times(area(MARGIN, 284.0, 332.0, 50.0), SIZES);
    sheet.barcode(MARGIN, 344.0, 309.0, 40.0)?;

    let right = 366.0;
    sheet.standing(area(right, 72.0, WIDTH - MARGIN - right, 36.0));
    sheet.qr(right - 2.0, 122.0, 210.0)?;
    sheet.footer(right, 376.0, WIDTH - MARGIN - right, 8.5);
    Ok(finish(sheet))
}

pub(super) fn secondary(mut sheet: Sheet<'_>) -> Drawing {
    let content = sheet.content();
    sheet.ground(WIDTH, HEIGHT);
    let guilloche = &sheet.guilloche;
    sheet.canvas.rosette(guilloche, 1, (150.0, 240.0), 150.0, 0.34);
    sheet.header(WIDTH, 54.0, Words("副页", "Secondary page"), 18.0);

    let width = 232.0;
    let place = |y, h| area(MARGIN, y, width, h);
    sheet.standing(place(70.0, 30.0));
    sheet.field("name", Words("姓名", "Name"), &content.name, place(108.0, 28.0), SIZES);
    let number = &content.licence_number;
    sheet.field("licence_number", Words("证号", "Licence number"), number, place(140.0, 27.0), SIZES);
    sheet.field("address", Words("住址", "Address"), &content.address, place(171.0, 48.0), SIZES);
    let authority = &content.authority;
    sheet.field("authority", Words("发证机关", "Issuing authority"), authority, place(223.0, 38.0), SIZES);
    let archive = content.archive_number.as_deref().unwrap_or("—");
    let half = area(MARGIN, 265.0, 124.0, 27.0);
    sheet.field("archive_number", Words("档案编号", "Archive number"), archive, half, SIZES);
    if let Some(points) = sheet.card.points {
        let half = area(MARGIN + 132.0, 265.0, 100.0, 27.0);
        sheet.field("points", Words("累积记分", "Points"), &format!("{points}"), half, SIZES);
    }
    let record = content.record.as_deref().unwrap_or("无 None");
    sheet.field("record", Words("驾驶记录", "Driving record"), record, place(296.0, 48.0), SIZES);
    let issuer = &content.issuer;
    sheet.field("issuer", Words("电子证签发方", "Issuer"), issuer, place(348.0, 27.0), SIZES);
    sheet.footer(MARGIN, 389.0, width, 8.5);
    rules(&mut sheet, 270.0, 72.0, WIDTH - MARGIN - 270.0);
    finish(sheet)
}

fn finish(sheet: Sheet<'_>) -> Drawing {
    sheet.canvas.finish((WIDTH, HEIGHT), Some(4.0), TITLE)
}

/// The class-code rules; what the licence holds stands out.
fn rules(sheet: &mut Sheet<'_>, x: f64, y: f64, width: f64) {
    let palette = sheet.palette();
    sheet.canvas.label(x, y + 7.5, Words("准驾车型代号规定", "Rules of the class codes"), 7.5);
    let end = Letters::new(6.8, palette.muted).anchor(Anchor::End);
    sheet.canvas.text(WORDS, x + width, y + 7.5, "+ 另可驾驶 also permits", end);
    let (top, step) = (y + 14.0, 18.9);
    sheet.canvas.rect(
        area(x - 6.0, top - 2.0, width + 12.0, step * CLASSES.len() as f64 + 4.0),
        6.0,
        palette.panel,
    );
    for (row, class) in CLASSES.iter().enumerate() {
        let y = top + row as f64 * step;
        let held = held(&sheet.content().classes, class.code);
        if row > 0 {
            let (line, y, to) = (palette.line, N(y), N(x + width));
            sheet.canvas.raw(format_args!(
                r#"<path d="M{x} {y}H{to}" stroke="{line}" stroke-opacity=".25" stroke-width=".5"/>"#
            ));
        }
        let letters = Letters::new(9.0, palette.deep).bold().anchor(Anchor::Middle);
        let letters = if held == Held::Named {
            sheet.canvas.rect(area(x, y + 3.0, 22.0, 13.0), 3.0, palette.deep);
            Letters { fill: "#ffffff", ..letters }
        } else {
            letters
        };
        sheet.canvas.text(WORDS, x + 11.0, y + 12.8, class.code, letters);
        let strong = Letters::new(8.5, palette.ink);
        let zh = if held == Held::No { strong } else { strong.bold() };
        sheet.canvas.text(WORDS, x + 30.0, y + 9.2, class.zh, zh);
        sheet.canvas.text(WORDS, x + 30.0, y + 16.4, class.en, Letters::new(6.2, palette.muted));
        let end = Letters::new(7.0, palette.ink).anchor(Anchor::End);
        if !class.permits.is_empty() {
            let permits = format!("+ {}", class.permits.join(" "));
            let fitted = fit(&permits, 118.0, 9.0, 7.0, 5.0);
            sheet.canvas.text(
                WORDS,
                x + width,
                y + 9.0,
                &fitted.lines.concat(),
                Letters { size: fitted.size, ..end },
            );
        }
        let mark = match held {
            Held::Named => "持有 held",
            Held::Permitted => "准驾 permitted",
            Held::No => continue,
        };
        let end = Letters::new(6.2, palette.deep).bold().anchor(Anchor::End);
        sheet.canvas.text(WORDS, x + width, y + 16.4, mark, end);
    }
}
