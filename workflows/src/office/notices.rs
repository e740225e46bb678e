//! What applicants and holders read: every notice, in both languages, as a letter (text and HTML) and in short.
//!
//! The texts are in one catalogue, `notices/*.ftl`, which a folder of the office's own may change. The short form
//! goes where others may read along, on a lock screen: it names no person, no reason and no status.

mod catalogue;
mod content;
mod keys;
mod letter;
mod sample;

use std::path::Path;

pub use catalogue::TextsRefused;
pub use letter::Rendered;
pub use sample::{Sample, samples};

use crate::application;
use crate::notice::LicenceNotice;
use crate::policy::{Locale, Policy};
use catalogue::Catalogue;
use letter::{Frame, Letter, Part};

/// A notice, from whichever workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// To an applicant.
    Application(application::Notice),
    /// To the holder of a licence.
    Licence(LicenceNotice),
}

impl From<application::Notice> for Notice {
    fn from(notice: application::Notice) -> Self {
        Self::Application(notice)
    }
}

impl From<LicenceNotice> for Notice {
    fn from(notice: LicenceNotice) -> Self {
        Self::Licence(notice)
    }
}

/// The texts in force, in both languages.
pub struct Texts {
    en: Catalogue,
    zh: Catalogue,
    frame: Frame,
}

impl Texts {
    /// The texts that are shipped.
    pub fn shipped() -> Self {
        Self::with(&|_| Ok(None)).expect("a test reads the shipped texts")
    }

    /// The shipped texts, changed by the files of a folder: `en.ftl`, `zh.ftl` (whole messages by their names) and
    /// `letter.html` (what stands around a letter).
    ///
    /// # Errors
    /// The folder or a file cannot be read, or another file is in it; a message or variable that does not exist, a
    /// part that is missing, a text that cannot be written. All of a file's mistakes at once.
    pub fn from_folder(folder: &Path) -> Result<Self, TextsRefused> {
        catalogue::only_known_files(folder)?;
        Self::with(&|file| catalogue::read(&folder.join(file)))
    }

    fn with(own: &dyn Fn(&str) -> Result<Option<String>, TextsRefused>) -> Result<Self, TextsRefused> {
        let frame = match own(catalogue::FRAME)? {
            Some(html) => Frame::parse(&html),
            None => Frame::parse(include_str!("../../notices/letter.html")),
        };
        let texts = Self {
            en: Catalogue::new(Locale::En, own(catalogue::file_of(Locale::En))?)?,
            zh: Catalogue::new(Locale::Zh, own(catalogue::file_of(Locale::Zh))?)?,
            frame: frame.map_err(|why| TextsRefused::Content { file: catalogue::FRAME.into(), why })?,
        };
        Ok(texts)
    }

    /// Writes a notice. The name is the only thing in it that the vault had to be asked for.
    pub fn render(&self, notice: &Notice, locale: Locale, name: &str, policy: &Policy) -> Rendered {
        let catalogue = match locale {
            Locale::En => &self.en,
            Locale::Zh => &self.zh,
        };
        let content = content::of(notice, locale, policy);
        let say = |attribute| catalogue.say(content.id, attribute, &content.arguments);
        let paragraphs = |text: Option<String>| {
            let text = text.unwrap_or_default();
            let parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
            parts.map(|part| Part::Paragraph(part.to_owned())).collect::<Vec<_>>()
        };
        let mut parts = paragraphs(say(Some("text")));
        parts.extend(content.reasons.map(Part::List));
        parts.extend(paragraphs(say(Some("after"))));
        let name = letter::one_line(name);
        let greeting = match name.as_str() {
            "" => catalogue.say("greeting_unknown", None, &[]),
            name => catalogue.say("greeting", None, &[("name", name.to_owned().into())]),
        };
        let letter = Letter {
            locale,
            subject: say(None).unwrap_or_default(),
            greeting: greeting.unwrap_or_default(),
            parts,
            closing: catalogue.say("closing", None, &[]).unwrap_or_default(),
            short: say(Some("short")).unwrap_or_default(),
        };
        letter.render(&self.frame)
    }
}
