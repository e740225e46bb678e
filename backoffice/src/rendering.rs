//! The card as PNG and PDF, drawn on this server: with the configured fonts, in a program built with the feature
//! `render`.

use std::sync::Arc;

use sealwright_credentials::card::{Card, CardError, Form, Page, Showing};
use sealwright_credentials::{Content, Standing};
use tokio::sync::Semaphore;

use crate::config::CardConfig;
use crate::problem::{BUSY, INTERNAL, NOT_SET_UP, Problem, REFUSED};

#[cfg(feature = "render")]
type Fonts = sealwright_credentials::card::render::Fonts;

/// Nothing, in a program that draws SVG alone.
#[cfg(not(feature = "render"))]
#[derive(Clone)]
enum Fonts {}

/// Pictures drawn at once: one takes a core for some 100 ms. Who comes to more is told to come again.
const AT_ONCE: usize = 2;

/// What draws pictures. One per server.
pub struct Rendering {
    fonts: Option<Fonts>,
    turns: Arc<Semaphore>,
}

/// What a card is drawn of.
pub struct Model {
    /// What is signed.
    pub content: Content,
    /// Its photo.
    pub photo: Vec<u8>,
    /// The text in the QR.
    pub code: String,
    /// Its standing now.
    pub standing: Standing,
    /// The status letters now.
    pub status: String,
    /// The points now, where they are known.
    pub points: Option<u16>,
    /// Now, in Unix seconds.
    pub at: i64,
    /// Whether it is shown live.
    pub showing: Showing,
}

/// Which picture.
#[derive(Clone, Copy, Debug)]
pub enum Picture {
    /// One page, so many pixels for each of the drawing's units.
    Png(Page, Form, u32),
    /// Both pages.
    Pdf,
}

impl Rendering {
    /// With the configured fonts.
    ///
    /// # Errors
    /// A font that cannot be read.
    pub fn of(config: &CardConfig) -> anyhow::Result<Self> {
        Ok(Self { fonts: fonts(config)?, turns: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Draws a picture on a thread of its own.
    ///
    /// # Errors
    /// This server draws none, or too many now; a font lacks a character; the card may not be drawn.
    pub async fn draw(&self, model: Model, picture: Picture) -> Result<Vec<u8>, Problem> {
        let fonts = self.fonts.clone().ok_or_else(not_set_up)?;
        let turn = self.turns.clone().try_acquire_owned();
        let turn = turn.map_err(|_| BUSY.because("this server is drawing other cards").after(1))?;
        let drawn = actix_web::web::block(move || {
            let _turn = turn;
            render(&model.card(), picture, &fonts)
        });
        drawn.await.map_err(|error| INTERNAL.because(error.to_string()))?
    }
}

impl Model {
    /// The card.
    pub fn card(&self) -> Card<'_> {
        Card {
            content: &self.content,
            photo: &self.photo,
            code: &self.code,
            standing: self.standing,
            status: &self.status,
            points: self.points,
            at: self.at,
            showing: self.showing,
        }
    }
}

/// Why no card was drawn.
pub fn refused(error: CardError) -> Problem {
    match error {
        CardError::NotShown(_) | CardError::NotYetValid | CardError::CodeOver | CardError::NotText(_) => {
            REFUSED.because(error.to_string())
        }
        error => INTERNAL.because(error.to_string()),
    }
}

#[cfg(feature = "render")]
fn fonts(config: &CardConfig) -> anyhow::Result<Option<Fonts>> {
    use anyhow::Context as _;
    let configured = !config.fonts.is_empty();
    configured.then(|| Fonts::read(&config.fonts)).transpose().context("card.fonts of the configuration")
}

#[cfg(not(feature = "render"))]
fn fonts(config: &CardConfig) -> anyhow::Result<Option<Fonts>> {
    if !config.fonts.is_empty() {
        tracing::warn!(
            "card.fonts is configured, and this program draws SVG alone: build it with `--features render`"
        );
    }
    Ok(None)
}

fn not_set_up() -> Problem {
    if cfg!(feature = "render") {
        NOT_SET_UP.because("no font is configured, and a card without its characters is none").todo(
            "The operator sets `fonts = [\"NotoSansCJK-Regular.ttc\", ..]` under `[card]`; `card.svg` needs none.",
        )
    } else {
        NOT_SET_UP
            .because("this program draws SVG alone")
            .todo("Take `card.svg`; or the operator builds the program with `--features render` and sets card.fonts.")
    }
}

#[cfg(feature = "render")]
fn render(card: &Card<'_>, picture: Picture, fonts: &Fonts) -> Result<Vec<u8>, Problem> {
    use sealwright_credentials::card::render::{RenderError, pdf, png};
    let drawn = match picture {
        Picture::Png(page, form, scale) => png(&card.draw(page, form).map_err(refused)?, scale, fonts),
        Picture::Pdf => pdf(card, fonts),
    };
    drawn.map_err(|error| match error {
        // Which characters is personal, and of no use: which field is said, and that suffices.
        RenderError::Glyphs(missing) => NOT_SET_UP
            .because(missing.to_string())
            .todo("The operator adds a font with these characters to card.fonts; `card.svg` needs none."),
        RenderError::Card(error) => refused(error),
        error => INTERNAL.because(error.to_string()),
    })
}

#[cfg(not(feature = "render"))]
fn render(_: &Card<'_>, _: Picture, fonts: &Fonts) -> Result<Vec<u8>, Problem> {
    match *fonts {}
}
