use chrono::{DateTime, Datelike, Timelike};
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Size, Transform};
use krilla::metadata::{DateTime as PdfTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::Stroke;
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};
use krilla_svg::{SurfaceExt as _, SvgSettings};

use super::png::decodes;
use super::{Fonts, RenderError};
use crate::card::{Card, Form, Page};

/// Points a millimetre.
const MM: f32 = 72.0 / 25.4;
const A4: (f32, f32) = (210.0 * MM, 297.0 * MM);
const A6: (f32, f32) = (148.0 * MM, 105.0 * MM);

/// Both pages of the card at real size, one above the other on A4: cut along the outer marks (A5), fold at the
/// middle ones (A6). Letters stay letters: they can be searched and copied.
pub fn pdf(card: &Card<'_>, fonts: &Fonts) -> Result<Vec<u8>, RenderError> {
    let mut document = Document::new_with(SerializeSettings::default());
    document.set_metadata(metadata(card.at));
    let settings = PageSettings::from_wh(A4.0, A4.1).ok_or_else(failed)?;
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    let (left, top) = ((A4.0 - A6.0) / 2.0, (A4.1 - 2.0 * A6.1) / 2.0);
    let size = Size::from_wh(A6.0, A6.1).ok_or_else(failed)?;
    for (row, page) in [(0.0, Page::Main), (1.0, Page::Secondary)] {
        let drawing = card.draw(page, Form::Print)?;
        decodes(&drawing)?;
        let tree = fonts.tree(&drawing)?;
        surface.push_transform(&Transform::from_translate(left, top + row * A6.1));
        surface.draw_svg(&tree, size, SvgSettings::default()).ok_or_else(failed)?;
        surface.pop();
    }
    marks(&mut surface, (left, top));
    surface.finish();
    page.finish();
    document.finish().map_err(|error| RenderError::Renderer(format!("{error:?}")))
}

/// Where to cut, and short ones where to fold.
fn marks(surface: &mut Surface<'_>, (left, top): (f32, f32)) {
    const OFF: f32 = 2.0 * MM;
    let mut path = PathBuilder::new();
    let mut line = |from: (f32, f32), to: (f32, f32)| {
        path.move_to(from.0, from.1);
        path.line_to(to.0, to.1);
    };
    for (row, length) in [(0.0, 6.0 * MM), (1.0, 3.0 * MM), (2.0, 6.0 * MM)] {
        let y = top + row * A6.1;
        line((left - OFF, y), (left - OFF - length, y));
        line((left + A6.0 + OFF, y), (left + A6.0 + OFF + length, y));
    }
    for x in [left, left + A6.0] {
        line((x, top - OFF), (x, top - OFF - 6.0 * MM));
        line((x, top + 2.0 * A6.1 + OFF), (x, top + 2.0 * A6.1 + OFF + 6.0 * MM));
    }
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        paint: rgb::Color::new(90, 90, 90).into(),
        width: 0.4,
        opacity: NormalizedF32::ONE,
        ..Stroke::default()
    }));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

/// No personal data: the file's name and properties are seen where the page is not.
fn metadata(at: i64) -> Metadata {
    let metadata = Metadata::new()
        .title("机动车电子驾驶证 Electronic Driving Licence".into())
        .language("zh-Hans".into())
        .producer("Sealwright".into());
    let time = DateTime::from_timestamp(at, 0);
    let Some((time, year)) = time.and_then(|time| Some((time, u16::try_from(time.year()).ok()?))) else {
        return metadata;
    };
    let part = |part: u32| u8::try_from(part).unwrap_or_default();
    metadata.creation_date(
        PdfTime::new(year)
            .month(part(time.month()))
            .day(part(time.day()))
            .hour(part(time.hour()))
            .minute(part(time.minute()))
            .second(part(time.second()))
            .utc_offset_hour(0),
    )
}

fn failed() -> RenderError {
    RenderError::Renderer("a size that is none".into())
}
