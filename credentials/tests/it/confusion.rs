//! One key, one message, one meaning: nothing that was signed as one thing is believed as another.
//!
//! The worst case is assumed: one key signs everything, and every verifier trusts it.

use coset::{CborSerializable as _, CoseSign1, TaggedCborSerializable as _};
use sealwright_credentials::log::{Checkpoint, Entry, Frontier, Kind, NoteKey, SignedCheckpoint};
use sealwright_credentials::presentation::{self, Asked};
use sealwright_credentials::status_list::{
    Expected, ReadError, Status, StatusList, Token, Width, read_cwt, read_jwt,
};
use sealwright_credentials::{Digest, Signer, Verdict, verify};

use crate::presentations::{presentation, shown};
use crate::sample::{NOON, code, content, keys, signer};

const URI: &str = "https://licences.example/status/1";

fn token() -> Token<'static> {
    Token {
        issuer: "https://licences.example",
        uri: URI,
        aggregation_uri: "https://licences.example/status",
        issued_at: NOON,
        expires_at: NOON + 3_600,
        ttl_s: 300,
        chain: &[],
    }
}

fn list_cwt() -> Vec<u8> {
    let list = StatusList::new(Width::Two, 64).expect("a size").pack();
    token().cwt(&list, &signer()).expect("signs")
}

/// The COSE_Sign1 inside a licence code and a show code.
fn licence_cose() -> Vec<u8> {
    let framed = base45::decode(&code(&content()).as_str()[4..]).expect("base45");
    // Two bytes of header, five of the stored block, four of checksum.
    framed[7..framed.len() - 4].to_vec()
}

fn show_cose() -> Vec<u8> {
    base45::decode(&shown(&presentation(), &signer()).as_str()[5..]).expect("base45")
}

fn as_licence(cose: &[u8]) -> Verdict {
    let mut framed = vec![0x78, 0x01, 0x01];
    let length = cose.len() as u16;
    framed.extend(length.to_le_bytes());
    framed.extend((!length).to_le_bytes());
    framed.extend(cose);
    let (a, b) = cose.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    framed.extend((b << 16 | a).to_be_bytes());
    verify(&format!("SW1:{}", base45::encode(framed)), &keys(), NOON, None).verdict
}

fn as_show_code(cose: &[u8]) -> Verdict {
    presentation::verify(&format!("SW1P:{}", base45::encode(cose)), &Asked::of(&keys(), NOON)).verdict
}

fn as_list(cose: &[u8]) -> Result<Status, ReadError> {
    let keys = keys();
    let expected = Expected { issuer: token().issuer, uri: URI, keys: &keys, at: NOON, seen: None };
    read_cwt(cose, &expected)?.status(0)
}

#[test]
fn what_was_signed_as_one_thing_is_not_believed_as_another() {
    let table = [("licence", licence_cose()), ("show code", show_cose()), ("status list", list_cwt())];
    for (signed, cose) in &table {
        assert_eq!(as_licence(cose) == Verdict::Valid, *signed == "licence", "a {signed} as a licence");
        assert_eq!(as_show_code(cose) == Verdict::Valid, *signed == "show code", "a {signed} as a show code");
        assert_eq!(as_list(cose).is_ok(), *signed == "status list", "a {signed} as a status list");
    }
}

#[test]
fn a_text_of_one_kind_is_no_text_of_another() {
    let licence = code(&content());
    let show = shown(&presentation(), &signer());
    assert_eq!(verify(show.as_str(), &keys(), NOON, None).verdict, Verdict::Unknown);
    let asked = keys();
    assert_eq!(presentation::verify(licence.as_str(), &Asked::of(&asked, NOON)).verdict, Verdict::Unknown);
    let expected = Expected { issuer: token().issuer, uri: URI, keys: &asked, at: NOON, seen: None };
    for text in [licence.as_str(), show.as_str()] {
        assert_eq!(read_jwt(text, &expected), Err(ReadError::Form));
    }
}

/// A forger swaps headers and payloads between genuine pieces and keeps each genuine signature.
#[test]
fn pieces_of_genuine_things_make_nothing_genuine() {
    let parts = [licence_cose(), show_cose(), list_cwt()]
        .map(|cose| CoseSign1::from_tagged_slice(&cose).expect("a COSE_Sign1"));
    let mut tried = 0;
    for protected in 0..3 {
        for payload in 0..3 {
            for signature in 0..3 {
                if protected == payload && payload == signature {
                    continue;
                }
                let mixed = CoseSign1 {
                    protected: parts[protected].protected.clone(),
                    unprotected: Default::default(),
                    payload: parts[payload].payload.clone(),
                    signature: parts[signature].signature.clone(),
                };
                let cose = mixed.to_tagged_vec().expect("to memory");
                assert_ne!(as_licence(&cose), Verdict::Valid);
                assert_ne!(as_show_code(&cose), Verdict::Valid);
                assert!(as_list(&cose).is_err());
                tried += 1;
            }
        }
    }
    assert_eq!(tried, 24);
}

/// A header that was signed honestly, by the right key, for the wrong thing.
#[test]
fn a_list_of_another_type_algorithm_or_key_id_is_refused() {
    let sign = |header: coset::Header| {
        let genuine = CoseSign1::from_tagged_slice(&list_cwt()).expect("a COSE_Sign1");
        coset::CoseSign1Builder::new()
            .protected(header)
            .payload(genuine.payload.expect("a payload"))
            .create_signature(&[], |message| signer().sign(message).expect("signs").as_bytes().to_vec())
            .build()
            .to_tagged_vec()
            .expect("to memory")
    };
    let text = |text: &str| ciborium::Value::Text(text.into());
    let header = |alg, kid: &[u8], typ: Option<ciborium::Value>| {
        let mut header = coset::HeaderBuilder::new().key_id(kid.to_vec());
        if let Some(typ) = typ {
            header = header.value(16, typ);
        }
        let mut header = header.build();
        header.alg = Some(coset::Algorithm::Assigned(alg));
        header
    };
    use coset::iana::Algorithm::{ES256, EdDSA, HMAC_256_256};
    let kid = *signer().key_id().as_bytes();
    let typ = || Some(text("application/statuslist+cwt"));
    assert_eq!(as_list(&sign(header(EdDSA, &kid, typ()))), Ok(Status::Valid));
    for (case, header, error) in [
        ("ES256", header(ES256, &kid, typ()), ReadError::Algorithm),
        ("HMAC", header(HMAC_256_256, &kid, typ()), ReadError::Algorithm),
        ("a licence code", header(EdDSA, &kid, Some(text("application/vnd.sw1+cwt"))), ReadError::Type),
        ("a show code", header(EdDSA, &kid, Some(text("application/vnd.sw1p+cwt"))), ReadError::Type),
        ("without application/", header(EdDSA, &kid, Some(text("statuslist+cwt"))), ReadError::Type),
        ("a number", header(EdDSA, &kid, Some(60.into())), ReadError::Type),
        ("no type", header(EdDSA, &kid, None), ReadError::Type),
        ("a longer key id", header(EdDSA, &[0; 9], typ()), ReadError::Key),
        ("another key id", header(EdDSA, &[0; 8], typ()), ReadError::Key),
    ] {
        assert_eq!(as_list(&sign(header)), Err(error), "{case}");
    }
    let with_unprotected = CoseSign1 {
        unprotected: coset::HeaderBuilder::new().key_id(kid.to_vec()).build(),
        ..CoseSign1::from_tagged_slice(&list_cwt()).expect("a COSE_Sign1")
    };
    assert_eq!(as_list(&with_unprotected.to_tagged_vec().expect("to memory")), Err(ReadError::Form));
    let untagged = CoseSign1::from_tagged_slice(&list_cwt()).expect("a COSE_Sign1").to_vec();
    assert_eq!(as_list(&untagged.expect("to memory")), Err(ReadError::Form));
}

#[test]
fn a_jwt_of_another_type_algorithm_or_key_id_is_refused() {
    use base64::Engine as _;
    let base64url = |bytes: &[u8]| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let list = StatusList::new(Width::Two, 64).expect("a size").pack();
    let jwt = token().jwt(&list, &signer()).expect("signs");
    let payload = jwt.split('.').nth(1).expect("a payload");
    let keys = keys();
    let expected = Expected { issuer: token().issuer, uri: URI, keys: &keys, at: NOON, seen: None };
    let read = |header: &str| {
        let message = format!("{}.{payload}", base64url(header.as_bytes()));
        let signature = signer().sign(message.as_bytes()).expect("signs");
        read_jwt(&format!("{message}.{}", base64url(signature.as_bytes())), &expected).map(drop)
    };
    let kid = signer().key_id().to_string();
    let good = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"statuslist+jwt"}}"#);
    assert_eq!(read(&good), Ok(()));
    for (case, header, error) in [
        ("none", good.replace("EdDSA", "none"), ReadError::Algorithm),
        ("HS256", good.replace("EdDSA", "HS256"), ReadError::Algorithm),
        ("ES256", good.replace("EdDSA", "ES256"), ReadError::Algorithm),
        ("another name of it", good.replace("EdDSA", "Ed25519"), ReadError::Algorithm),
        ("an SD-JWT VC", good.replace("statuslist+jwt", "dc+sd-jwt"), ReadError::Type),
        ("a JWT", good.replace("statuslist+jwt", "JWT"), ReadError::Type),
        (
            "the whole media type",
            good.replace("statuslist+jwt", "application/statuslist+jwt"),
            ReadError::Type,
        ),
        ("something critical", good.replace('{', r#"{"crit":["exp"],"#), ReadError::Type),
        ("a key of its own", good.replace('{', r#"{"jwk":{},"#), ReadError::Type),
        ("a header twice", good.replace('{', r#"{"alg":"EdDSA","#), ReadError::Type),
        ("another key", good.replace(&kid, "0000000000000000"), ReadError::Key),
        ("no key id", good.replace("kid", "kit"), ReadError::Type),
        ("a path as key id", good.replace(&kid, "../../dev/null"), ReadError::Key),
        ("no JSON", "EdDSA".into(), ReadError::Type),
        ("trailing JSON", format!("{good}{good}"), ReadError::Type),
    ] {
        assert_eq!(read(&header), Err(error), "{case}");
    }
    for (case, text) in [
        ("padding", format!("{jwt}=")),
        ("four parts", format!("{jwt}.{payload}")),
        ("no signature", jwt.rsplit_once('.').expect("three parts").0.to_owned()),
        ("an empty signature", format!("{}.", jwt.rsplit_once('.').expect("three parts").0)),
        ("a newline", format!("{jwt}\n")),
    ] {
        assert!(read_jwt(&text, &expected).is_err(), "{case}");
    }
}

/// What a log signs is text: it can be no COSE structure and no JWT, and the other way round.
#[test]
fn a_checkpoint_signed_with_a_documents_key_is_still_only_a_checkpoint() {
    let mut tree = Frontier::default();
    tree.append(Entry { kind: Kind::Code, signed_at: NOON, signed: Digest::of(b"x") }.leaf());
    let checkpoint = Checkpoint::of("licences.example/log", &tree).expect("an origin");
    let signed = checkpoint.sign(&signer()).expect("signs").to_string();
    let key = NoteKey::log("licences.example/log", signer().public_key()).expect("a name");
    assert!(SignedCheckpoint::open(&signed, &key).is_ok());
    assert_eq!(verify(&signed, &keys(), NOON, None).verdict, Verdict::Unknown);
    let asked = keys();
    assert_eq!(presentation::verify(&signed, &Asked::of(&asked, NOON)).verdict, Verdict::Unknown);
    for text in [code(&content()).as_str(), shown(&presentation(), &signer()).as_str()] {
        assert!(SignedCheckpoint::open(text, &key).is_err());
    }
}
