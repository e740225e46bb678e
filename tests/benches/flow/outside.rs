//! Who answers the office: a register, a liveness vendor and a mail server in process. They keep nothing, so that
//! what grows is the office.

use async_trait::async_trait;
use sealwright_tests::people;
use sealwright_workflows::application::Liveness;
use sealwright_workflows::office::http::Unavailable;
use sealwright_workflows::office::liveness::{LivenessVendor, Order, Session, Started};
use sealwright_workflows::office::mail::{Mail, Post, Posted};
use sealwright_workflows::office::register::{Entry, Register};
use sealwright_workflows::register::{LicenceNumber, LicenceRecord};

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
        let start = [0xFF, 0xD8, 0xFF, 0xE0].into_iter().chain(noise).take(PHOTO_BYTES - 2);
        // It ends as a JPEG does: an mdoc takes no other.
        let photo = start.chain([0xFF, 0xD9]).collect();
        Self { photo }
    }
}

#[async_trait]
impl Register for Outside {
    async fn record(&self, number: &LicenceNumber) -> Result<Entry, Unavailable> {
        let who = who(number);
        Ok(Entry::Found(Box::new(LicenceRecord { name: name(who), ..people::record(who) })))
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

/// A name that can be written in Latin letters, as an mdoc needs it.
fn name(who: u32) -> String {
    const FAMILY: [char; 10] = ['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴'];
    const GIVEN: [char; 10] = ['明', '芳', '伟', '敏', '静', '强', '军', '洋', '艳', '杰'];
    let nth = |place: u32| (who / 10u32.pow(place) % 10) as usize;
    [FAMILY[nth(0)], GIVEN[nth(1)], GIVEN[nth(2)]].into_iter().collect()
}

/// The person behind a number, as [`people::number`] made it: the year of birth from 1900 on, and three digits.
fn who(number: &LicenceNumber) -> u32 {
    let digits = |range: std::ops::Range<usize>| number.as_str()[range].parse::<u32>().unwrap();
    (digits(6..10) - 1_900) * 1_000 + digits(14..17)
}
