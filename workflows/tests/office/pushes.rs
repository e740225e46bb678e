//! What the register pushes.

use sealwright_engine::Timestamp;
use sealwright_workflows::office::push::Push;
use sealwright_workflows::office::webhook::{WebhookHeaders, WebhookRefused, WebhookSecret};
use serde_json::{Value, json};

use crate::people;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn secret(letter: char) -> WebhookSecret {
    let text = std::iter::repeat_n(letter, 40).collect::<String>();
    WebhookSecret::parse(&format!("whsec_{text}")).expect("it is one")
}

fn event(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut event = json!({
        "specversion": "1.0", "id": "17", "source": "/register/one", "type": "dev.sealwright.record.changed.v1",
        "time": "2027-01-15T08:00:00Z", "data": {"record": people::record(1)},
    });
    change(&mut event);
    event.to_string().into()
}

fn told(body: &[u8], signer: &WebhookSecret, secrets: &[WebhookSecret]) -> Result<Push, WebhookRefused> {
    let (timestamp, signature) = (NOW.secs().to_string(), signer.sign("msg_1", NOW.secs(), body));
    let headers = WebhookHeaders { id: "msg_1", timestamp: &timestamp, signature: &signature };
    Push::verify(secrets, headers, body, NOW)
}

#[test]
fn an_event_is_the_same_errand_by_its_source_and_id() {
    let of = |change: fn(&mut Value)| told(&event(change), &secret('A'), &[secret('A')]).unwrap().actor();
    let first = of(|_| ());
    assert_eq!(first, of(|event| event["time"] = "2027-01-15T09:00:00Z".into()));
    assert_ne!(first, of(|event| event["id"] = "18".into()));
    assert_ne!(first, of(|event| event["source"] = "/register/on".into()));
    let shifted = of(|event| {
        event["source"] = "/register/one1".into();
        event["id"] = "7".into();
    });
    assert_ne!(first, shifted, "no two pairs run into each other");
}

#[test]
fn several_secrets_are_in_force_and_no_others() {
    let body = event(|_| ());
    let both = [secret('A'), secret('B')];
    assert!(told(&body, &secret('A'), &both).is_ok() && told(&body, &secret('B'), &both).is_ok());
    assert_eq!(told(&body, &secret('C'), &both), Err(WebhookRefused::Signature));
    assert_eq!(told(&body, &secret('A'), &[]), Err(WebhookRefused::Signature));
}

#[test]
fn an_event_that_is_none_is_refused_without_its_values() {
    let changes: [fn(&mut Value); 8] = [
        |event| event["specversion"] = "0.3".into(),
        |event| event["type"] = "another".into(),
        |event| event["id"] = "".into(),
        |event| event["source"] = "x".repeat(600).into(),
        |event| event["data"] = Value::Null,
        |event| event["data"] = json!({"number": {"kind": "resident_identity_card", "value": "秘密"}}),
        |event| event["data"]["record"]["status"] = "秘密".into(),
        |event| event["data"] = json!("秘密"),
    ];
    for change in changes {
        let body = event(change);
        match told(&body, &secret('A'), &[secret('A')]) {
            Err(WebhookRefused::Body(why)) => assert!(!why.contains("秘密"), "{why}"),
            other => panic!("{other:?}"),
        }
    }
    let body = event(|event| event["data"] = json!({"number": people::number(1)}));
    assert!(told(&body, &secret('A'), &[secret('A')]).is_ok(), "a number alone is a hint");
}
