use chrono::NaiveDate;
use serde_json::{Value, json};

use super::super::{LicenceRecord, PersonalField};

fn sample() -> Value {
    json!({
        "number": {"kind": "resident_identity_card", "value": "11010519491231002X"},
        "name": "\u{20BB7}野", "sex": "female", "nationality": "CN", "birth_date": "1949-12-31",
        "address": "北京市朝阳区某街1号", "first_issue": "1990-02-28", "classes": "A1A2D",
        "valid_from": "2020-02-28", "valid_until": null,
        "authority": {"code": "京A", "name": "北京市公安局交通管理局"},
        "archive_no": "110512345678", "remarks": ["矫正视力"], "points": 3, "status": "HA",
        "retained_photo": "photo-77", "retained_photo_meets": true, "revision": 12,
        "contacts": {"email": "ye@example.org", "phone": "+8613800000000", "locale": "zh-CN"}
    })
}

fn read(json: Value) -> Result<LicenceRecord, String> {
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn with(field: &str, value: Value) -> Value {
    let mut json = sample();
    json[field] = value;
    json
}

#[test]
fn a_record_is_the_same_after_json() {
    let record = read(sample()).expect("a record");
    let json = serde_json::to_value(&record).expect("JSON");
    assert_eq!(json["status"], "AH");
    assert_eq!(read(json).expect("a record"), record);
}

#[test]
fn what_a_register_need_not_know_may_be_absent() {
    let mut json = sample();
    let fields = json.as_object_mut().expect("an object");
    for field in [
        "remarks",
        "retained_photo",
        "retained_photo_meets",
        "revision",
        "contacts",
        "archive_no",
        "valid_until",
    ] {
        fields.remove(field);
    }
    let facts = read(json).expect("a record").facts();
    assert_eq!((facts.retained_photo_usable, facts.revision, facts.valid_until), (false, None, None));
}

#[test]
fn a_record_that_contradicts_itself_is_refused() {
    let rows = [
        (with("valid_until", json!("2020-02-27")), "ends before it begins"),
        (with("first_issue", json!("1949-12-31")), "first issue"),
        (with("retained_photo", Value::Null), "names none"),
        (with("classes", json!("A1X")), "place 3"),
        (with("status", json!("normal")), "status cannot be read"),
        (with("points", json!(256)), "256"),
        (with("archive_no", json!("12")), "12 digits"),
        (with("authority", json!({"code": "a b", "name": "x"})), "issuing authority"),
        (
            with("number", json!({"kind": "resident_identity_card", "value": "110105194912310020"})),
            "does not fit",
        ),
    ];
    for (json, reason) in rows {
        let refused = read(json).expect_err(reason);
        assert!(refused.contains(reason), "{refused}");
    }
}

#[test]
fn neither_debug_nor_the_facts_name_anybody() {
    let record = read(sample()).expect("a record");
    let facts = serde_json::to_string(&record.facts()).expect("JSON");
    for shown in [format!("{record:?} {:#?}", record.contacts), format!("{record:#?}"), facts] {
        for personal in ["1101", "野", "1949", "朝阳", "photo-77", "ye@", "138", "矫正", "北京市", "zh-CN"]
        {
            assert!(!shown.contains(personal), "{personal} in {shown}");
        }
        assert!(shown.contains("A1A2D"), "{shown}");
    }
}

#[test]
fn a_licence_is_in_force_on_its_first_and_last_day() {
    let facts = read(with("valid_until", json!("2030-02-28"))).expect("a record").facts();
    let day = |text: &str| text.parse::<NaiveDate>().expect("a date");
    let rows = [("2020-02-27", false), ("2020-02-28", true), ("2030-02-28", true), ("2030-03-01", false)];
    for (on, in_force) in rows {
        assert_eq!(facts.in_force(day(on)), in_force, "{on}");
    }
    assert_eq!(facts.expires_on(), Some(day("2030-03-01")));
    let long_term = read(sample()).expect("a record").facts();
    assert!(long_term.in_force(day("2100-01-01")) && long_term.expires_on().is_none());
}

#[test]
fn changed_personal_fields_are_named_and_not_shown() {
    let old = read(sample()).expect("a record");
    assert_eq!(old.personal_changes(&old), []);
    let mut newer = old.clone();
    newer.name = "another".into();
    newer.retained_photo = None;
    newer.points = 6;
    assert_eq!(old.personal_changes(&newer), [PersonalField::Name, PersonalField::RetainedPhoto]);
    assert_eq!(serde_json::to_string(&PersonalField::ArchiveNo).expect("JSON"), "\"archive_no\"");
}
