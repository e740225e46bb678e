//! DKIM signatures, verified by dkimpy.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use sealwright_workflows::office::mail::{Dkim, DkimRefused, Post, Posted};

use crate::{mail, post, python, server};

/// Prints a private key in PEM, then the record for its public half in the DNS.
const KEY: &str = r#"
import base64, sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
kind = sys.argv[1]
key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, int(sys.argv[2]))
public = key.public_key()
raw = (public.public_bytes(s.Encoding.Raw, s.PublicFormat.Raw) if kind == "ed25519"
       else public.public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo))
print(f"v=DKIM1; k={kind}; p=" + base64.b64encode(raw).decode())
print(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()).decode())
"#;

/// Verifies every mail of a folder, and then each of them changed in ways that must be noticed.
const VERIFY: &str = r#"
import dkim, mailbox, sys
record = sys.stdin.read().encode()
def dns(name, timeout=5):
    return record if name.rstrip(b".") == b"2026a._domainkey.office.example" else None
def good(mail):
    try:
        return dkim.verify(mail, dnsfunc=dns)
    except dkim.DKIMException:
        return False
count = 0
for raw in mailbox.Maildir(sys.argv[1], factory=None, create=False):
    # aiosmtpd writes down who sent what beside the mail, with the line ends of this machine.
    mail = raw.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert good(mail), mail.decode()
    head, body = mail.split(b"\r\n\r\n", 1)
    for name in [b"From", b"To", b"Subject", b"Date"]:
        assert not good(name + b": somebody <else@elsewhere.example>\r\n" + mail), name
    for name in [b"Message-ID", b"Auto-Submitted", b"Content-Type"]:
        assert head.count(b"\r\n" + name + b": ") == 1, name
        assert not good(head.replace(b"\r\n" + name + b": ", b"\r\n" + name + b": x") + b"\r\n\r\n" + body), name
    assert not good(head + b"\r\n\r\n" + body.replace(b"=", b"-", 1)), "the body"
    assert not good(mail + b"more\r\n")
    folded = head.replace(b"\r\nSubject: ", b"\r\nSUBJECT:   ")
    assert good(folded + b"\r\n\r\n" + body + b"\r\n\r\n"), "relaxed: spaces, case and empty lines at the end do not count"
    count += 1
print(count)
"#;

fn key(kind: &str, bits: &str) -> (String, String) {
    let output = Command::new(python()).args(["-c", KEY, kind, bits]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (record, pem) = text.split_once('\n').unwrap();
    (record.to_owned(), pem.to_owned())
}

fn verify(folder: &Path, record: &str) -> usize {
    let mut process = Command::new(python())
        .args(["-c", VERIFY])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(record.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

async fn signed_mails_verify(kind: &str, bits: &str) {
    let (record, pem) = key(kind, bits);
    let server = server().await;
    let post = post(server.port, Some(Dkim::new("office.example", "2026a", &pem).unwrap()));
    for n in 0..10 {
        assert_eq!(post.send(&mail(n)).await, Ok(Posted::Accepted));
    }
    assert_eq!(post.send(&mail(3)).await, Ok(Posted::Accepted));
    let mails = server.folder.path().join("mails");
    assert_eq!(verify(&mails, &record), 11);
    let signatures: Vec<String> = std::fs::read_dir(mails.join("new"))
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .filter(|mail| mail.contains("<effect-3@"))
        .map(|mail| mail.split("DKIM-Signature:").nth(1).unwrap().split("From:").next().unwrap().to_owned())
        .collect();
    assert_eq!(signatures.len(), 2);
    assert_eq!(signatures[0], signatures[1], "a mail sent twice is the same to the byte");
}

#[tokio::test]
async fn a_mail_signed_with_rsa_is_verified_by_others() {
    signed_mails_verify("rsa", "2048").await;
}

#[tokio::test]
async fn a_mail_signed_with_ed25519_is_verified_by_others() {
    signed_mails_verify("ed25519", "").await;
}

#[test]
fn keys_and_names_that_cannot_be_used_are_refused() {
    let (_, pem) = key("ed25519", "");
    assert!(Dkim::new("office.example", "2026a", &pem).is_ok());
    for (domain, selector) in
        [("", "a"), ("office.example", ""), ("office example", "a"), ("office.example", "a;b"), ("a..b", "a")]
    {
        assert_eq!(Dkim::new(domain, selector, &pem).err(), Some(DkimRefused::Name), "{domain} {selector}");
    }
    let short = key("rsa", "1024").1;
    for text in ["", "no key", &short, &pem.replace('M', "N")] {
        assert_eq!(Dkim::new("office.example", "2026a", text).err(), Some(DkimRefused::Key), "{text}");
    }
}
