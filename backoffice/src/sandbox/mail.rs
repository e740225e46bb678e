//! A mail server that keeps what it receives: one `.eml` file for each mail, and a list over HTTP.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Bytes of a mail.
const MAIL_BYTES: usize = 1024 * 1024;

/// Bytes of a line; RFC 5321 asks for 1,000.
const LINE_BYTES: u64 = 8 * 1024;

/// Connections at once.
const CONNECTIONS: usize = 64;

/// Mails listed; the files stay.
const LISTED: usize = 10_000;

/// How long a client may be silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// A mail in the list.
#[derive(Clone, Serialize)]
struct Received {
    to: Vec<String>,
    message_id: String,
    file: PathBuf,
}

struct Office {
    folder: PathBuf,
    count: AtomicU64,
    received: Mutex<Vec<Received>>,
}

pub(super) async fn start(host: IpAddr, list: TcpListener, folder: PathBuf) -> anyhow::Result<SocketAddr> {
    std::fs::create_dir_all(&folder)?;
    let known = std::fs::read_dir(&folder)?.count() as u64;
    let office = Arc::new(Office { folder, count: AtomicU64::new(known), received: Mutex::default() });
    let shared = Data::from(office.clone());
    let server =
        HttpServer::new(move || App::new().app_data(shared.clone()).route("/mails", web::get().to(mails)));
    tokio::spawn(server.workers(1).disable_signals().listen(list)?.run());
    let listener = tokio::net::TcpListener::bind((host, 0)).await?;
    let address = listener.local_addr()?;
    let places = Arc::new(tokio::sync::Semaphore::new(CONNECTIONS));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (office, place) = (office.clone(), places.clone().acquire_owned().await);
            tokio::spawn(async move {
                let _place = place;
                // A client that goes away in the middle has not sent a mail.
                let _ = converse(stream, &office).await;
            });
        }
    });
    Ok(address)
}

async fn mails(office: Data<Office>) -> HttpResponse {
    HttpResponse::Ok().json(&*office.received.lock().unwrap_or_else(PoisonError::into_inner))
}

/// One SMTP conversation (RFC 5321, as much of it as a client needs).
async fn converse(stream: TcpStream, office: &Office) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut recipients: Vec<String> = Vec::new();
    let mut begun = false;
    say(&mut stream, "220 sandbox.example ESMTP").await?;
    while let Some(line) = line(&mut stream).await? {
        let text = String::from_utf8_lossy(&line);
        let upper = text.trim_end().to_ascii_uppercase();
        let reply = if upper.starts_with("EHLO") {
            format!("250-sandbox.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {MAIL_BYTES}")
        } else if upper.starts_with("HELO") || upper == "NOOP" {
            "250 ok".into()
        } else if upper.starts_with("MAIL FROM:") {
            (begun, recipients) = (true, Vec::new());
            "250 ok".into()
        } else if upper.starts_with("RCPT TO:") && begun && recipients.len() < 100 {
            recipients.push(address(&text));
            "250 ok".into()
        } else if upper == "DATA" && !recipients.is_empty() {
            say(&mut stream, "354 go ahead").await?;
            begun = false;
            match data(&mut stream).await? {
                Some(mail) => office.keep(&mail, std::mem::take(&mut recipients)).await?,
                None => "552 too large".into(),
            }
        } else if upper == "RSET" {
            (begun, recipients) = (false, Vec::new());
            "250 ok".into()
        } else if upper == "QUIT" {
            return say(&mut stream, "221 bye").await;
        } else {
            "503 not now, or not known".into()
        };
        say(&mut stream, &reply).await?;
    }
    Ok(())
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) -> std::io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await?;
    stream.flush().await
}

async fn line(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    let mut bounded = stream.take(LINE_BYTES);
    let read = tokio::time::timeout(PATIENCE, bounded.read_until(b'\n', &mut line)).await;
    let read = read.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
    Ok((read > 0 && line.ends_with(b"\n")).then_some(line))
}

/// The mail up to its lone dot; none if it is too large, or broken off.
async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let (mut mail, mut fits) = (Vec::new(), true);
    while let Some(line) = line(stream).await? {
        if line == b".\r\n" {
            return Ok(fits.then_some(mail));
        }
        let line = line.strip_prefix(b".").unwrap_or(&line);
        fits &= mail.len() + line.len() <= MAIL_BYTES;
        if fits {
            mail.extend_from_slice(line);
        }
    }
    Err(std::io::ErrorKind::UnexpectedEof.into())
}

fn address(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

impl Office {
    /// Keeps a mail, and only then says so.
    async fn keep(&self, mail: &[u8], to: Vec<String>) -> std::io::Result<String> {
        let n = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let file = self.folder.join(format!("{n:06}.eml"));
        write(&file, mail).await?;
        let received = Received { to, message_id: header(mail, "message-id"), file };
        let mut list = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() < LISTED {
            list.push(received);
        }
        Ok(format!("250 kept as {n}"))
    }
}

async fn write(file: &Path, mail: &[u8]) -> std::io::Result<()> {
    // In one step: whoever lists the folder sees whole mails.
    let unfinished = file.with_extension("part");
    tokio::fs::write(&unfinished, mail).await?;
    tokio::fs::rename(&unfinished, file).await
}

fn header(mail: &[u8], name: &str) -> String {
    let text = String::from_utf8_lossy(mail);
    let headers = text.lines().take_while(|line| !line.is_empty());
    let mut named = headers.filter_map(|line| line.split_once(':'));
    let found = named.find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
