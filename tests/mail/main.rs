//! Notices, checked by what others wrote (PyPI): mail through aiosmtpd, read back by Python's own parser, its
//! signatures verified by dkimpy; webhooks verified by standardwebhooks.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test that cannot go on fails")]

mod dkim;
mod webhooks;

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sealwright_engine::Timestamp;
use sealwright_workflows::office::mail::{Dkim, Mail, Post, Posted, Protection, SmtpConfig, SmtpPost};
use serde::Deserialize;

/// A mail server on a free port of this machine, and the folder it delivers to.
struct Server {
    process: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // A process that has ended already cannot be ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A mail as Python reads it.
#[derive(Debug, Deserialize)]
struct Read {
    message_id: String,
    subject: String,
    to: String,
    date: String,
    text: String,
}

const READ: &str = r#"
import email, email.policy, json, mailbox, sys
for raw in mailbox.Maildir(sys.argv[1], factory=None, create=False):
    mail = email.message_from_bytes(raw.as_bytes(), policy=email.policy.default)
    text = mail.get_body(preferencelist=("plain",)).get_content().replace("\r\n", "\n")
    print(json.dumps({"message_id": mail["Message-ID"], "subject": mail["Subject"], "to": mail["To"],
                      "date": mail["Date"], "text": text}))
"#;

fn python() -> String {
    std::env::var("SEALWRIGHT_TEST_PYTHON")
        .expect("SEALWRIGHT_TEST_PYTHON must name a Python with aiosmtpd; ./tests/run makes one and sets it")
}

async fn server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let process = Command::new(python())
        .args(["-m", "aiosmtpd", "--nosetuid", "--smtputf8", "--listen", &format!("127.0.0.1:{port}")])
        .args(["--class", "aiosmtpd.handlers.Mailbox"])
        .arg(folder.path().join("mails"))
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let server = Server { process, port, folder };
    for _ in 0..600 {
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return server;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("aiosmtpd does not listen");
}

fn read(folder: &Path) -> Vec<Read> {
    let output = Command::new(python()).args(["-c", READ]).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn post(port: u16, dkim: Option<Dkim>) -> SmtpPost {
    SmtpPost::new(SmtpConfig {
        host: "127.0.0.1".into(),
        port,
        protection: Protection::None,
        login: None,
        from: "电子驾驶证 <licence@office.example>".into(),
        dkim,
        time: Duration::from_secs(20),
        idle: 2,
    })
    .unwrap()
}

fn mail(n: usize) -> Mail {
    Mail {
        id: format!("effect-{n}"),
        at: Timestamp::from_secs(1_795_409_333),
        name: Some(format!("王小明{n}\r\nBcc: thief@elsewhere.example")),
        address: format!("person{n}@applicant.example"),
        subject: format!("您的电子驾驶证已生成 {n}\r\nX-Injected: yes"),
        text: format!(
            "您好，\n.\n第{n}封。A line that is rather long, so that something has to be done about it: {}\n",
            "字".repeat(300)
        ),
        html: Some(format!("<p>第{n}封</p>")),
    }
}

#[tokio::test]
async fn a_server_written_by_others_gets_every_mail_whole_and_under_its_stable_id() {
    let server = server().await;
    let post = post(server.port, None);
    for n in 0..100 {
        assert_eq!(post.send(&mail(n)).await, Ok(Posted::Accepted));
    }
    // An unknown outcome is sent again: the reader can tell that it is the same mail.
    assert_eq!(post.send(&mail(7)).await, Ok(Posted::Accepted));
    let mut mails = read(&server.folder.path().join("mails"));
    assert_eq!(mails.len(), 101);
    mails.sort_by(|one, other| one.message_id.cmp(&other.message_id));
    mails.dedup_by(|one, other| one.message_id == other.message_id);
    assert_eq!(mails.len(), 100, "a mail sent twice has one id");
    for mail in &mails {
        let n: usize =
            mail.message_id.trim_start_matches("<effect-").split('@').next().unwrap().parse().unwrap();
        assert!(mail.subject.starts_with(&format!("您的电子驾驶证已生成 {n}")), "{}", mail.subject);
        assert!(!mail.subject.contains('\n') && !mail.to.contains('\n'));
        assert!(mail.to.contains(&format!("person{n}@applicant.example")), "{}", mail.to);
        assert!(
            mail.text.contains(&format!("\n.\n第{n}封")) && mail.text.contains(&"字".repeat(300)),
            "{}",
            mail.text
        );
        assert!(mail.date.contains("2026"), "{}", mail.date);
    }
    let raw: String = std::fs::read_dir(server.folder.path().join("mails/new"))
        .unwrap()
        .map(|file| String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned())
        .collect();
    assert!(
        !raw.lines().any(|line| line.starts_with("X-Injected") || line.starts_with("Bcc")),
        "no header came in by a name"
    );
}

#[tokio::test]
async fn a_server_that_is_away_is_a_retry() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert!(post(port, None).send(&mail(1)).await.is_err());
}
