//! A verifier: with nothing but the issuer's public keys, or asking the issuer.

use sealwright_credentials::{Content, KeySet, Report, Verdict, verify};
use sealwright_engine::clock::{Clock, SystemClock};
use serde_json::{Value, json};

use super::wait::{hold, wrong};
use crate::cli::client::Client;
use crate::cli::exit::Failure;

/// A verifier.
pub(super) struct Verifier {
    client: Client,
    keys: KeySet,
}

impl Verifier {
    /// Fetches the issuer's public keys, as a verifier does once a day.
    pub(super) async fn equip(client: Client) -> Result<Self, Failure> {
        let keys = client.get("/v1/keys").await?;
        let keys = KeySet::from_json(&keys.to_string()).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { client, keys })
    }

    /// Judges a code without asking anybody.
    pub(super) fn offline(&self, code: &str) -> Report {
        verify(code, &self.keys, SystemClock.now().secs(), None)
    }

    /// The content of a code that must be valid.
    pub(super) fn content(&self, code: &str) -> Result<Content, Failure> {
        let report = self.offline(code);
        hold(report.verdict == Verdict::Valid, || {
            format!("offline it is {}: {:?}", report.verdict, report.checks)
        })?;
        report.content.ok_or_else(|| wrong("a valid code has no content"))
    }

    /// Asks the issuer.
    pub(super) async fn online(&self, code: &str) -> Result<Value, Failure> {
        self.client.post("/v1/verifications", &json!({"code": code})).await
    }

    /// Asks the issuer, and expects this verdict.
    pub(super) async fn expects(&self, code: &str, verdict: Verdict) -> Result<Value, Failure> {
        let answer = self.online(code).await?;
        let is = answer["verdict"] == verdict.to_string();
        hold(is, || {
            format!("the issuer says {} and not {verdict}: {}", answer["verdict"], answer["checks"])
        })?;
        Ok(answer)
    }
}

/// The signed bytes inside a code, and a code around other bytes, checksum and all: what a forger
/// with good tools makes.
pub(super) mod wrapping {
    /// `SW1:`, base45, a zlib frame with one stored block: 7 bytes before and 4 behind.
    const PREFIX: &str = "SW1:";

    /// The bytes inside.
    pub(in crate::demo) fn open(code: &str) -> Option<Vec<u8>> {
        let framed = base45::decode(code.strip_prefix(PREFIX)?).ok()?;
        Some(framed.get(7..framed.len().checked_sub(4)?)?.to_vec())
    }

    /// A code around these bytes.
    pub(in crate::demo) fn close(bytes: &[u8]) -> String {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        let mut framed = vec![0x78, 0x01, 0x01];
        framed.extend(length.to_le_bytes());
        framed.extend((!length).to_le_bytes());
        framed.extend(bytes);
        framed.extend(adler32(bytes).to_be_bytes());
        format!("{PREFIX}{}", base45::encode(framed))
    }

    fn adler32(bytes: &[u8]) -> u32 {
        let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65_521;
            (a, (b + a) % 65_521)
        });
        (b << 16) | a
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_is_closed_opens_again() {
            let bytes: Vec<u8> = (0..=255).cycle().take(454).collect();
            assert_eq!(open(&close(&bytes)), Some(bytes));
            assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
            assert_eq!(open("SW1:"), None);
        }
    }
}
