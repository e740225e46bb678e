//! What a gateway's answer means. Its body is of no interest.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use sealwright_engine::Timestamp;

use super::Handed;

/// Bytes of a body that are read, so that the connection can be used again; one with a longer body is closed.
const BODY_BYTES: usize = 16 * 1024;

/// How long is waited for them.
const BODY_TIME: Duration = Duration::from_secs(1);

/// The longest patience that is granted at once.
const PATIENCE: Duration = Duration::from_secs(3_600);

pub(super) async fn read(answer: Response, now: Timestamp) -> Handed {
    let status = answer.status().as_u16();
    let wait = retry_after(&answer, now);
    drain(answer).await;
    match (status, wait) {
        (200..=299, _) => Handed::Accepted,
        (410, _) => Handed::Gone,
        (422, _) => Handed::Refused("the gateway says 422".into()),
        (429 | 503, Some(wait)) => Handed::Later(now + wait),
        (300..=399, _) => {
            Handed::Failed(format!("the gateway answered {status}, elsewhere: correct its address"))
        }
        (401 | 403, _) => Handed::Failed(format!(
            "the gateway answered {status}: does it know one of the secrets in force, and the time?"
        )),
        (status, _) => Handed::Failed(format!("the gateway answered {status}")),
    }
}

/// Seconds, or a date (RFC 9110 10.2.3).
fn retry_after(answer: &Response, now: Timestamp) -> Option<Duration> {
    let value = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = chrono::DateTime::parse_from_rfc2822(value).ok()?;
            Timestamp::from(date.to_utc()).since(now)
        }
    };
    Some(wait.clamp(Duration::from_secs(1), PATIENCE))
}

async fn drain(mut answer: Response) {
    let reading = async {
        let mut read = 0;
        while let Ok(Some(part)) = answer.chunk().await {
            read += part.len();
            if read > BODY_BYTES {
                return;
            }
        }
    };
    // What the status said stands, however the body ends.
    let _ = tokio::time::timeout(BODY_TIME, reading).await;
}
