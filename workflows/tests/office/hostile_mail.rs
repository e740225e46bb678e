//! Twelve ways in which a mail server can be bad, 100 mails each (`reliability.md` 14): each mail ends as the table
//! says, no place is held for longer than the time limit, nothing is lost, and a mail goes out twice only where the
//! protocol leaves open whether it was taken; then under the same id, to the same byte.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use proptest::prelude::*;
use sealwright_engine::Timestamp;
use sealwright_workflows::office::mail::{Mail, Post, Posted, Protection, SmtpPost};
use tokio::runtime::Runtime;

use crate::smtp_peer::{Manner, SmtpPeer};

const MAILS: usize = 100;

fn mail(n: usize) -> Mail {
    Mail {
        id: format!("a.{n}.0"),
        at: Timestamp::from_secs(1_800_000_000),
        name: Some("测试甲".into()),
        address: format!("someone{n}@example.com"),
        subject: "您的电子驾驶证已生成".into(),
        text: "您好：\n.\n请查收。".into(),
        html: Some("<p>您好</p>".into()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    Sent,
    Retry,
    Dead,
}

/// The end of a mail, and how long it held its place.
async fn send(post: &SmtpPost, n: usize) -> (usize, End, Duration) {
    let begun = Instant::now();
    let end = match post.send(&mail(n)).await {
        Ok(Posted::Accepted) => End::Sent,
        Ok(Posted::Refused(_)) => End::Dead,
        Err(_) => End::Retry,
    };
    (n, end, begun.elapsed())
}

async fn send_all(post: &SmtpPost, mails: Vec<usize>) -> Vec<(usize, End, Duration)> {
    futures_util::stream::iter(mails).map(|n| send(post, n)).buffer_unordered(50).collect().await
}

async fn behaves(manner: &'static [Manner], protection: Protection, expected: End, copies: usize) {
    let peer = SmtpPeer::behaving(manner).await;
    let mut config = peer.config();
    config.protection = protection;
    let post = SmtpPost::new(config.clone()).expect("it can be used");
    let ends = send_all(&post, (0..MAILS).collect()).await;
    let limit = config.time + Duration::from_secs(3);
    for (n, end, held) in &ends {
        assert_eq!(*end, expected, "{manner:?}: mail {n}");
        assert!(*held < limit, "{manner:?}: mail {n} held its place for {held:?}");
    }
    if expected == End::Retry {
        peer.heal();
        let plain = SmtpPost::new(peer.config()).expect("it can be used");
        let ends = send_all(&plain, (0..MAILS).collect()).await;
        assert!(ends.iter().all(|(_, end, _)| *end == End::Sent), "{manner:?}: all go out in the end");
    }
    let mut received: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mail in peer.mails() {
        let id = mail.split("Message-ID: <").nth(1).and_then(|rest| rest.split('@').next());
        received.entry(id.expect("an id").to_owned()).or_default().push(mail);
    }
    if copies == 0 {
        return assert!(received.is_empty(), "{manner:?}");
    }
    assert_eq!(received.len(), MAILS, "{manner:?}: nothing is lost");
    for (id, mails) in received {
        assert_eq!(mails.len(), copies, "{manner:?}: {id}");
        assert!(mails.windows(2).all(|two| two[0] == two[1]), "{manner:?}: {id} is the same to the byte");
    }
}

macro_rules! behaviours {
    ($($name:ident: $manner:expr, $protection:ident => $end:ident, $copies:literal;)*) => {
        $(#[tokio::test]
        async fn $name() {
            behaves(&[$manner], Protection::$protection, End::$end, $copies).await;
        })*
    };
}

behaviours! {
    no_greeting: Manner::NoGreeting, None => Retry, 1;
    a_greeting_that_says_later: Manner::Greets("421 later"), None => Retry, 1;
    a_greeting_that_is_none: Manner::Greets("HTTP/1.1 400 what"), None => Retry, 1;
    gone_after_the_greeting: Manner::GoneAfterGreeting, None => Retry, 1;
    single_bytes_without_end: Manner::Drips, None => Retry, 1;
    garbage_instead_of_tls: Manner::Well, Tls => Retry, 1;
    later_to_the_receiver: Manner::ToReceiver("450 <someone@example.com> is full"), None => Retry, 1;
    never_to_the_receiver: Manner::ToReceiver("550 <someone@example.com> unknown"), None => Dead, 0;
    gone_in_the_middle_of_the_mail: Manner::GoneInMail, None => Retry, 1;
    // Whether it took the mail, only the server knows: the one place where mails go out twice.
    silent_after_the_mail: Manner::SilentAfterMail, None => Retry, 2;
    gone_after_the_mail: Manner::GoneAfterMail, None => Retry, 2;
    a_connection_closed_after_each_mail: Manner::OneMail, None => Sent, 1;
}

/// A peer and a client for all cases of a property.
fn ground() -> &'static (Runtime, SmtpPeer, SmtpPost) {
    static GROUND: OnceLock<(Runtime, SmtpPeer, SmtpPost)> = OnceLock::new();
    GROUND.get_or_init(|| {
        let runtime = Runtime::new().expect("a runtime");
        let peer = runtime.block_on(SmtpPeer::behaving(&[Manner::Well]));
        let client = peer.client();
        (runtime, peer, client)
    })
}

/// Text with what headers, addresses and eyes are attacked with.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\n".to_owned()),
        Just("\n".to_owned()),
        Just("\r\nBcc: <victim@example.com>".to_owned()),
        Just("\r\nRCPT TO:<victim@example.com>".to_owned()),
        Just("\r\n.\r\nMAIL FROM:<x@y>".to_owned()),
        Just("\0".to_owned()),
        Just("\u{202E}".to_owned()),
        Just("\"<>,;:@\\".to_owned()),
        Just("=?utf-8?B?DQpCY2M6IHY=?=".to_owned()),
        "[a-z测试]{1,80}",
        "\\PC{0,20}",
        any::<String>(),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        hostile(),
        (hostile(), "[a-z]{1,8}").prop_map(|(local, domain)| format!("{local}@{domain}.example")),
        ("[a-z]{1,8}", hostile()).prop_map(|(local, domain)| format!("{local}@{domain}")),
        Just("someone@example.com".to_owned()),
    ]
}

const HEADERS: [&str; 9] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "auto-submitted",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_strangers_write_adds_no_header_and_no_receiver(
        name in hostile(), subject in hostile(), address in address(), text in hostile()
    ) {
        let (runtime, peer, client) = ground();
        let (mails, receivers) = (peer.mails().len(), peer.receivers().len());
        let mail = Mail { name: Some(name), subject, address: address.clone(), text, ..mail(1) };
        let end = runtime.block_on(client.send(&mail));
        let (mails, receivers) = (peer.mails().split_off(mails), peer.receivers().split_off(receivers));
        match end {
            Ok(Posted::Accepted) => {
                prop_assert_eq!(receivers, vec![format!("RCPT TO:<{}>", address.trim())]);
                prop_assert_eq!(mails.len(), 1);
                let head = mails[0].split_once("\r\n\r\n").expect("a head").0;
                let mut seen = Vec::new();
                for line in head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])) {
                    let name = line.split_once(':').expect("a header").0.to_ascii_lowercase();
                    prop_assert!(HEADERS.contains(&name.as_str()), "{}", head);
                    prop_assert!(!seen.contains(&name), "{}", head);
                    seen.push(name);
                }
                prop_assert!(!head.contains(['\n', '\r', '\0']) || !head.replace("\r\n", "").contains(['\n', '\r', '\0']));
            }
            Ok(Posted::Refused(_)) => prop_assert!(mails.is_empty()),
            Err(why) => prop_assert!(false, "it would be tried for ever: {}", why),
        }
    }
}
