//! The mdoc of a version (ISO/IEC 18013-5), where it can be made.

use sealwright_credentials::mdoc::{Issuance, Mdl, MdlError, MdlNames, MsoValidity, Prepared, prepare};
use sealwright_credentials::x509::Certificate;
use sealwright_credentials::{Content, Date, PublicKey, StatusReference};

/// Ages that the holder can prove without a date of birth: a car, a lorry or a bus.
const AGES: [u8; 2] = [18, 21];

/// China keeps UTC+8.
const CHINA_S: i64 = 8 * 3_600;

/// Why a version has no mdoc. Its other forms are issued all the same.
#[derive(Debug, thiserror::Error)]
pub(super) enum LeftOut {
    /// See [`MdlNames::of_chinese`].
    #[error("the name or the authority is not written in Chinese characters that can be romanised")]
    Name,
    /// The record or the photo does not fit the format.
    #[error(transparent)]
    Unfit(#[from] MdlError),
}

/// What a version's mdoc is made of.
pub(super) struct Made<'a> {
    pub(super) content: &'a Content,
    pub(super) photo: &'a [u8],
    /// Of the key that signs the version.
    pub(super) certificate: &'a Certificate,
    pub(super) device_key: &'a PublicKey,
    pub(super) status: Option<&'a StatusReference>,
}

impl Made<'_> {
    /// Fixes its bytes. `random` is for this one alone.
    pub(super) fn prepare(&self, random: &[u8; 32]) -> Result<Prepared, LeftOut> {
        let names = MdlNames::of_chinese(self.content).ok_or(LeftOut::Name)?;
        let signed = self.content.generated_at;
        let valid_until = self.valid_until();
        // The last day of a 长期 licence has to be some day: that of this mdoc, whoever needs more gets a newer one.
        let technical_end = day(valid_until).unwrap_or(self.content.valid_from);
        let mdl =
            Mdl { content: self.content, names: &names, portrait: self.photo, technical_end, ages: &AGES };
        let validity = MsoValidity { signed, valid_from: signed, valid_until, expected_update: None };
        let issuance = Issuance {
            chain: std::slice::from_ref(self.certificate),
            device_key: self.device_key,
            validity,
            status: self.status,
        };
        Ok(prepare(&mdl, &issuance, random)?)
    }

    /// The end of the document signer's certificate, or of the licence if that is sooner.
    fn valid_until(&self) -> i64 {
        let certificate = self.certificate.validity().not_after;
        let last = self.content.valid_until.and_then(|last| last.succ_opt());
        let after = last.and_then(|after| after.and_hms_opt(0, 0, 0));
        after.map_or(certificate, |after| certificate.min(after.and_utc().timestamp() - CHINA_S - 1))
    }
}

fn day(at: i64) -> Option<Date> {
    chrono::DateTime::from_timestamp(at.checked_add(CHINA_S)?, 0).map(|time| time.date_naive())
}
