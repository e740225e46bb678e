//! A mail server, as good or as bad as a test wants.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealwright_workflows::office::mail::{Protection, SmtpConfig, SmtpPost};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the server treats one connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Manner {
    Well,
    /// Takes one mail and closes the connection without a word, as servers do with idle ones.
    OneMail,
    NoGreeting,
    Greets(&'static str),
    /// Answers `MAIL FROM` so.
    ToSender(&'static str),
    /// Answers `RCPT TO` so.
    ToReceiver(&'static str),
    /// Answers the mail itself so.
    ToMail(&'static str),
    /// Takes the mail and says nothing.
    SilentAfterMail,
    /// Takes the mail and closes the connection.
    GoneAfterMail,
    /// Closes the connection in the middle of the mail.
    GoneInMail,
    /// Greets, and closes the connection.
    GoneAfterGreeting,
    /// Says one byte after the other, and never a line.
    Drips,
}

pub(crate) struct SmtpPeer {
    pub(crate) address: SocketAddr,
    told: Arc<Mutex<Told>>,
    healed: Arc<AtomicBool>,
}

#[derive(Default)]
struct Told {
    connections: usize,
    mails: Vec<String>,
    receivers: Vec<String>,
}

impl SmtpPeer {
    /// A server that treats its first connection by the first manner, and so on; the last manner stays.
    pub(crate) async fn behaving(manners: &'static [Manner]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let told = Arc::new(Mutex::new(Told::default()));
        let ears = told.clone();
        let healed = Arc::new(AtomicBool::new(false));
        let health = healed.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let nth = {
                    let mut told = ears.lock().expect("nobody panics with it");
                    told.connections += 1;
                    told.connections - 1
                };
                let manner = match health.load(Ordering::Relaxed) {
                    true => Manner::Well,
                    false => manners[nth.min(manners.len() - 1)],
                };
                tokio::spawn(converse(stream, manner, ears.clone()));
            }
        });
        Self { address, told, healed }
    }

    /// Treats every connection well from now on.
    pub(crate) fn heal(&self) {
        self.healed.store(true, Ordering::Relaxed);
    }

    /// What stood in `RCPT` lines.
    pub(crate) fn receivers(&self) -> Vec<String> {
        self.told.lock().expect("nobody panics with it").receivers.clone()
    }

    /// A client of it that waits half a second.
    pub(crate) fn client(&self) -> SmtpPost {
        SmtpPost::new(self.config()).expect("it can be used")
    }

    pub(crate) fn config(&self) -> SmtpConfig {
        SmtpConfig {
            host: self.address.ip().to_string(),
            port: self.address.port(),
            protection: Protection::None,
            login: None,
            from: "电子驾驶证 <licence@office.example>".into(),
            dkim: None,
            time: Duration::from_millis(500),
            idle: 2,
        }
    }

    pub(crate) fn mails(&self) -> Vec<String> {
        self.told.lock().expect("nobody panics with it").mails.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.told.lock().expect("nobody panics with it").connections
    }
}

async fn converse(stream: TcpStream, manner: Manner, told: Arc<Mutex<Told>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    match manner {
        Manner::NoGreeting => return std::future::pending().await,
        Manner::Drips => {
            let mut pause = tokio::time::interval(Duration::from_millis(20));
            loop {
                pause.tick().await;
                stream.write_all(b"2").await?;
                stream.flush().await?;
            }
        }
        Manner::Greets(greeting) => say(&mut stream, greeting).await?,
        _ => say(&mut stream, "220 peer ESMTP").await?,
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if manner == Manner::GoneAfterGreeting {
            return Ok(());
        }
        if line.starts_with("RCPT") {
            told.lock().expect("nobody panics with it").receivers.push(line.trim_end().to_owned());
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match (verb.as_str(), manner) {
            ("EHLO", _) => "250-peer\r\n250 8BITMIME",
            ("MAIL", Manner::ToSender(answer)) | ("RCPT", Manner::ToReceiver(answer)) => answer,
            ("DATA", _) => {
                say(&mut stream, "354 go ahead").await?;
                if manner == Manner::GoneInMail {
                    stream.read_line(&mut line).await?;
                    return Ok(());
                }
                let mail = data(&mut stream).await?;
                told.lock().expect("nobody panics with it").mails.push(mail);
                match manner {
                    Manner::SilentAfterMail => return std::future::pending().await,
                    Manner::GoneAfterMail => return Ok(()),
                    Manner::OneMail => return say(&mut stream, "250 taken").await,
                    Manner::ToMail(answer) => answer,
                    _ => "250 taken",
                }
            }
            ("QUIT", _) => return say(&mut stream, "221 bye").await,
            _ => "250 ok",
        };
        say(&mut stream, answer).await?;
    }
}

async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(mail);
        }
        mail.push_str(&line);
    }
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await?;
    stream.flush().await
}
