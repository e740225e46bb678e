use std::io::Read as _;

use flate2::read::ZlibDecoder;
use sealwright_credentials::code::TYPE;
use sealwright_credentials::{Code, Signer as _, prepare, verify};

use super::fixed::{KEYS, NOON, SIGNER, text as utf8};
use super::signed::{bstr, sign1, tstr};

/// The compact code as it is scanned.
pub(super) fn text(bytes: &[u8]) -> bool {
    let text = utf8(bytes);
    let report = verify(text, &KEYS, NOON, None);
    serde_json::to_string(&report).expect("a report is JSON");
    let Ok(code) = text.parse::<Code>() else {
        assert_eq!(report.content, None, "believed, and yet no code");
        return false;
    };
    code.signed_digest();
    let framed = base45::decode(&text[4..]).expect("base45");
    let mut cose = Vec::new();
    ZlibDecoder::new(&framed[..]).read_to_end(&mut cose).expect("zlib");
    assert_eq!(spelled(&cose), text, "a second spelling");
    true
}

/// Its claims.
pub(super) fn claims(payload: &[u8]) -> bool {
    // A longer one fits no frame.
    if payload.len() > 4_000 {
        return false;
    }
    let protected = [&[0xA3, 0x01, 0x27, 0x04][..], &bstr(SIGNER.key_id().as_bytes()), &[0x10], &tstr(TYPE)];
    let text = spelled(&sign1(&protected.concat(), &[], payload, &*SIGNER));
    let report = verify(&text, &KEYS, NOON, None);
    serde_json::to_string(&report).expect("a report is JSON");
    let Some(content) = report.content else { return false };
    let again = prepare(&content, SIGNER.key_id(), SIGNER.algorithm()).expect("what was read can be written");
    assert_eq!(again.payload(), payload, "a second spelling");
    assert_eq!(again.sign(&*SIGNER).expect("signs").as_str(), text);
    true
}

/// The text around a COSE_Sign1, written apart from the crate's own encoder.
fn spelled(cose: &[u8]) -> String {
    let length = (cose.len() as u16).to_le_bytes();
    // RFC 1950: two bytes of header, one stored block, Adler-32.
    let sums = |(a, b): (u32, u32), byte: &u8| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    };
    let (a, b) = cose.iter().fold((1, 0), sums);
    let frame =
        [&[0x78, 0x01, 0x01][..], &length, &length.map(|byte| !byte), cose, &(b << 16 | a).to_be_bytes()];
    format!("SW1:{}", base45::encode(frame.concat()))
}
