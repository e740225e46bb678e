//! The card: drawn from a code and its photo, or by the server that has both.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use sealwright_credentials::card::{Card, CardError, Drawing, Form, Page, Showing};
use sealwright_credentials::{Content, Standing, Verdict, verify};
use sealwright_engine::Timestamp;
use sealwright_engine::clock::{Clock, SystemClock};
use serde_json::json;
use uuid::Uuid;

use super::connection::{As, Connection};
use super::exit::{Exit, Failure};
use super::output::Output;
use super::verify::{code_of, key_set};
use super::{dev_keys, unreadable};

/// `sealwright card`.
#[derive(Args, Debug)]
pub(crate) struct CardCommand {
    /// A licence code (SW1:...) or a file with it, to be drawn here; or a licence's id, to be drawn by the server
    #[arg(value_name = "FILE|CODE|ID")]
    what: String,
    /// The photo whose digest is signed in the code
    #[arg(long, value_name = "FILE")]
    photo: Option<PathBuf>,
    /// Which page; a PDF has both
    #[arg(long, value_enum, default_value = "main")]
    page: PageName,
    /// Where it is looked at
    #[arg(long, value_enum, default_value = "phone")]
    form: FormName,
    /// The picture's form; png and pdf in a program, or of a server, built with the feature `render`
    #[arg(long, value_enum, default_value = "svg")]
    format: Format,
    /// Where to; stdout if left out
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// A font for png and pdf, those that are tried first given first; one must have Chinese glyphs
    #[arg(long, value_name = "FILE")]
    fonts: Vec<PathBuf>,
    /// Pixels of a png for each of the drawing's units
    #[arg(long, value_name = "1-6", default_value_t = 3)]
    scale: u32,
    /// The issuer's document keys; those of `sealwright dev` if left out
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The time of drawing; now if left out
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum PageName {
    Main,
    Secondary,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum FormName {
    Phone,
    Print,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Format {
    Svg,
    Png,
    Pdf,
}

impl CardCommand {
    pub(super) async fn run(self, connection: &Connection, output: &Output) -> Result<(), Failure> {
        let drawn = match self.what.parse::<Uuid>() {
            Ok(licence) => self.ask(licence, connection).await?,
            Err(_) => self.draw(connection)?,
        };
        match &self.out {
            None => output.bytes(&drawn),
            Some(file) => {
                std::fs::write(file, &drawn).map_err(|error| {
                    let what = format!("{} cannot be written", file.display());
                    Failure::new(
                        Exit::Failed,
                        "unwritable",
                        what,
                        "Give --out with a file that can be written.",
                    )
                    .because(error)
                })?;
                let written = json!({"file": file, "bytes": drawn.len()});
                output.one(&written, || format!("{}: {} bytes", file.display(), drawn.len()))
            }
        }
    }

    async fn ask(&self, licence: Uuid, connection: &Connection) -> Result<Vec<u8>, Failure> {
        let own = self.photo.is_some() || self.keys.is_some() || self.at.is_some() || !self.fonts.is_empty();
        if own {
            let what = "a server draws the card as it stands, with its own fonts";
            let todo = "Leave out --photo, --keys, --at and --fonts; or give the code instead of the id.";
            return Err(Failure::new(Exit::Usage, "server-draws", what, todo));
        }
        let page = if self.page == PageName::Main { "main" } else { "secondary" };
        let form = if self.form == FormName::Phone { "phone" } else { "print" };
        let client = connection.client(As::Operator)?;
        let card = format!("/v1/licences/{licence}/card");
        let path = match self.format {
            Format::Svg => format!("{card}.svg?page={page}&form={form}"),
            Format::Png => format!("{card}.png?page={page}&form={form}&scale={}", self.scale),
            Format::Pdf => format!("{card}.pdf"),
        };
        client.bytes(&path).await
    }

    /// Offline nobody knows the standing: green is drawn what is VALID, and red what is SHOWN RED.
    fn draw(&self, connection: &Connection) -> Result<Vec<u8>, Failure> {
        let code = code_of(&self.what)?;
        let keys = key_set(self.keys.as_deref().unwrap_or(&dev_keys(connection).join("keys.json")))?;
        let at = self.at.unwrap_or_else(|| SystemClock.now()).secs();
        let report = verify(&code, &keys, at, None);
        let Some(content) = report.content.filter(|_| report.verdict <= Verdict::ShownRed) else {
            let what = format!("the code is {}, and no card is drawn of it", report.verdict);
            let todo = "Look at it with `sealwright verify`.";
            return Err(Failure::new(Exit::Refused, "not-shown", what, todo));
        };
        let Some(photo) = &self.photo else {
            let todo = "Give --photo with the photo whose digest is signed in the code.";
            return Err(Failure::new(Exit::Usage, "no-photo", "a card without its photo is none", todo));
        };
        let photo = std::fs::read(photo).map_err(|error| unreadable(photo, &error))?;
        self.picture(&card(&content, &photo, &code, report.verdict, at))
    }

    fn picture(&self, card: &Card<'_>) -> Result<Vec<u8>, Failure> {
        let page = if self.page == PageName::Main { Page::Main } else { Page::Secondary };
        let form = if self.form == FormName::Phone { Form::Phone } else { Form::Print };
        let drawing = card.draw(page, form).map_err(refused)?;
        match self.format {
            Format::Svg => Ok(drawing.svg().as_bytes().to_vec()),
            Format::Png => self.png(&drawing),
            Format::Pdf => self.pdf(card),
        }
    }

    #[cfg(feature = "render")]
    fn png(&self, drawing: &Drawing) -> Result<Vec<u8>, Failure> {
        use sealwright_credentials::card::render::png;
        png(drawing, self.scale, &fonts(&self.fonts)?).map_err(unrendered)
    }

    #[cfg(feature = "render")]
    fn pdf(&self, card: &Card<'_>) -> Result<Vec<u8>, Failure> {
        use sealwright_credentials::card::render::pdf;
        pdf(card, &fonts(&self.fonts)?).map_err(unrendered)
    }

    #[cfg(not(feature = "render"))]
    fn png(&self, _: &Drawing) -> Result<Vec<u8>, Failure> {
        Err(svg_alone())
    }

    #[cfg(not(feature = "render"))]
    fn pdf(&self, _: &Card<'_>) -> Result<Vec<u8>, Failure> {
        Err(svg_alone())
    }
}

fn card<'a>(content: &'a Content, photo: &'a [u8], code: &'a str, verdict: Verdict, at: i64) -> Card<'a> {
    let standing = if verdict == Verdict::Valid { Standing::Active } else { Standing::Suspended };
    let status = &content.status_at_issue;
    Card { content, photo, code, standing, status, points: None, at, showing: Showing::Document }
}

fn refused(error: CardError) -> Failure {
    let todo = "Give the photo as it was stored, and a code that may be shown now.";
    Failure::new(Exit::Refused, "not-drawn", "no card was drawn", todo).because(error)
}

#[cfg(not(feature = "render"))]
fn svg_alone() -> Failure {
    let what = "this program draws SVG alone";
    let todo = "Take --format svg, or build with `--features render` (about eighty crates more).";
    Failure::new(Exit::Usage, "svg-alone", what, todo)
}

#[cfg(feature = "render")]
fn fonts(paths: &[PathBuf]) -> Result<sealwright_credentials::card::render::Fonts, Failure> {
    sealwright_credentials::card::render::Fonts::read(paths).map_err(|error| {
        let todo = "Give --fonts NotoSansCJK-Regular.ttc --fonts NotoSansCJK-Bold.ttc, or others with Chinese glyphs.";
        Failure::new(Exit::Usage, "fonts", error.to_string(), todo)
    })
}

#[cfg(feature = "render")]
fn unrendered(error: sealwright_credentials::card::render::RenderError) -> Failure {
    let todo = "Give a --scale of 1 to 6, the stored photo, and --fonts that have every character.";
    Failure::new(Exit::Refused, "not-rendered", error.to_string(), todo)
}
