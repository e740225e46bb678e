//! Signed by the right key and still no licence, or not spelled in the one way.

use proptest::prelude::*;
use sealwright_credentials::sd_jwt::{HolderKey, MAX_DISCLOSURES, MAX_LEN, verify};
use sealwright_credentials::{Ed25519Signer, Signer, Verdict};
use serde_json::{Value, json};

use super::made::*;
use crate::sample::{NOON, code, content, keys, signer};

fn verdict_of(header: &Value, payload: &str, disclosures: &[&str]) -> (Verdict, Vec<&'static str>) {
    let jwt = signed(&header.to_string(), payload, &signer());
    let hidden: String = disclosures.iter().map(|text| format!("{text}~")).collect();
    let report = ask(&format!("{jwt}~{hidden}"));
    assert_eq!(report.presented.is_some(), report.verdict == Verdict::Valid);
    (report.verdict, failed(&report))
}

#[test]
fn what_is_signed_as_something_else_is_no_credential() {
    let (header, payload) = honest(&signer());
    assert_eq!(verdict_of(&header, &payload.to_string(), &[]), (Verdict::Valid, vec![]));
    for typ in [
        "JWT",
        "kb+jwt",
        "statuslist+jwt",
        "vc+sd-jwt",
        "DC+SD-JWT",
        "dc+sd-jwt ",
        "application/dc+sd-jwt",
        "",
    ] {
        let mut header = header.clone();
        header["typ"] = typ.into();
        assert_eq!(verdict_of(&header, &payload.to_string(), &[]), (Verdict::Invalid, vec!["type"]), "{typ}");
    }
    for typ in [json!(null), json!(1), json!(["dc+sd-jwt"])] {
        let mut header = header.clone();
        header["typ"] = typ;
        assert_eq!(verdict_of(&header, &payload.to_string(), &[]), (Verdict::Invalid, vec!["form"]));
    }

    // A plain JWT has no tilde, and a licence code no JWT.
    let jwt = signed(&header.to_string(), &payload.to_string(), &signer());
    assert_eq!(ask(&jwt).verdict, Verdict::Unknown);
    assert_eq!(ask(code(&content()).as_str()).verdict, Verdict::Unknown);
    assert_eq!(
        sealwright_credentials::verify(credential().as_str(), &keys(), NOON, None).verdict,
        Verdict::Unknown
    );
}

#[test]
fn the_token_cannot_choose_its_algorithm_or_key() {
    let (header, payload) = honest(&signer());
    for alg in ["none", "None", "HS256", "ES256", "RS256", "Ed25519", "eddsa", ""] {
        let mut header = header.clone();
        header["alg"] = alg.into();
        assert_eq!(
            verdict_of(&header, &payload.to_string(), &[]),
            (Verdict::Invalid, vec!["algorithm"]),
            "{alg}"
        );
    }
    let unsigned =
        format!("{}.{}.~", encoded(r#"{"alg":"none","typ":"dc+sd-jwt"}"#), encoded(&payload.to_string()));
    assert_eq!(failed(&ask(&unsigned)), ["key"]);

    let thief = Ed25519Signer::from_seed(&[1; 32]);
    let jwk: Value = serde_json::from_str(HolderKey::of(thief.public_key()).jwk()).expect("JSON");
    for member in ["jwk", "jku", "x5u", "x5c"] {
        let mut header = header.clone();
        header[member] = if member == "jwk" { jwk.clone() } else { json!("https://thief.example/keys") };
        let report = ask(&format!("{}~", signed(&header.to_string(), &payload.to_string(), &thief)));
        assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["signature"]), "{member}");
    }
    for kid in [json!("0123456789abcdef"), json!(""), json!("../keys")] {
        let mut header = header.clone();
        header["kid"] = kid;
        assert_eq!(verdict_of(&header, &payload.to_string(), &[]), (Verdict::Unknown, vec!["key"]));
    }
    let mut header = header;
    header["crit"] = json!(["exp"]);
    assert_eq!(verdict_of(&header, &payload.to_string(), &[]), (Verdict::Invalid, vec!["form"]));
}

#[test]
fn a_visible_claim_that_is_missing_or_of_another_form_is_refused() {
    let (header, payload) = honest(&signer());
    for (member, values) in [
        ("iss", vec![json!(null), json!(1)]),
        ("vct", vec![json!(null), json!([VCT]), json!("x")]),
        ("iat", vec![json!(null), json!("1"), json!(1.5), json!(1.0), json!(u64::MAX)]),
        ("jti", vec![json!(null), json!("short"), json!("lower-case")]),
        ("version", vec![json!(null), json!(-1), json!("1"), json!(1u64 << 32)]),
        ("exp", vec![json!(null), json!("never"), json!(2e12 + 0.5)]),
        ("nbf", vec![json!(null), json!("now")]),
        (
            "status",
            vec![json!(null), json!({}), json!({"status_list": {"idx": -1, "uri": "https://a.example"}})],
        ),
        ("status", vec![json!({"status_list": {"idx": 1, "uri": "a"}}), json!({"other": {}})]),
        ("cnf", vec![json!(null), json!({}), json!({"jwk": {}}), json!({"kid": "x"})]),
        ("cnf", vec![json!({"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AQ", "d": "AQ"}})]),
    ] {
        for value in values {
            let mut payload = payload.clone();
            payload[member] = value.clone();
            let refused = verdict_of(&header, &payload.to_string(), &[]);
            assert_eq!(refused, (Verdict::Invalid, vec!["content"]), "{member} {value}");
        }
        let mut payload = payload.clone();
        payload.as_object_mut().expect("an object").remove(member);
        let optional = ["exp", "nbf", "status", "cnf"].contains(&member);
        let expected = if optional { (Verdict::Valid, vec![]) } else { (Verdict::Invalid, vec!["content"]) };
        assert_eq!(verdict_of(&header, &payload.to_string(), &[]), expected, "{member}");
    }
}

#[test]
fn json_that_two_readers_read_differently_is_refused() {
    let (header, payload) = honest(&signer());
    let text = payload.to_string();
    for payload in [
        text.replacen('{', r#"{"iat":1,"#, 1),
        text.replacen('{', r#"{"i\u0061t":1,"#, 1),
        format!("{text}{text}"),
        format!("{text}x"),
        text[..text.len() - 1].to_owned(),
        format!("[{text}]"),
        "[".repeat(50_000),
        "null".into(),
        String::new(),
    ] {
        assert_eq!(verdict_of(&header, &payload, &[]), (Verdict::Invalid, vec!["content"]));
    }
    let twice = header.to_string().replacen('{', r#"{"alg":"none","#, 1);
    assert_eq!(failed(&ask(&format!("{}~", signed(&twice, &text, &signer())))), ["form"]);
}

#[test]
fn disclosures_that_were_not_signed_are_refused() {
    let (header, mut payload) = honest(&signer());
    let (text, digest) = hidden(json!(["salt", "classes", ["A1"]]));
    let (other, _) = hidden(json!(["salt2", "classes", ["A1"]]));
    payload["_sd"] = json!([digest]);
    let payload = payload.to_string();
    assert_eq!(verdict_of(&header, &payload, &[&text]), (Verdict::Valid, vec![]));
    let refused = (Verdict::Invalid, vec!["disclosures"]);
    assert_eq!(verdict_of(&header, &payload, &[&other]), refused);
    assert_eq!(verdict_of(&header, &payload, &[&text, &other]), refused);
    assert_eq!(verdict_of(&header, &payload, &[&text, &text]), refused);
    assert_eq!(verdict_of(&header, &payload, &[&format!("{text}=")]), refused);
}

/// What must be visible cannot be slipped in, even by the issuer's mistake.
#[test]
fn a_hidden_claim_cannot_replace_a_visible_one() {
    for name in
        ["iss", "exp", "nbf", "vct", "cnf", "status", "vct#integrity", "jti", "version", "iat", "_sd", "..."]
    {
        let (header, mut payload) = honest(&signer());
        let (text, digest) = hidden(json!(["salt", name, 4_000_000_000i64]));
        payload["_sd"] = json!([digest]);
        let refused = verdict_of(&header, &payload.to_string(), &[&text]);
        assert_eq!(refused, (Verdict::Invalid, vec!["disclosures"]), "{name}");
    }
}

#[test]
fn malformed_licence_dates_are_refused() {
    for validity in [
        json!(null),
        json!("2021-09-01"),
        json!({}),
        json!({"from": 20210901}),
        json!({"from": "2021-13-01"}),
        json!({"from": "2021-09-01", "until": null}),
        json!({"until": "2031-09-01"}),
    ] {
        let (header, mut payload) = honest(&signer());
        let (text, digest) = hidden(json!(["salt", "validity", validity]));
        payload["_sd"] = json!([digest]);
        let report =
            ask(&format!("{}~{text}~", signed(&header.to_string(), &payload.to_string(), &signer())));
        assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["licence_dates"]));
    }
}

#[test]
fn sizes_have_bounds() {
    let (header, payload) = honest(&signer());
    let many: Vec<_> = (0..=MAX_DISCLOSURES).map(|i| hidden(json!(["salt", format!("c{i}"), i]))).collect();
    let ask_with = |count: usize| {
        let mut payload = payload.clone();
        payload["_sd"] = many[..count].iter().map(|(_, digest)| digest.clone()).collect();
        let texts: Vec<_> = many[..count].iter().map(|(text, _)| text.as_str()).collect();
        verdict_of(&header, &payload.to_string(), &texts)
    };
    assert_eq!(ask_with(MAX_DISCLOSURES), (Verdict::Valid, vec![]));
    assert_eq!(ask_with(MAX_DISCLOSURES + 1), (Verdict::Invalid, vec!["form"]));

    let (text, digest) = hidden(json!(["salt", "x", "y".repeat(MAX_LEN)]));
    let mut large = payload.clone();
    large["_sd"] = json!([digest]);
    assert_eq!(verdict_of(&header, &large.to_string(), &[&text]), (Verdict::Invalid, vec!["form"]));
    let jwt = signed(&header.to_string(), &payload.to_string(), &signer());
    assert_eq!(ask(&format!("{jwt}{}", "~".repeat(100_000))).verdict, Verdict::Invalid);
}

proptest! {
    #[test]
    fn any_text_gets_an_answer(text in ".{0,300}", at: i64) {
        let report = verify(&text, &keys(), at, &bound_request());
        prop_assert!(report.verdict >= Verdict::Invalid && report.presented.is_none());
        let dotted = format!("{}~{text}", credential().as_str().split('~').next().expect("a JWT"));
        prop_assert!(verify(&dotted, &keys(), at, &bound_request()).presented.is_none());
    }

    /// The issuer's key signs bytes of any kind: still no panic, and never a licence.
    #[test]
    fn any_signed_payload_gets_an_answer(payload in ".{0,100}", disclosure in "[A-Za-z0-9_-]{0,60}") {
        let (header, _) = honest(&signer());
        let text = format!("{}~{disclosure}~", signed(&header.to_string(), &payload, &signer()));
        prop_assert!(ask(&text).presented.is_none());
    }

    #[test]
    fn any_hidden_json_gets_an_answer(json in "[\\[\\]{}\",:a0._sd\\\\ ]{0,60}") {
        let (header, mut payload) = honest(&signer());
        let text = encoded(&json);
        let (_, digest) = hidden(json!(0));
        payload["_sd"] = json!([digest]);
        let report = ask(&format!("{}~{text}~", signed(&header.to_string(), &payload.to_string(), &signer())));
        prop_assert_eq!(report.verdict, Verdict::Invalid);
    }
}
