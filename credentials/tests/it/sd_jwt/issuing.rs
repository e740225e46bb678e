//! What is put into a credential, and how it survives a crash before its signature.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sealwright_credentials::sd_jwt::{HolderKey, MAX_PORTRAIT, Prepared, Salts, SdJwt, Terms, prepare};
use sealwright_credentials::{
    Content, ContentError, Digest, Ed25519Signer, SealError, Serial, Sex, Signature, Signer,
};
use sealwright_credentials::{StatusReference, Verdict, sd_jwt};
use serde_json::{Value, json};

use super::made::*;
use crate::sample::{NOON, content, date, signer};

fn header_and_payload(credential: &SdJwt) -> (Value, Value) {
    let mut parts = credential.as_str().split(['.', '~']);
    (decoded(parts.next().expect("a header")), decoded(parts.next().expect("a payload")))
}

#[test]
fn only_what_must_be_is_visible() {
    let (header, payload) = header_and_payload(&credential());
    assert_eq!(header, json!({"alg": "EdDSA", "kid": signer().key_id().to_string(), "typ": "dc+sd-jwt"}));
    let members: Vec<_> = payload.as_object().expect("an object").keys().map(String::as_str).collect();
    let visible = ["_sd", "_sd_alg", "cnf", "iat", "iss", "jti", "status", "vct", "vct#integrity", "version"];
    assert_eq!(BTreeSet::from_iter(members), BTreeSet::from(visible));
    assert_eq!(
        payload["status"],
        json!({"status_list": {"idx": 412_907, "uri": "https://licences.example/status/7"}})
    );
    let x = encoded_bytes(holder().public_key().as_bytes());
    assert_eq!(payload["cnf"], json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": x}}));
    assert_eq!(payload["vct#integrity"], licence().integrity());

    let (_, payload) = header_and_payload(&bare(&Content { expires: Some(NOON), ..content() }));
    assert_eq!(payload["exp"], NOON);
    assert!(payload.get("status").is_none() && payload.get("cnf").is_none());
}

fn encoded_bytes(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn every_personal_claim_has_its_own_disclosure() {
    let claims = ask(credential().as_str()).presented.expect("verified").claims;
    let expected = json!({
        "name": "欧阳建国", "licence_number": "11010519491231002X", "sex": 2, "birthdate": "1949-12-31",
        "nationality": "CHN", "address": {"formatted": "北京市朝阳区建国门外大街甲12号院3号楼2单元1501室"},
        "classes": ["A1", "A2", "D"], "validity": {"from": "2021-09-01", "until": "2031-09-01"},
        "first_issue": "1975-05-06", "authority": "北京市公安局公安交通管理局", "archive_number": "110012345678",
        "record": "矫正视力；实习期至2022年9月1日", "status_at_issue": "A",
        "photo_digest": Digest::of(b"the bytes of a photo").to_string(), "age_over_18": true, "age_over_21": true,
    });
    assert_eq!(Value::Object(claims), expected);
    assert_eq!(credential().disclosable().len(), 16);
    assert_eq!(credential().as_str().matches('~').count(), 17);

    let long_term = Content {
        valid_until: None,
        birth_date: date(2007, 1, 1),
        first_issue: date(2025, 2, 1),
        ..content()
    };
    let claims = ask(bare(&long_term).as_str()).presented.expect("verified").claims;
    assert_eq!(claims["validity"], json!({"from": "2021-09-01"}));
    assert_eq!((&claims["age_over_18"], &claims["age_over_21"]), (&json!(true), &json!(false)));
}

#[test]
fn chinese_is_written_as_it_is() {
    let text = credential();
    let name = text.as_str().split('~').nth(1).expect("a disclosure");
    use base64::Engine as _;
    let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(name).expect("base64url");
    assert!(String::from_utf8(bytes).expect("UTF-8").contains("\"欧阳建国\""));
}

#[test]
fn the_order_and_with_decoys_the_number_of_digests_tell_nothing() {
    let digests = |credential: &SdJwt| -> Vec<String> {
        let (_, payload) = header_and_payload(credential);
        payload["_sd"].as_array().expect("digests").iter().map(|d| d.as_str().expect("text").into()).collect()
    };
    let without = Content { record: None, archive_number: None, ..content() };
    let sparse = credential_of(&without, &signer(), &holder());
    assert_eq!(sparse.disclosable().len(), 14);
    assert_eq!((digests(&sparse).len(), digests(&credential()).len()), (20, 20));
    assert_eq!((digests(&bare(&without)).len(), digests(&bare(&content())).len()), (14, 16));

    let bytes = |credential: &SdJwt| -> Vec<Vec<u8>> {
        use base64::Engine as _;
        let decode = |text: String| base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url");
        digests(credential).into_iter().map(decode).collect()
    };
    for credential in [credential(), sparse] {
        assert!(bytes(&credential).is_sorted());
        assert!(bytes(&credential).iter().all(|digest| digest.len() == 32));
    }
}

#[test]
fn a_portrait_is_the_photo_whose_digest_is_signed() {
    let photo = [&[0xFF, 0xD8, 0xFF, 0xE0][..], &[7; 20_000]].concat();
    let content = Content { photo_digest: Digest::of(&photo), ..content() };
    let licence = licence();
    let with = |portrait| {
        let terms = Terms { portrait: Some(portrait), ..Terms::of(&licence) };
        prepare(&content, &terms, signer().key_id(), signer().algorithm(), salts())
    };
    let credential = with(&photo).expect("in order").sign(&signer()).expect("signs");
    let report = ask(credential.as_str());
    assert_eq!(report.verdict, Verdict::Valid);
    let claims = report.presented.expect("verified").claims;
    use base64::Engine as _;
    let url = format!("data:image/jpeg;base64,{}", base64::prelude::BASE64_STANDARD.encode(&photo));
    assert_eq!(claims["portrait"], url);

    let other = [&photo[..], &[0]].concat();
    let large = [&[0xFF, 0xD8, 0xFF][..], &vec![0; MAX_PORTRAIT]].concat();
    for (portrait, rule) in [(&other, "photo_digest"), (&large, "64 KiB"), (&b"GIF89a".to_vec(), "JPEG")] {
        let Err(ContentError::Refused { field: "portrait", rule: refused }) = with(portrait) else {
            panic!("{rule} was not asked for")
        };
        assert!(refused.contains(rule), "{refused}");
    }
}

#[test]
fn the_largest_portrait_makes_a_credential_that_is_read() {
    let photo = [&[0x89, b'P', b'N', b'G'][..], &vec![7; MAX_PORTRAIT - 4]].concat();
    let text = "字".repeat(170);
    let content = Content {
        photo_digest: Digest::of(&photo),
        address: text.clone(),
        name: text.clone(),
        authority: text.clone(),
        record: Some(text),
        ..content()
    };
    let licence = licence();
    let chain = vec![vec![1; 4096]; 4];
    let terms = Terms { portrait: Some(&photo), chain: &chain, decoys: true, ..Terms::of(&licence) };
    let credential = prepared(&content, &terms, &signer()).sign(&signer()).expect("signs");
    assert_eq!(ask(credential.as_str()).verdict, Verdict::Valid);
}

#[test]
fn a_chain_of_certificates_goes_into_the_header() {
    let licence = licence();
    let chain = [vec![0x30, 0x82, 0xFF], vec![0x30, 0x00]];
    let terms = Terms { chain: &chain, ..Terms::of(&licence) };
    let credential = prepared(&content(), &terms, &signer()).sign(&signer()).expect("signs");
    assert_eq!(header_and_payload(&credential).0["x5c"], json!(["MIL/", "MAA="]));
    assert_eq!(ask(credential.as_str()).verdict, Verdict::Valid);
    for chain in [vec![vec![0]; 5], vec![vec![0; 4097]]] {
        let terms = Terms { chain: &chain, ..Terms::of(&licence) };
        let refused = prepare(&content(), &terms, signer().key_id(), signer().algorithm(), salts());
        assert!(matches!(refused, Err(ContentError::Refused { field: "chain", .. })));
    }
}

#[test]
fn bad_content_and_terms_are_refused() {
    let licence = licence();
    let refused = |content: &Content, terms: &Terms<'_>| match prepare(
        content,
        terms,
        signer().key_id(),
        signer().algorithm(),
        salts(),
    ) {
        Err(ContentError::Refused { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&Content { name: "\u{202E}x".into(), ..content() }, &Terms::of(&licence)), "name");
    for uri in ["", "licences.example/1", "https://licences.example/ 1", "https://a\n", "ftp://a"] {
        let status = StatusReference { uri: uri.into(), index: 0 };
        assert_eq!(refused(&content(), &Terms { status: Some(&status), ..Terms::of(&licence) }), "status");
    }
    for vct in ["", "licence", "http://licences.example", "https://licences.example/驾驶证", "urn: x"] {
        let refused = sd_jwt::CredentialType::licence(vct);
        assert!(matches!(refused, Err(ContentError::Refused { field: "vct", .. })), "{vct}");
    }
}

#[test]
fn what_was_prepared_signs_the_same_after_a_crash() {
    for issuer in issuers() {
        let licence = licence();
        let terms = Terms { decoys: true, ..Terms::of(&licence) };
        let salts = Salts::generate().expect("random bytes");
        let prepared =
            prepare(&content(), &terms, issuer.key_id(), issuer.algorithm(), salts).expect("in order");
        assert_eq!(*prepared.digest(), Digest::of(prepared.to_be_signed()));
        let before = prepared.sign(&*issuer).expect("signs");
        let stored = serde_json::to_string(&prepared).expect("serialises");
        drop(prepared);
        let loaded: Prepared = serde_json::from_str(&stored).expect("loads");
        assert_eq!(loaded.sign(&*issuer).expect("signs"), before);
        assert_eq!(
            sd_jwt::verify(before.as_str(), &keys_of(&*issuer), NOON, &request()).verdict,
            Verdict::Valid
        );
    }
}

#[test]
fn an_altered_prepared_credential_does_not_load() {
    let stored =
        serde_json::to_value(prepared(&content(), &Terms::of(&licence()), &signer())).expect("serialises");
    let altered = |member: &str, change: &dyn Fn(&str) -> String| {
        let mut altered = stored.clone();
        altered[member] = change(stored[member].as_str().expect("text")).into();
        assert!(serde_json::from_value::<Prepared>(altered).is_err(), "{member}");
    };
    let text = stored["signing_input"].as_str().expect("text");
    for at in (0..text.len()).step_by(7) {
        altered("signing_input", &|text| {
            let other = if &text[at..at + 1] == "A" { "B" } else { "A" };
            format!("{}{other}{}", &text[..at], &text[at + 1..])
        });
    }
    altered("signing_input", &|text| text.replace('.', "~"));
    altered("signing_input", &|_| String::new());
    altered("disclosures", &|text| text[text.find('~').expect("disclosures") + 1..].into());
    altered("disclosures", &|text| format!("{text}{text}"));
    altered("disclosures", &|_| String::new());
    altered("digest", &|_| Digest::of(b"x").to_string());
    altered("disclosures_digest", &|_| Digest::of(b"x").to_string());
    altered("algorithm", &|_| "none".into());
    let mut more = stored.clone();
    more["more"] = json!(1);
    assert!(serde_json::from_value::<Prepared>(more).is_err());
    assert!(serde_json::from_value::<Prepared>(stored).is_ok());
}

#[test]
fn only_the_prepared_key_signs() {
    let prepared = prepared(&content(), &Terms::of(&licence()), &signer());
    let other = Ed25519Signer::from_seed(&[1; 32]);
    let wrong = SealError::WrongKey { prepared: *signer().key_id(), signer: *other.key_id() };
    assert_eq!(prepared.sign(&other), Err(wrong));
    let short = sd_jwt::seal(&prepared, &Signature::from_bytes([0; 63]));
    assert_eq!(short, Err(SealError::Length { got: 63, wanted: 64 }));
}

#[test]
fn nothing_personal_is_printed() {
    let report = ask(credential().as_str());
    let prepared = prepared(&content(), &Terms::of(&licence()), &signer());
    let printed =
        format!("{:?} {report:?} {prepared:?} {:?}", credential(), HolderKey::of(signer().public_key()));
    let checks: String = report.checks.iter().map(|check| check.detail.as_str()).collect();
    for personal in ["欧阳", "11010519491231002X", "1949", "朝阳", "110012345678"] {
        assert!(!printed.contains(personal) && !checks.contains(personal), "{personal}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever fits the rules comes out as it went in.
    #[test]
    fn content_comes_back(
        name in "[a-zA-Z一-龥\"\\\\/𠮷😀·]{1,40}",
        address in "[ -~一-龥]{1,80}x",
        record in prop::option::of("[一-龥A-Z0-9]{1,100}"),
        sex in prop::sample::select(vec![Sex::Unknown, Sex::Male, Sex::Female, Sex::NotStated]),
        serial: [u8; 10],
        version in 1..u32::MAX,
        random in prop::collection::vec(any::<u8>(), Salts::LEN),
        decoys: bool,
    ) {
        let content = Content { name, address, record, sex, serial: Serial::from_random(serial), version, ..content() };
        let licence = licence();
        let terms = Terms { decoys, ..Terms::of(&licence) };
        let salts = Salts::from_random(random.try_into().expect("as many as were asked for"));
        let prepared = prepare(&content, &terms, signer().key_id(), signer().algorithm(), salts).expect("in order");
        let credential = prepared.sign(&signer()).expect("signs");
        prop_assert_eq!(&credential.as_str().parse::<SdJwt>().expect("well formed"), &credential);
        let report = ask(credential.as_str());
        prop_assert_eq!(report.verdict, Verdict::Valid);
        let presented = report.presented.expect("verified");
        prop_assert_eq!((&presented.serial, presented.version), (&content.serial, content.version));
        prop_assert_eq!(&presented.claims["name"], &content.name);
        prop_assert_eq!(&presented.claims["address"]["formatted"], &content.address);
        prop_assert_eq!(presented.claims.get("record").and_then(Value::as_str), content.record.as_deref());
        prop_assert_eq!(&presented.claims["sex"], &json!(content.sex as u8));
    }
}

#[test]
fn the_text_tells_the_digest_that_was_journaled() {
    let (licence, signer) = (licence(), signer());
    let prepared = prepared(&content(), &Terms::of(&licence), &signer);
    let credential = prepared.sign(&signer).expect("signs");
    assert_eq!(credential.signed_digest(), *prepared.digest());
}
