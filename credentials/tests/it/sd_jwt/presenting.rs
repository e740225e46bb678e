//! What a holder shows, and to whom.

use proptest::prelude::*;
use sealwright_credentials::sd_jwt::{
    Audience, Binding, HolderKey, PresentError, Request, SdJwt, SdJwtError, Terms, verify,
};
use sealwright_credentials::{Ed25519Signer, Verdict};
use serde_json::{Value, json};

use super::made::*;
use crate::sample::{NOON, content, keys, signer};

fn bound(claims: &[&str]) -> String {
    credential().present_to(&audience(), claims, &holder()).expect("presents")
}

#[test]
fn the_class_is_shown_without_the_number() {
    for (issuer, holder) in issuers().into_iter().zip(holders()) {
        let credential = credential_of(&content(), &*issuer, &*holder);
        let shown = credential.present_to(&audience(), &["classes", "validity"], &*holder).expect("presents");
        let report = verify(&shown, &keys_of(&*issuer), NOON, &bound_request());
        assert_eq!(report.verdict, Verdict::Valid);
        let presented = report.presented.expect("verified");
        assert!(presented.bound);
        assert_eq!(presented.status, Some(status()));
        assert_eq!(presented.holder, Some(HolderKey::of(holder.public_key())));
        let expected =
            json!({"classes": ["A1", "A2", "D"], "validity": {"from": "2021-09-01", "until": "2031-09-01"}});
        assert_eq!(Value::Object(presented.claims), expected);
        for part in shown.split(['.', '~']) {
            use base64::Engine as _;
            let bytes = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url");
            assert!(!String::from_utf8_lossy(&bytes).contains(&content().licence_number));
        }
    }
}

#[test]
fn nothing_at_all_can_be_shown() {
    let report = verify(&bound(&[]), &keys(), NOON, &bound_request());
    assert_eq!(report.verdict, Verdict::Valid);
    assert!(report.presented.expect("verified").claims.is_empty());
}

#[test]
fn what_is_not_there_is_not_shown() {
    let no_such = |name: &str| Err(PresentError::NoSuchClaim(name.into()));
    for name in ["points", "_sd", "iss", "portrait", ""] {
        assert_eq!(credential().present(&["name", name]), no_such(name));
    }
    let stranger = Ed25519Signer::from_seed(&[9; 32]);
    assert_eq!(credential().present_to(&audience(), &[], &stranger), Err(PresentError::WrongKey));
    let unbound = prepared(&content(), &Terms::of(&licence()), &signer()).sign(&signer()).expect("signs");
    assert_eq!(unbound.present_to(&audience(), &[], &holder()), Err(PresentError::NoHolder));
}

#[test]
fn a_presentation_is_no_credential_to_present_again() {
    let shown = bound(&["name"]);
    assert_eq!(shown.parse::<SdJwt>(), Err(SdJwtError::Presented));
    let (without, _) = shown.rsplit_once('~').expect("tildes");
    let again: SdJwt = format!("{without}~").parse().expect("well formed");
    assert_eq!(again.disclosable(), ["name"]);
}

#[test]
fn only_well_formed_text_becomes_a_credential() {
    let text = credential().as_str().to_owned();
    assert_eq!(text.parse(), Ok(credential()));
    let json = serde_json::to_string(&credential()).expect("serialises");
    assert_eq!(serde_json::from_str::<SdJwt>(&json).expect("loads"), credential());
    let jwt = text.split('~').next().expect("a JWT");
    for other in
        ["", "~", "x~", jwt, "a.b.c~", "..~", &format!("{jwt}~x~"), &format!("{jwt}~~"), &format!(" {text}")]
    {
        assert!(other.parse::<SdJwt>().is_err(), "{other}");
        assert!(serde_json::from_value::<SdJwt>(json!(other)).is_err());
    }
}

#[test]
fn a_binding_is_for_one_verifier_one_nonce_and_one_minute() {
    let shown = bound(&["classes"]);
    let ask = |verifier, nonce, at| {
        let request = Request { binding: Some(Binding::to(verifier, nonce)), ..request() };
        let report = verify(&shown, &keys(), at, &request);
        if report.verdict != Verdict::Valid {
            assert_eq!(failed(&report), ["binding"]);
            assert_eq!(report.presented, None);
        }
        report.verdict
    };
    assert_eq!(ask(VERIFIER, NONCE, NOON), Verdict::Valid);
    assert_eq!(ask(VERIFIER, NONCE, NOON + 60), Verdict::Valid);
    assert_eq!(ask(VERIFIER, NONCE, NOON - 60), Verdict::Valid);
    assert_eq!(ask(VERIFIER, NONCE, NOON + 61), Verdict::Invalid);
    assert_eq!(ask(VERIFIER, NONCE, NOON - 61), Verdict::Invalid);
    assert_eq!(ask(VERIFIER, NONCE, i64::MIN), Verdict::Invalid);
    assert_eq!(ask(VERIFIER, NONCE, i64::MAX), Verdict::Invalid);
    assert_eq!(ask("https://other.example", NONCE, NOON), Verdict::Invalid);
    assert_eq!(ask("https://rental.example/", NONCE, NOON), Verdict::Invalid);
    assert_eq!(ask(VERIFIER, "another", NOON), Verdict::Invalid);
    assert_eq!(ask(VERIFIER, "", NOON), Verdict::Invalid);

    let none = Binding { max_age_s: -1, ..Binding::to(VERIFIER, NONCE) };
    let request = Request { binding: Some(none), ..request() };
    assert_eq!(verify(&shown, &keys(), NOON, &request).verdict, Verdict::Valid);
    assert_eq!(verify(&shown, &keys(), NOON + 1, &request).verdict, Verdict::Invalid);
}

#[test]
fn a_stolen_text_is_worth_nothing_where_a_binding_is_asked_for() {
    let stolen = credential().present(&["classes"]).expect("presents");
    let report = verify(&stolen, &keys(), NOON, &bound_request());
    assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["binding"]));
    assert_eq!(report.presented, None);

    // Signed by the thief's own key.
    let thief = Ed25519Signer::from_seed(&[9; 32]);
    let theirs = credential_of(&content(), &signer(), &thief);
    let shown = theirs.present_to(&audience(), &["classes"], &thief).expect("presents");
    let (_, proof) = shown.rsplit_once('~').expect("a binding");
    let report = verify(&format!("{stolen}{proof}"), &keys(), NOON, &bound_request());
    assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["binding"]));

    // A credential that names no holder binds nobody.
    let unbound = prepared(&content(), &Terms::of(&licence()), &signer()).sign(&signer()).expect("signs");
    let report = verify(&format!("{unbound}{proof}"), &keys(), NOON, &bound_request());
    assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["binding"]));
}

#[test]
fn disclosures_cannot_be_added_or_removed_after_the_binding() {
    let shown = bound(&["classes", "validity"]);
    let parts: Vec<_> = shown.split('~').collect();
    let more = credential().present(&["name"]).expect("presents");
    let name = more.split('~').nth(1).expect("a disclosure");
    for changed in [
        [parts[0], parts[1], parts[2], name, parts[3]].join("~"),
        [parts[0], parts[1], parts[3]].join("~"),
        [parts[0], parts[2], parts[1], parts[3]].join("~"),
        [parts[0], parts[3]].join("~"),
    ] {
        for request in [bound_request(), request()] {
            let report = verify(&changed, &keys(), NOON, &request);
            assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["binding"]));
        }
    }
}

#[test]
fn a_binding_that_was_not_asked_for_must_still_be_one() {
    let shown = bound(&["classes"]);
    let report = verify(&shown, &keys(), NOON + 86_400, &request());
    assert_eq!(report.verdict, Verdict::Valid);
    assert!(!report.presented.expect("verified").bound);
    let stolen = credential().present(&["classes"]).expect("presents");
    for junk in ["x", "x.y.z", "..", stolen.split('~').next().expect("a JWT")] {
        let report = verify(&format!("{stolen}{junk}"), &keys(), NOON, &request());
        assert_eq!((report.verdict, failed(&report)), (Verdict::Invalid, vec!["binding"]), "{junk}");
    }
}

/// The holder signs, but something else than a key binding for this.
#[test]
fn a_binding_says_all_it_has_to() {
    let stolen = credential().present(&[]).expect("presents");
    let honest = bound(&[]);
    let payload =
        decoded(honest.rsplit_once('~').expect("a binding").1.split('.').nth(1).expect("a payload"));
    let with = |header: Value, payload: Value| {
        let proof = signed(&header.to_string(), &payload.to_string(), &holder());
        verify(&format!("{stolen}{proof}"), &keys(), NOON, &bound_request()).verdict
    };
    let header = json!({"alg": "EdDSA", "typ": "kb+jwt"});
    assert_eq!(with(header.clone(), payload.clone()), Verdict::Valid);
    for other in [
        json!({"alg": "EdDSA"}),
        json!({"alg": "EdDSA", "typ": "JWT"}),
        json!({"alg": "EdDSA", "typ": "dc+sd-jwt"}),
        json!({"alg": "EdDSA", "typ": "openid4vci-proof+jwt"}),
        json!({"alg": "none", "typ": "kb+jwt"}),
        json!({"alg": "HS256", "typ": "kb+jwt"}),
        json!({"alg": "ES256", "typ": "kb+jwt"}),
        json!({"typ": "kb+jwt"}),
        json!({"alg": "EdDSA", "typ": "kb+jwt", "crit": ["exp"]}),
    ] {
        assert_eq!(with(other.clone(), payload.clone()), Verdict::Invalid, "{other}");
    }
    for member in ["iat", "aud", "nonce", "sd_hash"] {
        for value in [json!(null), json!([payload[member]]), json!("x"), json!(1.5)] {
            let mut changed = payload.clone();
            changed[member] = value;
            assert_eq!(with(header.clone(), changed.clone()), Verdict::Invalid, "{changed}");
        }
        let mut without = payload.clone();
        without.as_object_mut().expect("an object").remove(member);
        assert_eq!(with(header.clone(), without), Verdict::Invalid, "{member}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_choice_is_shown_exactly(
        chosen in prop::sample::subsequence(credential().disclosable(), 0..=16),
        verifier in "[!-~一-龥]{1,40}",
        nonce in "[!-~一-龥\"]{1,40}",
        at in 0..4_000_000_000i64,
    ) {
        let names: Vec<_> = chosen.iter().map(String::as_str).collect();
        let audience = Audience { verifier: &verifier, nonce: &nonce, at };
        let shown = credential().present_to(&audience, &names, &holder()).expect("presents");
        let request = Request { binding: Some(Binding::to(&verifier, &nonce)), ..request() };
        let report = verify(&shown, &keys(), at, &request);
        if (NOON - 60 - 300..1_900_000_000).contains(&at) {
            prop_assert_eq!(report.verdict, Verdict::Valid);
        }
        let claims = report.presented.expect("genuine").claims;
        let mut names: Vec<_> = names.into_iter().map(str::to_owned).collect();
        names.sort();
        let mut shown: Vec<_> = claims.keys().cloned().collect();
        shown.sort();
        prop_assert_eq!(shown, names);
    }
}
