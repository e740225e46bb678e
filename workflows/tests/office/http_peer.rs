//! A peer that speaks HTTP, as well or as badly as a test wants.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sealwright_workflows::office::http::Peer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the peer does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Json(u16, String),
    Other(u16, &'static str, Vec<u8>),
    /// Bytes that are no HTTP.
    Noise,
    /// Half an answer, then the end.
    Half,
    /// Never anything.
    Silence,
}

pub(crate) struct HttpPeer {
    pub(crate) peer: Peer,
    heard: Arc<Mutex<Vec<String>>>,
}

impl HttpPeer {
    /// A peer that answers every request so. Its clients wait half a second for it.
    pub(crate) async fn answering(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/base", listener.local_addr().expect("an address"));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, reply.clone(), ears.clone()));
            }
        });
        let peer = Peer { url, token: "a-token".to_owned().into(), time: Duration::from_millis(500) };
        Self { peer, heard }
    }

    /// The requests so far, head and body.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("nobody panics with it").clone()
    }
}

async fn serve(mut stream: TcpStream, reply: Reply, heard: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !is_whole(&request) {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    heard.lock().expect("nobody panics with it").push(String::from_utf8_lossy(&request).into_owned());
    let (status, kind, body) = match reply {
        Reply::Json(status, body) => (status, "application/json", body.into_bytes()),
        Reply::Other(status, kind, body) => (status, kind, body),
        Reply::Noise => return stream.write_all(b"\x00\x01 what is this\r\n\r\n").await,
        Reply::Half => {
            return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{").await;
        }
        Reply::Silence => return std::future::pending().await,
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nlocation: http://127.0.0.1:1/\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.trim().parse().unwrap_or(0));
    body.len() >= length
}
