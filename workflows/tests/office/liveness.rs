//! The liveness vendor over HTTP.

use sealwright_workflows::application::Liveness;
use sealwright_workflows::office::liveness::{HttpVendor, LivenessVendor, Order, Started};

use crate::http_peer::{HttpPeer, Reply};
use crate::people;

const ORDER: &str = "03FOOLOEDJMP7QQUQU18ARLCC0000400";

async fn started(reply: Reply) -> (Result<Started, String>, Vec<String>) {
    let peer = HttpPeer::answering(reply).await;
    let vendor =
        HttpVendor::new(&peer.peer, Some("https://office.example/cb".into())).expect("it can be used");
    let number = people::number(1);
    let order = Order { order: ORDER, name: "测试甲", number: &number, state: "2" };
    (vendor.start(&order).await.map_err(|why| why.to_string()), peer.heard())
}

async fn polled(reply: Reply) -> Result<Option<Liveness>, String> {
    let peer = HttpPeer::answering(reply).await;
    let vendor = HttpVendor::new(&peer.peer, None).expect("it can be used");
    vendor.result("ref-1").await.map_err(|why| why.to_string())
}

fn finished(result: &str) -> Reply {
    Reply::Json(200, format!(r#"{{"status": "finished", "result": {result}}}"#))
}

#[tokio::test]
async fn a_session_is_made_under_our_order_number() {
    let reply = Reply::Json(201, r#"{"reference": "ref-1", "url": "https://vendor.example/s/1"}"#.into());
    let (started, heard) = started(reply).await;
    let Ok(Started::Session(session)) = started else { panic!("a session") };
    assert_eq!((session.reference.as_str(), session.url.as_str()), ("ref-1", "https://vendor.example/s/1"));
    assert!(heard[0].starts_with("POST /base/v1/sessions "), "{}", heard[0]);
    let body: serde_json::Value = serde_json::from_str(heard[0].split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["order"], ORDER);
    assert_eq!(body["state"], "2");
    assert_eq!(body["callback"], "https://office.example/cb");
}

#[tokio::test]
async fn a_definite_no_is_told_from_trouble() {
    let no = |code: &str| Reply::Json(422, format!(r#"{{"code": "{code}"}}"#));
    assert!(matches!(started(no("no_reference_photo")).await.0, Ok(Started::NoReference)));
    match started(no("name_too_long")).await.0 {
        Ok(Started::Refused(why)) => assert_eq!(why, "422 name_too_long"),
        _ => panic!("refused"),
    }
    for trouble in [
        Reply::Json(422, "{}".into()),
        Reply::Json(500, r#"{"code": "no_reference_photo"}"#.into()),
        Reply::Json(201, r#"{"reference": "", "url": "x"}"#.into()),
        Reply::Json(201, r#"{"reference": "with a space", "url": "x"}"#.into()),
        Reply::Silence,
    ] {
        assert!(started(trouble.clone()).await.0.is_err(), "{trouble:?}");
    }
}

#[tokio::test]
async fn results_are_read_and_scores_are_never_rounded_up() {
    assert_eq!(polled(Reply::Json(200, r#"{"status": "pending"}"#.into())).await, Ok(None));
    let serial = || "V-7".to_owned();
    for (result, expected) in [
        (
            r#"{"outcome": "passed", "score": 79.9, "serial": "V-7"}"#,
            Liveness::Passed { score: 79, serial: serial() },
        ),
        (
            r#"{"outcome": "passed", "score": 100, "serial": "V-7"}"#,
            Liveness::Passed { score: 100, serial: serial() },
        ),
        (r#"{"outcome": "passed", "score": 101, "serial": "V-7"}"#, Liveness::VendorFailed),
        (r#"{"outcome": "passed", "score": 90, "serial": "张三"}"#, Liveness::VendorFailed),
        (r#"{"outcome": "not_the_person", "serial": "V-7"}"#, Liveness::NotThePerson { serial: serial() }),
        (r#"{"outcome": "no_reference"}"#, Liveness::NoReference),
        (r#"{"outcome": "failed"}"#, Liveness::VendorFailed),
    ] {
        assert_eq!(polled(finished(result)).await, Ok(Some(expected)), "{result}");
    }
    let forgotten = Reply::Json(404, r#"{"code": "session_not_found"}"#.into());
    assert_eq!(polled(forgotten).await, Ok(Some(Liveness::VendorFailed)));
    for trouble in [
        Reply::Json(404, "{}".into()),
        finished(r#"{"outcome": "perhaps"}"#),
        Reply::Json(502, "{}".into()),
        Reply::Half,
    ] {
        assert!(polled(trouble.clone()).await.is_err(), "{trouble:?}");
    }
}
