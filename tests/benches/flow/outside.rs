//! Who answers the office: a register, a liveness vendor and a mail server in process. They keep nothing, so that
//! what grows is the office.

use async_trait::async_trait;
use sealwright_tests::people;
use sealwright_workflows::application::Liveness;
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::liveness::{LivenessVendor, Order, Session, Started};
use sealwright_workflows::office::mail::{Mail, Post, Posted};
use sealwright_workflows::office::register::{Entry, Register};
use sealwright_workflows::register::LicenceNumber;

/// Bytes of a retained photo: the middle of what the archive asks for (`domain.md` 2.4).
pub(crate) const PHOTO_BYTES: usize = 22_000;

/// The world outside.
pub(crate) struct Outside {
    photo: Vec<u8>,
}

impl Outside {
    pub(crate) fn new() -> Self {
        let mut random = fastrand::Rng::with_seed(7);
        let noise = std::iter::repeat_with(|| random.u8(..));
        let photo = [0xFF, 0xD8, 0xFF, 0xE0].into_iter().chain(noise).take(PHOTO_BYTES).collect();
        Self { photo }
    }
}

#[async_trait]
impl Register for Outside {
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable> {
        Ok(Entry::Found(Box::new(people::record(who(number)))))
    }

    async fn photo(&self, _reference: &str) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(Some(self.photo.clone()))
    }
}

#[async_trait]
impl LivenessVendor for Outside {
    async fn start(&self, order: &Order<'_>) -> Result<Started, Unavailable> {
        let url = format!("https://vendor.example/sessions/{}", order.order);
        Ok(Started::Session(Session { reference: order.order.to_owned(), url }))
    }

    async fn result(&self, _reference: &str) -> Result<Option<Liveness>, Unavailable> {
        Ok(None)
    }
}

#[async_trait]
impl Post for Outside {
    async fn send(&self, _mail: &Mail) -> Result<Posted, Unavailable> {
        Ok(Posted::Accepted)
    }
}

/// The person behind a number, as [`people::number`] made it: the year of birth from 1900 on, and three digits.
fn who(number: &LicenceNumber) -> u32 {
    let digits = |range: std::ops::Range<usize>| number.as_str()[range].parse::<u32>().unwrap();
    (digits(6..10) - 1_900) * 1_000 + digits(14..17)
}
