//! A signer with a known key and licences that look like real ones; every person is invented.

use sealwright_credentials::{Code, Content, Date, Digest, Ed25519Signer, KeySet, KeyState, Serial, Sex};
use sealwright_credentials::{Signer, prepare};

/// 2026-11-22 12:00 in Beijing.
pub(crate) const NOON: i64 = 1_795_320_000;

pub(crate) fn signer() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[0x5E; 32])
}

pub(crate) fn keys() -> KeySet {
    KeySet::of([(signer().public_key().clone(), KeyState::Active)])
}

pub(crate) fn date(year: i32, month: u32, day: u32) -> Date {
    Date::from_ymd_opt(year, month, day).expect("a date")
}

/// Every field filled.
pub(crate) fn content() -> Content {
    Content {
        issuer: "https://licences.example".into(),
        licence_number: "11010519491231002X".into(),
        expires: None,
        generated_at: NOON - 60,
        serial: Serial::from_random([0xA7; 10]),
        version: 3,
        name: "欧阳建国".into(),
        sex: Sex::Female,
        birth_date: date(1949, 12, 31),
        nationality: "CHN".into(),
        classes: "A1A2D".into(),
        valid_from: date(2021, 9, 1),
        valid_until: Some(date(2031, 9, 1)),
        first_issue: date(1975, 5, 6),
        authority: "北京市公安局公安交通管理局".into(),
        archive_number: Some("110012345678".into()),
        address: "北京市朝阳区建国门外大街甲12号院3号楼2单元1501室".into(),
        record: Some("矫正视力；实习期至2022年9月1日".into()),
        photo_digest: Digest::of(b"the bytes of a photo"),
        status_at_issue: "A".into(),
    }
}

pub(crate) fn code(content: &Content) -> Code {
    let signer = signer();
    let prepared = prepare(content, signer.key_id(), signer.algorithm()).expect("the sample is in order");
    prepared.sign(&signer).expect("the sample signer signs")
}
