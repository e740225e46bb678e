//! How fast mdocs are issued, beside the bare signatures that they cannot do without.
//!
//!     cargo bench -p sealwright-credentials --bench mdoc
//!
//! Rounds of both alternate, so that a slow minute of the machine slows both: what counts is the ratio.
#![allow(clippy::print_stdout, missing_docs, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use sealwright_credentials::mdoc::{Issuance, Mdl, MdlNames, MsoValidity, prepare, verify};
use sealwright_credentials::x509::{Subject, Terms, Validity, make_document_signer, make_root};
use sealwright_credentials::{Content, Date, Digest, Ed25519Signer, Es256Signer, Serial, Sex, Signer};

const NOW: i64 = 1_795_320_000;
const DAY: i64 = 86_400;
const ROUNDS: u32 = 40;
const PER_ROUND: u32 = 250;

fn main() {
    let signer = Ed25519Signer::from_seed(&[1; 32]);
    let root_signer = Es256Signer::from_scalar(&[2; 32]).expect("in range");
    let holder = Es256Signer::from_scalar(&[3; 32]).expect("in range");
    let subject =
        Subject { country: "CN".into(), common_name: "IACA".into(), organisation: None, state: None };
    let validity = Validity { not_before: NOW - DAY, not_after: NOW + 300 * DAY };
    let terms = Terms { subject: &subject, validity, contact: "a@b.example", crl: "https://b.example/crl" };
    let root = make_root(&terms, [1; 16], &root_signer).expect("in order");
    let chain =
        [make_document_signer(&terms, signer.public_key(), [2; 16], &root, &root_signer).expect("in order")];

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
    let mdl = Mdl {
        content: &content,
        names: &names,
        portrait: &portrait,
        technical_end: Date::default(),
        ages: &[18, 21, 60],
    };
    let times =
        MsoValidity { signed: NOW, valid_from: NOW, valid_until: NOW + 90 * DAY, expected_update: None };
    let issuance = Issuance { chain: &chain, device_key: holder.public_key(), validity: times, status: None };
    let issue = || prepare(&mdl, &issuance, &[7; 32]).expect("in order").sign(&signer).expect("signs");

    let message = vec![0x5A; 1_600];
    let issued = issue();
    let (mut bare, mut whole, mut checked) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        bare += timed(|| drop(black_box(signer.sign(black_box(&message)))));
        whole += timed(|| drop(black_box(issue())));
        let roots = std::slice::from_ref(&root);
        checked += timed(|| drop(black_box(verify(black_box(issued.as_bytes()), roots, NOW, None))));
    }
    let rate = |time: Duration| f64::from(ROUNDS * PER_ROUND) / time.as_secs_f64();
    println!("bare Ed25519 signatures of {} bytes  {:>9.0} a second", message.len(), rate(bare));
    println!("mdocs issued, {} bytes each        {:>9.0} a second", issued.as_bytes().len(), rate(whole));
    println!("  of the bare rate                   {:>9.2}", rate(whole) / rate(bare));
    println!("mdocs verified, chain and all        {:>9.0} a second", rate(checked));
}

fn timed(work: impl Fn()) -> Duration {
    let start = Instant::now();
    (0..PER_ROUND).for_each(|_| work());
    start.elapsed()
}

fn content(portrait: &[u8]) -> Content {
    let date = |year, month, day| Date::from_ymd_opt(year, month, day).expect("a date");
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
