//! DKIM signatures (RFC 6376, RFC 8463): relaxed both ways, over the whole body. The time in a signature is the
//! mail's date, and both algorithms are deterministic, so a mail sent twice is the same to the byte.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use sealwright_engine::Timestamp;
use sha2::{Digest, Sha256};

/// What is signed, where it is there. Those of `ONCE` are named once more than they are there, so that none is added.
const SIGNED: [&str; 9] = [
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "auto-submitted",
];
const ONCE: [&str; 4] = ["from", "to", "subject", "date"];

/// What mails of a domain are signed with.
#[derive(Clone)]
pub struct Dkim {
    domain: String,
    selector: String,
    key: Arc<Key>,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

/// What mails cannot be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DkimRefused {
    /// No key.
    #[error("the DKIM key must be PKCS#8 in PEM: RSA of 2048 to 4096 bits, or Ed25519")]
    Key,
    /// A name that cannot stand in the DNS.
    #[error("the DKIM domain and selector must be host names such as office.example and 2026a")]
    Name,
    /// The signature could not be made.
    #[error("the mail cannot be signed for DKIM")]
    Sign,
}

impl Dkim {
    /// Reads a private key. Its public half stands in the DNS at `{selector}._domainkey.{domain}`.
    ///
    /// # Errors
    /// The key or a name cannot be used.
    pub fn new(domain: &str, selector: &str, pem: &str) -> Result<Self, DkimRefused> {
        if ![domain, selector].into_iter().all(is_name) {
            return Err(DkimRefused::Name);
        }
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| DkimRefused::Key)?;
        let der = der.secret_pkcs8_der();
        let key = match RsaKeyPair::from_pkcs8(der) {
            Ok(key) => Key::Rsa(Box::new(key)),
            Err(_) => {
                let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der);
                Key::Ed25519(key.map_err(|_| DkimRefused::Key)?)
            }
        };
        Ok(Self { domain: domain.to_owned(), selector: selector.to_owned(), key: Arc::new(key) })
    }

    /// A mail with its signature before it.
    pub(super) fn sign(&self, mail: &[u8], at: Timestamp) -> Result<Vec<u8>, DkimRefused> {
        let (head, body) = parts(mail);
        let headers = headers(head);
        let mut names = Vec::new();
        let mut signed = Vec::new();
        for name in SIGNED {
            let found: Vec<_> = headers.iter().filter(|header| header.name == name).collect();
            // From the last to the first, as a verifier takes them.
            for header in found.iter().rev() {
                names.push(name);
                signed.extend_from_slice(header.relaxed().as_bytes());
                signed.extend_from_slice(b"\r\n");
            }
            if ONCE.contains(&name) {
                names.push(name);
            }
        }
        let algorithm = match &*self.key {
            Key::Rsa(_) => "rsa-sha256",
            Key::Ed25519(_) => "ed25519-sha256",
        };
        let body_hash = BASE64_STANDARD.encode(Sha256::digest(relaxed_body(body)));
        let Self { domain, selector, .. } = self;
        let value = format!(
            "v=1; a={algorithm}; c=relaxed/relaxed; d={domain}; s={selector};\r\n t={};\r\n h={};\r\n bh={body_hash};\r\n b=",
            at.secs(),
            names.join(":"),
        );
        let own = Header { name: "dkim-signature".into(), value: value.clone() };
        signed.extend_from_slice(own.relaxed().as_bytes());
        let signature = BASE64_STANDARD.encode(self.raw(&signed)?);
        let mut whole = format!("DKIM-Signature: {value}").into_bytes();
        for (n, part) in signature.as_bytes().chunks(70).enumerate() {
            whole.extend_from_slice(if n == 0 { b"" } else { b"\r\n " });
            whole.extend_from_slice(part);
        }
        whole.extend_from_slice(b"\r\n");
        whole.extend_from_slice(mail);
        Ok(whole)
    }

    fn raw(&self, signed: &[u8]) -> Result<Vec<u8>, DkimRefused> {
        match &*self.key {
            Key::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed, &mut signature)
                    .map_err(|_| DkimRefused::Sign)?;
                Ok(signature)
            }
            // RFC 8463 3: the signature is over the hash.
            Key::Ed25519(key) => Ok(key.sign(&Sha256::digest(signed)).as_ref().to_vec()),
        }
    }
}

struct Header {
    /// In lower case.
    name: String,
    /// As it stands, folded.
    value: String,
}

impl Header {
    /// RFC 6376 3.4.2, without the line's end.
    fn relaxed(&self) -> String {
        let words: Vec<_> =
            self.value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect();
        format!("{}:{}", self.name, words.join(" "))
    }
}

fn parts(mail: &[u8]) -> (&[u8], &[u8]) {
    let end = mail.windows(4).position(|four| four == b"\r\n\r\n");
    end.map_or((mail, &[]), |end| (&mail[..end], &mail[end + 4..]))
}

/// Our own mails' headers: ASCII, folded with white space.
fn headers(head: &[u8]) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for line in String::from_utf8_lossy(head).split("\r\n") {
        match (headers.last_mut(), line.split_once(':')) {
            (Some(last), _) if line.starts_with([' ', '\t']) => {
                last.value.push_str("\r\n");
                last.value.push_str(line);
            }
            (_, Some((name, value))) => {
                headers.push(Header { name: name.trim().to_ascii_lowercase(), value: value.to_owned() });
            }
            (_, None) => {}
        }
    }
    headers
}

/// RFC 6376 3.4.4.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut relaxed = Vec::with_capacity(body.len());
    let mut empty = 0;
    for line in lines(body) {
        let mut words = Vec::with_capacity(line.len());
        let mut gap = false;
        for byte in line {
            match byte {
                b' ' | b'\t' => gap = true,
                byte => {
                    if std::mem::take(&mut gap) {
                        words.push(b' ');
                    }
                    words.push(*byte);
                }
            }
        }
        if words.is_empty() {
            empty += 1;
            continue;
        }
        relaxed.extend(b"\r\n".repeat(std::mem::take(&mut empty)));
        relaxed.extend_from_slice(&words);
        relaxed.extend_from_slice(b"\r\n");
    }
    relaxed
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.windows(2).position(|two| two == b"\r\n");
        let (line, after) = end.map_or((rest, &rest[rest.len()..]), |end| (&rest[..end], &rest[end + 2..]));
        rest = after;
        Some(line)
    })
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.len() <= 253 && text.split('.').all(is_label)
}
