use serde::{Deserialize, Serialize};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Any, SetOfVec};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Tag};
use x509_cert::name::Name;

use super::der::sequence;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const STATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.8");
const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

/// The upper bound of RFC 5280 A.1 on each text of a name, in characters.
const MAX_CHARS: usize = 64;

/// Whom a certificate names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// ISO 3166-1 alpha-2 in capitals: `CN`. Verifiers compare it with the mdoc's `issuing_country`.
    pub country: String,
    /// What the authority or the signer is called.
    pub common_name: String,
    /// The organisation, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// State or province; verifiers compare it with the mdoc's `issuing_jurisdiction`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// A subject that no certificate may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the subject's {field} {rule}")]
pub struct SubjectError {
    /// The field of [`Subject`].
    pub field: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl Subject {
    /// Checks every field.
    pub fn check(&self) -> Result<(), SubjectError> {
        if self.country.len() != 2 || !self.country.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(SubjectError { field: "country", rule: "must be two capital letters (ISO 3166-1)" });
        }
        let texts = [
            ("common_name", Some(&self.common_name)),
            ("organisation", self.organisation.as_ref()),
            ("state", self.state.as_ref()),
        ];
        for (field, text) in texts {
            let Some(text) = text else { continue };
            if text.trim().is_empty() || text.chars().count() > MAX_CHARS || text.contains(char::is_control) {
                return Err(SubjectError { field, rule: "must be 1 to 64 characters, none of them control" });
            }
        }
        Ok(())
    }

    /// Country, state, organisation, common name: from the largest to the smallest.
    pub(super) fn to_name(&self) -> Result<Name, x509_cert::der::Error> {
        let mut attributes = vec![(COUNTRY, Tag::PrintableString, &self.country)];
        attributes.extend(self.state.iter().map(|text| (STATE, Tag::Utf8String, text)));
        attributes.extend(self.organisation.iter().map(|text| (ORGANISATION, Tag::Utf8String, text)));
        attributes.push((COMMON_NAME, Tag::Utf8String, &self.common_name));
        let mut names = Vec::new();
        for (oid, tag, text) in attributes {
            let value = Any::new(tag, text.as_bytes())?;
            names.push(SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?);
        }
        Name::from_der(&sequence(&names)?)
    }

    /// Reads a name with exactly one country and common name and at most one organisation and state. Other
    /// attributes are left aside: names are compared by their bytes.
    pub(super) fn of_name(name: &Name) -> Option<Self> {
        let one = |wanted| {
            let mut found = name.iter().filter(|attribute| attribute.oid == wanted);
            match (found.next(), found.next()) {
                (None, _) => Some(None),
                (Some(attribute), None) => text(&attribute.value).map(Some),
                _ => None,
            }
        };
        let subject = Self {
            country: one(COUNTRY)??,
            common_name: one(COMMON_NAME)??,
            organisation: one(ORGANISATION)?,
            state: one(STATE)?,
        };
        subject.check().is_ok().then_some(subject)
    }
}

fn text(value: &Any) -> Option<String> {
    use x509_cert::der::Tagged as _;
    matches!(value.tag(), Tag::PrintableString | Tag::Utf8String)
        .then(|| std::str::from_utf8(value.value()).ok().map(str::to_owned))
        .flatten()
}
