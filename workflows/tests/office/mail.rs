//! Mail, against servers that behave badly (`reliability.md` 14).

use sealwright_engine::Timestamp;
use sealwright_workflows::office::mail::{Mail, Post, Posted, Protection, SmtpPost, SmtpRefused};

use crate::smtp_peer::{Manner, SmtpPeer};

fn mail(id: &str) -> Mail {
    Mail {
        id: id.into(),
        at: Timestamp::from_secs(1_800_000_000),
        name: Some("测试甲".into()),
        address: "someone@example.com".into(),
        subject: "您的电子驾驶证已生成".into(),
        text: "您好：\n.\n请查收。".into(),
        html: Some("<p>您好</p>".into()),
    }
}

#[tokio::test]
async fn a_mail_arrives_with_a_stable_id_and_date_and_a_connection_is_used_again() {
    let peer = SmtpPeer::behaving(&[Manner::Well]).await;
    let client = peer.client();
    for id in ["a.1.0", "a.2.0"] {
        assert_eq!(client.send(&mail(id)).await, Ok(Posted::Accepted));
    }
    let mails = peer.mails();
    assert_eq!((mails.len(), peer.connections()), (2, 1));
    assert!(mails[0].contains("Message-ID: <a.1.0@office.example>\r\n"), "{}", mails[0]);
    assert!(mails[0].contains("Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"), "{}", mails[0]);
    assert!(mails[0].contains("Auto-Submitted: auto-generated\r\n"));
    assert!(mails[0].contains("multipart/alternative"));
}

#[tokio::test]
async fn a_server_that_goes_after_the_mail_gets_the_same_bytes_again() {
    let peer = SmtpPeer::behaving(&[Manner::GoneAfterMail, Manner::Well]).await;
    let client = peer.client();
    let why = client.send(&mail("a.1.0")).await.expect_err("nobody knows");
    assert!(why.to_string().contains("not known") && !why.to_string().contains("someone"), "{why}");
    assert_eq!(client.send(&mail("a.1.0")).await, Ok(Posted::Accepted));
    let mails = peer.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0], mails[1], "who gets both sees one mail");
}

#[tokio::test]
async fn silence_ends_at_our_own_limit_and_the_connection_is_not_used_again() {
    for manner in [&[Manner::NoGreeting, Manner::Well], &[Manner::SilentAfterMail, Manner::Well]] {
        let peer = SmtpPeer::behaving(manner).await;
        let client = peer.client();
        assert!(client.send(&mail("a.1.0")).await.is_err(), "{manner:?}");
        assert_eq!(client.send(&mail("a.1.0")).await, Ok(Posted::Accepted), "{manner:?}");
        assert_eq!(peer.connections(), 2);
    }
}

#[tokio::test]
async fn a_mail_that_is_cut_short_takes_its_connection_along() {
    let peer = SmtpPeer::behaving(&[Manner::Well, Manner::SilentAfterMail, Manner::Well]).await;
    let client = std::sync::Arc::new(peer.client());
    assert_eq!(client.send(&mail("a.1.0")).await, Ok(Posted::Accepted));
    // Two at once: one has the idle connection, the other one falls silent and is cut short.
    let (first, second) = tokio::join!(
        {
            let client = client.clone();
            async move { client.send(&mail("a.2.0")).await }
        },
        {
            let client = client.clone();
            async move { client.send(&mail("a.3.0")).await }
        }
    );
    let accepted = [&first, &second].iter().filter(|end| end.is_ok()).count();
    assert_eq!(accepted, 1, "{first:?} {second:?}");
    for id in ["a.4.0", "a.5.0"] {
        assert_eq!(client.send(&mail(id)).await, Ok(Posted::Accepted), "nobody reads another mail's answer");
    }
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_is_replaced() {
    let peer = SmtpPeer::behaving(&[Manner::OneMail, Manner::Well]).await;
    let client = peer.client();
    for id in ["a.1.0", "a.2.0"] {
        assert_eq!(client.send(&mail(id)).await, Ok(Posted::Accepted));
    }
    assert_eq!((peer.mails().len(), peer.connections()), (2, 2));
}

#[tokio::test]
async fn a_no_to_the_receiver_is_definite_and_a_no_to_us_is_not() {
    for (manner, code) in [
        (&[Manner::ToReceiver("550 <someone@example.com> unknown")], "550"),
        (&[Manner::ToMail("554 spam")], "554"),
    ] {
        let refused = SmtpPeer::behaving(manner).await.client().send(&mail("a.1.0")).await;
        assert_eq!(refused, Ok(Posted::Refused(format!("the mail server says {code}"))), "{manner:?}");
    }
    for manner in [
        &[Manner::Greets("554 no service")],
        &[Manner::Greets("421 later")],
        &[Manner::Greets("what is this")],
        &[Manner::ToSender("530 log in first")],
        &[Manner::ToSender("451 later")],
        &[Manner::ToReceiver("450 <someone@example.com> is full")],
        &[Manner::ToMail("452 no space")],
    ] {
        let why = SmtpPeer::behaving(manner).await.client().send(&mail("a.1.0")).await;
        let why = why.expect_err("not definite").to_string();
        assert!(!why.contains("someone"), "{why}");
    }
}

#[tokio::test]
async fn a_name_cannot_add_headers_and_a_bad_address_is_a_definite_no() {
    let peer = SmtpPeer::behaving(&[Manner::Well]).await;
    let client = peer.client();
    let hostile = Mail {
        name: Some("Eve\r\nBcc: everybody@example.com\u{202E}".into()),
        subject: "Hi\r\nBcc: everybody@example.com".into(),
        ..mail("a.1.0")
    };
    assert_eq!(client.send(&hostile).await, Ok(Posted::Accepted));
    let head = peer.mails()[0].split_once("\r\n\r\n").expect("a head").0.to_ascii_lowercase();
    assert!(!head.contains("\r\nbcc:"), "{head}");
    for address in ["", "nobody", "a@b@c", "a@b\r\nRCPT TO:<x@y>", "<x@example.com>"] {
        let bad = Mail { address: address.into(), ..mail("a.2.0") };
        assert_eq!(client.send(&bad).await, Ok(Posted::Refused("the address is none".into())), "{address:?}");
    }
    assert_eq!(peer.mails().len(), 1);
}

#[tokio::test]
async fn a_password_never_travels_in_the_clear() {
    let peer = SmtpPeer::behaving(&[Manner::Well]).await;
    let mut config = peer.config();
    config.login = Some(("user".into(), "secret".to_owned().into()));
    assert_eq!(SmtpPost::new(config.clone()).err(), Some(SmtpRefused::InTheClear));
    // The peer does not offer STARTTLS, so nothing is sent.
    config.protection = Protection::StartTls;
    config.host = "localhost".into();
    let client = SmtpPost::new(config).expect("it can be used");
    assert!(client.send(&mail("a.1.0")).await.is_err());
    assert!(peer.mails().is_empty());
}
