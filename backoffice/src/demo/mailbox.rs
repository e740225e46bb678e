//! The mails that the sandbox's SMTP server received.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What matters of a mail.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Mail {
    /// Its `Message-ID`: the same mail again has the same.
    pub(super) id: String,
    /// Whom it is to.
    pub(super) to: String,
    /// Its subject.
    pub(super) subject: String,
}

/// Every mail in a folder. A mail that was delivered twice is one.
pub(super) fn mails(folder: &Path) -> BTreeSet<Mail> {
    let Ok(files) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    let files = files.flatten().filter(|file| file.path().extension().is_some_and(|kind| kind == "eml"));
    files.filter_map(|file| parse(&std::fs::read(file.path()).ok()?)).collect()
}

fn parse(bytes: &[u8]) -> Option<Mail> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    let head = text.split("\n\n").next()?.replace("\n ", " ").replace("\n\t", " ");
    let header = |name: &str| {
        let line = head
            .lines()
            .find(|line| line.split_once(':').is_some_and(|(field, _)| field.eq_ignore_ascii_case(name)))?;
        Some(decode(line.split_once(':')?.1.trim()))
    };
    Some(Mail { id: header("Message-ID")?, to: header("To")?, subject: header("Subject")? })
}

/// Encoded words (RFC 2047) in UTF-8; those in a row belong together.
fn decode(header: &str) -> String {
    let mut text = String::new();
    let mut bytes = Vec::new();
    for (place, word) in header.split(' ').enumerate() {
        match encoded_word(word) {
            Some(more) => {
                if bytes.is_empty() && place > 0 {
                    text.push(' ');
                }
                bytes.extend(more);
            }
            None => {
                text.push_str(&String::from_utf8_lossy(&std::mem::take(&mut bytes)));
                if place > 0 {
                    text.push(' ');
                }
                text.push_str(word);
            }
        }
    }
    text + &String::from_utf8_lossy(&bytes)
}

fn encoded_word(word: &str) -> Option<Vec<u8>> {
    let mut parts = word.strip_prefix("=?")?.strip_suffix("?=")?.splitn(3, '?');
    let (charset, encoding, body) = (parts.next()?, parts.next()?, parts.next()?);
    match (charset.to_ascii_lowercase().as_str(), encoding) {
        ("utf-8", "B" | "b") => STANDARD.decode(body).ok(),
        ("utf-8", "Q" | "q") => quoted(body),
        _ => None,
    }
}

fn quoted(body: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = body.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'_' => b' ',
            b'=' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_as_it_was_sent() {
        let mail = b"Received: by sandbox\r\nTo: =?utf-8?b?546L5bCP5piO?= <demo-1@applicant.example>\r\n\
            Subject: =?utf-8?b?5oKo55qE55Sz6K+3?=\r\n =?utf-8?b?5bey5pKk5Zue?=\r\nMessage-ID: <1@x>\r\n\r\nSubject: not this";
        let expected = Mail {
            id: "<1@x>".into(),
            to: "王小明 <demo-1@applicant.example>".into(),
            subject: "您的申请已撤回".into(),
        };
        assert_eq!(parse(mail), Some(expected));
        assert_eq!(decode("=?utf-8?q?a_=E7=8E=8B?= and more"), "a 王 and more");
        assert_eq!(parse(b"To: x\n\nno subject"), None);
    }

    #[test]
    fn a_folder_that_is_not_there_has_no_mails() {
        assert!(mails(Path::new("no/such/folder")).is_empty());
    }
}
