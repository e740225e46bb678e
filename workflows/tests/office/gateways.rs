//! Gateways of all kinds, 100 messages each (`reliability.md` 15): each message ends as the table says, no place is
//! held for longer than the time limit, nothing is lost, and a message is handed over twice only where nobody knows
//! whether it was taken; then under the same id, to the same byte.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use sealwright_engine::Timestamp;
use sealwright_workflows::office::gateway::{
    Gateway, GatewayRefused, Handed, HttpGateway, Message, Recipient,
};
use sealwright_workflows::office::webhook::{WebhookHeaders, WebhookSecret, verify};
use sealwright_workflows::policy::Locale;

use crate::webhook_peer::{Conduct, NEXT_SECRET, SECRET, WebhookPeer};

const MESSAGES: usize = 100;
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

fn message(n: usize) -> Message {
    Message {
        id: format!("a.{n}.0.sms"),
        at: Timestamp::from_secs(1_799_990_000),
        to: Recipient::Phone("+8613800138000".into()),
        title: "您的电子驾驶证已生成".into(),
        text: "您的电子驾驶证已生成，请打开应用出示。".into(),
        locale: Locale::Zh,
    }
}

async fn hand_all(gateway: &HttpGateway) -> Vec<(Handed, Duration)> {
    let one = |n| async move {
        let begun = Instant::now();
        (gateway.hand(&message(n), NOW).await, begun.elapsed())
    };
    futures_util::stream::iter(0..MESSAGES).map(one).buffer_unordered(50).collect().await
}

/// `copies`: how often the peer has each message, after those that failed were handed over again.
async fn behaves(conduct: Conduct, scheme: &str, is_expected: impl Fn(&Handed) -> bool, copies: usize) {
    let peer = WebhookPeer::behaving(conduct).await;
    let gateway = HttpGateway::new(peer.config(scheme)).expect("it can be used");
    let ends = hand_all(&gateway).await;
    for (end, held) in &ends {
        assert!(is_expected(end), "{conduct:?}: {end:?}");
        assert!(*held < Duration::from_secs(4), "{conduct:?}: a place was held for {held:?}");
    }
    if !ends.iter().all(|(end, _)| matches!(end, Handed::Accepted | Handed::Refused(_))) {
        peer.heal();
        let ends = hand_all(&peer.client()).await;
        assert!(ends.iter().all(|(end, _)| *end == Handed::Accepted), "{conduct:?}: all go out in the end");
    }
    let mut heard: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for webhook in peer.heard() {
        heard.entry(webhook.header("webhook-id")).or_default().push(webhook.body);
    }
    assert_eq!(heard.len(), MESSAGES, "{conduct:?}: nothing is lost");
    for (id, bodies) in heard {
        assert_eq!(bodies.len(), copies, "{conduct:?}: {id}");
        assert!(bodies.windows(2).all(|two| two[0] == two[1]), "{conduct:?}: {id}");
    }
}

fn failed(end: &Handed) -> bool {
    matches!(end, Handed::Failed(_))
}

macro_rules! behaviours {
    ($($name:ident: $conduct:expr, $scheme:literal => $expected:expr, $copies:literal;)*) => {
        $(#[tokio::test]
        async fn $name() {
            behaves($conduct, $scheme, $expected, $copies).await;
        })*
    };
}

behaviours! {
    taken_after_a_while: Conduct::Slow, "http" => |end| *end == Handed::Accepted, 1;
    taken_with_a_body_without_end: Conduct::Giant, "http" => |end| *end == Handed::Accepted, 1;
    taken_with_half_a_body: Conduct::HalfBody, "http" => |end| *end == Handed::Accepted, 1;
    refused_for_good: Conduct::Says("422 no such number"), "http" => |end| matches!(end, Handed::Refused(_)), 1;
    // A status that says it was not taken is believed, and the message is handed over again.
    somewhere_else: Conduct::Says("307 there\r\nlocation: /elsewhere"), "http" => failed, 2;
    gone_for_good: Conduct::Says("410 gone"), "http" => |end| *end == Handed::Gone, 2;
    patience_in_seconds: Conduct::Says("429 slowly\r\nretry-after: 7"), "http" =>
        |end| *end == Handed::Later(NOW + Duration::from_secs(7)), 2;
    patience_until_a_date: Conduct::Says("503 later\r\nretry-after: Fri, 15 Jan 2027 08:02:00 GMT"), "http" =>
        |end| *end == Handed::Later(NOW + Duration::from_secs(120)), 2;
    patience_without_bounds: Conduct::Says("503 later\r\nretry-after: 99999999999"), "http" =>
        |end| *end == Handed::Later(NOW + Duration::from_secs(3_600)), 2;
    patience_that_makes_no_sense: Conduct::Says("429 slowly\r\nretry-after: soon"), "http" => failed, 2;
    an_error_of_its_own: Conduct::Says("500 oh"), "http" => failed, 2;
    not_authorised: Conduct::Says("401 who"), "http" => failed, 2;
    an_address_that_is_wrong: Conduct::Says("404 what"), "http" => failed, 2;
    a_connection_that_is_closed: Conduct::Gone, "http" => failed, 1;
    bad_tls: Conduct::Says("204 taken"), "https" => failed, 1;
    // Whether it was taken, only the peer knows: handed over twice, under one id.
    single_bytes_without_end: Conduct::Drips, "http" => failed, 2;
    silence: Conduct::Silent, "http" => failed, 2;
    gone_after_the_message: Conduct::GoneAfter, "http" => failed, 2;
    noise: Conduct::Noise, "http" => failed, 2;
}

#[tokio::test]
async fn a_webhook_is_signed_with_every_secret_in_force_and_its_bytes_are_stable() {
    let peer = WebhookPeer::behaving(Conduct::Says("204 taken")).await;
    let gateway = peer.client();
    assert_eq!(gateway.hand(&message(1), NOW).await, Handed::Accepted);
    assert_eq!(gateway.hand(&message(1), NOW + Duration::from_secs(60)).await, Handed::Accepted);
    let heard = peer.heard();
    assert_eq!(heard[0].body, heard[1].body);
    for (webhook, at) in heard.iter().zip([NOW, NOW + Duration::from_secs(60)]) {
        let (id, timestamp, signature) = (
            webhook.header("webhook-id"),
            webhook.header("webhook-timestamp"),
            webhook.header("webhook-signature"),
        );
        assert_eq!((id.as_str(), timestamp), ("a.1.0.sms", at.secs().to_string()));
        let headers = WebhookHeaders { id: &id, timestamp: &at.secs().to_string(), signature: &signature };
        for secret in [SECRET, NEXT_SECRET] {
            let secret = WebhookSecret::parse(secret).expect("a secret");
            assert_eq!(verify(&[secret], headers, &webhook.body, at), Ok(()));
        }
    }
    assert_eq!(
        String::from_utf8(heard[0].body.clone()).expect("text"),
        "{\"type\":\"notice.sms\",\"timestamp\":\"2027-01-15T05:13:20.000000Z\",\"data\":{\"to\":\"+8613800138000\",\
         \"title\":\"您的电子驾驶证已生成\",\"text\":\"您的电子驾驶证已生成，请打开应用出示。\",\"language\":\"zh-Hans\"}}"
    );
}

#[tokio::test]
async fn a_gateway_has_one_to_three_secrets() {
    let peer = WebhookPeer::behaving(Conduct::Silent).await;
    for count in [0, 4] {
        let mut config = peer.config("http");
        config.secrets = vec![WebhookSecret::parse(SECRET).expect("a secret"); count];
        assert_eq!(HttpGateway::new(config).err(), Some(GatewayRefused::Secrets));
    }
}
