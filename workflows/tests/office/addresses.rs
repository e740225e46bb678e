//! Webhooks go nowhere that only we can reach (`reliability.md` D1, SSRF).

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use sealwright_engine::Timestamp;
use sealwright_workflows::office::gateway::{
    Gateway, GatewayRefused, Handed, HttpGateway, Lookup, Message, Recipient, is_public,
};
use sealwright_workflows::policy::Locale;

use crate::webhook_peer::{Conduct, WebhookPeer};

fn message() -> Message {
    Message {
        id: "a.1.0.push".into(),
        at: Timestamp::from_secs(0),
        to: Recipient::Person("a person".into()),
        title: String::new(),
        text: "text".into(),
        locale: Locale::En,
    }
}

#[tokio::test]
async fn addresses_that_are_not_public_are_refused_however_they_are_written() {
    let peer = WebhookPeer::behaving(Conduct::Says("204 taken")).await;
    let rows = [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://0x7f.1/",
        "https://127.0.0.1./",
        "https://[::1]/",
        "https://[::]/",
        "https://0.0.0.0/",
        "https://0/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://[2002:7f00:1::1]/",
        "https://[2001::1]/",
        "https://[2001:db8::1]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[fd12:3456::1]/",
        "https://[ff02::1]/",
        "https://[fec0::1]/",
        "https://[64:ff9b:1::1]/",
        "https://[100::1]/",
        "https://[3fff::1]/",
        "https://[::ffff:0:127.0.0.1]/",
        "https://10.0.0.1/",
        "https://10.255.255.255/",
        "https://172.16.0.1/",
        "https://172.31.255.255/",
        "https://192.168.1.1/",
        "https://169.254.169.254/",
        "https://169.254.0.1/",
        "https://100.64.0.1/",
        "https://100.127.255.255/",
        "https://192.0.0.1/",
        "https://192.0.2.1/",
        "https://192.88.99.1/",
        "https://198.18.0.1/",
        "https://198.19.255.255/",
        "https://198.51.100.1/",
        "https://203.0.113.1/",
        "https://224.0.0.1/",
        "https://239.1.1.1/",
        "https://240.0.0.1/",
        "https://255.255.255.255/",
        "https://localhost/",
        "https://LOCALHOST/",
        "https://localhost./",
        "https://a.localhost/",
        "https://１２７.0.0.1/",
        "https://%31%32%37.0.0.1/",
        "https://3232235777/",
        "https://0xa9fea9fe/",
        "https://0251.0376.0251.0376/",
    ];
    for url in rows {
        let mut config = peer.config("https");
        (config.url, config.private) = (url.into(), false);
        assert_eq!(HttpGateway::new(config).err(), Some(GatewayRefused::Private), "{url}");
    }
    for (url, why) in [
        ("http://sms.example/", GatewayRefused::InTheClear),
        ("ftp://sms.example/", GatewayRefused::Address),
        ("file:///etc/passwd", GatewayRefused::Address),
        ("https://user@sms.example/", GatewayRefused::Address),
        ("https://user:password@sms.example/", GatewayRefused::Address),
        ("https://sms.example/#x", GatewayRefused::Address),
        ("https://", GatewayRefused::Address),
        ("sms.example", GatewayRefused::Address),
        ("https://[::1/", GatewayRefused::Address),
        ("", GatewayRefused::Address),
    ] {
        let mut config = peer.config("https");
        (config.url, config.private) = (url.into(), false);
        assert_eq!(HttpGateway::new(config).err(), Some(why), "{url}");
    }
    assert!(peer.heard().is_empty());
}

#[test]
fn public_addresses_are_public() {
    for ip in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00::1",
        "2001:4860::1",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::1",
    ] {
        assert!(is_public(ip.parse::<IpAddr>().expect("an address")), "{ip}");
    }
}

/// Answers with the next row each time: a name that changes its mind.
struct Rebinding {
    rows: Vec<Vec<&'static str>>,
    asked: AtomicUsize,
}

#[async_trait]
impl Lookup for Rebinding {
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        assert_eq!(name, "sms.example");
        let nth = self.asked.fetch_add(1, Ordering::Relaxed).min(self.rows.len() - 1);
        Ok(self.rows[nth].iter().map(|ip| ip.parse().expect("an address")).collect())
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_for_a_connection_and_one_private_address_is_enough_to_stay_away() {
    let peer = WebhookPeer::behaving(Conduct::Says("204 taken")).await;
    let rows = [vec!["127.0.0.1"], vec!["1.1.1.1", "127.0.0.1"], vec!["::ffff:127.0.0.1"], vec!["10.0.0.1"]];
    for row in rows {
        // Were it asked a second time, it would lead to the peer.
        let lookup =
            Arc::new(Rebinding { rows: vec![row.clone(), vec!["127.0.0.1"]], asked: AtomicUsize::new(0) });
        let mut config = peer.config("https");
        config.url = format!("https://sms.example:{}/", peer.address.port());
        config.private = false;
        let gateway = HttpGateway::with_lookup(config, lookup.clone()).expect("it can be used");
        match gateway.hand(&message(), Timestamp::from_secs(1_800_000_000)).await {
            Handed::Failed(why) => assert!(why.contains("not public"), "{row:?}: {why}"),
            other => panic!("{row:?}: {other:?}"),
        }
        assert_eq!(lookup.asked.load(Ordering::Relaxed), 1, "{row:?}");
    }
    assert!(peer.heard().is_empty());
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    let peer = WebhookPeer::behaving(Conduct::Says("204 taken")).await;
    // Allowed here, so that the pinning itself shows: the name exists nowhere else.
    let lookup =
        Arc::new(Rebinding { rows: vec![vec!["127.0.0.1"], vec!["1.1.1.1"]], asked: AtomicUsize::new(0) });
    let mut config = peer.config("http");
    config.url = format!("http://sms.example:{}/", peer.address.port());
    let gateway = HttpGateway::with_lookup(config, lookup.clone()).expect("it can be used");
    assert_eq!(gateway.hand(&message(), Timestamp::from_secs(1_800_000_000)).await, Handed::Accepted);
    assert_eq!((peer.heard().len(), lookup.asked.load(Ordering::Relaxed)), (1, 1));
}
