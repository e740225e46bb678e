//! A root, document signers, a holder, and a licence to issue; every person is invented.

use sealwright_credentials::mdoc::{Issuance, IssuerSigned, Mdl, MdlNames, MsoValidity, Prepared, prepare};
use sealwright_credentials::x509::{Certificate, Subject, Terms, Validity, make_document_signer, make_root};
use sealwright_credentials::{Content, Digest, Es256Signer, PublicKey, Signer, StatusReference};

use crate::sample::{NOON, content as plain_content, date, signer};

pub(crate) const DAY: i64 = 86_400;

/// Grey shapes, 60 by 75: nobody.
pub(crate) const PORTRAIT: &[u8] = include_bytes!("../golden/portrait.jpg");

pub(crate) fn root_signer() -> Es256Signer {
    Es256Signer::from_scalar(&[0x1A; 32]).expect("in range")
}

/// A second document signer, of the other algorithm.
pub(crate) fn es256_signer() -> Es256Signer {
    Es256Signer::from_scalar(&[0xD5; 32]).expect("in range")
}

pub(crate) fn holder() -> Es256Signer {
    Es256Signer::from_scalar(&[0x40; 32]).expect("in range")
}

pub(crate) fn root_subject() -> Subject {
    Subject {
        country: "CN".into(),
        common_name: "示例 IACA".into(),
        organisation: Some("Example Traffic Police".into()),
        state: Some("CN-BJ".into()),
    }
}

pub(crate) fn contact_terms(subject: &Subject) -> Terms<'_> {
    Terms {
        subject,
        validity: Validity { not_before: NOON - 30 * DAY, not_after: NOON + 3_000 * DAY },
        contact: "https://iaca.example",
        crl: "https://iaca.example/crl",
    }
}

pub(crate) fn root() -> Certificate {
    make_root(&contact_terms(&root_subject()), [7; 16], &root_signer()).expect("the sample is in order")
}

pub(crate) fn document_signer(key: &PublicKey) -> Certificate {
    let subject = Subject { common_name: "示例签发 01".into(), ..root_subject() };
    let validity = Validity { not_before: NOON - DAY, not_after: NOON + 400 * DAY };
    let terms = Terms { validity, ..contact_terms(&subject) };
    make_document_signer(&terms, key, [8; 16], &root(), &root_signer()).expect("the sample is in order")
}

pub(crate) fn content() -> Content {
    Content { photo_digest: Digest::of(PORTRAIT), classes: "A2C2D".into(), ..plain_content() }
}

pub(crate) fn names() -> MdlNames {
    MdlNames {
        family_name: "OUYANG".into(),
        given_name: "JIANGUO".into(),
        family_name_national: "欧阳".into(),
        given_name_national: "建国".into(),
        issuing_authority: "Beijing Traffic Management Bureau".into(),
        resident_address: None,
        nationality: Some("CN".into()),
    }
}

pub(crate) fn status() -> StatusReference {
    StatusReference { index: 412, uri: "https://status.example/lists/7".into() }
}

pub(crate) fn validity() -> MsoValidity {
    MsoValidity {
        signed: NOON,
        valid_from: NOON,
        valid_until: NOON + 90 * DAY,
        expected_update: Some(NOON + 60 * DAY),
    }
}

/// What a test may want to change.
pub(crate) struct Sample {
    pub(crate) content: Content,
    pub(crate) names: MdlNames,
    pub(crate) portrait: Vec<u8>,
    pub(crate) ages: Vec<u8>,
    pub(crate) chain: Vec<Certificate>,
    pub(crate) device_key: PublicKey,
    pub(crate) validity: MsoValidity,
    pub(crate) status: Option<StatusReference>,
}

impl Sample {
    /// Every field filled, signed by an Ed25519 key.
    pub(crate) fn new() -> Self {
        Self {
            content: content(),
            names: names(),
            portrait: PORTRAIT.into(),
            ages: vec![18, 21, 70, 80],
            chain: vec![document_signer(signer().public_key())],
            device_key: holder().public_key().clone(),
            validity: validity(),
            status: Some(status()),
        }
    }

    pub(crate) fn es256() -> Self {
        Self { chain: vec![document_signer(es256_signer().public_key())], ..Self::new() }
    }

    pub(crate) fn prepare(&self) -> Result<Prepared, sealwright_credentials::mdoc::MdlError> {
        let mdl = Mdl {
            content: &self.content,
            names: &self.names,
            portrait: &self.portrait,
            technical_end: date(2036, 11, 22),
            ages: &self.ages,
        };
        let issuance = Issuance {
            chain: &self.chain,
            device_key: &self.device_key,
            validity: self.validity,
            status: self.status.as_ref(),
        };
        prepare(&mdl, &issuance, &[0x77; 32])
    }

    pub(crate) fn issue(&self) -> IssuerSigned {
        let prepared = self.prepare().expect("the sample is in order");
        let signers: [&dyn Signer; 2] = [&signer(), &es256_signer()];
        let signer = signers.into_iter().find(|signer| signer.key_id() == prepared.key_id());
        prepared.sign(signer.expect("one of ours")).expect("the sample signer signs")
    }
}
