use chrono::NaiveDate;
use proptest::prelude::*;

use super::super::DocumentKind::{ForeignPermanentResidentCard, Passport, ResidentIdentityCard};
use super::super::{ArchiveNumber, ArchiveNumberRefused, LicenceNumber, NumberRefused};

#[test]
fn the_example_of_the_standard_is_a_number() {
    let number = LicenceNumber::new(ResidentIdentityCard, "11010519491231002x").expect("valid");
    assert_eq!(number.as_str(), "11010519491231002X");
    assert_eq!(number.birth_date(), NaiveDate::from_ymd_opt(1949, 12, 31));
    assert_eq!(number.masked(), "110*************2X");
}

#[test]
fn a_wrong_identity_number_says_what_is_wrong() {
    let rows = [
        ("", NumberRefused::Length(0)),
        ("11010519491231002", NumberRefused::Length(17)),
        ("1101051949123100２X", NumberRefused::Character(17)),
        ("X1010519491231002X", NumberRefused::Character(1)),
        ("11010519490231002X", NumberRefused::BirthDate),
        ("110105194912310020", NumberRefused::Checksum),
        ("11010519491231003X", NumberRefused::Checksum),
    ];
    for (value, refused) in rows {
        assert_eq!(LicenceNumber::new(ResidentIdentityCard, value), Err(refused), "{value}");
    }
}

#[test]
fn other_documents_need_no_check_character() {
    for (kind, value) in [(Passport, "E12345678"), (ForeignPermanentResidentCard, "911124198108030024")] {
        assert!(LicenceNumber::new(kind, value).is_ok(), "{value}");
    }
    for value in ["E12", "E1234 678", "护照E12345678", "E123456789012345678901234567890"] {
        assert_eq!(LicenceNumber::new(Passport, value), Err(NumberRefused::Shape), "{value}");
    }
    assert_eq!(LicenceNumber::new(Passport, "E1234567").expect("valid").masked(), "******67");
}

#[test]
fn an_archive_number_has_twelve_digits() {
    assert_eq!("320512345678".parse::<ArchiveNumber>().expect("valid").as_str(), "320512345678");
    for text in ["", "32051234567", "3205123456789", "32051234567X", "３２０５12345678"] {
        assert_eq!(text.parse::<ArchiveNumber>(), Err(ArchiveNumberRefused), "{text}");
    }
}

#[test]
fn debug_shows_neither() {
    let number = LicenceNumber::new(ResidentIdentityCard, "11010519491231002X").expect("valid");
    let archive: ArchiveNumber = "320512345678".parse().expect("valid");
    let shown = format!("{number:?} {archive:?}");
    assert!(!shown.contains("1949") && !shown.contains("3205"), "{shown}");
}

#[test]
fn json_is_checked_as_well() {
    let json = r#"{"kind":"resident_identity_card","value":"11010519491231002X"}"#;
    let number: LicenceNumber = serde_json::from_str(json).expect("valid");
    assert_eq!(serde_json::to_string(&number).expect("JSON"), json);
    assert!(serde_json::from_str::<LicenceNumber>(&json.replace("002X", "0020")).is_err());
}

proptest! {
    /// What the check character is for: one wrong digit is always found.
    #[test]
    fn one_wrong_digit_is_found(place in 0_usize..17, digit in 0_u8..10) {
        let mut wrong = *b"11010519491231002X";
        prop_assume!(wrong[place] != b'0' + digit);
        wrong[place] = b'0' + digit;
        let wrong = std::str::from_utf8(&wrong).expect("digits");
        prop_assert!(LicenceNumber::new(ResidentIdentityCard, wrong).is_err());
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,40}") {
        for kind in [ResidentIdentityCard, Passport] {
            if let Ok(number) = LicenceNumber::new(kind, &text) {
                number.masked();
            }
        }
    }
}
