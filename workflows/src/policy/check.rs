//! What is wrong with a policy, found at the start.

use super::{Path, PathRules, Policy, Severity, Step};
use crate::sweep;

/// Why a policy is not taken. The rules in force stay.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PolicyRefused {
    /// Not TOML, an unknown key, or a value of the wrong kind.
    #[error("the policy cannot be read: {0}. Every key stands with its meaning in the shipped policy.toml")]
    Unreadable(String),
    /// A number out of its bounds.
    #[error("the policy's {key} is {value}; it must be {least} to {most}")]
    OutOfBounds {
        /// Which.
        key: &'static str,
        /// What it is.
        value: u64,
        /// The least it may be.
        least: u64,
        /// The most it may be.
        most: u64,
    },
    /// Rules that cannot all hold.
    #[error("the policy's {key}: {why}")]
    Contradiction {
        /// Where.
        key: String,
        /// What is wrong and what to do.
        why: &'static str,
    },
}

impl PolicyRefused {
    pub(super) fn unreadable(error: toml::de::Error) -> Self {
        Self::Unreadable(error.to_string().trim_end().replace('\n', " "))
    }
}

/// What the back office lets in at most.
const UPLOAD_BYTES: u64 = 5 * 1024 * 1024;
const HOURS_PER_YEAR: u64 = 366 * 24;
const QUIET_AT_MOST: chrono::TimeDelta = chrono::TimeDelta::hours(16);
const MINUTES_PER_MONTH: u64 = 31 * 24 * 60;

impl Policy {
    /// Checks every value. A policy that was built in code should pass it, too.
    pub fn check(&self) -> Result<(), PolicyRefused> {
        self.check_bounds()?;
        self.check_schedules()?;
        for path in [Path::Retained, Path::Camera, Path::Album] {
            let key = || format!("paths.{}", sealwright_engine::name_of(&path));
            let wrong = |why| PolicyRefused::Contradiction { key: key(), why };
            check_steps(path, self.paths.of(path)).map_err(wrong)?;
        }
        let wrong = |key: &str, why| Err(PolicyRefused::Contradiction { key: key.into(), why });
        if self.silence.remind_after_hours >= self.silence.expire_after_hours {
            return wrong(
                "silence",
                "the reminder must come before the end; make remind_after_hours smaller",
            );
        }
        if self.alerts.first_after_minutes > self.alerts.at_most_every_minutes {
            return wrong("alerts", "the first time must not be later than the longest time between two");
        }
        if self.notices.quiet.length() > QUIET_AT_MOST {
            return wrong(
                "notices.quiet",
                "quiet hours may be 16 of a day, so that notices arrive the same day",
            );
        }
        if !self.photo.intake.has_ratios() {
            return wrong("photo.intake", "no width to height lies between ratio_above and ratio_below");
        }
        if self.roll_out.is_empty() {
            return wrong("roll_out", "nobody takes part; give at least one line with its first day");
        }
        if !self.reasons.values().any(|reason| reason.severity == Severity::Fixable) {
            return wrong(
                "reasons",
                "no reason lets an applicant try again; give at least one that is fixable",
            );
        }
        let unfit = |code: &&String| {
            code.is_empty() || code.len() > 40 || !code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        if let Some(code) = self.reasons.keys().find(unfit) {
            return wrong(&format!("reasons.{code}"), "a code is 1 to 40 lower-case letters and underscores");
        }
        Ok(())
    }

    #[rustfmt::skip]
    fn check_bounds(&self) -> Result<(), PolicyRefused> {
        let intake = &self.photo.intake;
        let bounds: [(&'static str, u64, u64, u64); 30] = [
            ("record.max_age_minutes", self.record.max_age_minutes.into(), 1, MINUTES_PER_MONTH),
            ("liveness.threshold", self.liveness.threshold.into(), 1, 100),
            ("liveness.attempts", self.liveness.attempts.into(), 1, 20),
            ("liveness.sessions", self.liveness.sessions.into(), self.liveness.attempts.into(), 100),
            ("liveness.session_minutes", self.liveness.session_minutes.into(), 1, 24 * 60),
            ("photo.album_max_age_months", self.photo.album_max_age_months.into(), 1, 120),
            ("photo.hints_at_most", self.photo.hints_at_most.into(), 1, 64),
            ("photo.intake.max_bytes", intake.max_bytes as u64, 64 * 1024, UPLOAD_BYTES),
            ("photo.intake.max_pixels", intake.max_pixels, 100_000, 50_000_000),
            ("photo.intake.min_width", intake.min_width.into(), 100, 4_000),
            ("photo.intake.keep_width", intake.keep_width.into(), intake.min_width.into(), 4_000),
            ("photo.intake.jpeg_quality", intake.jpeg_quality.into(), 70, 100),
            ("review.working_days", self.review.working_days.into(), 1, 60),
            ("review.undo_seconds", self.review.undo_seconds.into(), 0, 600),
            ("review.undone_minutes", self.review.undone_minutes.into(), 1, 24 * 60),
            ("review.hold_at_most_hours", self.review.hold_at_most_hours.into(), 1, 31 * 24),
            ("review.nag_every_minutes", self.review.nag_every_minutes.into(), 5, MINUTES_PER_MONTH),
            ("review.second_look.approved_per_mille", self.review.second_look.approved_per_mille.into(), 0, 1_000),
            ("review.second_look.rejected_per_mille", self.review.second_look.rejected_per_mille.into(), 0, 1_000),
            ("silence.remind_after_hours", self.silence.remind_after_hours.into(), 1, HOURS_PER_YEAR),
            ("silence.expire_after_hours", self.silence.expire_after_hours.into(), 2, HOURS_PER_YEAR),
            ("alerts.first_after_minutes", self.alerts.first_after_minutes.into(), 1, MINUTES_PER_MONTH),
            ("alerts.at_most_every_minutes", self.alerts.at_most_every_minutes.into(), 1, MINUTES_PER_MONTH),
            ("licence.photo_lock_months", self.licence.photo_lock_months.into(), 0, 120),
            ("licence.failures", self.licence.failures.into(), 1, 50),
            ("licence.admissions", self.licence.admissions.into(), 1, 100),
            ("licence.admissions_within_days", self.licence.admissions_within_days.into(), 1, 366),
            ("licence.admission_alert_days", self.licence.admission_alert_days.into(), 1, 366),
            ("licence.check_every_days", self.licence.check_every_days.into(), 1, 3_660),
            ("sweep.per_second", self.sweep.per_second.into(), 1, sweep::PER_SECOND.into()),
        ];
        let outside = bounds.into_iter().find(|(_, value, least, most)| value < least || value > most);
        outside.map_or(Ok(()), |(key, value, least, most)| {
            Err(PolicyRefused::OutOfBounds { key, value, least, most })
        })
    }
}

fn check_steps(path: Path, rules: &PathRules) -> Result<(), &'static str> {
    let steps = &rules.steps;
    let place = |step: Step| steps.iter().position(|other| *other == step);
    let twice = steps.iter().enumerate().any(|(at, step)| place(*step) != Some(at));
    if twice {
        return Err("a step stands in it twice; name each once");
    }
    if steps.last() != Some(&Step::Submit) {
        return Err("the last step must be `submit`");
    }
    match (path, place(Step::Photo), place(Step::Preview)) {
        (Path::Retained, None, None) if rules.review => {
            Err("there is no photo to review on it; set review = false")
        }
        (Path::Retained, None, None) => Ok(()),
        (Path::Retained, ..) => Err("the photo is the register's; leave `photo` and `preview` out"),
        (Path::Camera | Path::Album, Some(photo), Some(preview)) if photo < preview => Ok(()),
        (Path::Camera | Path::Album, ..) => Err("it needs `photo`, and `preview` after it"),
    }
}
