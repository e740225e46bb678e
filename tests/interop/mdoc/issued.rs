//! An authority with its root, a document signer and one holder, at the machine's own time: one of the verifiers
//! asks no other.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sealwright_credentials::mdoc::{
    DeviceSignature, Issuance, IssuerSigned, Mdl, MdlNames, MsoValidity, device_authentication,
    device_response, prepare,
};
use sealwright_credentials::x509::{Certificate, Subject, Terms, Validity, make_document_signer, make_root};
use sealwright_credentials::{
    Content, Date, Digest, Es256Signer, PublicKey, Serial, Sex, Signer, StatusReference,
};
use serde_json::{Value, json};

const DAY: i64 = 86_400;

/// The smallest thing that begins and ends as a JPEG: nobody looks at it here.
pub(crate) const PORTRAIT: &[u8] =
    b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xFF\xD9";

/// The machine's own time.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

pub(crate) struct Office {
    pub(crate) root: Certificate,
    pub(crate) holder: Box<dyn Signer>,
    pub(crate) now: i64,
    signer: Box<dyn Signer>,
    /// The private key is this byte 32 times.
    secret: u8,
    chain: [Certificate; 1],
}

impl Office {
    pub(crate) fn new(signer: Box<dyn Signer>, secret: u8, holder: Box<dyn Signer>) -> Self {
        let now = now();
        // A root of its own: what one authority signs, another's root does not vouch for.
        let root_signer =
            Es256Signer::from_scalar(Digest::of(signer.public_key().as_bytes()).as_bytes()).unwrap();
        let subject = Subject {
            country: "CN".into(),
            common_name: "示例 IACA".into(),
            organisation: None,
            state: None,
        };
        let validity = Validity { not_before: now - DAY, not_after: now + 400 * DAY };
        let (contact, crl) = ("https://iaca.example", "https://iaca.example/crl");
        let terms = Terms { subject: &subject, validity, contact, crl };
        let root = make_root(&terms, [1; 16], &root_signer).unwrap();
        let named = Subject { common_name: "示例签发 01".into(), ..subject.clone() };
        let terms = Terms { subject: &named, ..terms };
        let certificate =
            make_document_signer(&terms, signer.public_key(), [2; 16], &root, &root_signer).unwrap();
        Self { root, holder, now, signer, secret, chain: [certificate] }
    }

    pub(crate) fn issue(&self) -> IssuerSigned {
        let date = |year, month, day| Date::from_ymd_opt(year, month, day).unwrap();
        let content = Content {
            issuer: "https://licences.example".into(),
            licence_number: "11010519491231002X".into(),
            expires: None,
            generated_at: self.now - 60,
            serial: Serial::from_random([0xA7; 10]),
            version: 3,
            name: "欧阳建国".into(),
            sex: Sex::Female,
            birth_date: date(1949, 12, 31),
            nationality: "中国".into(),
            classes: "C1E".into(),
            valid_from: date(2021, 9, 1),
            valid_until: None,
            first_issue: date(1975, 5, 6),
            authority: "北京市公安局公安交通管理局".into(),
            archive_number: Some("110012345678".into()),
            address: "北京市朝阳区建国门外大街甲12号院".into(),
            record: None,
            photo_digest: Digest::of(PORTRAIT),
            status_at_issue: "A".into(),
        };
        let names = MdlNames {
            family_name: "OUYANG".into(),
            given_name: "JIANGUO".into(),
            family_name_national: "欧阳".into(),
            given_name_national: "建国".into(),
            issuing_authority: "Beijing Traffic Management Bureau".into(),
            resident_address: None,
            nationality: Some("CN".into()),
        };
        let mdl = Mdl {
            content: &content,
            names: &names,
            portrait: PORTRAIT,
            technical_end: date(2099, 12, 31),
            ages: &[18, 21],
        };
        let status = StatusReference { index: 7, uri: "https://status.example/lists/7".into() };
        let issuance = Issuance {
            chain: &self.chain,
            device_key: self.holder.public_key(),
            validity: MsoValidity {
                signed: self.now - 30,
                valid_from: self.now - 30,
                valid_until: self.now + 90 * DAY,
                expected_update: None,
            },
            status: Some(&status),
        };
        prepare(&mdl, &issuance, &[0x77; 32]).unwrap().sign(&*self.signer).unwrap()
    }

    pub(crate) fn present(&self, mdoc: &IssuerSigned, session: &[u8]) -> Vec<u8> {
        self.present_as(mdoc, session, &*self.holder)
    }

    pub(crate) fn present_as(&self, mdoc: &IssuerSigned, session: &[u8], holder: &dyn Signer) -> Vec<u8> {
        let message = device_authentication(session, holder.algorithm()).unwrap();
        let signature = holder.sign(&message).unwrap();
        device_response(mdoc, &DeviceSignature { algorithm: holder.algorithm(), signature })
    }

    /// What another issuer needs to issue in this one's name.
    pub(crate) fn question_to_issue(&self) -> Value {
        let mut key = jwk(self.signer.public_key());
        key["d"] = BASE64_URL_SAFE_NO_PAD.encode([self.secret; 32]).into();
        let certificate = BASE64_URL_SAFE_NO_PAD.encode(self.chain[0].as_der());
        let device_key = jwk(self.holder.public_key());
        json!({"key": key, "device_key": device_key, "certificate": certificate, "at": self.now})
    }

    /// 32 bytes of the holder's key, as they stand in an mdoc.
    pub(crate) fn holder_key_bytes(&self) -> &[u8] {
        self.holder.public_key().x()
    }
}

fn jwk(key: &PublicKey) -> Value {
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.x());
    match key.y() {
        None => json!({"kty": "OKP", "crv": "Ed25519", "x": x}),
        Some(y) => json!({"kty": "EC", "crv": "P-256", "x": x, "y": BASE64_URL_SAFE_NO_PAD.encode(y)}),
    }
}
