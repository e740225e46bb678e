//! Which message a notice is, and what stands in it.

use std::collections::BTreeSet;

use fluent_bundle::FluentValue;
use sealwright_engine::Timestamp;

use super::Notice;
use crate::application::{self, Refusal};
use crate::notice::LicenceNotice;
use crate::policy::{Locale, Policy};

pub(super) struct Content {
    pub(super) id: &'static str,
    pub(super) arguments: Vec<(&'static str, FluentValue<'static>)>,
    /// What is the matter, and what to do about it.
    pub(super) reasons: Option<Vec<(String, String)>>,
}

pub(super) fn of(notice: &Notice, locale: Locale, policy: &Policy) -> Content {
    match notice {
        Notice::Application(notice) => application(notice, locale, policy),
        Notice::Licence(notice) => licence(*notice),
    }
}

fn application(notice: &application::Notice, locale: Locale, policy: &Policy) -> Content {
    use application::Notice;
    let explained = |reasons| Some(explained(reasons, locale, policy));
    match notice {
        Notice::Issued { version } => plain("issued").with("version", *version),
        Notice::PhotoRejected { reasons, tries_left } => {
            let content = plain("photo_rejected").with("tries_left", *tries_left);
            Content { reasons: explained(reasons), ..content }
        }
        Notice::ConfirmAgain { revision: _ } => plain("confirm_again"),
        Notice::Refused { refusal } => {
            let content = plain("refused").with("reason", refusal.text().get(locale).to_owned());
            Content { reasons: reasons_of(refusal).and_then(explained), ..content }
        }
        Notice::Barred { reasons } => Content { reasons: explained(reasons), ..plain("barred") },
        Notice::Reminder { phase, expires_at } => plain("reminder")
            .with("phase", phase.clone())
            .with("expires_at", moment(*expires_at, locale, policy)),
        Notice::Delayed { about } => {
            plain("delayed").with("about", sealwright_engine::name_of(about).outer.to_owned())
        }
        Notice::Expired => plain("expired"),
        Notice::Withdrawn => plain("withdrawn"),
        Notice::Abandoned => plain("abandoned"),
    }
}

fn licence(notice: LicenceNotice) -> Content {
    match notice {
        LicenceNotice::Suspended => plain("licence_suspended"),
        LicenceNotice::Hidden => plain("licence_hidden"),
        LicenceNotice::Restored => plain("licence_restored"),
        LicenceNotice::Reissued { version } => plain("licence_reissued").with("version", version),
        LicenceNotice::Invalidated => plain("licence_invalidated"),
    }
}

fn plain(id: &'static str) -> Content {
    Content { id, arguments: vec![], reasons: None }
}

impl Content {
    fn with(mut self, name: &'static str, value: impl Into<FluentValue<'static>>) -> Self {
        self.arguments.push((name, value.into()));
        self
    }
}

/// Each reason, and what to do about it. A reason that the policy has dropped since is left out.
fn explained(reasons: &BTreeSet<String>, locale: Locale, policy: &Policy) -> Vec<(String, String)> {
    reasons
        .iter()
        .filter_map(|code| policy.reasons.get(code))
        .map(|reason| (reason.text.get(locale).to_owned(), reason.fix.get(locale).to_owned()))
        .collect()
}

fn reasons_of(refusal: &Refusal) -> Option<&BTreeSet<String>> {
    match refusal {
        Refusal::PhotoRefused { reasons } | Refusal::TooManyFailures { reasons } => Some(reasons),
        Refusal::NotFound
        | Refusal::UnreadableRecord
        | Refusal::Erased
        | Refusal::NotInForce { .. }
        | Refusal::Status { .. }
        | Refusal::UnknownStatus { .. }
        | Refusal::NotRolledOut { .. }
        | Refusal::NotAdmitted(_)
        | Refusal::NotThePerson
        | Refusal::NoReferencePhoto
        | Refusal::LivenessExhausted
        | Refusal::NotIssued(_) => None,
    }
}

/// A moment in the policy's zone, to the minute: whoever reads it has a clock on the wall.
fn moment(at: Timestamp, locale: Locale, policy: &Policy) -> String {
    let format = match locale {
        Locale::En => "%-d %B %Y, %H:%M",
        Locale::Zh => "%Y年%-m月%-d日%H:%M",
    };
    at.to_utc().with_timezone(&policy.zone).format(format).to_string()
}
