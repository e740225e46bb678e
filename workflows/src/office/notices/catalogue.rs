//! One language's messages: as shipped, changed by an office's own file, and checked.

use std::path::Path;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use super::keys::{KEYS, PARTS, mistakes};
use crate::policy::Locale;

/// What stands around a letter.
pub(super) const FRAME: &str = "letter.html";

/// Bytes of a file: forty times what is shipped.
const FILE_BYTES: u64 = 256 * 1024;

/// Texts that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextsRefused {
    /// The folder or a file in it.
    #[error("{file}: {why}. The folder of texts may have en.ftl, zh.ftl and letter.html")]
    File {
        /// Which.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// What a file says.
    #[error("the texts in {file}: {why}")]
    Content {
        /// Which file.
        file: String,
        /// What is wrong, all of it.
        why: String,
    },
}

pub(super) const fn file_of(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "en.ftl",
        Locale::Zh => "zh.ftl",
    }
}

/// A file that nobody reads is a text that its writer misses.
pub(super) fn only_known_files(folder: &Path) -> Result<(), TextsRefused> {
    let refused = |why: String| TextsRefused::File { file: folder.display().to_string(), why };
    let files = std::fs::read_dir(folder).map_err(|error| refused(format!("cannot be read: {error}")))?;
    for file in files {
        let name = file.map_err(|error| refused(format!("cannot be read: {error}")))?.file_name();
        let name = name.to_string_lossy();
        let known = [file_of(Locale::En), file_of(Locale::Zh), FRAME].contains(&&*name);
        if !known && !name.starts_with('.') {
            return Err(refused(format!("nobody reads `{name}` in it")));
        }
    }
    Ok(())
}

pub(super) fn read(path: &Path) -> Result<Option<String>, TextsRefused> {
    let refused = |why: String| TextsRefused::File { file: path.display().to_string(), why };
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Ok(about) if about.len() > FILE_BYTES => {
            return Err(refused(format!("it has more than {FILE_BYTES} bytes")));
        }
        Ok(_) | Err(_) => {}
    }
    std::fs::read_to_string(path).map(Some).map_err(|error| refused(format!("cannot be read: {error}")))
}

pub(super) struct Catalogue(FluentBundle<FluentResource>);

impl Catalogue {
    /// The shipped messages, those of `own` instead of theirs.
    pub(super) fn new(locale: Locale, own: Option<String>) -> Result<Self, TextsRefused> {
        let refused = |why: String| TextsRefused::Content { file: file_of(locale).into(), why };
        let (tag, shipped) = match locale {
            Locale::En => ("en", include_str!("../../../notices/en.ftl")),
            Locale::Zh => ("zh-Hans", include_str!("../../../notices/zh.ftl")),
        };
        let languages = tag.parse().map(|tag| vec![tag]);
        let mut bundle = FluentBundle::new_concurrent(languages.unwrap_or_default());
        // Marks for mixed directions would show in text messages; names have none left in them.
        bundle.set_use_isolating(false);
        for text in std::iter::once(shipped.to_owned()).chain(own) {
            bundle.add_resource_overriding(parse(text).map_err(refused)?);
        }
        let catalogue = Self(bundle);
        catalogue.check().map_err(refused)?;
        Ok(catalogue)
    }

    /// The text of a message or of a part of it; `None` if there is none.
    pub(super) fn say(
        &self,
        id: &str,
        attribute: Option<&str>,
        arguments: &[(&'static str, FluentValue<'static>)],
    ) -> Option<String> {
        self.attempt(id, attribute, arguments)?.ok()
    }

    fn attempt(
        &self,
        id: &str,
        attribute: Option<&str>,
        arguments: &[(&'static str, FluentValue<'static>)],
    ) -> Option<Result<String, String>> {
        let message = self.0.get_message(id)?;
        let pattern = match attribute {
            None => message.value()?,
            Some(name) => message.get_attribute(name)?.value(),
        };
        let arguments: FluentArgs<'_> =
            arguments.iter().map(|(name, value)| (*name, value.clone())).collect();
        let mut errors = Vec::new();
        let text = self.0.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        Some(match errors.first() {
            None => Ok(text),
            Some(error) => Err(error.to_string()),
        })
    }

    /// Writes everything once: terms that do not exist or go in circles show only then.
    fn check(&self) -> Result<(), String> {
        for key in &KEYS {
            let arguments: Vec<_> =
                key.variables.iter().map(|name| (*name, FluentValue::from("1"))).collect();
            let parts = PARTS.into_iter().filter(|_| key.is_letter).map(Some);
            for part in std::iter::once(None).chain(parts) {
                match self.attempt(key.id, part, &arguments) {
                    Some(Ok(text)) if !text.trim().is_empty() => {}
                    Some(Ok(_)) | None => return Err(format!("`{}` has an empty text", key.id)),
                    Some(Err(why)) => return Err(format!("`{}` cannot be written: {why}", key.id)),
                }
            }
            if let Some(Err(why)) = self.attempt(key.id, Some("after"), &arguments) {
                return Err(format!("`{}` cannot be written: {why}", key.id));
            }
        }
        Ok(())
    }
}

fn parse(text: String) -> Result<FluentResource, String> {
    let resource = FluentResource::try_new(text).map_err(|(resource, errors)| {
        let line =
            |at: usize| resource.source().get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let all = errors.iter().map(|error| format!("line {}: {}", line(error.pos.start), error.kind));
        all.collect::<Vec<_>>().join("; ")
    })?;
    let wrong = mistakes(resource.entries());
    if wrong.is_empty() { Ok(resource) } else { Err(wrong.join("; ")) }
}
