//! From parts to text and HTML.

use std::fmt::Write;

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
}

pub(super) struct Letter<'a> {
    pub(super) locale: Locale,
    pub(super) name: &'a str,
    pub(super) subject: &'static str,
    pub(super) parts: Vec<Part>,
}

pub(super) enum Part {
    Line(String),
    /// What is the matter, and what to do about it.
    List(Vec<(String, String)>),
}

impl Letter<'_> {
    pub(super) fn render(&self) -> Rendered {
        let name = one_line(self.name);
        let (greeting, closing, tag) = match self.locale {
            Locale::En if name.is_empty() => ("Hello,".to_owned(), CLOSING_EN, "en"),
            Locale::En => (format!("Dear {name},"), CLOSING_EN, "en"),
            Locale::Zh if name.is_empty() => ("您好：".to_owned(), CLOSING_ZH, "zh-Hans"),
            Locale::Zh => (format!("{name}，您好："), CLOSING_ZH, "zh-Hans"),
        };
        let mut text = format!("{greeting}\n\n");
        let mut html = format!(
            "<!doctype html>\n<html lang=\"{tag}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body>\n<p>{}</p>\n",
            escape(self.subject),
            escape(&greeting),
        );
        for part in &self.parts {
            // Writing to a String cannot fail.
            let _ = match part {
                Part::Line(line) => writeln!(html, "<p>{}</p>", escape(line)),
                Part::List(items) => {
                    writeln!(html, "<ul>{}</ul>", items.iter().map(item).collect::<String>())
                }
            };
            match part {
                Part::Line(line) => text.push_str(&format!("{line}\n\n")),
                Part::List(items) => {
                    for (what, fix) in items {
                        text.push_str(&format!("- {what} {fix}\n"));
                    }
                    text.push('\n');
                }
            }
        }
        text.push_str(closing);
        text.push('\n');
        html.push_str(&format!("<p>{}</p>\n</body></html>\n", escape(closing)));
        Rendered { subject: self.subject.to_owned(), text, html }
    }
}

const CLOSING_EN: &str =
    "This mail was sent automatically. Nobody will ever ask you for a password or a code by mail.";
const CLOSING_ZH: &str = "本邮件由系统自动发送。我们不会通过邮件向您索要密码或验证码。";

fn item((what, fix): &(String, String)) -> String {
    format!("<li>{} <strong>{}</strong></li>", escape(what), escape(fix))
}

/// A name is the applicant's own text: it must not add lines to a letter of ours.
fn one_line(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(100).collect();
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
