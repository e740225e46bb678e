use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The text of a disclosure and its digest.
fn hide(parts: Value) -> (String, Value) {
    let text = base64url(parts.to_string().as_bytes());
    let digest = base64url(Digest::of(text.as_bytes()).as_bytes());
    (text, digest.into())
}

fn ask(payload: Value, disclosures: &[&str]) -> Result<Value, DisclosureError> {
    let Value::Object(payload) = payload else { panic!("an object") };
    unveil(payload, disclosures).map(Value::Object)
}

#[test]
fn members_and_elements_come_back_where_they_were() {
    let (city, city_digest) = hide(json!(["salt", "city", "Beijing"]));
    let (address, address_digest) = hide(json!(["salt", "address", {"_sd": [city_digest], "country": "CN"}]));
    let (class, class_digest) = hide(json!(["salt", "C1"]));
    let payload = json!({
        "_sd_alg": "sha-256", "_sd": [address_digest, "a decoy"], "plain": 1,
        "classes": [{"...": class_digest}, {"...": "hidden"}, "D"],
    });
    assert_eq!(ask(payload.clone(), &[]), Ok(json!({"plain": 1, "classes": ["D"]})));
    assert_eq!(
        ask(payload.clone(), &[&class, &city, &address]),
        Ok(json!({"plain": 1, "classes": ["C1", "D"], "address": {"city": "Beijing", "country": "CN"}}))
    );
    // A claim inside another that stays hidden belongs nowhere.
    assert_eq!(ask(payload, &[&city]), Err(DisclosureError::Unreferenced));
}

#[test]
fn what_rfc_9901_forbids_is_refused() {
    use DisclosureError as E;
    let (member, digest) = hide(json!(["salt", "sex", 1]));
    let (element, element_digest) = hide(json!(["salt", "C1"]));
    let (digests, digests_digest) = hide(json!(["salt", "_sd", []]));
    let (dots, dots_digest) = hide(json!(["salt", "...", "x"]));
    let (nested, nested_digest) = hide(json!(["salt", "a", {"_sd_alg": "sha-256"}]));
    for (payload, disclosures, error) in [
        (json!({}), vec![&member], E::Unreferenced),
        (json!({"_sd": [digest, digest]}), vec![], E::Twice),
        (json!({"_sd": [digest], "a": {"_sd": [digest]}}), vec![&member], E::Twice),
        (json!({"_sd": [digest], "a": [{"...": digest}]}), vec![], E::Twice),
        (json!({"_sd": [digest]}), vec![&member, &member], E::Twice),
        (json!({"_sd": [digest], "sex": 2}), vec![&member], E::Collision),
        (json!({"_sd": [element_digest]}), vec![&element], E::WrongPlace),
        (json!({"a": [{"...": digest}]}), vec![&member], E::WrongPlace),
        (json!({"_sd": [digests_digest]}), vec![&digests], E::Name),
        (json!({"_sd": [dots_digest]}), vec![&dots], E::Name),
        (json!({"_sd": [nested_digest]}), vec![&nested], E::Structure),
        (json!({"_sd": digest}), vec![], E::Structure),
        (json!({"_sd": [1]}), vec![], E::Structure),
        (json!({"_sd": [null]}), vec![], E::Structure),
        (json!({"a": [{"...": 1}]}), vec![], E::Structure),
        (json!({"a": [{"...": digest, "b": 1}]}), vec![], E::Structure),
        (json!({"a": {"...": digest}}), vec![], E::Structure),
        (json!({"...": digest}), vec![], E::Structure),
        (json!({"a": {"_sd_alg": "sha-256"}}), vec![], E::Structure),
        (json!({"_sd_alg": "sha-512"}), vec![], E::Hash),
        (json!({"_sd_alg": "SHA-256"}), vec![], E::Hash),
        (json!({"_sd_alg": null}), vec![], E::Hash),
    ] {
        let disclosures: Vec<_> = disclosures.into_iter().map(String::as_str).collect();
        assert_eq!(ask(payload.clone(), &disclosures), Err(error), "{payload}");
    }
    for name in VISIBLE {
        let (text, digest) = hide(json!(["salt", name, "x"]));
        assert_eq!(ask(json!({"_sd": [digest]}), &[&text]), Err(E::Name), "{name}");
    }
}

#[test]
fn malformed_disclosures_are_refused() {
    let spelled = |json: &str| base64url(json.as_bytes());
    for text in [
        spelled("[]"),
        spelled("[\"salt\"]"),
        spelled("[\"salt\",\"a\",1,2]"),
        spelled("[1,\"a\",1]"),
        spelled("[\"salt\",1,1]"),
        spelled("{\"salt\":1}"),
        spelled("[\"salt\",\"a\",{\"b\":1,\"b\":2}]"),
        spelled("[\"salt\",\"a\",1]x"),
        spelled("[\"salt\",\"a\",1") + "]",
        format!("{}=", spelled("[\"salt\",\"a\",11]")),
        spelled("[\"salt\",\"a\",[[[[[[[[1]]]]]]]]]"),
    ] {
        assert_eq!(ask(json!({}), &[&text]), Err(DisclosureError::Malformed), "{text}");
    }
}

#[test]
fn disclosures_within_disclosures_end_somewhere() {
    let mut texts = Vec::new();
    let mut digest = json!("the innermost");
    for _ in 0..40 {
        let (text, outer) = hide(json!(["salt", "a", {"_sd": [digest]}]));
        texts.push(text);
        digest = outer;
    }
    let disclosures: Vec<_> = texts.iter().map(String::as_str).collect();
    assert_eq!(ask(json!({"_sd": [digest]}), &disclosures), Err(DisclosureError::TooDeep));
}

proptest! {
    /// Whatever subset is disclosed: exactly that comes out.
    #[test]
    fn a_subset_is_what_was_chosen(chosen in prop::collection::vec(any::<bool>(), 1..12)) {
        let hidden: Vec<_> = (0..chosen.len()).map(|i| hide(json!([format!("salt {i}"), format!("c{i}"), i]))).collect();
        let digests: Vec<_> = hidden.iter().map(|(_, digest)| digest.clone()).collect();
        let kept = chosen.iter().enumerate().filter(|(_, keep)| **keep);
        let (names, shown): (Vec<_>, Vec<_>) =
            kept.map(|(i, _)| ((format!("c{i}"), json!(i)), hidden[i].0.as_str())).unzip();
        let expected = Value::Object(names.into_iter().collect());
        prop_assert_eq!(ask(json!({"_sd": digests}), &shown), Ok(expected));
    }
}
