//! A receiver of webhooks, as good or as bad as a test wants.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealwright_workflows::office::gateway::{GatewayConfig, HttpGateway};
use sealwright_workflows::office::webhook::WebhookSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
pub(crate) const NEXT_SECRET: &str = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

/// What the receiver does with a webhook.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Conduct {
    /// Answers with this head, and an empty body.
    Says(&'static str),
    /// Answers 200 after a while.
    Slow,
    /// 200, and a body without end.
    Giant,
    /// 200, and the body that was promised does not come.
    HalfBody,
    /// Single bytes of a head, for ever.
    Drips,
    Silent,
    /// Takes the webhook and closes the connection.
    GoneAfter,
    /// Closes the connection at once.
    Gone,
    Noise,
}

#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct WebhookPeer {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    healed: Arc<AtomicBool>,
}

impl WebhookPeer {
    pub(crate) async fn behaving(conduct: Conduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (heard, healed) = (Arc::new(Mutex::default()), Arc::new(AtomicBool::new(false)));
        let (ears, health) = (Arc::clone(&heard), healed.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, conduct, health.clone(), ears.clone()));
            }
        });
        Self { address, heard, healed }
    }

    pub(crate) fn heal(&self) {
        self.healed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("nobody panics with it").clone()
    }

    pub(crate) fn config(&self, scheme: &str) -> GatewayConfig {
        let secrets = [SECRET, NEXT_SECRET].map(|text| WebhookSecret::parse(text).expect("a secret"));
        GatewayConfig {
            url: format!("{scheme}://{}/messages", self.address),
            secrets: secrets.to_vec(),
            time: Duration::from_millis(500),
            private: true,
        }
    }

    pub(crate) fn client(&self) -> HttpGateway {
        HttpGateway::new(self.config("http")).expect("it can be used")
    }
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> String {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned()).expect("the header")
    }
}

async fn serve(
    mut stream: TcpStream,
    conduct: Conduct,
    healed: Arc<AtomicBool>,
    heard: Arc<Mutex<Vec<Heard>>>,
) -> std::io::Result<()> {
    loop {
        let conduct = if healed.load(Ordering::Relaxed) { Conduct::Says("204 taken") } else { conduct };
        if conduct == Conduct::Gone {
            return Ok(());
        }
        let Some(request) = request(&mut stream).await? else { return Ok(()) };
        heard.lock().expect("nobody panics with it").push(request);
        match conduct {
            Conduct::Says(head) => {
                let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await?;
            }
            Conduct::Slow => {
                tokio::time::interval_at(
                    tokio::time::Instant::now() + Duration::from_millis(100),
                    Duration::from_secs(1),
                )
                .tick()
                .await;
                stream.write_all(b"HTTP/1.1 200 ok\r\ncontent-length: 0\r\n\r\n").await?;
            }
            Conduct::Giant => {
                stream.write_all(b"HTTP/1.1 200 ok\r\ncontent-length: 99999999999\r\n\r\n").await?;
                loop {
                    stream.write_all(&[b'x'; 8_192]).await?;
                }
            }
            Conduct::HalfBody => {
                stream.write_all(b"HTTP/1.1 200 ok\r\ncontent-length: 100\r\n\r\n{").await?;
                return std::future::pending().await;
            }
            Conduct::Drips => {
                let mut pause = tokio::time::interval(Duration::from_millis(20));
                stream.write_all(b"HTTP/1.1 200 ok\r\nx: ").await?;
                loop {
                    pause.tick().await;
                    stream.write_all(b"x").await?;
                }
            }
            Conduct::Noise => stream.write_all(b"220 smtp here\r\n").await?,
            Conduct::Silent => return std::future::pending().await,
            Conduct::GoneAfter | Conduct::Gone => return Ok(()),
        }
    }
}

async fn request(stream: &mut TcpStream) -> std::io::Result<Option<Heard>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        // What is no HTTP (a TLS greeting) never has an end of its head.
        if bytes.len() > 16_384 || bytes.first() == Some(&0x16) || stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut heard = Heard { head, body: bytes.split_off(end + 4) };
    let length: usize = heard.header("content-length").parse().expect("a length");
    while heard.body.len() < length {
        if stream.read_buf(&mut heard.body).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some(heard))
}
