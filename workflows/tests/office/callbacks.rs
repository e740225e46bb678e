//! The vendor's signed callback.

use sealwright_engine::{Actor, EffectKey, InstanceId, Timestamp};
use sealwright_workflows::application::{Answer, Command, Liveness};
use sealwright_workflows::office::liveness::Callback;
use sealwright_workflows::office::webhook::{SecretRefused, WebhookHeaders, WebhookRefused, WebhookSecret};

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn secret(letter: char) -> WebhookSecret {
    // Base64 of 24 and more bytes.
    let text = std::iter::repeat_n(letter, 40).collect::<String>();
    WebhookSecret::parse(&format!("whsec_{text}")).expect("it is one")
}

fn key() -> EffectKey {
    EffectKey { instance: InstanceId::new(NOW), version: 4, n: 1 }
}

fn body(order: &str, state: &str) -> Vec<u8> {
    let result = r#"{"outcome": "passed", "score": 88.0, "serial": "V-1"}"#;
    format!(r#"{{"type": "liveness.finished", "order": "{order}", "state": "{state}", "result": {result}}}"#)
        .into()
}

/// Signed by `signer` at `at`, verified now against `secrets`.
fn told(
    body: &[u8],
    signer: &WebhookSecret,
    at: i64,
    secrets: &[WebhookSecret],
) -> Result<Callback, WebhookRefused> {
    let (timestamp, signature) = (at.to_string(), signer.sign("msg_1", at, body));
    let headers = WebhookHeaders { id: "msg_1", timestamp: &timestamp, signature: &signature };
    Callback::verify(secrets, headers, body, NOW)
}

#[test]
fn a_signed_callback_becomes_the_answer_of_the_effect_that_asked() {
    let key = key();
    let callback = told(&body(&key.short(), "2"), &secret('A'), NOW.secs(), &[secret('A')]).unwrap();
    assert_eq!(callback.application(), key.instance);
    let envelope = callback.envelope().unwrap();
    assert_eq!(envelope.id.as_str(), "c:liveness:msg_1");
    assert_eq!(envelope.actor, Actor::Performer(key));
    let result = Liveness::Passed { score: 88, serial: "V-1".into() };
    assert_eq!(envelope.command, Command::Answer(Answer::Liveness { session: 2, result }));
}

#[test]
fn two_secrets_are_in_force_while_one_follows_the_other() {
    let body = body(&key().short(), "1");
    let both = [secret('A'), secret('B')];
    assert!(told(&body, &secret('A'), NOW.secs(), &both).is_ok());
    assert!(told(&body, &secret('B'), NOW.secs(), &both).is_ok());
    assert_eq!(told(&body, &secret('C'), NOW.secs(), &both), Err(WebhookRefused::Signature));
    assert_eq!(told(&body, &secret('A'), NOW.secs(), &[]), Err(WebhookRefused::Signature));
}

#[test]
fn time_is_within_five_minutes_either_way() {
    let body = body(&key().short(), "1");
    for (away, fits) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
        let told = told(&body, &secret('A'), NOW.secs() - away, &[secret('A')]);
        assert_eq!(told.is_ok(), fits, "{away} s");
    }
}

#[test]
fn a_change_anywhere_breaks_the_signature() {
    let (body, secret) = (body(&key().short(), "1"), secret('A'));
    let (at, signature) = (NOW.secs(), secret.sign("msg_1", NOW.secs(), &body));
    let verify = |id: &str, at: i64, signature: &str, body: &[u8]| {
        let timestamp = at.to_string();
        let headers = WebhookHeaders { id, timestamp: &timestamp, signature };
        Callback::verify(std::slice::from_ref(&secret), headers, body, NOW)
    };
    assert!(verify("msg_1", at, &signature, &body).is_ok());
    assert!(
        verify("msg_1", at, &format!("v2,xx {signature}"), &body).is_ok(),
        "other versions are passed over"
    );
    assert_eq!(verify("msg_2", at, &signature, &body), Err(WebhookRefused::Signature));
    assert_eq!(verify("msg_1", at + 1, &signature, &body), Err(WebhookRefused::Signature));
    for place in 0..body.len() {
        let mut changed = body.clone();
        changed[place] ^= 1;
        assert_eq!(verify("msg_1", at, &signature, &changed), Err(WebhookRefused::Signature), "byte {place}");
    }
    for signature in ["", "v1,", "v1", &signature[3..], &signature[..signature.len() - 4]] {
        assert_eq!(verify("msg_1", at, signature, &body), Err(WebhookRefused::Signature), "{signature}");
    }
    assert_eq!(verify("", at, &signature, &body), Err(WebhookRefused::Id));
}

#[test]
fn what_is_signed_and_not_ours_is_refused_with_the_reason() {
    let order = key().short();
    let other_kind = String::from_utf8(body(&order, "1")).unwrap().replace("finished", "begun");
    for wrong in [
        body("0000", "1"),
        body(&order.to_lowercase(), "1"),
        body(&"Z".repeat(32), "1"),
        body(&order, "one"),
        body(&order, "70000"),
        other_kind.into_bytes(),
        b"{}".to_vec(),
    ] {
        let told = told(&wrong, &secret('A'), NOW.secs(), &[secret('A')]);
        assert!(matches!(told, Err(WebhookRefused::Body(_))), "{told:?}");
    }
}

#[test]
fn a_weak_secret_is_none() {
    for text in ["", "whsec_", "whsec_QUJD", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB", "whsec_not base64!"] {
        assert_eq!(WebhookSecret::parse(text).err(), Some(SecretRefused), "{text}");
    }
}
