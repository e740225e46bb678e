//! What people are told: looking at the texts before anybody gets them.

use clap::{Subcommand, ValueEnum};
use sealwright::notices::{Preview, preview, previews};
use sealwright_workflows::policy::Locale;
use serde_json::json;

use super::configuration::ConfigFile;
use super::exit::{Exit, Failure};
use super::output::Output;

/// `sealwright notice`.
#[derive(Subcommand, Debug)]
pub(crate) enum Notice {
    /// Check the texts, and list the notices with their subjects
    List {
        #[command(flatten)]
        config: ConfigFile,
        /// The language
        #[arg(long, value_enum, default_value_t = Language::Zh)]
        locale: Language,
    },
    /// Print a notice with made-up content, as it would be sent
    Preview {
        /// Which one; `sealwright notice list` has them
        name: String,
        /// The language
        #[arg(long, value_enum, default_value_t = Language::Zh)]
        locale: Language,
        /// As HTML
        #[arg(long)]
        html: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
}

/// A language that people are spoken to in.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Language {
    /// English
    En,
    /// 简体中文
    #[value(alias = "zh-CN", alias = "zh-Hans")]
    Zh,
}

impl Notice {
    pub(super) fn run(self, output: &Output) -> Result<(), Failure> {
        match self {
            Notice::List { config, locale } => {
                let all = previews(&config.load()?, locale.into()).map_err(unusable)?;
                let values: Vec<_> = all.iter().map(value).collect();
                output.many(&values, "", || {
                    let mut table = super::table::Table::new(["NAME", "SUBJECT", "SHORT"]);
                    all.iter().for_each(|notice| {
                        table.row([notice.name, &notice.letter.subject, &notice.letter.short]);
                    });
                    table
                })
            }
            Notice::Preview { name, locale, html, config } => {
                let found = preview(&config.load()?, locale.into(), &name).map_err(unusable)?;
                let found = found.ok_or_else(|| {
                    let todo = "See `sealwright notice list`.";
                    Failure::new(Exit::NotFound, "no-notice", format!("there is no notice `{name}`"), todo)
                })?;
                let letter = &found.letter;
                output.one(&value(&found), || match html {
                    true => letter.html.clone(),
                    false => {
                        format!("Subject: {}\n\n{}\nShort: {}\n", letter.subject, letter.text, letter.short)
                    }
                })
            }
        }
    }
}

fn value(notice: &Preview) -> serde_json::Value {
    let letter = &notice.letter;
    json!({
        "name": notice.name,
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "short": letter.short,
    })
}

fn unusable(error: anyhow::Error) -> Failure {
    Failure { exit: Exit::Usage, code: "texts".into(), ..Failure::from(error) }
}

impl From<Language> for Locale {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Locale::En,
            Language::Zh => Locale::Zh,
        }
    }
}
