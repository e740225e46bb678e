//! The register over HTTP: what is an answer, and what is none.

use sealwright_workflows::office::http::{Peer, PeerRefused};
use sealwright_workflows::office::register::{Entry, HttpRegister, Register};

use crate::http_peer::{HttpPeer, Reply};
use crate::people;

async fn asked(reply: Reply) -> (Result<Entry, String>, Vec<String>) {
    let peer = HttpPeer::answering(reply).await;
    let register = HttpRegister::new(&peer.peer).expect("it can be used");
    let entry = register.record(&people::number(1)).await.map_err(|why| why.to_string());
    (entry, peer.heard())
}

#[tokio::test]
async fn a_record_is_read_and_the_number_travels_in_the_body() {
    let record = people::record(1);
    let (entry, heard) = asked(Reply::Json(200, serde_json::to_string(&record).unwrap())).await;
    assert_eq!(entry, Ok(Entry::Found(Box::new(record))));
    let (head, body) = heard[0].split_once("\r\n\r\n").expect("a body");
    assert!(head.starts_with("POST /base/v1/records/query HTTP/1.1"), "{head}");
    assert!(head.to_ascii_lowercase().contains("authorization: bearer a-token"), "{head}");
    assert!(!head.contains(people::number(1).as_str()) && body.contains(people::number(1).as_str()));
}

#[tokio::test]
async fn only_the_registers_own_no_is_a_no() {
    let (entry, _) = asked(Reply::Json(404, r#"{"code": "record_not_found"}"#.into())).await;
    assert_eq!(entry, Ok(Entry::NotFound));
    for elsewhere in [
        Reply::Json(404, r#"{"code": "no_such_route"}"#.into()),
        Reply::Json(404, "{}".into()),
        Reply::Other(404, "text/html", b"<h1>record_not_found</h1>".to_vec()),
    ] {
        let (entry, _) = asked(elsewhere.clone()).await;
        assert!(entry.is_err(), "{elsewhere:?} must not refuse an applicant");
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_one_and_its_values_are_not_repeated() {
    let mut crooked = serde_json::to_value(people::record(1)).unwrap();
    crooked["valid_from"] = "张三的生日".into();
    let another = serde_json::to_string(&people::record(2)).unwrap();
    for body in [crooked.to_string(), "{".into(), "[]".into(), another] {
        match asked(Reply::Json(200, body)).await.0 {
            Ok(Entry::Unreadable(why)) => {
                assert!(!why.contains("张三") && !why.contains(people::number(2).as_str()), "{why}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn trouble_is_no_answer_and_names_nobody() {
    for trouble in [
        Reply::Json(500, "{}".into()),
        Reply::Json(503, "{}".into()),
        Reply::Json(429, "{}".into()),
        Reply::Json(401, "{}".into()),
        Reply::Json(302, "{}".into()),
        Reply::Json(418, "{}".into()),
        Reply::Other(200, "text/html", b"<html>please log in</html>".to_vec()),
        Reply::Json(200, " ".repeat(300 * 1024)),
        Reply::Noise,
        Reply::Half,
        Reply::Silence,
    ] {
        let why = asked(trouble.clone()).await.0.expect_err("no answer");
        assert!(!why.contains(people::number(1).as_str()) && !why.contains("http://"), "{why}");
        assert!(why.contains("register"), "{why}");
    }
}

#[tokio::test]
async fn a_photo_comes_as_it_is_and_its_reference_cannot_leave_its_place() {
    let peer = HttpPeer::answering(Reply::Other(200, "image/jpeg", vec![0xFF, 0xD8, 0xFF])).await;
    let register = HttpRegister::new(&peer.peer).expect("it can be used");
    assert_eq!(register.photo("../../admin?x=1").await, Ok(Some(vec![0xFF, 0xD8, 0xFF])));
    assert!(peer.heard()[0].starts_with("GET /base/v1/photos/..%2F..%2Fadmin%3Fx=1 "), "{}", peer.heard()[0]);

    let peer = HttpPeer::answering(Reply::Json(404, r#"{"code": "photo_not_found"}"#.into())).await;
    let register = HttpRegister::new(&peer.peer).expect("it can be used");
    assert_eq!(register.photo("gone").await, Ok(None));
}

#[test]
fn an_address_that_would_give_the_token_away_is_refused() {
    let with = |url: &str, token: &str| {
        let time = std::time::Duration::from_secs(1);
        HttpRegister::new(&Peer { url: url.into(), token: token.to_owned().into(), time }).err()
    };
    assert_eq!(with("http://register.example", "t"), Some(PeerRefused::InTheClear("register")));
    assert_eq!(with("register.example", "t"), Some(PeerRefused::Address("register")));
    assert_eq!(with("ftp://register.example", "t"), Some(PeerRefused::Address("register")));
    assert_eq!(with("https://register.example", ""), Some(PeerRefused::Token("register")));
    assert_eq!(with("https://register.example", "a\nb"), Some(PeerRefused::Token("register")));
    assert_eq!(with("https://register.example", "t"), None);
    assert_eq!(with("http://[::1]:8080/x", "t"), None);
}
