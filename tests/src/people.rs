//! Invented people. Everything personal about them is found nowhere else, so that a search for it means
//! something.

use chrono::NaiveDate;
use sealwright_credentials::{Digest, Ed25519Signer};
use sealwright_workflows::register::{
    Authority, Contacts, DocumentKind, LicenceNumber, LicenceRecord, Sex, StatusSet,
};

/// The first and the last bytes of a JPEG, and some between that make it this person's.
pub fn jpeg(what: &str) -> Vec<u8> {
    [&[0xFF, 0xD8, 0xFF, 0xE0], what.as_bytes(), &[0xFF, 0xD9]].concat()
}

/// A number of a region that does not exist, with the right check character. Up to 100,000 people.
pub fn number(who: u32) -> LicenceNumber {
    let stem = format!("990000{}0307{:03}", 1900 + who / 1_000, who % 1_000);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = stem.chars().map(|digit| digit.to_digit(10).expect("a digit"));
    let sum: u32 = digits.zip(weights).map(|(digit, weight)| digit * weight).sum();
    let check = char::from(b"10X98765432"[(sum % 11) as usize]);
    LicenceNumber::new(DocumentKind::ResidentIdentityCard, &format!("{stem}{check}")).expect("it fits")
}

/// A licence in order, with a retained photo that meets the requirements.
pub fn record(who: u32) -> LicenceRecord {
    let day = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).expect("a day");
    LicenceRecord {
        number: number(who),
        name: name(who),
        sex: Sex::Female,
        nationality: "CHN".into(),
        birth_date: NaiveDate::from_ymd_opt(1900 + (who / 1_000) as i32, 3, 7).expect("a day"),
        address: format!("金丝雀省芦苇市{who}号"),
        first_issue: day(2012, 6, 1),
        classes: "C1".parse().expect("classes"),
        valid_from: day(2022, 6, 1),
        valid_until: Some(day(2042, 6, 1)),
        authority: Authority {
            code: "330100".parse().expect("a code"),
            name: "芦苇市公安局交通警察支队".into(),
        },
        archive_no: Some(format!("7700{who:08}").parse().expect("an archive number")),
        remarks: vec!["自动挡".into()],
        points: 3,
        status: "A".parse().expect("a status"),
        retained_photo: Some(format!("retained-{who}")),
        retained_photo_meets: true,
        revision: None,
        contacts: Contacts {
            email: Some(address(who)),
            phone: Some(format!("+86 139 7700 {who:05}")),
            locale: Some("en".into()),
        },
    }
}

/// Rare characters that nobody else's name begins with, and two that make it this person's. They can be written in
/// Latin letters, as an mdoc needs it.
fn name(who: u32) -> String {
    let digit = |digit: u32| char::from_u32(u32::from('亭') + digit).expect("a character");
    ['龘', '鸢', digit(who / 317), digit(who % 317)].into_iter().collect()
}

/// The same without a photo that can be used.
pub fn without_photo(who: u32) -> LicenceRecord {
    LicenceRecord { retained_photo: None, retained_photo_meets: false, ..record(who) }
}

/// The same with another status.
pub fn with_status(who: u32, status: &str) -> LicenceRecord {
    let status: StatusSet = status.parse().expect("letters");
    LicenceRecord { status, ..record(who) }
}

/// What a person's wallet signs with.
pub fn wallet(who: u32) -> Ed25519Signer {
    Ed25519Signer::from_seed(Digest::of(&who.to_be_bytes()).as_bytes())
}

/// Where a person's mail goes.
pub fn address(who: u32) -> String {
    format!("canary-{who}@people.example")
}

/// What must be found nowhere outside the vault, in each form in which it could be written.
pub fn canaries(who: u32) -> Vec<Vec<u8>> {
    let record = record(who);
    let phone = record.contacts.phone.clone().expect("a phone");
    let texts = [
        record.number.as_str().to_owned(),
        record.name.clone(),
        record.address.clone(),
        record.archive_no.as_ref().expect("an archive number").as_str().to_owned(),
        address(who),
        phone.replace(' ', ""),
        phone,
        format!("retained {who}"),
        format!("taken {who}"),
    ];
    texts.iter().flat_map(|text| forms(text)).collect()
}

/// A text as it is, escaped as in JSON, in UTF-16 and in hex.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let escaped: String = text
        .chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) })
        .collect();
    let debug: String = text.chars().flat_map(char::escape_debug).collect();
    let wide = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    vec![
        text.as_bytes().to_vec(),
        escaped.into_bytes(),
        debug.into_bytes(),
        wide,
        hex::encode(text).into_bytes(),
        hex::encode_upper(text).into_bytes(),
    ]
}
