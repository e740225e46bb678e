//! The forms of one licence, and what is done to each.

use std::hint::black_box;

use sealwright_credentials::mdoc::{self, Issuance, Mdl, MdlNames, MsoValidity};
use sealwright_credentials::sd_jwt::{self, CredentialType, HolderKey, Request, Salts};
use sealwright_credentials::x509::{Subject, Terms, Validity, make_document_signer, make_root};
use sealwright_credentials::{
    Algorithm, Content, Date, Digest, Es256Signer, KeySet, KeyState, Serial, Sex, Signer, StatusReference,
    Verdict, prepare, verify,
};

/// 2026-11-22 12:00 in Beijing.
pub(crate) const NOW: i64 = 1_795_320_000;

const DAY: i64 = 86_400;
const VCT: &str = "https://licences.example/types/driving-licence/1";

type Work = Box<dyn Fn()>;

/// A form of credential, with what is measured.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    pub(crate) algorithm: Algorithm,
    /// Of one credential.
    pub(crate) bytes: usize,
    pub(crate) issue: Work,
    pub(crate) bare_sign: Work,
    pub(crate) verify: Work,
    pub(crate) bare_verify: Work,
}

/// All forms, signed by this key.
pub(crate) fn forms(signer: &'static dyn Signer) -> [Form; 3] {
    [code(signer), sd_jwt(signer), mdoc(signer)]
}

fn code(signer: &'static dyn Signer) -> Form {
    let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
    let content = content(b"a photo");
    let prepared = prepare(&content, signer.key_id(), signer.algorithm()).unwrap();
    let code = prepared.sign(signer).unwrap();
    assert_eq!(verify(code.as_str(), &keys, NOW, None).verdict, Verdict::Valid);
    let issue = move || {
        let prepared = prepare(black_box(&content), signer.key_id(), signer.algorithm()).unwrap();
        black_box(prepared.sign(signer).unwrap());
    };
    let message = prepared.to_be_signed().to_vec();
    Form {
        name: "code",
        algorithm: signer.algorithm(),
        bytes: code.as_str().len(),
        issue: Box::new(issue),
        bare_sign: bare_sign(signer, message.clone()),
        verify: Box::new(move || drop(black_box(verify(black_box(code.as_str()), &keys, NOW, None)))),
        bare_verify: bare_verify(signer, message),
    }
}

fn sd_jwt(signer: &'static dyn Signer) -> Form {
    let keys = KeySet::of([(signer.public_key().clone(), KeyState::Active)]);
    let content = content(b"a photo");
    let licence = CredentialType::licence(VCT).unwrap();
    let holder = HolderKey::of(Es256Signer::from_scalar(&[3; 32]).unwrap().public_key());
    let status = StatusReference { uri: "https://licences.example/status/1".into(), index: 412_907 };
    let make = move || {
        let terms = sd_jwt::Terms {
            holder: Some(&holder),
            status: Some(&status),
            decoys: true,
            ..sd_jwt::Terms::of(&licence)
        };
        let salts = Salts::from_random(std::array::from_fn(|i| (i + i / 16 * 7) as u8));
        sd_jwt::prepare(black_box(&content), &terms, signer.key_id(), signer.algorithm(), salts).unwrap()
    };
    let message = make().to_be_signed().to_vec();
    let credential = make().sign(signer).unwrap();
    let request = Request { vct: VCT, issuer: None, binding: None };
    assert_eq!(sd_jwt::verify(credential.as_str(), &keys, NOW, &request).verdict, Verdict::Valid);
    let bytes = credential.as_str().len();
    Form {
        name: "sd-jwt-vc",
        algorithm: signer.algorithm(),
        bytes,
        issue: Box::new(move || drop(black_box(make().sign(signer).unwrap()))),
        bare_sign: bare_sign(signer, message.clone()),
        verify: Box::new(move || {
            drop(black_box(sd_jwt::verify(black_box(credential.as_str()), &keys, NOW, &request)));
        }),
        bare_verify: bare_verify(signer, message),
    }
}

fn mdoc(signer: &'static dyn Signer) -> Form {
    let root_signer: &Es256Signer = Box::leak(Box::new(Es256Signer::from_scalar(&[2; 32]).unwrap()));
    let subject =
        Subject { country: "CN".into(), common_name: "IACA".into(), organisation: None, state: None };
    let validity = Validity { not_before: NOW - DAY, not_after: NOW + 300 * DAY };
    let terms = Terms { subject: &subject, validity, contact: "a@b.example", crl: "https://b.example/crl" };
    let root = make_root(&terms, [1; 16], root_signer).unwrap();
    let chain = [make_document_signer(&terms, signer.public_key(), [2; 16], &root, root_signer).unwrap()];

    // As large as a portrait that is read over Bluetooth should be.
    let portrait = [&[0xFF, 0xD8, 0xFF][..], &[0x5A; 6_000], &[0xFF, 0xD9]].concat();
    let content = content(&portrait);
    let names = MdlNames {
        family_name: "OUYANG".into(),
        given_name: "JIANGUO".into(),
        family_name_national: "欧阳".into(),
        given_name_national: "建国".into(),
        issuing_authority: "Beijing Traffic Management Bureau".into(),
        resident_address: None,
        nationality: Some("CN".into()),
    };
    let holder = Es256Signer::from_scalar(&[3; 32]).unwrap().public_key().clone();
    let status = StatusReference { uri: "https://licences.example/status/1".into(), index: 412_907 };
    let certificate = chain[0].as_der().to_vec();
    let make = move || {
        let mdl = Mdl {
            content: &content,
            names: &names,
            portrait: &portrait,
            technical_end: Date::default(),
            ages: &[18, 21, 60],
        };
        let validity =
            MsoValidity { signed: NOW, valid_from: NOW, valid_until: NOW + 90 * DAY, expected_update: None };
        let issuance = Issuance { chain: &chain, device_key: &holder, validity, status: Some(&status) };
        mdoc::prepare(black_box(&mdl), &issuance, &[7; 32]).unwrap()
    };
    let message = make().to_be_signed().to_vec();
    let issued = make().sign(signer).unwrap();
    let roots = [root];
    assert_eq!(mdoc::verify(issued.as_bytes(), &roots, NOW, None).verdict, Verdict::Valid);
    let bytes = issued.as_bytes().len();
    let (own, of_root) = (bare_verify(signer, message.clone()), bare_verify(root_signer, certificate));
    Form {
        name: "mdoc",
        algorithm: signer.algorithm(),
        bytes,
        issue: Box::new(move || drop(black_box(make().sign(signer).unwrap()))),
        bare_sign: bare_sign(signer, message),
        verify: Box::new(move || {
            drop(black_box(mdoc::verify(black_box(issued.as_bytes()), &roots, NOW, None)));
        }),
        bare_verify: Box::new(move || {
            own();
            of_root();
        }),
    }
}

fn bare_sign(signer: &'static dyn Signer, message: Vec<u8>) -> Work {
    Box::new(move || drop(black_box(signer.sign(black_box(&message)).unwrap())))
}

fn bare_verify(signer: &'static dyn Signer, message: Vec<u8>) -> Work {
    let signature = signer.sign(&message).unwrap();
    assert!(signer.public_key().verifies(&message, signature.as_bytes()));
    Box::new(move || {
        black_box(signer.public_key().verifies(black_box(&message), signature.as_bytes()));
    })
}

fn content(portrait: &[u8]) -> Content {
    let date = |year, month, day| Date::from_ymd_opt(year, month, day).unwrap();
    Content {
        issuer: "https://licences.example".into(),
        licence_number: "11010519491231002X".into(),
        expires: None,
        generated_at: NOW - 60,
        serial: Serial::from_random([0xA7; 10]),
        version: 3,
        name: "欧阳建国".into(),
        sex: Sex::Female,
        birth_date: date(1949, 12, 31),
        nationality: "中国".into(),
        classes: "A1A2D".into(),
        valid_from: date(2021, 9, 1),
        valid_until: Some(date(2031, 9, 1)),
        first_issue: date(1975, 5, 6),
        authority: "北京市公安局公安交通管理局".into(),
        archive_number: Some("110012345678".into()),
        address: "北京市朝阳区建国门外大街甲12号院3号楼2单元1501室".into(),
        record: Some("矫正视力".into()),
        photo_digest: Digest::of(portrait),
        status_at_issue: "A".into(),
    }
}
