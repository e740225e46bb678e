//! One of each notice, to look at.

use sealwright_engine::Timestamp;

use super::Notice;
use super::content;
use crate::application::{self, Refusal, Stalled};
use crate::notice::LicenceNotice;
use crate::policy::{Locale, Policy};

/// A notice with made-up content.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Its name in the catalogue.
    pub name: &'static str,
    /// The notice.
    pub notice: Notice,
}

/// One of each notice, with the reasons of `policy`; `at` is a moment that stands in some of them.
pub fn samples(policy: &Policy, at: Timestamp) -> Vec<Sample> {
    use application::Notice as Told;
    let reasons = || policy.reasons.keys().take(2).cloned().collect();
    let application = [
        Told::Issued { version: 2 },
        Told::PhotoRejected { reasons: reasons(), tries_left: 2 },
        Told::ConfirmAgain { revision: 3 },
        Told::Refused { refusal: Refusal::PhotoRefused { reasons: reasons() } },
        Told::Barred { reasons: reasons() },
        Told::Reminder { phase: "photo".into(), expires_at: at },
        Told::Delayed { about: Stalled::Review },
        Told::Expired,
        Told::Withdrawn,
        Told::Abandoned,
    ];
    let licence = [
        LicenceNotice::Suspended,
        LicenceNotice::Hidden,
        LicenceNotice::Restored,
        LicenceNotice::Reissued { version: 3 },
        LicenceNotice::Invalidated,
    ];
    let all = application.map(Notice::from).into_iter().chain(licence.map(Notice::from));
    all.map(|notice| Sample { name: content::of(&notice, Locale::En, policy).id, notice }).collect()
}
