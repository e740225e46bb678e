//! What we sign in JOSE, COSE and the log, before libraries that others wrote; and lists that they compress,
//! before ours. Each program beside this file reads JSON and answers a line of JSON per case.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

#[path = "../program.rs"]
mod program;
#[path = "../served.rs"]
mod served;
mod tlog;

use program::Program;
use sealwright_credentials::log::NoteKey;
use sealwright_credentials::presentation::{self, Nonce, Presentation};
use sealwright_credentials::status_list::{Packed, Status, StatusList, Token, Width};
use sealwright_credentials::{
    Content, Date, Digest, Ed25519Signer, KeySet, KeyState, PublicKey, Serial, Sex, Signer, prepare,
};
use serde_json::{Value, json};

/// 2026-11-22 12:00 in Beijing.
const NOON: i64 = 1_795_320_000;
const URI: &str = "https://licences.example/status/1";
const ORIGIN: &str = "licences.example/log";

fn signer() -> Ed25519Signer {
    Ed25519Signer::from_seed(&[0x5E; 32])
}

const PYTHON: Program = Program::Python("status_list.py");
const NODE: Program = Program::Node("status/verify.mjs");

/// What a program says of each case. It is given our key in the forms that it may need.
fn answers(program: Program, cases: &[Value]) -> Vec<Value> {
    answers_with(signer().public_key(), program, cases)
}

/// The same of what this key signed.
fn answers_with(key: &PublicKey, program: Program, cases: &[Value]) -> Vec<Value> {
    let set: Value = serde_json::from_str(&KeySet::of([(key.clone(), KeyState::Active)]).to_json()).unwrap();
    let note_key = NoteKey::log(ORIGIN, key).unwrap().to_string();
    let hint = note_key.split('+').nth(1).unwrap();
    let input = json!({"key": set["keys"][0], "name": ORIGIN, "hint": hint, "cases": cases});
    let answers = program.run("verify", &input);
    assert_eq!(answers.len(), cases.len());
    answers
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_STANDARD.encode(bytes)
}

/// Eighty variants, each with one bit changed, all over the length.
fn flipped(bytes: &[u8]) -> Vec<Vec<u8>> {
    let bits = bytes.len() * 8;
    let flip = |n: usize| {
        let bit = n * bits / 80 + n % 8;
        let mut flipped = bytes.to_vec();
        flipped[bit % bits / 8] ^= 1 << (bit % 8);
        flipped
    };
    (0..80).map(flip).collect()
}

fn statuses() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(3);
    (0..10_000).map(|_| if random.u8(..) < 26 { random.u8(..4) } else { 0 }).collect()
}

fn list() -> StatusList {
    let mut list = StatusList::new(Width::Two, 10_000).unwrap();
    for (index, value) in (0..).zip(statuses()) {
        list.change(index, Status::from_value(value).unwrap()).unwrap();
    }
    list
}

fn token() -> Token<'static> {
    Token {
        issuer: "https://licences.example",
        uri: URI,
        aggregation_uri: "https://licences.example/status",
        issued_at: NOON,
        expires_at: NOON + 43_200,
        ttl_s: 300,
        chain: &[],
    }
}

/// The first case is accepted, none of the others is.
fn only_the_first(answers: &[Value]) -> &Value {
    for (n, answer) in answers.iter().enumerate().skip(1) {
        assert_eq!(answer["accepted"], false, "variant {n}: {answer}");
    }
    assert_eq!(answers[0]["accepted"], true, "{}", answers[0]);
    &answers[0]
}

#[test]
fn others_read_our_lists_as_jwt() {
    let jwt = token().jwt(&list().pack(), &signer()).unwrap();
    let mut cases = vec![json!({"task": "jwt", "token": jwt})];
    let variants = flipped(jwt.as_bytes()).into_iter().filter_map(|bytes| String::from_utf8(bytes).ok());
    cases.extend(variants.map(|jwt| json!({"task": "jwt", "token": jwt})));
    assert!(cases.len() > 60);
    for program in [PYTHON, NODE] {
        let answers = answers(program, &cases);
        assert_eq!(only_the_first(&answers)["values"], json!(statuses()));
    }
    let read = &answers(PYTHON, &cases[..1])[0];
    let claims = ["https://licences.example", URI, "https://licences.example/status"];
    assert_eq!(read["claims"], json!(claims));
    assert_eq!(read["times"], json!([NOON, NOON + 43_200, 300]));
}

#[test]
fn others_read_our_lists_as_cwt() {
    let cwt = token().cwt(&list().pack(), &signer()).unwrap();
    let mut cases = vec![json!({"task": "cwt", "token": base64(&cwt)})];
    cases.extend(flipped(&cwt).iter().map(|cwt| json!({"task": "cwt", "token": base64(cwt)})));
    for program in [PYTHON, NODE] {
        let answers = answers(program, &cases);
        assert_eq!(only_the_first(&answers)["values"], json!(statuses()));
    }
    let read = &answers(PYTHON, &cases[..1])[0];
    assert_eq!(read["times"], json!([NOON, NOON + 43_200, 300]));
}

#[test]
fn we_read_what_others_compress_in_every_width() {
    let mut random = fastrand::Rng::with_seed(5);
    let sets: Vec<(u8, Vec<u8>)> = [1u8, 2, 4, 8]
        .into_iter()
        .map(|bits| (bits, (0..4_096).map(|_| random.u8(..) >> (8 - bits)).collect()))
        .collect();
    let cases: Vec<_> =
        sets.iter().map(|(bits, values)| json!({"task": "pack", "bits": bits, "values": values})).collect();
    for ((bits, values), answer) in sets.iter().zip(answers(PYTHON, &cases)) {
        use base64::Engine as _;
        let zlib = base64::prelude::BASE64_STANDARD.decode(answer["zlib"].as_str().unwrap()).unwrap();
        let read = Packed::new(Width::from_bits(*bits).unwrap(), zlib).unpack().unwrap();
        assert_eq!(read.entries(), 4_096);
        for (index, value) in (0..).zip(values) {
            assert_eq!(read.get(index), Ok(*value), "{bits} bits, index {index}");
        }
    }
}

#[test]
fn others_verify_our_licence_code() {
    let date = |year, month, day| Date::from_ymd_opt(year, month, day).unwrap();
    let content = Content {
        issuer: "https://licences.example".into(),
        licence_number: "11010519491231002X".into(),
        expires: None,
        generated_at: NOON,
        serial: Serial::from_random([0xA7; 10]),
        version: 3,
        name: "欧阳建国".into(),
        sex: Sex::Female,
        birth_date: date(1949, 12, 31),
        nationality: "CHN".into(),
        classes: "A1A2D".into(),
        valid_from: date(2021, 9, 1),
        valid_until: None,
        first_issue: date(1975, 5, 6),
        authority: "北京市公安局公安交通管理局".into(),
        archive_number: None,
        address: "北京市朝阳区建国门外大街甲12号院".into(),
        record: None,
        photo_digest: Digest::of(b"the bytes of a photo"),
        status_at_issue: "A".into(),
    };
    let signer = signer();
    let code = prepare(&content, signer.key_id(), signer.algorithm()).unwrap().sign(&signer).unwrap();
    let framed = base45::decode(&code.as_str()[4..]).unwrap();
    let mut cases = vec![json!({"task": "licence", "token": code.as_str()})];
    let variants = flipped(&framed).into_iter();
    cases.extend(
        variants.map(|bytes| json!({"task": "licence", "token": format!("SW1:{}", base45::encode(bytes))})),
    );
    let answers = answers(PYTHON, &cases);
    let read = only_the_first(&answers);
    assert_eq!((&read["serial"], &read["version"]), (&json!(content.serial.as_str()), &json!(3)));
    assert_eq!(read["name"], "欧阳建国");
}

/// As the HTTP API of a running office serves it, with a key that it publishes.
#[tokio::test]
async fn others_verify_the_code_that_a_running_office_serves() {
    let wallet = Ed25519Signer::from_seed(&[9; 32]);
    let served = served::issued("retained", wallet.public_key()).await;
    let key: PublicKey = serde_json::from_value(served.issuer["jwks"]["keys"][0].clone()).unwrap();
    let mut cases = vec![json!({"task": "licence", "token": served.code})];
    let variants = flipped(&base45::decode(&served.code[4..]).unwrap()).into_iter();
    cases.extend(
        variants.map(|bytes| json!({"task": "licence", "token": format!("SW1:{}", base45::encode(bytes))})),
    );
    let answers = answers_with(&key, PYTHON, &cases);
    assert_eq!(only_the_first(&answers)["name"], "王小明");
}

#[test]
fn others_verify_our_show_code() {
    let presentation = Presentation {
        serial: Serial::from_random([0xA7; 10]),
        version: 3,
        issued_at: NOON,
        expires_at: NOON + 60,
        nonce: Nonce::from_random([1, 2, 3, 4, 5, 6, 7, 8]),
        device: None,
        challenge: None,
    };
    let signer = signer();
    let prepared = presentation::prepare(&presentation, signer.key_id(), signer.algorithm()).unwrap();
    let code = prepared.sign(&signer).unwrap();
    let mut cases = vec![json!({"task": "show", "token": code.as_str()})];
    let variants = flipped(&base45::decode(&code.as_str()[5..]).unwrap()).into_iter();
    cases.extend(
        variants.map(|bytes| json!({"task": "show", "token": format!("SW1P:{}", base45::encode(bytes))})),
    );
    let answers = answers(PYTHON, &cases);
    let read = only_the_first(&answers);
    assert_eq!(read["serial"], presentation.serial.as_str());
    assert_eq!((&read["version"], &read["nonce"]), (&json!(3), &json!("0102030405060708")));
}
