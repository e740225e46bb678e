//! Signed webhooks, verified by the reference library of Standard Webhooks for Python.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sealwright_engine::Timestamp;
use sealwright_workflows::office::gateway::{
    Gateway, GatewayConfig, Handed, HttpGateway, Message, Recipient,
};
use sealwright_workflows::office::webhook::WebhookSecret;
use sealwright_workflows::policy::Locale;
use serde::Deserialize;

use crate::python;

/// Verifies each webhook with each of its own secrets; says so on a line of its own, and by its status.
const RECEIVE: &str = r#"
import http.server, json, sys
from standardwebhooks import Webhook
secrets = [Webhook(secret) for secret in sys.argv[1:]]
class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        good = []
        for secret in secrets:
            try:
                good.append(secret.verify(body, dict(self.headers))["data"]["to"])
            except Exception:
                good.append(None)
        print(json.dumps({"id": self.headers["webhook-id"], "good": good}), flush=True)
        self.send_response(204 if any(good) else 401)
        self.send_header("content-length", "0")
        self.end_headers()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
"#;

const OLD: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const NEW: &str = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";
const OTHER: &str = "whsec_enp6enp6enp6enp6enp6enp6enp6enp6enp6enp6eno=";

struct Receiver {
    process: Child,
    lines: BufReader<std::process::ChildStdout>,
    url: String,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Verified {
    id: String,
    /// The receiver, where a secret fits.
    good: Vec<Option<String>>,
}

impl Receiver {
    fn with(secrets: &[&str]) -> Self {
        let mut process = Command::new(python())
            .args(["-c", RECEIVE])
            .args(secrets)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        let mut port = String::new();
        lines.read_line(&mut port).unwrap();
        Self { process, lines, url: format!("http://127.0.0.1:{}/", port.trim()) }
    }

    fn next(&mut self) -> Verified {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn gateway(&self, secrets: &[&str]) -> HttpGateway {
        let secrets = secrets.iter().map(|secret| WebhookSecret::parse(secret).unwrap()).collect();
        let time = Duration::from_secs(20);
        HttpGateway::new(GatewayConfig { url: self.url.clone(), secrets, time, private: true }).unwrap()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn message(n: usize) -> Message {
    Message {
        id: format!("effect-{n}.sms"),
        at: Timestamp::from_secs(1_795_409_333),
        to: Recipient::Phone(format!("+861380013{n:04}")),
        title: "您的电子驾驶证已生成".into(),
        text: format!("第{n}条 \"quoted\" \u{1F697} \r\n"),
        locale: Locale::Zh,
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_secs(i64::try_from(since.as_secs()).unwrap())
}

#[tokio::test]
async fn the_reference_library_verifies_what_is_sent_under_each_secret_in_force() {
    let mut receiver = Receiver::with(&[OLD, NEW, OTHER]);
    let gateway = receiver.gateway(&[OLD, NEW]);
    for n in 0..100 {
        assert_eq!(gateway.hand(&message(n), now()).await, Handed::Accepted);
        let to = Some(format!("+861380013{n:04}"));
        let expected = Verified { id: format!("effect-{n}.sms"), good: vec![to.clone(), to, None] };
        assert_eq!(receiver.next(), expected);
    }
}

#[tokio::test]
async fn a_secret_that_is_not_in_force_and_an_old_time_are_refused_and_tried_again() {
    let mut receiver = Receiver::with(&[NEW]);
    let refused = receiver.gateway(&[OLD]).hand(&message(1), now()).await;
    assert!(matches!(refused, Handed::Failed(ref why) if why.contains("401")), "{refused:?}");
    assert_eq!(receiver.next().good, [None]);
    let old = receiver.gateway(&[NEW]).hand(&message(1), now() - Duration::from_secs(600)).await;
    assert!(matches!(old, Handed::Failed(_)), "{old:?}");
    assert_eq!(receiver.next().good, [None]);
    // During a rotation both are signed with, and the receiver that has one of them is content.
    assert_eq!(receiver.gateway(&[OLD, NEW]).hand(&message(1), now()).await, Handed::Accepted);
}
