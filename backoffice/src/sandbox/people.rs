//! The register's people. All are fictitious; their numbers are well-formed and belong to nobody.

use anyhow::Context as _;
use chrono::NaiveDate;
use sealwright_workflows::register::{Authority, Contacts, DocumentKind, LicenceNumber, LicenceRecord, Sex};

/// Somebody with a driving licence.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// What they are called in stories and on the command line.
    pub key: &'static str,
    /// 姓名.
    pub name: &'static str,
    /// The status letters (`domain.md` 2.8).
    pub status: &'static str,
    /// The photo the register keeps.
    pub photo: Retained,
    /// The last day of validity; none is long-term.
    pub until: Option<(i32, u32, u32)>,
    /// Points in this cycle.
    pub points: u8,
    /// 准驾车型.
    pub classes: &'static str,
}

/// The photo the register keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Retained {
    /// One that meets the requirements.
    Good,
    /// One that does not.
    Poor,
    /// None.
    None,
}

const fn person(key: &'static str, name: &'static str, status: &'static str) -> Person {
    Person { key, name, status, photo: Retained::Good, until: Some((2034, 6, 30)), points: 0, classes: "C1" }
}

const fn without_photo(key: &'static str, name: &'static str) -> Person {
    Person { photo: Retained::None, ..person(key, name, "A") }
}

/// Everybody: one for each story, and one for each status letter.
pub const PEOPLE: &[Person] = &[
    person("retained", "王小明", "A"),
    without_photo("camera", "李小红"),
    without_photo("album-withdrawn", "赵一"),
    without_photo("album-refused", "钱二"),
    without_photo("album-approved", "孙三"),
    person("crash", "周四", "A"),
    person("rare-name", "㑇𠅤", "A"),
    Person { until: None, classes: "A1A2D", ..person("long-term", "吴五", "A") },
    Person { until: Some((2020, 6, 30)), ..person("expired", "郑六", "A") },
    Person { photo: Retained::Poor, ..person("poor-photo", "冯七", "A") },
    Person { points: 9, ..person("points", "陈八", "A") },
    person("combined", "褚九", "BDJ"),
    person("unknown-letter", "卫十", "AQ"),
    person("status-b", "蒋超分", "B"),
    person("status-c", "沈转出", "C"),
    person("suspended", "韩暂扣", "D"),
    person("status-e", "杨撤销", "E"),
    person("status-f", "朱吊销", "F"),
    person("status-g", "秦注销", "G"),
    person("status-h", "尤违法", "H"),
    person("status-i", "许事故", "I"),
    person("status-j", "何停用", "J"),
    person("status-k", "吕扣押", "K"),
    person("status-l", "施锁定", "L"),
    person("status-m", "张逾期", "M"),
    person("status-n", "孔延换", "N"),
    person("status-p", "曹延检", "P"),
    person("status-r", "严可恢复", "R"),
    person("status-s", "华未审", "S"),
    person("status-t", "金延审", "T"),
    person("status-u", "魏扣留", "U"),
    person("status-z", "陶其他", "Z"),
    person("suspended-later", "姜后停", "A"),
];

/// The record of the `nth` person.
///
/// # Errors
/// A value in the list that the register's own types refuse; a test reads all of them.
pub fn record(nth: usize, person: &Person) -> anyhow::Result<LicenceRecord> {
    let birth = date(1970 + i32::try_from(nth % 30)?, 1 + u32::try_from(nth % 12)?, 15)?;
    let first = date(2010, 5, 6)?;
    let number = number(birth, nth);
    Ok(LicenceRecord {
        number: LicenceNumber::new(DocumentKind::ResidentIdentityCard, &number)?,
        name: person.name.into(),
        sex: if nth.is_multiple_of(2) { Sex::Female } else { Sex::Male },
        nationality: "CHN".into(),
        birth_date: birth,
        address: format!("北京市东城区虚构胡同{}号", nth + 1),
        first_issue: first,
        classes: person.classes.parse().context("classes")?,
        valid_from: first,
        valid_until: person.until.map(|(year, month, day)| date(year, month, day)).transpose()?,
        authority: Authority {
            code: "京A".parse().context("authority")?,
            name: "北京市公安局公安交通管理局".into(),
        },
        archive_no: Some(format!("1101{nth:08}").parse().context("archive number")?),
        remarks: Vec::new(),
        points: person.points,
        status: person.status.parse().context("status")?,
        retained_photo: (person.photo != Retained::None).then(|| format!("photo-{}", person.key)),
        retained_photo_meets: person.photo == Retained::Good,
        revision: None,
        contacts: Contacts {
            email: Some(format!("{}@applicant.example", person.key)),
            phone: None,
            locale: Some(if nth.is_multiple_of(2) { "zh-CN" } else { "en" }.into()),
        },
    })
}

fn date(year: i32, month: u32, day: u32) -> anyhow::Result<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day).context("no such day")
}

/// A well-formed number (GB 11643) of a region that was never allotted, so that it is nobody's.
fn number(birth: NaiveDate, nth: usize) -> String {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = format!("990101{}{:03}", birth.format("%Y%m%d"), 900 + nth);
    let sum: u32 =
        digits.chars().filter_map(|digit| digit.to_digit(10)).zip(WEIGHTS).map(|(d, w)| d * w).sum();
    let check = ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize];
    digits + check
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_person_has_a_record_of_their_own_that_the_register_could_send() {
        let mut numbers = BTreeSet::new();
        for (nth, person) in PEOPLE.iter().enumerate() {
            let record = record(nth, person).unwrap();
            record.check().unwrap();
            let json = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<LicenceRecord>(&json).unwrap(), record);
            assert!(numbers.insert(record.number.as_str().to_owned()), "{} twice", person.key);
        }
    }

    #[test]
    fn every_status_letter_has_somebody() {
        for letter in "ABCDEFGHIJKLMNPRSTUZ".chars() {
            assert!(PEOPLE.iter().any(|person| person.status == letter.to_string()), "nobody is {letter}");
        }
    }
}
