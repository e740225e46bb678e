//! Writing a mail: the same mail gives the same bytes.

use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::Mail;

/// Characters of a display name; longer ones are cut.
const NAME_CHARACTERS: usize = 100;

pub(super) enum Unwritable {
    /// The receiver's address is none.
    Address,
    /// Something of ours.
    Other(String),
}

pub(super) fn write(from: &Mailbox, mail: &Mail) -> Result<(Envelope, Vec<u8>), Unwritable> {
    let address: Address = mail.address.trim().parse().map_err(|_| Unwritable::Address)?;
    let name = mail.name.as_deref().map(display_name).filter(|name| !name.is_empty());
    let since_epoch = Duration::from_micros(u64::try_from(mail.at.micros()).unwrap_or(0));
    let message = Message::builder()
        .from(from.clone())
        .to(Mailbox::new(name, address))
        .subject(one_line(&mail.subject))
        .date(UNIX_EPOCH + since_epoch)
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        // RFC 3834: no holiday replies, please.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".into(),
        ));
    let message = match &mail.html {
        None => message.singlepart(SinglePart::plain(mail.text.clone())),
        Some(html) => message.multipart(
            MultiPart::alternative()
                // Not a random one, so that a mail sent twice is the same to the byte.
                .boundary(format!("part.{}", mail.id))
                .singlepart(SinglePart::plain(mail.text.clone()))
                .singlepart(SinglePart::html(html.clone())),
        ),
    };
    let message =
        message.map_err(|error| Unwritable::Other(format!("the mail cannot be written: {error}")))?;
    Ok((message.envelope().clone(), message.formatted()))
}

/// A name without what could end the header or deceive the eye. lettre panics at a line break in one.
fn display_name(name: &str) -> String {
    let deceives = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let name: String =
        name.chars().map(|c| if deceives(c) { ' ' } else { c }).take(NAME_CHARACTERS).collect();
    name.trim().to_owned()
}

fn one_line(subject: &str) -> String {
    subject.replace(|character: char| character.is_control(), " ")
}
