use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use resvg::usvg::fontdb::{Database, Family, ID, Query, Source, Weight};
use resvg::usvg::{FontResolver, ImageHrefResolver, ImageKind, Options, Tree};
use ttf_parser::Face;

use super::RenderError;
use crate::card::Drawing;

/// The fonts a card is written with: those given, in their order, and no others.
///
/// Load it once and share it; a clone is cheap.
#[derive(Clone)]
pub struct Fonts(Arc<Database>);

/// Why fonts were not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FontError {
    /// The file cannot be read.
    #[error("the font {} cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: std::io::Error,
    },
    /// No TrueType or OpenType font or collection.
    #[error("{0} is no TrueType or OpenType font")]
    NotAFont(String),
    /// An empty list.
    #[error(
        "no font is configured: give the path of one with Chinese glyphs, such as NotoSansCJK-Regular.ttc"
    )]
    None,
}

/// Characters that no configured font has a glyph for, by field.
///
/// The characters may be of somebody's name: they are in [`fields`](Self::fields), never in the message.
#[derive(Clone, PartialEq, Eq)]
pub struct MissingGlyphs(Vec<Missing>);

/// The characters of one field.
#[derive(Clone, PartialEq, Eq)]
pub struct Missing {
    /// The field of [`crate::Content`], or `words` for the card's own.
    pub field: &'static str,
    /// Each once, in the order of their code points.
    pub characters: Vec<char>,
}

impl MissingGlyphs {
    /// What is missing, by field.
    pub fn fields(&self) -> &[Missing] {
        &self.0
    }
}

impl std::error::Error for MissingGlyphs {}

impl fmt::Display for MissingGlyphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configured fonts have no glyph for ")?;
        for (at, missing) in self.0.iter().enumerate() {
            let gap = if at == 0 { "" } else { ", " };
            write!(f, "{gap}{} character(s) of {}", missing.characters.len(), missing.field)?;
        }
        f.write_str(": configure a font that has them")
    }
}

impl fmt::Debug for MissingGlyphs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Fonts {
    /// Reads font files. Those that are tried first come first.
    pub fn read(paths: &[impl AsRef<Path>]) -> Result<Self, FontError> {
        let mut fonts = Vec::new();
        for path in paths {
            let path = path.as_ref();
            let bytes =
                std::fs::read(path).map_err(|error| FontError::Read { path: path.to_owned(), error })?;
            fonts.push((path.display().to_string(), bytes));
        }
        Self::of(fonts)
    }

    /// Fonts from bytes, each with a name for errors.
    pub fn of(fonts: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, FontError> {
        let mut database = Database::new();
        for (name, bytes) in fonts {
            if database.load_font_source(Source::Binary(Arc::new(bytes))).is_empty() {
                return Err(FontError::NotAFont(name));
            }
        }
        let family = database.faces().find_map(|face| Some(face.families.first()?.0.clone()));
        let family = family.ok_or(FontError::None)?;
        database.set_sans_serif_family(&family);
        database.set_serif_family(family);
        Ok(Self(Arc::new(database)))
    }

    /// Which characters of a drawing no font here can write. [`super::png`] and [`super::pdf`] ask it first.
    pub fn check(&self, drawing: &Drawing) -> Result<(), MissingGlyphs> {
        let mut fields: BTreeMap<&'static str, Vec<char>> = BTreeMap::new();
        for written in &drawing.written {
            let gaps = fields.entry(written.field).or_default();
            gaps.extend(written.text.chars().filter(|c| *c != ' ' && !is_mark(*c)));
        }
        for characters in fields.values_mut() {
            characters.sort_unstable();
            characters.dedup();
        }
        let faces: Vec<ID> = self.0.faces().map(|face| face.id).collect();
        for id in faces {
            if fields.values().all(Vec::is_empty) {
                break;
            }
            self.0.with_face_data(id, |bytes, index| {
                let Ok(face) = Face::parse(bytes, index) else { return };
                for characters in fields.values_mut() {
                    characters.retain(|c| face.glyph_index(*c).is_none());
                }
            });
        }
        let missing: Vec<_> = fields
            .into_iter()
            .filter(|(_, characters)| !characters.is_empty())
            .map(|(field, characters)| Missing { field, characters })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(MissingGlyphs(missing)) }
    }

    /// The drawing as a tree, every character in a font that has it.
    pub(super) fn tree(&self, drawing: &Drawing) -> Result<Tree, RenderError> {
        self.check(drawing)?;
        let options = Options {
            fontdb: self.0.clone(),
            font_resolver: FontResolver {
                select_font: FontResolver::default_font_selector(),
                select_fallback: Box::new(|c, used, database| fallback(c, used, database)),
            },
            // Nothing but the photo's own bytes is ever fetched.
            image_href_resolver: ImageHrefResolver {
                resolve_data: Box::new(|mime, bytes, _| match mime {
                    "image/jpeg" => Some(ImageKind::JPEG(bytes)),
                    "image/png" => Some(ImageKind::PNG(bytes)),
                    _ => None,
                }),
                resolve_string: Box::new(|_, _| None),
            },
            ..Options::default()
        };
        Tree::from_str(drawing.svg(), &options).map_err(|error| RenderError::Renderer(error.to_string()))
    }
}

/// The first font in the configured order that has the character, of the weight asked for if there is one.
fn fallback(c: char, used: &[ID], database: &Arc<Database>) -> Option<ID> {
    let has = |id: ID| {
        database
            .with_face_data(id, |bytes, index| {
                Face::parse(bytes, index).is_ok_and(|face| face.glyph_index(c).is_some())
            })
            .unwrap_or(false)
    };
    let face = database.faces().find(|face| !used.contains(&face.id) && has(face.id))?;
    let weight = used.first().and_then(|id| database.face(*id)).map_or(Weight::NORMAL, |face| face.weight);
    let families = [Family::Name(&face.families.first()?.0)];
    let same = database.query(&Query { families: &families, weight, ..Query::default() });
    same.filter(|id| !used.contains(id) && has(*id)).or(Some(face.id))
}

/// Joiners and variation selectors choose a form and need no glyph of their own.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}
