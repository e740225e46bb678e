//! Bytes that were issued once must verify for ever, and be made the same way.

use sealwright_credentials::Verdict;
use sealwright_credentials::sd_jwt::verify;

use super::made::*;
use crate::sample::{NOON, keys};

const CREDENTIAL: &str = include_str!("../golden/sd_jwt.txt");
const PRESENTATION: &str = include_str!("../golden/sd_jwt_presentation.txt");
const METADATA: &str = include_str!("../golden/sd_jwt_type.json");

#[test]
fn the_credential_of_known_keys_salts_and_content_never_changes() {
    assert_eq!(credential().as_str(), CREDENTIAL.trim_end(), "is a changed byte meant?");
    assert_eq!(verify(CREDENTIAL.trim_end(), &keys(), NOON, &request()).verdict, Verdict::Valid);
}

#[test]
fn the_presentation_of_a_known_holder_never_changes() {
    let shown = credential().present_to(&audience(), &["classes", "validity"], &holder()).expect("presents");
    assert_eq!(shown, PRESENTATION.trim_end(), "is a changed byte meant?");
    assert_eq!(verify(PRESENTATION.trim_end(), &keys(), NOON, &bound_request()).verdict, Verdict::Valid);
}

/// Credentials name this document by its digest: another wording is another document.
#[test]
fn the_type_metadata_never_changes() {
    assert_eq!(
        licence().metadata(),
        METADATA.trim_end(),
        "credentials issued before name the older document"
    );
}
