//! Invented people, and their records.

use chrono::NaiveDate;
use sealwright_workflows::register::{Authority, Contacts, DocumentKind, LicenceNumber, LicenceRecord, Sex};

/// A number for a fictitious region, with the right check character.
pub(crate) fn number(sequence: u32) -> LicenceNumber {
    let stem = format!("99000019900307{sequence:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = stem.chars().map(|digit| digit.to_digit(10).expect("a digit"));
    let sum: u32 = digits.zip(weights).map(|(digit, weight)| digit * weight).sum();
    let check = "10X98765432".as_bytes()[(sum % 11) as usize] as char;
    LicenceNumber::new(DocumentKind::ResidentIdentityCard, &format!("{stem}{check}")).expect("it fits")
}

/// A licence in order, with a retained photo that meets the requirements.
pub(crate) fn record(sequence: u32) -> LicenceRecord {
    LicenceRecord {
        number: number(sequence),
        name: "测试甲".into(),
        sex: Sex::Male,
        nationality: "CHN".into(),
        birth_date: day(1990, 3, 7),
        address: "虚构省样例市测试路1号".into(),
        first_issue: day(2012, 6, 1),
        classes: "C1".parse().expect("classes"),
        valid_from: day(2022, 6, 1),
        valid_until: Some(day(2032, 6, 1)),
        authority: Authority {
            code: "330100".parse().expect("a code"),
            name: "样例市公安局交通警察支队".into(),
        },
        archive_no: None,
        remarks: vec!["自动挡".into()],
        points: 3,
        status: "A".parse().expect("a status"),
        retained_photo: Some(format!("photo-{sequence}")),
        retained_photo_meets: true,
        revision: None,
        contacts: Contacts {
            email: Some(format!("applicant{sequence}@example.com")),
            phone: Some("+86 138 0013 8000".into()),
            locale: Some("zh-CN".into()),
        },
    }
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}
