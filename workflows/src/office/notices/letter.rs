//! From parts to text and HTML.

use crate::policy::Locale;

/// A notice as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The same as HTML, everything escaped.
    pub html: String,
    /// In one line, for a text message or a lock screen. No personal data.
    pub short: String,
}

pub(super) struct Letter {
    pub(super) locale: Locale,
    pub(super) subject: String,
    pub(super) greeting: String,
    pub(super) parts: Vec<Part>,
    pub(super) closing: String,
    pub(super) short: String,
}

pub(super) enum Part {
    Paragraph(String),
    /// What is the matter, and what to do about it.
    List(Vec<(String, String)>),
}

/// What stands around a letter, cut at its `{{places}}`.
pub(super) struct Frame(Vec<Piece>);

enum Piece {
    Html(String),
    Lang,
    Subject,
    Content,
}

impl Frame {
    pub(super) fn parse(html: &str) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), html);
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after
                .split_once("}}")
                .ok_or("a `{{` without its `}}`; there are {{lang}}, {{subject}}, {{content}}")?;
            pieces.push(Piece::Html(before.to_owned()));
            pieces.push(match name.trim() {
                "lang" => Piece::Lang,
                "subject" => Piece::Subject,
                "content" => Piece::Content,
                other => {
                    return Err(format!(
                        "no place `{{{{{other}}}}}`; there are {{{{lang}}}}, {{{{subject}}}}, {{{{content}}}}"
                    ));
                }
            });
            rest = after;
        }
        pieces.push(Piece::Html(rest.to_owned()));
        match pieces.iter().filter(|piece| matches!(piece, Piece::Content)).count() {
            1 => Ok(Self(pieces)),
            _ => Err("{{content}} must stand in it once: it is the letter".into()),
        }
    }

    fn around(&self, content: &str, subject: &str, lang: &str) -> String {
        let said = |piece: &Piece| match piece {
            Piece::Html(html) => html.clone(),
            Piece::Lang => lang.to_owned(),
            Piece::Subject => escape(subject),
            Piece::Content => content.to_owned(),
        };
        self.0.iter().map(said).collect()
    }
}

impl Letter {
    pub(super) fn render(self, frame: &Frame) -> Rendered {
        let (mut text, mut html) = (format!("{}\n\n", self.greeting), paragraph(&self.greeting));
        for part in &self.parts {
            match part {
                Part::Paragraph(line) => {
                    text.push_str(&format!("{line}\n\n"));
                    html.push_str(&paragraph(line));
                }
                Part::List(items) => {
                    for (what, fix) in items {
                        text.push_str(&format!("- {what} {fix}\n"));
                    }
                    text.push('\n');
                    html.push_str(&format!("<ul>{}</ul>\n", items.iter().map(item).collect::<String>()));
                }
            }
        }
        text.push_str(&self.closing);
        text.push('\n');
        html.push_str(&paragraph(&self.closing));
        let lang = match self.locale {
            Locale::En => "en",
            Locale::Zh => "zh-Hans",
        };
        let html = frame.around(&html, &self.subject, lang);
        Rendered { subject: self.subject, text, html, short: self.short }
    }
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escape(text))
}

fn item((what, fix): &(String, String)) -> String {
    format!("<li>{} <strong>{}</strong></li>", escape(what), escape(fix))
}

/// A name is the applicant's own text: it must not add lines to a letter of ours, nor turn its words around.
pub(super) fn one_line(name: &str) -> String {
    let deceives = |c: char| {
        c.is_control()
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let name: String = name.chars().map(|c| if deceives(c) { ' ' } else { c }).take(100).collect();
    name.trim().to_owned()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
